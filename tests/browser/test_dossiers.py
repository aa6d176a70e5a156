"""Journey 5 of the practitioners: from an answer to an account, a draft left and found again, a deposit, an answer to
what the agent asks, a withdrawal. With and without JavaScript, on a phone and on a desk."""

import email
import email.policy
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfWriter

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
MOT_DE_PASSE = "Un-mot-de-passe-d-essai-7"
FAITS = "profession=medecin&specialite=generaliste&statut=installe&secteur=secteur_1"
ADRESSE = f"/aides/verifier/resultat/?commune=70198&{FAITS}"
TRAVAIL = "from tests.browser.dossiers_actes import work; work()"
CORRECTION = "from tests.browser.dossiers_actes import ask_correction; ask_correction({numero!r}, {phrase!r})"


def read_messages(boite: Path) -> list[tuple[str, str]]:
    lus = [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in boite.glob("*.eml")]
    corps = [(str(m["Subject"]), m.get_body(("plain",))) for m in lus]
    return [(sujet.strip(), texte.get_content()) for sujet, texte in corps if texte is not None]


def make_pdf() -> bytes:
    pdf, sortie = PdfWriter(), io.BytesIO()
    pdf.add_blank_page(72, 72)
    pdf.write(sortie)
    return sortie.getvalue()


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).first.click()


def follow(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=nom, exact=True).first.click()


def open_compte(page: "Page", geste: Geste, boite: Path) -> str:
    """From the page of a new file: an address, the link of the message, a password, signing in; back to the page."""
    adresse = f"essai-{os.urandom(4).hex()}@exemple.fr"
    follow(page, "Créer un compte")
    assert_accessible(page)
    page.get_by_role("textbox").first.fill(adresse)
    press(page, "Recevoir le lien")
    assert_accessible(page)
    geste(TRAVAIL)
    (lien,) = [
        trouve[0]
        for sujet, texte in read_messages(boite)
        if "Ouvrir votre compte" in sujet and (trouve := re.search(r"http\S+/inscription/\S+", texte))
    ]
    page.goto(lien)
    assert_accessible(page)
    for champ in page.locator("input[type=password]").all():
        champ.fill(MOT_DE_PASSE)
    press(page, "Ouvrir mon compte")
    assert "Votre compte est ouvert" in page.inner_text("main")
    page.locator("input[type=email], input[name=username]").first.fill(adresse)
    page.locator("input[type=password]").first.fill(MOT_DE_PASSE)
    press(page, "Se connecter")
    return adresse


# The journey is long: a phone with scripts, a desk without, rather than the four.
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, True), (1280, False)], indirect=True)


@DEUX
def test_a_practitioner_applies_answers_and_withdraws(
    page: "Page", geste: Geste, boite: Path, tmp_path: Path, javascript: bool
) -> None:
    page.goto(ADRESSE)
    with page.expect_navigation():
        page.locator("#assistant_medical button[form=demander]").click()
    assert_accessible(page)
    adresse = open_compte(page, geste, boite)
    assert "/dossiers/nouvelle/" in page.url
    assert_accessible(page)
    press(page, "Ouvrir un brouillon")
    assert_accessible(page)
    brouillon = page.url
    assert page.input_value("#champ-courriel") == adresse

    # Nothing is lost by a refusal, and each field says what it waits for.
    page.fill("#champ-nom", "Essai")
    press(page, "Déposer ma demande")
    assert "Il manque des éléments" in page.inner_text("main")
    assert page.input_value("#champ-nom") == "Essai"
    assert_accessible(page)
    page.fill("#champ-prenom", "Camille")
    page.fill("#champ-adresse", "1 rue de l’Essai")
    page.fill("#champ-message", "Mon numéro : 1 84 12 71 076 451 89")
    press(page, "Enregistrer le brouillon")
    assert "Retirez le numéro de sécurité sociale" in page.inner_text("main")
    assert page.input_value("#champ-message").startswith("Mon numéro")
    page.fill("#champ-message", "Bonjour")
    fichier = tmp_path / "contrat.pdf"
    fichier.write_bytes(make_pdf())
    page.set_input_files("#champ-fichier", str(fichier))
    press(page, "Joindre et enregistrer")
    assert "contrat.pdf" in page.inner_text("#pieces")

    # Left, then found again.
    page.goto("/dossiers/")
    assert "Brouillon" in (page.text_content("main") or "")
    assert_accessible(page)
    page.goto(brouillon)
    assert page.input_value("#champ-adresse") == "1 rue de l’Essai"
    if javascript:
        page.clock.install()
        page.goto(brouillon)
        page.fill("#champ-telephone", "03 85 00 00 00")
        with page.expect_response(lambda reponse: "/brouillon/" in reponse.url) as enregistre:
            page.clock.run_for(20_000)
        assert enregistre.value.status == 200
        page.goto(brouillon)
        assert page.input_value("#champ-telephone") == "03 85 00 00 00"
    for case in page.locator("#depot input[type=checkbox]").all():
        case.check(force=True)
    press(page, "Déposer ma demande")
    titre = page.inner_text("h1")
    numero = titre.removeprefix("Dossier ")
    assert re.fullmatch(r"27-\d{4}-\d{6}", numero)
    assert_accessible(page)
    geste(TRAVAIL)
    assert [sujet for sujet, _ in read_messages(boite) if numero in sujet] == [
        f"Votre demande est déposée (dossier {numero})"
    ]
    follow(page, "Accusé de dépôt, à imprimer")
    assert numero in page.inner_text("h1")
    assert_accessible(page)

    # The agent asks; the applicant answers.
    geste(CORRECTION.format(numero=numero, phrase="Joignez une copie lisible."))
    page.goto(brouillon)
    assert "Joignez une copie lisible." in page.inner_text("#correction")
    assert_accessible(page)
    press(page, "Envoyer ma réponse")
    assert "n’est pas partie" in page.inner_text("#correction")
    page.fill("#reponse", "Voici une copie plus nette.")
    page.set_input_files("#fichier", str(fichier))
    press(page, "Envoyer ma réponse")
    assert "Voici une copie plus nette." in page.inner_text("main")
    assert page.locator("#correction").count() == 0

    follow(page, "Retirer ma demande")
    assert_accessible(page)
    press(page, "Retirer ma demande")
    assert "Retirée" in (page.text_content("main") or "")
    assert_accessible(page)


@pytest.mark.parametrize(("largeur", "javascript"), [(1280, True)], indirect=True)
def test_a_draft_is_deleted(page: "Page", geste: Geste, boite: Path) -> None:
    page.goto(ADRESSE)
    with page.expect_navigation():
        page.locator("#assistant_medical button[form=demander]").click()
    open_compte(page, geste, boite)
    press(page, "Ouvrir un brouillon")
    follow(page, "Supprimer le brouillon")
    assert_accessible(page)
    press(page, "Supprimer")
    assert "Vous n’avez pas de dossier" in page.inner_text("main")
    assert_accessible(page)
