"""The vintages behind a figure: what each source held on that day. Dates, numbers and titles, nobody's data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from portal.core.ceinture import as_systeme
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import Indicateur

LIMITE = 6


@dataclass(frozen=True, slots=True)
class Millesime:
    source: str
    valeur: str
    demonstration: bool = False


# Each gives (what it says, demonstration); no row: nothing is said of this source.
REQUETES = {
    "zonage_commune": (
        "Communes",
        (
            "SELECT 'population du millésime ' || max(millesime_population), false FROM zonage_commune"
            " HAVING max(millesime_population) IS NOT NULL"
        ),
    ),
    "zonage_populationlegale": (
        "Populations légales",
        (
            "SELECT 'millésime ' || max(millesime), false FROM zonage_populationlegale"
            " WHERE millesime + 3 <= extract(year FROM %(jour)s::date) HAVING max(millesime) IS NOT NULL"
        ),
    ),
    "zonage_zonecommune": (
        "Arrêtés de zonage",
        (
            "SELECT count(*) || ' en vigueur, le plus récent du ' || to_char(max(lower(periode)), 'DD/MM/YYYY'),"
            " origine = 'demonstration' FROM zonage_arrete"
            " WHERE statut = 'publie' AND periode @> %(jour)s::date AND (%(region)s = '' OR region_id = %(region)s)"
            " GROUP BY origine ORDER BY origine"
        ),
    ),
    "zonage_apl": (
        "Accessibilité (APL)",
        (
            "SELECT 'millésime ' || millesime, origine = 'demonstration' FROM zonage_apl"
            " WHERE profession = 'medecin' AND millesime <= extract(year FROM %(jour)s::date)"
            " ORDER BY millesime DESC, origine = 'demonstration' LIMIT 1"
        ),
    ),
    "cpts_actecpts": (
        "Actes des CPTS",
        (
            "SELECT count(*) || ' enregistrés, le dernier du ' || to_char(max(date_acte), 'DD/MM/YYYY'), false"
            " FROM cpts_actecpts WHERE date_acte <= %(jour)s::date HAVING count(*) > 0"
        ),
    ),
    "cpts_perimetre": (
        "Périmètres des CPTS",
        (
            "SELECT count(*) || ' en vigueur', bool_or(c.demonstration) FROM cpts_perimetre p"
            " JOIN cpts_cpts c ON c.code = p.cpts_id WHERE p.statut = 'approuve' AND p.periode @> %(jour)s::date"
            " HAVING count(*) > 0"
        ),
    ),
    "cpts_structure": (
        "Structures",
        "SELECT count(*) || ' connues', bool_or(demonstration) FROM cpts_structure HAVING count(*) > 0",
    ),
    "aides_demande": (
        "Dossiers du portail",
        "SELECT 'actes du portail jusqu''au ' || to_char(%(jour)s::date, 'DD/MM/YYYY'), false",
    ),
    "cpts_donneeterritoire": (
        "Chiffre saisi",
        (
            "SELECT source || ' ; au ' || to_char(jour, 'DD/MM/YYYY'), demonstration FROM cpts_donneeterritoire"
            " WHERE code = %(code)s AND territoire_type = %(type)s AND territoire_code = %(territoire)s"
            " AND jour <= %(jour)s::date ORDER BY jour DESC LIMIT 1"
        ),
    ),
    "prevention_releve": (
        "Relevés",
        (
            "SELECT DISTINCT ON (campagne_id) source || ' ; du ' || to_char(lower(periode), 'DD/MM/YYYY') || ' au '"
            " || to_char(upper(periode) - 1, 'DD/MM/YYYY'), demonstration FROM prevention_releve"
            " WHERE courant AND territoire_type = %(type)s AND territoire_code = %(territoire)s"
            " AND lower(periode) <= %(jour)s::date ORDER BY campagne_id DESC, periode DESC LIMIT 3"
        ),
    ),
}


def list_millesimes(indicateur: Indicateur, territoire: Territoire, au: date) -> list[Millesime]:
    valeurs = {
        "jour": au,
        "code": indicateur.base,
        "type": territoire.type,
        "territoire": territoire.code,
        "region": territoire.region_code,
    }
    with as_systeme(), connection.cursor() as cursor:
        return [
            Millesime(libelle, valeur, demonstration)
            for table in indicateur.sources
            if table in REQUETES
            for libelle, valeur, demonstration in _read(cursor.execute, cursor.fetchall, table, valeurs)
        ]


def _read(
    execute: Callable[..., Any], fetchall: Callable[[], list[Any]], table: str, valeurs: dict[str, Any]
) -> list[tuple[str, str, bool]]:
    libelle, requete = REQUETES[table]
    execute(requete, valeurs)
    return [(libelle, str(valeur), bool(demonstration)) for valeur, demonstration in fetchall()[:LIMITE]]
