"""What is given back when a contract stops before its term, with the calculation that an agent checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aides.regles.calculs import ZERO
from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import Version
from aides.regles.echeancier_regles import Delai, Granularite, RegleFin
from aides.regles.montants import format_euros
from aides.regles.prorata import Part, part_restante

SANS_REGLE = "ce dispositif ne dit pas ce qui est rendu à la fin anticipée : le contrat signé le fixe"
DEUX_FIGURES = "le prorata se compte en jours ou en mois : les textes lus ne le disent pas"


@dataclass(frozen=True, slots=True)
class Calcul:
    """One way to count, as it is written, and its result."""

    libelle: str
    formule: str
    montant: Decimal


@dataclass(frozen=True, slots=True)
class Remboursement:
    """`montant` None: an agent decides among `calculs`, for the reason said in `a_instruire`."""

    montant: Decimal | None
    verse: Decimal
    calculs: tuple[Calcul, ...]
    reference: str = ""
    a_instruire: str = ""


@dataclass(frozen=True, slots=True)
class DelaisFin:
    """The days that follow a notification. `a_instruire`: what the texts read do not say."""

    observations_jusqu_au: date | None
    effet_au_plus_tot: date
    reference: str = ""
    a_instruire: str = ""


def compute_remboursement(
    version: Version,
    *,
    effet: date,
    terme: date | None,
    fin: date,
    verses: Sequence[Decimal],
    granularite: Granularite | None = None,
) -> Remboursement:
    """`fin`: the first day without contract. `verses`: the payments made."""
    verse = sum(verses, ZERO)
    regle = version.echeancier.fin if version.echeancier else None
    if regle is None:
        return Remboursement(None if verse else ZERO, verse, (), a_instruire=SANS_REGLE if verse else "")
    reference = regle.reference.texte
    if not verse:
        return Remboursement(ZERO, ZERO, (), reference, regle.a_instruire)
    part = part_restante(effet, terme, fin) if terme else None
    total = Calcul("Tout ce qui a été versé", format_euros(verse), verse)
    match regle.regle:
        case RegleFin.RIEN:
            return Remboursement(ZERO, verse, (), reference, regle.a_instruire)
        case RegleFin.PRORATA_ANNEE:
            calcul = Calcul("Les années passées restent acquises ; la dernière est payée au prorata", "0 €", ZERO)
            return Remboursement(ZERO, verse, (calcul,), reference, regle.a_instruire)
        case RegleFin.TOTAL:
            montant = verse if not regle.a_instruire else None
            return Remboursement(montant, verse, (total,), reference, regle.a_instruire)
        case RegleFin.A_INSTRUIRE:
            calculs = (total, *(_proratas(verse, part, None) if part else ()))
            return Remboursement(None, verse, calculs, reference, regle.a_instruire)
        case RegleFin.PRORATA_RESTANT:
            if part is None:
                return Remboursement(None, verse, (total,), reference, "le terme du contrat n'est pas connu")
            return _prorata(verse, part, granularite, reference, regle.a_instruire)


def _prorata(verse: Decimal, part: Part, granularite: Granularite | None, reference: str, doute: str) -> Remboursement:
    calculs = _proratas(verse, part, granularite)
    montants = {calcul.montant for calcul in calculs}
    if len(montants) == 1 and not doute:
        return Remboursement(montants.pop(), verse, calculs, reference)
    return Remboursement(None, verse, calculs, reference, doute or DEUX_FIGURES)


def _proratas(verse: Decimal, part: Part, granularite: Granularite | None) -> tuple[Calcul, ...]:
    """Amount paid × what remains ÷ the whole: in the unit that was chosen, else in both."""
    libelles = {Granularite.JOUR: "Prorata en jours", Granularite.MOIS: "Prorata en mois entiers restants"}
    choix = [granularite] if granularite else list(Granularite)
    return tuple(Calcul(libelles[g], part.explain(verse, g), part.apply(verse, g)) for g in choix)


def compute_delais(version: Version, *, par: str, notifiee_le: date) -> DelaisFin:
    """From the day of reception of the registered letter: until when the other side answers, and the earliest end."""
    fin = version.echeancier.fin if version.echeancier else None
    delai: Delai | None = fin.delai(par) if fin else None
    if delai is None:
        return DelaisFin(None, notifiee_le, a_instruire="le préavis et le délai d'observations ne sont pas vérifiés")
    observations = add_mois(notifiee_le, delai.observations_mois) if delai.observations_mois else None
    effet = max(add_mois(notifiee_le, delai.preavis_mois), observations or notifiee_le)
    return DelaisFin(observations, effet, delai.reference.texte, delai.a_instruire)
