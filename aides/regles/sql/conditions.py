"""A tree of conditions as one boolean expression: NULL is « unknown », and AND, OR, NOT have Kleene's tables."""

from collections.abc import Mapping

from aides.regles.conditions import (
    AInstruire,
    Anciennete,
    Comparaison,
    Condition,
    DansListe,
    DansPerimetre,
    DansZone,
    Non,
    Operateur,
    Ouverture,
    Parmi,
    Tous,
    UnDe,
)
from aides.regles.sql.jours import Jour
from aides.regles.sql.textes import FAUX, INCONNU, VRAI, column, literal, literals

OPERATEURS: Mapping[Operateur, str] = {
    Operateur.AU_MOINS: ">=",
    Operateur.AU_PLUS: "<=",
    Operateur.PLUS_DE: ">",
    Operateur.MOINS_DE: "<",
}


def compile_condition(condition: Condition, jour: Jour) -> str:
    match condition:
        case Tous():
            return _join("AND", VRAI, condition.branches, jour)
        case UnDe():
            return _join("OR", FAUX, condition.branches, jour)
        case Non():
            return f"(NOT {compile_condition(condition.branche, jour)})"
        case AInstruire():
            return INCONNU
        case Ouverture():
            return compile_ouverture(condition, jour)
        case _:
            return compile_feuille(condition, jour) if condition.verifie else INCONNU


def _join(mot: str, vide: str, branches: tuple[Condition, ...], jour: Jour) -> str:
    return "(" + (f" {mot} ".join(compile_condition(branche, jour) for branche in branches) or vide) + ")"


def compile_feuille(feuille: Condition, jour: Jour) -> str:
    """A leaf that somebody verified."""
    match feuille:
        case Parmi(fait=fait, valeurs=valeurs):
            return f"({column(fait)} IN ({literals(valeurs)}))"
        case Comparaison(fait=fait, operateur=operateur, seuil=seuil):
            return f"({column(fait)} {OPERATEURS[operateur]} {literal(seuil)})"
        case Anciennete():
            return compile_anciennete(feuille, jour)
        case DansZone(niveaux=niveaux):
            return f"(({jour.zone}) IN ({literals(niveaux)}))"
        case DansListe(liste=liste):
            return f"((({jour.listes}) ->> {literal(liste)})::boolean)"
        case DansPerimetre(lieux=lieux):
            dedans = f"{column('lieux')} && ARRAY[{literals(lieux)}]"
            return f"(CASE WHEN {column('commune_choisie')} THEN {dedans} END)"
        case _:
            raise TypeError(f"no SQL for {type(feuille).__name__}")


def compile_anciennete(feuille: Anciennete, jour: Jour) -> str:
    """PostgreSQL adds months as `calendrier.add_mois` does: a day too late for its month becomes the last one."""
    valeur = column(feuille.fait)
    anniversaire = f"({valeur} + interval '{feuille.mois:d} months')"
    signe = ">=" if feuille.operateur is Operateur.AU_MOINS else "<"
    return f"(CASE WHEN {valeur} <= ({jour.reference}) THEN ({jour.reference}) {signe} {anniversaire} END)"


def compile_ouverture(feuille: Ouverture, jour: Jour) -> str:
    doutes = [
        f"({jour.au} >= {literal(doute.du)} AND {jour.au} < {literal(doute.jusqu_au)})"
        for doute in feuille.incertitudes
    ]
    return f"(CASE WHEN {' OR '.join(doutes)} THEN {INCONNU} ELSE true END)" if doutes else VRAI
