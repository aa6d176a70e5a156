"""« Where could I? »: a scheme and a profile, then every commune where it holds, on a map and in its list."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import assert_accessible
from tests.profils import JEUNE_GENERALISTE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur

PAGE = "/aides/ou-obtenir/"
PROFIL = {**JEUNE_GENERALISTE, "contrat_etat": "aucun"}
CAIM = {"dispositif": "caim", "au": "2025-12-01", **PROFIL}
CHALON = {"commune": "71076", "distance": "45", "unite": "min"}


def ask(page: "Page", **parametres: str) -> None:
    page.goto(f"{PAGE}?{urlencode(parametres)}")


def read_rows(page: "Page") -> list[tuple[str, str, int]]:
    """Code, amount and minutes of each commune of the list."""
    lignes = []
    for ligne in page.locator("table:has(#t-communes) tbody tr").all():
        code = re.search(r"commune=(\w{5})", ligne.locator("th a").get_attribute("href") or "")
        cellules = ligne.locator("td").all_inner_texts()
        minutes = re.search(r"(\d+)\smin", cellules[1])
        assert code is not None
        lignes.append((code[1], cellules[0], int(minutes[1]) if minutes else -1))
    return lignes


def test_from_the_question_to_the_same_answer(page: "Page") -> None:
    ask(page, **{nom: valeur for nom, valeur in CAIM.items() if nom != "dispositif"})
    page.get_by_label("Dispositif", exact=True).select_option("caim")
    page.get_by_label("Autour de").fill("71076")
    page.get_by_label("À moins de").fill("45")
    page.get_by_role("button", name="Chercher les communes").press("Enter")
    page.wait_for_url(re.compile("commune=71076.*distance=45"))
    assert_accessible(page)
    lignes = read_rows(page)
    assert lignes
    assert all(0 <= minutes <= 45 for _, _, minutes in lignes)
    assert [minutes for _, _, minutes in lignes] == sorted(minutes for _, _, minutes in lignes)
    assert len({montant for _, montant, _ in lignes}) == 1
    montant = lignes[0][1]
    page.locator("table:has(#t-communes) tbody th a").first.press("Enter")
    page.wait_for_url(re.compile(f"/aides/verifier/resultat/.*commune={lignes[0][0]}"))
    assert "au=2025-12-01" in page.url
    reponse = page.locator("article#caim")
    assert "m-resultat--eligible" in (reponse.get_attribute("class") or "")
    assert montant in reponse.inner_text().replace("\u202f", montant[2] if montant[2].isspace() else "\u202f")


def test_the_map_shows_the_communes_of_the_list(page: "Page") -> None:
    ask(page, **CAIM, **CHALON)
    total = int(re.sub(r"\D", "", page.locator("#liste .m-bilan [aria-current]").inner_text()))
    liens = page.locator("svg.m-carte__dessin a[href*='/aides/verifier/resultat/']")
    du_dessin = {re.search(r"commune=(\w{5})", lien.get_attribute("href") or "")[1] for lien in liens.all()}  # type: ignore[index]
    de_la_liste = {code for code, _, _ in read_rows(page)}
    assert de_la_liste <= du_dessin
    assert len(du_dessin) == total


def test_a_zac_commune_has_the_state_aid_and_not_the_contract_of_zip(page: "Page") -> None:
    """Chalon and Mâcon are ZAC in the zoning of the tests."""
    for dispositif, au, attendu in (("caim", "2025-12-01", False), ("cde", "2022-06-01", True)):
        codes: set[str] = set()
        ask(page, **PROFIL, dispositif=dispositif, au=au, commune="71076", departement="71", distance="60", unite="km")
        while True:
            codes |= {code for code, _, _ in read_rows(page)}
            suivante = page.locator(".fr-pagination__link[aria-current] >> xpath=../following-sibling::li[1]/a[@href]")
            if not suivante.count():
                break
            page.goto(str(suivante.get_attribute("href")))
        assert ("71076" in codes) is attendu, dispositif
        assert ("71270" in codes) is attendu, dispositif


def test_france_by_departement_then_its_communes(page: "Page") -> None:
    ask(page, **CAIM)
    assert_accessible(page)
    page.get_by_text("Les mêmes communes, comptées par département").click()
    page.get_by_role("link", name="Ain", exact=True).press("Enter")
    page.wait_for_url(re.compile("departement=01"))
    assert "Ain" in page.locator("h1").inner_text()
    assert read_rows(page)
    assert_accessible(page)


def test_communes_side_by_side(page: "Page") -> None:
    ask(page, **{nom: valeur for nom, valeur in CAIM.items() if nom != "dispositif"}, departement="01")
    for case in page.locator("table:has(#t-communes) input[type=checkbox]").all()[:2]:
        case.check()
    page.get_by_role("button", name=re.compile("^Comparer")).press("Enter")
    page.wait_for_url(re.compile("/comparer/"))
    assert page.locator("#t-comparer").count() == 1
    assert page.locator("table:has(#t-comparer) thead th").count() == 3
    assert_accessible(page)


def test_nowhere_near_proposes_the_nearest(page: "Page") -> None:
    ask(page, **CAIM, commune="71076", distance="1", unite="km")
    assert (
        "Aucune commune où le portail vous dit éligible à moins de 1 kilomètre" in page.locator("#liste").inner_text()
    )
    assert page.locator("#liste .fr-alert li a").count() == 3
    assert_accessible(page)
