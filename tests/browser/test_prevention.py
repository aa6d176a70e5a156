"""ARS staff, journey 5: a campaign, a figure corrected, a closed season. Coordinators: a screening day."""

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in, type_password

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
AGENT = "from tests.people import make_agent; make_agent({role!r}, {perimetre!r}, courriel={courriel!r})"
# Long: a phone with scripts, a desk without, rather than the four.
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, True), (1280, False)], indirect=True)


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).first.click()


def follow(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=nom, exact=True).first.click()


def read(page: "Page", selecteur: str = "main") -> str:
    """The text, each blank as one space."""
    return re.sub(r"\s+", " ", page.locator(selecteur).first.text_content() or "")


@DEUX
def test_the_ars_follows_a_campaign_and_corrects_a_figure(page: "Page", geste: Geste) -> None:
    courriel = f"prevention-{os.urandom(4).hex()}@exemple.test"
    geste(AGENT.format(role="valideur", perimetre="region:27", courriel=courriel))
    sign_in(page, courriel, SECRET, "/admin/prevention/campagne/")
    follow(page, "Grippe 2024-2025")
    assert_accessible(page)
    campagne = page.url
    follow(page, "Page publique, carte et évolution")
    page.get_by_label("Territoire", exact=True).select_option("cpts:71-chalonnais")
    press(page, "Afficher")
    assert_accessible(page)
    entetes = page.locator("table:has(#t-courbe) thead").inner_text()
    assert "CPTS du Chalonnais" in entetes
    assert "Saône-et-Loire" in entetes
    avant = re.search(r"([\d\s]+) personnes sur", read(page, ".m-chiffre"))
    assert avant is not None
    comptees = int(re.sub(r"\D", "", avant[1]))
    follow(page, "D’où vient ce chiffre")
    assert_accessible(page)
    assert "65 ans ou plus" in read(page)
    releve = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto(f"/admin/prevention/releve/{releve}/change/")
    assert_accessible(page)
    page.get_by_label("Personnes comptées").fill(str(comptees + 3))
    press(page, "Corriger")
    assert "Dites pourquoi" in read(page) or "obligatoire" in read(page)
    page.get_by_label("Motif de la correction").fill("Trois vaccinations oubliées")
    press(page, "Corriger")
    assert_accessible(page)
    assert "Trois vaccinations oubliées" in read(page)
    page.goto("/prevention/campagnes/grippe-2024-2025/?dans=cpts:71-chalonnais")
    assert str(comptees + 3) in re.sub(r"\s", "", read(page, ".m-chiffre"))
    check_saison_close(page, campagne)


def check_saison_close(page: "Page", campagne: str) -> None:
    page.goto(campagne)
    follow(page, "Grippe 2023-2024")
    assert "rien ne s’y modifie" in read(page)
    assert page.get_by_role("link", name="Modifier la fiche").count() == 0
    page.goto(page.url.replace("/change/", "/fiche/"))
    page.get_by_label("Partenaires").fill("Quelqu’un d’autre")
    press(page, "Enregistrer")
    assert_accessible(page)
    assert "Cette saison est close" in read(page, "[role=alert]")


@DEUX
def test_a_coordinator_runs_a_screening_day(page: "Page", geste: Geste) -> None:
    marque = os.urandom(4).hex()
    courriel = f"coordination-{marque}@exemple.test"
    geste(AGENT.format(role="coordinateur_cpts", perimetre="cpts:71-chalonnais", courriel=courriel))
    page.goto("/compte/connexion/?next=/espace/71-chalonnais/actions/")
    type_password(page, courriel, SECRET)
    page.wait_for_url("**/actions/")
    assert_accessible(page)
    follow(page, "Nouvelle action")
    assert_accessible(page)
    titre, jour = f"Journée de dépistage {marque}", geste("import datetime; print(datetime.date.today())")
    page.get_by_label("Titre").fill(titre)
    page.get_by_label("Thème", exact=True).select_option("depistage_colorectal")
    page.get_by_label("Jour", exact=True).fill(jour)
    page.get_by_label("Commune").fill("Nulle-Part-les-Bains")
    press(page, "Enregistrer le brouillon")
    assert_accessible(page)
    assert page.get_by_label("Titre").input_value() == titre
    page.get_by_label("Commune").fill("Chalon-sur-Saône")
    page.get_by_label("Lieu").fill("Salle des fêtes")
    page.get_by_label("Créneaux offerts").fill("40")
    page.get_by_label("Mission de l'ACI").select_option(label="Prévention")
    press(page, "Enregistrer le brouillon")
    press(page, "Annoncer")
    assert_accessible(page)
    action = page.url
    page.goto("/prevention/?departement=71")
    assert_accessible(page)
    assert titre in read(page)
    page.goto(action)
    follow(page, "Clore avec ses nombres")
    page.get_by_label("Participants").fill("37")
    press(page, "Clore l'action avec ses nombres")
    assert_accessible(page)
    assert "Participants37" in read(page).replace(" ", "")
    assert "preuve ajoutée" in read(page)
    page.goto("/espace/71-chalonnais/actions/coller/")
    page.get_by_label("Lignes copiées du tableur").fill(f"{jour};Collée {marque};71076\n31/31/2026;Fausse;71076")
    press(page, "Vérifier les lignes")
    assert_accessible(page)
    assert "1 ligne sur 2" in read(page)
    press(page, "Enregistrer 1 brouillon")
    assert f"Collée {marque}" in read(page)


def test_the_public_pages_are_accessible(page: "Page") -> None:
    for adresse in (
        "/prevention/campagnes/",
        "/prevention/campagnes/depistage-colorectal-2023-2024/",
        "/prevention/ou-agir/?campagne=grippe-2024-2025&dans=departement:71&par=epci",
    ):
        reponse = page.goto(adresse)
        assert reponse is not None
        assert reponse.status == 200
        assert_accessible(page)
