"""People of a CPTS are forgotten when their duration is over; what they proved stays counted."""

from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cpts.conservation import CATEGORIES, SANS_NOM, find_membres, find_partis, find_presences
from cpts.models import Membre, Presence, Reunion
from portal.core.conservation import erase_slice
from tests.cpts.factories import make_cpts
from tests.people import make_praticien

pytestmark = pytest.mark.django_db
PARTI = DateRange(date(2020, 1, 1), date(2021, 1, 1))
CODES = {categorie.code: categorie for categorie in CATEGORIES}


def _instant(annee, mois, jour):
    return timezone.make_aware(datetime(annee, mois, jour))  # noqa: DTZ001


@pytest.fixture
def cpts(db):
    return make_cpts()


def test_a_member_who_left_loses_the_name_and_keeps_the_profession(cpts):
    praticien = make_praticien(vu_le=date(2015, 1, 1))
    parti = Membre.objects.create(cpts=cpts, praticien=praticien, nom="Camille", profession="infirmier", periode=PARTI)
    Membre.objects.create(cpts=cpts, nom="Dominique", periode=DateRange(date(2020, 1, 1), None))
    assert not find_membres(_instant(2020, 12, 31)).exists()
    assert list(find_membres(_instant(2021, 1, 1))) == [parti]
    assert not find_partis(_instant(2026, 1, 1)).exists()
    erase_slice(CODES["membres_cpts"], [parti.pk])
    parti.refresh_from_db()
    assert (parti.nom, parti.praticien, parti.profession) == (SANS_NOM, None, "infirmier")
    assert not Membre.pgh_event_model.objects.filter(pgh_obj_id=parti.pk).exists()
    assert not find_membres(_instant(2026, 1, 1)).exists()
    assert find_partis(_instant(2026, 1, 1)).get() == praticien


def test_an_old_attendance_keeps_what_a_proof_counts(cpts):
    reunion = Reunion.objects.create(cpts=cpts, titre="Essai", jour=date(2021, 3, 1))
    membre = Membre.objects.create(cpts=cpts, nom="Camille", periode=PARTI)
    presence = Presence.objects.create(reunion=reunion, membre=membre, profession="infirmier", signe=True)
    assert not find_presences(_instant(2021, 3, 1)).exists()
    assert find_presences(_instant(2021, 3, 2)).get() == presence
    erase_slice(CODES["presences_cpts"], [presence.pk])
    presence.refresh_from_db()
    assert (presence.nom, presence.membre, presence.profession, presence.signe) == (SANS_NOM, None, "infirmier", True)
    assert not find_presences(_instant(2026, 1, 1)).exists()
