"""From a situation to what one version reads of it: its reference day, and the zone of that day."""

from datetime import date

from aides.regles.dispositifs import Version
from aides.regles.situation import SANS_LOCAUX, Contexte, Situation


def open_contexte(version: Version, situation: Situation, au: date) -> Contexte:
    reference, manque_jour = version.find_reference(situation.faits, au)
    zone = situation.zones.get(reference) if reference else None
    locaux = situation.locaux.get(reference, SANS_LOCAUX) if reference else SANS_LOCAUX
    manque_lieu = () if situation.commune_choisie else ("commune",)
    if manque_lieu:
        manque = (*manque_lieu, *manque_jour)
    elif "profession" not in situation.faits:
        manque = ("profession", *manque_jour)
    else:
        manque = manque_jour or ("zone",)
    return Contexte(situation.faits, au, reference, zone, manque, situation.lieux, locaux, manque_jour, manque_lieu)
