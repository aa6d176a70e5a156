"""The money of an ACI, to the cent: years of the contract, what is due, when it is paid. Pure functions.

A mission's fixed part: at its start, 75 % of the part that runs to the anniversary; at each anniversary, the balance
of the year that ends and 75 % of the one that begins (Sénat, rapport 32, 2025-2026). None is « à renseigner »: it is
never taken for zero, and a sum that holds one says « au moins ».
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
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
    """A year of the contract: `[debut, fin[`, from anniversary to anniversary."""

    rang: int
    debut: date
    fin: date

    @property
    def jours(self) -> int:
        return (self.fin - self.debut).days


def list_annees(signe_le: date, fin_le: date) -> list[Annee]:
    """The whole years of the contract, and what is left of one that ends early. Counted from the signature itself."""
    annees: list[Annee] = []
    while len(annees) < 50:
        debut = add_mois(signe_le, 12 * len(annees))
        if debut >= fin_le:
            break
        annees.append(Annee(len(annees) + 1, debut, add_mois(signe_le, 12 * (len(annees) + 1))))
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

    `depuis`: the first day that counts; None: the mission has not begun, nothing is due.
    """

    depuis: date | None
    jours: int
    sur: int
    du: Decimal | None
    avance: Decimal | None
    avance_le: date | None
    solde: Decimal | None
    solde_le: date | None


def compute_fixe(
    annuel: Decimal | None, annee: Annee, demarree_le: date | None, *, taux: Decimal | None, par_mois: bool = False
) -> Fixe:
    """The balance is what the advance leaves: both always make what is due, to the cent. `taux`: 0.75."""
    if demarree_le is None or demarree_le >= annee.fin:
        return Fixe(None, 0, annee.jours, ZERO, ZERO, None, ZERO, None)
    depuis = max(demarree_le, annee.debut)
    jours, sur = (count_mois(depuis, annee.fin), 12) if par_mois else ((annee.fin - depuis).days, annee.jours)
    if annuel is None:
        return Fixe(depuis, jours, sur, None, None, depuis, None, annee.fin)
    du = round_cent(annuel * jours / sur)
    if taux is None:
        return Fixe(depuis, jours, sur, du, None, None, None, None)
    avance = round_cent(du * taux)
    return Fixe(depuis, jours, sur, du, avance, depuis, du - avance, annee.fin)


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
