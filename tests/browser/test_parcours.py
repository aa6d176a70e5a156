"""From the deposit to the second payment, by three people: an applicant, an agent who instructs, another who decides.

« ARS staff » 3 (produit.md §4): the CAIM of a doctor who corrects three days a week into three and a half: 43 750 €,
paid in two. Axe on each state, on a phone for the applicant, on a desk for the agents.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in, type_password

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
INSTRUCTION, VALIDATION = "instruction.parcours@exemple.fr", "validation.parcours@exemple.fr"
COLLEGUE, VOISINE = "collegue.parcours@exemple.fr", "voisine.parcours@exemple.fr"
ACTE = "from tests.browser import parcours_actes as actes; print(actes.{appel})"


@pytest.fixture
def acte(geste: Geste) -> Geste:
    """One of `tests.browser.parcours_actes`; returns what it returns, as text."""
    return lambda appel: geste(ACTE.format(appel=appel))


@pytest.fixture
def bureau(chromium: "Browser", portail: str) -> "Iterator[Callable[[str], Page]]":
    """A desk per agent, each with a session of their own."""
    contextes = []

    def open_bureau(adresse: str) -> "Page":
        contexte = chromium.new_context(base_url=portail, viewport={"width": 1280, "height": 900}, locale="fr-FR")
        contexte.set_default_timeout(20_000)
        contextes.append(contexte)
        ecran = contexte.new_page()
        sign_in(ecran, adresse, SECRET, suite="/admin/")
        return ecran

    yield open_bureau
    for contexte in contextes:
        contexte.close()


def press(page: "Page", nom: str | re.Pattern[str], *, dans: str = "main") -> None:
    """A button of a form, opening the fold that holds it."""
    bouton = page.locator(dans).get_by_role("button", name=nom, exact=isinstance(nom, str), include_hidden=True).first
    for repli in bouton.locator("xpath=ancestor::details[not(@open)]/summary").all():
        repli.click()
    with page.expect_navigation():
        bouton.click()


def unfold(page: "Page", titre: str) -> None:
    page.locator("summary", has_text=titre).first.click()


def texte(page: "Page") -> str:
    return re.sub(r"[\s\u00a0\u202f]+", " ", page.locator("main").text_content() or "")


@pytest.mark.parametrize(("largeur", "javascript"), [(360, False)], indirect=True)
def test_three_people_lead_a_file_from_its_deposit_to_its_second_payment(
    page: "Page", bureau: "Callable[[str], Page]", acte: Geste
) -> None:
    acte("open_equipe()")
    medecin = f"medecin-{os.urandom(4).hex()}@exemple.fr"
    numero = acte(f"file_caim({medecin!r})")

    # The agent finds the file among those to instruct, and reads the proof beside the documents.
    inès = bureau(INSTRUCTION)
    assert_accessible(inès)
    inès.goto("/admin/aides/demande/")
    assert_accessible(inès)
    with inès.expect_navigation():
        inès.get_by_role("link", name="Voir toutes les lignes de votre périmètre").click()
    assert_accessible(inès)
    with inès.expect_navigation():
        inès.get_by_role("link", name=numero).first.click()
    dossier = urlsplit(inès.url).path
    assert "Déposée" in texte(inès)
    assert_accessible(inès)

    # Asking for a correction without saying which is refused, and what was typed is still there.
    press(inès, "Demander une correction")
    assert inès.locator(".fr-error-text").count() > 0
    assert_accessible(inès)
    inès.get_by_label(re.compile("Message|Ce qu", re.I)).first.fill("Combien de jours par semaine exercerez-vous ?")
    press(inès, "Demander une correction")
    assert "Incomplète" in texte(inès)
    assert_accessible(inès)

    # A colleague of another département does not learn that the file exists.
    voisine = bureau(VOISINE)
    assert voisine.goto(dossier).status == 404  # type: ignore[union-attr]

    # The applicant, on a phone and without scripts: three days and a half.
    page.goto("/compte/connexion/?next=/dossiers/")
    type_password(page, medecin, SECRET)
    assert_accessible(page)
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=re.compile("Dampierre-sur-Salon")).first.click()
    suivi = page.url
    assert "Combien de jours par semaine" in texte(page)
    page.fill("#reponse", "Trois jours et demi.")
    unfold(page, "Corriger mes réponses")
    page.locator("[name=jours_semaine]").first.fill("3.5")
    with page.expect_navigation():
        page.get_by_role("button", name="Envoyer ma réponse").click()
    assert page.locator("#correction").count() == 0, texte(page)[:2000]
    assert_accessible(page)

    # Two agents at once: the second is told what changed, and loses nothing of what was typed.
    inès.goto(dossier)
    collegue = bureau(COLLEGUE)
    collegue.goto(dossier)
    press(inès, "Déclarer le dossier recevable")
    unfold(collegue, "Ajouter une note interne")
    with collegue.expect_navigation() as reponse:
        collegue.get_by_role("button", name="Déclarer le dossier recevable").first.click()
    assert reponse.value.status == 409  # type: ignore[union-attr]
    assert "a changé depuis que vous l'avez ouvert" in texte(collegue).replace("’", "'")
    assert_accessible(collegue)
    assert_accessible(inès)

    press(inès, "Prendre en instruction")
    assert "En instruction" in texte(inès)
    assert_accessible(inès)
    unfold(inès, "Proposer une décision")
    inès.get_by_label(re.compile("Montant")).first.fill("43750")
    press(inès, "Proposer une décision")
    assert "43 750" in texte(inès)
    assert_accessible(inès)
    assert inès.get_by_role("button", name=re.compile("Confirmer la proposition")).count() == 0

    # Another person confirms: the decision keeps the proof frozen at the deposit.
    valentin = bureau(VALIDATION)
    valentin.goto(dossier)
    press(valentin, re.compile("Confirmer la proposition"))
    assert "Accordée" in texte(valentin)
    assert "43 750,00 €" in texte(valentin)
    assert_accessible(valentin)
    acte("work()")

    # The signature: what it will establish is shown before.
    inès.goto(dossier)
    with inès.expect_navigation():
        inès.locator("a[href*='/signer/']").first.click()
    aujourd_hui = inès.evaluate("new Date().toLocaleDateString('sv-SE', {timeZone: 'Europe/Paris'})")
    inès.get_by_label("Date de signature").fill(aujourd_hui)
    inès.get_by_label("Date d'effet").fill(aujourd_hui)
    press(inès, "Voir l’échéancier")
    assert texte(inès).count("21 875") >= 2
    assert_accessible(inès)
    press(inès, "Enregistrer la signature")
    contrat = inès.url
    assert "En cours" in texte(inès)
    assert_accessible(inès)
    acte("work()")

    # The first payment, then, a year later, the second; a third is nowhere to be found.
    inès.locator("summary", has_text="Payer cette échéance").first.click()
    with inès.expect_navigation():
        inès.get_by_role("button", name="Enregistrer le versement").first.click()
    assert "Versé : 21 875,00 €" in texte(inès)
    acte(f"pass_a_year({numero!r})")
    inès.goto(contrat)
    inès.locator("summary", has_text="Payer cette échéance").first.click()
    with inès.expect_navigation():
        inès.get_by_role("button", name="Enregistrer le versement").first.click()
    assert "Versé : 43 750,00 € sur 43 750,00 €" in texte(inès)
    assert inès.locator("summary", has_text="Payer cette échéance").count() == 0
    assert_accessible(inès)

    # The applicant reads the whole of it, and a letter says who it comes from.
    page.goto(suivi)
    lu = texte(page)
    assert lu.count("21 875") >= 2
    assert_accessible(page)
    page.goto("/courriers/verifier/")
    assert_accessible(page)
