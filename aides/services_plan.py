"""The plan of somebody, in a commune, from a day: reads what the rules need for five years. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from aides.catalogue import catalogue, restrict
from aides.locaux import read_lieux, read_locaux
from aides.regles.parcours import Parcours, list_jours
from aides.regles.plan import Etude, Offre, add_horizon, build_etude, find_offre
from aides.regles.situation import SANS_LOCAUX, Situation, Valeur, ZoneLue
from aides.situations import list_jours as list_jours_lus
from aides.situations import read_zone, read_zones
from zonage.enums import Profession
from zonage.lecture import historique


@dataclass(frozen=True, slots=True)
class Plans:
    """The careful plan, and the one that also takes what nobody verified; the zone of each day tried."""

    prudent: Etude
    possible: Etude
    zones: tuple[tuple[date, ZoneLue], ...]
    tronque: bool


def build_plans(commune: str, faits: Mapping[str, Valeur], *, au: date) -> Plans:
    """`faits` are clean (`aides.services.clean_faits`), `commune` a code of today."""
    offre, zones, tronque = read_offre(commune, faits, au=au)
    return Plans(build_etude(offre, prudent=True), build_etude(offre, prudent=False), zones, tronque)


def read_offre(
    commune: str, faits: Mapping[str, Valeur], *, au: date
) -> tuple[Offre, tuple[tuple[date, ZoneLue], ...], bool]:
    schemes = catalogue()
    horizon = add_horizon(au)
    lieux = read_lieux(commune, schemes)
    profession = faits.get("profession")
    ouverts = [d for d in restrict(schemes, lieux).dispositifs if d.concerns(profession)]
    tournants = []
    if profession in Profession.values:
        for periode in historique(commune, str(profession)):
            tournants += [jour for jour in (periode.debut, periode.fin) if jour is not None]
    jours, tronque = list_jours(ouverts, au, horizon, tournants)
    zones = {jour: read_zone(lue) for jour, lue in read_zones(commune, faits, jours).items()}
    lus = {jour for au_lu in jours for jour in list_jours_lus(faits, au_lu)}
    locaux = {jour: lu for jour in sorted(lus) if (lu := read_locaux(commune, jour, schemes)) is not SANS_LOCAUX}
    depart = Situation(faits, zones, lieux=lieux, locaux=locaux)
    offre = find_offre(ouverts, Parcours(depart, au, horizon), jours)
    return offre, tuple(sorted((jour, zone) for jour, zone in zones.items() if jour >= au)), tronque or offre.tronque
