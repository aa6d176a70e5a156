"""The smallest changes that would make somebody eligible: at most two things that a person can decide, or time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from aides.regles.calendrier import add_mois
from aides.regles.conditions import Comparaison, DansZone, Operateur, Verdict, walk
from aides.regles.dispositifs import Version
from aides.regles.faits import FAITS, Fait, TypeFait, format_jour, format_valeur
from aides.regles.lecteur import open_contexte
from aides.regles.situation import Situation, Valeur, ZoneLue
from aides.regles.valeurs import sample_values

PLUS_GRAND = 2
AFFICHES = 8
ZONE = "zone"
LIBELLES_ZONE = {"zip": "une commune classée en ZIP", "zac": "une commune classée en ZAC"}


@dataclass(frozen=True, slots=True)
class Modification:
    """One fact that changes. `attente_mois`: nothing to do but wait, that many months at most."""

    fait: str
    avant: Valeur | None
    apres: Valeur
    phrase: str
    attente_mois: int | None = None


@dataclass(frozen=True, slots=True)
class Changement:
    """A minimal set: all of it makes eligible, no part of it does."""

    modifications: tuple[Modification, ...]

    @property
    def phrase(self) -> str:
        texte = " et ".join(modification.phrase for modification in self.modifications)
        return texte[:1].upper() + texte[1:]

    @property
    def attente_mois(self) -> int | None:
        return max((m.attente_mois for m in self.modifications if m.attente_mois is not None), default=None)


def find_changements(
    version: Version,
    situation: Situation,
    *,
    au: date,
    verdict: Verdict,
    manquants: tuple[str, ...],
    fin: date | None = None,
) -> tuple[Changement, ...]:
    """What to change to become eligible; empty when eligible, or when the answer still waits for a fact.

    `fin`: the day the scheme closes for good; a wait that ends after it is not offered.
    """
    if verdict is True or any(code in FAITS for code in manquants):
        return ()
    return tuple(search_changements(version, situation, au=au, fin=fin)[:AFFICHES])


def search_changements(version: Version, situation: Situation, *, au: date, fin: date | None) -> list[Changement]:
    """Every minimal set of at most two modifications, the single ones first."""
    atomes = list(_list_modifications(version, situation, au, fin))
    trouves: list[Changement] = []
    for taille in range(1, PLUS_GRAND + 1):
        for choix in combinations(atomes, taille):
            if len({modification.fait for modification in choix}) < taille:
                continue
            if any(set(trouve.modifications) <= set(choix) for trouve in trouves):
                continue
            if is_eligible_after(version, situation, choix, au=au):
                trouves.append(Changement(choix))
    return _keep_nearest(trouves)


def is_eligible_after(
    version: Version, situation: Situation, modifications: tuple[Modification, ...], *, au: date
) -> bool:
    return version.conditions.evaluate(open_contexte(version, apply(situation, modifications), au)).verdict is True


def apply(situation: Situation, modifications: tuple[Modification, ...]) -> Situation:
    """The same person after the change. A new commune has its niveau on every day that was read."""
    faits: dict[str, Valeur] = dict(situation.faits)
    zones = situation.zones
    for modification in modifications:
        if modification.fait == ZONE:
            zones = dict.fromkeys(zones, ZoneLue(str(modification.apres)))
        else:
            faits[modification.fait] = modification.apres
    return replace(situation, faits=faits, zones=zones)


def _list_modifications(version: Version, situation: Situation, au: date, fin: date | None) -> Iterator[Modification]:
    for code in version.faits:
        avant = situation.faits.get(code)
        if avant is None:
            continue
        yield from _list_passages(FAITS[code], avant, version, situation.faits, au)
        yield from _list_attentes(code, avant, version, au, fin)
    yield from _list_zones(version, situation, au)


def _list_passages(
    fait: Fait, avant: Valeur, version: Version, faits: Mapping[str, Valeur], au: date
) -> Iterator[Modification]:
    for depart, arrivee, phrase in fait.passages:
        if depart is not None and depart != avant:
            continue
        valeurs = (arrivee,) if arrivee is not None else sample_values(fait.code, [version], faits, au)
        for apres in valeurs:
            if apres != avant:
                yield Modification(fait.code, avant, apres, phrase.format(valeur=format_valeur(fait, apres)))


def _list_attentes(code: str, avant: Valeur, version: Version, au: date, fin: date | None) -> Iterator[Modification]:
    """Time alone: an age that comes, a delay that ends."""
    for noeud in walk(version.conditions):
        if isinstance(noeud, Comparaison) and noeud.fait == code == "age" and isinstance(avant, int):
            manque = int(noeud.seuil) - avant if noeud.operateur is Operateur.AU_MOINS else 0  # type: ignore[arg-type]
            if manque > 0 and (fin is None or add_mois(au, 12 * (manque - 1)) < fin):
                phrase = f"attendre d'avoir {noeud.seuil} ans, dans {12 * manque} mois au plus"
                if fin is not None and add_mois(au, 12 * manque) >= fin:
                    phrase += f", si c'est avant le {format_jour(fin)}, jour où ce dispositif ferme"
                yield Modification(code, avant, int(noeud.seuil), phrase, 12 * manque)  # type: ignore[arg-type]


def _list_zones(version: Version, situation: Situation, au: date) -> Iterator[Modification]:
    zone = open_contexte(version, situation, au).zone
    if zone is None or zone.niveau is None:
        return
    feuilles = [noeud for noeud in walk(version.conditions) if isinstance(noeud, DansZone)]
    for niveau in dict.fromkeys(niveau for feuille in feuilles for niveau in feuille.niveaux):
        if niveau != zone.niveau:
            yield Modification(ZONE, zone.niveau, niveau, f"exercer dans {LIBELLES_ZONE.get(niveau, niveau)}")


def _keep_nearest(trouves: list[Changement]) -> list[Changement]:
    """Of the sets that move the same numbers, only the one that moves them least; other values are all kept."""
    gardes: dict[tuple[object, ...], Changement] = {}
    for changement in trouves:
        cle = tuple((m.fait, None if _is_number(m) else m.apres) for m in changement.modifications)
        tenant = gardes.get(cle)
        if tenant is None or _distance(changement) < _distance(tenant):
            gardes[cle] = changement
    return list(gardes.values())


def _is_number(modification: Modification) -> bool:
    fait = FAITS.get(modification.fait)
    return fait is not None and fait.type in (TypeFait.ENTIER, TypeFait.DECIMAL)


def _distance(changement: Changement) -> float:
    ecarts = [(float(str(m.apres)), float(str(m.avant))) for m in changement.modifications if _is_number(m)]
    return sum((abs(apres - avant) for apres, avant in ecarts), 0.0)
