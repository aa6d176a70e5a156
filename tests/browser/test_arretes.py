"""Journey 2 of the ARS staff: an arrêté from its file to its publication by somebody else, and what people read."""

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "un secret des essais"
COMMUNE = "71076"
ACTE = "from tests.browser import arretes_actes as actes; actes.{nom}(*{arguments!r})"
Acte = Callable[..., Any]


@pytest.fixture
def acte(geste: Geste) -> Acte:
    """One of `tests.browser.arretes_actes`; returns what it says."""

    def act(nom: str, *arguments: str) -> Any:
        dit = geste(ACTE.format(nom=nom, arguments=arguments))
        return json.loads(dit) if dit else None

    return act


@pytest.fixture
def marque(acte: Acte) -> Iterator[str]:
    """What names the agents, the people and the arrêté of one passage; arrêté and follow-ups end with it."""
    marque = os.urandom(4).hex()
    yield marque
    acte("retract", marque)


def click(page: "Page", bouton: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=bouton).first.press("Enter")


def follow_link(page: "Page", lien: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=lien).first.press("Enter")


def open_fold(page: "Page", titre: str) -> None:
    fold = page.locator("summary", has_text=titre).first
    if fold.locator("..").get_attribute("open") is None:
        fold.press("Enter")


def shoot(page: "Page", nom: str, largeur: int) -> None:
    """A picture for who is writing the page (MAILLAGE_IMAGES names a folder)."""
    if dossier := os.environ.get("MAILLAGE_IMAGES"):
        page.screenshot(path=Path(dossier) / f"arrete-{nom}-{largeur}.png", full_page=True)


def look(page: "Page", nom: str, largeur: int) -> None:
    shoot(page, nom, largeur)
    assert_accessible(page)


@pytest.mark.parametrize("javascript", [True], ids=["js"])
def test_an_arrete_from_its_file_to_its_publication(page: "Page", acte: Acte, marque: str, largeur: int) -> None:
    page.set_default_timeout(60_000)  # a preview and a publication read the zones of a whole région
    acte("prepare", marque)
    contenu = acte("build_file", marque)
    effet = (datetime.now(UTC) + timedelta(days=40)).date()
    sign_in(page, f"instructeur-{marque}@exemple.test", SECRET, "/admin/zonage/arrete/add/")
    look(page, "creer", largeur)
    page.get_by_label("Numéro de l’arrêté").fill(f"ARS-{marque}")
    page.get_by_label("Prend effet le").fill(effet.isoformat())
    page.get_by_label("Dernier jour d’effet").fill((effet - timedelta(days=2)).isoformat())
    click(page, "Créer le brouillon")
    page.get_by_text("Le dernier jour précède le premier").wait_for()
    look(page, "creer-refus", largeur)
    page.get_by_label("Dernier jour d’effet").fill("")
    click(page, "Créer le brouillon")
    brouillon = page.url
    look(page, "vide", largeur)
    fichier = {"name": "zonage.csv", "mimeType": "text/csv", "buffer": contenu.encode()}
    page.get_by_label("Fichier", exact=False).first.set_input_files(fichier)  # type: ignore[arg-type]
    click(page, "Déposer le fichier")
    page.get_by_text("Lecture en cours").first.wait_for()
    look(page, "lecture", largeur)
    acte("read_file")
    page.goto(brouillon)
    look(page, "lu", largeur)
    mend_rows(page, largeur)
    page.goto(brouillon)
    follow_link(page, "Aperçu de ce qu’il change")
    click(page, "Calculer l’aperçu")
    look(page, "apercu", largeur)
    texte = page.locator("main").inner_text()
    trouve = re.search(r"Personnes à prévenir : (\d+)\.", texte)
    assert trouve is not None
    a_prevenir = int(trouve[1])
    assert a_prevenir >= 3  # the three of this passage, and whoever another test left
    liste = page.request.get(f"{page.url}?format=csv").text()
    assert f"\r\n{COMMUNE};Chalon-sur-Saône;71;" in liste
    page.goto(brouillon)
    click(page, "Proposer à la publication")
    look(page, "propose", largeur)
    assert page.get_by_role("link", name="Publier…").count() == 0
    publish(page, brouillon, acte, marque, largeur)
    avant, apres = acte("read_classes", effet.isoformat())
    assert (avant != "zip", apres) == (True, "zip")
    assert acte("count_messages", f"ARS-{marque}") == a_prevenir
    refuse_overlap(page, marque, effet.isoformat(), largeur)
    assert acte("count_messages", f"ARS-{marque}") == a_prevenir


def mend_rows(page: "Page", largeur: int) -> None:
    """Unknown, merged, said twice: each is mended or dropped, and the draft is whole."""
    follow_link(page, "Lignes du fichier à corriger : 3")
    look(page, "rejets", largeur)
    inconnue = page.locator("section", has_text="Aucune commune n’a jamais eu le code")
    inconnue.locator("summary", has_text="Écarter").press("Enter")
    inconnue.get_by_role("button", name="Écarter").press("Enter")
    page.get_by_text("Dites pourquoi cette ligne est écartée").wait_for()
    look(page, "rejets-refus", largeur)
    inconnue.get_by_label("Pourquoi").fill("Ce code n’existe pas.")
    with page.expect_navigation():
        inconnue.get_by_role("button", name="Écarter").press("Enter")
    click(page, "Appliquer les fusions proposées (1)")
    doublon = page.locator("section", has_text="donne à cette commune une autre classe")
    doublon.locator("summary", has_text="Corriger").press("Enter")
    doublon.get_by_label("Classe").select_option("zip")
    with page.expect_navigation():
        doublon.get_by_role("button", name="Enregistrer la ligne").press("Enter")
    page.get_by_text("corrigée.").wait_for()
    follow_link(page, "Lignes de l’arrêté")
    page.get_by_label("Commune ou code").fill(COMMUNE)
    click(page, "Filtrer")
    assert "Zone d'intervention prioritaire" in page.locator("main").inner_text()
    look(page, "lignes", largeur)


def publish(page: "Page", brouillon: str, acte: Acte, marque: str, largeur: int) -> None:
    """Another person, a fresh proof, the very preview."""
    chemin = brouillon[brouillon.index("/admin/") :]
    sign_in(page, f"valideur-{marque}@exemple.test", SECRET, chemin)
    look(page, "a-publier", largeur)
    follow_link(page, "Publier…")
    look(page, "publier", largeur)
    entree = page.locator("input[name=entree]").input_value()
    jeton = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    adresse = page.url
    click(page, "Publier cet arrêté")
    page.get_by_text("Publié. Les personnes concernées").wait_for()
    look(page, "publie", largeur)
    reponse = page.request.post(
        adresse, form={"entree": entree, "csrfmiddlewaretoken": jeton}, headers={"Referer": adresse}
    )
    assert reponse.status == 409


def refuse_overlap(page: "Page", marque: str, effet: str, largeur: int) -> None:
    """A second arrêté of the same day is stopped before it is proposed, with what to do."""
    sign_in(page, f"instructeur-{marque}@exemple.test", SECRET, "/admin/zonage/arrete/add/")
    page.get_by_label("Prend effet le").fill(effet)
    click(page, "Créer le brouillon")
    follow_link(page, "Lignes de l’arrêté")
    page.get_by_label("Communes", exact=False).first.fill(f"{COMMUNE};ZAC")
    click(page, "Classer ces communes")
    follow_link(page, "Revenir à l’arrêté")
    click(page, "Proposer à la publication")
    page.get_by_text("Période en conflit").first.wait_for()
    look(page, "conflit", largeur)
    page.goto("/admin/zonage/arrete/comparer/")
    page.get_by_label("Second arrêté").select_option(index=1)
    click(page, "Comparer")
    look(page, "comparer", largeur)
