"""A local scheme in the browser: an agent writes and proposes, another validates, the public reads."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "un secret des essais"
LISTE = "/admin/aides/redactionlocale/"


AGENTS = """
from portal.accounts.models import User
for adresse in {adresses!r}:
    if not User.objects.filter(email=adresse).exists():
        User.objects.create_superuser(adresse, {secret!r})
"""


@pytest.fixture
def agents(geste: Geste) -> tuple[str, str]:
    """Two accounts in the database of the server of the tests."""
    adresses = ("auteur@exemple.test", "valideur@exemple.test")
    geste(AGENTS.format(adresses=adresses, secret=SECRET))
    return adresses


def connect(page: "Page", adresse: str) -> None:
    sign_in(page, adresse, SECRET, LISTE)


def open_section(page: "Page", titre: str) -> None:
    with page.expect_navigation():  # the page left has the same title and the same h1
        page.get_by_role("navigation", name="Parties de la règle").get_by_role("link", name=titre, exact=True).click()
    assert_accessible(page)


def save(page: "Page") -> None:
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("enregistré.").first.wait_for()


def write_rule(page: "Page", code: str) -> None:
    page.goto(f"{LISTE}add/")
    assert_accessible(page)
    page.locator("#id_code").fill(code)
    page.locator("#id_nom").fill(f"Bourse d'essai {code}")
    with page.expect_navigation():
        page.get_by_role("button", name="Créer le brouillon").click()
    assert_accessible(page)
    open_section(page, "Identité et territoire")
    page.locator("#id_sigle").fill("Bourse")
    page.locator("#id_resume").fill("Une aide du département, écrite pour les essais.")
    page.locator("#id_payeur").fill("Département de Saône-et-Loire")
    page.locator("#id_guichet").select_option("collectivite")
    page.locator("#id_demarche").fill("Écrivez au département.")
    page.get_by_label("Médecin", exact=True).check()
    page.locator("#id_lieux-0-genre").select_option("departement")
    page.locator("#id_lieux-0-cle").fill("71")
    save(page)
    open_section(page, "Textes")
    page.locator("#id_references-0-code").fill("delib")
    page.locator("#id_references-0-texte").fill("Délibération du 12 janvier 2026")
    page.locator("#id_references-0-verifie_le").fill("2026-02-01")
    save(page)
    open_section(page, "Périodes")
    page.locator("#id_periodes-0-code").fill("2026")
    page.locator("#id_periodes-0-ouvert_du").fill("2026-01-01")
    for nom in ("reference_ouverture", "duree_reference", "renouvellement_reference"):
        page.locator(f"#id_periodes-0-{nom}").select_option("delib")
    page.locator("#id_periodes-0-duree_texte").fill("Un seul versement.")
    page.locator("#id_periodes-0-renouvellement_texte").fill("Non renouvelable.")
    save(page)
    write_conditions(page)
    open_section(page, "Montants")
    page.locator("#id_montants-0-type").select_option("forfait")
    page.locator("#id_montants-0-libelle").fill("Bourse")
    page.locator("#id_montants-0-montant").fill("1 500,50")
    page.locator("#id_montants-0-reference").select_option("delib")
    save(page)


def write_conditions(page: "Page") -> None:
    open_section(page, "Conditions")
    page.locator("#id_conditions-0-type").select_option("est")
    page.locator("#id_conditions-0-fait").select_option("profession")
    page.locator("#id_conditions-0-valeur").fill("medecin")
    page.locator("#id_conditions-0-libelle").fill("Être médecin")
    page.locator("#id_conditions-0-reference").select_option("delib")
    save(page)


def test_an_agent_writes_and_another_publishes(
    page: "Page", agents: tuple[str, str], largeur: int, javascript: bool
) -> None:
    code = f"essai_{largeur}_{'js' if javascript else 'sans'}"
    auteur, valideur = agents
    connect(page, auteur)
    write_rule(page, code)
    page.get_by_role("link", name="Aperçu").click()
    page.get_by_text("La règle est complète.").wait_for()
    assert page.get_by_text("Saône-et-Loire (département 71)").count() == 1
    adresse = page.url
    page.get_by_role("link", name="Essayer", exact=True).click()
    page.get_by_label("Profession").select_option("medecin")
    page.get_by_role("button", name="Essayer").click()
    page.get_by_text("Éligible : 1\u202f500,5").wait_for()
    assert_accessible(page)
    page.goto(adresse)
    page.get_by_role("button", name="Proposer à la validation").click()
    page.get_by_text("une autre personne peut la valider").wait_for()
    assert page.get_by_role("button", name="Valider et publier").count() == 0
    assert_accessible(page)
    connect(page, valideur)
    page.goto(adresse)
    assert_accessible(page)
    page.get_by_role("button", name="Valider et publier").click()
    page.get_by_text("La règle est publiée").wait_for()
    page.get_by_role("link", name="Voir la page publique").click()
    page.get_by_role("heading", name=f"Bourse d'essai {code}").wait_for()
    assert_accessible(page)
    page.goto(adresse)
    page.get_by_role("button", name="Dupliquer en nouvelle rédaction").click()
    page.get_by_role("link", name="Comparer deux rédactions").click()
    assert_accessible(page)
    page.goto(adresse)
    page.get_by_label("Motif du retrait").fill("Fin de l'essai")
    page.get_by_role("button", name="Retirer du portail").click()
    page.get_by_text("La règle est retirée").wait_for()


@pytest.mark.parametrize("javascript", [True])
def test_the_preview_follows_the_keys(page: "Page", agents: tuple[str, str], largeur: int) -> None:
    connect(page, agents[0])
    page.goto(f"{LISTE}add/")
    page.locator("#id_code").fill(f"apercu_{largeur}")
    page.locator("#id_nom").fill("Aperçu")
    page.get_by_role("button", name="Créer le brouillon").click()
    open_section(page, "Conditions")
    assert page.locator("#id_conditions-0-valeur").is_visible()
    page.locator("#id_conditions-0-type").select_option("tous")
    page.locator("#id_conditions-0-valeur").wait_for(state="hidden")
    page.locator("#apercu").get_by_text("ce groupe est vide").wait_for()
