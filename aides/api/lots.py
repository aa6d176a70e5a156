"""The check of up to a thousand people in one request: verdicts and amounts, without the proofs."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from aides.api.evaluations import CLES, EXEMPLE, read_demande
from aides.api.formes_listes import DemandeLotSerializer, LotSerializer
from aides.ou_obtenir import Aide
from aides.regles.montants import Montant
from aides.services_lot import Question, Verdicts, check_lot
from portal.core.api.corps import StrictLotJSONParser, display_nom
from portal.core.api.limites import LimiteParAdresse
from portal.core.api.parametres import explain_inconnu
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView
from zonage.api.communes import dump_ancienne
from zonage.recherche import explain_commune_inconnue

LOT_MAX = 1_000
PAR_REQUETE = 10
"""Questions that count as one request."""
CORPS = 'Envoyez un objet JSON : {"evaluations": [{"au": …, "commune": …, "faits": {…}}, …]}.'
DEMANDES = {"evaluations": [EXEMPLE, {"au": "2025-12-20", "commune": "71999"}]}
REPONSES = {
    "total": 2,
    "reussies": 1,
    "evaluations": [
        {
            "rang": 0,
            "reponse": {
                "au": "2025-12-20",
                "commune": {"code": "71076", "nom": "Chalon-sur-Saône"},
                "code_demande": None,
                "zone": {"statut": "connu", "niveau": "zac", "libelle": "Zone d'action complémentaire"},
                "demonstration": True,
                "resultats": [
                    {
                        "dispositif": "assistant_medical",
                        "version": "2024",
                        "issue": "a_instruire",
                        "montant": {
                            "minimum": "19000.00",
                            "maximum": "38000.00",
                            "periodicite": "an",
                            "texte": "De 19 000 € à 38 000 € par an",
                        },
                        "manquants": ["emploi_assistant", "assistant_etp", "secteur"],
                    }
                ],
            },
            "erreurs": {},
        },
        {
            "rang": 1,
            "reponse": None,
            "erreurs": {"commune": [explain_commune_inconnue("71999")]},
        },
    ],
}


class EvaluationsLotView(ApiView):
    http_method_names = ["post", "options"]
    parser_classes = (StrictLotJSONParser,)  # type: ignore[assignment]
    doc = Documentation(
        nom="evaluations_lot",
        resume="Évaluer jusqu'à mille situations",
        description=f"De une à {LOT_MAX} demandes, chacune comme à /evaluations/ ; la réponse a le même rang que la "
        "demande, et une demande fautive dit ses erreurs sans arrêter les autres. Chaque réponse a l'issue, le "
        "montant et les faits manquants des dispositifs de la profession donnée (de tous, sans profession) ; la "
        f"preuve se lit à /evaluations/. Corps d'un Mo au plus. Dix demandes comptent pour une requête dans la "
        "limite. Rien n'est enregistré.",
        etiquette="Aides",
        reponse=LotSerializer,
        exemple=REPONSES,
        requete=DemandeLotSerializer,
        exemple_requete=DEMANDES,
    )

    def post(self, request: Request) -> HttpResponse:
        demandes = read_lot(request.data)
        LimiteParAdresse().charge(request, len(demandes) // PAR_REQUETE)
        reponse = self.answer(answer_lot(demandes))
        reponse.headers["Cache-Control"] = "no-store"
        return reponse


def read_lot(corps: Any) -> list[Any]:
    """The questions as they were sent. Raises RequeteInvalide when the list itself cannot be read."""
    if not isinstance(corps, dict):
        raise RequeteInvalide(CORPS)
    erreurs = {
        display_nom(cle): [explain_inconnu(cle, ("evaluations", *CLES), "Champ")]
        for cle in corps
        if cle != "evaluations"
    }
    demandes = corps.get("evaluations")
    if not isinstance(demandes, list) or not 1 <= len(demandes) <= LOT_MAX:
        erreurs["evaluations"] = [f"Envoyez une liste de 1 à {LOT_MAX} demandes."]
    if erreurs:
        raise RequeteInvalide(erreurs=erreurs)
    return list(demandes or ())


def answer_lot(demandes: Sequence[Any]) -> dict[str, Any]:
    lignes: list[dict[str, Any]] = []
    questions: dict[int, Question] = {}
    for rang, demande in enumerate(demandes):
        lignes.append({"rang": rang, "reponse": None, "erreurs": {}})
        try:
            questions[rang] = Question(*read_demande(demande))
        except RequeteInvalide as erreur:
            lignes[rang]["erreurs"] = erreur.erreurs or {"demande": [str(erreur.detail)]}
    for rang, verdicts in zip(questions, check_lot(list(questions.values())), strict=True):
        if verdicts.erreur:
            lignes[rang]["erreurs"] = {"commune": [verdicts.erreur]}
        else:
            lignes[rang]["reponse"] = dump_verdicts(verdicts)
    reussies = sum(ligne["reponse"] is not None for ligne in lignes)
    return {"total": len(lignes), "reussies": reussies, "evaluations": lignes}


def dump_verdicts(verdicts: Verdicts) -> dict[str, Any]:
    resolution, zone = verdicts.resolution, verdicts.zone
    commune = resolution.commune if resolution else None
    return {
        "au": verdicts.question.au,
        "commune": {"code": commune.code_insee, "nom": commune.nom} if commune else None,
        "code_demande": dump_ancienne(resolution),
        "zone": {"statut": zone.statut, "niveau": zone.niveau, "libelle": zone.libelle} if zone else None,
        "demonstration": verdicts.demonstration,
        "resultats": [dump_aide(aide) for aide in verdicts.aides],
    }


def dump_aide(aide: Aide) -> dict[str, Any]:
    return {
        "dispositif": aide.dispositif.code,
        "version": aide.version.code,
        "issue": aide.issue,
        "montant": dump_montant_court(aide.montant),
        "manquants": aide.manquants,
    }


def dump_montant_court(montant: Montant | None) -> dict[str, Any] | None:
    if montant is None:
        return None
    return {
        "minimum": montant.minimum,
        "maximum": montant.maximum,
        "periodicite": montant.periodicite,
        "texte": montant.texte,
    }
