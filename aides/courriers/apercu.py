"""A letter as a text being written would make it: the layout of the real ones, over examples. Nothing is kept."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from aides.courriers.champs import CHAMPS, fill_texte
from aides.courriers.contenus import Contenu, Section, Textes, compose, split_paragraphes
from aides.courriers.pdf import render_courrier_pdf
from aides.courriers.textes import CODES, INTRODUCTIONS, find_recours_defaut
from aides.models import ModeleCourrier, TypeCourrier

CODE_EXEMPLE = "0" * 20
ADRESSE_EXEMPLE = "https://portail.exemple.fr/courriers/verifier/"
DESTINATAIRE = ["Camille EXEMPLE", "3 rue de l'Exemple", "71300 Montceau-les-Mines"]
SECTIONS: Mapping[str, list[Section]] = {
    TypeCourrier.ACCUSE: [{"titre": "Pièces reçues", "liste": ["Attestation d'inscription à l'ordre (exemple)"]}],
    TypeCourrier.CORRECTION: [{"titre": "Ce qui est demandé", "paragraphes": ["Ce que l'agent écrit (exemple)."]}],
    TypeCourrier.DECISION: [{"titre": "Montant", "paragraphes": ["Montant accordé : 43 750 € (exemple)."]}],
    TypeCourrier.REFUS: [{"titre": "Motif du refus", "paragraphes": ["Le motif que l'agent écrit (exemple)."]}],
    TypeCourrier.CONTRAT: [
        {
            "titre": "Versements",
            "tableau": {
                "entetes": ["Échéance", "Objet", "Montant"],
                "lignes": [["1er décembre 2026", "À la signature (exemple)", "21 875 €"]],
            },
        }
    ],
    TypeCourrier.ATTESTATION: [],
    TypeCourrier.RESILIATION: [{"titre": "Motif", "paragraphes": ["Le motif que l'agent écrit (exemple)."]}],
}


def preview_modele(modele: ModeleCourrier) -> bytes:
    """`modele` is not saved; what it leaves empty is the portal's text."""
    type_courrier = modele.type
    valeurs = {code: champ.exemple for code, champ in CHAMPS.items() if type_courrier in champ.types}
    valeurs["courrier"] = f"27-2026-{CODES[type_courrier]}-000001"
    textes = Textes(
        modele.expediteur,
        modele.adresse,
        modele.contact,
        modele.introduction.strip() or INTRODUCTIONS[type_courrier],
        modele.recours.strip() or find_recours_defaut(modele.guichet, type_courrier),
        modele.signataire,
    )
    contenu: Contenu = compose(textes, type_courrier, valeurs, destinataire=DESTINATAIRE)
    contenu["references"] = [("Courrier", valeurs["courrier"]), ("Dossier", valeurs["dossier"])]
    contenu["sections"] = [*SECTIONS[type_courrier], *_build_recours(textes, valeurs)]
    return render_courrier_pdf(
        contenu, code=CODE_EXEMPLE, adresse=ADRESSE_EXEMPLE, le=timezone.localtime(), apercu=True
    )


def _build_recours(textes: Textes, valeurs: Mapping[str, str]) -> list[dict[str, Any]]:
    paragraphes = split_paragraphes(fill_texte(textes.recours, valeurs))
    return [{"titre": "Voies et délais de recours", "paragraphes": paragraphes}] if paragraphes else []
