"""The lines of an amount as rows of a form, and back. What a form cannot show is kept as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aides.regles.ecriture import RegleInvalide
from aides.regles.faits import FAITS, TypeFait
from aides.regles.lignes import read_nombre

TYPES = {
    "forfait": "Forfait",
    "jusqu_a": "Jusqu'à un plafond",
    "par_zone": "Selon la zone",
    "par_tranche": "Par tranche d'un nombre",
    "par_choix": "Selon une réponse",
    "par_unite": "Par unité, jusqu'à un maximum",
    "pourcentage": "Pourcentage d'un montant",
    "a_preciser": "Montant à préciser",
    "par_parametre": "Montant fixé par la région",
}
TOUJOURS, CONSERVEE = "", "_conservee"


@dataclass(frozen=True, slots=True)
class LigneMontant:
    """One row. `detail`: « zip = 5000 » by line for zones, thresholds or answers; the reason when it is to precise.

    `second`: the percentage, or the highest number of units. `si`: a named condition, or the one that the line had.
    """

    type: str
    libelle: str = ""
    code: str = ""
    periodicite: str = "unique"
    montant: str = ""
    second: str = ""
    fait: str = ""
    detail: str = ""
    reference: str = ""
    si: str = TOUJOURS


def list_montant(brut: Mapping[str, Any]) -> LigneMontant:
    type_ = next(cle for cle in TYPES if cle in brut)
    montant, second, fait, detail = _split(type_, brut[type_])
    si = brut.get("si")
    return LigneMontant(
        type_,
        brut["libelle"],
        brut["code"],
        brut["periodicite"],
        montant,
        second,
        fait,
        detail,
        brut.get("reference", ""),
        TOUJOURS if si is None else si["voir"] if set(si) == {"voir"} else CONSERVEE,
    )


def build_montant(ligne: LigneMontant, ancienne: Mapping[str, Any], rang: int) -> dict[str, Any]:
    """The line as the rule has it. `ancienne`: the same before, whose other keys are kept. Raises RegleInvalide."""
    chemin = f"montant {rang + 1}"
    if ligne.type not in TYPES:
        raise RegleInvalide(chemin, "choisissez comment le montant se calcule")
    code = ligne.code or f"montant_{rang + 1}"
    brut: dict[str, Any] = {"code": code, "libelle": ligne.libelle, "periodicite": ligne.periodicite}
    brut[ligne.type] = _join(ligne, ancienne.get(ligne.type), chemin)
    brut["reference"] = ligne.reference
    if ligne.si == CONSERVEE and "si" in ancienne:
        brut["si"] = ancienne["si"]
    elif ligne.si not in (CONSERVEE, TOUJOURS):
        brut["si"] = {"voir": ligne.si}
    for cle in ("supplement", "garantie", "annees", "prorata_opposable"):
        if cle in ancienne and (cle != "prorata_opposable" or ligne.type == "forfait"):
            brut[cle] = ancienne[cle]
    return brut


def _split(type_: str, brut: Any) -> tuple[str, str, str, str]:
    match type_:
        case "forfait" | "jusqu_a":
            return _say(brut), "", "", ""
        case "a_preciser":
            return "", "", "", brut
        case "par_zone":
            return "", "", "", _lines(brut.items())
        case "par_tranche":
            return "", "", brut["fait"], _lines((t["a_partir_de"], t["montant"]) for t in brut["tranches"])
        case "par_choix":
            return "", "", brut["fait"], _lines((t["valeur"], t["montant"]) for t in brut["montants"])
        case "par_unite":
            return _say(brut["montant"]), _say(brut["maximum"]), brut["fait"], ""
        case "pourcentage":
            return _say(brut["plafond"]) if "plafond" in brut else "", _say(brut["taux"]), brut["fait"], ""
    if "code" in brut:
        return "", "", "", brut["code"]
    return "", "", brut["fait"], _lines((t["a_partir_de"], t["code"]) for t in brut["tranches"])


def _join(ligne: LigneMontant, ancien: Any, chemin: str) -> Any:
    match ligne.type:
        case "forfait" | "jusqu_a":
            return read_nombre(ligne.montant, chemin)
        case "a_preciser":
            return ligne.detail
        case "par_zone":
            return {cle: read_nombre(valeur, chemin) for cle, valeur in _read_lines(ligne.detail, chemin)}
        case "par_parametre":
            return _join_parametre(ligne, chemin)
    if ligne.fait not in FAITS:
        raise RegleInvalide(chemin, "choisissez le fait dont dépend le montant")
    if ligne.type == "par_unite":
        nombres = [read_nombre(texte, chemin) for texte in (ligne.montant, ligne.second)]
        return {"fait": ligne.fait, "montant": nombres[0], "maximum": nombres[1]}
    if ligne.type == "pourcentage":
        brut = {"fait": ligne.fait, "taux": read_nombre(ligne.second, chemin)}
        if ligne.montant:
            brut["plafond"] = read_nombre(ligne.montant, chemin)
        if isinstance(ancien, dict) and "prorata_opposable" in ancien:
            brut["prorata_opposable"] = ancien["prorata_opposable"]
        return brut
    return _join_lignes(ligne, chemin)


def _join_lignes(ligne: LigneMontant, chemin: str) -> dict[str, Any]:
    paires = _read_lines(ligne.detail, chemin)
    montants = [read_nombre(valeur, chemin) for _, valeur in paires]
    if ligne.type == "par_tranche":
        seuils = [read_nombre(cle, chemin) for cle, _ in paires]
        tranches = [{"a_partir_de": s, "montant": m} for s, m in zip(seuils, montants, strict=True)]
        return {"fait": ligne.fait, "tranches": tranches}
    oui_non = FAITS[ligne.fait].type is TypeFait.BOOL
    valeurs = [cle.lower() == "oui" if oui_non else cle for cle, _ in paires]
    return {
        "fait": ligne.fait,
        "montants": [{"valeur": v, "montant": m} for v, m in zip(valeurs, montants, strict=True)],
    }


def _join_parametre(ligne: LigneMontant, chemin: str) -> dict[str, Any]:
    if not ligne.fait:
        return {"code": ligne.detail.strip()}
    tranches = [
        {"a_partir_de": read_nombre(cle, chemin), "code": code} for cle, code in _read_lines(ligne.detail, chemin)
    ]
    return {"fait": ligne.fait, "tranches": tranches}


def _read_lines(detail: str, chemin: str) -> list[tuple[str, str]]:
    paires = []
    for texte in detail.splitlines():
        if not texte.strip():
            continue
        cle, egal, valeur = texte.partition("=")
        if not egal or not cle.strip() or not valeur.strip():
            raise RegleInvalide(chemin, f"« {texte.strip()[:40]} » : écrivez une ligne comme « zip = 5000 »")
        paires.append((cle.strip(), valeur.strip()))
    if not paires:
        raise RegleInvalide(chemin, "écrivez au moins une ligne comme « zip = 5000 »")
    return paires


def _lines(paires: Any) -> str:
    return "\n".join(f"{_say(cle)} = {_say(valeur)}" for cle, valeur in paires)


def _say(valeur: Any) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    return f"{valeur:f}" if isinstance(valeur, Decimal) else str(valeur)
