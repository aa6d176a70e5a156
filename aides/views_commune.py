"""The page of a commune with the schemes open there: the territory knows nothing of the aids, so it is done here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from aides.catalogue import catalogue, restrict
from aides.locaux import read_lieux, read_locaux
from aides.regles.dispositifs import JOURS_PASSES, Catalogue, Dispositif
from aides.regles.faits import FAITS
from aides.regles.lecteur import open_contexte
from aides.regles.situation import SANS_LOCAUX, Locaux, Situation, Valeur, ZoneLue
from aides.situations import read_zone
from portal.core.cache import cached_page
from zonage.enums import Profession
from zonage.lecture import Zone
from zonage.views import CommuneDetailView


@dataclass(frozen=True, slots=True)
class Offre:
    """What a profession finds in a commune on a day, before anything else is known of the person.

    `ouverts`: nothing known rules them out. `exclus`: the zone or the profession rules them out for everyone.
    """

    profession: str
    libelle: str
    zone_connue: bool
    ouverts: tuple[Dispositif, ...]
    exclus: tuple[Dispositif, ...]
    lien: str


def list_offres(commune: str, zones: dict[str, Zone], *, au: date) -> list[Offre]:
    """One entry a profession that has at least one scheme open that day, whatever the zone."""
    offres = []
    for profession, zone in zones.items():
        lue = read_zone(zone)
        ouverts, exclus = sort_dispositifs(profession, lue, au, commune=commune)
        if ouverts or exclus:
            lien = urlencode({"commune": commune, "profession": profession, "au": au.isoformat()})
            libelle = str(Profession(profession).label)
            offres.append(Offre(profession, libelle, lue.niveau is not None, ouverts, exclus, lien))
    return offres


def sort_dispositifs(
    profession: str, zone: ZoneLue, au: date, *, commune: str = ""
) -> tuple[tuple[Dispositif, ...], tuple[Dispositif, ...]]:
    """Schemes of the profession: those that somebody may get there, and those that nobody can.

    Without a commune, only what holds everywhere: neither local schemes, nor lists, nor regional amounts.
    """
    lieux = read_lieux(commune, catalogue()) if commune else frozenset()
    locaux = read_locaux(commune, au, catalogue()) if commune else SANS_LOCAUX
    return _sort(restrict(catalogue(), lieux), profession, (zone, lieux, locaux), au)


@lru_cache(maxsize=512)
def _sort(
    schemes: Catalogue, profession: str, lieu: tuple[ZoneLue, frozenset[str], Locaux], au: date
) -> tuple[tuple[Dispositif, ...], tuple[Dispositif, ...]]:
    ouverts: list[Dispositif] = []
    exclus: list[Dispositif] = []
    zone, lieux, locaux = lieu
    for dispositif, version in schemes.versions_au(au):
        if profession not in dispositif.professions:
            continue
        verdicts = (
            version.conditions.evaluate(open_contexte(version, situation, au)).verdict
            for situation in (
                Situation(faits, {au: zone}, lieux=lieux, locaux={au: locaux})
                for faits in list_profils(profession, au)
            )
        )
        (exclus if all(verdict is False for verdict in verdicts) else ouverts).append(dispositif)
    return tuple(ouverts), tuple(exclus)


def list_profils(profession: str, au: date) -> list[dict[str, Valeur]]:
    """Every situation that decides on which day the zone is read, all on the day chosen; nothing else is known."""
    etats = {code: [valeur for valeur, _ in FAITS[code].choix] for _, code, _ in JOURS_PASSES.values()}
    profils = []
    for valeurs in product(*etats.values()):
        choisis = dict(zip(etats, valeurs, strict=True))
        faits: dict[str, Valeur] = {"profession": profession, **choisis}
        faits |= {jour: au for jour, code, passe in JOURS_PASSES.values() if choisis[code] == passe}
        profils.append(faits)
    return profils


class CommuneView(CommuneDetailView):
    template_name = "aides/commune_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte = super().get_context_data(**kwargs)
        offres = list_offres(self.object.code_insee, contexte["zones"], au=contexte["au"])
        return contexte | {"offres": offres}


page: Callable[..., HttpResponse] = CommuneView.as_view()  # type: ignore[assignment]  # a DetailView answers pages
commune_detail = gzip_page(require_safe(cached_page(page)))
