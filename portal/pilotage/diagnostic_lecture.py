"""What a diagnosis reads: the communes of the territory, and the same figures for the territories it is compared with.

Few queries whatever the communes. Sums by département are kept until the published data change
(`portal.core.cache.data_version`), and added up: a région or France is never a mean of means.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

from django.core.cache import caches
from django.db.models import Count, Sum

from cpts.models import DonneeTerritoire, OffreCommune
from cpts.regles.donnees_territoire import DEFINITIONS
from portal.core.cache import data_version
from prevention.lecture import list_campagnes
from prevention.models import Cible, Releve
from zonage.comparaisons import CleApl, Sommes, classe_de, sommes_apl
from zonage.enums import Origine, Profession
from zonage.models import Apl, Arrete, Commune, Niveau, ZoneCommune

GARDE = 3600
LECTURES_MAX = 40_000
AGES: Final = ("0 à 19 ans", "20 à 64 ans", "65 ans ou plus")
MEDECIN: Final = str(Profession.MEDECIN.value)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reference:
    """A territory that the diagnosis is compared with; its figures are the sum of `departements` (None: all)."""

    type: str
    code: str
    nom: str
    departements: frozenset[str] | None

    def holds(self, departement: str) -> bool:
        return self.departements is None or departement in self.departements


@dataclass(frozen=True, slots=True)
class Habitants:
    """Communes and inhabitants of a département. `ages` are of another vintage: never added to `population`."""

    region: str
    communes: int
    population: int
    ages: tuple[int, int, int]


@dataclass(slots=True)
class CommuneLue:
    """A commune or an arrondissement; in the diagnosis of a région, a whole département (`diagnostic_grand`).

    None: not known. `offre`: profession → (practitioners, of which liberal). `classes`: profession → class of its
    zoning that day. `apl`: key of a vintage → (APL × weight, weight). `communes`: how many it is; `peuple`:
    profession → class → inhabitants, of a département only.
    """

    code: str
    nom: str
    departement: str
    region: str
    population: int | None
    millesime: int | None
    ages: tuple[int | None, int | None, int | None]
    mere: str | None
    offre: dict[str, tuple[int, int]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    apl: dict[CleApl, tuple[float, float]] = field(default_factory=dict)
    communes: int = 1
    peuple: dict[str, dict[str, int]] = field(default_factory=dict)

    def read_peuple(self, profession: str, inconnu: str) -> dict[str, int]:
        """Its inhabitants by class."""
        return self.peuple.get(profession) or {self.classes.get(profession, inconnu): self.population or 0}


def keep(nom: str, calcul: Callable[[], T]) -> T:
    """A reading of the whole country, kept in the memory of the process until the data change."""
    cle = f"diagnostic:{nom}:{data_version()}"
    lu: T | None = caches["pages"].get(cle)
    if lu is None:
        lu = calcul()
        caches["pages"].set(cle, lu, GARDE)
    return lu


def read_communes(codes: Collection[str]) -> dict[str, CommuneLue]:
    """By code, in the order of the names."""
    champs = (
        "code_insee", "nom", "departement_id", "departement__region_id", "population", "millesime_population",
        "population_0_19", "population_20_64", "population_65_plus", "parent_id",
    )  # fmt: skip
    lues = Commune.objects.filter(code_insee__in=codes).order_by("cle_tri", "code_insee").values_list(*champs)
    return {
        code: CommuneLue(code, nom, departement, region, population, millesime, (jeunes, actifs, anciens), mere)
        for code, nom, departement, region, population, millesime, jeunes, actifs, anciens, mere in lues[:LECTURES_MAX]
    }


def sommes_population() -> dict[str, Habitants]:
    """By département; Paris, Lyon and Marseille are counted by arrondissement."""
    return keep("population", _read_population)


def _read_population() -> dict[str, Habitants]:
    meres = Commune.objects.filter(parent__isnull=False).values("parent_id")
    lignes = (
        Commune.objects.exclude(code_insee__in=meres)
        .order_by("departement_id")
        .values_list("departement_id", "departement__region_id")
        .annotate(
            communes=Count("code_insee"),
            total=Sum("population"),
            jeunes=Sum("population_0_19"),
            actifs=Sum("population_20_64"),
            ages=Sum("population_65_plus"),
        )
    )
    return {
        departement: Habitants(region, communes, total or 0, (jeunes or 0, actifs or 0, ages or 0))
        for departement, region, communes, total, jeunes, actifs, ages in lignes[:500]
    }


# --- supply


@dataclass(frozen=True, slots=True)
class OffreLue:
    """`jour` None: no extraction was loaded. `departements`: profession → département → (practitioners, liberal,
    communes with one).
    """

    jour: date | None
    departements: dict[str, dict[str, tuple[int, int, int]]]


def read_offre(communes: dict[str, CommuneLue], au: date) -> OffreLue:
    """Write in each commune its supply, and give that of the départements, from one extraction."""
    jour = OffreCommune.objects.filter(jour__lte=au).order_by("-jour").values_list("jour", flat=True).first()
    if jour is None:
        return OffreLue(None, {})
    lues = OffreCommune.objects.filter(jour=jour, commune__in=list(communes)).order_by("commune", "profession")
    for code, profession, praticiens, liberaux in lues.values_list(
        "commune_id", "profession", "praticiens", "liberaux"
    )[:LECTURES_MAX]:
        communes[code].offre[profession] = (praticiens, liberaux)
    return OffreLue(jour, keep(f"offre:{jour}", lambda: sum_offre(jour)))


def sum_offre(jour: date) -> dict[str, dict[str, tuple[int, int, int]]]:
    lignes = (
        OffreCommune.objects.filter(jour=jour)
        .order_by("profession", "commune__departement_id")
        .values_list("profession", "commune__departement_id")
        .annotate(total=Sum("praticiens"), libres=Sum("liberaux"), communes=Count("commune", distinct=True))
    )
    sommes: dict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for profession, departement, total, libres, communes in lignes[:5_000]:
        sommes[profession][departement] = (total, libres, communes)
    return dict(sommes)


# --- accessibility and zoning


@dataclass(frozen=True, slots=True)
class AplLue:
    """`cles`: the vintage kept for each profession. `sommes`: by vintage then département (`sommes_apl`)."""

    cles: list[CleApl]
    sommes: Sommes


def read_apl(communes: dict[str, CommuneLue]) -> AplLue:
    """The latest vintage of each profession; an official one hides the demonstration's."""
    lues = Apl.objects.filter(commune__in=list(communes), apl__isnull=False).order_by("commune", "code_publie")
    for code, profession, millesime, origine, apl, poids in lues.values_list(
        "commune_id", "profession", "millesime", "origine", "apl", "population_standardisee"
    )[:LECTURES_MAX]:
        cle = (profession, millesime, origine)
        somme, total = communes[code].apl.get(cle, (0.0, 0.0))
        communes[code].apl[cle] = (somme + (apl or 0.0) * poids, total + poids)
    retenues = list_retenues(communes.values())
    return AplLue(retenues, sommes_apl() if retenues else {})


def list_retenues(lues: Iterable[CommuneLue]) -> list[CleApl]:
    """One vintage for each profession, in the order of the professions."""
    vues = {cle for lue in lues for cle in lue.apl}
    retenues: dict[str, CleApl] = {}
    for cle in sorted(vues, key=lambda une: (une[2] == Origine.OFFICIEL, une[1])):
        retenues[cle[0]] = cle
    ordre = Profession.values
    return sorted(retenues.values(), key=lambda cle: ordre.index(cle[0]))


@dataclass(frozen=True, slots=True)
class ZonesLues:
    """`libelles`: class → (rank, label). `arretes`: what the classes come from, in words."""

    libelles: dict[str, tuple[int, str]]
    arretes: list[str]
    demonstration: bool


def read_zones(communes: dict[str, CommuneLue], au: date) -> ZonesLues:
    """Write in each commune its class for each profession, on the day."""
    lignes = ZoneCommune.objects.filter(commune__in=list(communes), periode__contains=au)
    arretes: set[tuple[int, bool]] = set()
    for code, profession, niveau, statut, origine, arrete in lignes.order_by("commune", "profession").values_list(
        "commune_id", "profession", "niveau_id", "statut", "origine", "arrete_id"
    )[:LECTURES_MAX]:
        communes[code].classes[profession] = classe_de(niveau, statut)
        arretes.add((arrete, origine == Origine.DEMONSTRATION))
    niveaux = Niveau.objects.order_by("rang", "code").values_list("code", "rang", "libelle")[:100]
    libelles = {code: (rang, libelle) for code, rang, libelle in niveaux}
    return ZonesLues(libelles, name_arretes(arretes), any(demonstration for _, demonstration in arretes))


def name_arretes(arretes: set[tuple[int, bool]]) -> list[str]:
    noms = set()
    inventes = {cle for cle, demonstration in arretes if demonstration}
    for arrete in (
        Arrete.objects.filter(pk__in=[cle for cle, _ in arretes]).select_related("region").order_by("pk")[:40]
    ):
        debut = (
            f", en vigueur depuis le {arrete.periode.lower:%d/%m/%Y}"
            if arrete.periode and arrete.periode.lower
            else ""
        )
        if arrete.pk in inventes:
            noms.add(f"Zonage de démonstration, {arrete.region.nom}{debut}")
        else:
            noms.add(f"Arrêté {arrete.numero or 'de zonage'}, {arrete.region.nom}{debut}")
    return sorted(noms)[:8]


# --- figures entered, prevention


def read_donnees(territoires: Collection[tuple[str, str]], au: date) -> dict[tuple[str, str, str], DonneeTerritoire]:
    """By (figure, type, code), the latest of each on the day."""
    codes = {code for _, code in territoires}
    lues = DonneeTerritoire.objects.filter(
        code__in=list(DEFINITIONS), territoire_code__in=codes, jour__lte=au, valeur__isnull=False
    )
    donnees: dict[tuple[str, str, str], DonneeTerritoire] = {}
    for une in lues.order_by("jour", "pk")[:LECTURES_MAX]:
        if (une.territoire_type, une.territoire_code) in territoires:
            donnees[une.code, une.territoire_type, une.territoire_code] = une
    return donnees


@dataclass(frozen=True, slots=True)
class PreventionLue:
    """`releves`: target → (first day, last day excluded) → (type, code) → figure, small numbers included."""

    cibles: list[Cible]
    releves: dict[int, dict[tuple[date, date], dict[tuple[str, str], Releve]]]


def read_prevention(communes: Collection[str], territoires: Collection[tuple[str, str]], au: date) -> PreventionLue:
    """The figures of the public targets for these communes and territories, of periods ended by the day."""
    campagnes = list(list_campagnes())
    cibles = Cible.objects.filter(campagne__in=campagnes).select_related("campagne")
    siennes = list(cibles.order_by("-campagne__periode", "rang", "code")[:240])
    codes = {code for _, code in territoires}
    lus = Releve.objects.courants().filter(cible__in=siennes, periode__endswith__lte=au + date.resolution)
    voulus = lus.filter(territoire_type="commune", territoire_code__in=list(communes)) | lus.filter(
        territoire_type__in={type_ for type_, _ in territoires}, territoire_code__in=codes
    )
    releves: dict[int, Any] = defaultdict(lambda: defaultdict(dict))
    for releve in voulus.select_related("campagne", "cible").order_by("territoire_code", "pk")[:LECTURES_MAX]:
        cle = (releve.territoire_type, releve.territoire_code)
        if cle[0] == "commune" or cle in territoires:
            releves[releve.cible_id][releve.periode.lower, releve.periode.upper][cle] = releve
    return PreventionLue(siennes, {cible: dict(lues) for cible, lues in releves.items()})


def sum_couples(couples: Collection[tuple[float, float]]) -> float | None:
    """A weighted mean. None: nothing weighs."""
    poids = sum(couple[1] for couple in couples)
    return sum(couple[0] for couple in couples) / poids if poids else None


def list_departements(codes: frozenset[str] | None, habitants: dict[str, Habitants]) -> list[Habitants]:
    return [lu for code, lu in habitants.items() if codes is None or code in codes]
