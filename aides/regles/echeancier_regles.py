"""What a scheme says of its payments, of its duties and of an early end: the YAML key `echeancier`, typed."""

from dataclasses import dataclass
from enum import StrEnum

from aides.regles.conditions import Condition
from aides.regles.references import Reference


class Rythme(StrEnum):
    """How the money comes. AUCUN: nothing is paid by a contract, and the scheme says why."""

    PARTS = "parts"
    ANNEES = "annees"
    CIVIL = "civil"
    MENSUEL = "mensuel"
    AUCUN = "aucun"


class Cadence(StrEnum):
    """When a duty falls due. SERVICE: months to be worked after the term, as many as were paid."""

    UNE_FOIS = "une_fois"
    PAR_AN = "par_an"
    PAR_AN_CIVIL = "par_an_civil"
    AU_TERME = "au_terme"
    SERVICE = "service"


class RegleFin(StrEnum):
    """What is given back when the contract stops before its term."""

    PRORATA_RESTANT = "prorata_restant"
    PRORATA_ANNEE = "prorata_annee"
    TOTAL = "total"
    RIEN = "rien"
    A_INSTRUIRE = "a_instruire"


class Granularite(StrEnum):
    """The unit of a pro rata. The texts read do not say it: it is a setting, and unset gives both figures."""

    JOUR = "jour"
    MOIS = "mois"


@dataclass(frozen=True, slots=True)
class Engagement:
    """A duty. `mois`: the delay (UNE_FOIS), or the fewest months (SERVICE). `fait`: the fact that says how much.

    `si`: due unless this is false; unknown, it is due and « à instruire ».
    """

    code: str
    libelle: str
    cadence: Cadence
    reference: Reference
    mois: int = 0
    fait: str = ""
    si: Condition | None = None
    a_instruire: str = ""


@dataclass(frozen=True, slots=True)
class Delai:
    """What runs between a notification and its effect, by who ends the contract (« titulaire », « ars », « cpam »)."""

    par: str
    reference: Reference
    preavis_mois: int = 0
    observations_mois: int = 0
    a_instruire: str = ""


@dataclass(frozen=True, slots=True)
class FinAnticipee:
    regle: RegleFin
    reference: Reference
    a_instruire: str = ""
    delais: tuple[Delai, ...] = ()

    def delai(self, par: str) -> Delai | None:
        return next((delai for delai in self.delais if delai.par == par), None)


@dataclass(frozen=True, slots=True)
class ReglesEcheancier:
    """`raison`: why nothing is paid (AUCUN), else what stays « à instruire » in every payment.

    `jour_fixe`: (month, day) on which the payments after the first fall, a civil year apart. `fin_annee`: a yearly
    payment falls at the end of its contract year, not at its beginning. `mois_max`: monthly payments at most.
    `revalorise`: from an anniversary on, the amounts are those of the version in force that day.
    """

    rythme: Rythme
    reference: Reference
    raison: str = ""
    jour_fixe: tuple[int, int] | None = None
    fin_annee: bool = False
    mois_max: int | None = None
    revalorise: bool = False
    engagements: tuple[Engagement, ...] = ()
    fin: FinAnticipee | None = None
