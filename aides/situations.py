"""From the database to what a rule reads: zones and local data of a commune on the days that the schemes ask for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from aides.catalogue import catalogue
from aides.locaux import read_lieux, read_locaux
from aides.regles.dispositifs import JOURS_PASSES
from aides.regles.faits import format_jour
from aides.regles.situation import SANS_LOCAUX, Situation, Valeur, ZoneLue
from zonage.enums import Profession, StatutZone
from zonage.lecture import Zone, zone_days


@dataclass(frozen=True, slots=True)
class Lecture:
    """The situation, and the zones it was made from: those of the day chosen and of the days already past."""

    situation: Situation
    zones: Mapping[date, Zone]


def read_zones(commune: str | None, faits: Mapping[str, Valeur], jours: Iterable[date]) -> Mapping[date, Zone]:
    """The zones that checking this person on these days reads, in one query. Empty without commune or profession.

    The days read: each of `jours`, and that of an installation or of an opening that already took place.
    """
    profession = faits.get("profession")
    if commune is None or profession not in Profession.values:
        return {}
    return zone_days(commune, str(profession), {lu for au in jours for lu in list_jours(faits, au)})


def read_situation(
    commune: str | None, faits: Mapping[str, Valeur], zones: Mapping[date, Zone], *, au: date
) -> Lecture:
    """The situation on a day, from the zones of `read_zones`, with the places, lists and regional amounts."""
    if commune is None:
        return Lecture(Situation(faits, commune_choisie=False), {})
    schemes = catalogue()
    jours = list_jours(faits, au)
    utiles = {jour: zones[jour] for jour in jours if jour in zones}
    locaux = {jour: lus for jour in jours if (lus := read_locaux(commune, jour, schemes)) is not SANS_LOCAUX}
    situation = Situation(
        faits,
        {jour: read_zone(lue) for jour, lue in utiles.items()},
        lieux=read_lieux(commune, schemes),
        locaux=locaux,
    )
    return Lecture(situation, utiles)


def list_jours(faits: Mapping[str, Valeur], au: date) -> list[date]:
    """The days that checking this person on a day reads: that day, and each past day that a scheme refers to."""
    jours = {au}
    for code_jour, code_etat, passe in JOURS_PASSES.values():
        jour = faits.get(code_jour)
        if faits.get(code_etat) == passe and isinstance(jour, date):
            jours.add(jour)
    return sorted(jours)


def read_zone(lue: Zone) -> ZoneLue:
    """The niveau when it is certain; else why it is not, in a sentence."""
    if lue.statut == StatutZone.CONNU and lue.niveau:
        return ZoneLue(lue.niveau, libelle=lue.libelle or lue.niveau)
    if lue.statut == StatutZone.ADRESSE_REQUISE:
        motif = "La commune n'est pas classée d'un seul tenant : l'adresse exacte du cabinet est nécessaire"
        return ZoneLue(None, motif=motif)
    motif = f"Aucun classement connu le {format_jour(lue.au)}"
    if lue.dernier_connu and lue.dernier_connu.libelle:
        dernier = lue.dernier_connu
        motif += f" ; dernier classement connu : {dernier.libelle}, jusqu'au {format_jour(dernier.au)}"
    return ZoneLue(None, motif=motif)
