"""How one line of an amount is computed: from facts to a range in euros, exact when every fact is known."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from aides.regles.situation import Contexte, Valeur

CENTIME = Decimal("0.01")
ZERO = Decimal(0)


def round_centime(montant: Decimal) -> Decimal:
    """Commercial rounding, the only one of the product."""
    return montant.quantize(CENTIME, ROUND_HALF_UP)


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
    """A share of a fact in euros, up to a cap (None: no cap); in secteur 2, pro rata of the opposable activity.

    Whether the cap comes before or after the pro rata is not verified: the two readings bound the range.
    """

    fait: str
    taux: Decimal
    plafond: Decimal | None
    prorata_opposable: bool = False

    def compute(self, contexte: Contexte) -> Fourchette:
        base = contexte.faits.get(self.fait)
        if not isinstance(base, int | Decimal):
            return Fourchette(ZERO, self.plafond, (self.fait,))
        brut = round_centime(base * self.taux)
        plafonne = self._cap(brut)
        if not self.prorata_opposable or contexte.faits.get("secteur") == "secteur_1":
            return Fourchette(plafonne, plafonne)
        taux = contexte.faits.get("taux_opposable")
        if not isinstance(taux, int | Decimal):
            return Fourchette(ZERO, plafonne, ("taux_opposable",))
        part = Decimal(taux) / 100
        minimum = round_centime(plafonne * part)
        if "secteur" not in contexte.faits:
            return Fourchette(minimum, plafonne, ("secteur",))
        return Fourchette(minimum, self._cap(round_centime(brut * part)))

    def _cap(self, montant: Decimal) -> Decimal:
        return montant if self.plafond is None else min(montant, self.plafond)


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


@dataclass(frozen=True, slots=True)
class ParChoix:
    """A table by the value of a choice or of a yes-no: (value, amount). A value without a line pays nothing."""

    fait: str
    montants: tuple[tuple[Valeur, Decimal], ...]

    def compute(self, contexte: Contexte) -> Fourchette:
        valeur = contexte.faits.get(self.fait)
        if valeur is None:
            montants = [montant for _, montant in self.montants]
            return Fourchette(min(montants), max(montants), (self.fait,))
        montant = next((montant for cle, montant in self.montants if cle == valeur), ZERO)
        return Fourchette(montant, montant)


@dataclass(frozen=True, slots=True)
class ParParametre:
    """An amount that each région sets. Not set: said, never guessed.

    `tranches`: (from, code of the parameter) by thresholds of `fait`, the lowest first; `fait` None: the only code.
    """

    tranches: tuple[tuple[Decimal, str], ...]
    fait: str | None = None

    def compute(self, contexte: Contexte) -> Fourchette:
        code = self.tranches[-1][1]
        if self.fait is not None:
            valeur = contexte.faits.get(self.fait)
            if not isinstance(valeur, int | Decimal):
                return Fourchette(ZERO, None, (self.fait,))
            atteints = [code for seuil, code in self.tranches if valeur >= seuil]
            if not atteints:
                return Fourchette(ZERO, ZERO)
            code = atteints[-1]
        montant = contexte.locaux.parametre(code)
        if montant is None:
            return Fourchette(ZERO, None, contexte.manque_lieu)
        return Fourchette(montant, montant)


Calcul = Forfait | ParTranche | ParZone | Pourcentage | ParUnite | JusquA | APreciser | ParChoix | ParParametre
