"""What an applicant types, cleaned: facts of the scheme, how to reach them, why a document does not concern them.

Nothing here reads a request: a mapping of texts comes in, a `Saisie` and a sentence by field come out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from aides.faits_url import parse_faits
from aides.models import Demande
from aides.regles.dispositifs import Version
from aides.regles.evaluation import Resultat
from aides.regles.faits import FAITS
from aides.suivi.depot import dump_faits_json

MESSAGE_MAX = 4000
MOTIF_MAX = 300
NIR = re.compile(
    r"(?<!\d)[1-478][\s.\-]?\d[\s.\-]?\d[\s.\-]?(?:0[\s.\-]?[1-9]|1[\s.\-]?[0-2]|[2-9][\s.\-]?\d)[\s.\-]?"
    r"(?:\d[\s.\-]?\d|2[\s.\-]?[ABab])(?:[\s.\-]?\d){6}(?:[\s.\-]?\d[\s.\-]?\d)?(?!\d)"
)
"""A number of the social security (13 digits, or 15 with its key), with or without separators."""
SANS_NIR = "Retirez le numéro de sécurité sociale : le portail ne le demande pas et ne doit pas le garder."
TELEPHONE = re.compile(r"\+?[0-9][0-9 .\-]{8,18}")
RPPS = re.compile(r"[0-9]{11}")


@dataclass(frozen=True, slots=True)
class Champ:
    """A field of the section « Coordonnées ». `type`: that of HTML."""

    code: str
    libelle: str
    requis: bool
    longueur: int
    type: str = "text"
    aide: str = ""
    autocomplete: str = ""


COORDONNEES: Mapping[str, Champ] = {
    champ.code: champ
    for champ in (
        Champ("nom", "Nom d'exercice", True, 120, autocomplete="family-name"),
        Champ("prenom", "Prénom", True, 120, autocomplete="given-name"),
        Champ("courriel", "Adresse électronique", True, 254, "email", "Sous la forme nom@exemple.fr.", "email"),
        Champ("telephone", "Téléphone", False, 20, "tel", "Pour que l'agent puisse vous joindre.", "tel"),
        Champ("rpps", "Numéro RPPS", False, 11, "text", "Onze chiffres. Laissez vide si vous n'en avez pas encore."),
        Champ("adresse", "Adresse du cabinet", True, 300, "text", "Le lieu d'exercice pour lequel vous demandez."),
    )
}
ATTESTATIONS: Mapping[str, str] = {
    "exactitude": "J'atteste sur l'honneur que les renseignements donnés dans cette demande sont exacts.",
    "dix_ans": (
        "J'atteste sur l'honneur n'avoir pas reçu la même aide au cours des dix années qui précèdent cette demande "
        "(code de la sécurité sociale, article D. 162-1-11-1 ; code général des collectivités territoriales, "
        "article D. 1511-47)."
    ),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A document that the text of the scheme names: `nature` is its rank, the same as long as the version is."""

    nature: str
    texte: str
    reference: str


@dataclass(frozen=True, slots=True)
class Saisie:
    """A form that could be read. Facts are kept as JSON (`dump_faits_json`)."""

    faits: dict[str, Any] = field(default_factory=dict)
    coordonnees: dict[str, str] = field(default_factory=dict)
    message: str = ""
    declarations: dict[str, Any] = field(default_factory=dict)


def contains_nir(texte: str) -> bool:
    return NIR.search(texte) is not None


def list_pieces(version: Version) -> list[Piece]:
    return [
        Piece(f"piece-{rang}", enonce.texte, enonce.reference.texte)
        for rang, enonce in enumerate(version.documents, start=1)
    ]


def list_attestations(version: Version) -> dict[str, str]:
    """What is to be attested: the ten-year rule only where the scheme says that it may not come twice before."""
    codes = ["exactitude", *(["dix_ans"] if version.regles_cumul.delai_mois else [])]
    return {code: ATTESTATIONS[code] for code in codes}


def list_codes(version: Version, faits: Mapping[str, Any], resultat: Resultat | None) -> list[str]:
    """The facts that the form shows: those of the conditions and of the amount, and those already given."""
    utiles = {"profession", *version.faits, *faits}
    if resultat is not None:
        utiles |= {*resultat.manquants, *(resultat.montant.manquants if resultat.montant else ())}
    return [code for code, fait in FAITS.items() if code in utiles and (code in faits or fait.can_be_asked(faits))]


def read_saisie(donnees: Mapping[str, str], demande: Demande, version: Version) -> tuple[Saisie, dict[str, str]]:
    """What was typed, and a French sentence by wrong field. A field left empty is not wrong: it is missing later."""
    lus = parse_faits({code: donnees.get(code, "") for code in FAITS})
    erreurs = dict(lus.erreurs)
    faits = {**lus.faits, "profession": demande.profession}
    coordonnees = {code: " ".join(donnees.get(code, "").split()) for code in COORDONNEES}
    for code, champ in COORDONNEES.items():
        if phrase := _check_coordonnee(champ, coordonnees[code]):
            erreurs[code] = phrase
    message = donnees.get("message", "").replace("\r\n", "\n").strip()
    if phrase := check_texte(message, MESSAGE_MAX):
        erreurs["message"] = phrase
    sans_objet = {}
    for piece in list_pieces(version):
        motif = " ".join(donnees.get(f"sans-objet-{piece.nature}", "").split())
        if phrase := check_texte(motif, MOTIF_MAX):
            erreurs[f"sans-objet-{piece.nature}"] = phrase
        if motif:
            sans_objet[piece.nature] = motif
    attestees = [code for code in list_attestations(version) if donnees.get(f"atteste-{code}") == "oui"]
    declarations = {"sans_objet": sans_objet, "attestations": attestees}
    propres = {code: valeur for code, valeur in coordonnees.items() if valeur}
    return Saisie(dump_faits_json(faits), propres, message, declarations), erreurs


def check_texte(texte: str, longueur: int) -> str:
    if "\0" in texte:
        return "Ce texte contient un caractère illisible : retapez-le."
    if len(texte) > longueur:
        return f"Ce texte est trop long : {longueur} caractères au plus."
    return SANS_NIR if contains_nir(texte) else ""


def _check_coordonnee(champ: Champ, valeur: str) -> str:
    if not valeur:
        return ""
    if phrase := check_texte(valeur, champ.longueur):
        return phrase
    if champ.code == "courriel":
        try:
            validate_email(valeur)
        except ValidationError:
            return "Cette adresse électronique n'est pas complète : écrivez-la sous la forme nom@exemple.fr."
    if champ.code == "telephone" and not TELEPHONE.fullmatch(valeur):
        return "Écrivez un numéro de téléphone, par exemple 03 85 00 00 00."
    if champ.code == "rpps" and not RPPS.fullmatch(valeur):
        return "Un numéro RPPS a onze chiffres : vérifiez-le, ou laissez vide."
    return ""


def list_manques(demande: Demande, version: Version, jointes: set[str]) -> dict[str, str]:
    """What a draft still needs before it can be filed: a sentence by field, in the order of the form."""
    manques = {
        code: f"« {champ.libelle} » : écrivez-le pour déposer."
        for code, champ in COORDONNEES.items()
        if champ.requis and not demande.coordonnees.get(code)
    }
    sans_objet = demande.declarations.get("sans_objet", {})
    for piece in list_pieces(version):
        if piece.nature not in jointes and not sans_objet.get(piece.nature):
            manques[piece.nature] = (
                f"« {piece.texte} » : joignez cette pièce, ou écrivez pourquoi elle ne vous concerne pas."
            )
    faites = demande.declarations.get("attestations", [])
    for code in list_attestations(version):
        if code not in faites:
            manques[f"atteste-{code}"] = "Cochez l'attestation sur l'honneur pour déposer."
    return manques
