"""From a situation to what one version reads of it: its reference day, and the zone of that day."""

from datetime import date

from aides.regles.dispositifs import Version
from aides.regles.situation import Contexte, Situation


def open_contexte(version: Version, situation: Situation, au: date) -> Contexte:
    reference, manque = version.find_reference(situation.faits, au)
    zone = situation.zones.get(reference) if reference else None
    if not situation.commune_choisie:
        manque = ("commune", *manque)
    elif "profession" not in situation.faits:
        manque = ("profession", *manque)
    elif not manque:
        manque = ("zone",)
    return Contexte(situation.faits, au, reference, zone, manque)
