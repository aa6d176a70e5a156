"""Load which commune belongs to which bassin de vie, BVCV and canton, with the attribution its licence asks for."""

from collections.abc import Iterator

from django.db import connection
from django.db.backends.utils import CursorWrapper

from portal.core.imports import Import
from portal.core.outbox import emit
from portal.core.sql import copy_rows
from zonage.enums import TypeTerritoire
from zonage.models import Commune, Departement
from zonage.services.codes import Codes, read_codes
from zonage.services.lecture_table import refresh_zones
from zonage.sources.composition import ATTRIBUTION, LigneComposition, read_composition

COLONNES = ("numero", "code", "commune", "type", "territoire", "libelle", "region")
Rangee = tuple[int, str, str, str, str, str, str | None]

TERRITOIRES = """
INSERT INTO zonage_territoire (type, code, libelle, region_attribution_id, source)
SELECT s.type, s.territoire, min(s.libelle), min(s.region), %(attribution)s FROM import_composition s
 GROUP BY s.type, s.territoire
ON CONFLICT (type, code) DO NOTHING
"""
VOULUS = """
CREATE TEMP TABLE voulu ON COMMIT DROP AS
SELECT t.id AS territoire_id, s.type, s.commune, s.code, s.numero
  FROM import_composition s JOIN zonage_territoire t ON t.type = s.type AND t.code = s.territoire
"""
CHANGES = """
SELECT count(DISTINCT v.numero) FROM voulu v
 WHERE NOT EXISTS (SELECT FROM zonage_composition k WHERE k.type = v.type AND k.millesime = %(millesime)s
                      AND k.code_publie = v.code AND k.territoire_id = v.territoire_id AND k.commune_id = v.commune)
"""
MISES_A_JOUR = """
UPDATE zonage_composition k SET territoire_id = v.territoire_id, commune_id = v.commune FROM voulu v
 WHERE k.type = v.type AND k.millesime = %(millesime)s AND k.code_publie = v.code
   AND (k.territoire_id, k.commune_id) IS DISTINCT FROM (v.territoire_id, v.commune)
"""
AJOUTS = """
INSERT INTO zonage_composition (territoire_id, type, commune_id, code_publie, millesime)
SELECT v.territoire_id, v.type, v.commune, v.code, %(millesime)s FROM voulu v
 WHERE NOT EXISTS (SELECT FROM zonage_composition k WHERE k.type = v.type AND k.millesime = %(millesime)s
                      AND k.code_publie = v.code)
 ORDER BY v.territoire_id, v.code
"""


def load_composition(lot: Import, *, millesime: int) -> None:
    """Read, resolve, write by difference. `millesime` is the COG year of the file."""
    lignes = read_composition(lot)
    codes = read_codes()
    communes = _resolve(lot, lignes, codes)
    lot.check()
    lot.millesime = f"COG {millesime}"
    lot.avertissement(None, "", f"Attribution à afficher avec ces territoires : {ATTRIBUTION}")
    noms = {ligne.code: ligne.libelle for ligne in lignes}
    plus_grandes = _find_plus_grandes(lignes, communes)
    regions = dict(Departement.objects.order_by("code").values_list("code", "region_id"))
    parametres: dict[str, str | int | None] = {"millesime": millesime, "attribution": ATTRIBUTION}
    rangees = (
        (
            x.numero,
            x.code,
            communes[x.code],
            type_.value,
            code,
            _name(type_, code, noms, plus_grandes),
            _region(code, regions),
        )
        for x in lignes
        if x.code in communes
        for type_, code in x.territoires.items()
    )
    with connection.cursor() as cursor:
        lot.ecrites = _write(cursor, rangees, parametres)
    lot.identiques = sum(1 for ligne in lignes if ligne.code in communes) - lot.ecrites
    if lot.ecrites:
        refresh_zones()
        emit("zonage.territoire", lot.cle, cle=lot.cle)


def _write(cursor: CursorWrapper, rangees: Iterator[Rangee], parametres: dict[str, str | int | None]) -> int:
    """Returns how many lines of the file changed something."""
    cursor.execute("DROP TABLE IF EXISTS import_composition, voulu")
    cursor.execute(
        "CREATE TEMP TABLE import_composition (numero int, code varchar, commune varchar, type varchar,"
        " territoire varchar, libelle text, region text) ON COMMIT DROP"
    )
    copy_rows(cursor, "import_composition", COLONNES, rangees)
    cursor.execute(TERRITOIRES, parametres)
    cursor.execute(VOULUS)
    cursor.execute("ANALYZE voulu")
    cursor.execute(CHANGES, parametres)
    ecrites = cursor.fetchone()[0]
    cursor.execute(MISES_A_JOUR, parametres)
    cursor.execute(AJOUTS, parametres)
    cursor.execute("ANALYZE zonage_composition, zonage_territoire")
    return int(ecrites)


def _resolve(lot: Import, lignes: list[LigneComposition], codes: Codes) -> dict[str, str]:
    communes = {}
    for ligne in lignes:
        heritieres = codes.resolve(ligne.code)
        if not heritieres:
            lot.erreur(ligne.numero, "CODGEO", f"commune inconnue : {ligne.code} ({ligne.libelle[:60]})")
        elif len(heritieres) > 1:
            lot.ignore(ligne.numero, "CODGEO", f"{ligne.code} a plusieurs héritières ({', '.join(heritieres)})")
        elif not ligne.territoires:
            lot.ignore(ligne.numero, "CODGEO", f"{ligne.code} n'a aucun territoire dans ce fichier")
        else:
            communes[ligne.code] = heritieres[0]
            if heritieres[0] != ligne.code:
                message = f"{ligne.code} n'est plus une commune : rattaché à {heritieres[0]}"
                lot.avertissement(ligne.numero, "CODGEO", message)
    return communes


def _find_plus_grandes(lignes: list[LigneComposition], communes: dict[str, str]) -> dict[str, str]:
    """The name of the commune of most inhabitants of each canton-ou-ville."""
    lues = Commune.objects.order_by("code_insee").values_list("code_insee", "population", "nom")
    rangs = {code: (population or 0, nom) for code, population, nom in lues}
    grandes: dict[str, tuple[int, str]] = {}
    for ligne in lignes:
        canton = ligne.territoires.get(TypeTerritoire.CANTON)
        if canton is not None and ligne.code in communes:
            rang = rangs[communes[ligne.code]]
            grandes[canton] = max(rang, grandes.get(canton, rang))
    return {canton: nom for canton, (_, nom) in grandes.items()}


def _name(type_: TypeTerritoire, territoire: str, noms: dict[str, str], plus_grandes: dict[str, str]) -> str:
    """A bassin bears the name of its pole; a canton has only a number in this file: its largest commune is said."""
    if type_ == TypeTerritoire.CANTON:
        return f"{plus_grandes[territoire]} et son canton ({territoire})"[:150]
    return noms.get(territoire, f"Canton-ou-ville {territoire}")[:150]


def _region(territoire: str, regions: dict[str, str]) -> str | None:
    """The région of attribution: that of the département at the head of the number."""
    return regions.get(territoire[:3] if territoire.startswith("97") else territoire[:2])
