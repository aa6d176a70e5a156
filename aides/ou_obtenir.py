"""Where a scheme may be had: the check read backwards, over all France, one evaluation a class of communes.

The verdict and the amount of a commune are those of its check (`aides.services.check`), for the same facts and day.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import asin, cos, hypot, isnan, radians, sin, sqrt

from aides.catalogue import catalogue, restrict
from aides.classes import Classe, Partition, list_classes
from aides.regles.calculs import ZERO
from aides.regles.cumul import read_versions
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.evaluation import ISSUES, RANGS, Issue, find_manquants
from aides.regles.faits import FAITS, Fait
from aides.regles.lecteur import open_contexte
from aides.regles.montants import Montant, annual_maximum, compute_montant, format_euros
from aides.regles.situation import Situation, Valeur
from aides.repertoire import Memoire, Repertoire
from aides.situations import list_jours

KM_PAR_MINUTE = Decimal("1.25")
"""25 km in a straight line take 20 minutes: an estimate, said with its limits wherever it is shown."""
RAYON_TERRE = 6371.0
PROCHES = 3


@dataclass(frozen=True, slots=True)
class Aide:
    """One open scheme for a class of communes: what its check says, without the proof."""

    dispositif: Dispositif
    version: Version
    issue: Issue
    montant: Montant | None
    manquants: tuple[str, ...]

    @property
    def euros(self) -> Decimal:
        """What orders the communes: what is certain to be paid the first year, at most."""
        return first_year(self.montant)

    @property
    def comptee(self) -> Decimal:
        """What enters a total: a guaranteed income completes what one earns, it is not an amount to add."""
        if self.montant is None or self.montant.lignes[0].garantie:
            return ZERO
        return self.euros

    @property
    def texte(self) -> str:
        return self.montant.texte if self.montant else ""


@dataclass(frozen=True)
class Offre:
    """What a class of communes offers, for one scheme or for all. `retenues`: the aids that its amount counts."""

    issue: Issue
    euros: Decimal
    texte: str
    aides: tuple[Aide, ...]
    retenues: tuple[Aide, ...]
    manquants: tuple[str, ...]

    @property
    def cle(self) -> tuple[int, Decimal, str]:
        """Same key, same line of the legend: the best first."""
        return RANGS[self.issue], -self.euros, self.texte

    def aide(self, code: str) -> Aide | None:
        return next((aide for aide in self.aides if aide.dispositif.code == code), None)


@dataclass(frozen=True, eq=False)
class Inverse:
    """The answer for all France: `offres[partition.rangs[i]]` is what the i-th commune offers."""

    au: date
    dispositif: Dispositif | None
    faits: Mapping[str, Valeur]
    partition: Partition
    offres: tuple[Offre, ...]

    @property
    def communes(self) -> Repertoire:
        return self.partition.communes

    def offre(self, rang: int) -> Offre:
        return self.offres[self.partition.rangs[rang]]

    @cached_property
    def questions(self) -> tuple[Fait, ...]:
        """The facts that would settle a verdict somewhere, those that concern most communes first."""
        poids: dict[str, int] = {}
        if not self.offres:
            return ()
        for offre, effectif in zip(self.offres, self.partition.effectifs, strict=True):
            for code in offre.manquants:
                if effectif and code in FAITS and FAITS[code].can_be_asked(self.faits):
                    poids[code] = poids.get(code, 0) + effectif
        rangs = {code: rang for rang, code in enumerate(FAITS)}
        return tuple(FAITS[code] for code in sorted(poids, key=lambda code: (-poids[code], rangs[code])))


def first_year(montant: Montant | None) -> Decimal:
    """The lines of the amount that its text counts or that come beside it, without the supplements not yet certain."""
    if montant is None:
        return ZERO
    certaines = tuple(ligne for ligne in montant.lignes if not ligne.en_plus)
    return annual_maximum(replace(montant, lignes=certaines))


def judge(dispositif: Dispositif, version: Version, situation: Situation, *, au: date) -> Aide:
    """As `aides.regles.evaluation.evaluate`, without what only a page about one commune shows."""
    contexte = open_contexte(version, situation, au)
    preuve = version.conditions.evaluate(contexte)
    issue = ISSUES[preuve.verdict]
    montant = None if issue is Issue.NON_ELIGIBLE else compute_montant(version.bareme, contexte)
    manquants = find_manquants(preuve) if issue is Issue.A_INSTRUIRE else ()
    return Aide(dispositif, version, issue, montant, manquants)


_inverses = Memoire(taille=64)
_distances = Memoire(taille=16)


def find_offres(faits: Mapping[str, Valeur], code: str | None, *, au: date) -> Inverse:
    """What every commune offers for these facts, already cleaned, with their profession. `code` None: every scheme.

    A scheme that is not open that day gives an answer without any offer: `offres` is then empty.
    """
    partition = list_classes(str(faits.get("profession", "")), list_jours(faits, au))
    version = (partition.communes, catalogue().empreinte)
    cle = (partition, tuple(sorted(faits.items())), code, au)
    return _inverses.get(version, cle, lambda: _find(partition, dict(faits), code, au))


def _find(partition: Partition, faits: dict[str, Valeur], code: str | None, au: date) -> Inverse:
    schemes = catalogue()
    dispositif = schemes.dispositif(code) if code else None
    read = _read_one if code else _read_all
    offres = []
    for classe in partition.classes:
        # As the check: a local scheme is neither a verdict nor a question outside its territory.
        siens = schemes if code else restrict(schemes, classe.lieux)
        ouverts = [
            couple for couple in siens.versions_au(au) if _is_asked(couple[0], dispositif, partition.profession)
        ]
        offres.append(read(judge_all(ouverts, classe, faits, au)))
    return Inverse(au, dispositif, faits, partition, tuple(offres) if any(o.aides for o in offres) else ())


def _is_asked(candidat: Dispositif, dispositif: Dispositif | None, profession: str) -> bool:
    """The scheme chosen; else each one made for this profession."""
    return candidat is dispositif if dispositif else profession in candidat.professions


FERMEE = Offre(Issue.NON_ELIGIBLE, ZERO, "Aucun dispositif ouvert", (), (), ())


def judge_all(
    ouverts: Iterable[tuple[Dispositif, Version]], classe: Classe, faits: Mapping[str, Valeur], au: date
) -> tuple[Aide, ...]:
    """Every scheme for a class, in the order of its check: the best first."""
    situation = classe.situation(faits)
    aides = [judge(dispositif, version, situation, au=au) for dispositif, version in ouverts]
    return tuple(sorted(aides, key=lambda aide: (RANGS[aide.issue], -aide.euros)))


def _read_one(aides: tuple[Aide, ...]) -> Offre:
    aide = aides[0] if aides else None
    if aide is None:
        return FERMEE
    return Offre(aide.issue, aide.euros, aide.texte or aide.issue.libelle, aides, aides, aide.manquants)


def _read_all(aides: tuple[Aide, ...]) -> Offre:
    """All the schemes of a class: the best total of the eligible ones, else the first of the others decides."""
    if not aides:
        return FERMEE
    eligibles = [aide for aide in aides if aide.issue is Issue.ELIGIBLE]
    retenues = choose_best(eligibles)
    total = sum((aide.comptee for aide in retenues), ZERO)
    manquants = tuple(dict.fromkeys(code for aide in aides for code in aide.manquants))
    issue = aides[0].issue
    return Offre(issue, total, describe_total(eligibles, total) or issue.libelle, aides, retenues, manquants)


def describe_total(eligibles: Sequence[Aide], total: Decimal) -> str:
    if not eligibles:
        return ""
    nombre = f"{len(eligibles)} aide{'s' if len(eligibles) > 1 else ''}"
    return f"Jusqu'à {format_euros(total)} la première année ({nombre})" if total else f"{nombre}, sans montant fixé"


def choose_best(aides: Sequence[Aide]) -> tuple[Aide, ...]:
    """The set of aids of greatest amount in which no pair is known never to go together. Exact: a few aids at most.

    A pair that nobody verified is kept together: the page says that its cumulation is to be checked.
    """
    if not aides:
        return ()
    premiere, reste = aides[0], aides[1:]
    avec = (premiere, *choose_best([autre for autre in reste if not excludes(premiere, autre)]))
    if len(avec) == len(aides):
        return avec
    sans = choose_best(reste)
    return avec if _total(avec) >= _total(sans) else sans


def _total(aides: Iterable[Aide]) -> tuple[Decimal, int]:
    gardees = list(aides)
    return sum((aide.comptee for aide in gardees), ZERO), len(gardees)


def excludes(une: Aide, autre: Aide) -> bool:
    """Whether a text says that these two never go together, whichever of the two says it."""
    return read_versions(une.version, autre.version)[0] is False


def count_unverified(aides: Sequence[Aide]) -> int:
    """The pairs whose cumulation no text verified says possible."""
    return sum(
        read_versions(une.version, autre.version)[0] is not True
        for rang, une in enumerate(aides)
        for autre in aides[rang + 1 :]
    )


# --- places


@dataclass(frozen=True, slots=True)
class Autour:
    """A commune and how far from it. `km` None: no limit, the distance only orders."""

    commune: str
    km: Decimal | None = None


def estimate_minutes(km: float) -> int:
    """The time of a journey, at a constant speed in a straight line."""
    return round(km / float(KM_PAR_MINUTE))


def read_distances(communes: Repertoire, origine: str) -> Sequence[float] | None:
    """Kilometres in a straight line from a commune to each one, town hall to town hall; None when it has no place."""
    rang = communes.rangs.get(origine)
    if rang is None or isnan(communes.longitudes[rang]):
        return None
    return _distances.get(communes, origine, lambda: _measure(communes, rang))


def _measure(communes: Repertoire, rang: int) -> "array[float]":
    """Haversine, exact overseas as well. Infinite for a commune that no source places."""
    lon0, lat0 = radians(communes.longitudes[rang]), radians(communes.latitudes[rang])
    cos0, infini = cos(lat0), float("inf")
    distances = array("d")
    for longitude, latitude in zip(communes.longitudes, communes.latitudes, strict=True):
        lat = radians(latitude)
        corde = hypot(sin((lat - lat0) / 2), sqrt(cos0 * cos(lat)) * sin((radians(longitude) - lon0) / 2))
        distances.append(infini if isnan(corde) else 2 * RAYON_TERRE * asin(min(1.0, corde)))
    return distances


def select_places(
    communes: Repertoire, departements: Collection[str] | None, distances: Sequence[float] | None, km: Decimal | None
) -> Sequence[int]:
    """The places of the communes that count, in these départements (None: all) and within `km`, by name."""
    if distances is not None and km is not None:
        limite = float(km)
        permis = None if departements is None else set(departements)
        return [
            rang
            for rang, distance in enumerate(distances)
            if distance <= limite
            and communes.compte[rang]
            and (permis is None or communes.departements[rang] in permis)
        ]
    if departements is None:
        return [rang for rang, compte in enumerate(communes.compte) if compte]
    par_departement = communes.par_departement
    places = [rang for code in departements for rang in par_departement.get(code, ())]
    return sorted(places) if len(departements) > 1 else places


def sort_places(
    inverse: Inverse, places: Iterable[int], distances: Sequence[float] | None, tri: str = "montant"
) -> list[int]:
    """The best amount first, then the nearest, then by name. `tri`: montant, distance, nom, population; « - » turns.

    The places come in the order of names, which stays between equals whichever way the rest is read.
    """
    rangs, populations = inverse.partition.rangs, inverse.communes.populations
    ordre = [(RANGS[offre.issue], -offre.euros) for offre in inverse.offres]
    numeros = {cle: numero for numero, cle in enumerate(sorted(set(ordre)))}
    merite = [numeros[cle] for cle in ordre]
    cles: dict[str, Callable[[int], float]] = {"montant": lambda place: merite[rangs[place]]}
    cles["population"] = populations.__getitem__
    if distances is not None:
        cles["distance"] = distances.__getitem__
    # Sorted several times, the last key first: each sort keeps the order of the former ones between equals.
    choisi, inverse_ordre = tri.removeprefix("-"), tri.startswith("-")
    triees = list(places)
    if choisi == "nom":
        return triees[::-1] if inverse_ordre else triees
    for cle in ("montant", "distance") if choisi == "distance" else ("distance", "montant", choisi):
        if cle in cles:
            triees.sort(key=cles[cle], reverse=inverse_ordre and cle == choisi)
    return triees


def find_nearest(
    inverse: Inverse, distances: Sequence[float], departements: Collection[str] | None, issue: Issue, *, hors: float
) -> list[int]:
    """The nearest communes with this verdict beyond a distance: what to propose when there is none within it."""
    rangs = inverse.partition.rangs
    bonnes = [offre.issue is issue for offre in inverse.offres]
    places = [
        place
        for place in select_places(inverse.communes, departements, None, None)
        if bonnes[rangs[place]] and hors < distances[place] < float("inf")
    ]
    return sorted(places, key=lambda place: (distances[place], place))[:PROCHES]


@dataclass(slots=True)
class Compte:
    """Communes and inhabitants."""

    communes: int = 0
    habitants: int = 0

    def add(self, habitants: int) -> None:
        self.communes += 1
        self.habitants += habitants


def count_offres(inverse: Inverse, places: Iterable[int]) -> dict[Offre, Compte]:
    """What each class weighs among some communes; classes with the same verdict and the same amount together."""
    rangs, populations = inverse.partition.rangs, inverse.communes.populations
    comptes = [Compte() for _ in inverse.offres]
    for place in places:
        comptes[rangs[place]].add(populations[place])
    groupes: dict[tuple[int, Decimal, str], tuple[Offre, Compte]] = {}
    for offre, compte in zip(inverse.offres, comptes, strict=True):
        if compte.communes:
            _, cumul = groupes.setdefault(offre.cle, (offre, Compte()))
            cumul.communes += compte.communes
            cumul.habitants += compte.habitants
    return {offre: compte for _, (offre, compte) in sorted(groupes.items(), key=lambda groupe: groupe[0])}


def count_departements(inverse: Inverse, places: Iterable[int]) -> dict[str, dict[Issue, Compte]]:
    """By département: communes and inhabitants of each verdict."""
    rangs, populations = inverse.partition.rangs, inverse.communes.populations
    departements = inverse.communes.departements
    issues = [offre.issue for offre in inverse.offres]
    comptes: dict[str, dict[Issue, Compte]] = {}
    for place in places:
        du_departement = comptes.get(departements[place])
        if du_departement is None:
            du_departement = comptes[departements[place]] = {issue: Compte() for issue in Issue}
        du_departement[issues[rangs[place]]].add(populations[place])
    return comptes
