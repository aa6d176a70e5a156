"""« Annuaire santé, extractions en libre accès » (ANS): PS_LibreAcces_Personne_activite, one line per activity.

What is kept is what rights and maps need. Telephone, fax, e-mail and street address are never read.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

COLONNES: Final = (
    "Type d'identifiant PP",
    "Identifiant PP",
    "Code civilité d'exercice",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Code type savoir-faire",
    "Code savoir-faire",
    "Libellé savoir-faire",
    "Code mode exercice",
    "Numéro SIRET site",
    "Numéro FINESS site",
    "Identifiant technique de la structure",
    "Raison sociale site",
    "Enseigne commerciale site",
    "Code commune (coord. structure)",
)
# Codes of the ANS (TRE_G15, ProfessionSante) → our professions.
PROFESSIONS: Final = {
    "10": "medecin",
    "40": "chirurgien_dentiste",
    "50": "sage_femme",
    "60": "infirmier",
    "70": "masseur_kinesitherapeute",
    "91": "orthophoniste",
}
TYPE_RPPS: Final = "8"
ETUDIANT: Final = "E"
MODES: Final = ("L", "S", "B")
RPPS: Final = re.compile(r"[0-9]{11}")
COMMUNE: Final = re.compile(r"(?:[013-9][0-9]|2[0-9AB])[0-9]{3}")
SCIENTIFIQUE: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
COMMUNE_SANS_ZERO: Final = re.compile(r"[1-9][0-9]{3}")
SIRET: Final = re.compile(r"[0-9]{14}")
FINESS: Final = re.compile(r"[0-9][0-9AB][0-9]{7}")


class LigneRefusee(Exception):
    """The line makes the whole file doubtful: nothing is loaded. Never holds what the cell said of somebody."""

    def __init__(self, colonne: str, message: str) -> None:
        super().__init__(message)
        self.colonne = colonne


class LigneRpps(NamedTuple):
    """An activity: who, and where. `cle` is empty when the line names no place."""

    rpps: str
    profession: str
    type_savoir_faire: str
    specialite_code: str
    specialite: str
    nom: str
    prenom: str
    civilite: str
    cle: str
    code_publie: str
    mode_exercice: str
    finess: str
    siret: str
    enseigne: str


@dataclass(slots=True)
class Constats:
    """What was seen while reading, counted by sentence: a report of two million lines must stay readable."""

    ecarts: Counter[str] = field(default_factory=Counter)
    doutes: Counter[tuple[str, str]] = field(default_factory=Counter)
    premieres: dict[tuple[str, str], int] = field(default_factory=dict)

    def doubt(self, numero: int, colonne: str, message: str) -> None:
        """Something to know; the line is kept."""
        self.doutes[colonne, message] += 1
        self.premieres.setdefault((colonne, message), numero)


def has_luhn(chiffres: str) -> bool:
    """Whether the last digit is the Luhn key of the others."""
    total = 0
    for rang, chiffre in enumerate(reversed(chiffres)):
        valeur = int(chiffre) * (1 + rang % 2)
        total += valeur - 9 if valeur > 9 else valeur
    return total % 10 == 0


def build_ligne(numero: int, cellules: tuple[str, ...], constats: Constats) -> LigneRpps | None:
    """The line, or None when it is left out (counted by reason). Raises LigneRefusee."""
    (
        type_identifiant, identifiant, civilite, nom, prenom, profession, libelle_profession, categorie, type_sf,
        code_sf, libelle_sf, mode, siret, finess, technique, raison, enseigne, commune,
    ) = cellules  # fmt: skip
    if profession not in PROFESSIONS:
        constats.ecarts[_name_profession(profession, libelle_profession)] += 1
        return None
    if type_identifiant != TYPE_RPPS:
        constats.ecarts["identifiant qui n'est pas un RPPS (ADELI ou autre)"] += 1
        return None
    if categorie == ETUDIANT:
        constats.ecarts["étudiants (catégorie E)"] += 1
        return None
    _check_rpps(numero, identifiant, constats)
    if not nom:
        raise LigneRefusee("Nom d'exercice", "cellule vide : le fichier est abîmé, téléchargez-le à nouveau")
    code = read_commune(numero, commune, constats)
    finess = _read_identifiant(numero, "Numéro FINESS site", finess, FINESS, constats)
    siret = _read_identifiant(numero, "Numéro SIRET site", siret, SIRET, constats)
    mode = mode if mode in MODES else ""
    structure = technique or finess or siret
    return LigneRpps(
        identifiant, PROFESSIONS[profession], type_sf[:10], code_sf[:10], libelle_sf[:120], nom[:120], prenom[:120],
        civilite[:20], f"{structure[:60]}/{code}/{mode}" if structure or code else "", code, mode, finess, siret,
        (enseigne or raison)[:160],
    )  # fmt: skip


def _name_profession(code: str, libelle: str) -> str:
    nom = "".join(c for c in libelle[:60] if c.isprintable())
    return f"profession sans zonage : {nom or 'sans libellé'} ({code[:4] or 'sans code'})"


def _check_rpps(numero: int, identifiant: str, constats: Constats) -> None:
    if SCIENTIFIQUE.fullmatch(identifiant):
        message = "numéro RPPS tronqué par un tableur : reprenez le fichier d'origine, sans l'ouvrir"
        raise LigneRefusee("Identifiant PP", message)
    if not RPPS.fullmatch(identifiant):
        raise LigneRefusee("Identifiant PP", f"un RPPS a onze chiffres ; celui-ci a {len(identifiant)} caractères")
    if not has_luhn(identifiant):
        constats.doubt(numero, "Identifiant PP", "clé de contrôle du RPPS inexacte")


def read_commune(numero: int, texte: str, constats: Constats) -> str:
    """The code as published, or "" (none, or unreadable). A leading zero lost is restored, and counted."""
    if not texte:
        return ""
    colonne = "Code commune (coord. structure)"
    if SCIENTIFIQUE.fullmatch(texte):
        raise LigneRefusee(colonne, "code tronqué par un tableur : reprenez le fichier d'origine, sans l'ouvrir")
    code = texte.upper()
    if COMMUNE_SANS_ZERO.fullmatch(code):
        constats.doubt(numero, colonne, "zéro initial rétabli")
        return f"0{code}"
    if COMMUNE.fullmatch(code):
        return code
    constats.doubt(numero, colonne, "code illisible : lieu gardé sans commune")
    return ""


def _read_identifiant(numero: int, colonne: str, texte: str, forme: re.Pattern[str], constats: Constats) -> str:
    if not texte or forme.fullmatch(texte.upper()):
        return texte.upper()
    if SCIENTIFIQUE.fullmatch(texte):
        raise LigneRefusee(colonne, "numéro tronqué par un tableur : reprenez le fichier d'origine, sans l'ouvrir")
    constats.doubt(numero, colonne, "numéro mal formé, non gardé")
    return ""
