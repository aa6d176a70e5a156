"""An account in the browser: sign in, add a second factor, recover, see and close the sessions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import compute_code, read_key, type_password

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "un secret des essais"


AGENT = "from portal.accounts.models import User; User.objects.create_superuser({adresse!r}, {secret!r})"


def click(page: "Page", bouton: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=bouton).first.click()


def shoot(page: "Page", nom: str, largeur: int) -> None:
    """A picture for who is writing the page (MAILLAGE_IMAGES names a folder)."""
    if dossier := os.environ.get("MAILLAGE_IMAGES"):
        page.screenshot(path=Path(dossier) / f"{nom}-{largeur}.png", full_page=True)


def test_an_agent_enrols_recovers_and_closes_the_other_sessions(
    page: "Page", geste: Geste, largeur: int, javascript: bool
) -> None:
    adresse = f"compte-{largeur}-{javascript}@exemple.test".lower()
    geste(AGENT.format(adresse=adresse, secret=SECRET))
    page.goto("/admin/")
    page.wait_for_url("**/compte/connexion/?next=/admin/")
    assert_accessible(page)
    shoot(page, "connexion", largeur)
    type_password(page, adresse, "ce n'est pas le bon")
    assert page.get_by_label("Adresse électronique").input_value() == adresse
    assert_accessible(page)
    type_password(page, adresse, SECRET)
    page.get_by_role("heading", name="Ajouter un second facteur").wait_for()
    assert_accessible(page)
    shoot(page, "ajout", largeur)
    cle = read_key(page)
    page.get_by_label("Code à six chiffres").fill(compute_code(cle))
    click(page, "Activer")
    assert_accessible(page)
    click(page, "Créer mes codes de secours")
    assert_accessible(page)
    shoot(page, "codes", largeur)
    codes = page.locator("#codes-secours code").all_text_contents()
    assert len(set(codes)) == 10
    with page.expect_navigation():
        page.get_by_role("link", name="Je les ai notés").click()
    page.wait_for_url("**/admin/")
    page.goto("/compte/")
    assert_accessible(page)
    shoot(page, "compte", largeur)
    click(page, "Se déconnecter")
    page.get_by_role("heading", name="Votre session est fermée").wait_for()
    assert_accessible(page)
    page.goto("/compte/connexion/")
    type_password(page, adresse, SECRET)
    page.get_by_role("heading", name="Votre code de connexion").wait_for()
    assert_accessible(page)
    shoot(page, "code", largeur)
    page.get_by_label("Code à six chiffres").fill(codes[0])
    click(page, "Valider")
    page.get_by_text("Il vous en reste 9.").wait_for()
    close_others(page, adresse, codes[1])


def close_others(page: "Page", adresse: str, code: str) -> None:
    """Another browser signs in, and is closed from this one."""
    navigateur = page.context.browser
    assert navigateur is not None
    contexte = navigateur.new_context(base_url=page.url.partition("/compte/")[0], locale="fr-FR")
    autre = contexte.new_page()
    autre.goto("/compte/connexion/")
    type_password(autre, adresse, SECRET)
    autre.get_by_label("Code à six chiffres").fill(code)
    click(autre, "Valider")
    autre.get_by_role("heading", name="Mon compte", exact=True).wait_for()
    page.goto("/compte/")
    assert_accessible(page)
    click(page, "Fermer toutes les autres sessions")
    page.get_by_text("Sessions fermées : 1.").wait_for()
    autre.goto("/compte/")
    autre.get_by_role("heading", name="Connexion", exact=True).wait_for()
    contexte.close()


@pytest.mark.parametrize("chemin", ["/compte/mot-de-passe/oubli/", "/compte/mot-de-passe/oubli/envoye/"])
def test_who_forgot_a_password_is_told_what_to_do(page: "Page", chemin: str, largeur: int) -> None:
    page.goto(chemin)
    assert_accessible(page)
    shoot(page, chemin.strip("/").replace("/", "-"), largeur)


def test_a_dead_link_says_what_to_do(page: "Page") -> None:
    reponse = page.request.get("/compte/mot-de-passe/nouveau/MQ/faux-code/")
    assert reponse.status == 404
    assert "Demander un autre lien" in reponse.text()
