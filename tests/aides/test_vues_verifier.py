"""The questionnaire: the commune never guessed, answers in the address, nothing lost when a value is wrong."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal.core import cache

VERIFIER = "/aides/verifier/"
TOUT_REPONDU = {"commune": "71333", "profession": "orthophoniste", "statut": "salarie"}

pytestmark = pytest.mark.usefixtures("territoire_verifier")


def follow(reponse):
    assert reponse.status_code == 302
    return parse_qs(urlsplit(reponse["Location"]).query)


@pytest.mark.parametrize(
    "lieu",
    [
        "Chalon-sur-Saône",
        "chalon sur saone",
        "71100 Chalon-sur-Saône",
        "Chalon-sur-Saône 71100",
        "12 rue de la Paix 71100 Chalon-sur-Saône",
        "12 rue de la Paix, 71 100 Chalon sur Saone CEDEX",
        "12 bis rue de la Paix Chalon-sur-Saône",
        "38122",
    ],
)
def test_one_commune_alone_goes_on(client, lieu):
    parametres = follow(client.get(VERIFIER, {"lieu": lieu, "profession": "medecin"}))
    assert parametres["commune"] == ["38066" if lieu == "38122" else "71076"]
    assert parametres["profession"] == ["medecin"]
    assert "lieu" not in parametres


def test_a_street_is_dropped_and_the_page_says_so(client):
    reponse = client.get(VERIFIER, {"lieu": "12 rue de la Paix 71100 Chalon-sur-Saône"})
    assert "Paix" not in reponse["Location"]
    assert "La rue n’a été ni utilisée, ni gardée" in client.get(reponse["Location"]).content.decode()


@pytest.mark.parametrize(
    ("lieu", "attendues"),
    [
        ("Saint-Martin", {"21560", "38430"}),
        ("Chalon", {"38066", "71076"}),
        ("71100", {"71076", "71106"}),
        ("5 place du Marché 71100 Chalons", {"71076"}),
        ("5 place du Marché 71100 Trifouillis", {"71076", "71106"}),
    ],
)
def test_a_doubt_is_a_list_never_a_first_choice(client, lieu, attendues):
    page = client.get(VERIFIER, {"lieu": lieu, "secteur": "secteur_1"})
    assert page.status_code == 200
    adresses = [adresse for _, adresse in page.context["propositions"]]
    assert attendues <= {parse_qs(urlsplit(adresse).query)["commune"][0] for adresse in adresses}
    assert all("secteur=secteur_1" in adresse for adresse in adresses)
    assert "Isère (38)" in page.content.decode() or "Saône-et-Loire (71)" in page.content.decode()


@pytest.mark.parametrize("lieu", ["", "   ", "Trifouillis-les-Oies", "999 rue de Nulle Part"])
def test_nothing_found_says_what_to_write(client, lieu):
    page = client.get(VERIFIER, {"lieu": lieu, "commune": ""})
    assert page.status_code == 200
    assert "fr-message--error" in page.content.decode()
    assert "propositions" not in page.content.decode()


def test_a_former_code_leads_to_the_commune_of_today(client):
    reponse = client.get(VERIFIER, {"commune": "71429", "profession": "medecin"})
    assert follow(reponse)["commune"] == ["71076"]
    texte = client.get(reponse["Location"]).content.decode()
    assert "Saint-Cosme (71429) n’est plus une commune" in texte
    assert "1er janvier 1965" in texte


def test_questions_come_a_few_at_a_time_each_with_its_reason(client):
    page = client.get(VERIFIER, {"commune": "71333", "profession": "medecin", "au": "2025-12-20"})
    questions = page.context["questions"]
    texte = page.content.decode()
    assert 1 <= len(questions) <= 3
    assert texte.count("Pourquoi cette question ?") == len(questions)
    assert texte.count("Je ne sais pas</label>") == len(questions)


def test_the_profession_is_asked_first_and_alone(client):
    page = client.get(VERIFIER, {"commune": "71333"})
    assert [question.fait.code for question in page.context["questions"]] == ["profession"]


def test_an_answer_joins_the_address_in_one_order(client):
    envoi = {"posees": "secteur,pdsa", "secteur": "secteur_1", "pdsa": "", "profession": "medecin", "commune": "71333"}
    reponse = client.get(VERIFIER, envoi)
    assert reponse["Location"] == f"{VERIFIER}?commune=71333&profession=medecin&secteur=secteur_1"


def test_what_i_do_not_know_is_not_asked_again(client):
    adresse = {"commune": "71333", "profession": "medecin", "au": "2025-12-20"}
    premieres = [question.fait.code for question in client.get(VERIFIER, adresse).context["questions"]]
    page = client.get(VERIFIER, adresse | dict.fromkeys(premieres, "nsp"))
    assert not set(premieres) & {question.fait.code for question in page.context["questions"]}
    assert page.content.decode().count("<strong>Je ne sais pas</strong>") == len(premieres)


def test_the_box_i_do_not_know_of_a_number_counts(client):
    envoi = {"posees": "jours_semaine", "jours_semaine": "", "nsp": "jours_semaine", "commune": "71333"}
    assert "jours_semaine=nsp" in client.get(VERIFIER, envoi)["Location"]


def test_sending_nothing_asks_again_and_says_why(client):
    page = client.get(VERIFIER, {"posees": "secteur,pdsa", "profession": "medecin", "commune": "71333"})
    assert page.status_code == 200
    assert "Répondez à une question au moins" in page.content.decode()


def test_an_answer_can_be_modified_alone(client):
    adresse = {"commune": "71333", "profession": "medecin", "secteur": "secteur_2", "modifier": "secteur"}
    page = client.get(VERIFIER, adresse)
    assert [question.fait.code for question in page.context["questions"]] == ["secteur"]
    assert 'value="secteur_2" checked' in page.content.decode()
    assert ("secteur", "secteur_2") not in page.context["caches"]


def test_no_question_left_leads_to_the_answer(client):
    assert client.get(VERIFIER, TOUT_REPONDU)["Location"].startswith("/aides/verifier/resultat/?commune=71333")


@pytest.mark.parametrize(
    "faux",
    [
        {"secteur": "zzz"},
        {"jours_semaine": "beaucoup"},
        {"jours_semaine": "1e400"},
        {"jours_semaine": "NaN"},
        {"jours_semaine": "-1"},
        {"pdsa": "peut-être"},
        {"age": "1000000000000000000000"},
        {"specialite": "x" * 10_000},
        {"specialite": "a\0b"},
        {"inconnu": "1"},
        {"au": "0001-01-01"},
        {"au": "2009-12-31"},
        {"au": "2041-01-01"},
        {"au": "9999-12-31"},
        {"au": "2025-02-29"},
        {"au": "demain"},
        {"secteur": ["secteur_1", "secteur_2"]},
    ],
)
@pytest.mark.parametrize("vue", [VERIFIER, "/aides/verifier/resultat/"])
def test_a_wrong_value_is_named_and_the_others_are_kept(client, faux, vue):
    page = client.get(vue, {"commune": "71333", "profession": "medecin", "premiere_installation": "oui"} | faux)
    assert page.status_code == 400
    assert list(page.context["demande"].erreurs) == list(faux)
    assert page.context["demande"].faits["premiere_installation"] is True
    assert "Vos autres réponses sont gardées" in page.content.decode()


@pytest.mark.parametrize("code", ["00000", "7107", "71076'--", "\ud800", "99999"])
def test_an_unknown_commune_asks_for_another(client, code):
    page = client.get(VERIFIER, {"commune": code.encode("utf-8", "surrogatepass"), "profession": "medecin"})
    assert page.status_code == 400
    assert 'name="lieu"' in page.content.decode()


def test_what_is_typed_is_escaped(client):
    page = client.get(VERIFIER, {"lieu": "<script>alert(1)</script>", "<b>x</b>": "1"})
    texte = page.content.decode()
    assert "<script>alert" not in texte
    assert "<b>x</b>" not in texte
    assert "&lt;script&gt;" in texte


def test_htmx_receives_the_part_and_the_browser_the_page(client):
    adresse = {"commune": "71333", "profession": "medecin"}
    partie = client.get(VERIFIER, adresse, headers={"HX-Request": "true"})
    assert partie.content.decode().lstrip().startswith('<div id="questionnaire"')
    assert partie["HX-Push-Url"] == f"{VERIFIER}?commune=71333&profession=medecin"
    assert "HX-Request" in partie["Vary"]
    retour = client.get(VERIFIER, adresse, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<!DOCTYPE html>" in retour.content.decode()


def test_htmx_leaves_for_the_answer_by_a_real_navigation(client):
    reponse = client.get(VERIFIER, TOUT_REPONDU, headers={"HX-Request": "true"})
    assert reponse.status_code == 200
    assert reponse["HX-Redirect"].startswith("/aides/verifier/resultat/")


def test_suggestions_tell_homonyms_apart(client):
    propositions = client.get("/communes/suggestions/", {"q": "saint-mar"}).json()["propositions"]
    assert {(p["code"], p["detail"].split(",")[0]) for p in propositions} >= {
        ("21560", "Côte-d'Or (21)"),
        ("38430", "Isère (38)"),
    }


@pytest.mark.parametrize(("q", "statut"), [("", 200), ("a", 200), ("é" * 201, 400), ("a\0", 400), ("%_\\'\"", 200)])
def test_suggestions_bear_any_text(client, q, statut):
    assert client.get("/communes/suggestions/", {"q": q}).status_code == statut


def test_the_questionnaire_costs_few_queries(client, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)  # a busy machine takes more than the usual half second
    client.get(VERIFIER, {"commune": "71333", "profession": "medecin"})
    with django_assert_max_num_queries(4):
        client.get(VERIFIER, {"commune": "71333", "profession": "medecin", "secteur": "secteur_1"})
