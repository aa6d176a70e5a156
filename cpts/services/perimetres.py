"""Acts on perimeters: drawn as a draft, submitted by one person, decided by another, kept for ever once decided.

A draft is saved at each edit, under its version: whoever edits an older one is refused, and nothing is written. What
is submitted no longer moves; the approval closes the perimeter in force on its last day and freezes the population,
in one transaction, under the lock of the CPTS.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cpts.enums import StatutCpts, StatutPerimetre
from cpts.lecture_perimetres import (
    Heritages,
    Unite,
    find_perimetre,
    list_codes,
    read_regle_taille,
    read_unites,
    weigh,
)
from cpts.models import CommunePerimetre, Cpts, Perimetre
from cpts.services.vie_courriels import announce
from portal.accounts.models import User
from portal.core.models import Evenement
from portal.core.outbox import emit

COMMUNES_MAX: Final = 1_500
BROUILLONS_MAX: Final = 10
PERIMETRES_MAX: Final = 50
PREMIER_JOUR: Final = date(2019, 1, 1)
AVANCE_MAX: Final = timedelta(days=730)
TERMINEES: Final = (StatutCpts.RESILIE, StatutCpts.ABANDONNE)
SUJET: Final = "cpts.perimetre"
"""What the outbox carries: the code of a CPTS whose approved perimeters changed."""


class PerimetreRefuse(Exception):
    """The act is refused and nothing is written. The French sentence says what to do next."""


class PerimetreModifie(PerimetreRefuse):
    """Somebody changed the perimeter since the page was read."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What one edit changed, by code."""

    ajoutees: tuple[str, ...]
    retirees: tuple[str, ...]
    version: int


# --- drafts


@transaction.atomic
def open_brouillon(
    cpts: Cpts, *, par: User | None, codes: Collection[str] | None = None, source: str = ""
) -> Perimetre:
    """A draft of these communes; without them, of those in force, else of the last ones. Raises PerimetreRefuse."""
    _hold_cpts(cpts)
    if Perimetre.objects.filter(cpts=cpts, statut=StatutPerimetre.BROUILLON).count() >= BROUILLONS_MAX:
        raise PerimetreRefuse(f"Cette CPTS a déjà {BROUILLONS_MAX} brouillons : reprenez-en un, ou supprimez-en.")
    depart = list_codes(_find_dernier(cpts)) if codes is None else codes
    unites = read_unites(depart)
    _check_nombre(unites)
    perimetre = Perimetre.objects.create(cpts=cpts, cree_par=par, source=source[:160])
    CommunePerimetre.objects.bulk_create(CommunePerimetre(perimetre=perimetre, commune_id=code) for code in unites)
    _log(perimetre, "perimetre_ouvert", par, communes=len(unites))
    return perimetre


@transaction.atomic
def edit_brouillon(
    perimetre: Perimetre,
    *,
    par: User,
    version: int,
    ajoute: Collection[str] = (),
    retire: Collection[str] = (),
    heritages: Heritages | None = None,
) -> Edition:
    """Add, then remove. What was written by a former code is rewritten as the commune of today.

    Raises PerimetreModifie, PerimetreRefuse.
    """
    tenu = _hold(perimetre, version, StatutPerimetre.BROUILLON)
    heritages = heritages or Heritages()
    ecrits = set(list_codes(tenu))
    avant = heritages.expand(ecrits)
    voulues = (avant | heritages.expand(ajoute)) - heritages.expand(retire)
    connues = read_unites(voulues, heritages)
    _check_nombre(connues)
    CommunePerimetre.objects.filter(perimetre=tenu, commune__in=ecrits - connues.keys()).delete()
    CommunePerimetre.objects.bulk_create(
        CommunePerimetre(perimetre=tenu, commune_id=code) for code in connues if code not in ecrits
    )
    edition = Edition(tuple(sorted(connues.keys() - avant)), tuple(sorted(avant - connues.keys())), version + 1)
    _move(tenu, perimetre, StatutPerimetre.BROUILLON)
    if edition.ajoutees or edition.retirees:
        _log(
            tenu, "perimetre_modifie", par, ajoutees=list(edition.ajoutees[:50]), retirees=list(edition.retirees[:50])
        )
    return edition


@transaction.atomic
def note_brouillon(perimetre: Perimetre, *, version: int, motif: str, effet_le: date | None) -> None:
    """Keep what is typed before the submission. Raises PerimetreModifie."""
    tenu = _hold(perimetre, version, StatutPerimetre.BROUILLON)
    _move(tenu, perimetre, StatutPerimetre.BROUILLON, motif=motif.strip()[:500], effet_le=effet_le)


@transaction.atomic
def remove_brouillon(perimetre: Perimetre, *, par: User, version: int) -> None:
    """Withdraw a draft: it is kept, and no longer shown. Raises PerimetreModifie."""
    tenu = _hold(perimetre, version, StatutPerimetre.BROUILLON)
    _move(tenu, perimetre, StatutPerimetre.RETIRE)
    _log(tenu, "perimetre_retire", par)


# --- submission and answer


@transaction.atomic
def submit_perimetre(perimetre: Perimetre, *, par: User, version: int, motif: str, effet_le: date | None) -> None:
    """Ask for the answer of the ARS. Raises PerimetreModifie, PerimetreRefuse."""
    _hold_cpts(perimetre.cpts)
    tenu = _hold(perimetre, version, StatutPerimetre.BROUILLON)
    heritages = Heritages()
    unites = heritages.expand(list_codes(tenu))
    en_vigueur = find_perimetre(tenu.cpts_id, effet_le) if effet_le else None
    if not motif.strip():
        raise PerimetreRefuse("Dites en une phrase pourquoi le périmètre change : l’ARS lit ce motif.")
    if effet_le is None or not PREMIER_JOUR <= effet_le <= timezone.localdate() + AVANCE_MAX:
        raise PerimetreRefuse(
            f"Donnez le jour où le périmètre prend effet, entre le {PREMIER_JOUR:%d/%m/%Y} et dans deux ans."
        )
    if not unites:
        raise PerimetreRefuse("Ce périmètre n’a aucune commune : ajoutez-en avant de le soumettre.")
    if en_vigueur and heritages.expand(list_codes(en_vigueur)) == unites:
        raise PerimetreRefuse("Ce périmètre est celui qui est en vigueur ce jour-là : il n’y a rien à soumettre.")
    if Perimetre.objects.filter(cpts=tenu.cpts_id, statut=StatutPerimetre.SOUMIS).exists():
        raise PerimetreRefuse(
            "Un périmètre de cette CPTS attend déjà la réponse de l’ARS : reprenez-le, ou attendez la réponse."
        )
    _check_suite(tenu, effet_le)
    _move(
        tenu,
        perimetre,
        StatutPerimetre.SOUMIS,
        motif=motif.strip()[:500],
        effet_le=effet_le,
        soumis_par=par,
        soumis_le=timezone.now(),
    )
    _log(tenu, "perimetre_soumis", par, communes=len(unites), effet_le=effet_le.isoformat())


@transaction.atomic
def resume_brouillon(perimetre: Perimetre, *, par: User, version: int) -> None:
    """Take back what was submitted, before the answer. Raises PerimetreModifie."""
    tenu = _hold(perimetre, version, StatutPerimetre.SOUMIS)
    _move(tenu, perimetre, StatutPerimetre.BROUILLON, soumis_par=None, soumis_le=None)
    _log(tenu, "perimetre_repris", par)


@transaction.atomic
def approve_perimetre(perimetre: Perimetre, *, par: User, version: int, commentaire: str = "") -> None:
    """Put it in force on its day: the one before is closed that day. Raises PerimetreModifie, PerimetreRefuse."""
    cpts = _hold_cpts(perimetre.cpts)
    tenu = _hold(perimetre, version, StatutPerimetre.SOUMIS)
    _check_autre(tenu, par)
    if cpts.statut in TERMINEES:
        raise PerimetreRefuse(
            f"Cette CPTS est « {cpts.get_statut_display()} » : son périmètre ne s’approuve qu’une fois le projet "
            "repris, depuis le parcours."
        )
    effet_le = tenu.effet_le
    if effet_le is None:
        raise PerimetreRefuse("Ce périmètre n’a pas de jour d’effet : refusez-le, il sera soumis à nouveau.")
    _check_suite(tenu, effet_le)
    precedent = find_perimetre(cpts.code, effet_le)
    if precedent is not None and precedent.periode is not None:
        Perimetre.objects.filter(pk=precedent.pk).update(periode=DateRange(precedent.periode.lower, effet_le))
    poids = weigh(read_unites(list_codes(tenu)).values(), read_regle_taille(cpts.region_code, effet_le))
    _move(
        tenu,
        perimetre,
        StatutPerimetre.APPROUVE,
        periode=DateRange(effet_le, None),
        population=poids.population,
        millesime_population=min(poids.millesimes, default=None),
        taille=poids.taille,
        decide_par=par,
        decide_le=timezone.now(),
        commentaire=commentaire.strip()[:1000],
    )
    _log(
        tenu,
        "perimetre_approuve",
        par,
        effet_le=effet_le.isoformat(),
        communes=poids.communes,
        population=poids.population,
        taille=poids.taille,
    )
    announce("perimetre", tenu.pk)
    emit(SUJET, cpts.code, cle=cpts.code)


@transaction.atomic
def refuse_perimetre(perimetre: Perimetre, *, par: User, version: int, commentaire: str) -> None:
    """Say no, and why. Raises PerimetreModifie, PerimetreRefuse."""
    tenu = _hold(perimetre, version, StatutPerimetre.SOUMIS)
    _check_autre(tenu, par)
    if not commentaire.strip():
        raise PerimetreRefuse("Dites pourquoi ce périmètre est refusé : la CPTS lit cette réponse.")
    _move(
        tenu,
        perimetre,
        StatutPerimetre.REFUSE,
        decide_par=par,
        decide_le=timezone.now(),
        commentaire=commentaire.strip()[:1000],
    )
    _log(tenu, "perimetre_refuse", par)
    announce("perimetre", tenu.pk)


@transaction.atomic
def end_perimetre(cpts: Cpts, *, le: date, par: User | None) -> bool:
    """Close the perimeters of a CPTS that ends: `le` is the first day without them. False: there was none.

    Those that would have begun on that day or later are withdrawn; the former ones keep their days.
    """
    _hold_cpts(cpts)
    restants = Perimetre.objects.filter(
        cpts=cpts, statut=StatutPerimetre.APPROUVE, periode__overlap=DateRange(le, None)
    )
    finis = list(restants.order_by("pk")[:PERIMETRES_MAX])
    for perimetre in finis:
        if perimetre.periode is not None and perimetre.periode.lower < le:
            Perimetre.objects.filter(pk=perimetre.pk).update(periode=DateRange(perimetre.periode.lower, le))
            _log(perimetre, "perimetre_clos", par, le=le.isoformat())
        else:
            _move(perimetre, perimetre, StatutPerimetre.RETIRE)
            _log(perimetre, "perimetre_retire", par)
    if finis:
        emit(SUJET, cpts.code, cle=cpts.code)
    return bool(finis)


# --- what the acts share


def _hold_cpts(cpts: Cpts) -> Cpts:
    """One act of this kind at a time for a CPTS."""
    return Cpts.objects.select_for_update(no_key=True, of=("self",)).get(pk=cpts.pk)


def _find_dernier(cpts: Cpts) -> Perimetre | None:
    """In force today, else the last one that was: a project taken up again begins there."""
    approuves = Perimetre.objects.filter(cpts=cpts, statut=StatutPerimetre.APPROUVE)
    return find_perimetre(cpts.code, timezone.localdate()) or approuves.order_by("-periode", "-pk").first()


def _hold(perimetre: Perimetre, version: int, statut: StatutPerimetre) -> Perimetre:
    tenu = Perimetre.objects.select_for_update(no_key=True, of=("self",)).get(pk=perimetre.pk)
    if tenu.version != version or tenu.statut != statut:
        raise PerimetreModifie(
            "Ce périmètre a changé depuis que vous l’avez ouvert : voici son état. Rien de votre demande n’est "
            "enregistré ; ce que vous aviez saisi est gardé ci-dessous, vérifiez-le et recommencez."
        )
    return tenu


def _move(tenu: Perimetre, montre: Perimetre, statut: StatutPerimetre, **champs: Any) -> None:
    """Write the row held, and bring the caller's copy up to date."""
    Perimetre.objects.filter(pk=tenu.pk).update(statut=statut, version=tenu.version + 1, **champs)
    montre.refresh_from_db()


def _check_nombre(unites: dict[str, Unite]) -> None:
    if len(unites) > COMMUNES_MAX:
        raise PerimetreRefuse(
            f"{len(unites)} communes : un périmètre en a {COMMUNES_MAX} au plus. Vérifiez ce que vous ajoutez."
        )


def _check_autre(tenu: Perimetre, par: User) -> None:
    if tenu.soumis_par_id == par.pk:
        raise PerimetreRefuse("Vous avez soumis ce périmètre : une autre personne doit y répondre.")


def _check_suite(tenu: Perimetre, effet_le: date) -> None:
    """The periods follow each other: nothing in force begins on or after the day."""
    suivant = (
        Perimetre.objects.filter(cpts=tenu.cpts_id, statut=StatutPerimetre.APPROUVE, periode__startswith__gte=effet_le)
        .order_by("-periode", "pk")
        .first()
    )
    if suivant is not None and suivant.periode is not None:
        raise PerimetreRefuse(
            f"Un périmètre approuvé commence le {suivant.periode.lower:%d/%m/%Y} : donnez un jour d’effet postérieur."
        )


def _log(perimetre: Perimetre, action: str, par: User | None, **details: Any) -> None:
    Evenement.objects.create(
        objet=f"cpts.cpts:{perimetre.cpts_id}",
        action=action,
        auteur=par,
        details={"perimetre": perimetre.pk, **details},
    )
