"""From an answer to the plan over five years, and from the plan to its wider reading, with the keyboard alone."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur

PROFIL = {
    "commune": "70198",
    "au": "2026-01-15",
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "type_cabinet": "principal",
    "premiere_installation": "oui",
    "secteur": "secteur_1",
    "jours_semaine": "3.5",
    "exercice_coordonne": "groupe",
    "pdsa": "oui",
    "contrat_etat": "aucun",
    "fmt_socle": "20000",
}


def test_from_the_answer_to_the_plan(page: "Page") -> None:
    page.goto(f"/aides/verifier/resultat/?{urlencode(PROFIL)}")
    page.get_by_role("link", name="Mon meilleur plan sur cinq ans").press("Enter")
    page.wait_for_url(re.compile("/aides/plan/"))
    assert_accessible(page)
    assert page.locator(".m-plan__etapes > li").count() == 2
    assert page.locator(".m-frise__barre").count() == 2
    annees = page.locator("table:has(caption:text('Euros par année civile')) tbody tr")
    assert annees.first.inner_text().split() == ["2026", "20", "000", "€"]
    page.get_by_role("link", name="Aussi les cumuls que personne n’a vérifiés").press("Enter")
    page.wait_for_url(re.compile("cumul=possible"))
    assert page.locator(".m-plan__etapes > li").count() == 3
    assert_accessible(page)
    page.locator(".m-plan__etapes h3 a").first.press("Enter")
    page.wait_for_url(re.compile("/aides/dispositifs/"))


def test_nothing_certain_yet(page: "Page") -> None:
    page.goto("/aides/plan/?commune=71076&au=2026-01-15&profession=medecin")
    assert page.get_by_role("heading", name="Aucune aide certaine à mettre dans un plan").is_visible()
    assert page.locator("#instruire ~ details").get_attribute("open") is not None
    assert_accessible(page)
    page.locator("main").get_by_role("link", name="Préciser ma situation").first.press("Enter")
    page.wait_for_url(re.compile("/aides/verifier/"))
