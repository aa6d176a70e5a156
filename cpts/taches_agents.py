"""The practitioners, on the home of the administration: the rattachements to decide, the oldest first."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import Rattachement
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, count_up_to

RETARD = timedelta(days=7)
"""Who asked cannot apply as a practitioner meanwhile."""


def list_taches(request: HttpRequest) -> list[Section]:
    if not read_portee(request.user).has_role(Role.INSTRUCTEUR, Role.VALIDEUR):
        return []
    attendent = Rattachement.objects.for_user(request.user).filter(statut=StatutRattachement.DEMANDE)
    attendent = attendent.exclude(proprietaire_id=request.user.pk)
    limite = timezone.now() - RETARD
    lignes = [
        Ligne(
            f"RPPS {un.praticien_id}",
            reverse("admin:cpts_rattachement_change", args=[un.pk]),
            f"département {un.departement_code}, demandé le {timezone.localdate(un.cree_le):%d/%m/%Y}",
            retard=un.cree_le < limite,
        )
        for un in attendent.order_by("cree_le", "pk")[:LISTE_MAX]
    ]
    nombre = count_up_to(attendent) if lignes else None
    lien = reverse("admin:cpts_rattachement_changelist")
    return [Section("Rattachements à valider", 40, lignes, nombre, lien, vide="Aucun rattachement à valider.")]
