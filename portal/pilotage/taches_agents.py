"""The contradictions found in the figures, on the home of the administration."""

from django.http import HttpRequest
from django.urls import reverse

from portal.core.accueil import Ligne, Section, read_tasks
from portal.pilotage.constats import build_recu, find_controle, list_ouverts


def list_taches(request: HttpRequest) -> list[Section]:
    """To who may say that one of them stays so; each links to the receipt of its figure when it has one."""
    if not request.user.has_perm("pilotage.change_constat"):
        return []
    lus, nombre = read_tasks(list_ouverts(request.user))
    lignes = []
    for un in lus:
        controle = find_controle(un)
        lien = build_recu(un) or reverse("admin:pilotage_constat_change", args=[un.pk])
        lignes.append(Ligne(un.constat, lien, controle.famille.value if controle else "", retard=True))
    lien = reverse("admin:pilotage_constat_changelist")
    return [Section("Contradictions dans les chiffres", 36, lignes, nombre, lien)]
