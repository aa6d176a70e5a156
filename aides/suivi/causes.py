"""An act happened: whose rights are not the same? The timelines concerned are read again, the differences are stored.

One piece is one transaction: new timelines, differences, messages to write and the intent to write them. Run again, it
finds timelines already up to date and adds nothing (docs/adr/0093).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.utils import timezone

from aides.catalogue import catalogue
from aides.models import CauseChangement, ChangementDroit, EtatSuivi, Suivi
from aides.regles.dispositifs import Catalogue
from aides.suivi.chronologie import Changement, list_changements
from aides.suivi.depot import lock_chronologies
from aides.suivi.lecture import read_chronologies
from aides.suivi.messages import plan_messages
from portal.core.cache import forget_version
from portal.core.models import Evenement
from zonage.enums import Profession
from zonage.models import Arrete, Commune, Region
from zonage.recherche import CommuneInconnue, resolve_commune

LOT = 1000
"""Persons a piece: their follow-ups are read, compared and written in one transaction."""
Nature = CauseChangement.Nature
Ouvre = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fait:
    """What the outbox reports: its subject, its key, and the follow-ups that it may concern."""

    nature: str
    sujet: str
    libelle: str
    filtre: Mapping[str, object] = field(default_factory=dict)
    region: str = ""
    profession: str = ""


def describe_zones(profession: str, region: str) -> Fait:
    """The zones of a profession changed in a région (empty: in all of them)."""
    metier = Profession(profession).label.lower() if profession in Profession.values else profession
    ou = f" ({Region.objects.get(pk=region).nom})" if Region.objects.filter(pk=region).exists() else ""
    libelle = f"Le zonage de la profession « {metier} » a été mis à jour{ou}."
    return Fait(
        Nature.ZONAGE, f"zonage.zones:{profession}/{region}", libelle, {"profession": profession}, region, profession
    )


def describe_territoire(cle: str) -> Fait:
    libelle = "Les communes, leurs territoires ou les listes officielles de communes ont été mis à jour."
    return Fait(Nature.TERRITOIRE, f"zonage.territoire:{cle}", libelle)


def describe_regle(code: str) -> Fait:
    dispositif = catalogue().dispositif(code)
    nom = f"« {dispositif.sigle} »" if dispositif else f"« {code} », retirée,"
    return Fait(Nature.REGLE, f"aides.regle:{code}", f"La règle du dispositif {nom} a changé.")


def describe_parametre(region: str) -> Fait:
    nom = Region.objects.filter(pk=region).values_list("nom", flat=True).first() or region
    libelle = f"Un montant fixé par la région ({nom}) a changé."
    return Fait(Nature.PARAMETRE, f"aides.parametre:{region}", libelle, region=region)


def describe_portail(empreinte: str) -> Fait:
    return Fait(
        Nature.PORTAIL, f"portail:{empreinte}", "Les règles nationales que lit le portail ont été mises à jour."
    )


def select_suivis(fait: Fait) -> QuerySet[Suivi]:
    """The follow-ups that the act may concern: never fewer, seldom many more."""
    suivis = Suivi.objects.filter(etat=EtatSuivi.ACTIF, **fait.filtre)
    if fait.region:
        communes = Commune.objects.filter(departement__region_id=fait.region)
        suivis = suivis.filter(commune__in=communes.values("code_insee"))
    return suivis


def evaluate_cause(cle: str, fait: Fait, *, au: date, ouvre: Ouvre = transaction.atomic) -> int:
    """Read again every follow-up concerned, piece by piece. Returns how many rights changed.

    `cle` names the intent: the same one run again finds its cause. `ouvre` opens a piece, fenced by the outbox.
    """
    forget_version()  # the act that asks is younger than what the process keeps
    dernier = changes = 0
    while True:
        with ouvre(), connection.cursor() as cursor:
            lock_chronologies(cursor)
            cause = _hold_cause(cle, fait)
            if fait.nature == Nature.TERRITOIRE:
                follow_mergers()
            personnes = list_personnes(fait, apres=dernier)
            if personnes:
                suivis = select_suivis(fait).filter(destinataire__in=personnes)
                changes += _evaluate(cursor, cause, suivis, au)
        if len(personnes) < LOT:
            return changes
        dernier = personnes[-1]


def list_personnes(fait: Fait, *, apres: int) -> list[int]:
    """The next ones: all the follow-ups of somebody are in one piece, so that one message tells about all of them."""
    suivantes = select_suivis(fait).filter(destinataire_id__gt=apres).order_by("destinataire_id")
    return list(suivantes.values_list("destinataire_id", flat=True).distinct()[:LOT])


def _hold_cause(cle: str, fait: Fait) -> CauseChangement:
    """The cause of this intent, written by its first piece. An event tells which arrêté it was."""
    deja = CauseChangement.objects.filter(cle=cle).first()
    if deja is not None:
        return deja
    champs: dict[str, object] = {"nature": fait.nature, "sujet": fait.sujet, "libelle": fait.libelle}
    if fait.nature == Nature.ZONAGE:
        champs |= _read_arretes(fait)
    cause = CauseChangement.objects.create(cle=cle, **champs)
    retires = [objet for objet in cause.objets if cause.nature == Nature.RETRAIT]
    CauseChangement.objects.filter(
        sujet=cause.sujet, objets__overlap=retires, nature=Nature.ARRETE, retiree_par=None
    ).exclude(pk=cause.pk).update(retiree_par=cause)
    return cause


def _read_arretes(fait: Fait) -> dict[str, object]:
    """What was published and taken back for this profession and région since the last cause."""
    precedente = CauseChangement.objects.filter(sujet=fait.sujet, evenement__isnull=False).order_by("-pk").first()
    evenements = Evenement.objects.filter(
        objet__startswith="zonage.arrete:",
        action__in=["publier", "retirer"],
        details__profession=fait.profession,
        details__region=fait.region,
        pk__gt=(precedente.evenement if precedente else 0) or 0,
    ).order_by("pk")
    actes = list(evenements.values_list("pk", "objet", "action")[:200])
    if not actes:
        return {}
    derniers = {objet: action for _, objet, action in actes}
    publies = [objet for objet, action in derniers.items() if action == "publier"]
    retires = [objet for objet, action in derniers.items() if action == "retirer"]
    nature = Nature.ARRETE if publies else Nature.RETRAIT
    objets = publies or retires
    return {
        "nature": nature,
        "objets": objets,
        "evenement": actes[-1][0],
        "libelle": _name_arretes(objets, nature),
    }


def _name_arretes(objets: Sequence[str], nature: str) -> str:
    arretes = Arrete.objects.select_related("region").filter(pk__in=[int(objet.split(":")[1]) for objet in objets])
    noms = ", ".join(
        f"{'arrêté ' + arrete.numero if arrete.numero else 'arrêté sans numéro'} ({arrete.region.nom})"
        for arrete in arretes.order_by("pk")[:5]
    )
    acte = "a été publié" if nature == Nature.ARRETE else "a été retiré"
    return f"Un arrêté de zonage {acte} : {noms}."[:300]


def follow_mergers() -> int:
    """A commune that is no more is followed under the code of today; one that nobody knows stays as it is."""
    connues = Commune.objects.values("code_insee")
    parties = Suivi.objects.filter(etat=EtatSuivi.ACTIF).exclude(commune__in=connues)
    suivies = 0
    for code in parties.order_by("commune").values_list("commune", flat=True).distinct()[:5000]:
        try:
            nouvelle = resolve_commune(code).commune.code_insee
        except CommuneInconnue:
            continue
        suivies += parties.filter(commune=code).update(commune=nouvelle)
    return suivies


def _evaluate(cursor: CursorWrapper, cause: CauseChangement, suivis: QuerySet[Suivi], au: date) -> int:
    regles = catalogue()
    colonnes = ("pk", "profession", "destinataire_id", "chronologie")
    anciens = list(suivis.order_by("profession", "pk").select_for_update(of=("self",)).values_list(*colonnes))
    nouveaux: list[ChangementDroit] = []
    lues: dict[int, dict[str, list[list[str | None]]]] = {}
    for profession, groupe in groupby(anciens, key=lambda ligne: ligne[1]):
        siens = {ligne[0]: ligne[3] for ligne in groupe}
        apres = read_chronologies(cursor, list(siens), profession, regles, du=au)
        for suivi, avant in siens.items():
            nouveaux += build_changements(cause, suivi, list_changements(avant, apres[suivi], du=au))
        lues |= {suivi: nouvelle for suivi, nouvelle in apres.items() if nouvelle != siens[suivi]}
    _write(anciens, lues, regles)
    ChangementDroit.objects.bulk_create(nouveaux, ignore_conflicts=True)
    personnes = {ligne[0]: ligne[2] for ligne in anciens}
    effets: defaultdict[int, list[date]] = defaultdict(list)
    for nouveau in nouveaux:
        effets[personnes[nouveau.suivi_id]].append(nouveau.effet_le)
    _date_cause(cause, [nouveau.effet_le for nouveau in nouveaux])
    plan_messages(cause, effets, set(personnes.values()), au=au)
    return len(nouveaux)


def build_changements(cause: CauseChangement, suivi: int, changements: Iterable[Changement]) -> list[ChangementDroit]:
    return [
        ChangementDroit(
            cause=cause, suivi_id=suivi, dispositif=c.dispositif, avant=c.avant, apres=c.apres, effet_le=c.effet_le
        )
        for c in changements
    ]


def _write(
    anciens: Sequence[tuple[int, str, int, object]],
    lues: Mapping[int, dict[str, list[list[str | None]]]],
    regles: Catalogue,
) -> None:
    """Only what differs; the digest of the rules for all, so that a release is read once."""
    maintenant = timezone.now()
    changes = [
        Suivi(pk=pk, chronologie=chronologie, regles=regles.empreinte, evalue_le=maintenant)
        for pk, chronologie in lues.items()
    ]
    Suivi.objects.bulk_update(changes, ["chronologie", "regles", "evalue_le"], batch_size=500)
    relus = Suivi.objects.filter(pk__in=[ligne[0] for ligne in anciens]).exclude(regles=regles.empreinte)
    relus.update(regles=regles.empreinte)


def _date_cause(cause: CauseChangement, effets: Sequence[date]) -> None:
    if effets and (cause.effet_le is None or min(effets) < cause.effet_le):
        cause.effet_le = min(effets)
        cause.save(update_fields=["effet_le"])
