"""The requests as a supervision reads them: bounded names, one sum for all the processes, no cost, no dependence."""

import re
import time

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from portal.core import metriques, metriques_demandes
from portal.core.metriques_demandes import (
    CLE,
    SEUILS,
    Compteurs,
    DemandesMiddleware,
    find_famille,
    list_familles,
    write_demandes,
)
from portal.embarque import Valkey
from tests.portal.valkey_essai import frozen

JETON = "un-jeton-d-essai"
ABSENT = "redis://127.0.0.1:9/0"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    serveur = Valkey(tmp_path_factory.mktemp("v"), jetable=True)
    serveur.start()
    yield serveur
    serveur.stop()


@pytest.fixture
def compteurs(valkey, settings, monkeypatch):
    settings.MAILLAGE_METRIQUES_JETON = JETON
    tables = Compteurs(valkey.url)
    tables.connect().delete(CLE)
    monkeypatch.setattr(metriques_demandes, "compteurs", tables)
    monkeypatch.setattr(metriques, "compteurs", tables)
    return tables


def read_figures(client: Client) -> dict[str, float]:
    reponse = client.get(reverse("metriques"), headers={"authorization": f"Bearer {JETON}"})
    assert reponse.status_code == 200
    lignes = reponse.content.decode().splitlines()
    return {nom: float(valeur) for nom, valeur in (li.rsplit(" ", 1) for li in lignes if not li.startswith("#"))}


@pytest.mark.django_db
def test_what_is_answered_is_counted_by_family_and_class_and_nothing_that_was_typed(compteurs):
    client = Client()
    for adresse in ("/aides/dispositifs/", "/aides/dispositifs/", "/", "/aides/jean.dupont@exemple.fr/"):
        client.get(adresse)
    for adresse in ("/jean.dupont@exemple.fr/", "/12345678901/", "/wp-login.php"):
        assert client.get(adresse).status_code == 404
    lues = read_figures(client)
    assert lues['maillage_demandes_total{famille="aides",classe="2xx"}'] == 2  # the second from the kept pages
    assert lues['maillage_demandes_total{famille="aides",classe="4xx"}'] == 1
    assert lues['maillage_demandes_total{famille="accueil",classe="2xx"}'] == 1
    assert lues['maillage_demandes_total{famille="autre",classe="4xx"}'] == 3
    assert lues['maillage_demande_secondes_count{famille="aides"}'] == 3
    assert lues['maillage_demande_secondes_bucket{famille="aides",le="+Inf"}'] == 3
    assert lues['maillage_demande_secondes_sum{famille="aides"}'] > 0
    assert not [nom for nom in lues if "dupont" in nom or "12345" in nom]
    assert lues["maillage_valkey_repond"] == 1
    assert lues['maillage_executions{statut="echec"}'] == 0
    assert lues['maillage_periodique_en_retard{nom="journal"}'] == 1
    assert lues["maillage_migrations_en_attente"] == 0


def test_families_are_the_words_that_the_addresses_declare():
    familles = list_familles()
    assert {"aides", "admin", "api", "cpts", "espace", "static", "sante"} <= familles
    assert len(familles) < 60
    assert all(re.fullmatch(r"[a-z0-9-]+", famille) for famille in familles)
    assert [find_famille(chemin, familles) for chemin in ("/", "/aides/x/", "/aidesx/", "//x", "/Aides/")] == [
        "accueil", "aides", "autre", "accueil", "autre",
    ]  # fmt: skip


def test_the_processes_are_read_as_one_and_the_histogram_adds_up(compteurs, valkey):
    autre = Compteurs(valkey.url)
    for secondes in (0.001, 0.005, 0.2, 99.0):
        compteurs.add("aides", 200, secondes)
        autre.add("aides", 503, secondes)
    assert autre.flush()
    lues = compteurs.read()
    lignes = write_demandes(lues)
    assert 'maillage_demandes_total{famille="aides",classe="2xx"} 4' in lignes
    assert 'maillage_demandes_total{famille="aides",classe="5xx"} 4' in lignes
    bornes = [int(ligne.rsplit(" ", 1)[1]) for ligne in lignes if "_bucket" in ligne]
    assert bornes == sorted(bornes)
    assert (len(bornes), bornes[0], bornes[-2], bornes[-1]) == (len(SEUILS) + 1, 4, 6, 8)
    assert 'maillage_demande_secondes_sum{famille="aides"} 198.412000' in lignes


def test_a_silent_valkey_costs_requests_nothing_and_loses_nothing(compteurs, valkey):
    with frozen(valkey):
        debut = time.perf_counter()
        for _ in range(200):
            compteurs.add("aides", 200, 0.01)
        assert time.perf_counter() - debut < 0.2
        assert not compteurs.flush()
        assert compteurs.read() is None
    compteurs.add("aides", 200, 0.01)
    assert compteurs.flush()
    # A pipeline that was frozen on its way may have been done after all: never less, and seldom more.
    assert compteurs.read()["n|aides|2xx"] >= 201


@pytest.mark.django_db
def test_without_valkey_pages_answer_and_the_figures_say_so(settings, compteurs, monkeypatch):
    monkeypatch.setattr(metriques, "compteurs", Compteurs(ABSENT))
    monkeypatch.setattr(metriques_demandes, "compteurs", metriques.compteurs)
    client = Client()
    assert client.get("/aides/dispositifs/").status_code == 200
    lues = read_figures(client)
    assert lues["maillage_valkey_repond"] == 0
    assert lues["maillage_base_repond"] == 1


def test_a_request_pays_less_than_a_fifth_of_a_millisecond(compteurs):
    demande, reponse = RequestFactory().get("/aides/dispositifs/"), HttpResponse()
    intergiciel = DemandesMiddleware(lambda request: reponse)
    intergiciel(demande)
    durees = []
    for _ in range(20):  # the best of twenty: the machine of the tests has other things to do
        debut = time.perf_counter()
        for _ in range(100):
            intergiciel(demande)
        durees.append((time.perf_counter() - debut) / 100)
    assert min(durees) < 0.0002


def test_without_a_token_nothing_is_counted(settings):
    settings.MAILLAGE_METRIQUES_JETON = ""
    with pytest.raises(MiddlewareNotUsed):
        DemandesMiddleware(lambda request: HttpResponse())
