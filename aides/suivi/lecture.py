"""The timelines of many followed situations at once, by the compiled SQL of the rules.

A timeline is read on the days when anything known can turn: the commune's zones and lists, the région's amounts, the
opening and closing of the versions, and the days when a duration counted from a fact is reached. Between two of them
nothing moves, so that the day that passes changes no timeline.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.backends.utils import CursorWrapper

from aides.regles.conditions import Anciennete, Ouverture
from aides.regles.dispositifs import JOURS_PASSES, Catalogue, Dispositif, Version
from aides.regles.sql.colonnes import COLONNES_FAITS, COLONNES_LIEU, read_jsonb
from aides.regles.sql.textes import name
from aides.regles.sql.versions import build_long_select
from aides.suivi.chronologie import build_chronologie
from aides.tables import CHUNK

JOUR_MAX = date(2040, 12, 31)

# The situations and their commune of today. A commune that is no more has no place, no zone and no list.
SITUATIONS = """
CREATE TEMP TABLE suivi_situation ON COMMIT DROP AS
SELECT s.id, s.commune, s.profession, s.faits, d.region_id AS region,
       ARRAY(SELECT u.lieu FROM unnest(ARRAY[
                    'commune:' || c.code_insee, 'commune:' || c.parent_id, 'departement:' || c.departement_id,
                    'region:' || d.region_id, 'epci:' || coalesce(c.epci_id, m.epci_id)]) AS u (lieu)
              WHERE u.lieu = ANY(%(lieux)s::text[])) AS lieux
  FROM aides_suivi s
  LEFT JOIN zonage_commune c ON c.code_insee = s.commune
  LEFT JOIN zonage_departement d ON d.code = c.departement_id
  LEFT JOIN zonage_commune m ON m.code_insee = c.parent_id
 WHERE s.id = ANY(%(suivis)s::bigint[]) AND s.profession = %(profession)s
"""
JOURS = """
CREATE TEMP TABLE suivi_jour ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY x.suivi, x.au) AS id, x.* FROM (
SELECT s.id AS suivi, %(du)s::date AS au FROM suivi_situation s
 UNION SELECT s.id, j FROM suivi_situation s CROSS JOIN unnest(%(jours)s::date[]) AS j
 UNION SELECT s.id, b FROM suivi_situation s
         JOIN zonage_zonecommune z ON z.commune_id = s.commune AND z.profession = s.profession
        CROSS JOIN LATERAL unnest(ARRAY[lower(z.periode), upper(z.periode)]) AS b
        WHERE b > %(du)s::date AND b <= %(max)s::date
 UNION SELECT s.id, b FROM suivi_situation s
         JOIN zonage_appartenanceliste a ON a.commune_id = s.commune AND a.liste_id = ANY(%(listes)s::text[])
        CROSS JOIN LATERAL unnest(ARRAY[lower(a.periode), upper(a.periode)]) AS b
        WHERE b > %(du)s::date AND b <= %(max)s::date
 UNION SELECT s.id, b FROM suivi_situation s
         JOIN aides_parametreregional p ON p.region_id = s.region AND p.statut = 'valide'
        CROSS JOIN LATERAL unnest(ARRAY[lower(p.periode), upper(p.periode)]) AS b
        WHERE b > %(du)s::date AND b <= %(max)s::date
 UNION SELECT s.id, b FROM suivi_situation s
        CROSS JOIN unnest(%(faits)s::text[], %(mois)s::int[]) AS t (fait, mois)
        CROSS JOIN LATERAL (SELECT ((s.faits ->> t.fait)::date + t.mois * interval '1 month')::date AS b) AS f
        WHERE b > %(du)s::date AND b <= %(max)s::date
) AS x
"""
ZONE = """(SELECT z.niveau_id FROM zonage_zonecommune z WHERE z.commune_id = s.commune AND z.profession = s.profession
            AND z.periode @> {jour} AND z.statut = 'connu')::text"""
LISTES = """(SELECT coalesce(jsonb_object_agg(p.liste_id, a.commune_id IS NOT NULL)
                            FILTER (WHERE a.certaine IS NOT FALSE), '{{}}')
              FROM zonage_periodeliste p
              LEFT JOIN zonage_appartenanceliste a
                ON a.liste_id = p.liste_id AND a.commune_id = s.commune AND a.periode @> {jour}
             WHERE p.periode @> {jour})"""
PARAMETRES = """(SELECT coalesce(jsonb_object_agg(p.code, p.valeur), '{{}}') FROM aides_parametreregional p
                  WHERE p.region_id = s.region AND p.statut = 'valide' AND p.periode @> {jour})"""
LUS = {"zone": ZONE, "listes": LISTES, "parametres": PARAMETRES}
ETATS = """
SELECT j.suivi, v.code, j.au,
       CASE WHEN l.verdict THEN 'e' ELSE 'i' END || CASE WHEN l.present THEN
           '|' || coalesce(trim_scale(l.minimum)::text, '') || '|' || coalesce(trim_scale(l.maximum)::text, '')
           || '|' || l.periodicite ELSE '' END
  FROM ({lecture}) AS l
  JOIN suivi_jour j ON j.id = l.id
  JOIN suivi_situation s ON s.id = j.suivi
  JOIN unnest(%(rangs)s::smallint[], %(codes)s::text[], %(du)s::date[], %(fin)s::date[], %(perimetres)s::text[])
       AS v (rang, code, du, fin, perimetre) ON v.rang = l.rang
 WHERE l.verdict IS NOT FALSE AND j.au >= v.du AND (v.fin IS NULL OR j.au < v.fin)
   AND (v.perimetre = '' OR s.lieux && string_to_array(v.perimetre, ','))
"""


@dataclass(frozen=True, slots=True)
class Reperes:
    """What turns for everybody of a profession: the versions worth reading, the days, and the durations counted."""

    versions: tuple[tuple[Dispositif, Version], ...]
    jours: tuple[date, ...]
    durees: tuple[tuple[str, int], ...]


def find_reperes(regles: Catalogue, profession: str, *, du: date) -> Reperes:
    versions = tuple(
        (dispositif, version)
        for dispositif in regles.dispositifs
        if dispositif.concerns(profession)
        for version in dispositif.versions
        if version.ferme_le is None or version.ferme_le > du
    )
    jours: set[date] = set()
    # A day of a fact that is reached may change the day on which the law is read.
    durees: set[tuple[str, int]] = {(fait, 0) for fait, _, _ in JOURS_PASSES.values()}
    for _, version in versions:
        jours |= {jour for jour in (version.ouvert_du, version.ferme_le) if jour}
        for noeud in version.noeuds():
            if isinstance(noeud, Anciennete):
                durees |= {(noeud.fait, 0), (noeud.fait, noeud.mois)}
            elif isinstance(noeud, Ouverture):
                jours |= {jour for doute in noeud.incertitudes for jour in (doute.du, doute.jusqu_au)}
    retenus = tuple(sorted(jour for jour in jours if du < jour <= JOUR_MAX))
    return Reperes(versions, retenus, tuple(sorted(durees)))


def read_chronologies(
    cursor: CursorWrapper, suivis: Sequence[int], profession: str, regles: Catalogue, *, du: date
) -> dict[int, dict[str, list[list[str | None]]]]:
    """The timeline of each of these follow-ups, all of the same profession, from a day on. Inside a transaction."""
    reperes = find_reperes(regles, profession, du=du)
    if not suivis:
        return {}
    _open(cursor, suivis, profession, regles, reperes, du)
    jours: dict[int, list[date]] = defaultdict(list)
    cursor.execute("SELECT suivi, au FROM suivi_jour ORDER BY id")
    for suivi, au in cursor.fetchall():
        jours[suivi].append(au)
    etats: dict[int, list[tuple[str, date, str]]] = defaultdict(list)
    for premier in range(0, len(reperes.versions), CHUNK):
        for suivi, code, au, etat in _read_etats(cursor, reperes.versions[premier : premier + CHUNK]):
            etats[suivi].append((code, au, etat))
    cursor.execute("DROP TABLE suivi_lecture, suivi_jour, suivi_situation")
    return {suivi: build_chronologie(siens, etats[suivi]) for suivi, siens in jours.items()}


def _open(
    cursor: CursorWrapper, suivis: Sequence[int], profession: str, regles: Catalogue, reperes: Reperes, du: date
) -> None:
    """The three temporary tables: situations, days, and what a rule reads of each situation on each day."""
    cursor.execute(SITUATIONS, {"lieux": sorted(regles.lieux), "suivis": list(suivis), "profession": profession})
    cursor.execute(
        "SELECT DISTINCT b FROM zonage_periodeliste p CROSS JOIN LATERAL unnest(ARRAY[lower(p.periode),"
        " upper(p.periode)]) AS b WHERE p.liste_id = ANY(%s::text[]) AND b > %s AND b <= %s",
        [sorted(regles.listes), du, JOUR_MAX],
    )
    jours = sorted({*reperes.jours, *(ligne[0] for ligne in cursor.fetchall())})
    valeurs: dict[str, Any] = {"du": du, "max": JOUR_MAX, "jours": jours, "listes": sorted(regles.listes)}
    valeurs |= {"faits": [fait for fait, _ in reperes.durees], "mois": [mois for _, mois in reperes.durees]}
    cursor.execute(JOURS, valeurs)
    cursor.execute(f"CREATE TEMP TABLE suivi_lecture ON COMMIT DROP AS {_build_lecture()}")
    cursor.execute("ANALYZE suivi_situation, suivi_jour, suivi_lecture")


def _build_lecture() -> str:
    """One row a situation and a day, with the columns of `COLONNES`. Every text here is one of the code."""
    jours = {"demande": "j.au"} | {jour.value: f"f.{name(fait)}" for jour, (fait, _, _) in JOURS_PASSES.items()}
    lieu = {"commune_choisie": "true", "lieux": "s.lieux"}
    for colonne, type_sql in COLONNES_LIEU.items():
        lu, _, jour = colonne.partition("_")
        if lu in LUS:
            lieu[colonne] = f"{LUS[lu].format(jour=jours[jour])}::{type_sql}"
    faits = ", ".join(f"f.{name(code)}" for code in COLONNES_FAITS)
    colonnes = ", ".join(f"{lieu[colonne]} AS {name(colonne)}" for colonne in COLONNES_LIEU)
    return (
        f"SELECT j.id, j.au, {faits}, {colonnes} FROM suivi_jour j"  # noqa: S608 (constants of the code)
        f" JOIN suivi_situation s ON s.id = j.suivi CROSS JOIN LATERAL {read_jsonb('s.faits')}"
    )


def _read_etats(cursor: CursorWrapper, lot: Sequence[tuple[Dispositif, Version]]) -> list[tuple[int, str, date, str]]:
    valeurs: dict[str, Any] = {
        "rangs": list(range(len(lot))),
        "codes": [dispositif.code for dispositif, _ in lot],
        "du": [version.ouvert_du for _, version in lot],
        "fin": [version.ferme_le for _, version in lot],
        "perimetres": [",".join(dispositif.perimetre) for dispositif, _ in lot],
    }
    cursor.execute(_build_etats(tuple(version for _, version in lot)), valeurs)
    return list(cursor.fetchall())


@lru_cache(maxsize=64)
def _build_etats(versions: tuple[Version, ...]) -> str:
    """Compiled once as long as the rules are the same. It holds its constants: « % » is doubled for the driver."""
    return ETATS.format(lecture=build_long_select("suivi_lecture", versions).replace("%", "%%"))
