"""ARS staff, journey 1: find the MSP that are validated and not open, open one, sign its ACI, see the pin change.

Then the dashboard of the agent: the figures say at once that their source changed, and follow it after the job.
"""

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
TABLEAU = "/pilotage/?theme=structures"
LISTE = "/admin/cpts/structure/?type=msp&etat=a_ouvrir&tri=nom"
AGENT = """
from tests.people import make_agent
make_agent("valideur", "region:27", courriel={courriel!r}, is_staff=True, first_name="Ada", last_name="Essai")
"""
NUMERO = """
from cpts.models import Structure
from cpts.regles.finess import compute_cle
pris = {finess[:8] for finess in Structure.objects.values_list("finess", flat=True)}
debut = next(debut for n in range(10000) if (debut := f"2199{n:04d}") not in pris)
print(debut + compute_cle(debut))
"""
REMETTRE = """
from django.db import connection, transaction
from cpts.models import ActeStructure, Structure
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("ALTER TABLE cpts_structure DISABLE TRIGGER structure_vie, DISABLE TRIGGER structure_par_acte")
    Structure.objects.filter(pk={cle}).update(
        statut="projet_valide", ouverte_le=None, aci_signe_le=None, finess="", saisi=[], version=0
    )
    ActeStructure.objects.filter(structure={cle}, auteur__isnull=False).delete()
    cursor.execute("ALTER TABLE cpts_structure ENABLE TRIGGER structure_vie, ENABLE TRIGGER structure_par_acte")
"""
"""The base of the server serves every test: the count of 24 is put back."""
CHIFFRES = ("msp_validees", "msp_ouvertes", "msp_aci")
# Long: a phone without scripts, a desk with them, rather than the four.
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, False), (1280, True)], indirect=True)


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).first.click()


def do(page: "Page", acte: str, **champs: str) -> None:
    """Unfold an act, fill its fields, send it."""
    carte = page.locator("details.contrat-carte", has=page.locator("summary", has_text=re.compile(f"^{acte}$")))
    if carte.get_attribute("open") is None:
        carte.locator("summary").click()
    for nom, valeur in champs.items():
        carte.locator(f"[name$='-{nom}']").fill(valeur)
    with page.expect_navigation():
        carte.locator("button[type=submit]").click()


@DEUX
def test_an_agent_opens_a_msp_and_signs_its_aci(page: "Page", geste: Geste, javascript: bool) -> None:
    courriel = f"ada-{os.urandom(4).hex()}@exemple.fr"
    geste(AGENT.format(courriel=courriel))
    finess = geste(NUMERO)
    sign_in(page, courriel, SECRET, "/admin/")
    page.goto(LISTE)
    assert page.inner_text("#compte-lignes").startswith("24 ligne")
    if javascript:  # without, Django's own button of the theme has no name
        assert_accessible(page)
    with page.expect_navigation():
        page.locator("tbody th a").first.click()
    assert_accessible(page)
    fiche = page.url
    cle = re.search(r"/structure/(\d+)/", fiche)
    assert cle is not None
    geste(f"from tests.browser.pilotage_actes import measure; measure(*{CHIFFRES!r})")
    assert read_chiffres(page) == {
        "msp_validees": "135 structures",
        "msp_ouvertes": "111 structures",
        "msp_aci": "84 structures",
    }
    page.goto(fiche)
    try:
        walk(page, fiche, cle[1], finess, javascript=javascript)
        follow_figures(page, geste)
    finally:
        geste(REMETTRE.format(cle=int(cle[1])))


def walk(page: "Page", fiche: str, cle: str, finess: str, *, javascript: bool) -> None:
    # Nothing is opened without its number, and what was typed stays.
    do(page, "Ouvrir", jour="2026-01-12", finess=finess[:8] + str((int(finess[8]) + 1) % 10))
    assert "La clé de ce numéro FINESS est inexacte" in page.inner_text("main")
    assert page.locator("[name='ouvrir-jour']").input_value() == "2026-01-12"
    if javascript:  # without, the page is opened again, and this one is the answer to a sending
        assert_accessible(page)
    departement = find_departement(page)
    assert read_repere(page, departement, cle) == "valide"
    page.goto(fiche)
    envoi = page.context.request
    jeton = page.locator("input[name='csrfmiddlewaretoken']").first.input_value()
    do(page, "Ouvrir", jour="2026-01-12", finess=finess)
    assert "Ouverture : enregistré" in page.inner_text("main")
    assert read_repere(page, departement, cle) == "ouverte"

    # A second « Ouvrir », from the page as it was before: refused, with its reason.
    seconde = envoi.post(
        f"{fiche.split('change/')[0]}acte/ouvrir/",
        form={
            "csrfmiddlewaretoken": jeton,
            "ouvrir-version": "0",
            "ouvrir-jour": "2026-01-12",
            "ouvrir-finess": finess,
        },
        headers={"Referer": fiche},
    )
    assert seconde.status == 409
    assert "l&#x27;état est déjà « ouverte » depuis le 12/01/2026" in seconde.text()

    page.goto(fiche)
    signe = time.monotonic()
    do(page, "Signer l'ACI", jour="2026-03-02", commentaire="Signé à trois")
    page.goto(TABLEAU)
    assert page.locator("tr", has=page.locator("a[href*='/msp_aci/']")).get_by_text("Modifié depuis").is_visible()
    assert time.monotonic() - signe < 5
    page.goto(fiche)
    assert_accessible(page)
    texte = page.inner_text("main")
    assert "Ouverte, ACI signé".lower() in texte.lower()
    historique = page.locator("table.m-table").first.inner_text()
    for attendu in ("Contrat signé", "2 mars 2026", "Ada Essai", "Ouverture", "12 janvier 2026", "Signé à trois"):
        assert attendu in historique, attendu
    assert read_repere(page, departement, cle) == "aci"
    page.goto(LISTE)
    assert page.inner_text("#compte-lignes").startswith("23 ligne")


def follow_figures(page: "Page", geste: Geste) -> None:
    """« Modifié depuis » before the job that follows the changes; the new figures after it."""
    assert read_chiffres(page) == {
        "msp_validees": "135 structures Modifié depuis",
        "msp_ouvertes": "111 structures Modifié depuis",
        "msp_aci": "84 structures Modifié depuis",
    }
    assert_accessible(page)
    geste("from tests.browser.pilotage_actes import follow; follow()")
    assert read_chiffres(page) == {
        "msp_validees": "135 structures",
        "msp_ouvertes": "112 structures",
        "msp_aci": "85 structures",
    }


def read_chiffres(page: "Page") -> dict[str, str]:
    """What the dashboard of the agent says of the MSP of the région, badges of the demonstration left aside."""
    page.goto(TABLEAU)
    chiffres = {}
    for code in CHIFFRES:
        ligne = page.locator("tr", has=page.locator(f"th a[href*='/{code}/region/27/']"))
        texte = re.sub(r"\s+", " ", ligne.locator("td").first.text_content() or "")
        chiffres[code] = texte.replace("Démonstration", "").strip()
    return chiffres


def find_departement(page: "Page") -> str:
    trouve = re.search(r"\((\d\w)\)", page.inner_text("main"))
    assert trouve is not None
    return trouve[1]


def read_repere(page: "Page", departement: str, cle: str) -> str:
    """The shape of the pin on the public map, as everybody sees it."""
    reponse = page.context.request.get(f"/structures/?departement={departement}&type=msp")
    trouve = re.search(rf'<a class="m-repere m-repere--(\w+)" href="/structures/{cle}/"', reponse.text())
    assert trouve is not None
    return trouve[1]
