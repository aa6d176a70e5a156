"""What the questionnaire, the answer and the PDF have in common: what an address says."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from aides.forms import Demande, read_demande
from aides.regles.faits import FAITS
from aides.services import Bilan, check, check_days
from portal.core.cache import data_version
from portal.core.requetes import RequeteCompilee
from zonage.models import Commune
from zonage.recherche import CommuneInconnue, Resolution, resolve_commune

COMMUNE = RequeteCompilee(
    lambda code: Commune.objects.filter(code_insee=code).values("code_insee", "nom", "departement_id"), code="@code"
)


@dataclass(frozen=True, slots=True)
class Lecture:
    """An address read. `resolution` is None when no commune is named, or none that exists."""

    demande: Demande
    au: date
    resolution: Resolution | None

    @property
    def complete(self) -> bool:
        """A commune and a profession: the least an answer needs."""
        return self.resolution is not None and bool(self.demande.profession)

    @property
    def statut(self) -> int:
        return 400 if self.demande.erreurs else 200

    def check(self) -> Bilan:
        return check(self.resolution, self.demande.faits, au=self.au)

    def check_also(self, autre: date) -> tuple[Bilan, Bilan | None]:
        """The answer on the day read, and on another day unless it is the same: the zones of both in one query."""
        if self.resolution is None or autre == self.au:
            return self.check(), None
        du_jour, actuel = check_days(self.resolution, self.demande.faits, (self.au, autre))
        return du_jour, actuel


def read(request: HttpRequest) -> Lecture:
    demande = read_demande(request.GET)
    resolution = None
    if demande.commune:
        try:
            resolution = resolve_known(demande.commune, data_version())
        except CommuneInconnue as inconnue:
            demande = replace(demande, commune="", erreurs={**demande.erreurs, "commune": str(inconnue)})
    return Lecture(demande, demande.au or timezone.localdate(), resolution)


@lru_cache(maxsize=8192)
def resolve_known(code: str, version: str) -> Resolution:
    """A commune already met, as long as the published data are the same. Shared between requests: never written to.

    Most codes are of today: what an answer shows of them takes one compiled query, without département nor EPCI.
    """
    lignes = COMMUNE.lignes(code=code)
    return Resolution(Commune(**lignes[0])) if lignes else resolve_commune(code)


@cache
def address(nom: str) -> str:
    """The address of a view without argument: it never changes while the process lives."""
    return reverse(nom)


@cache
def _adresse_temoin() -> str:
    return reverse("commune_detail", args=["00000"])


def address_commune(commune: Commune) -> str:
    """The address of its page, without asking the resolver each time."""
    return _adresse_temoin().replace("00000", commune.code_insee)


def list_erreurs(demande: Demande) -> list[tuple[str, str]]:
    """Each error with the name that a person knows."""
    noms = {"commune": "Commune", "lieu": "Commune", "au": "Date de lecture"}
    return [
        (noms.get(code) or (FAITS[code].libelle if code in FAITS else code), m) for code, m in demande.erreurs.items()
    ]


def is_partial(request: HttpRequest) -> bool:
    """htmx asks for a part of the page, except when it restores a page of the history."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def add_htmx_vary(reponse: HttpResponse) -> HttpResponse:
    reponse["Vary"] = "HX-Request"
    return reponse


def read_ancienne(demande: Demande) -> Resolution | None:
    if not demande.ancien:
        return None
    try:
        return resolve_commune(demande.ancien)
    except CommuneInconnue:
        return None
