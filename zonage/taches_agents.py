"""The zoning, on the home of the administration: the arrêtés that await another person."""

from django.http import HttpRequest
from django.urls import reverse

from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, count_up_to
from zonage.enums import StatutArrete
from zonage.models import Arrete

LISTE = "admin:zonage_arrete_changelist"


def list_taches(request: HttpRequest) -> list[Section]:
    """Proposed by somebody else, in a région where one may publish."""
    portee = read_portee(request.user)
    cles = portee.cles([Role.VALIDEUR, Role.ADMINISTRATEUR])
    if not cles:
        return []
    proposes = Arrete.objects.filter(statut=StatutArrete.PROPOSE).exclude(propose_par_id=request.user.pk)
    if "national" not in cles:
        regions = [cle.partition(":")[2] for cle in sorted(cles) if cle.startswith("region:")]
        proposes = proposes.filter(region_id__in=regions)
    lignes = [
        Ligne(
            f"{arrete.get_profession_display()}, {arrete.region}",
            reverse("admin:zonage_arrete_change", args=[arrete.pk]),
            arrete.numero,
        )
        for arrete in proposes.select_related("region").order_by("pk")[:LISTE_MAX]
    ]
    lien = f"{reverse(LISTE)}?statut__exact={StatutArrete.PROPOSE.value}"
    nombre = count_up_to(proposes) if lignes else None
    return [Section("Arrêtés de zonage à publier", 50, lignes, nombre, lien if lignes else "")]
