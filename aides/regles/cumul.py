"""Whether contracts go together: what their texts say, on the days when they run. Three-valued, with its reason.

True: a text says so, or the contracts never run at the same time. False: never. None: nobody wrote or verified it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import combinations

from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import Catalogue, Dispositif, LienCumul, Version
from aides.regles.faits import format_jour
from aides.regles.references import Reference


@dataclass(frozen=True, eq=False)
class Engagement:
    """A contract somebody would sign: it runs from `du` (included) to `au` (excluded)."""

    dispositif: Dispositif
    version: Version
    du: date
    au: date


class Nature(StrEnum):
    ENSEMBLE = "ensemble"
    SUCCESSIFS = "successifs"
    EXCLUS = "exclus"
    MEME_CONTRAT = "meme_contrat"
    UNE_FOIS = "une_fois"
    DELAI = "delai"
    A_INSTRUIRE = "a_instruire"
    NON_ECRIT = "non_ecrit"


@dataclass(frozen=True, slots=True)
class Cumul:
    """The answer for two contracts. `reference` is None when no text is behind it."""

    accord: bool | None
    nature: Nature
    phrase: str
    reference: Reference | None = None


def is_joined(un: Engagement, autre: Engagement) -> bool | None:
    """The answer alone, without its sentence: a search asks it thousands of times."""
    if un.dispositif is autre.dispositif:
        return _find_repetition(un, autre) is None
    if _find_delai(un, autre) is not None:
        return False
    return True if not _overlap(un, autre) else read_versions(un.version, autre.version)[0]


def read_cumul(un: Engagement, autre: Engagement) -> Cumul:
    """The answer, why, and by which text. The order of the two does not matter."""
    premier, second = sorted((un, autre), key=lambda contrat: (contrat.du, contrat.dispositif.code))
    noms = f"{premier.dispositif.sigle} et {second.dispositif.sigle}"
    if premier.dispositif is second.dispositif:
        nature = _find_repetition(premier, second)
        phrase = REPETITIONS.get(nature) if nature else None
        if nature and phrase:
            reference = (second.version.renouvellement or second.version.duree).reference
            return Cumul(False, nature, phrase.format(sigle=second.dispositif.sigle), reference)
    elif (delai := _find_delai(premier, second)) is not None:
        jour = format_jour(add_mois(premier.du, delai))
        phrase = f"{noms} sont des aides de même catégorie : la seconde ne peut être demandée qu'à partir du {jour}."
        return Cumul(False, Nature.DELAI, phrase, second.version.renouvellement.reference)
    if not _overlap(premier, second):
        return Cumul(True, Nature.SUCCESSIFS, f"{noms} se suivent : le second commence quand le premier a pris fin.")
    accord, lien = read_versions(premier.version, second.version)
    if lien is None:
        phrase = f"{noms} : aucun texte lu ne dit si ces deux aides se cumulent. Demandez-le avant de signer."
        return Cumul(None, Nature.NON_ECRIT, phrase)
    if accord is None:
        return Cumul(None, Nature.A_INSTRUIRE, f"{noms} : {lien.raison}.", lien.reference)
    if accord:
        return Cumul(True, Nature.ENSEMBLE, f"{noms} se cumulent.", lien.reference)
    return Cumul(False, Nature.EXCLUS, f"{noms} ne se cumulent pas.", lien.reference)


def list_cumuls(contrats: Sequence[Engagement]) -> tuple[tuple[Engagement, Engagement, Cumul], ...]:
    """Every pair of a set, in its order."""
    return tuple((un, autre, read_cumul(un, autre)) for un, autre in combinations(contrats, 2))


def judge_set(contrats: Iterable[Engagement]) -> bool | None:
    """Whether the whole set holds: one False decides, else one pair that nobody verified leaves it open."""
    accords = {is_joined(un, autre) for un, autre in combinations(tuple(contrats), 2)}
    return False if False in accords else None if None in accords else True


REPETITIONS = {
    Nature.UNE_FOIS: "{sigle} ne s'obtient qu'une fois dans la carrière.",
    Nature.DELAI: "{sigle} : la même aide ne revient pas avant le délai prévu par le texte.",
    Nature.MEME_CONTRAT: "{sigle} est déjà en cours : ce serait deux fois le même contrat.",
}


def _find_repetition(un: Engagement, autre: Engagement) -> Nature | None:
    """Why the same scheme cannot be obtained again; None when it can.

    A contract that renews itself is one contract, and a payment without duration is made once.
    """
    premier, second = (un, autre) if un.du <= autre.du else (autre, un)
    regles = second.version.regles_cumul
    if regles.une_fois or premier.version.regles_cumul.une_fois:
        return Nature.UNE_FOIS
    if regles.delai_mois is not None and second.du < add_mois(premier.du, regles.delai_mois):
        return Nature.DELAI
    if _overlap(un, autre) or regles.duree_mois is None or regles.renouvellements != 0:
        return Nature.MEME_CONTRAT
    return None


def _find_delai(un: Engagement, autre: Engagement) -> int | None:
    """The months that two aids of the same category must leave between their decisions, when they do not."""
    regles, autres = un.version.regles_cumul, autre.version.regles_cumul
    if not regles.categorie or regles.categorie != autres.categorie:
        return None
    if un.du == autre.du:
        return regles.delai_mois or autres.delai_mois
    premier, second = (un, autre) if un.du < autre.du else (autre, un)
    delai = second.version.regles_cumul.delai_mois
    return delai if delai is not None and second.du < add_mois(premier.du, delai) else None


def _overlap(un: Engagement, autre: Engagement) -> bool:
    return un.du < autre.au and autre.du < un.au


@lru_cache(maxsize=8192)
def read_versions(un: Version, autre: Version) -> tuple[bool | None, LienCumul | None]:
    """A link holds both ways. Should two files contradict each other, the answer is the more cautious of the two."""
    liens = find_liens(un, autre)
    for accord in (False, None, True):
        for lien in liens:
            if lien.accord is accord:
                return accord, lien
    return None, None


def find_liens(un: Version, autre: Version) -> tuple[LienCumul, ...]:
    """What the two texts say of each other."""
    siens = [lien for lien in un.regles_cumul.liens if autre.dispositif in lien.dispositifs]
    return (*siens, *(lien for lien in autre.regles_cumul.liens if un.dispositif in lien.dispositifs))


def find_fautes(catalogue: Catalogue) -> tuple[str, ...]:
    """What is wrong in the links of a catalogue: texts that contradict each other, schemes that do not exist."""
    codes = {dispositif.code for dispositif in catalogue.dispositifs}
    versions = [version for dispositif in catalogue.dispositifs for version in dispositif.versions]
    fautes: dict[str, None] = {}
    for version in versions:
        for code in (code for lien in version.regles_cumul.liens for code in lien.dispositifs):
            if code not in codes or code == version.dispositif:
                fautes[f"{version.dispositif} {version.code} : le lien vers « {code} » ne mène nulle part"] = None
    for un, autre in combinations(versions, 2):
        if un.dispositif != autre.dispositif and len({lien.accord for lien in find_liens(un, autre)}) > 1:
            fautes[f"{un.dispositif} {un.code} et {autre.dispositif} {autre.code} se contredisent"] = None
    return tuple(fautes)
