"""How long data is kept: notice thirty days before, purge on the day, by category (docs/adr/0160).

Each app names its categories in `settings.MAILLAGE_CONSERVATION`. A category whose duration nobody fixed is never
purged. A purge goes by slices, each its own transaction, and takes up what is left after a kill: what it erased no
longer answers to `find`.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.core.ceinture import as_systeme
from portal.core.copies import COURRIELS, list_vieux_courriels
from portal.core.models import (
    DureeConservation,
    Evenement,
    GelConservation,
    PassageConservation,
    Preavis,
)
from portal.core.outbox import post
from portal.core.registre import CategorieDeclaree, read_registre

PREAVIS = timedelta(days=30)
LIGNES_MAX = 500
"""Rows of one transaction, at most."""
TOUJOURS = timedelta(days=36_500)
DUREE_MAX = 150.0
"""Seconds that a nightly run may last: what is left waits for the next one."""
Comptes = Counter[str]


@dataclass(frozen=True, slots=True)
class Categorie:
    """`find`: the objects whose clock began before an instant. `depart`: the field where it began.

    `purge`: erase these keys, in a transaction; returns the rows by table. `titulaire`: the path to whom to tell.
    `lot`: objects of one transaction, so that it holds LIGNES_MAX rows at most.
    """

    code: str
    modele: str
    depart: str
    find: Callable[[datetime], QuerySet[Any]]
    purge: Callable[[Sequence[Any]], Comptes]
    titulaire: str = ""
    lot: int = LIGNES_MAX

    @property
    def declaree(self) -> CategorieDeclaree:
        return read_registre().categories[self.code]


@dataclass(frozen=True, slots=True)
class Etat:
    """One category as it is today; `a_purger` and `a_prevenir` are None when no duration is fixed."""

    categorie: CategorieDeclaree
    duree: DureeConservation | None
    purgeable: bool
    a_purger: int | None
    a_prevenir: int | None
    dernier: PassageConservation | None


def list_categories() -> list[Categorie]:
    return [categorie for chemin in settings.MAILLAGE_CONSERVATION for categorie in import_string(chemin)]


def read_duree(code: str) -> timedelta | None:
    fixee = DureeConservation.objects.filter(pk=code).first()
    return timedelta(days=fixee.jours) if fixee else None


def find_echus(categorie: Categorie, limite: datetime) -> QuerySet[Any]:
    """The objects whose duration ended before `limite`, but for those that somebody froze."""
    geles = GelConservation.objects.filter(leve_le=None, objet__startswith=f"{categorie.modele}:")
    cles = [objet.partition(":")[2] for objet in geles.values_list("objet", flat=True)]
    return categorie.find(limite).exclude(pk__in=cles).order_by("pk")


def find_a_purger(categorie: Categorie, au: datetime, duree: timedelta) -> QuerySet[Any]:
    """Those that may go: whoever they belong to was told thirty days ago, and did nothing since."""
    echus = find_echus(categorie, au - duree)
    if not categorie.titulaire:
        return echus
    dits = Preavis.objects.filter(categorie=categorie.code, envoye_le__lte=au - PREAVIS).order_by("pk")
    cles = {objet.partition(":")[2]: depuis for objet, depuis in dits.values_list("objet", "depuis")}
    prevenus = echus.filter(pk__in=list(cles)).values_list("pk", categorie.depart)
    return echus.filter(pk__in=[pk for pk, depuis in prevenus if cles[str(pk)] == depuis])


def find_a_prevenir(categorie: Categorie, au: datetime, duree: timedelta) -> QuerySet[Any]:
    """Those that go within thirty days, and whose owner was not told since the clock began."""
    if not categorie.titulaire:
        return find_echus(categorie, au - duree).none()
    bientot = find_echus(categorie, au - duree + PREAVIS)
    dits = Preavis.objects.filter(categorie=categorie.code).order_by("pk").values_list("objet", "depuis")
    connus = {(objet.partition(":")[2], depuis) for objet, depuis in dits}
    candidats = bientot.values_list("pk", categorie.depart)
    deja = [pk for pk, depuis in candidats if (str(pk), depuis) in connus]
    return bientot.exclude(pk__in=deja)


def run_conservation(
    tranche: Callable[[], AbstractContextManager[None]], *, au: datetime | None = None, duree_max: float = DUREE_MAX
) -> dict[str, int]:
    """Tell, then purge, category by category. Returns the objects purged by category."""
    au, debut = au or timezone.now(), monotonic()
    purges: dict[str, int] = {}
    for categorie in list_categories():
        duree = read_duree(categorie.code)
        if duree is None:
            continue
        for cles in _slice(find_a_prevenir(categorie, au, duree), LIGNES_MAX, debut + duree_max):
            with tranche():
                tell(categorie, cles, au=au)
        purges[categorie.code] = _purge(categorie, au, duree, tranche, debut + duree_max)
    return purges


def _purge(
    categorie: Categorie,
    au: datetime,
    duree: timedelta,
    tranche: Callable[[], AbstractContextManager[None]],
    fin: float,
) -> int:
    passage: PassageConservation | None = None
    for cles in _slice(find_a_purger(categorie, au, duree), categorie.lot, fin):
        with tranche():
            passage = passage or PassageConservation.objects.create(categorie=categorie.code)
            tenus = hold(categorie, cles, au - duree)
            comptes = erase_slice(categorie, tenus)
            passage.objets += len(tenus)
            passage.comptes = dict(Counter(passage.comptes) + comptes)
            passage.termine_le = timezone.now()
            passage.save()
            Evenement.objects.create(
                objet=f"core.passageconservation:{passage.pk}",
                action="purge",
                details={"categorie": categorie.code, "objets": len(tenus), "lignes": dict(comptes)},
            )
    return passage.objets if passage else 0


def hold(categorie: Categorie, cles: Sequence[Any], limite: datetime) -> list[Any]:
    """Lock those that still answer: one that its owner has just taken up again stays."""
    encore = find_echus(categorie, limite).filter(pk__in=list(cles)).select_for_update(no_key=True, of=("self",))
    return list(encore.values_list("pk", flat=True))


def erase_slice(categorie: Categorie, cles: Sequence[Any]) -> Comptes:
    """Erase some objects, their history and what the administration wrote of them; inside a transaction."""
    comptes = categorie.purge(cles)
    comptes += forget_traces(categorie.modele, cles)
    Preavis.objects.filter(categorie=categorie.code, objet__in=[f"{categorie.modele}:{cle}" for cle in cles]).delete()
    return +comptes


def forget_traces(modele: str, cles: Sequence[Any]) -> Comptes:
    """What is kept of rows beside them: their former values (pghistory), and the log of the administration."""
    comptes: Comptes = Counter()
    source = apps.get_model(modele)
    for histoire in list_histoires(source):
        if cles:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT core_oublie_histoire(%s, %s)", [histoire._meta.db_table, [str(cle) for cle in cles]]
                )
                comptes[histoire._meta.label_lower] += cursor.fetchone()[0]
    contenu = ContentType.objects.get_for_model(source)
    lignes = LogEntry.objects.filter(content_type=contenu, object_id__in=[str(cle) for cle in cles])
    comptes["admin.logentry"] += lignes.exclude(object_repr="").update(object_repr="", change_message="")
    return +comptes


def list_histoires(source: type[Model]) -> list[type[Model]]:
    """The tables of events that follow this model."""
    return [m for m in apps.get_models() if m._meta.managed and getattr(m, "pgh_tracked_model", None) is source]


def tell(categorie: Categorie, cles: Sequence[Any], *, au: datetime) -> int:
    """Write that the owners are to be told, and post the mails. Twice is once."""
    toutes = categorie.find(au + TOUJOURS).filter(pk__in=list(cles)).order_by("pk")
    lignes = toutes.values_list("pk", categorie.titulaire, categorie.depart)
    ecrits = 0
    for pk, titulaire, depuis in lignes:
        preavis, neuf = Preavis.objects.get_or_create(
            categorie=categorie.code, objet=f"{categorie.modele}:{pk}", depuis=depuis,
            defaults={"titulaire_id": titulaire, "cree_le": au},
        )  # fmt: skip
        if neuf:
            post("core.preavis", preavis.pk, cle=f"preavis:{preavis.pk}")
            ecrits += 1
    return ecrits


def simulate(categorie: Categorie, *, au: datetime | None = None) -> tuple[int, Comptes]:
    """How many objects would go today, and the rows by table of the first slice: done, then undone."""
    duree, au = read_duree(categorie.code), au or timezone.now()
    if duree is None:
        return 0, Counter()
    with as_systeme():
        return _simulate(categorie, au, duree)


def _simulate(categorie: Categorie, au: datetime, duree: timedelta) -> tuple[int, Comptes]:
    echus = find_a_purger(categorie, au, duree)
    cles = list(echus.values_list("pk", flat=True)[: categorie.lot])
    comptes: Comptes = Counter()
    if cles:
        comptes = rehearse(lambda: erase_slice(categorie, hold(categorie, cles, au - duree)))
    return echus.count(), comptes


def rehearse(acte: Callable[[], Comptes]) -> Comptes:
    """Do it and undo it: the counts of a rehearsal are those of the act itself. No file is touched (`on_commit`)."""
    with transaction.atomic():
        comptes = acte()
        transaction.set_rollback(True)
    return comptes


def read_etats(*, au: datetime | None = None) -> list[Etat]:
    """Every category declared, with what waits. Bounded: one query or two a category."""
    au = au or timezone.now()
    purgeables = {categorie.code: categorie for categorie in list_categories()}
    durees = DureeConservation.objects.in_bulk()
    etats = []
    for code, declaree in read_registre().categories.items():
        categorie, duree = purgeables.get(code), durees.get(code)
        a_purger = a_prevenir = None
        if categorie and duree:
            delai = timedelta(days=duree.jours)
            a_purger = find_a_purger(categorie, au, delai).count()
            a_prevenir = find_a_prevenir(categorie, au, delai).count()
        if code == COURRIELS and duree:
            a_purger, a_prevenir = len(list_vieux_courriels(au - timedelta(days=duree.jours))), 0
        dernier = PassageConservation.objects.filter(categorie=code).first()
        etats.append(Etat(declaree, duree, not declaree.fixe, a_purger, a_prevenir, dernier))
    return etats


def list_fixables() -> list[CategorieDeclaree]:
    """Those that wait for a duration: the others are held by the code, and say so."""
    return [declaree for declaree in read_registre().categories.values() if not declaree.fixe]


def set_duree(code: str, jours: int | None, reference: str, *, par: Any) -> None:
    """Fix a duration, or take it off (None): the act is in the journal with what it replaces."""
    with transaction.atomic():
        avant = DureeConservation.objects.select_for_update(no_key=True).filter(pk=code).first()
        if jours is None:
            DureeConservation.objects.filter(pk=code).delete()
        else:
            DureeConservation.objects.update_or_create(
                categorie=code,
                defaults={"jours": jours, "reference": reference, "fixee_par": par, "fixee_le": timezone.now()},
            )
        details: Mapping[str, Any] = {"categorie": code, "avant": avant.jours if avant else None, "apres": jours}
        Evenement.objects.create(
            objet=f"core.dureeconservation:{code}", action="duree_fixee", auteur=par, details=details
        )


def _slice(objets: QuerySet[Any], taille: int, fin: float) -> Iterator[list[Any]]:
    """The keys, slice after slice, in their order: each is met once, whatever the purge leaves."""
    dernier: Any = None
    for _ in itertools.count():
        reste = objets if dernier is None else objets.filter(pk__gt=dernier)
        cles = list(reste.values_list("pk", flat=True)[:taille])
        if not cles or monotonic() > fin:
            return
        yield cles
        dernier = cles[-1]


class GelRefuse(ValueError):
    """The sentence is French."""


@transaction.atomic
def freeze(objet: str, motif: str, *, par: Any) -> GelConservation:
    """Nothing erases it while the hold stands. Raises GelRefuse when it is held already."""
    if GelConservation.objects.filter(objet=objet, leve_le=None).exists():
        raise GelRefuse("Ce dossier est déjà gelé : levez d'abord le gel en place.")
    gel = GelConservation.objects.create(objet=objet, motif=motif, pose_par=par)
    Evenement.objects.create(objet=objet, action="gel_pose", auteur=par, details={"gel": gel.pk})
    return gel


@transaction.atomic
def unfreeze(gel_id: int, *, par: Any) -> bool:
    """Returns whether it was still standing."""
    gel = GelConservation.objects.select_for_update(no_key=True).get(pk=gel_id)
    if gel.leve_le is not None:
        return False
    gel.leve_le, gel.leve_par = timezone.now(), par
    gel.save(update_fields=["leve_le", "leve_par"])
    Evenement.objects.create(objet=gel.objet, action="gel_leve", auteur=par, details={"gel": gel.pk})
    return True
