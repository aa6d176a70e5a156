"""A thousand evaluations in one request: each equal to the one asked alone, each with its own errors."""

import copy
import time
from datetime import date

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from aides import services_lot
from aides.api.lots import LOT_MAX, REPONSES
from aides.services import check
from portal.core import cache
from portal.core.api import limites
from tests.aides.recus_essai import generate_situations
from zonage import lecture
from zonage.models import Commune

ADRESSE = "/api/v1/evaluations/lot/"
MEDECIN = {"profession": "medecin", "statut": "projet", "secteur": "secteur_1"}


def post(client, corps, statut=200):
    reponse = client.post(ADRESSE, data=orjson.dumps(corps, default=str), content_type="application/json")
    assert reponse.status_code == statut, reponse.content[:500]
    return reponse.json()


def ask(commune="71076", au="2025-06-01", **faits):
    return {"au": au, "commune": commune, "faits": {**MEDECIN, **faits}}


@pytest.fixture
def territoire(territoire_verifier):
    pass


def generate(nombre):
    """Facts on the thresholds, days on the turns of the law, communes of today, of yesterday and none."""
    communes = ["71076", "71429", "21231", "71333", "75101", None]
    for rang, (au, situation) in enumerate(generate_situations(nombre, graine=11)):
        if au >= date(2010, 1, 1):
            yield {"au": au.isoformat(), "commune": communes[rang % len(communes)], "faits": dict(situation.faits)}


def test_each_answer_is_that_of_the_check_alone(client, territoire):
    demandes = list(generate(150))
    demandes.append({"au": "2025-06-01", "commune": "71076", "faits": {}})
    lignes = post(client, {"evaluations": orjson.loads(orjson.dumps(demandes, default=float))})["evaluations"]
    assert [ligne["rang"] for ligne in lignes] == list(range(len(demandes)))
    for demande, ligne in zip(demandes, lignes, strict=True):
        bilan = check(demande["commune"], demande["faits"], au=date.fromisoformat(demande["au"]))
        assert ligne["erreurs"] == {}
        assert [
            (une["dispositif"], une["version"], une["issue"], une["manquants"], (une["montant"] or {}).get("texte"))
            for une in ligne["reponse"]["resultats"]
        ] == [
            (
                resultat.dispositif.code,
                resultat.version.code,
                resultat.issue.value,
                list(resultat.manquants),
                resultat.montant.texte if resultat.montant else None,
            )
            for resultat in bilan.concernes
        ]
        assert (ligne["reponse"]["zone"] or {}).get("niveau") == (bilan.zone.niveau if bilan.zone else None)
        assert ligne["reponse"]["demonstration"] is bilan.demonstration


def test_a_wrong_question_says_why_and_the_others_are_answered(client, territoire):
    demandes = [
        ask(),
        "texte",
        ask(commune="71999"),
        ask(au="2025-02-30", jours_semaine=40),
        ask(profesion="medecin"),
        ask(commune="71429"),
    ]
    reponse = post(client, {"evaluations": demandes})
    lignes = reponse["evaluations"]
    assert (reponse["total"], reponse["reussies"]) == (6, 2)
    assert [sorted(ligne["erreurs"]) for ligne in lignes] == [
        [],
        ["demande"],
        ["commune"],
        ["au", "faits.jours_semaine"],
        ["faits.profesion"],
        [],
    ]
    assert [ligne["reponse"] is None for ligne in lignes] == [False, True, True, True, True, False]
    assert "71999" in lignes[2]["erreurs"]["commune"][0]
    assert lignes[5]["reponse"]["code_demande"]["nom"] == "Saint-Cosme"


@pytest.mark.parametrize(
    ("corps", "champs"),
    [
        ({}, ["evaluations"]),
        ({"evaluations": []}, ["evaluations"]),
        ({"evaluations": {}}, ["evaluations"]),
        ({"evaluations": [{}] * (LOT_MAX + 1)}, ["evaluations"]),
        ({"evaluations": [{}], "evaluation": 1}, ["evaluation"]),
        ([], []),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_whole(client, db, corps, champs):
    assert sorted(post(client, corps, 400)["erreurs"]) == champs


def test_a_body_over_a_megabyte_is_refused(client, db):
    demandes = [{"faits": {"profession": "m" * 2000}}] * 600
    assert "1024 Ko" in post(client, {"evaluations": demandes}, 413)["detail"]


def count_queries(client, demandes):
    with CaptureQueriesContext(
        connection,
    ) as requetes:
        assert post(client, {"evaluations": demandes})["reussies"] == len(demandes)
    return len(requetes)


def test_many_communes_are_read_in_as_many_queries_as_two(client, territoire, monkeypatch):
    for module, duree in ((cache, "DUREE_VERSION"), (lecture, "DUREE_REPERES")):
        monkeypatch.setattr(module, duree, 600.0)  # what is kept half a second does not count on a busy machine
    communes = list(Commune.objects.order_by("pk").values_list("pk", flat=True))
    jours = ["2019-01-01", "2024-06-01", "2025-06-01", "2026-06-01"]
    professions = ["medecin", "infirmier", "sage_femme", "orthophoniste"]
    peu = [ask(commune=commune) for commune in ("71076", "71429")]
    beaucoup = [ask(commune=c, au=j, profession=p) for c in [*communes, "71429"] for j in jours for p in professions]
    post(client, {"evaluations": beaucoup})
    assert count_queries(client, beaucoup) <= count_queries(client, peu) <= 12


def test_identical_situations_are_judged_once(client, territoire, monkeypatch):
    jugees = []
    vrai = services_lot._judge
    monkeypatch.setattr(services_lot, "_judge", lambda *args: jugees.append(args) or vrai(*args))
    demandes = [ask(commune=commune) for commune in ("71076", "71333", "71429", "71076")] + [ask(jours_semaine=4)]
    lignes = post(client, {"evaluations": demandes})["evaluations"]
    assert len(jugees) == 2
    assert lignes[0]["reponse"]["resultats"] == lignes[1]["reponse"]["resultats"]


def test_a_lot_counts_for_its_weight(client, territoire, monkeypatch):
    cadre = copy.deepcopy(settings.REST_FRAMEWORK) | {"DEFAULT_THROTTLE_RATES": {"anon": "7/hour"}}
    monkeypatch.setattr(limites.LimiteParAdresse, "_compteurs", {})
    with override_settings(REST_FRAMEWORK=cadre, SECRET_KEY=f"cle-{time.time_ns()}"):
        post(client, {"evaluations": [{}] * 39})  # 1 and 3 more
        post(client, {"evaluations": [{}] * 9})
        refus = post(client, {"evaluations": [{}] * 30}, 429)
        assert refus["code"] == "trop_de_requetes"


def test_the_largest_lot_passes_under_a_small_limit(client, territoire, monkeypatch):
    cadre = copy.deepcopy(settings.REST_FRAMEWORK) | {"DEFAULT_THROTTLE_RATES": {"anon": "5/hour"}}
    monkeypatch.setattr(limites.LimiteParAdresse, "_compteurs", {})
    with override_settings(REST_FRAMEWORK=cadre, SECRET_KEY=f"cle-{time.time_ns()}"):
        assert post(client, {"evaluations": [{}] * LOT_MAX})["reussies"] == LOT_MAX
        post(client, {"evaluations": [{}]}, 429)


def test_the_example_of_the_page_has_the_shape_of_an_answer(client, territoire):
    vraie = post(client, {"evaluations": [ask(), ask(commune="71999")]})
    for exemple, ligne in zip(REPONSES["evaluations"], vraie["evaluations"], strict=True):
        assert set(exemple) == set(ligne)
        assert exemple["erreurs"] == ligne["erreurs"]
    exemple, lue = REPONSES["evaluations"][0]["reponse"], vraie["evaluations"][0]["reponse"]
    assert set(exemple) == set(lue)
    payees = [une for une in lue["resultats"] if une["montant"]]
    assert set(exemple["resultats"][0]) == set(payees[0])
    assert set(exemple["resultats"][0]["montant"]) == set(payees[0]["montant"])
