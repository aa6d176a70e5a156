"""The check for many people at once: the places read together, and each distinct situation judged once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aides.catalogue import catalogue, restrict
from aides.ou_obtenir import Aide, judge
from aides.regles.evaluation import RANGS
from aides.regles.montants import annual_maximum
from aides.regles.situation import Situation, Valeur
from aides.situations import list_jours, read_situation
from zonage.enums import Origine, Profession
from zonage.lecture import Zone, zone_days_many
from zonage.recherche import Resolution, explain_commune_inconnue, resolve_communes


@dataclass(frozen=True, slots=True)
class Question:
    """Facts already cleaned, in the order of the vocabulary."""

    au: date
    commune: str | None
    faits: Mapping[str, Valeur]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the check of one question says of each scheme of its profession, without the proof. The best first.

    `erreur` is a French sentence when the commune is unknown: the rest is then empty.
    """

    question: Question
    resolution: Resolution | None = None
    zone: Zone | None = None
    demonstration: bool = False
    aides: tuple[Aide, ...] = ()
    erreur: str = ""


def check_lot(questions: Sequence[Question]) -> list[Verdicts]:
    """One answer a question, in their order: three queries however many they are."""
    resolutions = resolve_communes({question.commune for question in questions if question.commune})
    demandes: dict[tuple[str, str], set[date]] = {}
    for question in questions:
        if couple := _zoned(question, resolutions):
            demandes.setdefault(couple, set()).update(list_jours(question.faits, question.au))
    zones = zone_days_many(demandes)
    jugees: dict[tuple[Any, ...], tuple[Aide, ...]] = {}
    return [_answer(question, resolutions, zones, jugees) for question in questions]


def _zoned(question: Question, resolutions: Mapping[str, Resolution]) -> tuple[str, str] | None:
    """The commune of today and the profession, when there is a zone to read."""
    resolution = resolutions.get(question.commune) if question.commune else None
    profession = question.faits.get("profession")
    if resolution is None or profession not in Profession.values:
        return None
    return resolution.commune.code_insee, str(profession)


def _answer(
    question: Question,
    resolutions: Mapping[str, Resolution],
    zones: Mapping[tuple[str, str], Mapping[date, Zone]],
    jugees: dict[tuple[Any, ...], tuple[Aide, ...]],
) -> Verdicts:
    resolution = resolutions.get(question.commune) if question.commune else None
    if question.commune and resolution is None:
        return Verdicts(question, erreur=explain_commune_inconnue(question.commune))
    couple = _zoned(question, resolutions)
    code = resolution.commune.code_insee if resolution else None
    lecture = read_situation(code, question.faits, zones[couple] if couple else {}, au=question.au)
    lue = lecture.situation
    faits, lieux = tuple(sorted(question.faits.items())), tuple(lue.zones.items())
    cle = (question.au, faits, lieux, lue.lieux, tuple(lue.locaux.items()), lue.commune_choisie)
    if cle not in jugees:
        jugees[cle] = _judge(lue, question.au)
    return Verdicts(
        question,
        resolution,
        lecture.zones.get(question.au),
        any(_is_demonstration(zone) for zone in lecture.zones.values()),
        jugees[cle],
    )


def _judge(situation: Situation, au: date) -> tuple[Aide, ...]:
    profession = situation.faits.get("profession")
    aides = [
        judge(dispositif, version, situation, au=au)
        for dispositif, version in restrict(catalogue(), situation.lieux).versions_au(au)
        if dispositif.concerns(profession)
    ]
    return tuple(sorted(aides, key=lambda aide: (RANGS[aide.issue], -annual_maximum(aide.montant))))


def _is_demonstration(zone: Zone) -> bool:
    dernier = zone.dernier_connu
    return Origine.DEMONSTRATION in (zone.origine, dernier.origine if dernier else None)
