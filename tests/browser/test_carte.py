"""The map of the zones: drawn by the server, then interactive on demand, always with its table."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur


def test_from_france_to_a_commune_by_the_table(page: "Page") -> None:
    page.goto("/zones/carte/?profession=medecin&au=2025-12-31")
    page.get_by_role("link", name=re.compile(r"^Saône-et-Loire")).first.press("Enter")
    page.wait_for_url(re.compile("departement=71"))
    assert "au=2025-12-31" in page.url
    assert page.locator("svg path, img[src*='carte']").count() > 0
    assert_accessible(page)
    page.get_by_role("link", name="Autun", exact=True).last.press("Enter")
    page.wait_for_url(re.compile("/communes/71014/"))
    assert "Autun" in page.locator("h1").inner_text()


def test_the_map_becomes_interactive(page: "Page", javascript: bool) -> None:
    page.goto("/zones/carte/?departement=71&profession=medecin")
    bouton = page.get_by_role("button", name="Activer la carte interactive")
    if not javascript:
        assert bouton.count() == 0 or not bouton.is_visible()
        return
    bouton.press("Enter")
    page.locator("canvas.maplibregl-canvas").wait_for(timeout=20000)
    assert_accessible(page)
