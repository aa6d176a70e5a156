"""What a scheme pays, in words, before anybody's facts."""

from decimal import Decimal

from aides.regles.calculs import (
    APreciser,
    Calcul,
    Forfait,
    JusquA,
    ParChoix,
    ParParametre,
    ParTranche,
    ParUnite,
    ParZone,
    Pourcentage,
)
from aides.regles.conditions import Condition, Tous, UnDe
from aides.regles.dispositifs import Version
from aides.regles.faits import FAITS, format_nombre, format_valeur
from aides.regles.montants import Composante, Periodicite, format_euros, format_fourchette
from aides.regles.references import Reference

ABREGES = {"zip": "ZIP", "zac": "ZAC"}
SANS_NOM = frozenset({Tous(()).libelle, UnDe(()).libelle})
PRORATA = " En secteur 2, au prorata de l'activité à tarif opposable."


def describe_bareme(version: Version) -> list[tuple[str, str, Reference]]:
    """Each line of the amount: what it is, how much, its text of law."""
    return [(c.libelle, describe_composante(c), c.reference) for c in version.bareme.composantes]


def describe_composante(composante: Composante) -> str:
    annees = "" if "année" in composante.libelle.lower() else describe_annees(composante.annees)
    texte = annees + describe_calcul(composante.calcul, composante.periodicite)
    if composante.si is None:
        return texte
    return f"{texte} Condition : {describe_condition(composante.si)}."


def describe_condition(condition: Condition) -> str:
    """In one line: a group that has its own words says them, the others list their branches."""
    if not condition.branches or condition.libelle not in SANS_NOM:
        return condition.libelle
    liaison = " ou " if isinstance(condition, UnDe) else " ; "
    return liaison.join(describe_condition(branche) for branche in condition.branches)


def describe_calcul(calcul: Calcul, periodicite: Periodicite) -> str:
    match calcul:
        case Forfait():
            texte = f"{say(calcul.montant, periodicite)}."
            return texte + PRORATA if calcul.prorata_opposable else texte
        case ParTranche():
            unite = FAITS[calcul.fait].unite
            paliers = [
                f"{say(montant, periodicite)} à partir de {format_nombre(seuil)} {unite}".strip()
                for seuil, montant in reversed(calcul.tranches)
            ]
            return " ; ".join(paliers) + "."
        case ParZone():
            parts = [f"{say(montant, periodicite)} en {ABREGES.get(n, n)}" for n, montant in calcul.montants]
            return " ; ".join(parts) + "."
        case Pourcentage():
            base = FAITS[calcul.fait].libelle.lower()
            texte = f"{format_nombre(calcul.taux * 100)}\u00a0% ({base})"
            texte += "." if calcul.plafond is None else f", au plus {say(calcul.plafond, periodicite)}."
            return texte + PRORATA if calcul.prorata_opposable else texte
        case ParUnite():
            unite = FAITS[calcul.fait].libelle.lower()
            return f"{format_euros(calcul.montant)} chacun ({unite}), {format_nombre(calcul.maximum)} au plus."
        case ParChoix():
            fait = FAITS[calcul.fait]
            parts = [
                f"{say(montant, periodicite)} ({format_valeur(fait, valeur)})" for valeur, montant in calcul.montants
            ]
            return " ; ".join(parts) + "."
        case ParParametre():
            return "Montant fixé par chaque région."
        case JusquA():
            return f"{format_fourchette(Decimal(0), calcul.plafond, periodicite)}."
        case APreciser():
            return f"Montant à préciser : {calcul.raison}."


def describe_annees(annees: tuple[int, int | None] | None) -> str:
    """« Années 2 à 3 : », or nothing when it is paid every year."""
    if annees is None or annees == (1, None):
        return ""
    premiere, derniere = annees
    if derniere is None:
        return f"À partir de l'année {premiere} : "
    return f"Année {premiere} : " if premiere == derniere else f"Années {premiere} à {derniere} : "


def say(montant: Decimal, periodicite: Periodicite) -> str:
    return format_fourchette(montant, montant, periodicite)
