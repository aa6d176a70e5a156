"""What an open verdict waits for, as a text array: the same leaves as `evaluation.find_manquants`, in its order.

Two booleans a node are enough (see `utilite`): whether an answer may still make it false, or true.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aides.regles.conditions import (
    Anciennete,
    Comparaison,
    Condition,
    DansListe,
    DansPerimetre,
    DansZone,
    Feuille,
    FeuilleFait,
    Non,
    Parmi,
    Tous,
    UnDe,
)
from aides.regles.sql.conditions import compile_condition
from aides.regles.sql.jours import Jour
from aides.regles.sql.textes import FAUX, VRAI, both, column, either, literal

PROFESSION_INCONNUE = f"{column('profession')} IS NULL"
PREMIERS = (
    "(SELECT coalesce(array_agg(code ORDER BY rang), ARRAY[]::text[]) FROM (SELECT code, min(rang) AS rang"
    " FROM unnest({brut}) WITH ORDINALITY AS u(code, rang) GROUP BY code) AS premiers)"
)
SANS_COMMUNE = f"NOT {column('commune_choisie')}"


@dataclass(frozen=True, slots=True)
class Vue:
    """A node as the root sees it: what is true of its ancestors, and which of its moves the root tells apart.

    `ouverts`: every ancestor below the root is unknown. `vers_faux`: the root tells false from unknown here;
    `vers_vrai`: it tells unknown from true.
    """

    ouverts: str = VRAI
    vers_faux: str = VRAI
    vers_vrai: str = VRAI


def compile_manquants(racine: Condition, jour: Jour) -> str:
    """To be read only where the verdict is NULL."""
    lignes = list(_walk(racine, Vue(), jour))
    codes = [code for _, code in lignes]
    cases = ", ".join(f"CASE WHEN {attendu} THEN {literal(code)} END" for attendu, code in lignes)
    if not lignes:
        return "ARRAY[]::text[]"
    brut = f"array_remove(ARRAY[{cases}], NULL)"
    if len(set(codes)) == len(codes):
        return brut
    return PREMIERS.format(brut=brut)


def _walk(noeud: Condition, vue: Vue, jour: Jour) -> Iterator[tuple[str, str]]:
    """(when, code), in the order of the text."""
    if isinstance(noeud, Feuille):
        yield from _list_codes(noeud, vue, jour)
    for rang, branche in enumerate(noeud.branches):
        autres = [autre for place, autre in enumerate(noeud.branches) if place != rang]
        ouverts = both(vue.ouverts, _is_open(branche, jour))
        if isinstance(noeud, Non):
            suite = Vue(ouverts, vue.vers_vrai, vue.vers_faux)
        elif isinstance(noeud, Tous):
            tenus = both(vue.vers_vrai, *(can_be(True, autre, jour) for autre in autres))
            suite = Vue(ouverts, vue.vers_faux, tenus)
        else:
            tenus = both(vue.vers_faux, *(can_be(False, autre, jour) for autre in autres))
            suite = Vue(ouverts, tenus, vue.vers_vrai)
        yield from _walk(branche, suite, jour)


def _is_open(noeud: Condition, jour: Jour) -> str:
    """Of a leaf, `_list_codes` says it in fewer words."""
    return VRAI if isinstance(noeud, Feuille) else f"{compile_condition(noeud, jour)} IS NULL"


def can_be(verdict: bool, noeud: Condition, jour: Jour) -> str:
    """Whether the node is `verdict`, or may still become it, whatever the other answers."""
    match noeud:
        case Non():
            return can_be(not verdict, noeud.branche, jour)
        case Tous() | UnDe():
            join = both if isinstance(noeud, Tous) is verdict else either
            return join(*(can_be(verdict, branche, jour) for branche in noeud.branches))
        case Parmi() | Comparaison() if noeud.verifie:
            return f"({compile_condition(noeud, jour)} IS NOT {FAUX if verdict else VRAI})"
        case _:
            return _can_leaf_be(verdict, noeud, jour)


def _can_leaf_be(verdict: bool, feuille: Condition, jour: Jour) -> str:
    texte = compile_condition(feuille, jour)
    if texte in (VRAI, FAUX):
        return VRAI if (texte == VRAI) is verdict else FAUX
    deja = f"({texte} IS {VRAI if verdict else FAUX})"
    if not isinstance(feuille, Anciennete | DansZone | DansListe | DansPerimetre) or not feuille.verifie:
        return deja if "CASE" in texte else FAUX
    return either(deja, f"({texte} IS NULL AND {is_askable(feuille, jour)})")


def is_askable(feuille: Condition, jour: Jour) -> str:
    """Of an unknown leaf: whether an answer would settle it."""
    sans_jour = [manque for manque, _ in jour.manques]
    match feuille:
        case FeuilleFait(fait=fait):
            return f"{column(fait)} IS NULL"
        case DansZone():
            return either(SANS_COMMUNE, PROFESSION_INCONNUE, *sans_jour)
        case DansListe():
            return either(SANS_COMMUNE, *sans_jour)
        case DansPerimetre():
            return SANS_COMMUNE
        case _:
            return FAUX


def _list_codes(feuille: Feuille, vue: Vue, jour: Jour) -> Iterator[tuple[str, str]]:
    """The codes that a live leaf brings when it is useful, or when it can only be waited for."""
    if not feuille.verifie:
        return
    utile = both(vue.ouverts, either(vue.vers_faux, vue.vers_vrai))
    match feuille:
        case FeuilleFait(fait=fait):
            yield both(f"{column(fait)} IS NULL", utile), fait
        case DansPerimetre():
            yield both(SANS_COMMUNE, utile), "commune"
        case DansZone():
            inconnue = f"{compile_condition(feuille, jour)} IS NULL"
            yield both(SANS_COMMUNE, inconnue, utile), "commune"
            yield both(f"{column('commune_choisie')}", PROFESSION_INCONNUE, inconnue, utile), "profession"
            for manque, code in jour.manques:
                yield both(manque, inconnue, utile), code
            yield both(f"NOT {is_askable(feuille, jour)}", inconnue, vue.ouverts), "zone"
        case DansListe(liste=liste):
            inconnue = f"{compile_condition(feuille, jour)} IS NULL"
            yield both(SANS_COMMUNE, inconnue, utile), "commune"
            for manque, code in jour.manques:
                yield both(manque, inconnue, utile), code
            yield both(f"NOT ({is_askable(feuille, jour)})", inconnue, vue.ouverts), f"liste:{liste}"
