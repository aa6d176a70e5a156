"""What a person may receive, there, on that day: the same rules as the pages, as data. Nothing is stored."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from aides.api.formes import DemandeEvaluationSerializer, EvaluationSerializer
from aides.publication import dump_montant, dump_preuve
from aides.regles.evaluation import Resultat
from aides.regles.faits import FAITS, FaitInvalide, clean_fait
from aides.regles.situation import Valeur
from aides.services import Bilan, check
from portal.core.api.corps import display_nom
from portal.core.api.parametres import explain_inconnu, read_jour
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView
from zonage.api.communes import CODE_FAUX, CODE_INSEE, dump_ancienne
from zonage.api.zones import build_dernier, build_lecture
from zonage.recherche import CommuneInconnue

CLES = ("au", "commune", "faits")
FAITS_MAX = 100
EXEMPLE = {
    "au": "2025-12-20",
    "commune": "71076",
    "faits": {"profession": "medecin", "statut": "projet", "jours_semaine": 4, "premiere_installation": True},
}


def read_demande(corps: Any) -> tuple[date, str | None, dict[str, Valeur]]:
    """The day, the commune, the typed facts. Raises `RequeteInvalide` with every reason at once."""
    if not isinstance(corps, dict):
        raise RequeteInvalide('Envoyez un objet JSON : {"au": …, "commune": …, "faits": {…}}.')
    erreurs = {display_nom(cle): [explain_inconnu(cle, CLES, "Champ")] for cle in corps if cle not in CLES}
    au = _read_au(corps.get("au"), erreurs)
    commune = _read_commune(corps.get("commune"), erreurs)
    faits = _read_faits(corps.get("faits"), erreurs)
    if erreurs:
        raise RequeteInvalide(erreurs=erreurs)
    return au, commune, faits


def _read_au(brut: Any, erreurs: dict[str, list[str]]) -> date:
    if brut is None:
        return timezone.localdate()
    try:
        return read_jour(brut if isinstance(brut, str) else "")
    except ValueError as erreur:
        erreurs["au"] = [str(erreur)]
        return date.min


def _read_commune(brut: Any, erreurs: dict[str, list[str]]) -> str | None:
    if brut is None or (isinstance(brut, str) and CODE_INSEE.fullmatch(brut)):
        return brut
    erreurs["commune"] = [CODE_FAUX]
    return None


def _read_faits(bruts: Any, erreurs: dict[str, list[str]]) -> dict[str, Valeur]:
    faits: dict[str, Valeur] = {}
    if bruts is None:
        return faits
    if not isinstance(bruts, Mapping) or len(bruts) > FAITS_MAX:
        erreurs["faits"] = [f"Envoyez un objet d'au plus {FAITS_MAX} faits (voir /api/v1/faits/)."]
        return faits
    for code, brut in bruts.items():
        fait = FAITS.get(code)
        try:
            if fait is None:
                raise FaitInvalide(explain_inconnu(code, FAITS, "Fait"))
            valeur = clean_fait(fait, brut)
        except FaitInvalide as erreur:
            erreurs[f"faits.{display_nom(code)}"] = [str(erreur)]
        else:
            if valeur is not None:
                faits[code] = valeur
    return faits


def dump_resultat(resultat: Resultat) -> dict[str, Any]:
    return {
        "dispositif": resultat.dispositif.code,
        "version": resultat.version.code,
        "issue": resultat.issue,
        "montant": dump_montant(resultat.montant),
        "preuve": dump_preuve(resultat.preuve),
        "manquants": resultat.manquants,
    }


def dump_bilan(bilan: Bilan) -> dict[str, Any]:
    zone = bilan.zone
    return {
        "au": bilan.au,
        "commune": {"code": bilan.commune.code_insee, "nom": bilan.commune.nom} if bilan.commune else None,
        "code_demande": dump_ancienne(bilan.resolution),
        "zone": {**build_lecture(zone), "dernier_connu": build_dernier(zone)} if zone else None,
        "demonstration": bilan.demonstration,
        "resultats": [dump_resultat(resultat) for resultat in bilan.resultats],
        "questions": [fait.code for fait in bilan.questions],
        "avertissements": bilan.avertissements,
    }


class EvaluationsView(ApiView):
    http_method_names = ["post", "options"]
    doc = Documentation(
        nom="evaluations_creation",
        resume="Évaluer les dispositifs pour une situation",
        description="Une entrée par dispositif ouvert ce jour-là : issue, montant, preuve critère par critère, et les "
        "faits qui manquent. Un fait absent est inconnu et ne décide jamais. Rien n'est enregistré.",
        etiquette="Aides",
        reponse=EvaluationSerializer,
        requete=DemandeEvaluationSerializer,
        exemple_requete=EXEMPLE,
    )

    def post(self, request: Request) -> HttpResponse:
        au, commune, faits = read_demande(request.data)
        try:
            bilan = check(commune, faits, au=au)
        except CommuneInconnue as erreur:
            raise RequeteInvalide(erreurs={"commune": [str(erreur)]}) from erreur
        reponse = self.answer(dump_bilan(bilan))
        reponse.headers["Cache-Control"] = "no-store"
        return reponse
