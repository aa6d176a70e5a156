"""Whoever changes a source asks for the figures in the same transaction: none waits for the next turn."""

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aides.dossiers.actes import SUJET as SUJET_DOSSIERS
from aides.dossiers.actes import apply_action
from aides.dossiers.etats import Action
from cpts.services import missions_refus, perimetres, structures, vie
from cpts.services.structures import Acte, apply_acte
from portal.core.models import Envoi
from portal.core.relais import deliver_here
from portal.pilotage.models import Mesure
from portal.pilotage.services.calcul import is_due
from prevention.services import actions, releves
from tests.cpts.structures_essai import make_structure
from tests.people import make_agent, make_demande

pytestmark = pytest.mark.django_db
TACHE = "pilotage.changements"


def list_demandes():
    return list(Envoi.objects.filter(tache=TACHE).values_list("arguments", flat=True))


def sign(structure):
    apply_acte(structure, Acte("signer", timezone.localdate()), par=make_agent("instructeur"))


def test_signing_the_aci_of_a_msp_asks_for_the_figures_in_its_transaction():
    msp = make_structure("ouverte")
    with transaction.atomic():
        sign(msp)
        assert list_demandes() == [[msp.pk]]
        transaction.set_rollback(True)
    assert list_demandes() == []
    msp.refresh_from_db()
    sign(msp)
    deliver_here()
    signees = Mesure.objects.filter(indicateur="msp_aci", territoire__type="region", territoire__code="27")
    assert signees.latest("jour").valeur == 1
    assert not is_due(timezone.localdate())


def test_the_acts_on_files_ask_once_for_all_of_them_a_moment_later():
    par = make_agent("instructeur")
    for _ in range(3):
        apply_action(make_demande(), Action.DECLARER_RECEVABLE, par=par)
    (envoi,) = Envoi.objects.filter(tache=TACHE)
    assert (envoi.arguments, envoi.cle) == ([], SUJET_DOSSIERS)
    assert envoi.prochain_essai_le > timezone.now()


def test_every_source_below_asks():
    sujets = {
        *("zonage.zones", "zonage.territoire", missions_refus.SUJET, perimetres.SUJET, structures.SUJET),
        *(vie.SUJET_VIE, vie.SUJET_ACI, SUJET_DOSSIERS, actions.SUJET, releves.SUJET),
    }
    assert {sujet for sujet, taches in settings.MAILLAGE_ABONNEMENTS.items() if TACHE in taches} == sujets
