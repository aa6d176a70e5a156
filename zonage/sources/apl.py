"""DREES's workbook of an APL: a sheet of parameters, one sheet a vintage, header found by « Code commune INSEE »."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.core.fichiers import FichierRefuse, normalize_nom
from zonage.calculs.parametres import MEDECINS_2023, Palier, ParametresApl
from zonage.enums import Profession

if TYPE_CHECKING:
    from portal.core.imports import Import

PROFESSIONS = {
    "généraliste": Profession.MEDECIN,
    "infirmi": Profession.INFIRMIER,
    "kinésithérapeute": Profession.MASSEUR_KINESITHERAPEUTE,
    "sage-femme": Profession.SAGE_FEMME,
    "sages-femmes": Profession.SAGE_FEMME,
    "dentiste": Profession.CHIRURGIEN_DENTISTE,
}
ENTETE = "code commune insee"
BAS_DE_TABLEAU = ("lecture", "champ", "source", "note")
LIGNES_MAX = 60_000
COLONNES = ("apl", "apl_65", "apl_62", "apl_60", "population_standardisee", "population_totale")
MILLESIME = re.compile(r"\b(20\d\d)\b")


@dataclass(frozen=True, slots=True)
class LigneApl:
    """A commune of a vintage. `valeurs` follows COLONNES; None where the sheet has no such column or an empty cell."""

    numero: int
    feuille: str
    code: str
    profession: Profession
    millesime: int
    valeurs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class FichierApl:
    lignes: list[LigneApl]
    parametres: list[tuple[Profession, ParametresApl]]


def read_apl(lot: "Import") -> FichierApl:
    """Every vintage of the workbook and its parameters. What is wrong is in the report of `lot`."""
    classeur = lot.classeur()
    lignes: list[LigneApl] = []
    parametres: list[tuple[Profession, ParametresApl]] = []
    for nom in classeur.sheet_names:
        tableau = classeur.get_sheet_by_name(nom).to_python(skip_empty_area=False)
        if normalize_nom(nom).startswith("paramètres"):
            parametres = _read_parametres(lot, nom, tableau)
            continue
        rang = next((i for i, r in enumerate(tableau[:30]) if r and normalize_nom(r[0]).startswith(ENTETE)), None)
        if rang is None:
            lot.avertissement(None, nom, "feuille sans ligne « Code commune INSEE » : ignorée")
            continue
        if len(tableau) > LIGNES_MAX:
            raise FichierRefuse(f"Feuille « {nom} » : plus de {LIGNES_MAX} lignes, ce n'est pas le fichier attendu.")
        lignes += _read_feuille(lot, nom, tableau, rang)
    if not lignes and not lot.erreurs:
        raise FichierRefuse("Aucune feuille ne porte la colonne « Code commune INSEE » : vérifiez le fichier.")
    return FichierApl(lignes, parametres)


def _read_feuille(lot: "Import", nom: str, tableau: Sequence[Sequence[Any]], rang: int) -> list[LigneApl]:
    titre = " ".join(str(cellule) for ligne in tableau[:rang] for cellule in ligne if cellule)
    profession = _find_profession(f"{titre} {' '.join(map(str, tableau[rang]))}")
    trouve = MILLESIME.search(nom) or MILLESIME.search(titre)
    rangs = _find_rangs(tableau[rang])
    manquantes = [
        colonne for colonne in ("apl", "population_standardisee", "population_totale") if colonne not in rangs
    ]
    if profession is None or trouve is None or manquantes:
        raison = (
            f"colonnes absentes : {', '.join(manquantes)}" if manquantes else "profession ou millésime introuvable"
        )
        raise FichierRefuse(f"Feuille « {nom} » : {raison}.", ligne=rang + 1)
    lignes = []
    for numero, cellules in enumerate(tableau[rang + 1 :], start=rang + 2):
        lot.lues += 1
        premiere = str(cellules[0]).strip()
        if not premiere:
            vide = not any(str(cellule).strip() for cellule in cellules)
            lot.ignore(numero, nom, "vide" if vide else "sans code, ligne des unités")
            continue
        if normalize_nom(premiere).split(":")[0].rstrip("s ").startswith(BAS_DE_TABLEAU):
            lot.ignore(numero, nom, f"note de bas de tableau, « {premiere[:30]} »")
            continue
        code = lot.code_commune(numero, nom, cellules[0])
        valeurs = tuple(
            lot.nombre(numero, f"{nom}, {colonne}", cellules[rangs[colonne]]) if colonne in rangs else None
            for colonne in COLONNES
        )
        if code is None or lot.is_doublon((nom, code), valeurs, numero, nom):
            continue
        if valeurs[4] is None or valeurs[5] is None:
            lot.erreur(numero, nom, "population absente : une APL ne se lit pas sans sa population")
            continue
        lignes.append(LigneApl(numero, nom, code, profession, int(trouve.group(1)), valeurs))
    return lignes


def _find_profession(texte: str) -> Profession | None:
    bas = normalize_nom(texte)
    trouvees = {profession for mot, profession in PROFESSIONS.items() if mot in bas}
    return trouvees.pop() if len(trouvees) == 1 else None


def _find_rangs(entete: Sequence[Any]) -> dict[str, int]:
    rangs: dict[str, int] = {}
    for rang, cellule in enumerate(entete):
        nom = normalize_nom(cellule)
        if nom.startswith("apl"):
            age = re.search(r"\b(6[025])\s*ans", nom)
            colonne = f"apl_{age.group(1)}" if age else "apl"
        elif nom.startswith("population standardisée"):
            colonne = "population_standardisee"
        elif nom.startswith("population totale"):
            colonne = "population_totale"
        else:
            continue
        if colonne in rangs:
            raise FichierRefuse(f"Colonne en double : {cellule}. Gardez-en une seule.")
        rangs[colonne] = rang
    return rangs


# --- the « Paramètres » sheet ---------------------------------------------------------------------------------------


def _read_parametres(
    lot: "Import", nom: str, tableau: Sequence[Sequence[Any]]
) -> list[tuple[Profession, ParametresApl]]:
    """One set of parameters for each « Poids … en AAAA » column. A sheet not understood is said, not guessed."""
    profession = _find_profession(str(tableau[0][0]) if tableau else "")
    textes = [[str(cellule).strip() for cellule in ligne] for ligne in tableau]
    bornes = _read_bornes(textes)
    paliers = _read_paliers(textes)
    rang = next((i for i, ligne in enumerate(textes) if any("poids de la tranche" in c.lower() for c in ligne)), None)
    if profession is None or bornes is None or not paliers or rang is None:
        lot.avertissement(None, nom, "feuille des paramètres non comprise : ceux du portail restent en usage")
        return []
    trouves = []
    for colonne, titre in enumerate(textes[rang]):
        if not (millesime := MILLESIME.search(titre)):
            continue
        poids = []
        for ligne in tableau[rang + 1 :]:
            if not str(ligne[0]).strip() or not isinstance(ligne[colonne], float):
                break
            poids.append((" ".join(str(ligne[0]).split()), float(ligne[colonne])))
        source = f"DREES, feuille « {nom} », millésime {millesime.group(1)}"
        trouves.append(
            (
                profession,
                ParametresApl(int(millesime.group(1)), paliers, *bornes, poids_age=tuple(poids), source=source),
            )
        )
    return trouves


def _read_bornes(textes: list[list[str]]) -> tuple[float, float, float] | None:
    """(minimum, floor, cap) from « Moins de 250 | 0 », « Entre 251 et 3 600 | 3600 », « Plus de 6 000 | 6000 »."""
    minimum = plancher = plafond = None
    for premiere, seconde, *_ in (ligne for ligne in textes if len(ligne) > 1):
        if "minute" in premiere.lower() or not (nombres := _nombres(premiere)):
            continue
        valeur = _nombres(seconde)
        if premiere.startswith("Moins de") and valeur == [0.0]:
            minimum = nombres[0]
        elif premiere.startswith("Entre") and valeur and valeur[0] == nombres[-1]:
            plancher = nombres[-1]
        elif premiere.startswith("Plus de") and valeur == nombres:
            plafond = nombres[0]
    if minimum is None or plancher is None or plafond is None:
        return None
    return minimum, plancher, plafond


def _read_paliers(textes: list[list[str]]) -> tuple[Palier, ...]:
    paliers = []
    for ligne in textes:
        if len(ligne) > 1 and "minutes" in ligne[0] and (nombres := _nombres(ligne[0])) and ligne[1]:
            if ligne[0].startswith("Plus de"):
                break
            paliers.append(Palier(nombres[-1], float(ligne[1])))
    return tuple(paliers)


def _nombres(texte: str) -> list[float]:
    serre = re.sub(r"(?<=\d)[\s\u00a0\u202f](?=\d{3}\b)", "", texte)
    return [float(nombre) for nombre in re.findall(r"\d+(?:\.\d+)?", serre)]


def is_same_law(parametres: ParametresApl, reference: ParametresApl = MEDECINS_2023) -> bool:
    """Whether a vintage keeps the distance and activity parameters the portal computes with."""
    lus = (parametres.paliers, parametres.activite_min, parametres.plancher, parametres.plafond)
    connus = (reference.paliers, reference.activite_min, reference.plancher, reference.plafond)
    return lus == connus
