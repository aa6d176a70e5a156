"""Reading the life of a CPTS: its steps, its acts and their documents, what is missing, what somebody may do."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from cpts.droits import is_coordinateur, may_decide, may_instruct
from cpts.enums import ActeurCpts, ActionCpts, StatutCpts, StatutPerimetre
from cpts.models import ActeCpts, Cpts, Mission, Perimetre, PieceCpts
from cpts.regles.etapes import CHEMIN, FAITS, TRANSITIONS, Faits, Manque, list_actions
from cpts.regles.etapes import list_manques as decide_manques
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.historique import Changement, list_changements

ACTES_MAX = 100
PIECES_MAX = 100
CHANGEMENTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Etape:
    """A state of the straight way. `le`: the day it was last entered, None while it was not."""

    statut: StatutCpts
    le: date | None
    faite: bool
    actuelle: bool


@dataclass(frozen=True, slots=True)
class ActeLu:
    acte: ActeCpts
    libelle: str
    etat: str
    pieces: list[PieceCpts]


@dataclass(frozen=True, slots=True)
class Parcours:
    etapes: list[Etape]
    actes: list[ActeLu]
    libres: list[PieceCpts]
    """Documents that no act holds."""
    manques: list[Manque]
    actions: list[ActionCpts]
    """Those that this person may do now."""


def list_acteurs(user: Any, cpts: Cpts) -> frozenset[ActeurCpts]:
    """As whom somebody may act on this CPTS. Nobody decides on the one that they coordinate."""
    acteurs = set()
    if is_coordinateur(read_portee(user), cpts):
        acteurs.add(ActeurCpts.COORDINATEUR)
    if may_instruct(user, cpts):
        acteurs.add(ActeurCpts.INSTRUCTEUR)
    if may_decide(user, cpts):
        acteurs.add(ActeurCpts.VALIDEUR)
    return frozenset(acteurs)


def may_act(user: Any, cpts: Cpts, action: ActionCpts) -> bool:
    return not list_acteurs(user, cpts).isdisjoint(TRANSITIONS[action].acteurs)


def list_possibles(user: Any, cpts: Cpts) -> list[ActionCpts]:
    """The acts that this person may do in the present state."""
    acteurs = list_acteurs(user, cpts)
    return [a for a in list_actions(cpts.statut) if not acteurs.isdisjoint(TRANSITIONS[a].acteurs)]


def has_perimetre(cpts: Cpts, *, au: date) -> bool:
    return Perimetre.objects.filter(cpts=cpts, statut=StatutPerimetre.APPROUVE, periode__contains=au).exists()


def read_faits(cpts: Cpts, *, au: date) -> Faits:
    libres = PieceCpts.objects.filter(cpts=cpts, acte=None).order_by("pk").values_list("nature", flat=True)
    vivants = Q(statut=StatutPerimetre.SOUMIS) | Q(statut=StatutPerimetre.APPROUVE, periode__contains=au)
    perimetres = set(Perimetre.objects.filter(vivants, cpts=cpts).order_by("pk").values_list("statut", flat=True)[:2])
    return Faits(
        statut=StatutCpts(cpts.statut),
        pieces=frozenset(libres[:PIECES_MAX]),
        perimetre_approuve=StatutPerimetre.APPROUVE in perimetres,
        perimetre_soumis=StatutPerimetre.SOUMIS in perimetres,
        missions=Mission.objects.filter(cpts=cpts).count(),
        aci_fin_le=cpts.aci_fin_le,
    )


def list_manques(cpts: Cpts, *, au: date) -> list[Manque]:
    """What the next step of this CPTS waits for, and who can bring it."""
    return decide_manques(read_faits(cpts, au=au), au=au)


def list_actes(cpts: Cpts) -> list[ActeLu]:
    """The acts, the latest first, with their documents."""
    actes = list(ActeCpts.objects.filter(cpts=cpts).order_by("-survenu_le", "-pk")[:ACTES_MAX])
    pieces: dict[int, list[PieceCpts]] = {}
    lues = PieceCpts.objects.filter(cpts=cpts, acte__in=actes).select_related("document").order_by("depose_le", "pk")
    for piece in lues[: 3 * ACTES_MAX]:
        pieces.setdefault(piece.acte_id or 0, []).append(piece)
    etats = dict(StatutCpts.choices)
    return [
        ActeLu(a, FAITS[ActionCpts(a.action)], str(etats.get(a.cible, a.cible)), pieces.get(a.pk, [])) for a in actes
    ]


def read_parcours(cpts: Cpts, user: Any, *, au: date) -> Parcours:
    actes = list_actes(cpts)
    return Parcours(
        etapes=list_etapes(cpts, [lu.acte for lu in actes]),
        actes=actes,
        libres=list_libres(cpts),
        manques=list_manques(cpts, au=au),
        actions=list_possibles(user, cpts),
    )


def list_libres(cpts: Cpts) -> list[PieceCpts]:
    libres = PieceCpts.objects.filter(cpts=cpts, acte=None).select_related("document")
    return list(libres.order_by("-depose_le", "-pk")[:PIECES_MAX])


def list_etapes(cpts: Cpts, actes: list[ActeCpts]) -> list[Etape]:
    """`actes`: the latest first. Off the straight way (given up, terminated) no step is the present one."""
    entrees: dict[str, date] = {}
    for acte in actes:
        if acte.source != acte.cible:
            entrees.setdefault(acte.cible, acte.date_acte)
    if cpts.aci_signe_le:
        entrees[StatutCpts.ACI_SIGNE] = cpts.aci_signe_le
    chemin = [statut for statut, _suite in CHEMIN]
    rang = chemin.index(StatutCpts(cpts.statut)) if cpts.statut in chemin else -1
    return [
        Etape(statut, entrees.get(statut) if numero <= rang or rang < 0 else None, numero < rang, numero == rang)
        for numero, statut in enumerate(chemin)
    ]


def list_changements_lus(cpts: Cpts) -> list[tuple[Changement, str]]:
    """What changed in the record, field by field, the latest first, and who asked. Ask for the right on it before."""
    lus = list_changements(Cpts, cpts.pk)[:CHANGEMENTS_MAX]
    noms = {
        user.pk: user.get_full_name() or str(user)
        for user in User.objects.filter(pk__in={c.auteur for c in lus if c.auteur})
    }
    return [(changement, noms.get(changement.auteur or 0, "le portail")) for changement in lus]
