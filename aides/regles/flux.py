"""What a contract brings, month by month: from the amount of a version to lines that have a day and a length.

A minimum counts only what is certain. Guaranteed incomes, supplements not yet certain and amounts « à préciser » are
named beside, never added.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aides.regles.calculs import ZERO, Fourchette, round_centime
from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import Version
from aides.regles.montants import Composante, Periodicite, format_fourchette
from aides.regles.situation import Contexte


@dataclass(frozen=True, slots=True)
class Ligne:
    """An amount paid on `du` (`mois` 0), or earned evenly over `mois` months from that day."""

    libelle: str
    du: date
    mois: int
    minimum: Decimal
    maximum: Decimal

    def split_annees(self) -> Iterator[tuple[int, Decimal, Decimal]]:
        """By civil year; to the cent, the parts add up to the line."""
        if not self.mois:
            yield self.du.year, self.minimum, self.maximum
            return
        minimum = maximum = ZERO
        for rang in range(1, self.mois + 1):
            annee = add_mois(self.du, rang - 1).year
            if rang < self.mois and add_mois(self.du, rang).year == annee:
                continue
            jusque = (round_centime(self.minimum * rang / self.mois), round_centime(self.maximum * rang / self.mois))
            yield annee, jusque[0] - minimum, jusque[1] - maximum
            minimum, maximum = jusque


@dataclass(frozen=True, slots=True)
class Apports:
    """The lines of a contract within the plan, and what is said without being counted."""

    lignes: tuple[Ligne, ...]
    garanties: tuple[str, ...]
    en_plus: tuple[str, ...]
    a_preciser: tuple[str, ...]
    apres: bool
    """Whether something is paid after the last day of the plan."""

    @property
    def minimum(self) -> Decimal:
        return sum((ligne.minimum for ligne in self.lignes), ZERO)

    @property
    def maximum(self) -> Decimal:
        return sum((ligne.maximum for ligne in self.lignes), ZERO)


@dataclass(frozen=True, slots=True)
class Baremes:
    """The amounts of a version on the day a contract begins: they do not depend on when it ends."""

    version: Version
    reference: date
    valeurs: tuple[tuple[Composante, Fourchette], ...]


def read_baremes(version: Version, contexte: Contexte, du: date) -> Baremes:
    valeurs = ((composante, composante.compute(contexte)) for composante in version.bareme.composantes)
    payees = tuple((composante, valeur) for composante, valeur in valeurs if valeur.maximum != ZERO)
    return Baremes(version, contexte.reference or du, payees)


def count_mois(du: date, au: date) -> int:
    """The whole months from a day to another."""
    mois = (au.year - du.year) * 12 + au.month - du.month
    return max(0, mois - (add_mois(du, mois) > au))


def build_apports(baremes: Baremes, du: date, fin: date, horizon: date, *, terme_connu: bool) -> Apports:
    """What is paid from `du` to `fin`, before `horizon`. Without a known term nothing periodic is certain."""
    mois = count_mois(du, min(fin, horizon))
    comptees = [(c, v) for c, v in baremes.valeurs if not c.garantie and not (c.supplement and v.minimum == ZERO)]
    lignes = [
        ligne
        for composante, valeur in comptees
        if composante.periodicite is not Periodicite.UNIQUE
        for ligne in _list_periodiques(composante, valeur, du, mois, terme_connu)
    ]
    uniques = [(c, v) for c, v in comptees if c.periodicite is Periodicite.UNIQUE]
    toutes = _list_uniques(baremes, uniques, du)
    lignes += [ligne for ligne in toutes if ligne.du < horizon]
    return Apports(
        tuple(ligne for ligne in lignes if ligne.maximum),
        _name((c, v) for c, v in baremes.valeurs if c.garantie),
        _name((c, v) for c, v in baremes.valeurs if c.supplement and not c.garantie and v.minimum == ZERO),
        tuple(dict.fromkeys(c.libelle for c, v in comptees if v.maximum is None)),
        any(ligne.du >= horizon for ligne in toutes),
    )


def _list_periodiques(
    composante: Composante, valeur: Fourchette, du: date, mois: int, terme_connu: bool
) -> Iterator[Ligne]:
    """One line a contract year: the months of it that fall before the end."""
    premiere, derniere = composante.annees or (1, None)
    for annee in range(premiere, -(-mois // 12) + 1):
        if derniere is not None and annee > derniere:
            return
        duree = min(12, mois - 12 * (annee - 1))
        part = Decimal(duree) if composante.periodicite is Periodicite.PAR_MOIS else Decimal(duree) / 12
        minimum = round_centime(valeur.minimum * part) if terme_connu else ZERO
        maximum = round_centime((valeur.minimum if valeur.maximum is None else valeur.maximum) * part)
        yield Ligne(composante.libelle, add_mois(du, 12 * (annee - 1)), duree, minimum, maximum)


def _list_uniques(baremes: Baremes, uniques: list[tuple[Composante, Fourchette]], du: date) -> list[Ligne]:
    """The instalments of what is paid once: a day already past is paid when the contract begins."""
    if not uniques:
        return []
    minimum = sum((valeur.minimum for _, valeur in uniques), ZERO)
    maximum = sum((v.minimum if v.maximum is None else v.maximum for _, v in uniques), ZERO)
    versements = baremes.version.bareme.versements
    if not versements:
        return [Ligne(uniques[0][0].libelle, du, 0, round_centime(minimum), round_centime(maximum))]
    lignes, restes = [], [round_centime(minimum), round_centime(maximum)]
    for rang, versement in enumerate(versements, start=1):
        dernier = rang == len(versements)
        parts = [
            reste if dernier else round_centime(total * versement.part)
            for reste, total in zip(restes, (minimum, maximum), strict=True)
        ]
        restes = [reste - part for reste, part in zip(restes, parts, strict=True)]
        jour = max(du, add_mois(baremes.reference, versement.mois))
        lignes.append(Ligne(versement.libelle, jour, 0, parts[0], parts[1]))
    return lignes


def _name(valeurs: Iterable[tuple[Composante, Fourchette]]) -> tuple[str, ...]:
    """Each line with its amount, as the answer of the check writes it."""
    return tuple(
        f"{composante.libelle} : "
        + format_fourchette(valeur.minimum, valeur.maximum, composante.periodicite, garantie=composante.garantie)
        for composante, valeur in valeurs
    )
