"""The page of a draft: its fields as a person reads them, what is missing, what the rule says of it today."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from aides.catalogue import catalogue
from aides.dossiers.erreurs import ActeRefuse, VersionPerimee
from aides.dossiers.formulaires import (
    COORDONNEES,
    MESSAGE_MAX,
    MOTIF_MAX,
    Champ,
    Saisie,
    list_attestations,
    list_codes,
    list_manques,
    list_pieces,
)
from aides.dossiers.lecture import NOMS_GUICHET, PieceLue, list_pieces_lues
from aides.dossiers.preuves import RegleLue, list_changements, read_regle_de
from aides.faits_url import dump_faits
from aides.forms import Demande as Adresse
from aides.models import Demande
from aides.regles.dispositifs import Version
from aides.regles.faits import FAITS, format_valeur
from aides.services import FaitsInvalides, clean_faits
from aides.views.verifier import Question, build_question
from portal.core.forms import ACCEPTES


@dataclass(frozen=True, slots=True)
class ChampLu:
    champ: Champ
    valeur: str
    erreur: str


@dataclass(frozen=True, slots=True)
class PieceDemandee:
    """A document that the text names, what was joined for it, why it may not concern this person."""

    nature: str
    texte: str
    reference: str
    jointes: list[PieceLue]
    sans_objet: str
    erreur: str


def build_page(
    request: HttpRequest,
    demande: Demande,
    version: Version,
    *,
    saisie: Saisie | None = None,
    erreurs: Mapping[str, str] | None = None,
    refus: ActeRefuse | None = None,
) -> dict[str, Any]:
    """`saisie` None: what the draft holds. After a refusal, what was typed, errors beside."""
    lue = saisie or Saisie(demande.faits, demande.coordonnees, demande.message, demande.declarations)
    fautes = dict(erreurs or {})
    regle = read_lue(demande, lue)
    pieces = list_pieces_lues(demande, request.user)
    dispositif = catalogue().dispositif(demande.dispositif)
    bruts = request.POST if saisie is not None else {}
    return {
        "demande": demande,
        "dispositif": dispositif,
        "version_regle": version,
        "guichet": NOMS_GUICHET.get(demande.guichet, demande.guichet),
        "regle": regle,
        "changements": list_changements(demande, regle) if regle else [],
        **build_champs(demande, version, lue, regle, pieces, fautes, bruts),
        "message": bruts.get("message", lue.message),
        "message_max": MESSAGE_MAX,
        "motif_max": MOTIF_MAX,
        "accepte": ACCEPTES,
        "erreurs": [(find_cible(code), phrase) for code, phrase in fautes.items()],
        "fautes": fautes,
        "refus": refus,
        "perimee": isinstance(refus, VersionPerimee),
        "ecarts": list_ecarts(demande, lue) if isinstance(refus, VersionPerimee) else [],
        "enregistre": request.GET.get("enregistre") == "1" and saisie is None,
        "manques": list_manques(demande, version, {lu.piece.nature for lu in pieces}) if saisie is None else {},
        "verifier_url": build_verification(demande),
    }


def build_champs(
    demande: Demande,
    version: Version,
    lue: Saisie,
    regle: RegleLue | None,
    pieces: list[PieceLue],
    fautes: Mapping[str, str],
    bruts: Mapping[str, str],
) -> dict[str, Any]:
    """The fields, section by section, each with its error."""
    return {
        "questions": list_questions(version, lue, regle, fautes, bruts),
        "profession": dict(FAITS["profession"].choix).get(demande.profession, demande.profession),
        "champs": [
            ChampLu(champ, bruts.get(code, lue.coordonnees.get(code, "")), fautes.get(code, ""))
            for code, champ in COORDONNEES.items()
            if code != "adresse"
        ],
        "adresse": ChampLu(
            COORDONNEES["adresse"],
            bruts.get("adresse", lue.coordonnees.get("adresse", "")),
            fautes.get("adresse", ""),
        ),
        "pieces": list_demandees(version, lue, pieces, fautes, bruts),
        "autres": [lu for lu in pieces if lu.piece.nature == "autre"],
        "attestations": [
            (code, texte, code in lue.declarations.get("attestations", []), fautes.get(f"atteste-{code}", ""))
            for code, texte in list_attestations(version).items()
        ],
    }


def read_lue(demande: Demande, saisie: Saisie) -> RegleLue | None:
    """The rule of today on what was typed; None when an answer kept can no longer be read."""
    try:
        return read_regle_de(demande.dispositif, demande.commune_id, saisie.faits, au=timezone.localdate())
    except FaitsInvalides:
        return None


def list_questions(
    version: Version, saisie: Saisie, regle: RegleLue | None, fautes: Mapping[str, str], bruts: Mapping[str, str]
) -> list[Question]:
    """The facts of the form. A value that cannot be read is shown as it was typed."""
    try:
        faits = clean_faits(saisie.faits)
    except FaitsInvalides:
        faits = {}
    codes = [c for c in list_codes(version, faits, regle.resultat if regle else None) if c != "profession"]
    codes += [code for code in FAITS if code in fautes and code not in codes]
    connues = Adresse(
        faits=faits,
        nsp=tuple(c for c in codes if c not in faits),
        erreurs={c: fautes[c] for c in codes if c in fautes},
    )
    questions = [build_question(FAITS[code], connues) for code in codes]
    return [
        Question(q.fait, q.choix, bruts.get(q.fait.code, "")[:40], False, q.erreur)
        if q.erreur and q.champ != "choix"
        else q
        for q in questions
    ]


def list_demandees(
    version: Version, saisie: Saisie, pieces: list[PieceLue], fautes: Mapping[str, str], bruts: Mapping[str, str]
) -> list[PieceDemandee]:
    sans_objet = saisie.declarations.get("sans_objet", {})
    return [
        PieceDemandee(
            piece.nature,
            piece.texte,
            piece.reference,
            [lu for lu in pieces if lu.piece.nature == piece.nature],
            bruts.get(f"sans-objet-{piece.nature}", sans_objet.get(piece.nature, "")),
            fautes.get(piece.nature) or fautes.get(f"sans-objet-{piece.nature}", ""),
        )
        for piece in list_pieces(version)
    ]


def find_cible(code: str) -> str:
    """The identifier of the field to go to."""
    if code in FAITS:
        return f"q-{code}"
    if code in COORDONNEES or code in ("message", "fichier") or code.startswith("atteste-"):
        return f"champ-{code}"
    return "pieces"


def list_ecarts(demande: Demande, saisie: Saisie) -> list[tuple[str, str, str]]:
    """What is kept and what was just typed, where they differ: label, kept, typed."""
    paires = [
        (fait.libelle, format_fait(code, demande.faits), format_fait(code, saisie.faits))
        for code, fait in FAITS.items()
    ]
    paires += [
        (champ.libelle, demande.coordonnees.get(code, ""), saisie.coordonnees.get(code, ""))
        for code, champ in COORDONNEES.items()
    ]
    paires.append(("Message", demande.message, saisie.message))
    return [(libelle, avant or "rien", apres or "rien") for libelle, avant, apres in paires if avant != apres]


def format_fait(code: str, faits: Mapping[str, Any]) -> str:
    try:
        propres = clean_faits({code: faits[code]}) if code in faits else {}
    except FaitsInvalides:
        return ""
    return format_valeur(FAITS[code], propres[code]) if code in propres else ""


def build_verification(demande: Demande) -> str:
    """The check with the same answers: another commune starts another draft from there."""
    try:
        faits = dump_faits(clean_faits(demande.faits))
    except FaitsInvalides:
        faits = []
    return f"{reverse('verifier')}?{urlencode([('commune', demande.commune_id), *faits])}"
