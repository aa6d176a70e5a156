"""Write the demonstration zoning: an arrêté without number a région and a profession, marked as such everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.backends.utils import CursorWrapper

from portal.core.outbox import emit
from portal.core.sql import commit_without_waiting, copy_rows, first_fill
from zonage.calculs.demonstration import Demonstration, Lieux, compute_demonstration
from zonage.enums import Origine, Profession, StatutArrete, TypeCommune
from zonage.models import Arrete, Commune, Region
from zonage.services.lecture_table import refresh_zones
from zonage.services.niveaux import ensure_niveaux

DEBUT = date(2017, 12, 1)
"""The zonings of the method of 2017 began in December 2017: the demonstration answers from then on."""
SOURCE = "Offre modélisée, zonage de démonstration : ne vaut pas arrêté"
MILLESIME = 2023

# Territoires of type commune, then classements, by difference: a second run writes nothing.
TERRITOIRES = """
INSERT INTO zonage_territoire (type, code, libelle, region_attribution_id, source)
SELECT 'commune', c.code_insee, c.nom, d.region_id, ''
  FROM (SELECT DISTINCT code FROM demonstration) s
  JOIN zonage_commune c ON c.code_insee = s.code JOIN zonage_departement d ON d.code = c.departement_id
ON CONFLICT (type, code) DO NOTHING
"""
VOULUS = """
CREATE TEMP TABLE voulu ON COMMIT DROP AS
SELECT t.id AS territoire_id, s.profession, a.id AS arrete_id, s.niveau, a.periode
  FROM demonstration s
  JOIN zonage_territoire t ON t.type = 'commune' AND t.code = s.code
  JOIN zonage_commune c ON c.code_insee = s.code JOIN zonage_departement d ON d.code = c.departement_id
  JOIN zonage_arrete a ON a.origine = 'demonstration' AND a.profession = s.profession AND a.region_id = d.region_id
"""
OBSOLETES = """
DELETE FROM zonage_classement k WHERE k.origine = 'demonstration' AND NOT EXISTS (
    SELECT FROM voulu v WHERE v.territoire_id = k.territoire_id AND v.profession = k.profession
       AND v.arrete_id = k.arrete_id AND v.niveau = k.niveau_id AND v.periode = k.periode)
"""
CLASSEMENTS = """
INSERT INTO zonage_classement
       (territoire_id, profession, arrete_id, statut, niveau_id, niveau_publie, periode, origine, publie)
SELECT v.territoire_id, v.profession, v.arrete_id, 'connu', v.niveau, '', v.periode, 'demonstration', true FROM voulu v
 WHERE NOT EXISTS (SELECT FROM zonage_classement k WHERE k.origine = 'demonstration'
                      AND k.territoire_id = v.territoire_id AND k.profession = v.profession)
 ORDER BY v.territoire_id, v.profession
"""
APL_OBSOLETES = """
DELETE FROM zonage_apl k WHERE k.origine = 'demonstration' AND NOT EXISTS (
    SELECT FROM apl_demonstration s WHERE s.code = k.code_publie AND s.apl = k.apl
       AND s.demande = k.population_standardisee AND s.population = k.population_totale)
"""
APL = """
INSERT INTO zonage_apl
       (code_publie, commune_id, profession, millesime, apl, population_standardisee, population_totale, origine)
SELECT s.code, s.code, 'medecin', %s, s.apl, s.demande, s.population, 'demonstration' FROM apl_demonstration s
 WHERE NOT EXISTS (SELECT FROM zonage_apl o WHERE o.origine = 'officiel' AND o.profession = 'medecin')
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class BilanDemonstration:
    """What a load wrote: 0 everywhere the second time. `sans_coordonnees`: communes left without a class."""

    communes: int
    sans_coordonnees: int
    niveaux: int
    classements: int
    apl: int
    zones: int


def read_lieux() -> tuple[list[str], Lieux, int]:
    """The communes in the computation, by code: cities with arrondissements are read by arrondissement."""
    villes = Commune.objects.filter(type=TypeCommune.ARRONDISSEMENT).values("parent")
    champs = ("code_insee", "departement", "longitude", "latitude", "population")
    ages = ("population_0_19", "population_20_64", "population_65_plus")
    tous = Commune.objects.exclude(code_insee__in=villes).order_by("code_insee").values_list(*champs, *ages)
    lignes = [ligne for ligne in tous if ligne[2] is not None and ligne[3] is not None]
    lieux = Lieux(
        departements=np.array([ligne[1] for ligne in lignes], dtype=np.str_),
        longitudes=np.array([ligne[2] for ligne in lignes], dtype=np.float64),
        latitudes=np.array([ligne[3] for ligne in lignes], dtype=np.float64),
        population=np.array([ligne[4] or 0 for ligne in lignes], dtype=np.float64),
        ages=np.array([[np.nan if v is None else v for v in ligne[5:]] for ligne in lignes], dtype=np.float64),
    )
    return [str(ligne[0]) for ligne in lignes], lieux, len(tous) - len(lignes)


@transaction.atomic
def load_demonstration(avance: Callable[[str], None] = lambda etape: None) -> BilanDemonstration:
    """Compute and write the demonstration of the whole country. Replayable: only differences are written."""
    avance("communes")
    codes, lieux, ecartees = read_lieux()
    if not codes:
        return BilanDemonstration(0, ecartees, ensure_niveaux(), 0, 0, 0)
    niveaux = ensure_niveaux()
    avance("accessibilité")
    demonstration = compute_demonstration(lieux)
    _ensure_arretes()
    avance("classements")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '300000', true)")
        commit_without_waiting(cursor)
        classements = _write_classements(cursor, codes, demonstration)
        avance("APL")
        apl = _write_apl(cursor, codes, lieux, demonstration)
    avance("lecture")
    zones = refresh_zones()
    if zones:
        emit("zonage.territoire", "demonstration", cle="demonstration")
    return BilanDemonstration(len(codes), ecartees, niveaux, classements, apl, zones)


def _ensure_arretes() -> None:
    existants = set(Arrete.objects.filter(origine=Origine.DEMONSTRATION).values_list("region_id", "profession"))
    Arrete.objects.bulk_create(
        Arrete(
            region_id=region,
            profession=profession,
            periode=DateRange(DEBUT, None),
            statut=StatutArrete.PUBLIE,
            origine=Origine.DEMONSTRATION,
            source=SOURCE,
        )
        for region in Region.objects.order_by("code").values_list("code", flat=True)
        for profession in Profession.values
        if (region, profession) not in existants
    )


def _write_classements(cursor: CursorWrapper, codes: list[str], demonstration: Demonstration) -> int:
    cursor.execute("CREATE TEMP TABLE demonstration (code text, profession text, niveau text) ON COMMIT DROP")
    lignes = (
        (code, profession, niveau)
        for profession, niveaux in demonstration.niveaux.items()
        for code, niveau in zip(codes, niveaux, strict=True)
    )
    copy_rows(cursor, "demonstration", ("code", "profession", "niveau"), lignes)
    cursor.execute("ANALYZE demonstration")
    with first_fill(cursor, "zonage_territoire"):
        cursor.execute(TERRITOIRES)
    cursor.execute("ANALYZE zonage_territoire, zonage_arrete")
    cursor.execute(VOULUS)
    cursor.execute("ANALYZE voulu")
    with first_fill(cursor, "zonage_classement"):
        cursor.execute(OBSOLETES)
        ecrites = cursor.rowcount
        cursor.execute(CLASSEMENTS)
        ecrites += cursor.rowcount
    cursor.execute("DROP TABLE demonstration, voulu")
    return int(ecrites)


def _write_apl(cursor: CursorWrapper, codes: list[str], lieux: Lieux, demonstration: Demonstration) -> int:
    cursor.execute(
        "CREATE TEMP TABLE apl_demonstration (code text, apl float8, demande float8, population float8) ON COMMIT DROP"
    )
    apl, demande = demonstration.apl.round(3), demonstration.population_standardisee.round(3)
    lignes = zip(codes, apl.tolist(), demande.tolist(), lieux.population.tolist(), strict=True)
    copy_rows(cursor, "apl_demonstration", ("code", "apl", "demande", "population"), lignes)
    with first_fill(cursor, "zonage_apl"):
        cursor.execute(APL_OBSOLETES)
        ecrites = cursor.rowcount
        cursor.execute(APL, [MILLESIME])
        ecrites += cursor.rowcount
    cursor.execute("DROP TABLE apl_demonstration")
    return int(ecrites)
