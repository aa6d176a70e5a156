"""Every public page, empty, full and in error, at 360 and 1280 px, with and without JavaScript."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
PAGES = [
    "/",
    "/accessibilite/",
    "/aides/dispositifs/",
    "/aides/dispositifs/?au=2020-01-01&profession=medecin",
    "/aides/dispositifs/caim/",
    "/aides/dispositifs/primo_installation/?au=2026-06-01",
    "/aides/verifier/",
    "/aides/verifier/?lieu=Trifouillis-les-Oies",
    "/aides/verifier/resultat/?commune=29019&profession=infirmier",
    "/api/",
    "/communes/71076/",
    "/communes/75056/",
    "/communes/97105/",
    "/donnees-personnelles/",
    "/mentions-legales/",
    "/plan-du-site/",
    "/sources/",
    "/zones/carte/",
    "/zones/carte/?region=27&profession=infirmier",
    "/zones/carte/?departement=71&profession=medecin&au=2019-01-01",
]


@pytest.mark.parametrize("adresse", PAGES)
def test_a_page_is_accessible(page: "Page", adresse: str) -> None:
    reponse = page.goto(adresse)
    assert reponse is not None
    assert reponse.status == 200
    assert "unsafe-inline" not in reponse.headers["content-security-policy"]
    assert_accessible(page)


@pytest.mark.parametrize("largeur", [1280])
@pytest.mark.parametrize("javascript", [False])
def test_titles_are_unique(page: "Page") -> None:
    titres = []
    for adresse in PAGES:
        page.goto(adresse)
        titres.append(page.title())
    assert len(set(titres)) == len(titres)
