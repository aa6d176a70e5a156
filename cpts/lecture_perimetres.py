"""Reading perimeters on a day: their communes of today, what they weigh, and what all France leaves uncovered.

A perimeter covers a commune when it is approved and its period holds the day. What was drawn with a former commune is
read as the one that took it over; Paris, Lyon and Marseille are read by arrondissement (`cpts.calculs.perimetres`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from cpts.calculs.perimetres import Frontiere, expand_unites, find_taille, is_sur_borne, resolve_heritages
from cpts.enums import StatutPerimetre
from cpts.models import CommunePerimetre, Cpts, ParametreAci, Perimetre
from zonage.models import Commune, PopulationLegale

FRONTIERE = "frontiere_taille"
TAILLES: Final = {
    1: "taille 1, moins de 40 000 habitants",
    2: "taille 2, de 40 000 à 80 000 habitants",
    3: "taille 3, de 80 000 à 175 000 habitants",
    4: "taille 4, plus de 175 000 habitants",
}
LISTE_MAX = 40_000
"""More than the communes of France: what is listed is never cut unsaid."""


@dataclass(frozen=True, slots=True)
class Unite:
    """A commune of today or an arrondissement. `population`: municipal, None when no source gives it."""

    code: str
    nom: str
    departement: str
    epci: str | None
    population: int | None
    millesime: int | None
    voisines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegleTaille:
    """The side of the bounds. `confirmee`: somebody entered it, with its reference, and checked it."""

    frontiere: Frontiere = Frontiere.INFERIEUR
    reference: str = ""
    confirmee: bool = False


@dataclass(frozen=True, slots=True)
class Poids:
    """What a set weighs. `millesimes`: those of its populations; `inconnues`: its units without a population."""

    communes: int
    population: int
    millesimes: tuple[int, ...]
    inconnues: tuple[str, ...]
    taille: int
    a_confirmer: bool

    @property
    def tranche(self) -> str:
        """« de 80 000 à 175 000 habitants »."""
        return TAILLES[self.taille].partition(", ")[2]


@dataclass(frozen=True, slots=True)
class Blanche:
    """A commune in no approved perimeter on the day."""

    code: str
    nom: str
    departement: str
    region: str
    population: int | None


@dataclass(frozen=True, slots=True)
class Chevauchement:
    """A commune in several: `cpts`, (code, name), in the order of the names."""

    code: str
    nom: str
    departement: str
    region: str
    population: int | None
    cpts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Couverture:
    """Communes and inhabitants of a territory, and those that a perimeter covers."""

    communes: int
    population: int
    communes_couvertes: int
    population_couverte: int


class Heritages:
    """What the former codes and the cities stand for. Read once a request, and passed on."""

    @cached_property
    def anciens(self) -> dict[str, str]:
        """Communes still in the table that another took over; one that was re-established since is itself."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT a.code_insee, a.commune_id FROM zonage_anciennecommune a "
                "JOIN zonage_commune c ON c.code_insee = a.code_insee WHERE a.commune_id <> a.code_insee "
                "AND NOT EXISTS (SELECT FROM zonage_mouvement m WHERE m.modalite = '21' "
                "AND m.code_apres = a.code_insee AND m.date_effet > coalesce(a.depuis, '-infinity'))"
            )
            return resolve_heritages(cursor.fetchall())

    @cached_property
    def arrondissements(self) -> dict[str, tuple[str, ...]]:
        par_ville: defaultdict[str, list[str]] = defaultdict(list)
        couples = Commune.objects.filter(parent__isnull=False).order_by("code_insee")
        for code, mere in couples.values_list("code_insee", "parent_id"):
            par_ville[str(mere)].append(code)
        return {mere: tuple(codes) for mere, codes in par_ville.items()}

    def expand(self, codes: Iterable[str]) -> frozenset[str]:
        return expand_unites(codes, self.anciens, self.arrondissements)

    def list_ecritures(self, unites: Collection[str]) -> set[str]:
        """Every code under which a row may have written one of these units."""
        voulues = set(unites)
        villes = {mere for mere, siens in self.arrondissements.items() if voulues.intersection(siens)}
        return voulues | villes | {ancien for ancien, actuel in self.anciens.items() if actuel in voulues | villes}


# --- one perimeter


def find_perimetre(cpts_code: str, au: date) -> Perimetre | None:
    """The approved perimeter of a CPTS on a day."""
    return Perimetre.objects.filter(
        cpts=cpts_code, statut=StatutPerimetre.APPROUVE, periode__contains=au
    ).first()  # one at most: the exclusion constraint


def list_codes(perimetre: Perimetre | None) -> list[str]:
    """The codes as they were written. None: no perimeter, no commune."""
    if perimetre is None:
        return []
    lignes = CommunePerimetre.objects.filter(perimetre=perimetre).order_by("commune_id")
    return list(lignes.values_list("commune_id", flat=True))


def read_unites(codes: Iterable[str], heritages: Heritages | None = None) -> dict[str, Unite]:
    """The units of a set of codes, by code, in the order of the names."""
    voulues = (heritages or Heritages()).expand(codes)
    champs = ("code_insee", "nom", "departement_id", "epci_id", "population", "millesime_population", "voisines")
    lues = Commune.objects.filter(code_insee__in=voulues).order_by("cle_tri", "code_insee").values_list(*champs)
    return {
        code: Unite(code, nom, departement, epci, population, millesime, tuple(autour))
        for code, nom, departement, epci, population, millesime, autour in lues
    }


def read_perimetre(cpts_code: str, au: date) -> dict[str, Unite]:
    """The communes of a CPTS on a day; empty when it has no approved perimeter."""
    return read_unites(list_codes(find_perimetre(cpts_code, au)))


def read_regle_taille(region_code: str, au: date) -> RegleTaille:
    """The parameter of the région, else of France, else the default: « inferieur », to be confirmed."""
    lus = ParametreAci.objects.filter(
        Q(region_code=region_code) | Q(region_code=""), code=FRONTIERE, periode__contains=au, texte__in=list(Frontiere)
    ).order_by("-region_code", "pk")
    parametre = lus.first()
    if parametre is None:
        return RegleTaille()
    return RegleTaille(Frontiere(parametre.texte), parametre.reference, parametre.verifie_le is not None)


def weigh(unites: Iterable[Unite], regle: RegleTaille) -> Poids:
    """The population and the size. A population on a bound whose side nobody confirmed says so."""
    liste = list(unites)
    population = sum(unite.population or 0 for unite in liste)
    return Poids(
        communes=len(liste),
        population=population,
        millesimes=tuple(sorted({unite.millesime for unite in liste if unite.millesime})),
        inconnues=tuple(unite.nom for unite in liste if unite.population is None),
        taille=find_taille(population, regle.frontiere),
        a_confirmer=is_sur_borne(population) and not regle.confirmee,
    )


def list_populations(codes: Collection[str]) -> list[tuple[int, int, int]]:
    """(vintage, population, units without one) of a set, newest first, for each vintage of legal populations."""
    sommes: Counter[int] = Counter()
    vues: defaultdict[int, set[str]] = defaultdict(set)
    lues = PopulationLegale.objects.filter(commune__in=codes).order_by("millesime", "code_publie")
    for millesime, commune, municipale in lues.values_list("millesime", "commune_id", "municipale"):
        sommes[millesime] += municipale
        vues[millesime].add(commune)
    return [(millesime, sommes[millesime], len(codes) - len(vues[millesime])) for millesime in sorted(sommes)[::-1]]


# --- who covers what


def find_couvrantes(
    unites: Collection[str], au: date, *, heritages: Heritages | None = None, sauf: str = ""
) -> dict[str, list[Cpts]]:
    """The CPTS that cover each of these units on the day, in the order of their names; uncovered units are absent."""
    lus = heritages or Heritages()
    lignes = CommunePerimetre.objects.filter(
        perimetre__statut=StatutPerimetre.APPROUVE,
        perimetre__periode__contains=au,
        commune__in=lus.list_ecritures(unites),
    ).exclude(perimetre__cpts=sauf)
    par_cpts: defaultdict[str, set[str]] = defaultdict(set)
    for code, commune in lignes.order_by("perimetre", "commune").values_list("perimetre__cpts_id", "commune_id"):
        par_cpts[code].add(commune)
    couvertes: defaultdict[str, list[Cpts]] = defaultdict(list)
    for cpts in Cpts.objects.filter(code__in=par_cpts).order_by("nom", "code"):
        for unite in lus.expand(par_cpts[cpts.code]).intersection(unites):
            couvertes[unite].append(cpts)
    return dict(couvertes)


def list_cpts_commune(code: str, au: date) -> list[Cpts]:
    """The CPTS of a commune on a day: several when they overlap, or when a city is shared by its arrondissements."""
    lus = Heritages()
    trouvees = find_couvrantes(lus.expand([code]), au, heritages=lus)
    return sorted({cpts for liste in trouvees.values() for cpts in liste}, key=lambda cpts: (cpts.nom, cpts.code))


COUVERTES = """
WITH heritage AS (SELECT * FROM unnest(%(anciens)s::text[], %(actuels)s::text[]) AS h(ancien, actuel)),
unites AS MATERIALIZED (
    SELECT c.code_insee AS code, c.nom, c.cle_tri, c.departement_id AS departement, d.region_id AS region, c.population
      FROM zonage_commune c JOIN zonage_departement d ON d.code = c.departement_id
     WHERE (%(region)s = '' OR d.region_id = %(region)s)
       AND (%(departement)s = '' OR d.code = %(departement)s)
       AND NOT EXISTS (SELECT FROM zonage_commune a WHERE a.parent_id = c.code_insee)
       AND NOT EXISTS (SELECT FROM heritage h WHERE h.ancien = c.code_insee)
),
lignes AS MATERIALIZED (
    SELECT DISTINCT p.cpts_id, coalesce(h.actuel, l.commune_id) AS commune
      FROM cpts_perimetre p
      JOIN cpts_communeperimetre l ON l.perimetre_id = p.id
      LEFT JOIN heritage h ON h.ancien = l.commune_id
     WHERE p.statut = 'approuve' AND p.periode @> %(au)s::date
),
couvertes AS MATERIALIZED (
    SELECT cpts_id, commune FROM lignes
    UNION
    SELECT l.cpts_id, a.code_insee FROM lignes l JOIN zonage_commune a ON a.parent_id = l.commune
)
"""
BLANCHES = f"""{COUVERTES}
SELECT u.code, u.nom, u.departement, u.region, u.population FROM unites u
  LEFT JOIN (SELECT DISTINCT commune FROM couvertes) k ON k.commune = u.code
 WHERE k.commune IS NULL
 ORDER BY u.departement, u.cle_tri, u.code LIMIT %(limite)s
"""  # noqa: S608 — the parts are written above
CHEVAUCHEMENTS = f"""{COUVERTES},
plusieurs AS (SELECT commune FROM couvertes GROUP BY commune HAVING count(*) > 1)
SELECT u.code, u.nom, u.departement, u.region, u.population,
       array_agg(c.code::text ORDER BY c.nom, c.code), array_agg(c.nom::text ORDER BY c.nom, c.code)
  FROM plusieurs p
  JOIN unites u ON u.code = p.commune
  JOIN couvertes k ON k.commune = p.commune
  JOIN cpts_cpts c ON c.code = k.cpts_id
 GROUP BY u.code, u.nom, u.cle_tri, u.departement, u.region, u.population
 ORDER BY u.departement, u.cle_tri, u.code LIMIT %(limite)s
"""  # noqa: S608 — the parts are written above
COUVERTURE = f"""{COUVERTES}
SELECT count(*), coalesce(sum(u.population), 0), count(k.commune),
       coalesce(sum(u.population) FILTER (WHERE k.commune IS NOT NULL), 0)
  FROM unites u LEFT JOIN (SELECT DISTINCT commune FROM couvertes) k ON k.commune = u.code
"""  # noqa: S608 — the parts are written above


def list_blanches(region: str, au: date, *, departement: str = "") -> list[Blanche]:
    """The white zones of a région, a département or France (both empty) on a day, in one query."""
    return [Blanche(*ligne) for ligne in _select(BLANCHES, region, departement, au)]


def list_chevauchements(region: str, au: date, *, departement: str = "") -> list[Chevauchement]:
    """The communes in several approved perimeters on a day, in one query. Every member of an overlap is named."""
    return [
        Chevauchement(code, nom, dep, reg, population, tuple(zip(codes, noms, strict=True)))
        for code, nom, dep, reg, population, codes, noms in _select(CHEVAUCHEMENTS, region, departement, au)
    ]


def read_couverture(region: str, au: date, *, departement: str = "") -> Couverture:
    """Each commune counts once, however many CPTS cover it."""
    (ligne,) = _select(COUVERTURE, region, departement, au)
    return Couverture(*(int(valeur) for valeur in ligne))


def _select(requete: str, region: str, departement: str, au: date) -> list[tuple[Any, ...]]:
    anciens: Mapping[str, str] = Heritages().anciens
    with connection.cursor() as cursor:
        cursor.execute(
            requete,
            {
                "anciens": list(anciens),
                "actuels": list(anciens.values()),
                "region": region,
                "departement": departement,
                "au": au,
                "limite": LISTE_MAX,
            },
        )
        return list(cursor.fetchall())
