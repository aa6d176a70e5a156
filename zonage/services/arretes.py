"""The life of an arrêté: brouillon → proposé → publié, and back when it is taken back. Two persons, one
transaction, one event."""

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from portal.accounts.models import User
from portal.core.models import Evenement
from portal.core.outbox import emit
from zonage.enums import Origine, StatutArrete
from zonage.models import Arrete, Classement
from zonage.services.lecture_table import refresh_zones


class PublicationImpossible(Exception):
    """The arrêté cannot be proposed or published: the French message says why and what to do."""


@transaction.atomic
def propose_arrete(arrete: Arrete, *, par: User) -> Evenement:
    """Freeze a draft and hand it to a second person. Raises PublicationImpossible."""
    if not arrete.classements.exists():
        raise PublicationImpossible(
            "Cet arrêté ne classe aucun territoire : ajoutez ses classements avant de le proposer."
        )
    brouillon = Arrete.objects.filter(pk=arrete.pk, statut=StatutArrete.BROUILLON)
    if not brouillon.update(statut=StatutArrete.PROPOSE, propose_par=par):
        raise PublicationImpossible("Seul un brouillon peut être proposé : rechargez la page.")
    arrete.refresh_from_db()
    return log_arrete(arrete, "proposer", par)


@transaction.atomic
def publish_arrete(arrete: Arrete, *, par: User) -> Evenement:
    """Close the previous periods of its région and profession, open its own, refresh the reading, write the event.

    Raises PublicationImpossible: not proposed, same person, or an arrêté of a later day already published.
    """
    hold_zonage(arrete.region_id, arrete.profession)
    propose = Arrete.objects.select_for_update().filter(pk=arrete.pk, statut=StatutArrete.PROPOSE)
    if not propose.exists():
        raise PublicationImpossible(explain_statut(arrete))
    if not propose.exclude(propose_par=par).exclude(auteur=par).update(statut=StatutArrete.PUBLIE, publie_par=par):
        raise PublicationImpossible(
            "La personne qui publie n'est pas celle qui a écrit ou proposé l'arrêté : demandez à une autre personne."
        )
    arrete.refresh_from_db()
    precedents = [
        [autre.pk, autre.periode.upper.isoformat() if autre.periode.upper else ""]
        for autre in find_precedents(arrete.region_id, arrete.profession, arrete.periode, arrete.pk)
    ]
    fermes, ouverts, lignes = open_arrete(arrete)
    emit("zonage.zones", arrete.profession, arrete.region_id, cle=f"{arrete.profession}/{arrete.region_id}")
    return log_arrete(arrete, "publier", par, fermes=fermes, ouverts=ouverts, lignes=lignes, precedents=precedents)


def open_arrete(arrete: Arrete, *, regions: Sequence[str] | None = None) -> tuple[int, int, int]:
    """Bring an arrêté into the reading. Returns the arrêtés ended, the classements opened, the rows of the reading.

    The statut is the caller's: a preview does this too, for the communes of its région alone, and undoes it.
    """
    fermes = close_precedents(arrete.region_id, arrete.profession, arrete.periode, sauf=arrete.pk)
    ouverts = arrete.classements.update(publie=True, periode=arrete.periode, origine=arrete.origine)
    return fermes, ouverts, refresh_zones([arrete.profession], regions)


def hold_zonage(region: str, profession: str) -> None:
    """One publication at a time for a région and a profession, until the end of the transaction.

    Two arrêtés share no row: without this lock, each would read the other as not published yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"zonage.publication {region} {profession}"])


def explain_statut(arrete: Arrete) -> str:
    """Why an arrêté that is not « proposé » is not published: somebody did it already, or nobody proposed it."""
    lu = Arrete.objects.select_related("publie_par").get(pk=arrete.pk)
    if lu.statut == StatutArrete.PUBLIE:
        nom = lu.publie_par.get_full_name() if lu.publie_par else ""
        qui = nom or "un autre agent"
        return f"Cet arrêté vient d'être publié par {qui} : seul un arrêté proposé se publie, il n'y a rien à faire."
    return "Seul un arrêté proposé peut être publié : faites-le d'abord proposer."


@transaction.atomic
def return_arrete(arrete: Arrete, *, par: User, motif: str) -> Evenement:
    """Send a proposed arrêté back to its draft, with a reason. Raises PublicationImpossible."""
    propose = Arrete.objects.filter(pk=arrete.pk, statut=StatutArrete.PROPOSE)
    if not propose.update(statut=StatutArrete.BROUILLON, propose_par=None):
        raise PublicationImpossible("Cet arrêté n'est plus proposé : rechargez la page.")
    arrete.refresh_from_db()
    return log_arrete(arrete, "reprendre", par, motif=motif[:300])


@transaction.atomic
def retract_arrete(arrete: Arrete, *, par: User, motif: str = "") -> Evenement:
    """Take back a publication as if it had not been: the arrêté is a draft again, what it had ended goes on.

    Raises PublicationImpossible: not published by two persons here, or something published after it stands upon it.
    """
    hold_zonage(arrete.region_id, arrete.profession)
    publies = Arrete.objects.select_for_update().filter(
        pk=arrete.pk, statut=StatutArrete.PUBLIE, origine=Origine.OFFICIEL
    )
    publication = (
        Evenement.objects.filter(objet=f"zonage.arrete:{arrete.pk}", action="publier").order_by("-pk").first()
    )
    if not publies.exists() or publication is None or "precedents" not in publication.details:
        raise PublicationImpossible(
            "Seul un arrêté publié ici par deux personnes peut être retiré. Un zonage importé se corrige en important "
            "le fichier corrigé."
        )
    arrete.refresh_from_db()
    _refuse_if_followed(arrete, publication)
    fermes = arrete.classements.update(publie=False)
    publies.update(statut=StatutArrete.BROUILLON, propose_par=None, publie_par=None)
    reouverts = sum(reopen_arrete(pk, arrete.periode.lower, fin) for pk, fin in publication.details["precedents"])
    arrete.refresh_from_db()
    lignes = refresh_zones([arrete.profession])
    emit("zonage.zones", arrete.profession, arrete.region_id, cle=f"{arrete.profession}/{arrete.region_id}")
    return log_arrete(arrete, "retirer", par, fermes=fermes, reouverts=reouverts, lignes=lignes, motif=motif[:300])


def _refuse_if_followed(arrete: Arrete, publication: Evenement) -> None:
    """A later publication counted on this one: it has to be taken back first."""
    autres = Arrete.objects.filter(
        region_id=arrete.region_id, profession=arrete.profession, origine=Origine.OFFICIEL, statut=StatutArrete.PUBLIE
    ).exclude(pk=arrete.pk)
    suivants = [f"zonage.arrete:{pk}" for pk in autres.order_by("pk").values_list("pk", flat=True)[:500]]
    ensuite = Evenement.objects.filter(objet__in=suivants, action="publier", pk__gt=publication.pk)
    if ensuite.exists():
        raise PublicationImpossible(
            "Un autre arrêté de la même région et de la même profession a été publié après celui-ci : "
            "retirez-le d'abord."
        )


def reopen_arrete(pk: int, fin: date, avant: str) -> int:
    """Give back to an arrêté ended on `fin` the end that it had (an ISO day, or empty: none). Returns 1 if it was."""
    autre = Arrete.objects.select_for_update().get(pk=pk)
    if autre.periode.upper != fin:
        return 0
    close = autre.periode
    autre.periode = DateRange(close.lower, date.fromisoformat(avant) if avant else None)
    autre.save(update_fields=["periode"])
    Classement.objects.filter(arrete=autre, publie=True, periode__endswith=fin).update(periode=autre.periode)
    return 1


def close_precedents(region: str, profession: str, periode: DateRange, *, sauf: int | None) -> int:
    """End, on the first day of a new arrêté, what the same région had published before for the profession.

    Returns the arrêtés closed. Raises PublicationImpossible when one begins on that day or later, within the period.
    """
    hold_zonage(region, profession)
    debut = periode.lower
    fermes = 0
    for autre in find_precedents(region, profession, periode, sauf):
        if autre.periode.lower >= debut:
            raise PublicationImpossible(
                f"Un zonage de la même région et de la même profession commence le {_format(autre.periode.lower)} : "
                f"donnez à celui-ci une date de fin qui ne le dépasse pas."
            )
        close_arrete(autre, debut)
        fermes += 1
    return fermes


def find_precedents(region: str, profession: str, periode: DateRange, sauf: int | None) -> QuerySet[Arrete]:
    autres = Arrete.objects.filter(region_id=region, profession=profession, origine=Origine.OFFICIEL).filter(
        statut__in=[StatutArrete.PUBLIE, StatutArrete.ABROGE], periode__overlap=periode
    )
    return (autres if sauf is None else autres.exclude(pk=sauf)).order_by("pk")


def close_arrete(arrete: Arrete, fin: date) -> None:
    """End an arrêté and its classements on a day (excluded). History stays; a row that began later is refused."""
    arrete.periode = DateRange(arrete.periode.lower, fin)
    arrete.save(update_fields=["periode"])
    Classement.objects.filter(arrete=arrete, publie=True, periode__contains=fin).update(periode=arrete.periode)


def _format(jour: date) -> str:
    return f"{jour:%d/%m/%Y}"


def log_arrete(arrete: Arrete, action: str, par: User, **details: object) -> Evenement:
    """One row of the journal: no datum of a person in `details`."""
    return Evenement.objects.create(
        objet=f"zonage.arrete:{arrete.pk}",
        action=action,
        auteur=par,
        details={"profession": arrete.profession, "region": arrete.region_id, **details},
    )
