"""Seeded situations, calibrated so that rules do decide: values on thresholds, half of them those that a rule wants.

Each is drawn around one version, whose conditions it often meets; a few facts are unknown, as is the zone at times.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from aides.catalogue import national
from aides.regles.calculs import ParParametre
from aides.regles.conditions import (
    Anciennete,
    Comparaison,
    Condition,
    DansListe,
    DansPerimetre,
    DansZone,
    FeuilleFait,
    Ouverture,
    Parmi,
    walk,
)
from aides.regles.dispositifs import JOURS_PASSES, Version
from aides.regles.faits import FAITS, TypeFait
from aides.regles.lecteur import open_contexte
from aides.regles.situation import Locaux, Situation, Valeur, ZoneLue
from aides.regles.sql.colonnes import COLONNES
from aides.regles.valeurs import sample_values

VERSIONS = [version for dispositif in national().dispositifs for version in dispositif.versions]
NIVEAUX = ["zip", "zac", "vigilance", "zar", "hors_zonage", "tres_sous_dotee", "sous_dotee"]


@dataclass(frozen=True)
class Tirage:
    """A situation, the day on which the law is read, and the day behind each set of columns of the relation."""

    id: int
    au: date
    situation: Situation


@cache
def list_noeuds(version: Version) -> list[Condition]:
    conditions = [version.conditions, *(ligne.si for ligne in version.bareme.composantes if ligne.si)]
    return [noeud for condition in conditions for noeud in walk(condition)]


@cache
def list_feuilles(version: Version) -> dict[str, list[FeuilleFait]]:
    """The leaves about each fact."""
    feuilles: dict[str, list[FeuilleFait]] = {}
    for noeud in list_noeuds(version):
        if isinstance(noeud, FeuilleFait):
            feuilles.setdefault(noeud.fait, []).append(noeud)
    return feuilles


class Tireur:
    """What the versions name, gathered once; then as many situations as one likes."""

    def __init__(self, graine: int, versions: Sequence[Version] = VERSIONS) -> None:
        self.hasard = random.Random(graine)
        self.versions = versions
        noeuds = [noeud for version in versions for noeud in list_noeuds(version)]
        self.niveaux = sorted(
            {n for noeud in noeuds if isinstance(noeud, DansZone) for n in noeud.niveaux} | {*NIVEAUX}
        )
        self.listes = sorted({noeud.liste for noeud in noeuds if isinstance(noeud, DansListe)})
        self.lieux = sorted({lieu for noeud in noeuds if isinstance(noeud, DansPerimetre) for lieu in noeud.lieux})
        self.parametres = sorted(
            {
                code
                for version in versions
                for ligne in version.bareme.composantes
                if isinstance(ligne.calcul, ParParametre)
                for _, code in ligne.calcul.tranches
            }
        )
        self.valeurs: dict[tuple[str, date], tuple[Valeur, ...]] = {}

    def draw(self, rang: int) -> Tirage:
        version = self.hasard.choice(self.versions)
        au = self._draw_jour(version)
        voulues = self._list_voulues(version, au)
        oubli = self.hasard.choice([0, 0.02, 0.1, 0.3])
        faits: dict[str, Valeur] = {}
        for code in FAITS:
            if self.hasard.random() < oubli:
                continue
            valeurs = voulues.get(code) if self.hasard.random() < 0.9 else None
            faits[code] = self.hasard.choice(valeurs or self._list_valeurs(code, au))
        choisie = self.hasard.random() > oubli / 2
        passes = [faits.get(code) for code, _, _ in JOURS_PASSES.values()]
        jours = sorted({au} | {jour for jour in passes if isinstance(jour, date)})
        return Tirage(
            rang,
            au,
            Situation(
                faits,
                {jour: self._draw_zone(version, oubli) for jour in jours} if choisie and "profession" in faits else {},
                choisie,
                frozenset(lieu for lieu in self.lieux if self.hasard.random() < 0.5) if choisie else frozenset(),
                {jour: self._draw_locaux() for jour in jours} if choisie else {},
            ),
        )

    def draw_many(self, nombre: int) -> Iterator[Tirage]:
        return (self.draw(rang) for rang in range(nombre))

    def _draw_jour(self, version: Version) -> date:
        fin = version.ferme_le or date(2027, 6, 30)
        bornes = [version.ouvert_du, fin - timedelta(days=1)]
        for noeud in walk(version.conditions):
            if isinstance(noeud, Ouverture):
                bornes += [jour for doute in noeud.incertitudes for jour in (doute.du, doute.jusqu_au)]
        if self.hasard.random() < 0.5:
            return self.hasard.choice(bornes) + timedelta(days=self.hasard.choice([-1, 0, 1]))
        return version.ouvert_du + timedelta(days=self.hasard.randrange((fin - version.ouvert_du).days or 1))

    def _list_valeurs(self, code: str, au: date) -> tuple[Valeur, ...]:
        mois = au.replace(day=1) if FAITS[code].type is TypeFait.DATE else date.min
        if (code, mois) not in self.valeurs:
            self.valeurs[code, mois] = sample_values(code, self.versions, {}, au) or invent_values(code, au)
        return self.valeurs[code, mois]

    def _list_voulues(self, version: Version, au: date) -> dict[str, list[Valeur]]:
        """For each fact, the values that one leaf about it, drawn at random, is met by."""
        voulues = {}
        for code, candidates in list_feuilles(version).items():
            feuille = self.hasard.choice(candidates)
            if isinstance(feuille, Parmi):
                voulues[code] = list(feuille.valeurs)
                continue
            assert isinstance(feuille, Comparaison | Anciennete)
            essais = sample(code, version, au) or invent_values(code, au)
            contexte = open_contexte(version, Situation({}), au)._replace(reference=au)
            voulues[code] = [valeur for valeur in essais if feuille.holds(valeur, contexte)]
        return voulues

    def _draw_zone(self, version: Version, oubli: float) -> ZoneLue:
        if self.hasard.random() < oubli / 2:
            return ZoneLue(None, motif="inconnue")
        voulus = [n for noeud in list_noeuds(version) if isinstance(noeud, DansZone) for n in noeud.niveaux]
        return ZoneLue(self.hasard.choice(voulus if voulus and self.hasard.random() < 0.8 else self.niveaux))

    def _draw_locaux(self) -> Locaux:
        return Locaux(
            tuple((liste, self.hasard.random() < 0.6) for liste in self.listes if self.hasard.random() < 0.8),
            tuple(
                (code, self.hasard.choice([Decimal(0), Decimal("1234.56"), Decimal(5000)]))
                for code in self.parametres
                if self.hasard.random() < 0.7
            ),
        )


@lru_cache(maxsize=20_000)
def sample(code: str, version: Version, au: date) -> tuple[Valeur, ...]:
    return sample_values(code, [version], {}, au if FAITS[code].type is TypeFait.DATE else date.min)


def invent_values(code: str, au: date) -> tuple[Valeur, ...]:
    """Values of a fact that no condition compares: its bounds, and something between."""
    fait = FAITS[code]
    if fait.type is TypeFait.DATE:
        return tuple(au - timedelta(days=ecart) for ecart in (-1, 0, 1, 200, 900))
    minimum, maximum = fait.minimum or Decimal(0), fait.maximum or Decimal(1000)
    milieu = minimum + (maximum - minimum) // (2 * fait.pas) * fait.pas
    nombres = (minimum, minimum + fait.pas, milieu, maximum)
    return tuple(int(n) for n in nombres) if fait.type is TypeFait.ENTIER else nombres


def dump_row(tirage: Tirage) -> list[object]:
    """The row of the relation, as COPY takes it: « id », « au », then `COLONNES` in order."""
    situation, faits = tirage.situation, tirage.situation.faits
    jours = {"demande": tirage.au} | {jour.value: faits.get(code) for jour, (code, _, _) in JOURS_PASSES.items()}
    valeurs: dict[str, object] = dict(faits)
    valeurs["commune_choisie"] = situation.commune_choisie
    valeurs["lieux"] = "{" + ",".join(f'"{lieu}"' for lieu in sorted(situation.lieux)) + "}"
    for nom, jour in jours.items():
        if not isinstance(jour, date):
            continue
        zone = situation.zones.get(jour)
        valeurs[f"zone_{nom}"] = zone.niveau if zone else None
        if locaux := situation.locaux.get(jour):
            valeurs[f"listes_{nom}"] = json.dumps(dict(locaux.listes))
            valeurs[f"parametres_{nom}"] = json.dumps({code: str(valeur) for code, valeur in locaux.parametres})
    return [tirage.id, tirage.au, *(valeurs.get(colonne) for colonne in COLONNES)]
