"""From a draft to a published arrêté, as the administration does it: what is asked before, and what is confirmed."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from zonage.enums import Origine, StatutArrete, StatutFichier
from zonage.models import ApercuArrete, Arrete, Departement
from zonage.services.apercu_arrete import digest_entree
from zonage.services.arretes import (
    PublicationImpossible,
    explain_statut,
    find_precedents,
    hold_zonage,
    propose_arrete,
    publish_arrete,
)
from zonage.services.brouillons import SaisieRefusee, hold_brouillon, list_absentes
from zonage.services.brouillons_rejets import list_rejets

ECRIVENT = (Role.INSTRUCTEUR, Role.ADMINISTRATEUR)
PUBLIENT = (Role.VALIDEUR, Role.ADMINISTRATEUR)


class ApercuPerime(PublicationImpossible):
    """The preview that somebody confirms is not what publishing would do now."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """A sentence about a draft. `bloque`: it must be mended; else it must be explained."""

    phrase: str
    bloque: bool


def may_write(user: User, region: str) -> bool:
    """Whether this person writes and proposes the arrêtés of a région."""
    return read_portee(user).covers(region, "", *ECRIVENT)


def may_publish(user: User, region: str) -> bool:
    return read_portee(user).covers(region, "", *PUBLIENT)


def is_author(user: User, arrete: Arrete) -> bool:
    """Who wrote or proposed an arrêté never publishes it."""
    return user.pk in (arrete.auteur_id, arrete.propose_par_id)


def list_reserves(arrete: Arrete, *, au: date) -> list[Reserve]:
    """What stands before the proposal of a draft, the blocking ones first."""
    reserves = []
    if arrete.fichiers.filter(statut=StatutFichier.EN_ATTENTE).exists():
        reserves.append(Reserve("Un fichier est en cours de lecture : attendez qu’il soit lu.", True))
    if rejets := list_rejets(arrete).count():
        reserves.append(Reserve(f"Lignes du fichier à corriger ou à écarter : {rejets}.", True))
    if not arrete.classements.exists():
        reserves.append(Reserve("Aucun territoire n’est classé : donnez un fichier, une copie ou une liste.", True))
    suivant = find_suivant(arrete)
    if suivant is not None:
        reserves.append(Reserve(describe_suivant(suivant), True))
    debut = arrete.periode.lower
    if debut < au:
        reserves.append(Reserve(f"Il prend effet dans le passé, le {debut:%d/%m/%Y}.", False))
    if absentes := list_absentes(arrete).count():
        reserves.append(Reserve(f"Communes de la région sans aucune classe : {absentes}.", False))
    if (fin := find_intervalle(arrete)) is not None:
        reserves.append(
            Reserve(
                f"Le zonage précédent se termine le {fin:%d/%m/%Y} (exclu) : aucun jusqu’au {debut:%d/%m/%Y}.", False
            )
        )
    return reserves


def find_suivant(arrete: Arrete) -> Arrete | None:
    """An arrêté already published that begins on the same day or later, within this one's period."""
    memes = find_precedents(arrete.region_id, arrete.profession, arrete.periode, arrete.pk)
    return memes.filter(periode__startswith__gte=arrete.periode.lower).first()


def describe_suivant(suivant: Arrete) -> str:
    return (
        f"Période en conflit : « {suivant} » commence le {suivant.periode.lower:%d/%m/%Y}. Donnez à celui-ci une date "
        "d’effet antérieure et une date de fin qui ne dépasse pas ce jour, ou retirez d’abord l’autre."
    )


def find_intervalle(arrete: Arrete) -> date | None:
    """The day when the former zoning ended, when days without any arrêté follow it; None: no such interval."""
    debut = arrete.periode.lower
    memes = Arrete.objects.filter(
        region_id=arrete.region_id,
        profession=arrete.profession,
        origine=Origine.OFFICIEL,
        statut__in=[StatutArrete.PUBLIE, StatutArrete.ABROGE],
        periode__startswith__lt=debut,
    ).exclude(pk=arrete.pk)
    if not memes.exists() or memes.filter(periode__contains=debut - timedelta(days=1)).exists():
        return None
    fins = memes.order_by("-periode__endswith").values_list("periode", flat=True)[:500]
    return max((periode.upper for periode in fins if periode.upper), default=None)


@transaction.atomic
def propose_brouillon(arrete: Arrete, *, par: User, motif: str = "") -> Evenement:
    """Freeze a draft that has nothing left to mend, with a reason where one is due. Raises SaisieRefusee."""
    tenu = hold_brouillon(arrete)
    reserves = list_reserves(tenu, au=timezone.localdate())
    if bloquantes := [reserve.phrase for reserve in reserves if reserve.bloque]:
        raise SaisieRefusee(*bloquantes)
    if reserves and not motif.strip():
        phrases = " ".join(reserve.phrase for reserve in reserves)
        raise SaisieRefusee(f"{phrases} Écrivez pourquoi dans « Motif », puis proposez à nouveau.")
    Arrete.objects.filter(pk=tenu.pk).update(motif=motif.strip()[:500])
    return propose_arrete(arrete, par=par)


@transaction.atomic
def publish_confirme(arrete: Arrete, *, par: User, entree: str) -> Evenement:
    """Publish what was previewed, and nothing else. Raises PublicationImpossible, ApercuPerime."""
    hold_zonage(arrete.region_id, arrete.profession)
    lu = Arrete.objects.get(pk=arrete.pk)
    if lu.statut != StatutArrete.PROPOSE:
        raise PublicationImpossible(explain_statut(lu))
    apercu = ApercuArrete.objects.filter(arrete=lu).first()
    if apercu is None or apercu.entree != entree or digest_entree(lu) != entree:
        raise ApercuPerime(
            "L’aperçu ne correspond plus : quelque chose a changé depuis qu’il a été calculé. Recalculez-le, "
            "relisez-le, puis confirmez."
        )
    try:
        with transaction.atomic():
            return publish_arrete(arrete, par=par)
    except IntegrityError as erreur:
        raise PublicationImpossible(
            "Un autre zonage vient d’être publié sur la même période : rien n’est enregistré. Recalculez l’aperçu."
        ) from erreur


def list_visibles(user: User) -> QuerySet[Arrete]:
    """What is published, and the drafts of one's own territory: nobody reads the orders that another ARS prepares."""
    cles = read_portee(user).cles()
    if "national" in cles:
        return Arrete.objects.all()
    regions = [cle.removeprefix("region:") for cle in cles if cle.startswith("region:")]
    departements = [cle.removeprefix("departement:") for cle in cles if cle.startswith("departement:")]
    siennes = Departement.objects.filter(code__in=departements).values("region_id")
    publies = Q(statut__in=[StatutArrete.PUBLIE, StatutArrete.ABROGE])
    return Arrete.objects.filter(publies | Q(region_id__in=regions) | Q(region_id__in=siennes))
