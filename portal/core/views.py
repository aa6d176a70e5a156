from django.db import connection
from django.http import HttpRequest, JsonResponse


def sante(request: HttpRequest) -> JsonResponse:
    """200 when the web process answers and PostgreSQL too; says nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"statut": "ok"})
