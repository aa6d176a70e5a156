"""A scheme as a person reads it: the tree in sentences, the levels by their indentation, each with its text of law."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from aides.regles.conditions import (
    AInstruire,
    Anciennete,
    Comparaison,
    Condition,
    DansListe,
    DansPerimetre,
    DansZone,
    Feuille,
    Operateur,
    Ouverture,
    Parmi,
)
from aides.regles.dispositifs import LIBELLES_JOUR, Version
from aides.regles.faits import FAITS, format_jour, format_valeur
from aides.regles.references import Reference

OPERATEURS = {
    Operateur.AU_MOINS: "au moins",
    Operateur.AU_PLUS: "au plus",
    Operateur.PLUS_DE: "plus de",
    Operateur.MOINS_DE: "moins de",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One node of the tree. `precision` says the exact test; `verifie` is False for what stays « à instruire »."""

    profondeur: int
    texte: str
    precision: str
    reference: Reference | None
    verifie: bool


def describe_condition(condition: Condition, profondeur: int = 0) -> Iterator[Phrase]:
    """The tree as a flat list of sentences, root first."""
    verifie = not isinstance(condition, AInstruire) and getattr(condition, "verifie", True)
    yield Phrase(profondeur, condition.libelle, _describe_test(condition), condition.reference, verifie)
    for branche in condition.branches:
        yield from describe_condition(branche, profondeur + 1)


def describe_version(version: Version) -> list[str]:
    """A version as lines of plain text: period, conditions, amounts, duties."""
    fin = f" jusqu'au {format_jour(version.ferme_le)} exclu" if version.ferme_le else ""
    lignes = [
        f"Du {format_jour(version.ouvert_du)}{fin}. Zone et durées lues {LIBELLES_JOUR[version.jour_reference]}."
    ]
    for doute in version.incertitudes:
        lignes.append(
            f"Du {format_jour(doute.du)} au {format_jour(doute.jusqu_au)} exclu, à instruire : {doute.raison}."
        )
    for phrase in describe_condition(version.conditions):
        precision = f" ({phrase.precision})" if phrase.precision else ""
        lignes.append(f"{'  ' * phrase.profondeur}- {phrase.texte}{precision}")
    lignes.extend(f"Montant : {composante.libelle}" for composante in version.bareme.composantes)
    lignes.extend(f"Obligation : {enonce.texte}" for enonce in version.obligations)
    return lignes


def _describe_test(condition: Condition) -> str:
    if isinstance(condition, Feuille) and condition.raison:
        return f"à instruire : {condition.raison}"
    match condition:
        case Parmi():
            fait = FAITS[condition.fait]
            return f"{fait.libelle} : {' ou '.join(format_valeur(fait, valeur) for valeur in condition.valeurs)}"
        case Comparaison():
            fait = FAITS[condition.fait]
            seuil = condition.seuil
            texte = format_jour(seuil) if isinstance(seuil, date) else format_valeur(fait, seuil)
            return f"{fait.libelle} : {OPERATEURS[condition.operateur]} {texte}"
        case Anciennete():
            return f"{FAITS[condition.fait].libelle} : {OPERATEURS[condition.operateur]} {condition.mois} mois"
        case DansZone():
            return f"niveaux admis : {', '.join(condition.niveaux)}"
        case DansListe():
            return f"liste de communes : {condition.liste}"
        case DansPerimetre():
            return f"lieux : {', '.join(condition.lieux)}"
        case Ouverture() if condition.incertitudes:
            return "ouverture incertaine une partie de la période"
        case _:
            return ""
