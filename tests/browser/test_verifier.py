"""Journeys of practitioners: check, travel in time. In the test zoning Dampierre-sur-Salon is ZIP, Chalon ZAC."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import assert_accessible
from tests.profils import JEUNE_GENERALISTE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
JEUNE_MEDECIN = {code: valeur for code, valeur in JEUNE_GENERALISTE.items() if code != "profession"}


def choose_commune(page: "Page", texte: str, nom: str, *, javascript: bool) -> None:
    """Take the wanted commune in the combobox by keyboard; without JavaScript, submit and pick it in the list."""
    page.get_by_label("Commune d’exercice").fill("")
    page.get_by_label("Commune d’exercice").press_sequentially(texte)
    if javascript:
        option = page.get_by_role("option").filter(has_text=nom).first
        option.wait_for()
        for _ in range(10):
            page.keyboard.press("ArrowDown")
            if option.get_attribute("aria-selected") == "true":
                break
        page.keyboard.press("Enter")
    page.get_by_label("Profession").select_option("medecin")
    page.get_by_role("button", name="Vérifier", exact=True).press("Enter")
    page.wait_for_load_state()
    if not javascript and page.locator("#propositions").count():
        page.locator("#propositions li").filter(has_text=nom).first.get_by_role("link").press("Enter")
        page.wait_for_load_state()


def answer_questions(page: "Page", faits: dict[str, str]) -> None:
    """Answer each page of questions as they come; « je ne sais pas » to what the person does not know."""
    for _ in range(12):
        if "/resultat/" in page.url:
            return
        avant = page.url
        champs = page.locator("#questionnaire form [id^='q-']:is(fieldset, .fr-input-group)")
        assert champs.count() > 0, page.url
        for rang in range(champs.count()):
            champ = champs.nth(rang)
            code = (champ.get_attribute("id") or "").removeprefix("q-")
            valeur = faits.get(code, "nsp")
            radio = champ.locator(f"input[type=radio][value='{valeur}']")
            if radio.count():
                radio.check(force=True)
            elif valeur == "nsp":
                champ.locator("input[type=checkbox]").check(force=True)
            else:
                champ.locator("input.fr-input").fill(valeur)
        page.get_by_role("button", name="Continuer").press("Enter")
        page.wait_for_url(lambda adresse, avant=avant: adresse != avant)
    pytest.fail(f"Le questionnaire ne finit pas : {page.url}")


def read_at(page: "Page", jour: str) -> None:
    page.get_by_label("Lire les règles et le zonage au").fill(jour)
    page.get_by_role("button", name="Lire à cette date").press("Enter")
    page.wait_for_url(re.compile(f"au={jour}"))


def verdicts(page: "Page") -> dict[str, str]:
    """Text of each open scheme's card, by code."""
    cartes = page.locator("article.m-resultat")
    return {str(cartes.nth(i).get_attribute("id")): cartes.nth(i).inner_text() for i in range(cartes.count())}


def test_a_young_doctor_checks_her_aids(page: "Page", javascript: bool) -> None:
    page.goto("/")
    assert_accessible(page)
    choose_commune(page, "Dampierre-sur-Sal", "Dampierre-sur-Salon", javascript=javascript)
    assert "Dampierre-sur-Salon (70)" in page.locator("h1").inner_text()
    assert_accessible(page)
    answer_questions(page, JEUNE_MEDECIN)
    read_at(page, "2025-12-31")
    page.get_by_role("link", name="préciser ma situation").press("Enter")
    page.wait_for_url(re.compile("/aides/verifier/\\?"))
    answer_questions(page, JEUNE_MEDECIN)
    assert "au=2025-12-31" in page.url
    assert_accessible(page)
    zone = page.get_by_label("Zone, date et réponses").inner_text()
    assert "intervention prioritaire" in zone
    assert "Zonage écrit pour les essais" in zone
    caim = verdicts(page)["caim"]
    assert "\néligible" in caim.lower()
    assert "43\u202f750" in caim.replace("\xa0", "\u202f")
    page.locator("#caim summary").first.press("Enter")
    assert "Convention médicale du 25 août 2016" in page.locator("#caim").inner_text()
    assert page.locator("input[type=password]").count() == 0


def test_she_travels_in_time(page: "Page") -> None:
    faits = "&".join(f"{code}={valeur}" for code, valeur in JEUNE_MEDECIN.items())
    page.goto(f"/aides/verifier/resultat/?commune=70198&profession=medecin&{faits}")
    attendus = {
        "2019-06-06": ({"ptmg", "caim"}, {"cde", "primo_installation"}),
        "2022-06-01": ({"cde", "caim"}, {"primo_installation"}),
        "2025-12-31": ({"caim"}, {"ptmg", "cde", "primo_installation"}),
        "2026-01-01": ({"primo_installation"}, {"ptmg", "cde", "caim"}),
    }
    for jour, (ouverts, fermes) in attendus.items():
        read_at(page, jour)
        montres = verdicts(page)
        assert ouverts <= set(montres), jour
        assert not fermes & set(montres), jour
        assert "et non à aujourd’hui" in page.locator(".fr-callout").inner_text()
    primo = verdicts(page)["primo_installation"].replace("\xa0", "\u202f")
    assert "10\u202f000" in primo
    assert_accessible(page)
    partage = page.url
    page.goto("/")
    page.goto(partage)
    assert "10\u202f000" in verdicts(page)["primo_installation"].replace("\xa0", "\u202f")


def test_the_back_button_gives_the_former_answers(page: "Page", javascript: bool) -> None:
    page.goto("/aides/verifier/?commune=71076&profession=medecin")
    premiere = page.url
    page.locator("input[type=radio][value=secteur_1]").check(force=True)
    page.get_by_role("button", name="Continuer").press("Enter")
    page.wait_for_url(re.compile("secteur=secteur_1"))
    assert "Secteur 1" in page.locator(".m-faits").inner_text()
    page.go_back()
    page.wait_for_url(premiere)
    page.locator(".m-faits", has_not_text="Secteur 1").wait_for()


def test_homonyms_are_never_chosen_silently(page: "Page") -> None:
    page.goto("/aides/verifier/?lieu=Saint-Martin&profession=medecin")
    liens = page.locator("#propositions li")
    assert liens.count() > 1
    assert "(" in liens.first.inner_text()
    assert_accessible(page)


def test_a_part_of_the_commune_may_have_another_class(page: "Page") -> None:
    page.goto("/aides/verifier/resultat/?commune=71014&profession=medecin&au=2025-12-31")
    assert "adresse" in page.get_by_label("Zone, date et réponses").inner_text().lower()
    assert all("non éligible" not in texte.lower()[:200] for code, texte in verdicts(page).items() if code == "caim")


def test_wrong_parameters_keep_the_other_answers(page: "Page") -> None:
    page.goto("/aides/verifier/?commune=71076&profession=medecin&secteur=secteur_1&jours_semaine=beaucoup")
    assert "Secteur 1" in page.locator(".m-faits").inner_text()
    assert page.locator(".fr-alert--error, .fr-message--error").count() > 0
    assert_accessible(page)


@pytest.mark.parametrize("largeur", [1280])
@pytest.mark.parametrize("javascript", [False])
def test_the_answer_is_kept_in_a_pdf_of_one_page(page: "Page") -> None:
    reponse = page.request.get("/aides/verifier/pdf/?commune=70198&profession=medecin&secteur=secteur_1&au=2025-12-31")
    assert reponse.status == 200
    assert reponse.headers["content-type"] == "application/pdf"
    assert len(re.findall(rb"/Type\s*/Page\b", reponse.body())) <= 1
