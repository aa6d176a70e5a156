"""The money of an ACI, to the cent: years of the contract, what is due, when it is paid. Pure functions.

A mission's fixed part: at its start, 75 % of the part that runs to the anniversary; at each anniversary, the balance
of the year that ends and 75 % of the one that begins (Sénat, rapport 32, 2025-2026). None is « à renseigner »: it is
never taken for zero, and a sum that holds one says « au moins ».

No text read says what is due of the year in which a contract ends early: it is « à instruire », with both pro ratas,
unless the région wrote its rule (`fin_anticipee`); what was paid beyond is named, never taken back here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from cpts.regles.missions import add_mois

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
SOURCE_VERSEMENT = "Sénat, rapport n° 32 (2025-2026) sur les CPTS"
MAJORATION_AVANT = date(2021, 12, 31)
"""« Signé avant le 31 décembre 2021 » : the day itself is not decided."""


def round_cent(montant: Decimal) -> Decimal:
    return montant.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Annee:
    """A year of the contract: `[debut, fin[`, from anniversary to anniversary.

    `arret`: the first day without contract, when it ends inside the year.
    """

    rang: int
    debut: date
    fin: date
    arret: date | None = None

    @property
    def jours(self) -> int:
        return (self.fin - self.debut).days

    @property
    def terme(self) -> date:
        """The first day that is not of this year of contract."""
        return self.arret or self.fin


def list_annees(signe_le: date, fin_le: date, *, apres: int = 0) -> list[Annee]:
    """The whole years of the contract, and what is left of one that ends early. Counted from the signature itself.

    `apres`: the rank of the last year of a former contract.
    """
    annees: list[Annee] = []
    # Signed on a 29 February: the anniversaries fall on the 28, the term on the 1 March, and make no sixth year.
    reste = timedelta(days=(signe_le.month, signe_le.day) == (2, 29))
    while len(annees) < 50:
        debut = add_mois(signe_le, 12 * len(annees))
        if debut + reste >= fin_le:
            break
        fin = add_mois(signe_le, 12 * (len(annees) + 1))
        annees.append(Annee(apres + len(annees) + 1, debut, fin, fin_le if fin_le < fin else None))
    return annees


@dataclass(frozen=True, slots=True)
class Somme:
    """An exact sum; `partielle`: something is not filled, the sum is a least."""

    montant: Decimal
    partielle: bool

    def __add__(self, autre: "Somme") -> "Somme":
        return Somme(self.montant + autre.montant, self.partielle or autre.partielle)


def add_up(montants: Iterable[Decimal | None]) -> Somme:
    lus = list(montants)
    return Somme(sum((lu for lu in lus if lu is not None), ZERO), None in lus)


@dataclass(frozen=True, slots=True)
class Fixe:
    """What is due of a fixed part for one year: the sum, and its two payments. None: « à renseigner ».

    `depuis`: the first day that counts; None: the mission has not begun, nothing is due. `proratas`: of a year that
    the end of the contract cuts, what each unit would give (by day, by month).
    """

    depuis: date | None
    jours: int
    sur: int
    du: Decimal | None
    avance: Decimal | None
    avance_le: date | None
    solde: Decimal | None
    solde_le: date | None
    proratas: tuple[Decimal, Decimal] | None = None


def compute_fixe(
    annuel: Decimal | None,
    annee: Annee,
    demarree_le: date | None,
    *,
    taux: Decimal | None,
    par_mois: bool = False,
    fin_anticipee: str = "",
) -> Fixe:
    """The balance is what the advance leaves: both always make what is due, to the cent. `taux`: 0.75.

    `fin_anticipee`: « jour », « mois », or nothing: what is due of a year that the end of the contract cuts is not
    decided.
    """
    if demarree_le is None or demarree_le >= annee.terme:
        return Fixe(None, 0, annee.jours, ZERO, ZERO, None, ZERO, None)
    entier = _compute_annee(annuel, annee, demarree_le, taux, par_mois)
    return entier if annee.arret is None else _cut(entier, annuel, annee, annee.arret, fin_anticipee)


def _cut(entier: Fixe, annuel: Decimal | None, annee: Annee, arret: date, regle: str) -> Fixe:
    """The advance stays that of the year, as it was asked for; the balance is what it leaves of what is due."""
    depuis = entier.depuis or annee.debut
    jours, mois = (arret - depuis).days, min(12, count_mois(depuis, arret))
    compte = (mois, 12) if regle == "mois" else (jours, annee.jours)
    if annuel is None:
        return replace(entier, jours=compte[0], sur=compte[1], solde_le=arret)
    proratas = (round_cent(annuel * jours / annee.jours), round_cent(annuel * mois / 12))
    du = {"jour": proratas[0], "mois": proratas[1]}.get(regle)
    solde = None if du is None or entier.avance is None else max(ZERO, du - entier.avance)
    return replace(entier, jours=compte[0], sur=compte[1], du=du, solde=solde, solde_le=arret, proratas=proratas)


def _compute_annee(
    annuel: Decimal | None, annee: Annee, demarree_le: date, taux: Decimal | None, par_mois: bool
) -> Fixe:
    depuis = max(demarree_le, annee.debut)
    jours, sur = (count_mois(depuis, annee.fin), 12) if par_mois else ((annee.fin - depuis).days, annee.jours)
    if annuel is None:
        return Fixe(depuis, jours, sur, None, None, depuis, None, annee.fin)
    du = round_cent(annuel * jours / sur)
    if taux is None:
        return Fixe(depuis, jours, sur, du, None, None, None, None)
    avance = round_cent(du * taux)
    return Fixe(depuis, jours, sur, du, avance, depuis, du - avance, annee.fin)


@dataclass(frozen=True, slots=True)
class TropPercu:
    """What was paid beyond what is due: between two amounts while what is due is not decided. To instruct."""

    minimum: Decimal
    maximum: Decimal

    @property
    def certain(self) -> bool:
        return self.minimum == self.maximum


def compute_trop_percu(
    verse: Decimal,
    *,
    accorde: Decimal | None,
    du: Decimal | None,
    proratas: tuple[Decimal, Decimal] | None,
    fini: bool,
) -> TropPercu | None:
    """None: nothing beyond. `fini`: the contract ended in the year or before it; else only what was granted tells."""
    if accorde is None and not fini:
        return None
    du = du if accorde is None else accorde
    bas, haut = (du, du) if du is not None else (min(proratas), max(proratas)) if proratas else (ZERO, verse)
    trop = TropPercu(max(ZERO, verse - haut), max(ZERO, verse - bas))
    return trop if trop.maximum > 0 else None


def count_mois(debut: date, fin: date) -> int:
    """Whole months between two days; the one that has begun counts, as the year would."""
    mois = (fin.year - debut.year) * 12 + fin.month - debut.month
    while mois > 0 and add_mois(debut, mois) > fin:
        mois -= 1
    return mois + (add_mois(debut, mois) < fin)


def is_majoree(signe_le: date) -> bool | None:
    """The increase of the contracts signed before 31/12/2021. None: signed that very day."""
    return None if signe_le == MAJORATION_AVANT else signe_le < MAJORATION_AVANT


@dataclass(frozen=True, slots=True)
class PartVariable:
    """One indicator's share of a variable part, and what its rate would give. None: « à renseigner »."""

    part: Decimal | None
    taux: Decimal | None
    estimation: Decimal | None


def share_variable(annuel: Decimal | None, taux: Sequence[Decimal | None]) -> list[PartVariable]:
    """Equal shares whose sum is the whole, the odd cents going to the first; each earns its rate.

    An estimate of the portal: no text read gives the weights, the dialogue de gestion decides.
    """
    if annuel is None or not taux:
        return [PartVariable(None, un, None) for un in taux]
    cents, reste = divmod(int(annuel * 100), len(taux))
    parts = [Decimal(cents + (rang < reste)) / 100 for rang in range(len(taux))]
    return [
        PartVariable(part, un, None if un is None else round_cent(part * un))
        for part, un in zip(parts, taux, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Plafond:
    """What somebody received in a civil year, against the cap of that year. `depasse` None: the cap is not filled."""

    recu: Decimal
    plafond: Decimal | None

    @property
    def depasse(self) -> bool | None:
        return None if self.plafond is None else self.recu > self.plafond

    @property
    def reste(self) -> Decimal | None:
        return None if self.plafond is None else self.plafond - self.recu
