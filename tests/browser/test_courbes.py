"""From the dashboard to its curves and to what is printed: the drawings say what the table says."""

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
MESURER = """
from datetime import timedelta
from django.utils import timezone
from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import compute_jour
for recul in (31, 0):
    jour = timezone.localdate() - timedelta(days=recul)
    compute_jour(jour, cause=Cause.REPRISE, codes=["part_population_cpts", "cpts_aci"])
"""


@pytest.mark.parametrize(("largeur", "javascript"), [(360, False), (1280, True)], indirect=True)
def test_a_reader_draws_the_departements_of_a_region(page: "Page", geste: Geste) -> None:
    geste(MESURER)
    page.goto("/chiffres/?territoire=region:27&theme=cpts")
    lien = page.get_by_role("link", name="PDF", exact=True).get_attribute("href") or ""
    imprime = page.request.get(lien)
    assert imprime.headers["content-type"] == "application/pdf"
    assert imprime.body().startswith(b"%PDF-")

    with page.expect_navigation():
        page.get_by_role("link", name="Courbes", exact=True).click()
    page.get_by_label("Courbes", exact=True).select_option(label="Les départements de sa région")
    page.get_by_label("Indicateur").select_option(label="Population couverte par une CPTS")
    with page.expect_navigation():
        page.get_by_role("button", name="Afficher", exact=True).click()
    assert "Échelle commune" in (page.locator("main").text_content() or "")
    assert page.locator(".m-courbes > li").count() == 8
    dessin = page.locator("li", has_text="Saône-et-Loire").get_by_role("img")
    assert re.match(r"Saône-et-Loire, du \d", dessin.locator("title").text_content() or "")
    ligne = page.locator("tr", has=page.get_by_role("rowheader", name="Saône-et-Loire")).locator("td")
    dernier = (ligne.first.text_content() or "").strip()
    assert dernier.endswith("%")
    assert dernier in (dessin.locator("desc").text_content() or "")
    assert_accessible(page)

    tout = page.get_by_role("link", name="Toutes ces courbes (CSV)").get_attribute("href") or ""
    lignes = list(csv.reader(io.StringIO(page.request.get(tout).body().decode("utf-8-sig")), delimiter=";"))
    assert len(lignes) == 1 + 8 * 13
