"""What other apps say on the page of a commune (`MAILLAGE_FICHES_COMMUNE`): the territory knows nothing of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from zonage.models import Commune


@dataclass(frozen=True, slots=True)
class Fiche:
    """A section: its title, the template that shows it, and what that template reads as `fiche.contexte`."""

    code: str
    titre: str
    gabarit: str
    contexte: Mapping[str, Any] = field(default_factory=dict)


def list_fiches(commune: Commune, *, au: date, aujourdhui: date) -> Sequence[Fiche]:
    """In the order of the settings. `au` is the day that the reader chose; each costs one query at most."""
    return [
        import_string(chemin)(commune, au=au, aujourdhui=aujourdhui) for chemin in settings.MAILLAGE_FICHES_COMMUNE
    ]
