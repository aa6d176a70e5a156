"""CartoSanté's export of a zoning: two title lines, `Code;Libellé;Zonage …`, a commune or arrondissement a line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.fichiers import FichierRefuse, normalize_nom
from zonage.enums import Profession, StatutZone

if TYPE_CHECKING:
    from portal.core.imports import Import

COLONNES = {"Zonage médecins": Profession.MEDECIN, "Zonage infirmiers": Profession.INFIRMIER}
ADRESSE = ""
"""The value speaks of a part of the commune (QPV, grand quartier): only an address can tell."""

MEDECINS = {
    "1_zip": "zip",
    "2_zac": "zac",
    "3_hz": "hors_zonage",
    "4_zar": "zar",
    "3_qpv_zip": ADRESSE,
    "4_qpv_zac": ADRESSE,
    "5_zv": "vigilance",
    "6_hz": "hors_zonage",
    "7_gq_zac": ADRESSE,
    "8_gq_zip": ADRESSE,
}
AUTRES = {
    "1_tres_sous_dotee": "tres_sous_dotee",
    "2_sous_dotee": "sous_dotee",
    "3_intermediaire": "intermediaire",
    "4_tres_dotee": "tres_dotee",
    "5_sur_dotee": "sur_dotee",
}
VALEURS = {Profession.MEDECIN: MEDECINS, Profession.INFIRMIER: AUTRES}


@dataclass(frozen=True, slots=True)
class LigneZonage:
    numero: int
    code: str
    libelle: str
    statut: StatutZone
    niveau: str | None
    valeur: str


@dataclass(frozen=True, slots=True)
class FichierZonage:
    profession: Profession
    lignes: list[LigneZonage]


def read_zonage(lot: "Import") -> FichierZonage:
    """Every row of the file, typed. What is wrong is in the report of `lot`; duplicates are left out."""
    profession: Profession | None = None
    colonne = ""
    lignes = []
    for ligne in lot.csv(("Code", "Libellé"), facultatives=tuple(COLONNES)):
        if profession is None:
            colonne, profession = _find_colonne(lot)
        code = lot.code_commune(ligne.numero, "Code", ligne["Code"])
        if code is None:
            continue
        valeur = ligne[colonne]
        cle = normalize_nom(valeur)
        niveaux = VALEURS[profession]
        if cle.startswith("n/a"):
            statut, niveau = StatutZone.INCONNU, None
        elif cle in niveaux:
            niveau = niveaux[cle] or None
            statut = StatutZone.CONNU if niveau else StatutZone.ADRESSE_REQUISE
        else:
            attendues = ", ".join(nom for nom in niveaux)
            lot.erreur(ligne.numero, colonne, f"valeur « {valeur[:40]} » inconnue. Attendues : {attendues} ou N/A")
            continue
        if not lot.is_doublon(code, valeur, ligne.numero, "Code"):
            lignes.append(LigneZonage(ligne.numero, code, ligne["Libellé"], statut, niveau, valeur))
    lot.check()
    if profession is None:
        raise FichierRefuse("Fichier sans aucune ligne de données : vérifiez l'export.")
    return FichierZonage(profession, lignes)


def _find_colonne(lot: "Import") -> tuple[str, Profession]:
    presentes = [nom for nom in COLONNES if nom in lot.colonnes]
    if len(presentes) != 1:
        noms = " ou ".join(f"« {nom} »" for nom in COLONNES)
        raise FichierRefuse(f"Il faut exactement une colonne {noms} : refaites l'export pour une seule profession.")
    return presentes[0], COLONNES[presentes[0]]
