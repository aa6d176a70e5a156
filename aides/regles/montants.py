"""Amounts as data: what is paid, how often, in how many parts; exact decimals, and a range when a fact is missing."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from aides.regles.calendrier import add_mois
from aides.regles.conditions import Condition
from aides.regles.faits import format_nombre
from aides.regles.references import Reference
from aides.regles.situation import Contexte

CENTIME = Decimal("0.01")
ZERO = Decimal(0)


class Periodicite(StrEnum):
    UNIQUE = "unique"
    PAR_AN = "an"
    PAR_MOIS = "mois"


SUFFIXES = {Periodicite.UNIQUE: "", Periodicite.PAR_AN: " par an", Periodicite.PAR_MOIS: " par mois"}


def round_centime(montant: Decimal) -> Decimal:
    """Commercial rounding, the only one of the product."""
    return montant.quantize(CENTIME, ROUND_HALF_UP)


def format_euros(montant: Decimal) -> str:
    exact = round_centime(montant)
    entier = f"{format_nombre(exact.to_integral_value(rounding='ROUND_DOWN'))}"
    centimes = f"{exact % 1:.2f}"[2:]
    return f"{entier}\u00a0€" if centimes == "00" else f"{entier},{centimes}\u00a0€"


@dataclass(frozen=True, slots=True)
class Fourchette:
    """From `minimum` to `maximum`, both included; `maximum` None: no upper bound is known. Equal: an exact amount."""

    minimum: Decimal
    maximum: Decimal | None
    manquants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forfait:
    """A fixed amount; `prorata_opposable`: in secteur 2, in proportion of the activity at opposable tariffs."""

    montant: Decimal
    prorata_opposable: bool = False

    def compute(self, contexte: Contexte) -> Fourchette:
        if not self.prorata_opposable or contexte.faits.get("secteur") == "secteur_1":
            return Fourchette(self.montant, self.montant)
        taux = contexte.faits.get("taux_opposable")
        if not isinstance(taux, int | Decimal):
            return Fourchette(ZERO, self.montant, ("taux_opposable",))
        montant = round_centime(self.montant * taux / 100)
        if "secteur" not in contexte.faits:
            return Fourchette(montant, self.montant, ("secteur",))
        return Fourchette(montant, montant)


@dataclass(frozen=True, slots=True)
class ParTranche:
    """A table by thresholds of a fact, the lowest first: (from, amount). Under the first one, nothing."""

    fait: str
    tranches: tuple[tuple[Decimal, Decimal], ...]

    def compute(self, contexte: Contexte) -> Fourchette:
        valeur = contexte.faits.get(self.fait)
        if not isinstance(valeur, int | Decimal):
            montants = [montant for _, montant in self.tranches]
            return Fourchette(min(montants), max(montants), (self.fait,))
        atteints = [montant for seuil, montant in self.tranches if valeur >= seuil]
        montant = atteints[-1] if atteints else ZERO
        return Fourchette(montant, montant)


@dataclass(frozen=True, slots=True)
class ParZone:
    """An amount by niveau. An unknown zone gives the range of them all."""

    montants: tuple[tuple[str, Decimal], ...]

    def compute(self, contexte: Contexte) -> Fourchette:
        niveau = contexte.zone.niveau if contexte.zone else None
        if niveau is None:
            valeurs = [montant for _, montant in self.montants]
            return Fourchette(min(valeurs), max(valeurs), contexte.manque_zone)
        montant = dict(self.montants).get(niveau, ZERO)
        return Fourchette(montant, montant)


@dataclass(frozen=True, slots=True)
class Pourcentage:
    """A share of a fact in euros, up to a cap; in secteur 2, pro rata of the activity at opposable tariffs.

    Whether the cap comes before or after the pro rata is not verified: the two readings bound the range.
    """

    fait: str
    taux: Decimal
    plafond: Decimal
    prorata_opposable: bool = False

    def compute(self, contexte: Contexte) -> Fourchette:
        base = contexte.faits.get(self.fait)
        if not isinstance(base, int | Decimal):
            return Fourchette(ZERO, self.plafond, (self.fait,))
        brut = round_centime(base * self.taux)
        plafonne = min(brut, self.plafond)
        if not self.prorata_opposable or contexte.faits.get("secteur") == "secteur_1":
            return Fourchette(plafonne, plafonne)
        taux = contexte.faits.get("taux_opposable")
        if not isinstance(taux, int | Decimal):
            return Fourchette(ZERO, plafonne, ("taux_opposable",))
        part = Decimal(taux) / 100
        minimum = round_centime(plafonne * part)
        if "secteur" not in contexte.faits:
            return Fourchette(minimum, plafonne, ("secteur",))
        return Fourchette(minimum, min(round_centime(brut * part), self.plafond))


@dataclass(frozen=True, slots=True)
class ParUnite:
    """So much for each unit of a fact, up to its maximum."""

    fait: str
    montant: Decimal
    maximum: Decimal

    def compute(self, contexte: Contexte) -> Fourchette:
        valeur = contexte.faits.get(self.fait)
        if not isinstance(valeur, int | Decimal):
            return Fourchette(ZERO, self.montant * self.maximum, (self.fait,))
        montant = self.montant * min(Decimal(valeur), self.maximum)
        return Fourchette(montant, montant)


@dataclass(frozen=True, slots=True)
class JusquA:
    """A guarantee or a complement that depends on what is not asked: from nothing to a cap."""

    plafond: Decimal

    def compute(self, contexte: Contexte) -> Fourchette:
        return Fourchette(ZERO, self.plafond)


@dataclass(frozen=True, slots=True)
class APreciser:
    """The amount is not verified: said, never guessed."""

    raison: str

    def compute(self, contexte: Contexte) -> Fourchette:
        return Fourchette(ZERO, None)


Calcul = Forfait | ParTranche | ParZone | Pourcentage | ParUnite | JusquA | APreciser


@dataclass(frozen=True, slots=True)
class Composante:
    """One line of an amount. `si`: paid only when this holds."""

    code: str
    libelle: str
    periodicite: Periodicite
    calcul: Calcul
    reference: Reference
    si: Condition | None = None
    supplement: bool = False
    garantie: bool = False

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

    @property
    def texte(self) -> str:
        return format_fourchette(self.minimum, self.maximum, self.periodicite, garantie=self.garantie)


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
        garantie = self.lignes[0].garantie
        return format_fourchette(self.minimum, self.maximum, self.periodicite, garantie=garantie)


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
        precision = composante.calcul.raison if isinstance(composante.calcul, APreciser) else ""
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
            )
        )
    if not lignes:
        return None
    periodicite = lignes[0].periodicite
    memes = [ligne for ligne in lignes if ligne.periodicite is periodicite and not ligne.en_plus]
    minimum = sum((ligne.minimum for ligne in memes), ZERO)
    maxima = [ligne.maximum for ligne in memes if ligne.maximum is not None]
    maximum = sum(maxima, ZERO) if len(maxima) == len(memes) else None
    versements = split_versements(bareme, minimum, contexte.reference) if minimum == maximum else ()
    return Montant(minimum, maximum, periodicite, tuple(lignes), versements, tuple(manquants))


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
        ),
        ZERO,
    )
