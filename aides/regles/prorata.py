"""Pro ratas in days and in months, side by side: the texts read do not say which, so both are known and shown."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aides.regles.calculs import ZERO, round_centime
from aides.regles.calendrier import add_mois
from aides.regles.echeancier_regles import Granularite
from aides.regles.montants import format_euros


@dataclass(frozen=True, slots=True)
class Part:
    """A fraction of a duration, counted in days and in months."""

    jours: int
    jours_total: int
    mois: int
    mois_total: int

    @property
    def entiere(self) -> bool:
        return self.jours == self.jours_total

    def apply(self, montant: Decimal, granularite: Granularite) -> Decimal:
        if granularite is Granularite.JOUR:
            return round_centime(montant * self.jours / self.jours_total) if self.jours_total else ZERO
        return round_centime(montant * self.mois / self.mois_total) if self.mois_total else ZERO

    def explain(self, montant: Decimal, granularite: Granularite) -> str:
        """The calculation, as an agent reads it."""
        unite, n, total = (
            ("jours", self.jours, self.jours_total)
            if granularite is Granularite.JOUR
            else ("mois", self.mois, self.mois_total)
        )
        return f"{format_euros(montant)} × {n} ÷ {total} {unite} = {format_euros(self.apply(montant, granularite))}"


def count_mois(debut: date, fin: date) -> int:
    """The whole months from `debut` to `fin` (excluded), as the calendar counts them."""
    mois = (fin.year - debut.year) * 12 + fin.month - debut.month
    return mois if add_mois(debut, mois) <= fin else mois - 1


def part_annee(annee: int, debut: date, fin: date) -> Part:
    """How much of a civil year a contract [debut, fin[ takes; in months: those of the contract that begin in it."""
    premier, suivant = date(annee, 1, 1), date(annee + 1, 1, 1)
    du, au = max(debut, premier), min(fin, suivant)
    total = (suivant - premier).days
    if du >= au:
        return Part(0, total, 0, 12)
    mois = _count_debuts(debut, au) - (_count_debuts(debut, du) if du > debut else 0)
    return Part((au - du).days, total, mois, 12)


def _count_debuts(debut: date, avant: date) -> int:
    """The months of a contract that begin before a day."""
    mois = count_mois(debut, avant)
    return mois + 1 if add_mois(debut, mois) < avant else mois


def part_restante(effet: date, terme: date, fin: date) -> Part:
    """What remains of a contract that ends on `fin`, its first day without effect; only whole months remain."""
    fin = min(max(fin, effet), terme)
    return Part((terme - fin).days, (terme - effet).days, count_mois(fin, terme), count_mois(effet, terme))
