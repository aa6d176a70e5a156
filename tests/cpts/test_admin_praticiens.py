"""The practitioners in the administration: public data, read by every agent, never counted whole."""

from datetime import date

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cpts.admin.listes import PaginateurBorne
from cpts.models import LieuExercice, OffreCommune, Praticien
from portal.accounts.enums import Role
from tests.people import make_agent, make_commune, make_praticien, make_user
from zonage.calculs.noms import cle_tri

LISTE = reverse("admin:cpts_praticien_changelist")


def _make(nom, prenom="Camille", **champs):
    return make_praticien(nom=nom, prenom=prenom, cle_nom=cle_tri(f"{nom} {prenom}"), **champs)


def _place(praticien, commune, fin=None):
    LieuExercice.objects.create(
        praticien=praticien, commune=commune, cle="R1", periode=DateRange(date(2026, 1, 5), fin)
    )


@pytest.fixture
def agent(client, db):
    trouve = make_agent(Role.LECTEUR, "departement:71")
    client.force_login(trouve)
    return trouve


def _listed(client, **parametres):
    reponse = client.get(LISTE, parametres)
    assert reponse.status_code == 200
    return [praticien.nom for praticien in reponse.context["cl"].result_list]


def test_search_by_whole_rpps_or_beginning_of_the_name_whatever_the_accents(client, agent):
    cible = _make("LEFÈVRE-ESSAÏ")
    _make("AUTRE-LEFEVRE")
    assert _listed(client, q="lefevre e") == _listed(client, q="Lefèvre-") == ["LEFÈVRE-ESSAÏ"]
    assert _listed(client, q=f"{cible.pk[:4]} {cible.pk[4:]}") == ["LEFÈVRE-ESSAÏ"]
    assert _listed(client, q=cible.pk[:10]) == _listed(client, q="fevre") == _listed(client, q="%") == []
    assert len(_listed(client, q=" ")) == 2


def test_filters_by_profession_and_by_departement_still_open(client, agent):
    ici, parti, infirmiere = _make("ICI"), _make("PARTI"), _make("INFIRMIERE", profession="infirmier")
    for praticien, fin in ((ici, None), (parti, date(2026, 2, 2)), (infirmiere, None)):
        _place(praticien, make_commune("71"), fin)
    assert _listed(client, departement="71") == ["ICI", "INFIRMIERE"]
    assert _listed(client, departement="71", profession__exact="infirmier") == ["INFIRMIERE"]


def test_a_page_shows_the_places_and_changes_nothing(client, agent):
    praticien = _make("ICI")
    _place(praticien, make_commune("71"))
    adresse = reverse("admin:cpts_praticien_change", args=[praticien.pk])
    reponse = client.get(adresse)
    assert reponse.status_code == 200
    assert "R1" not in reponse.content.decode()
    assert str(make_commune("71").nom) in reponse.content.decode().replace("&#x27;", "'")
    assert client.post(adresse, {"nom": "CHANGÉ"}).status_code == 403
    assert client.get(reverse("admin:cpts_praticien_add")).status_code == 403
    assert Praticien.objects.get().nom == "ICI"


def test_the_supply_is_listed(client, agent):
    OffreCommune.objects.create(
        commune=make_commune("71"), profession="medecin", jour=date(2026, 1, 5), praticiens=3, liberaux=2
    )
    adresse = reverse("admin:cpts_offrecommune_changelist")
    reponse = client.get(adresse, {"q": make_commune("71").pk})
    assert [offre.praticiens for offre in reponse.context["cl"].result_list] == [3]


def test_who_is_no_agent_does_not_enter(client, db):
    client.force_login(make_user())
    assert client.get(LISTE).status_code == 302


def test_the_list_is_never_counted_whole_and_asks_few_questions(client, agent):
    for rang in range(60):
        _make(f"NOM{rang:02d}")
    client.get(LISTE)
    with CaptureQueriesContext(
        connection,
    ) as lues:
        assert len(_listed(client)) == 50
    assert len(lues) <= 15  # session, mandats, belt, filters: none a row
    comptes = [q["sql"] for q in lues if "COUNT(" in q["sql"] and "cpts_praticien" in q["sql"]]
    assert comptes
    assert all("LIMIT" in sql for sql in comptes)


def test_the_paginator_stops_counting(db, monkeypatch):
    monkeypatch.setattr("cpts.admin.listes.COMPTE_MAX", 3)
    for rang in range(5):
        _make(f"NOM{rang}")
    praticiens = Praticien.objects.order_by("pk")
    assert (PaginateurBorne(praticiens, 2).count, Paginator(praticiens, 2).count) == (3, 5)
