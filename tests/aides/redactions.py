"""A local scheme for the tests: an aid of the département of Saône-et-Loire."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

from aides.models import RedactionLocale
from aides.services_locaux import create_redaction, propose_redaction, validate_redaction
from tests.zonage.factories_zonage import UserFactory

TEXTE: dict[str, Any] = {
    "code": "bourse_71",
    "sigle": "Bourse 71",
    "nom": "Bourse d'installation du département",
    "resume": "Une aide écrite pour les essais.",
    "payeur": "Département de Saône-et-Loire",
    "guichet": "collectivite",
    "demarche": "Écrivez au département.",
    "professions": ["medecin"],
    "statut": "local",
    "perimetre": ["departement:71"],
    "references": {"deliberation": {"texte": "Délibération du 12 janvier 2026", "verifie_le": "2026-02-01"}},
    "versions": [
        {
            "code": "2026",
            "ouvert_du": "2026-01-01",
            "reference_ouverture": "deliberation",
            "jour_reference": "demande",
            "conditions": {
                "tous": [
                    {
                        "fait": "profession",
                        "est": "medecin",
                        "libelle": "Être médecin",
                        "reference": "deliberation",
                    }
                ]
            },
            "montant": {
                "composantes": [
                    {
                        "code": "bourse",
                        "libelle": "Bourse",
                        "periodicite": "unique",
                        "forfait": Decimal("1500.50"),
                        "reference": "deliberation",
                    }
                ]
            },
            "duree": {"texte": "Un seul versement.", "reference": "deliberation"},
            "renouvellement": {"texte": "Non renouvelable.", "reference": "deliberation"},
            "obligations": [],
            "documents": [],
            "cumul": [],
        }
    ],
}


def build_texte(**champs: Any) -> dict[str, Any]:
    return {**deepcopy(TEXTE), **champs}


def publish(brut: dict[str, Any], au: Any, motif: str = "") -> RedactionLocale:
    """Drafted and proposed by one, validated by another."""
    auteur, valideur = UserFactory(is_staff=True), UserFactory(is_staff=True)
    redaction = create_redaction(brut, par=auteur)
    propose_redaction(redaction, par=auteur, au=au, motif_passe=motif)
    validate_redaction(redaction, par=valideur, au=au)
    return redaction
