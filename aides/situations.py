"""From the database to what a rule reads: the zones of a commune on the days that the schemes ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from aides.regles.dispositifs import JOURS_PASSES
from aides.regles.faits import format_jour
from aides.regles.situation import Situation, Valeur, ZoneLue
from zonage.enums import Profession, StatutZone
from zonage.lecture import Zone, zone


@dataclass(frozen=True, slots=True)
class Lecture:
    """The situation, and the zones it was made from: those of the day chosen and of the days already past."""

    situation: Situation
    zones: Mapping[date, Zone]


def read_situation(commune: str | None, faits: Mapping[str, Valeur], *, au: date) -> Lecture:
    """One query a day read: `au`, and the day of an installation or of an opening that already took place."""
    profession = faits.get("profession")
    if commune is None or profession not in Profession.values:
        return Lecture(Situation(faits, commune_choisie=commune is not None), {})
    zones = {jour: zone(commune, str(profession), au=jour) for jour in _list_jours(faits, au)}
    lues = {jour: read_zone(lue) for jour, lue in zones.items()}
    return Lecture(Situation(faits, lues), zones)


def _list_jours(faits: Mapping[str, Valeur], au: date) -> list[date]:
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
