"""Suggestions for the combobox of communes."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from zonage.adresse import LONGUEUR_MAX
from zonage.recherche import Proposition, search_communes

SUGGESTIONS = 8
MINIMUM = 2
FRAICHEUR = 300
"""Seconds a browser may keep an answer: communes change once a year."""


@require_safe
def suggestions(request: HttpRequest) -> JsonResponse:
    q = request.GET.get("q", "").strip()
    if "\0" in q or len(q) > LONGUEUR_MAX:
        return JsonResponse({"erreur": f"La recherche tient en {LONGUEUR_MAX} caractères au plus."}, status=400)
    trouvees = search_communes(q, limite=SUGGESTIONS) if len(q) >= MINIMUM else []
    reponse = JsonResponse({"propositions": [describe(commune) for commune in trouvees]})
    reponse["Cache-Control"] = f"public, max-age={FRAICHEUR}"
    return reponse


def describe(commune: Proposition) -> dict[str, str]:
    """What one option shows: the name, then what tells homonyms apart."""
    detail = f"{commune.departement_nom} ({commune.departement_code})"
    if commune.codes_postaux:
        detail += f", {commune.codes_postaux[0]}"
    if commune.via:
        detail += f" ; anciennement {commune.via}"
    return {"code": commune.code, "nom": commune.nom, "detail": detail}
