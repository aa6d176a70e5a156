"""The API of the schemes: the rules as data, the vocabulary, the evaluation."""

import re
from datetime import date

import orjson
import pytest

from aides.catalogue import catalogue
from aides.regles.faits import FAITS
from aides.services import check
from portal.core import cache
from portal.core.api.documentation import load_schema
from tests.portal.donnees_api import build_territoire
from zonage import lecture

ADRESSE = "/api/v1/evaluations/"
MEDECIN = {"profession": "medecin", "statut": "projet"}


@pytest.fixture
def territoire(db):
    build_territoire()


def post(client, corps, statut=200):
    reponse = client.post(ADRESSE, data=orjson.dumps(corps), content_type="application/json")
    assert reponse.status_code == statut, reponse.content
    return reponse.json()


def walk(noeud):
    yield noeud
    for branche in noeud["branches"]:
        yield from walk(branche)


@pytest.mark.parametrize(("au", "ouvert"), [("2025-12-31", True), ("2026-01-01", False)])
def test_a_scheme_is_open_until_the_day_before_it_closes(client, au, ouvert):
    page = client.get(f"/api/v1/dispositifs/?au={au}").json()
    caim = next(ligne for ligne in page["resultats"] if ligne["code"] == "caim")
    assert page["au"] == au
    assert caim["ouvert"] is ouvert
    regle = client.get(f"/api/v1/dispositifs/caim/?au={au}").json()["regle"]
    assert (regle is not None) is ouvert


def test_every_scheme_is_listed_in_the_order_of_its_code(client):
    codes = [ligne["code"] for ligne in client.get("/api/v1/dispositifs/").json()["resultats"]]
    assert codes == sorted(dispositif.code for dispositif in catalogue().dispositifs)


def test_every_rule_is_published_whole_with_its_references(client):
    types = set(load_schema("portal.api")["components"]["schemas"]["Condition"]["properties"]["type"]["enum"])
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            au = min(max(version.ouvert_du, date(2010, 1, 1)), date(2040, 12, 31))
            regle = client.get(f"/api/v1/dispositifs/{dispositif.code}/?au={au}").json()["regle"]
            assert regle["code"] == version.code
            assert set(regle["faits"]) <= set(FAITS)
            for noeud in walk(regle["conditions"]):
                assert noeud["type"] in types
                assert noeud["branches"] or noeud["reference"]["texte"]
            for composante in regle["bareme"]["composantes"]:
                assert composante["reference"]["texte"]


def test_amounts_are_exact_texts(client):
    corps = client.get("/api/v1/dispositifs/caim/?au=2025-12-31").content.decode()
    assert '"50000' in corps
    assert not re.search(r"\d+\.\d+e|NaN|Infinity", corps)


def test_an_unknown_scheme_says_where_the_list_is(client):
    reponse = client.get("/api/v1/dispositifs/inconnu/")
    assert reponse.status_code == 404
    assert "/api/v1/dispositifs/" in reponse.json()["detail"]


def test_the_vocabulary_is_that_of_the_rules(client):
    reponse = client.get("/api/v1/faits/").json()
    assert [fait["code"] for fait in reponse["resultats"]] == list(FAITS)
    secteur = next(fait for fait in reponse["resultats"] if fait["code"] == "secteur")
    assert {choix["valeur"] for choix in secteur["choix"]} == {valeur for valeur, _ in FAITS["secteur"].choix}


@pytest.mark.parametrize("adresse", ["/api/v1/faits/", "/api/v1/dispositifs/?au=2025-01-01"])
def test_what_did_not_change_is_not_sent_again(client, adresse):
    etag = client.get(adresse)["ETag"]
    assert client.get(adresse, headers={"if-none-match": etag}).status_code == 304


def test_an_evaluation_says_what_the_check_of_the_pages_says(client, territoire):
    au = date(2025, 6, 1)
    faits = {**MEDECIN, "specialite": "generaliste", "secteur": "secteur_1"}
    reponse = post(client, {"au": au.isoformat(), "commune": "71076", "faits": faits})
    bilan = check("71076", faits, au=au)
    assert [(une["dispositif"], une["version"], une["issue"]) for une in reponse["resultats"]] == [
        (resultat.dispositif.code, resultat.version.code, resultat.issue.value) for resultat in bilan.resultats
    ]
    for une, resultat in zip(reponse["resultats"], bilan.resultats, strict=True):
        assert une["manquants"] == list(resultat.manquants)
        assert (une["montant"] or {}).get("texte") == (resultat.montant.texte if resultat.montant else None)
        assert len(list(walk(une["preuve"]))) == len(list(resultat.preuve.lignes()))
    assert reponse["zone"]["niveau"] == "zip"
    assert reponse["demonstration"] is False


def test_an_empty_evaluation_decides_nothing_and_asks(client, db):
    reponse = post(client, {})
    assert {une["issue"] for une in reponse["resultats"]} == {"a_instruire"}
    assert reponse["questions"][0] in FAITS
    assert reponse["commune"] is None


def test_null_is_unknown_not_false(client, db):
    assert post(client, {"faits": {"premiere_installation": None}})["resultats"] == post(client, {})["resultats"]


def test_a_former_code_is_evaluated_as_the_commune_of_today(client, territoire):
    reponse = post(client, {"commune": "71429", "faits": MEDECIN})
    assert reponse["commune"]["code"] == "71076"
    assert reponse["code_demande"]["nom"] == "Saint-Cosme"


@pytest.mark.parametrize(
    ("corps", "champs"),
    [
        ({"aus": "2025-01-01"}, ["aus"]),
        ({"au": "2009-12-31"}, ["au"]),
        ({"au": 20250101}, ["au"]),
        ({"au": ["2025-01-01"]}, ["au"]),
        ({"commune": 71076}, ["commune"]),
        ({"commune": "7107"}, ["commune"]),
        ({"commune": "00000"}, ["commune"]),
        ({"faits": []}, ["faits"]),
        ({"faits": "x"}, ["faits"]),
        ({"faits": {"profesion": "medecin"}}, ["faits.profesion"]),
        ({"faits": {"profession": "pharmacien", "jours_semaine": 2.3}}, ["faits.profession", "faits.jours_semaine"]),
        ({"faits": {"profession": ["medecin"]}}, ["faits.profession"]),
        ({"faits": {"premiere_installation": 1}}, ["faits.premiere_installation"]),
        ({"faits": {"date_installation": "2025-02-30"}}, ["faits.date_installation"]),
        ({"au": "hier", "commune": "x", "faits": {"age": -1}}, ["au", "commune", "faits.age"]),
        ([], []),
        ("texte", []),
        (None, []),
    ],
)
def test_a_wrong_request_is_refused_with_every_reason(client, territoire, corps, champs):
    probleme = post(client, corps, 400)
    assert sorted(probleme["erreurs"]) == sorted(champs)
    assert probleme["detail"]


def test_a_slip_in_a_fact_is_given_its_nearest_name(client, db):
    erreurs = post(client, {"faits": {"profesion": "medecin"}}, 400)["erreurs"]
    assert erreurs["faits.profesion"] == ["Fait inconnu. Vouliez-vous dire « profession » ?"]


def test_an_evaluation_costs_few_queries_and_stores_nothing(
    client, territoire, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)  # a busy machine takes more than the usual half second
    post(client, {"au": "2025-06-01", "commune": "71076", "faits": MEDECIN})  # the arrêté is met
    with django_assert_max_num_queries(3) as requetes:
        post(client, {"au": "2025-06-01", "commune": "71076", "faits": MEDECIN})
    assert all(requete["sql"].startswith(("SELECT", "EXECUTE")) for requete in requetes.captured_queries)


def test_an_evaluation_is_not_kept_by_anyone(client, db):
    reponse = client.post(ADRESSE, data=b"{}", content_type="application/json")
    assert reponse["Cache-Control"] == "no-store"


def test_the_examples_of_the_schema_are_evaluated(client, territoire):
    requete = load_schema("portal.api")["paths"]["/evaluations/"]["post"]["requestBody"]
    for exemple in requete["content"]["application/json"]["examples"].values():
        assert post(client, exemple["value"])["resultats"]
