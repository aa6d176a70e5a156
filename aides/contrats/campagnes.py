"""The yearly settlement of a scheme in a région: opened, brought up to date, closed, reopened with a reason.

The database holds the window (migration 0014): its clock, not ours, says what comes late.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from aides.catalogue import catalogue
from aides.contrats.erreurs import explain
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible
from aides.dossiers.etats import Statut
from aides.models import Campagne, Echeance, LigneCampagne, Nature, StatutEcheance
from aides.regles.echeancier_regles import Rythme
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.accounts.portee import Portee, read_portee
from portal.core.models import Evenement
from zonage.models import Region

LIGNES_MAX = 20_000
LOT = 500
OUVERTES = (StatutEcheance.PREVUE, StatutEcheance.A_PAYER)
REGLABLES = (Statut.EN_COURS, Statut.SUSPENDUE, Statut.A_L_ECHEANCE, Statut.RESILIEE)


def list_dispositifs() -> list[tuple[str, str]]:
    """The schemes that are settled by civil year: what a campaign may be opened for."""
    annuels = []
    for dispositif in catalogue().dispositifs:
        version = dispositif.versions[-1] if dispositif.versions else None
        if version and version.echeancier and version.echeancier.rythme is Rythme.CIVIL:
            annuels.append((dispositif.code, dispositif.sigle))
    return sorted(annuels)


def may_manage(portee: Portee, region: str) -> bool:
    """A campaign is the région's: a mandat over one of its départements does not open it."""
    return portee.covers(region, "", Role.ADMINISTRATEUR, Role.VALIDEUR)


def read_horloge() -> datetime:
    """The instant by the clock that decides: the database's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (instant,) = cursor.fetchone()
    return timezone.localtime(instant)


def format_instant(instant: datetime) -> str:
    """« 30/04/2026 à 23 h 59 min 07 s »."""
    local = timezone.localtime(instant)
    return f"{local:%d/%m/%Y} à {local.hour}\u00a0h\u00a0{local.minute:02d}\u00a0min\u00a0{local.second:02d}\u00a0s"


def is_ouverte(campagne: Campagne, au: date) -> bool:
    return campagne.close_le is None and campagne.periode.lower <= au < campagne.periode.upper


def describe_etat(campagne: Campagne, au: date) -> str:
    if campagne.close_le is not None:
        return f"close le {format_instant(campagne.close_le)}"
    if au < campagne.periode.lower:
        return f"ouvre le {campagne.periode.lower:%d/%m/%Y} à 0\u00a0h"
    if au >= campagne.periode.upper:
        return f"finie le {campagne.periode.upper:%d/%m/%Y} à 0\u00a0h"
    return f"ouverte jusqu'au {campagne.periode.upper:%d/%m/%Y} à 0\u00a0h"


@transaction.atomic
def open_campagne(*, par: User, region: Region, dispositif: str, annee: int, debut: date, fin: date) -> Campagne:
    """Open it, with a line for each payment of that civil year. `fin`: the last day, included."""
    _check_droit(par, region.pk)
    _check_fenetre(annee, debut, fin)
    if dispositif not in dict(list_dispositifs()):
        raise ActeInvalide(
            "Ce dispositif ne se règle pas par année civile.", {"dispositif": "Choisissez-en un autre."}
        )
    try:
        with transaction.atomic():
            campagne = Campagne.objects.create(
                region=region,
                dispositif=dispositif,
                annee=annee,
                periode=_build_fenetre(debut, fin),
                ouverte_par=par,
            )
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    creees = add_lignes(campagne)
    _write_evenement(campagne, "ouvrir", par, lignes=creees, debut=debut.isoformat(), fin=fin.isoformat())
    return campagne


def _build_fenetre(debut: date, fin: date) -> DateRange:
    return DateRange(debut, date.fromordinal(fin.toordinal() + 1))


def _check_droit(par: User, region: str) -> None:
    if not may_manage(read_portee(par), region):
        raise DroitRefuse("Cette campagne est celle d'une région : il y faut un valideur ou un administrateur.")


def _check_fenetre(annee: int, debut: date, fin: date) -> None:
    erreurs = {}
    if debut <= date(annee, 12, 31):
        erreurs["debut"] = f"L'année {annee} se règle une fois finie : à partir du 1er janvier {annee + 1}."
    if fin < debut:
        erreurs["fin"] = "Le dernier jour vient après le premier."
    if fin > date(annee + 6, 12, 31):
        erreurs["fin"] = "Plus de cinq ans après : vérifiez l'année."
    if erreurs:
        raise ActeInvalide("Ces jours ne se suivent pas.", erreurs)


def find_echeances(campagne: Campagne) -> QuerySet[Echeance]:
    """The open payments of that civil year, in this région."""
    debut, fin = date(campagne.annee, 1, 1), date(campagne.annee + 1, 1, 1)
    return Echeance.objects.filter(
        region_code=campagne.region_id,
        contrat__dispositif=campagne.dispositif,
        contrat__demande__statut__in=REGLABLES,
        nature=Nature.VERSEMENT,
        statut__in=OUVERTES,
        periode__startswith__gte=debut,
        periode__startswith__lt=fin,
    )


def count_sans_plafond(campagne: Campagne) -> int:
    """Payments that no line can hold: nothing says how much they may reach."""
    return find_echeances(campagne).filter(montant=None, plafond=None).count()


def add_lignes(campagne: Campagne) -> int:
    """A line for each payment that has none. What is known exactly is asked already: nothing to declare."""
    sans = find_echeances(campagne).filter(ligne=None).annotate(borne=Coalesce("montant", "plafond"))
    lues = list(sans.exclude(borne=None).order_by("pk")[: LIGNES_MAX + 1])
    if len(lues) > LIGNES_MAX:
        raise ActeInvalide(f"Plus de {LIGNES_MAX} versements : prévenez l'administrateur technique.")
    nouvelles = [
        LigneCampagne(
            campagne=campagne,
            echeance=echeance,
            proprietaire_id=echeance.proprietaire_id,
            region_code=echeance.region_code,
            departement_code=echeance.departement_code,
            guichet=echeance.guichet,
            potentiel=echeance.borne,
            demande=echeance.montant,
            calcul="montant fixe du contrat" if echeance.montant is not None else "",
        )
        for echeance in lues
    ]
    LigneCampagne.objects.bulk_create(nouvelles, batch_size=LOT)
    return len(nouvelles)


@transaction.atomic
def refresh_campagne(campagne: Campagne, *, par: User) -> tuple[int, int]:
    """After avenants: lines added, potentials put right. What is granted does not move. (added, changed)."""
    tenue = lock_campagne(campagne)
    _check_droit(par, tenue.region_id)
    if tenue.close_le is not None:
        raise TransitionImpossible(f"Cette campagne est {describe_etat(tenue, timezone.localdate())}.")
    ajoutees = add_lignes(tenue)
    fausses = tenue.lignes.filter(accorde=None, echeance__statut__in=OUVERTES)
    fausses = fausses.annotate(borne=Coalesce("echeance__montant", "echeance__plafond"))
    changees = 0
    for ligne in fausses.exclude(borne=None).exclude(borne=F("potentiel")).order_by("pk")[:LIGNES_MAX]:
        borne: Decimal = ligne.borne
        changees += LigneCampagne.objects.filter(pk=ligne.pk, version=ligne.version).update(
            potentiel=borne, version=ligne.version + 1
        )
    _write_evenement(tenue, "actualiser", par, ajoutees=ajoutees, changees=changees)
    return ajoutees, changees


def lock_campagne(campagne: Campagne) -> Campagne:
    Campagne.objects.select_for_update(no_key=True, of=("self",)).get(pk=campagne.pk)
    return Campagne.objects.get(pk=campagne.pk)


@transaction.atomic
def close_campagne(campagne: Campagne, *, par: User) -> Campagne:
    """Nothing is declared any more; what was asked may still be granted. The database stamps the instant."""
    tenue = lock_campagne(campagne)
    _check_droit(par, tenue.region_id)
    if tenue.close_le is not None:
        raise TransitionImpossible(f"Cette campagne est déjà {describe_etat(tenue, timezone.localdate())}.")
    Campagne.objects.filter(pk=tenue.pk).update(close_le=timezone.now(), close_par=par)
    tenue.refresh_from_db()
    _write_evenement(tenue, "clore", par)
    return tenue


@transaction.atomic
def reopen_campagne(campagne: Campagne, *, par: User, fin: date, motif: str) -> Campagne:
    """Until `fin` included, for a reason that stays written."""
    tenue = lock_campagne(campagne)
    _check_droit(par, tenue.region_id)
    erreurs = {}
    if not motif.strip():
        erreurs["motif"] = "Dites pourquoi la campagne rouvre."
    if fin < timezone.localdate():
        erreurs["fin"] = "Le nouveau dernier jour est aujourd'hui ou après."
    if erreurs:
        raise ActeInvalide("La campagne n'est pas rouverte.", erreurs)
    try:
        with transaction.atomic():
            Campagne.objects.filter(pk=tenue.pk).update(
                close_le=None,
                close_par=None,
                periode=_build_fenetre(min(tenue.periode.lower, timezone.localdate()), fin),
                reouvertures=tenue.reouvertures + 1,
                reouverture_motif=motif.strip()[:300],
            )
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    tenue.refresh_from_db()
    _write_evenement(tenue, "rouvrir", par, fin=fin.isoformat(), reouverture=tenue.reouvertures)
    return tenue


def close_finies(au: date) -> int:
    """The campaigns whose window is over are closed for good. Run again, it changes nothing."""
    finies = Campagne.objects.filter(close_le=None, periode__endswith__lte=au).order_by("pk")[:LOT]
    closes = 0
    for campagne in finies:
        if Campagne.objects.filter(pk=campagne.pk, close_le=None).update(close_le=timezone.now()):
            _write_evenement(campagne, "clore", None)
            closes += 1
    return closes


def _write_evenement(campagne: Campagne, action: str, par: User | None, **details: Any) -> None:
    Evenement.objects.create(objet=f"aides.campagne:{campagne.pk}", action=action, auteur=par, details=details)
