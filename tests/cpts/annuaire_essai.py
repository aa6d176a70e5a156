"""Small files in the layout of the Annuaire santé: invented people, RPPS that are nobody's (wrong check digit)."""

from pathlib import Path

from cpts.sources.rpps import COLONNES, has_luhn

# Columns of the official file that must never be kept.
AUTRES = (
    "Libellé Voie (coord. structure)",
    "Téléphone (coord. structure)",
    "Adresse e-mail (coord. structure)",
    "Libellé genre activité",
)
CORRECT = dict.fromkeys(COLONNES, "") | {
    "Type d'identifiant PP": "8",
    "Code civilité d'exercice": "DR",
    "Nom d'exercice": "LEFÈVRE-ESSAÏ",
    "Prénom d'exercice": "Zoé",
    "Code profession": "10",
    "Libellé profession": "Médecin",
    "Code catégorie professionnelle": "C",
    "Code type savoir-faire": "S",
    "Code savoir-faire": "SM54",
    "Libellé savoir-faire": "Médecine générale",
    "Code mode exercice": "L",
    "Identifiant technique de la structure": "R1",
    "Enseigne commerciale site": "CABINET D'ESSAI",
    "Code commune (coord. structure)": "71801",
}
COURTS = {
    "type": "Type d'identifiant PP",
    "rpps": "Identifiant PP",
    "nom": "Nom d'exercice",
    "prenom": "Prénom d'exercice",
    "profession": "Code profession",
    "libelle": "Libellé profession",
    "categorie": "Code catégorie professionnelle",
    "type_sf": "Code type savoir-faire",
    "sf": "Code savoir-faire",
    "libelle_sf": "Libellé savoir-faire",
    "mode": "Code mode exercice",
    "siret": "Numéro SIRET site",
    "finess": "Numéro FINESS site",
    "structure": "Identifiant technique de la structure",
    "enseigne": "Enseigne commerciale site",
    "commune": "Code commune (coord. structure)",
}
PERSONNELLES = {AUTRES[0]: "12 rue Secrète", AUTRES[1]: "0600000000", AUTRES[2]: "secret@exemple.fr"}


def make_rpps(rang: int = 0, *, juste: bool = False) -> str:
    """Eleven digits; `juste`: with the right check digit."""
    debut = f"99{rang:08d}"
    return next(debut + cle for cle in "0123456789" if has_luhn(debut + cle) is juste)


def make_ligne(**cellules: str) -> dict[str, str]:
    return CORRECT | PERSONNELLES | {"Identifiant PP": make_rpps()} | {COURTS[n]: v for n, v in cellules.items()}


def write_annuaire(chemin: Path, *lignes: dict[str, str], colonnes: tuple[str, ...] = (*COLONNES, *AUTRES)) -> Path:
    corps = ["|".join(ligne.get(colonne, "") for colonne in colonnes) for ligne in lignes]
    chemin.write_text("\n".join(["|".join(colonnes), *corps]) + "\n", encoding="utf-8")
    return chemin
