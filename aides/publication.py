"""Rules, amounts and proofs as JSON: every node keeps its type, its text of law and its values; nothing is hidden."""

import dataclasses
import re
from datetime import date
from typing import Any

from aides.regles.calculs import Calcul
from aides.regles.conditions import Condition, Preuve, facts_of
from aides.regles.dispositifs import Dispositif, Enonce, Version
from aides.regles.faits import Fait
from aides.regles.montants import Bareme, Montant
from aides.regles.references import Reference

COMMUNS = frozenset({"libelle", "reference", "branches", "branche"})


def name_type(noeud: object) -> str:
    """`UnDe` → `un_de`: the name of a node is the name of its class."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(noeud).__name__).lower()


def dump_reference(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {"texte": reference.texte, "lien": reference.lien, "verifie_le": reference.verifie_le}


def dump_condition(condition: Condition) -> dict[str, Any]:
    """The tree, node by node. The values proper to a type of node are in `parametres`."""
    parametres = {
        champ.name: _dump_valeur(getattr(condition, champ.name))
        for champ in dataclasses.fields(condition)
        if champ.name not in COMMUNS
    }
    return {
        "type": name_type(condition),
        "libelle": condition.libelle,
        "reference": dump_reference(condition.reference),
        "parametres": parametres,
        "branches": [dump_condition(branche) for branche in condition.branches],
    }


def _dump_valeur(valeur: Any) -> Any:
    """Dataclasses below a node (an uncertainty, a slice of a table) become objects or lists."""
    if dataclasses.is_dataclass(valeur) and not isinstance(valeur, type):
        return {champ.name: _dump_valeur(getattr(valeur, champ.name)) for champ in dataclasses.fields(valeur)}
    if isinstance(valeur, tuple):
        return [_dump_valeur(element) for element in valeur]
    return valeur


def dump_calcul(calcul: Calcul) -> dict[str, Any]:
    champs = {champ.name: _dump_valeur(getattr(calcul, champ.name)) for champ in dataclasses.fields(calcul)}
    return {"type": name_type(calcul), "parametres": champs}


def dump_bareme(bareme: Bareme) -> dict[str, Any]:
    return {
        "composantes": [
            {
                "code": composante.code,
                "libelle": composante.libelle,
                "periodicite": composante.periodicite,
                "calcul": dump_calcul(composante.calcul),
                "si": dump_condition(composante.si) if composante.si else None,
                "reference": dump_reference(composante.reference),
            }
            for composante in bareme.composantes
        ],
        "versements": [
            {
                "part": versement.part,
                "libelle": versement.libelle,
                "mois": versement.mois,
                "reference": dump_reference(versement.reference),
            }
            for versement in bareme.versements
        ],
    }


def dump_enonce(enonce: Enonce) -> dict[str, Any]:
    return {"texte": enonce.texte, "reference": dump_reference(enonce.reference)}


def dump_version(version: Version) -> dict[str, Any]:
    return {
        "code": version.code,
        "ouvert_du": version.ouvert_du,
        "ferme_le": version.ferme_le,
        "motif_fermeture": version.motif_fermeture,
        "jour_reference": version.jour_reference,
        "note": version.note,
        "conditions": dump_condition(version.conditions),
        "faits": facts_of(version.conditions),
        "bareme": dump_bareme(version.bareme),
        "duree": dump_enonce(version.duree),
        "renouvellement": dump_enonce(version.renouvellement),
        "obligations": [dump_enonce(enonce) for enonce in version.obligations],
        "documents": [dump_enonce(enonce) for enonce in version.documents],
        "cumul": [dump_enonce(enonce) for enonce in version.cumul],
        "incertitudes": [_dump_valeur(doute) for doute in version.incertitudes],
        "references": [dump_reference(reference) for reference in version.references],
    }


def dump_dispositif(dispositif: Dispositif, au: date) -> dict[str, Any]:
    """A scheme in a list: what it is, and whether it is open that day."""
    version = dispositif.version_au(au)
    return {
        "code": dispositif.code,
        "sigle": dispositif.sigle,
        "nom": dispositif.nom,
        "resume": dispositif.resume,
        "payeur": dispositif.payeur,
        "professions": dispositif.professions,
        "ouvert": version is not None,
        "version": version.code if version else None,
        "versions": [
            {"code": une.code, "ouvert_du": une.ouvert_du, "ferme_le": une.ferme_le} for une in dispositif.versions
        ],
    }


def dump_fait(fait: Fait) -> dict[str, Any]:
    return {
        "code": fait.code,
        "type": fait.type,
        "libelle": fait.libelle,
        "question": fait.question,
        "aide": fait.aide,
        "choix": [{"valeur": valeur, "libelle": libelle} for valeur, libelle in fait.choix],
        "unite": fait.unite,
        "minimum": fait.minimum,
        "maximum": fait.maximum,
        "pas": fait.pas,
        "modifiable": fait.modifiable,
    }


def dump_preuve(preuve: Preuve) -> dict[str, Any]:
    return {
        "libelle": preuve.libelle,
        "etat": preuve.etat,
        "constat": preuve.constat,
        "reference": dump_reference(preuve.reference),
        "manquants": preuve.manquants,
        "branches": [dump_preuve(branche) for branche in preuve.branches],
    }


def dump_montant(montant: Montant | None) -> dict[str, Any] | None:
    if montant is None:
        return None
    return {
        "minimum": montant.minimum,
        "maximum": montant.maximum,
        "periodicite": montant.periodicite,
        "exact": montant.exact,
        "texte": montant.texte,
        "lignes": [
            {
                "code": ligne.code,
                "libelle": ligne.libelle,
                "periodicite": ligne.periodicite,
                "minimum": ligne.minimum,
                "maximum": ligne.maximum,
                "texte": ligne.texte,
                "precision": ligne.precision,
                "reference": dump_reference(ligne.reference),
            }
            for ligne in montant.lignes
        ],
        "versements": [
            {"libelle": versement.libelle, "montant": versement.montant, "jour": versement.jour}
            for versement in montant.versements
        ],
        "manquants": montant.manquants,
    }
