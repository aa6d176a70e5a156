"""Writing figures: each is a new row; a figure that another replaces stays, with the reason (docs/adr/0200)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from portal.core.models import Evenement
from portal.core.outbox import emit
from prevention.calculs.taux import Effectif, TauxImpossible, check_effectif
from prevention.enums import StatutReleve
from prevention.models import Campagne, Cible, FichierReleves, Releve
from prevention.services.erreurs import ActeInvalide, explained
from prevention.services.secret import refresh_secret
from prevention.territoires import locate

SUJET = "prevention.releve"
LOT = 2000


@dataclass(frozen=True, slots=True)
class Saisie:
    """A figure to write. `fin`: the last day counted, included."""

    niveau: str
    code: str
    debut: date
    fin: date
    effectif: Effectif
    statut: str = StatutReleve.PROVISOIRE.value
    au_moins: bool = False
    note: str = ""

    @property
    def periode(self) -> DateRange:
        return DateRange(self.debut, self.fin + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Origine:
    """Where figures come from, once for all those of a file. `motif`: of the replacements that it makes."""

    source: str
    millesime: str = ""
    motif: str = ""
    demonstration: bool = False
    fichier: FichierReleves | None = None


def write_releves(cible: Cible, saisies: Sequence[Saisie], origine: Origine, *, par: Any, au: date) -> tuple[int, int]:
    """(written, already known). What changed takes the place of what it changes. Raises ActeRefuse; all or nothing."""
    with explained(), transaction.atomic():
        ecrites, periodes = _write(cible, saisies, origine, par)
        for periode in periodes:
            refresh_secret(cible, periode, au=au)
        if ecrites:
            log_releves(cible.campagne, cible, "releves", par, ecrites=ecrites)
        return ecrites, len(saisies) - ecrites


def _write(cible: Cible, saisies: Sequence[Saisie], origine: Origine, par: Any) -> tuple[int, list[DateRange]]:
    lieux = locate((saisie.niveau, saisie.code) for saisie in saisies)
    courants = {_key(releve): releve for releve in _list_courants(cible, saisies)}
    nouveaux = []
    for saisie in saisies:
        ancien = courants.get((saisie.niveau, saisie.code, saisie.debut, saisie.fin))
        if ancien is not None and _is_same(ancien, saisie):
            continue
        nouveaux.append(_build(cible, saisie, origine, par, lieux[saisie.niveau, saisie.code], ancien))
    Releve.objects.bulk_create(nouveaux, batch_size=LOT)
    periodes = {(releve.periode.lower, releve.periode.upper) for releve in nouveaux}
    return len(nouveaux), [DateRange(*bornes) for bornes in sorted(periodes)]


def _list_courants(cible: Cible, saisies: Iterable[Saisie]) -> list[Releve]:
    periodes = {(saisie.debut, saisie.fin): saisie.periode for saisie in saisies}
    lus = Releve.objects.courants().filter(cible=cible, periode__in=list(periodes.values()))
    return list(lus.select_for_update(no_key=True).order_by("pk"))


def _key(releve: Releve) -> tuple[str, str, date, date]:
    fin = releve.periode.upper - timedelta(days=1)
    return releve.territoire_type, releve.territoire_code, releve.periode.lower, fin


def _is_same(ancien: Releve, saisie: Saisie) -> bool:
    effectif = Effectif(ancien.numerateur, ancien.denominateur, ancien.exclusions)
    return (effectif, ancien.statut, ancien.au_moins) == (saisie.effectif, saisie.statut, saisie.au_moins)


def _build(
    cible: Cible, saisie: Saisie, origine: Origine, par: Any, lieu: tuple[str, str], ancien: Releve | None
) -> Releve:
    return Releve(
        campagne_id=cible.campagne_id,
        cible=cible,
        territoire_type=saisie.niveau,
        territoire_code=saisie.code,
        region_code=lieu[0],
        departement_code=lieu[1],
        periode=saisie.periode,
        numerateur=saisie.effectif.numerateur,
        denominateur=saisie.effectif.denominateur,
        exclusions=saisie.effectif.exclusions,
        au_moins=saisie.au_moins,
        statut=saisie.statut,
        source=origine.source,
        millesime=origine.millesime,
        note=saisie.note,
        demonstration=origine.demonstration,
        fichier=origine.fichier,
        remplace=ancien,
        motif=(origine.motif or f"Mise à jour du {timezone.localdate():%d/%m/%Y}") if ancien else "",
        saisi_par=par,
    )


def add_releve(cible: Cible, saisie: Saisie, origine: Origine, *, par: Any, au: date) -> Releve:
    """One figure entered by hand, where there is none yet. Raises ActeRefuse."""
    _check(saisie.effectif)
    lieu = locate([(saisie.niveau, saisie.code)]).get((saisie.niveau, saisie.code))
    if lieu is None:
        raise ActeInvalide(
            "Ce territoire n'existe pas.", {"territoire_code": "Donnez un code de territoire qui existe."}
        )
    with explained(), transaction.atomic():
        releve = _build(cible, saisie, origine, par, lieu, None)
        releve.save()
        refresh_secret(cible, saisie.periode, au=au)
        log_releves(cible.campagne, cible, "releve_saisi", par, releve=releve.pk)
    releve.refresh_from_db()
    return releve


def correct_releve(
    releve: Releve, effectif: Effectif, *, statut: str, motif: str, par: Any, au: date, note: str = ""
) -> Releve:
    """Another figure in the place of this one, in an open season or a closed one. Both are kept. Raises ActeRefuse."""
    if not motif.strip():
        raise ActeInvalide("Dites pourquoi ce relevé est corrigé.", {"motif": "Dites pourquoi."})
    _check(effectif)
    fin = releve.periode.upper - timedelta(days=1)
    saisie = Saisie(
        releve.territoire_type, releve.territoire_code, releve.periode.lower, fin, effectif, statut, False, note
    )
    if _is_same(releve, saisie) and note == releve.note:
        raise ActeInvalide("Rien ne change : corrigez au moins une valeur.")
    origine = Origine(releve.source, releve.millesime, motif.strip()[:300], releve.demonstration)
    with explained(), transaction.atomic():
        lieu = (releve.region_code, releve.departement_code)
        nouveau = _build(releve.cible, saisie, origine, par, lieu, releve)
        nouveau.save()
        refresh_secret(releve.cible, nouveau.periode, au=au)
        log_releves(releve.campagne, releve.cible, "releve_corrige", par, releve=nouveau.pk, remplace=releve.pk)
    nouveau.refresh_from_db()
    return nouveau


def list_versions(releve: Releve) -> list[Releve]:
    """The figures of the same territory, target and period, the one in force first."""
    lus = Releve.objects.filter(
        cible=releve.cible_id,
        territoire_type=releve.territoire_type,
        territoire_code=releve.territoire_code,
        periode=releve.periode,
    )
    return list(lus.select_related("saisi_par").order_by("-pk")[:50])


def log_releves(campagne: Campagne, cible: Cible, action: str, par: Any, **details: Any) -> None:
    """In the journal, and to those who count on it (`MAILLAGE_ABONNEMENTS`)."""
    Evenement.objects.create(
        objet=f"prevention.campagne:{campagne.code}",
        action=action,
        auteur=par,
        details={"cible": cible.code, **details},
    )
    emit(SUJET, campagne.code, cle=campagne.code)


def _check(effectif: Effectif) -> None:
    try:
        check_effectif(effectif)
    except TauxImpossible as refus:
        raise ActeInvalide(str(refus), {"numerateur": str(refus)}) from refus
