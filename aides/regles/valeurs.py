"""Which values of a fact are worth trying: those on each side of a threshold, as nothing changes between two."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from aides.regles.calendrier import add_mois
from aides.regles.conditions import Anciennete, Comparaison, FeuilleFait, walk
from aides.regles.dispositifs import JOURS_PASSES, Version
from aides.regles.faits import FAITS, Fait, TypeFait
from aides.regles.situation import Valeur


def sample_values(code: str, versions: Iterable[Version], faits: Mapping[str, Valeur], au: date) -> tuple[Valeur, ...]:
    """Every value of a short list; for numbers and days, those at, just before and just after each threshold."""
    fait = FAITS[code]
    if fait.type is TypeFait.BOOL:
        return (True, False)
    if fait.type is TypeFait.CHOIX:
        return tuple(valeur for valeur, _ in fait.choix)
    if fait.type is TypeFait.DATE:
        return tuple(sorted({jour for version in versions for jour in _jours(version, fait, faits, au)}))
    return tuple(sorted({nombre for version in versions for nombre in _nombres(version, fait)}))


@lru_cache(maxsize=512)
def list_feuilles(version: Version) -> Mapping[str, tuple[FeuilleFait, ...]]:
    """The leaves of the conditions about each fact: walked once, as a page samples each fact many times."""
    feuilles: dict[str, tuple[FeuilleFait, ...]] = {}
    for noeud in walk(version.conditions):
        if isinstance(noeud, FeuilleFait):
            feuilles[noeud.fait] = (*feuilles.get(noeud.fait, ()), noeud)
    return feuilles


def _nombres(version: Version, fait: Fait) -> Iterable[int | Decimal]:
    for noeud in list_feuilles(version).get(fait.code, ()):
        if isinstance(noeud, Comparaison) and not isinstance(noeud.seuil, date):
            for ecart in (-fait.pas, Decimal(0), fait.pas):
                nombre = Decimal(noeud.seuil) + ecart
                if (fait.minimum is None or nombre >= fait.minimum) and (
                    fait.maximum is None or nombre <= fait.maximum
                ):
                    yield int(nombre) if fait.type is TypeFait.ENTIER else nombre


def _jours(version: Version, fait: Fait, faits: Mapping[str, Valeur], au: date) -> Iterable[date]:
    seuils: set[date] = set()
    reference = version.find_reference(faits, au)[0] or au
    for noeud in list_feuilles(version).get(fait.code, ()):
        if isinstance(noeud, Comparaison) and isinstance(noeud.seuil, date):
            seuils.add(noeud.seuil)
        elif isinstance(noeud, Anciennete):
            seuils.add(add_mois(reference, -noeud.mois))
    jour = JOURS_PASSES.get(version.jour_reference)
    if jour and jour[0] == fait.code:
        seuils.add(au)
    for seuil in seuils:
        # Three days on each side: the end of February moves a month's anniversary by as much.
        yield from (seuil + timedelta(days=ecart) for ecart in range(-3, 4))
