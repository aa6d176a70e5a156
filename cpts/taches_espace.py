"""What the CPTS wait for from the ARS, on the home of the administration; the door of the space, on « Mon compte »."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from cpts.enums import StatutCpts, StatutPerimetre
from cpts.models import Cpts, Perimetre, Structure
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, count_up_to
from portal.core.models import Evenement

PROPOSEE = "structure_proposee"
PROPOSITIONS_LUES = 200
COMPTE_ESPACES = 5


def list_taches(request: HttpRequest) -> list[Section]:
    if not read_portee(request.user).has_role(Role.INSTRUCTEUR, Role.VALIDEUR):
        return []
    return [list_perimetres(request.user), list_projets(request.user), list_propositions(request.user)]


def list_perimetres(user: Any) -> Section:
    """Submitted, the oldest first."""
    # The table of the perimeters is public: the right is that on their CPTS.
    siennes = Cpts.objects.for_user(user).order_by().values("pk")
    soumis = Perimetre.objects.filter(statut=StatutPerimetre.SOUMIS, cpts__in=siennes)
    lignes = [
        Ligne(
            un.cpts.nom,
            reverse("espace_perimetre_detail", args=[un.cpts_id, un.pk]),
            f"soumis le {timezone.localdate(un.soumis_le):%d/%m/%Y}" if un.soumis_le else "",
        )
        for un in soumis.select_related("cpts").order_by("soumis_le", "pk")[:LISTE_MAX]
    ]
    lien = f"{reverse('espaces')}?attend=1"
    return Section("Périmètres à approuver", 41, lignes, count_up_to(soumis) if lignes else None, lien)


def list_projets(user: Any) -> Section:
    """Letters of intent and projects deposited."""
    deposes = Cpts.objects.for_user(user).filter(statut__in=[StatutCpts.LETTRE_DEPOSEE, StatutCpts.PROJET_DEPOSE])
    lignes = [
        Ligne(cpts.nom, reverse("espace_parcours", args=[cpts.code]), str(cpts.get_statut_display()))
        for cpts in deposes.order_by("nom", "code")[:LISTE_MAX]
    ]
    lien = f"{reverse('espaces')}?attend=1"
    return Section(
        "Lettres d’intention et projets de CPTS", 42, lignes, count_up_to(deposes) if lignes else None, lien
    )


def list_propositions(user: Any) -> Section:
    """Structures that a CPTS says to be hers, and that no CPTS has yet: the journal is the queue."""
    cles = Evenement.objects.filter(action=PROPOSEE, objet__startswith="cpts.cpts:").order_by("-survenu_le", "-pk")
    proposees: dict[int, str] = {}
    for objet, details in cles.values_list("objet", "details")[:PROPOSITIONS_LUES]:
        proposees.setdefault(int(details["structure"]), objet.removeprefix("cpts.cpts:"))
    libres = Structure.objects.for_user(user).filter(pk__in=proposees, cpts=None)
    noms = dict(Cpts.objects.filter(pk__in=proposees.values()).order_by("pk").values_list("pk", "nom"))
    lignes = [
        Ligne(
            structure.nom,
            reverse("admin:cpts_structure_change", args=[structure.pk]),
            f"rattachement proposé par {noms.get(proposees[structure.pk], 'une CPTS')}",
        )
        for structure in libres.order_by("nom", "pk")[:LISTE_MAX]
    ]
    return Section("Structures à rattacher", 43, lignes, count_up_to(libres) if lignes else None)


def find_section(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """On « Mon compte »: the CPTS that one coordinates, or the door of all for an agent."""
    siennes = list(Cpts.objects.for_user(request.user).order_by("nom", "code")[: COMPTE_ESPACES + 1])
    if not siennes:
        return None
    return "cpts/espace/_compte.html", {"espaces": siennes[:COMPTE_ESPACES], "suite": len(siennes) > COMPTE_ESPACES}
