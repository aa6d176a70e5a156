"""Dashboards: what everybody reads, what one's territory adds, the movement, the curve, the files."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from cpts.models import Structure
from portal.pilotage.donnees_ouvertes import NOMS, build_schema
from portal.pilotage.models import Territoire
from portal.pilotage.services.calcul import compute_jour
from portal.pilotage.sources.definitions import list_indicateurs
from portal.pilotage.svg import draw_courbe
from portal.pilotage.tableaux import read_tableau
from tests.people import make_agent
from tests.pilotage.scene import JOUR
from tests.views import count_queries

pytestmark = pytest.mark.django_db
REQUETES_MAX = 14


@pytest.fixture
def mesures(pays, settings):
    compute_jour(JOUR, cause="nuit")
    return pays


def find(type_: str, code: str) -> Territoire:
    return Territoire.objects.get(type=type_, code=code)
