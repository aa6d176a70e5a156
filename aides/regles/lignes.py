"""A tree of conditions as rows with a level, and back: what a form without scripts can edit.

Nothing is lost: the rows of a tree give the same tree again. `valeur` holds what a leaf says, as a person writes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aides.regles.ecriture import RegleInvalide
from aides.regles.faits import FAITS, TypeFait

GROUPES = {
    "tous": "Toutes ces conditions",
    "un_de": "Au moins une de ces conditions",
    "non": "Ne pas être dans ce cas",
}
TYPES = {
    **GROUPES,
    "est": "Le fait est égal à…",
    "parmi": "Le fait est l'une de ces valeurs",
    "au_moins": "Le fait vaut au moins…",
    "au_plus": "Le fait vaut au plus…",
    "plus_de": "Le fait vaut plus de…",
    "moins_de": "Le fait vaut moins de…",
    "mois_au_moins": "Depuis cette date : au moins … mois",
    "mois_moins_de": "Depuis cette date : moins de … mois",
    "zone": "La commune est classée…",
    "liste": "La commune est dans la liste…",
    "perimetre": "La commune est dans ces lieux",
    "a_instruire": "Point à instruire (le portail ne décide pas)",
    "voir": "Condition nommée",
}
AVEC_FAIT = ("est", "parmi", "au_moins", "au_plus", "plus_de", "moins_de", "mois_au_moins", "mois_moins_de")
PLUSIEURS = ("parmi", "zone", "perimetre")
NIVEAU_MAX = 8


@dataclass(frozen=True, slots=True)
class Ligne:
    """One row. `niveau` 0 is a condition of the first level; a row deeper than a group belongs to it."""

    type: str
    niveau: int = 0
    fait: str = ""
    valeur: str = ""
    libelle: str = ""
    reference: str = ""
    raison: str = ""


def list_lignes(condition: Mapping[str, Any], niveau: int = 0) -> list[Ligne]:
    """The rows of a condition and of what is below it."""
    libelle = condition.get("libelle", "")
    for groupe in ("tous", "un_de"):
        if groupe in condition:
            dessous = [ligne for fils in condition[groupe] for ligne in list_lignes(fils, niveau + 1)]
            return [Ligne(groupe, niveau, libelle=libelle), *dessous]
    if "non" in condition:
        return [Ligne("non", niveau, libelle=libelle), *list_lignes(condition["non"], niveau + 1)]
    if "voir" in condition:
        return [Ligne("voir", niveau, valeur=condition["voir"])]
    return [_list_feuille(condition, niveau)]


def list_racine(condition: Mapping[str, Any]) -> list[Ligne]:
    """The rows of the conditions of a version: those of a plain « tous » stand at the first level."""
    if set(condition) == {"tous"}:
        return [ligne for fils in condition["tous"] for ligne in list_lignes(fils)]
    return list_lignes(condition)


def build_racine(lignes: Sequence[Ligne]) -> dict[str, Any]:
    """The condition of a version. Raises RegleInvalide with the number of the row."""
    branches, suite = _build_branches(lignes, 0, 0)
    if suite < len(lignes):
        raise RegleInvalide(_name(suite), "cette ligne est trop décalée : elle n'est sous aucun groupe")
    return {"tous": branches}


def _list_feuille(condition: Mapping[str, Any], niveau: int) -> Ligne:
    type_ = next(cle for cle in TYPES if cle in condition)
    brut = condition[type_]
    if "unite" in condition:
        type_ = f"mois_{type_}"
    valeurs = brut if isinstance(brut, list) else [brut]
    return Ligne(
        type_,
        niveau,
        condition.get("fait", ""),
        ", ".join(_write(valeur) for valeur in valeurs),
        condition.get("libelle", ""),
        condition.get("reference", ""),
        condition.get("raison", ""),
    )


def _build_branches(lignes: Sequence[Ligne], rang: int, niveau: int) -> tuple[list[dict[str, Any]], int]:
    """The conditions at this level from this row on, and the first row that is not among them."""
    branches: list[dict[str, Any]] = []
    while rang < len(lignes) and lignes[rang].niveau == niveau:
        ligne = lignes[rang]
        if ligne.type not in GROUPES:
            branches.append(_build_feuille(ligne, _name(rang)))
            rang += 1
            continue
        dessous, suite = _build_branches(lignes, rang + 1, niveau + 1)
        branches.append(_build_groupe(ligne, dessous, _name(rang)))
        rang = suite
    return branches, rang


def _build_groupe(ligne: Ligne, dessous: list[dict[str, Any]], chemin: str) -> dict[str, Any]:
    libelle = {"libelle": ligne.libelle} if ligne.libelle else {}
    if ligne.type == "non":
        if len(dessous) != 1:
            raise RegleInvalide(chemin, "« ne pas être dans ce cas » porte sur une seule condition, décalée dessous")
        return {**libelle, "non": dessous[0]}
    if len(dessous) < (2 if ligne.type == "un_de" else 1):
        raise RegleInvalide(chemin, "ce groupe est vide ou n'a qu'un choix : décalez ses conditions dessous")
    return {**libelle, ligne.type: dessous}


def _build_feuille(ligne: Ligne, chemin: str) -> dict[str, Any]:
    if ligne.type == "voir":
        return {"voir": ligne.valeur}
    if ligne.type not in TYPES:
        raise RegleInvalide(chemin, "choisissez le type de la condition")
    commun: dict[str, Any] = {"libelle": ligne.libelle, "reference": ligne.reference}
    if ligne.raison:
        commun |= {"verifie": False, "raison": ligne.raison}
    textes = [texte.strip() for texte in ligne.valeur.split(",") if texte.strip()]
    if not textes:
        raise RegleInvalide(chemin, "écrivez la valeur de cette condition")
    if ligne.type == "a_instruire":
        return {"a_instruire": ligne.valeur, "libelle": ligne.libelle, "reference": ligne.reference}
    if ligne.type == "liste":
        return {"liste": ligne.valeur, **commun}
    if ligne.type in ("zone", "perimetre"):
        return {ligne.type: textes, **commun}
    if ligne.fait not in FAITS:
        raise RegleInvalide(chemin, "choisissez le fait que lit cette condition")
    if ligne.type.startswith("mois_"):
        return {"fait": ligne.fait, ligne.type[5:]: _read_mois(ligne.valeur, chemin), "unite": "mois", **commun}
    valeurs = [_read(ligne.fait, texte, chemin) for texte in textes]
    if ligne.type == "parmi":
        return {"fait": ligne.fait, "parmi": valeurs, **commun}
    if len(valeurs) > 1 and FAITS[ligne.fait].type not in (TypeFait.DECIMAL, TypeFait.ENTIER):
        raise RegleInvalide(
            chemin, "une seule valeur est attendue ; pour plusieurs, choisissez « l'une de ces valeurs »"
        )
    return {"fait": ligne.fait, ligne.type: _read(ligne.fait, ligne.valeur.strip(), chemin), **commun}


def _write(valeur: Any) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    return f"{valeur:f}" if isinstance(valeur, Decimal) else str(valeur)


def _read(fait: str, texte: str, chemin: str) -> Any:
    """The JSON value of what was typed, by the type of the fact. A number keeps its digits."""
    match FAITS[fait].type:
        case TypeFait.BOOL:
            if texte.lower() not in ("oui", "non"):
                raise RegleInvalide(chemin, f"« {FAITS[fait].libelle} » se répond par oui ou par non")
            return texte.lower() == "oui"
        case TypeFait.ENTIER | TypeFait.DECIMAL:
            return read_nombre(texte, chemin)
        case _:
            return texte


def read_nombre(texte: str, chemin: str) -> int | Decimal:
    """« 1 500,50 » → Decimal("1500.50"), « 12 » → 12. Raises RegleInvalide."""
    propre = texte.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace("€", "").replace(",", ".")
    if not propre.isascii() or not propre.replace(".", "", 1).lstrip("-").isdigit() or len(propre) > 15:
        raise RegleInvalide(chemin, f"« {texte[:30]} » n'est pas un nombre : écrivez par exemple 1500,50")
    return Decimal(propre) if "." in propre else int(propre)


def _read_mois(texte: str, chemin: str) -> int:
    nombre = read_nombre(texte, chemin)
    if not isinstance(nombre, int):
        raise RegleInvalide(chemin, "un nombre entier de mois est attendu")
    return nombre


def _name(rang: int) -> str:
    return f"ligne {rang + 1}"
