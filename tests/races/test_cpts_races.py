"""Two people act on one CPTS at the same instant: one act is written, the other is told what changed."""

from datetime import date
from functools import partial

import pytest

from cpts.enums import ActionCpts, StatutCpts
from cpts.erreurs import ActeRefuse
from cpts.models import ActeCpts, Cpts
from cpts.services.vie import SaisieActe, apply_acte
from portal.accounts.enums import Role
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent
from tests.races.test_paiements_courses import race

pytestmark = pytest.mark.django_db(transaction=True)
TOURS = 10
JOUR = date(2024, 9, 27)


def _act(cpts, action, par):
    """The act, or its refusal."""
    try:
        return apply_acte(cpts, action, SaisieActe(JOUR, "Motif d'essai"), par=par)
    except ActeRefuse as refus:
        return refus


def test_one_of_two_acts_is_written():
    agent = make_agent(Role.INSTRUCTEUR, "departement:71")
    for tour in range(TOURS):
        code = f"{CODE}-{tour}"
        coordinatrice = make_agent(Role.COORDINATEUR_CPTS, f"cpts:{code}")
        make_cpts(code, StatutCpts.LETTRE_VALIDEE)
        lues = [Cpts.objects.get(pk=code) for _ in range(2)]
        gestes = [(lues[0], ActionCpts.COMMENCER_PROJET, coordinatrice), (lues[1], ActionCpts.ABANDONNER, agent)]
        rendus = race([partial(_act, *geste) for geste in gestes])
        refus = [rendu for rendu in rendus if isinstance(rendu, ActeRefuse)]
        ecrits = list(ActeCpts.objects.filter(cpts=code).values_list("cible", flat=True))
        cpts = Cpts.objects.get(pk=code)
        assert ([rendu.statut_http for rendu in refus], ecrits, cpts.version) == ([409], [cpts.statut], 1)
