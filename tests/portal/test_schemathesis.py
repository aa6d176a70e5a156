"""The API held to its own description by generated requests: no 5xx, no answer that the schema does not describe.

Valid and invalid requests, `CAS` in all. The schema is made strict first: an undescribed field is a failure.
"""

import copy
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from aides.eligibilite.calcul import refresh_eligibilite
from aides.services import check
from aides.services_recus import keep_recu
from portal.core.api.documentation import load_schema
from portal.wsgi import application
from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import make_structure
from tests.portal.donnees_api import build_territoire
from zonage.models import Commune

CAS = {
    ("get", "/communes/"): 420,
    ("get", "/communes/{code}/"): 270,
    ("get", "/communes/{code}/contour/"): 180,
    ("get", "/zones/"): 420,
    ("get", "/dispositifs/"): 210,
    ("get", "/dispositifs/{code}/"): 210,
    ("get", "/faits/"): 30,
    ("post", "/evaluations/"): 420,
    ("post", "/evaluations/lot/"): 150,
    ("get", "/eligibilites/"): 300,
    ("get", "/ou-obtenir/"): 210,
    ("get", "/couverture/"): 150,
    ("get", "/recus/{code}/"): 150,
    ("get", "/cpts/"): 45,
    ("get", "/cpts/{code}/"): 30,
    ("get", "/cpts/{code}/contour/"): 30,
    ("get", "/structures/"): 60,
    ("get", "/structures/points/"): 30,
    ("get", "/prevention/actions/"): 45,
}
AU = date(2025, 6, 1)
RECU = {"code": ""}
VERIFICATIONS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


def close_objects(noeud: Any) -> None:
    """Refuse every field that the description does not name."""
    if isinstance(noeud, dict):
        if "properties" in noeud:
            noeud.setdefault("additionalProperties", False)
        for valeur in noeud.values():
            close_objects(valeur)
    elif isinstance(noeud, list):
        for valeur in noeud:
            close_objects(valeur)


def load_operation(methode: str, chemin: str):
    document = copy.deepcopy(load_schema("portal.api"))
    close_objects(document)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    schema.location = "/api/v1/schema/"
    return schema[chemin][methode.upper()]


def test_every_route_of_the_schema_has_its_cases():
    routes = {
        (methode, chemin) for chemin, methodes in load_schema("portal.api")["paths"].items() for methode in methodes
    }
    assert routes == set(CAS)
    assert sum(CAS.values()) >= 2000


@pytest.fixture
def territoire(db):
    """A small territory, kept through the requests: WSGI calls must not close the connection of the test."""
    build_territoire()
    refresh_eligibilite(au=AU, cause="essai")
    gardee = check("71076", {"profession": "medecin"}, au=AU)
    chalon = Commune.objects.get(pk="71076")
    cpts = make_cpts("71-essai", "aci_signe", [chalon])
    make_structure("ouverte", commune=chalon, longitude=4.85, latitude=46.79, cpts=cpts)
    RECU["code"] = keep_recu(gardee, envoi="essai", connu_le=datetime(2025, 6, 1, tzinfo=UTC)).code
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def name_known(case: schemathesis.Case) -> schemathesis.Case:
    """Ask about what exists, whatever else was generated: the answers of success are the longest to hold."""
    if "code" in case.path_parameters:
        connus = {"/dispositifs/{code}/": "primo_installation", "/recus/{code}/": RECU["code"]}
        connus |= dict.fromkeys(("/cpts/{code}/", "/cpts/{code}/contour/"), "71-essai")
        case.path_parameters["code"] = connus.get(case.path, "71076")
    if "commune" in case.query:
        case.query["commune"] = "71076"
    if isinstance(case.body, dict):
        for demande in case.body.get("evaluations", [case.body]):
            demande["commune"] = "71429"
    return case


ESSAIS = [
    pytest.param(methode, chemin, genre, id=f"{methode} {chemin} {genre}")
    for methode, chemin in CAS
    for genre in ("connues", "valides", "invalides")
    if (chemin, genre) != ("/faits/", "invalides")  # without parameters there is no invalid request to make
]


@pytest.mark.parametrize(("methode", "chemin", "genre"), ESSAIS)
def test_no_request_gets_an_undescribed_answer(methode, chemin, genre, territoire):
    mode = GenerationMode.NEGATIVE if genre == "invalides" else GenerationMode.POSITIVE
    strategie = load_operation(methode, chemin).as_strategy(generation_mode=mode)
    statuts: Counter[int] = Counter()

    @settings(
        max_examples=CAS[methode, chemin] // 3,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategie.map(name_known) if genre == "connues" else strategie)
    def essai(case: schemathesis.Case) -> None:
        reponse = case.call()
        statuts[reponse.status_code] += 1
        case.validate_response(reponse, checks=CHECKS.get_by_names(VERIFICATIONS))

    essai()
    if genre == "connues":
        assert statuts[200] > 0
    if chemin != "/faits/":
        assert sum(statuts.values()) >= CAS[methode, chemin] // 3
