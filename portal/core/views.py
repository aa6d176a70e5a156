import hmac

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from portal.core.metriques import write_metriques
from portal.core.sante import is_pret


def sante(request: HttpRequest) -> JsonResponse:
    """200 when the web process answers and PostgreSQL too; says nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"statut": "ok"})


@never_cache
def pret(request: HttpRequest) -> JsonResponse:
    """200 when visitors may be sent here, else 503; says nothing else."""
    if is_pret():
        return JsonResponse({"statut": "pret"})
    return JsonResponse({"statut": "indisponible"}, status=503)


@never_cache
def metriques(request: HttpRequest) -> HttpResponse:
    """For who holds the token of the settings; without one, the address does not exist."""
    jeton = settings.MAILLAGE_METRIQUES_JETON
    dit = request.headers.get("Authorization", "")
    if not jeton or not hmac.compare_digest(dit.encode(), f"Bearer {jeton}".encode()):
        raise Http404
    return HttpResponse(write_metriques(), content_type="text/plain; version=0.0.4; charset=utf-8")
