"""Queries compiled and prepared once: the same rows as the queryset, again after a lost connection."""

from datetime import date

import pytest
from django.db import connection

from portal.core.requetes import RequeteCompilee
from tests.portal.donnees_api import build_territoire
from zonage.lecture import TOUTES
from zonage.models import Commune, ZoneCommune


def _communes(departement: str, population: int):
    communes = Commune.objects.filter(departement_id=departement, population__gte=population)
    return communes.order_by("code_insee").values("code_insee", "departement__nom", "codes_postaux")


@pytest.mark.django_db
def test_the_rows_are_those_of_the_queryset(django_assert_num_queries):
    build_territoire()
    requete = RequeteCompilee(_communes, departement="@", population=987654)
    for departement, population in (("71", 0), ("21", 0), ("21", 10**6), ("71", 0)):
        with django_assert_num_queries(1):
            lignes = requete.lignes(departement=departement, population=population)
        assert lignes == list(_communes(departement, population))


@pytest.mark.django_db
def test_a_value_is_a_parameter_never_a_piece_of_sql():
    build_territoire()
    requete = RequeteCompilee(_communes, departement="@", population=987654)
    assert requete.lignes(departement="71' OR '1'='1", population=0) == []


@pytest.mark.django_db
def test_the_reading_of_zones_is_that_of_its_queryset():
    build_territoire()
    au = date(2025, 6, 1)
    codes = [ligne["niveau_id"] for ligne in TOUTES.lignes(commune="71076", au=au)]
    attendus = ZoneCommune.objects.filter(commune="71076", periode__startswith__lte=au).values_list(
        "niveau_id", flat=True
    )
    assert codes == list(attendus)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_again():
    requete = RequeteCompilee(_communes, departement="@", population=987654)
    assert requete.lignes(departement="71", population=0) == []
    connection.close()
    assert requete.lignes(departement="71", population=0) == []


def test_a_witness_that_the_query_does_not_hold_is_refused():
    requete = RequeteCompilee(lambda departement, population: _communes("71", 1), departement="@", population=987654)
    with pytest.raises(ValueError, match="witness"):
        _ = requete.compilee
