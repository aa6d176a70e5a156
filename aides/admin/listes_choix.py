"""The values that the filters of the lists offer: those of the perimeter of who asks."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from aides.catalogue import catalogue
from aides.dossiers.collegues import list_collegues
from aides.dossiers.etats import CONTRACTUELS, OUVERTES, Statut
from portal.accounts.enums import ROLES_ARS, Role
from portal.accounts.portee import Portee, read_portee
from zonage.models import Departement

A_TRAITER, A_PRENDRE, DECIDEES, CONTRATS = "a_traiter", "a_prendre", "decidees", "contrats"
GROUPES = {
    A_TRAITER: ("À traiter (non décidées)", OUVERTES),
    A_PRENDRE: ("À prendre (déposées ou recevables)", [Statut.DEPOSEE.value, Statut.RECEVABLE.value]),
    DECIDEES: ("Décidées", [Statut.ACCORDEE.value, Statut.REFUSEE.value]),
    CONTRATS: ("Avec un contrat", sorted(CONTRACTUELS)),
}


def read_portee_de(request: HttpRequest) -> Portee:
    return read_portee(request.user)


def list_departements(request: HttpRequest) -> list[tuple[str, str]]:
    """Those of the perimeter."""
    cles = read_portee_de(request).cles([*ROLES_ARS, Role.AGENT_CPAM])
    lus = Departement.objects.order_by("code")
    if "national" not in cles:
        codes = {
            genre: [c.partition(":")[2] for c in cles if c.startswith(genre)] for genre in ("region", "departement")
        }
        lus = lus.filter(Q(region_id__in=sorted(codes["region"])) | Q(code__in=sorted(codes["departement"])))
    return [(code, f"{code} – {nom}") for code, nom in lus.values_list("code", "nom")[:150]]


def list_etats(request: HttpRequest) -> list[tuple[str, str]]:
    groupes = [(code, libelle) for code, (libelle, _) in GROUPES.items()]
    return [*groupes, *((etat.value, str(etat.label)) for etat in Statut if etat is not Statut.BROUILLON)]


def list_instructeurs(request: HttpRequest) -> list[tuple[str, str]]:
    """Me, nobody, and my colleagues."""
    return [("moi", "Moi"), ("aucun", "Personne"), *list_personnes(request)]


def list_personnes(request: HttpRequest) -> list[tuple[str, str]]:
    """Who may instruct, by a mandat over a part of my territory. The file says whether they may instruct it."""
    cles = read_portee_de(request).cles([*ROLES_ARS, Role.AGENT_CPAM])
    codes = [cle.partition(":")[2] for cle in cles if cle.startswith("departement")]
    entieres = [cle.partition(":")[2] for cle in cles if cle.startswith("region")]
    dans = Departement.objects.filter(region__in=entieres).order_by("code").values_list("code", flat=True)
    lus = list_collegues(
        regions=_list_regions(cles),
        departements=[*codes, *dans[:150]],
        sauf=request.user.pk,
        cpam=True,
        partout="national" in cles,
    )
    return [(str(lu.pk), lu.get_full_name() or f"compte {lu.pk}") for lu in lus]


def _list_regions(cles: frozenset[str]) -> list[str]:
    """The régions of the perimeter, and those of its départements."""
    regions = {cle.partition(":")[2] for cle in cles if cle.startswith("region")}
    codes = [cle.partition(":")[2] for cle in cles if cle.startswith("departement")]
    if codes:
        regions |= set(Departement.objects.filter(code__in=codes).values_list("region_id", flat=True)[:50])
    return sorted(regions)


def list_dispositifs(request: HttpRequest) -> list[tuple[str, str]]:
    lus = {dispositif.code: dispositif.sigle or dispositif.nom for dispositif in catalogue().dispositifs}
    return sorted(lus.items(), key=lambda couple: couple[1].casefold())


def list_depots(request: HttpRequest) -> list[tuple[str, str]]:
    annee = timezone.localdate().year
    return [("30j", "30 derniers jours"), ("90j", "90 derniers jours")] + [
        (str(an), f"Année {an}") for an in range(annee, annee - 6, -1)
    ]
