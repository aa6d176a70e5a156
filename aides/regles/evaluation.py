"""One scheme read for one person on one day: the verdict, its proof, the amount, and what is still to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from aides.regles.changements import Changement, find_changements
from aides.regles.conditions import Preuve
from aides.regles.dispositifs import Catalogue, Dispositif, Version
from aides.regles.faits import FAITS, Fait
from aides.regles.lecteur import open_contexte
from aides.regles.montants import Montant, annual_maximum, compute_montant
from aides.regles.situation import Situation, Valeur
from aides.regles.utilite import find_useful
from aides.regles.valeurs import sample_values


class Issue(StrEnum):
    ELIGIBLE = "eligible"
    NON_ELIGIBLE = "non_eligible"
    A_INSTRUIRE = "a_instruire"

    @property
    def libelle(self) -> str:
        return LIBELLES_ISSUE[self]


LIBELLES_ISSUE = {Issue.ELIGIBLE: "Éligible", Issue.NON_ELIGIBLE: "Non éligible", Issue.A_INSTRUIRE: "À instruire"}
ISSUES = {True: Issue.ELIGIBLE, False: Issue.NON_ELIGIBLE, None: Issue.A_INSTRUIRE}
RANGS = {Issue.ELIGIBLE: 0, Issue.A_INSTRUIRE: 1, Issue.NON_ELIGIBLE: 2}
LIBELLES_MANQUANTS = {
    "commune": "Commune d'exercice",
    "zone": "Zone de la commune",
    "liste:frr": "Liste des communes FRR",
    "liste:frr_plus": "Liste des communes FRR+",
    "liste:frr_ex_zrr": "Liste des communes sorties des ZRR",
    "liste:zrr": "Liste des communes en ZRR",
}


@dataclass(frozen=True)
class Resultat:
    """One scheme for one person. `montant` is None when not eligible or when nothing is paid.

    `manquants`: the facts (or « commune », « zone ») without which the verdict is open, in the order of the text.
    `situation` and `au` are what it was read from: the changes are searched there, only once somebody reads them.
    """

    dispositif: Dispositif
    version: Version
    issue: Issue
    montant: Montant | None
    preuve: Preuve
    manquants: tuple[str, ...]
    reference: date | None
    situation: Situation
    au: date

    @cached_property
    def changements(self) -> tuple[Changement, ...]:
        """The smallest changes that would make one eligible: some hundred evaluations, made when a page shows them."""
        verdict, fin = self.preuve.verdict, self.dispositif.find_fin(self.version)
        return find_changements(
            self.version, self.situation, au=self.au, verdict=verdict, manquants=self.manquants, fin=fin
        )

    @property
    def points_a_instruire(self) -> tuple[Preuve, ...]:
        """The open points that no answer can close: unverified values, doubtful days, an unknown zone."""
        return tuple(feuille for feuille in self.preuve.live() if not _asked(feuille))

    @property
    def refus(self) -> tuple[Preuve, ...]:
        """Why not: the conditions of the first level that are not met. Empty unless « non éligible »."""
        if self.issue is not Issue.NON_ELIGIBLE:
            return ()
        branches = self.preuve.branches or (self.preuve,)
        return tuple(branche for branche in branches if branche.verdict is False) or (self.preuve,)


def find_manquants(preuve: Preuve) -> tuple[str, ...]:
    """What the verdict waits for: the facts that can still change it, and an unknown zone, in the text's order."""
    utiles = {id(feuille) for feuille in find_useful(preuve, _asked)}
    feuilles = [feuille for feuille in preuve.live() if id(feuille) in utiles or not _asked(feuille)]
    return tuple(dict.fromkeys(code for feuille in feuilles for code in feuille.manquants))


def _asked(feuille: Preuve) -> bool:
    return any(code in FAITS or code == "commune" for code in feuille.manquants)


def evaluate(dispositif: Dispositif, version: Version, situation: Situation, *, au: date) -> Resultat:
    """The verdict and its proof. The day has no default; the version is one of `Catalogue.versions_au(au)`."""
    contexte = open_contexte(version, situation, au)
    preuve = version.conditions.evaluate(contexte)
    issue = ISSUES[preuve.verdict]
    montant = None if issue is Issue.NON_ELIGIBLE else compute_montant(version.bareme, contexte)
    manquants = find_manquants(preuve) if issue is Issue.A_INSTRUIRE else ()
    return Resultat(dispositif, version, issue, montant, preuve, manquants, contexte.reference, situation, au)


def evaluate_all(catalogue: Catalogue, situation: Situation, *, au: date) -> tuple[Resultat, ...]:
    """Every open scheme, the best first: eligible ones, then open ones, then the others; the larger amount first."""
    resultats = [evaluate(dispositif, version, situation, au=au) for dispositif, version in catalogue.versions_au(au)]
    return tuple(sorted(resultats, key=lambda resultat: (RANGS[resultat.issue], -annual_maximum(resultat.montant))))


def find_questions(resultats: Sequence[Resultat], situation: Situation, *, au: date) -> tuple[Fait, ...]:
    """The facts that can still change a verdict, those that settle most schemes soonest first.

    A fact is scored by the schemes it settles, on average over its values; then by the schemes it touches.
    """
    ouverts = [resultat for resultat in resultats if resultat.issue is Issue.A_INSTRUIRE]
    scores: dict[str, tuple[Decimal, int]] = {}
    for code in dict.fromkeys(code for resultat in ouverts for code in resultat.manquants if code in FAITS):
        if not FAITS[code].can_be_asked(situation.faits):
            continue
        concernes = [resultat.version for resultat in ouverts if code in resultat.manquants]
        valeurs = sample_values(code, concernes, situation.faits, au)
        regles = sum(_is_settled(version, situation, code, valeur, au) for version in concernes for valeur in valeurs)
        scores[code] = (Decimal(regles) / max(len(valeurs), 1), len(concernes))
    rangs = {code: rang for rang, code in enumerate(FAITS)}
    ordre = sorted(scores, key=lambda code: (-scores[code][0], -scores[code][1], rangs[code]))
    return tuple(FAITS[code] for code in ordre)


def find_precisions(resultats: Sequence[Resultat], situation: Situation) -> tuple[Fait, ...]:
    """The facts that change no verdict but would narrow an amount: offered apart, never in the way."""
    codes = dict.fromkeys(code for resultat in resultats if resultat.montant for code in resultat.montant.manquants)
    demandes = {code for resultat in resultats for code in resultat.manquants}
    return tuple(
        FAITS[code]
        for code in codes
        if code in FAITS and code not in demandes and FAITS[code].can_be_asked(situation.faits)
    )


def _is_settled(version: Version, situation: Situation, code: str, valeur: Valeur, au: date) -> bool:
    essai = replace(situation, faits={**situation.faits, code: valeur})
    return version.conditions.evaluate(open_contexte(version, essai, au)).verdict is not None
