"""Practitioners keep an answer, print it, and come back with its code. In the test zoning Dampierre is ZIP."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import assert_accessible
from tests.browser.test_verifier import JEUNE_MEDECIN

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
CODE = re.compile(r"/recus/([0-9A-Z]{4}(?:-[0-9A-Z]{4}){4})/$")


def keep(page: "Page") -> str:
    """From the answer to the receipt; the code of its address."""
    faits = "&".join(f"{code}={valeur}" for code, valeur in JEUNE_MEDECIN.items())
    page.goto(f"/aides/verifier/resultat/?commune=70198&au=2025-12-31&profession=medecin&{faits}")
    page.get_by_role("link", name="Garder cette réponse").press("Enter")
    page.wait_for_url(re.compile("/recus/nouveau/"))
    assert_accessible(page)
    page.get_by_role("button", name="Garder cette réponse").press("Enter")
    page.wait_for_url(CODE)
    return str(CODE.search(page.url)[1])


def test_an_answer_is_kept_printed_and_found_again_by_its_code(page: "Page") -> None:
    code = keep(page)
    assert_accessible(page)
    texte = page.locator("main").inner_text()
    assert code in texte
    assert "REJEU IDENTIQUE" in texte.upper()
    assert "Rien ne change" in page.locator("#rejeu-actuel").inner_text()
    caim = page.locator("#caim").inner_text()
    assert "43\u202f750" in caim.replace("\xa0", "\u202f")
    assert "Convention médicale du 25 août 2016" in caim
    assert {cookie["name"] for cookie in page.context.cookies()} == {"csrftoken"}

    lien = page.get_by_role("link", name="Télécharger le reçu en PDF").get_attribute("href")
    pdf = page.request.get(str(lien))
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body().startswith(b"%PDF-")

    page.goto("/recus/")
    assert_accessible(page)
    page.get_by_label("Code du reçu").fill(code.lower().replace("-", " ").replace("0", "o"))
    page.get_by_role("button", name="Lire ce reçu").press("Enter")
    page.wait_for_url(CODE)
    assert code in page.url
    page.emulate_media(media="print")
    assert page.get_by_role("link", name="Télécharger le reçu en PDF").is_hidden()
    assert page.locator("#caim").is_visible()


def test_a_code_badly_copied_is_explained(page: "Page") -> None:
    code = keep(page)
    faux = code[:-1] + ("0" if code[-1] != "0" else "1")
    page.goto("/recus/")
    page.get_by_label("Code du reçu").fill(faux)
    page.get_by_role("button", name="Lire ce reçu").press("Enter")
    page.wait_for_load_state()
    assert "Relisez le code" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Code du reçu").input_value() == faux
    assert_accessible(page)
