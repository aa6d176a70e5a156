"""Communes that no rule tells apart: they share a niveau, the lists, the places and the région that some rule names.

Read in the transaction that writes, never from what a process keeps. The text of the query is made of constants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.utils import CursorWrapper

from aides.regles.dispositifs import Catalogue
from aides.regles.situation import Locaux, Situation, ZoneLue
from zonage.enums import Profession


@dataclass(frozen=True, slots=True)
class Portee:
    """What a run considers. None: all of them."""

    professions: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None

    @property
    def complete(self) -> bool:
        return self.professions is None and self.regions is None

    def describe(self) -> str:
        if self.complete:
            return "toute la France"
        professions = (str(Profession(code).label).lower() for code in self.professions or ())
        regions = [f"région {code}" for code in self.regions or ()]
        return ", ".join([*professions, *regions])


PARTOUT = Portee()


@dataclass(frozen=True, slots=True)
class Classe:
    """The key of a class; `locale` is what holds beside the zoning, as the query writes it."""

    profession: str
    niveau: str
    locale: str


# One row a commune and a profession: the niveau when it is certain, and what holds beside the zoning. The zones are
# read once as they lie, and once by commune: hashing every pair to find the few that have none costs twice as much.
CIBLE = """
SELECT z.commune_id AS commune, z.profession, z.niveau_id AS niveau, {locale} AS locale
  FROM zonage_zonecommune z {jointure}
 WHERE {connue}
 UNION ALL
SELECT c.code_insee, p.profession, '', {locale}
  FROM {communes} c
  LEFT JOIN (SELECT z.commune_id, count(*) AS nombre, array_agg(z.profession::text) AS professions
               FROM zonage_zonecommune z WHERE {connue} GROUP BY z.commune_id) f ON f.commune_id = c.code_insee
 CROSS JOIN unnest(%(professions)s::text[]) AS p (profession)
 WHERE f.nombre IS DISTINCT FROM cardinality(%(professions)s::text[])
   AND p.profession <> ALL (coalesce(f.professions, ARRAY[]::text[]))
"""
CONNUE = (
    "z.profession = ANY(%(professions)s::text[]) AND z.periode @> %(jour)s::date"
    " AND z.statut = 'connu' AND z.niveau_id IS NOT NULL"
)
# Communes with what holds there, computed once for all the professions.
COMMUNES = """
WITH lieu AS MATERIALIZED (SELECT c.code_insee, {locale} AS locale FROM zonage_commune c {jointures} WHERE {filtre})
"""
# Without anything beside the zoning: no need to go through the communes, and one class more costs nothing.
CLASSES_ORDINAIRES = """
SELECT DISTINCT z.profession, z.niveau_id, '' FROM zonage_zonecommune z
 WHERE z.profession = ANY(%(professions)s::text[]) AND z.periode @> %(jour)s::date AND z.statut = 'connu'
 UNION SELECT p.profession, '', '' FROM unnest(%(professions)s::text[]) AS p (profession) ORDER BY 1, 2
"""
REGION = "JOIN zonage_departement d ON d.code = c.departement_id"
LISTES = """
  LEFT JOIN (
       SELECT a.commune_id, string_agg(a.liste_id || CASE WHEN a.certaine THEN '' ELSE '?' END, ','
                                       ORDER BY a.liste_id) AS citees
         FROM zonage_appartenanceliste a
        WHERE a.liste_id = ANY(%(listes)s::text[]) AND a.periode @> %(jour)s::date
        GROUP BY a.commune_id) l ON l.commune_id = c.code_insee
"""
LIEUX = """
  LEFT JOIN (
       SELECT u.commune, string_agg(DISTINCT u.lieu, ',' ORDER BY u.lieu) AS lieux
         FROM (SELECT x.code_insee AS commune, unnest(ARRAY[
                      'commune:' || x.code_insee, 'commune:' || x.parent_id, 'departement:' || x.departement_id,
                      'region:' || y.region_id, 'epci:' || coalesce(x.epci_id, m.epci_id)]) AS lieu
                 FROM zonage_commune x
                 JOIN zonage_departement y ON y.code = x.departement_id
                 LEFT JOIN zonage_commune m ON m.code_insee = x.parent_id) u
        WHERE u.lieu = ANY(%(lieux)s::text[]) GROUP BY u.commune) i ON i.commune = c.code_insee
"""
COMBIEN = """
SELECT count(*) * cardinality(%(professions)s::text[])
  FROM zonage_commune c JOIN zonage_departement d ON d.code = c.departement_id
 WHERE %(regions)s::text[] IS NULL OR d.region_id = ANY(%(regions)s::text[])
"""
LISTES_CONNUES = """
SELECT liste_id FROM zonage_periodeliste WHERE liste_id = ANY(%s::text[]) AND periode @> %s::date ORDER BY liste_id
"""
PARAMETRES = """
SELECT region_id, code, valeur FROM aides_parametreregional
 WHERE statut = 'valide' AND periode @> %s::date AND code = ANY(%s::text[]) ORDER BY region_id, code
"""


@dataclass(frozen=True, slots=True)
class Terrain:
    """The query of the communes concerned, and what turns the key of a class into a situation."""

    jour: date
    cible: str
    parametres: Mapping[str, Any]
    listes: tuple[str, ...]
    montants: Mapping[str, tuple[tuple[str, Decimal], ...]]
    ordinaire: bool

    def read_classes(self, cursor: CursorWrapper) -> list[Classe]:
        requete = CLASSES_ORDINAIRES
        if not self.ordinaire:
            requete = f"SELECT DISTINCT profession, niveau, locale FROM ({self.cible}) AS c ORDER BY 1, 2, 3"  # noqa: S608
        cursor.execute(requete, self.parametres)
        return [Classe(*ligne) for ligne in cursor.fetchall()]

    def count(self, cursor: CursorWrapper) -> int:
        """The rows that the query considers."""
        cursor.execute(COMBIEN, self.parametres)
        return int(cursor.fetchone()[0])

    def situation(self, classe: Classe) -> Situation:
        """What the check reads of any commune of the class, for somebody of whom only the profession is known."""
        region, citees, lieux = classe.locale.split("|") if classe.locale else ("", "", "")
        nommees = [nom for nom in citees.split(",") if nom]
        appartenances = tuple((liste, liste in nommees) for liste in self.listes if f"{liste}?" not in nommees)
        return Situation(
            faits={"profession": classe.profession},
            zones={self.jour: ZoneLue(classe.niveau or None)},
            lieux=frozenset(lieu for lieu in lieux.split(",") if lieu),
            locaux={self.jour: Locaux(appartenances, self.montants.get(region, ()))},
        )


def read_terrain(cursor: CursorWrapper, catalogue: Catalogue, portee: Portee, jour: date) -> Terrain:
    """Only what some scheme names enters the key of a class: most communes of France share a few."""
    listes = _read_listes(cursor, catalogue, jour)
    montants = _read_montants(cursor, catalogue, jour)
    jointures, morceaux, filtres = [], ["''", "''", "''"], ["true"]
    if montants or portee.regions is not None:
        jointures.append(REGION)
    if montants:
        # A région that set nothing is like any other that set nothing.
        morceaux[0] = "CASE WHEN d.region_id = ANY(%(regions_fixees)s::text[]) THEN d.region_id ELSE '' END"
    if listes:
        jointures.append(LISTES)
        morceaux[1] = "coalesce(l.citees, '')"
    if catalogue.lieux:
        jointures.append(LIEUX)
        morceaux[2] = "coalesce(i.lieux, '')"
    if portee.regions is not None:
        filtres.append("d.region_id = ANY(%(regions)s::text[])")
    ordinaire = len(jointures) == (portee.regions is not None and not montants)
    parametres = {
        "jour": jour,
        "professions": list(portee.professions or Profession.values),
        "regions": list(portee.regions) if portee.regions is not None else None,
        "regions_fixees": sorted(montants),
        "listes": list(listes),
        "lieux": sorted(catalogue.lieux),
    }
    cible = _write_cible(jointures, filtres, "" if ordinaire else " || '|' || ".join(morceaux))
    return Terrain(jour, cible, parametres, listes, montants, ordinaire)


def _write_cible(jointures: Sequence[str], filtres: Sequence[str], locale: str) -> str:
    """Without anything to join, the zones alone tell the known ones."""
    if not jointures:
        return CIBLE.format(locale="''", communes="zonage_commune", jointure="", connue=CONNUE)
    lieu = COMMUNES.format(locale=locale or "''", jointures="\n".join(jointures), filtre=" AND ".join(filtres))
    jointure = "JOIN lieu c ON c.code_insee = z.commune_id"
    return lieu + CIBLE.format(locale="c.locale", communes="lieu", jointure=jointure, connue=CONNUE)


def _read_listes(cursor: CursorWrapper, catalogue: Catalogue, jour: date) -> tuple[str, ...]:
    if not catalogue.listes:
        return ()
    cursor.execute(LISTES_CONNUES, [sorted(catalogue.listes), jour])
    return tuple(ligne[0] for ligne in cursor.fetchall())


def _read_montants(
    cursor: CursorWrapper, catalogue: Catalogue, jour: date
) -> Mapping[str, tuple[tuple[str, Decimal], ...]]:
    if not catalogue.parametres:
        return {}
    cursor.execute(PARAMETRES, [jour, sorted(catalogue.parametres)])
    montants: dict[str, list[tuple[str, Decimal]]] = {}
    for region, code, valeur in cursor.fetchall():
        montants.setdefault(region, []).append((code, valeur))
    return {region: tuple(valeurs) for region, valeurs in montants.items()}


def list_professions(codes: Sequence[str]) -> tuple[str, ...] | None:
    """The professions of the zoning among these; None when they are all there."""
    voulues = tuple(code for code in Profession.values if code in codes)
    return None if len(voulues) == len(Profession.values) else voulues
