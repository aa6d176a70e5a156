"""What `manage.py check` says of the settings of the documents."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.exceptions import ImproperlyConfigured

from portal.core.antivirus import read_adresse


def check_antivirus(app_configs: Any, **inutiles: Any) -> list[CheckMessage]:
    """An address that cannot be read stops."""
    try:
        if settings.MAILLAGE_ANTIVIRUS:
            read_adresse(settings.MAILLAGE_ANTIVIRUS)
    except ImproperlyConfigured as erreur:
        return [Error(str(erreur), id="maillage.E001")]
    return []


def tell_antivirus(app_configs: Any, **inutiles: Any) -> list[CheckMessage]:
    """`check --deploy` alone: whether documents are analysed, and who downloads them when they are not."""
    return [Info(describe_antivirus(), id="maillage.I001")]


def describe_antivirus() -> str:
    """The state of the antivirus, in one sentence for the operator."""
    if settings.MAILLAGE_ANTIVIRUS:
        return "Antivirus : réglé ; un document n'est servi qu'une fois déclaré sain."
    qui = "les agents seuls les téléchargent" if settings.MAILLAGE_NON_ANALYSE_AUX_AGENTS else "nul ne les télécharge"
    return f"Antivirus : aucun (MAILLAGE_ANTIVIRUS est vide). Les documents déposés ne sont pas analysés et {qui}."
