from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portail(request: HttpRequest) -> dict[str, Any]:
    """What every page needs to know about this installation."""
    return {"BLOC_MARQUE": settings.MAILLAGE_BLOC_MARQUE, "CONTACT": settings.MAILLAGE_CONTACT}
