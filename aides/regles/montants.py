"""Amounts as data: what is paid, how often, in how many parts; exact decimals, and a range when a fact is missing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from aides.regles.calculs import ZERO, APreciser, Calcul, Fourchette, ParParametre, round_centime
from aides.regles.calendrier import add_mois
from aides.regles.conditions import Condition
from aides.regles.faits import format_nombre
from aides.regles.references import Reference
from aides.regles.situation import Contexte


class Periodicite(StrEnum):
    UNIQUE = "unique"
    PAR_AN = "an"
    PAR_MOIS = "mois"


SUFFIXES = {Periodicite.UNIQUE: "", Periodicite.PAR_AN: " par an", Periodicite.PAR_MOIS: " par mois"}
NOMBRES = {2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six", 7: "sept", 8: "huit", 9: "neuf", 10: "dix"}


def format_euros(montant: Decimal) -> str:
    exact = round_centime(montant)
    entier = f"{format_nombre(exact.to_integral_value(rounding='ROUND_DOWN'))}"
    centimes = f"{exact % 1:.2f}"[2:]
    return f"{entier}\u00a0€" if centimes == "00" else f"{entier},{centimes}\u00a0€"


@dataclass(frozen=True, slots=True)
class Composante:
    """One line of an amount. `si`: paid only when this holds.

    `annees`: the years of the contract in which it is paid, (first, last or None), for degressive aids; None: each.
    Only what the first year pays enters the amount shown first.
    """

    code: str
    libelle: str
    periodicite: Periodicite
    calcul: Calcul
    reference: Reference
    si: Condition | None = None
    supplement: bool = False
    garantie: bool = False
    annees: tuple[int, int | None] | None = None

    @property
    def premiere_annee(self) -> bool:
        return self.annees is None or self.annees[0] == 1

    def compute(self, contexte: Contexte) -> Fourchette:
        valeur = self.calcul.compute(contexte)
        if self.si is None:
            return valeur
        preuve = self.si.evaluate(contexte)
        if preuve.verdict is False:
            return Fourchette(ZERO, ZERO)
        if preuve.verdict is None:
            manquants = tuple(code for feuille in preuve.live() for code in feuille.manquants)
            return Fourchette(ZERO, valeur.maximum, (*manquants, *valeur.manquants))
        return valeur


@dataclass(frozen=True, slots=True)
class Versement:
    """A part of a one-off amount, `mois` months after the reference day."""

    part: Decimal
    libelle: str
    mois: int
    reference: Reference


@dataclass(frozen=True, slots=True)
class Bareme:
    composantes: tuple[Composante, ...]
    versements: tuple[Versement, ...] = ()


@dataclass(frozen=True, slots=True)
class LigneMontant:
    code: str
    libelle: str
    periodicite: Periodicite
    minimum: Decimal
    maximum: Decimal | None
    reference: Reference
    precision: str = ""
    en_plus: bool = False
    garantie: bool = False
    annees: tuple[int, int | None] | None = None

    @property
    def premiere_annee(self) -> bool:
        return self.annees is None or self.annees[0] == 1

    @property
    def texte(self) -> str:
        """What one year alone pays is not said « par an »: the label names the year."""
        texte = format_fourchette(self.minimum, self.maximum, self.periodicite, garantie=self.garantie)
        seule = self.annees is not None and self.annees[0] == self.annees[1]
        return texte.removesuffix(SUFFIXES[Periodicite.PAR_AN]) if seule else texte


@dataclass(frozen=True, slots=True)
class VersementDate:
    """What is paid on one day; the day is None when the reference day is unknown."""

    libelle: str
    montant: Decimal
    jour: date | None


@dataclass(frozen=True, slots=True)
class Montant:
    """What may be received, of the first periodicity met: the other lines stay in `lignes`.

    A line `en_plus` is a supplement not yet certain: shown beside the amount, never counted in it.
    `maximum` None: « à préciser ». `manquants`: the facts that would narrow the range.
    """

    minimum: Decimal
    maximum: Decimal | None
    periodicite: Periodicite
    lignes: tuple[LigneMontant, ...]
    versements: tuple[VersementDate, ...]
    manquants: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return self.minimum == self.maximum

    @property
    def texte(self) -> str:
        """Of a degressive aid, the amount shown first says how long it lasts: it is not that of every year."""
        texte = format_fourchette(self.minimum, self.maximum, self.periodicite, garantie=self.lignes[0].garantie)
        comptees = [ligne for ligne in self.lignes if ligne.premiere_annee and not ligne.en_plus]
        fins = [ligne.annees[1] for ligne in comptees if ligne.annees is not None and ligne.annees[1] is not None]
        if not fins or self.periodicite is not Periodicite.PAR_AN or self.maximum is None:
            return texte
        if (duree := min(fins)) == 1:
            return f"{texte.removesuffix(SUFFIXES[self.periodicite])} les douze premiers mois"
        return f"{texte} les {NOMBRES.get(duree, duree)} premières années"


def format_fourchette(
    minimum: Decimal, maximum: Decimal | None, periodicite: Periodicite, *, garantie: bool = False
) -> str:
    if garantie and maximum is not None:
        texte = format_fourchette(minimum, maximum, periodicite)
        return f"Revenu garanti : {texte[0].lower()}{texte[1:]}"
    suffixe = SUFFIXES[periodicite]
    if maximum is None:
        return f"Au moins {format_euros(minimum)}{suffixe}" if minimum else "Montant à préciser"
    if minimum == maximum:
        return f"{format_euros(minimum)}{suffixe}"
    if not minimum:
        return f"Jusqu'à {format_euros(maximum)}{suffixe}"
    return f"De {format_euros(minimum)} à {format_euros(maximum)}{suffixe}"


def compute_montant(bareme: Bareme, contexte: Contexte) -> Montant | None:
    """The amount of a scheme for these facts; None when nothing is paid at all."""
    lignes: list[LigneMontant] = []
    manquants: dict[str, None] = {}
    for composante in bareme.composantes:
        valeur = composante.compute(contexte)
        manquants.update(dict.fromkeys(valeur.manquants))
        if valeur.maximum == ZERO:
            continue
        precision = _explain(composante.calcul)
        lignes.append(
            LigneMontant(
                composante.code,
                composante.libelle,
                composante.periodicite,
                round_centime(valeur.minimum),
                None if valeur.maximum is None else round_centime(valeur.maximum),
                composante.reference,
                precision,
                composante.supplement and valeur.minimum == ZERO,
                composante.garantie,
                composante.annees,
            )
        )
    if not lignes:
        return None
    periodicite = lignes[0].periodicite
    premieres = [ligne for ligne in lignes if ligne.premiere_annee]
    memes = [ligne for ligne in premieres if ligne.periodicite is periodicite and not ligne.en_plus]
    minimum = sum((ligne.minimum for ligne in memes), ZERO)
    maxima = [ligne.maximum for ligne in memes if ligne.maximum is not None]
    maximum = sum(maxima, ZERO) if len(maxima) == len(memes) else None
    versements = split_versements(bareme, minimum, contexte.reference) if minimum == maximum else ()
    return Montant(minimum, maximum, periodicite, tuple(lignes), versements, tuple(manquants))


def _explain(calcul: Calcul) -> str:
    if isinstance(calcul, APreciser):
        return calcul.raison
    return "Montant fixé par chaque région" if isinstance(calcul, ParParametre) else ""


def split_versements(bareme: Bareme, total: Decimal, depuis: date | None) -> tuple[VersementDate, ...]:
    """The instalments of an exact amount: their sum is the total to the cent, the last one takes the remainder."""
    reste, versements = total, []
    for rang, versement in enumerate(bareme.versements, start=1):
        dernier = rang == len(bareme.versements)
        montant = reste if dernier else round_centime(total * versement.part)
        reste -= montant
        jour = add_mois(depuis, versement.mois) if depuis else None
        versements.append(VersementDate(versement.libelle, montant, jour))
    return tuple(versements)


def annual_maximum(montant: Montant | None) -> Decimal:
    """What orders schemes, the best first: the sum of the known maxima, monthly ones over a year."""
    if montant is None:
        return ZERO
    return sum(
        (
            (ligne.minimum if ligne.maximum is None else ligne.maximum)
            * (12 if ligne.periodicite is Periodicite.PAR_MOIS else 1)
            for ligne in montant.lignes
            if ligne.premiere_annee
        ),
        ZERO,
    )
