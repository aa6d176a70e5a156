"""The tree of conditions. Nodes are data; the three-valued evaluation builds the verdict and its proof at once.

Kleene's logic: True, False, None (unknown). One unknown leaf never decides; NULL has the same table in SQL, so that a
compiler can be a second visitor of the same nodes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

from aides.regles.calendrier import is_reached
from aides.regles.faits import FAITS, format_valeur
from aides.regles.references import Reference
from aides.regles.situation import Contexte, Valeur

Verdict = bool | None


class Operateur(StrEnum):
    AU_MOINS = "au_moins"
    AU_PLUS = "au_plus"
    PLUS_DE = "plus_de"
    MOINS_DE = "moins_de"


class Etat(StrEnum):
    """A criterion as the proof shows it."""

    SATISFAIT = "satisfait"
    NON_SATISFAIT = "non_satisfait"
    INCONNU = "inconnu"


class Preuve(NamedTuple):
    """A node, its verdict, what was found, and the proofs of its branches. `manquants`: the facts a leaf lacked.

    A tuple, and words made only when somebody reads them: an evaluation builds a hundred of these.
    """

    condition: "Condition | Feuille"
    verdict: Verdict
    branches: tuple["Preuve", ...] = ()
    trouve: Valeur | None = None
    texte: str = ""
    manquants: tuple[str, ...] = ()

    @property
    def constat(self) -> str:
        """What was found, as a person reads it."""
        if self.texte or self.trouve is None or not isinstance(self.condition, FeuilleFait):
            return self.texte
        return self.condition.describe(self.trouve)

    @property
    def libelle(self) -> str:
        return self.condition.libelle

    @property
    def reference(self) -> Reference | None:
        return self.condition.reference

    @property
    def etat(self) -> Etat:
        return ETATS[self.verdict]

    def live(self) -> Iterator["Preuve"]:
        """The unknown leaves that still matter: those reached through unknown nodes only."""
        if self.verdict is not None:
            return
        if not self.branches:
            yield self
        for branche in self.branches:
            yield from branche.live()

    def lignes(self, profondeur: int = 0) -> Iterator["LignePreuve"]:
        """The proof as a flat list, root first, for pages that must not recurse."""
        yield LignePreuve(profondeur, self.libelle, self.etat, self.constat, self.reference, bool(self.branches))
        for branche in self.branches:
            yield from branche.lignes(profondeur + 1)


@dataclass(frozen=True, slots=True)
class LignePreuve:
    profondeur: int
    libelle: str
    etat: Etat
    constat: str
    reference: Reference | None
    groupe: bool


ETATS = {True: Etat.SATISFAIT, False: Etat.NON_SATISFAIT, None: Etat.INCONNU}


@dataclass(frozen=True, slots=True)
class Tous:
    """Every branch must hold. One False decides, else one unknown leaves it unknown."""

    branches: tuple["Condition", ...]
    libelle: str = "Toutes ces conditions"
    reference: Reference | None = None

    def evaluate(self, contexte: Contexte) -> Preuve:
        preuves = tuple([branche.evaluate(contexte) for branche in self.branches])
        verdicts = {preuve.verdict for preuve in preuves}
        return Preuve(self, False if False in verdicts else None if None in verdicts else True, preuves)


@dataclass(frozen=True, slots=True)
class UnDe:
    """One branch is enough. One True decides, else one unknown leaves it unknown."""

    branches: tuple["Condition", ...]
    libelle: str = "Au moins une de ces conditions"
    reference: Reference | None = None

    def evaluate(self, contexte: Contexte) -> Preuve:
        preuves = tuple([branche.evaluate(contexte) for branche in self.branches])
        verdicts = [preuve.verdict for preuve in preuves]
        return Preuve(self, True if True in verdicts else None if None in verdicts else False, preuves)


@dataclass(frozen=True, slots=True)
class Non:
    """The branch must not hold. The contrary of unknown is unknown."""

    branche: "Condition"
    libelle: str = "Ne pas être dans ce cas"
    reference: Reference | None = None

    @property
    def branches(self) -> tuple["Condition", ...]:
        return (self.branche,)

    def evaluate(self, contexte: Contexte) -> Preuve:
        preuve = self.branche.evaluate(contexte)
        return Preuve(self, None if preuve.verdict is None else not preuve.verdict, (preuve,))


@dataclass(frozen=True, slots=True)
class Feuille:
    """What every leaf carries. `verifie=False`: nobody verified the value; the leaf stays unknown, with `raison`."""

    libelle: str
    reference: Reference
    verifie: bool = field(default=True, kw_only=True)
    raison: str = field(default="", kw_only=True)

    @property
    def branches(self) -> tuple["Condition", ...]:
        return ()

    def leave_open(self) -> Preuve:
        """The proof of a leaf that the portal does not decide."""
        return Preuve(self, None, texte=f"À instruire : {self.raison}")


@dataclass(frozen=True, slots=True)
class FeuilleFait(Feuille):
    """A leaf about one fact: unknown when the fact is absent, else decided by `holds`."""

    fait: str

    def evaluate(self, contexte: Contexte) -> Preuve:
        if not self.verifie:
            return self.leave_open()
        valeur = contexte.faits.get(self.fait)
        if valeur is None:
            return Preuve(self, None, (), None, INCONNU, (self.fait,))
        return Preuve(self, self.holds(valeur, contexte), (), valeur)

    def holds(self, valeur: Valeur, contexte: Contexte) -> Verdict:
        raise NotImplementedError

    def describe(self, valeur: Valeur) -> str:
        return format_valeur(FAITS[self.fait], valeur)


@dataclass(frozen=True, slots=True)
class Parmi(FeuilleFait):
    """The fact has one of these values (one value: equality)."""

    valeurs: tuple[Valeur, ...]

    def holds(self, valeur: Valeur, contexte: Contexte) -> Verdict:
        return valeur in self.valeurs


@dataclass(frozen=True, slots=True)
class Comparaison(FeuilleFait):
    """The fact, a number or a day, against a threshold."""

    operateur: Operateur
    seuil: int | Decimal | date

    def holds(self, valeur: Valeur, contexte: Contexte) -> Verdict:
        return COMPARAISONS[self.operateur](valeur, self.seuil)


@dataclass(frozen=True, slots=True)
class Anciennete(FeuilleFait):
    """Whether `mois` civil months have run from the day of the fact to the reference day of the scheme.

    Unknown when the reference day is, or when the fact comes after it: days that contradict decide nothing.
    """

    operateur: Operateur
    mois: int

    def holds(self, valeur: Valeur, contexte: Contexte) -> Verdict:
        reference = contexte.reference
        if reference is None or not isinstance(valeur, date) or valeur > reference:
            return None
        return is_reached(valeur, self.mois, au=reference) == (self.operateur is Operateur.AU_MOINS)

    def describe(self, valeur: Valeur) -> str:
        return f"Le {format_valeur(FAITS[self.fait], valeur)}"


@dataclass(frozen=True, slots=True)
class DansZone(Feuille):
    """The commune is in one of these niveaux, for the profession, on the reference day."""

    niveaux: tuple[str, ...]

    def evaluate(self, contexte: Contexte) -> Preuve:
        if not self.verifie:
            return self.leave_open()
        zone = contexte.zone
        if zone is None or zone.niveau is None:
            motif = zone.motif if zone and zone.motif else "Zone non connue"
            return Preuve(self, None, texte=motif, manquants=contexte.manque_zone)
        return Preuve(self, zone.niveau in self.niveaux, texte=zone.libelle or zone.niveau)


@dataclass(frozen=True, slots=True)
class DansListe(Feuille):
    """The commune is in an official list of communes (« frr », « zrr »…) on the reference day.

    Unknown while the list of that day is not loaded: nothing is guessed from its neighbours.
    """

    liste: str

    def evaluate(self, contexte: Contexte) -> Preuve:
        if not self.verifie:
            return self.leave_open()
        dedans = contexte.locaux.liste(self.liste)
        if dedans is None:
            manque = contexte.manque_lieu + contexte.manque_jour
            motif = INCONNU if manque else "La liste des communes n'est pas connue ce jour-là"
            return Preuve(self, None, texte=motif, manquants=manque or (f"liste:{self.liste}",))
        return Preuve(self, dedans, texte="La commune y figure" if dedans else "La commune n'y figure pas")


@dataclass(frozen=True, slots=True)
class DansPerimetre(Feuille):
    """The commune is in one of these places (« region:27 », « departement:71 », « epci:… », « commune:… »)."""

    lieux: tuple[str, ...]

    def evaluate(self, contexte: Contexte) -> Preuve:
        if not self.verifie:
            return self.leave_open()
        if contexte.manque_lieu:
            return Preuve(self, None, texte=INCONNU, manquants=contexte.manque_lieu)
        dedans = not contexte.lieux.isdisjoint(self.lieux)
        return Preuve(self, dedans, texte="La commune en fait partie" if dedans else "La commune n'en fait pas partie")


@dataclass(frozen=True, slots=True)
class AInstruire(Feuille):
    """A point that the portal does not decide: always unknown, with the reason."""

    def evaluate(self, contexte: Contexte) -> Preuve:
        return self.leave_open()


@dataclass(frozen=True, slots=True)
class Incertitude:
    """Days when it is not known whether the scheme was open: half-open, with the reason."""

    du: date
    jusqu_au: date
    raison: str


@dataclass(frozen=True, slots=True)
class Ouverture(Feuille):
    """The scheme takes new contracts on the day the law is read; unknown on its doubtful days."""

    incertitudes: tuple[Incertitude, ...] = ()

    def evaluate(self, contexte: Contexte) -> Preuve:
        for doute in self.incertitudes:
            if doute.du <= contexte.au < doute.jusqu_au:
                return Preuve(self, None, texte=f"À instruire : {doute.raison}")
        return Preuve(self, True, texte="Ouvert ce jour-là")


INCONNU = "Non précisé"
COMPARAISONS: Mapping[Operateur, Callable[[Any, Any], bool]] = {
    Operateur.AU_MOINS: ge,
    Operateur.AU_PLUS: le,
    Operateur.PLUS_DE: gt,
    Operateur.MOINS_DE: lt,
}
Condition = (
    Tous
    | UnDe
    | Non
    | Parmi
    | Comparaison
    | Anciennete
    | DansZone
    | DansListe
    | DansPerimetre
    | AInstruire
    | Ouverture
)


def walk(condition: Condition) -> Iterator[Condition]:
    """The node, then everything below it."""
    yield condition
    for branche in condition.branches:
        yield from walk(branche)


def facts_of(condition: Condition) -> tuple[str, ...]:
    """The facts that a tree reads, in the order of the text, each once."""
    return tuple(dict.fromkeys(noeud.fait for noeud in walk(condition) if isinstance(noeud, FeuilleFait)))
