"""Load a zoning export: one arrêté a région, without an invented number, and a classement for each line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.backends.utils import CursorWrapper

from portal.core.fichiers import FichierRefuse
from portal.core.imports import Import
from portal.core.outbox import emit
from portal.core.sql import copy_rows
from zonage.enums import Origine, Profession, StatutArrete
from zonage.models import Arrete, Region
from zonage.services.arretes import PublicationImpossible, close_precedents
from zonage.services.codes import Codes, read_codes
from zonage.services.lecture_table import refresh_zones
from zonage.services.niveaux import ensure_niveaux
from zonage.sources.cartosante import FichierZonage, LigneZonage, read_zonage

NOMS_MAX = 15
REGIONS_UNE_A_UNE = 3


@dataclass(frozen=True, slots=True)
class PeriodeZonage:
    """When the file is true: from `du` to `au` (excluded, None: no known end), sooner in the régions of `clotures`."""

    du: date
    au: date | None = None
    clotures: Mapping[str, date] = field(default_factory=dict)

    def for_region(self, region: str) -> DateRange:
        fins = [fin for fin in (self.au, self.clotures.get(region)) if fin is not None]
        return DateRange(self.du, min(fins) if fins else None)


TERRITOIRES = """
INSERT INTO zonage_territoire (type, code, libelle, region_attribution_id, source)
SELECT 'commune', s.code, s.libelle, s.region, '' FROM import_zonage s
ON CONFLICT (type, code) DO NOTHING
"""
VOULUS = """
CREATE TEMP TABLE voulu ON COMMIT DROP AS
SELECT t.id AS territoire_id, s.arrete_id, s.statut, s.niveau, s.valeur, a.profession, a.periode
  FROM import_zonage s
  JOIN zonage_territoire t ON t.type = 'commune' AND t.code = s.code
  JOIN zonage_arrete a ON a.id = s.arrete_id
"""
MISES_A_JOUR = """
UPDATE zonage_classement k
   SET statut = v.statut, niveau_id = v.niveau, niveau_publie = v.valeur, periode = v.periode
  FROM voulu v
 WHERE k.territoire_id = v.territoire_id AND k.arrete_id = v.arrete_id
   AND (k.statut, k.niveau_id, k.niveau_publie, k.periode)
       IS DISTINCT FROM (v.statut, v.niveau::varchar, v.valeur::varchar, v.periode)
"""
AJOUTS = """
INSERT INTO zonage_classement
       (territoire_id, profession, arrete_id, statut, niveau_id, niveau_publie, periode, origine, publie)
SELECT v.territoire_id, v.profession, v.arrete_id, v.statut, v.niveau, v.valeur, v.periode, 'officiel', true
  FROM voulu v
 WHERE NOT EXISTS (SELECT FROM zonage_classement k WHERE k.territoire_id = v.territoire_id
                      AND k.arrete_id = v.arrete_id)
 ORDER BY v.territoire_id
"""
COMPOSITIONS = """
INSERT INTO zonage_composition (territoire_id, type, commune_id, code_publie, millesime)
SELECT t.id, 'commune', s.commune, s.code, %s
  FROM heritage s JOIN zonage_territoire t ON t.type = 'commune' AND t.code = s.code
ON CONFLICT DO NOTHING
"""


def load_zonage(lot: Import, *, periode: PeriodeZonage, source: str) -> None:
    """Read, resolve, write by difference, refresh the reading. Refused files write nothing."""
    ensure_niveaux()
    fichier = read_zonage(lot)
    codes = read_codes()
    regions, heritages = _resolve(lot, fichier.lignes, codes)
    lot.check()
    _say_absentes(lot, fichier.lignes, codes, heritages)
    arretes = {region: _ensure_arrete(region, fichier, periode, source) for region in sorted(set(regions.values()))}
    _warn_regions(lot, periode, arretes)
    with connection.cursor() as cursor:
        lot.ecrites = _write(cursor, fichier, regions, arretes)
        _write_heritages(cursor, heritages, periode.du.year)
    lot.identiques = len(fichier.lignes) - lot.ecrites
    if refresh_zones([fichier.profession]) or lot.ecrites:
        _emit(fichier.profession, sorted(arretes))


def _emit(profession: str, regions: list[str]) -> None:
    """One intent a région; a file of the whole country asks once for all of them (an empty code)."""
    for region in regions if len(regions) <= REGIONS_UNE_A_UNE else [""]:
        emit("zonage.zones", profession, region, cle=f"{profession}/{region}")


def _resolve(lot: Import, lignes: list[LigneZonage], codes: Codes) -> tuple[dict[str, str], dict[str, str]]:
    """The région of each code of the file, and, for old codes read in place of today's, commune by old code."""
    regions: dict[str, str] = {}
    heritages: dict[str, str] = {}
    presents = {ligne.code for ligne in lignes}
    for ligne in lignes:
        communes = codes.resolve(ligne.code)
        if not communes:
            lot.erreur(ligne.numero, "Code", f"commune inconnue : {ligne.code} ({ligne.libelle[:60]})")
            continue
        regions[ligne.code] = codes.actuels[communes[0]]
        if communes[0] == ligne.code:
            continue
        noms = ", ".join(communes)
        if any(commune in presents for commune in communes):
            message = f"{ligne.code} n'est plus une commune : gardé, mais {noms} se lit par son propre code"
        elif len(communes) == 1:
            heritages[ligne.code] = communes[0]
            message = f"{ligne.code} n'est plus une commune : lu pour {noms}, absente du fichier"
        else:
            message = f"{ligne.code} n'est plus une commune et a plusieurs héritières ({noms}) : gardé, non lu"
        lot.avertissement(ligne.numero, "Code", message)
    return regions, heritages


def _say_absentes(lot: Import, lignes: list[LigneZonage], codes: Codes, heritages: dict[str, str]) -> None:
    presents = {ligne.code for ligne in lignes} | set(heritages.values())
    absentes = sorted(code for code in codes.actuels if code not in presents)
    if absentes:
        suite = f" et {len(absentes) - NOMS_MAX} autres" if len(absentes) > NOMS_MAX else ""
        noms = ", ".join(absentes[:NOMS_MAX])
        lot.avertissement(
            None, "Code", f"{len(absentes)} communes actuelles sans ligne dans le fichier : {noms}{suite}"
        )


def _warn_regions(lot: Import, periode: PeriodeZonage, arretes: Mapping[str, int]) -> None:
    inconnues = sorted(set(periode.clotures) - set(arretes))
    if inconnues:
        raise FichierRefuse(f"--cloture : aucune commune de la région {', '.join(inconnues)} dans le fichier.")
    for region, fin in sorted(periode.clotures.items()):
        message = (
            f"région {region} : classements arrêtés au {fin:%d/%m/%Y} (exclu), un arrêté plus récent les remplace"
        )
        lot.avertissement(None, "", message)


def _ensure_arrete(region: str, fichier: FichierZonage, periode: PeriodeZonage, source: str) -> int:
    """The arrêté of this file for a région, with its period; what came before is closed. Returns its key."""
    voulue = periode.for_region(region)
    if voulue.upper is not None and voulue.upper <= voulue.lower:
        raise FichierRefuse("La fin de la période doit suivre son début : corrigez --du, --au ou --cloture.")
    arrete = Arrete.objects.filter(
        region_id=region,
        profession=fichier.profession,
        origine=Origine.OFFICIEL,
        source=source,
        periode__startswith=voulue.lower,
    ).first()
    try:
        close_precedents(region, fichier.profession, voulue, sauf=arrete.pk if arrete else None)
    except PublicationImpossible as refus:
        nom = Region.objects.get(pk=region).nom
        raise FichierRefuse(f"{nom} : {refus}") from refus
    if arrete is None:
        arrete = Arrete.objects.create(
            region_id=region,
            profession=Profession(fichier.profession),
            periode=voulue,
            statut=StatutArrete.PUBLIE,
            origine=Origine.OFFICIEL,
            source=source,
        )
    elif arrete.periode != voulue:
        arrete.periode = voulue
        arrete.save(update_fields=["periode"])
    return int(arrete.pk)


def _write(
    cursor: CursorWrapper, fichier: FichierZonage, regions: Mapping[str, str], arretes: Mapping[str, int]
) -> int:
    cursor.execute("DROP TABLE IF EXISTS import_zonage, voulu")
    cursor.execute(
        "CREATE TEMP TABLE import_zonage (code text, libelle text, region text, arrete_id bigint, statut text,"
        " niveau text, valeur text) ON COMMIT DROP"
    )
    lignes = (
        (x.code, x.libelle[:150], regions[x.code], arretes[regions[x.code]], x.statut.value, x.niveau, x.valeur[:80])
        for x in fichier.lignes
    )
    colonnes = ("code", "libelle", "region", "arrete_id", "statut", "niveau", "valeur")
    copy_rows(cursor, "import_zonage", colonnes, lignes)
    cursor.execute("ANALYZE import_zonage")
    cursor.execute(TERRITOIRES)
    cursor.execute(VOULUS)
    cursor.execute("ANALYZE voulu")
    cursor.execute(MISES_A_JOUR)
    ecrites = cursor.rowcount
    cursor.execute(AJOUTS)
    ecrites += cursor.rowcount
    cursor.execute("ANALYZE zonage_classement, zonage_territoire, zonage_arrete")
    return int(ecrites)


def _write_heritages(cursor: CursorWrapper, heritages: Mapping[str, str], millesime: int) -> None:
    cursor.execute("DROP TABLE IF EXISTS heritage")
    cursor.execute("CREATE TEMP TABLE heritage (code text, commune text) ON COMMIT DROP")
    copy_rows(cursor, "heritage", ("code", "commune"), sorted(heritages.items()))
    cursor.execute(COMPOSITIONS, [millesime])
