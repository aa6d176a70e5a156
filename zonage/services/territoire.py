"""Acts on the territory: load the shipped reference data, refresh the search keys. Set SQL, atomic, replayable.

Rows go through a temporary table by COPY; what differs is updated, what is new is inserted, nothing is deleted, and a
second run writes nothing. (`ON CONFLICT DO UPDATE` would lock and log every row that did not change.)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from portal.core.models import ImportRun, StatutImport
from portal.core.sql import commit_without_waiting, copy_rows, first_fill
from zonage.calculs.noms import cle_recherche, cle_tri
from zonage.enums import GenreCle, TypeCommune
from zonage.sources.referentiel import Referentiel

SOURCE = "referentiel"
COMPTES = {"communes_actuelles": 34_969, "arrondissements": 45, "epci": 1_255, "departements": 109, "regions": 26}
POPULATION = 68_952_941

Avancement = Callable[[str], None]


class ReferentielRefuse(ValueError):
    """The reference data is not coherent: nothing is written. One sentence a fault."""


@dataclass(frozen=True, slots=True)
class Table:
    nom: str
    cle: tuple[str, ...]
    colonnes: tuple[str, ...]
    avant: str = ""
    """SQL run on the rows received (`lot`) before they are compared with the table."""


REGIONS = Table("zonage_region", ("code",), ("code", "nom"))
DEPARTEMENTS = Table("zonage_departement", ("code",), ("code", "nom", "region_id"))
EPCI = Table("zonage_epci", ("code",), ("code", "nom", "nature"))
# A population of a newer vintage than the file's, brought by import_populations, stays.
GARDE_POPULATION = (
    "UPDATE lot SET population = c.population, millesime_population = c.millesime_population FROM zonage_commune c "
    "WHERE c.code_insee = lot.code_insee AND c.millesime_population > coalesce(lot.millesime_population, 0)"
)
COMMUNES = Table(
    "zonage_commune",
    ("code_insee",),
    ("code_insee", "type", "nom", "cle_tri", "departement_id", "epci_id", "parent_id", "codes_postaux",
     "population", "millesime_population", "population_0_19", "population_20_64", "population_65_plus",
     "longitude", "latitude", "mairie_longitude", "mairie_latitude", "voisines"),
    avant=GARDE_POPULATION,
)  # fmt: skip


def check_referentiel(r: Referentiel) -> None:
    """Counts, total population, every commune in one département, no dangling EPCI, every département in a région."""
    fautes = _fautes_de_compte(r)
    regions = {code for code, _ in r.regions}
    departements = {code for code, _, _ in r.departements}
    epci = {code for code, _, _ in r.epci}
    codes = {c.code for c in r.communes}
    actuelles = {c.code for c in r.communes_actuelles}
    fautes += [
        f"le département {code} n'a pas de région connue"
        for code, _, region in r.departements
        if region not in regions
    ]
    fautes += [
        f"la commune {c.code} n'a pas de département connu" for c in r.communes if c.departement not in departements
    ]
    fautes += [f"la commune {c.code} cite un EPCI inconnu" for c in r.communes if c.epci and c.epci not in epci]
    fautes += [
        f"l'arrondissement {c.code} cite une commune inconnue"
        for c in r.communes
        if c.parent and c.parent not in actuelles
    ]
    fautes += [f"l'ancien code {a.code} cite une commune inconnue" for a in r.anciennes if a.commune not in actuelles]
    fautes += [f"l'EPCI {code} n'a aucun membre" for code in sorted(epci - {c.epci for c in r.communes})]
    fautes += [
        f"la commune {c.code} cite une voisine inconnue" for c in r.communes if not codes.issuperset(c.voisines)
    ]
    if fautes:
        suite = f" (et {len(fautes) - 5} autres)" if len(fautes) > 5 else ""
        raise ReferentielRefuse("Référentiel incohérent, rien n'est chargé : " + " ; ".join(fautes[:5]) + suite + ".")


def _fautes_de_compte(r: Referentiel) -> list[str]:
    trouves = {
        "communes_actuelles": len({c.code for c in r.communes_actuelles}),
        "arrondissements": len({c.code for c in r.communes if c.parent}),
        "epci": len({code for code, *_ in r.epci}),
        "departements": len({code for code, *_ in r.departements}),
        "regions": len({code for code, *_ in r.regions}),
    }
    fautes = [
        f"{nom} : {trouves[nom]} au lieu de {attendu}" for nom, attendu in COMPTES.items() if trouves[nom] != attendu
    ]
    if len(r.communes) != COMPTES["communes_actuelles"] + COMPTES["arrondissements"]:
        fautes.append(f"communes en double : {len(r.communes)} lignes")
    if (somme := sum(c.population or 0 for c in r.communes_actuelles)) != POPULATION:
        fautes.append(f"population totale : {somme} au lieu de {POPULATION}")
    return fautes


@transaction.atomic
def load_referentiel(r: Referentiel, *, avance: Avancement = lambda etape: None) -> dict[str, int]:
    """Check, then write what differs. Returns the rows written a table (all 0 the second time)."""
    check_referentiel(r)
    ecrites: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('zonage.referentiel'))")
        cursor.execute("SELECT set_config('statement_timeout', '120000', true)")
        commit_without_waiting(cursor)
        for etape, table, lignes in _lots(r):
            with first_fill(cursor, table.nom):
                ecrites[etape] = upsert(cursor, table, lignes)
            avance(etape)
        ecrites["anciennes communes"] = _upsert_anciennes(cursor, [(a.code, a.nom, a.commune) for a in r.anciennes])
        avance("anciennes communes")
        if any(ecrites.values()) or not _has_cles(cursor):
            ecrites["clés de recherche"] = refresh_cles()
        avance("clés de recherche")
        _check_base(cursor)
        if any(ecrites.values()):
            cursor.execute("ANALYZE zonage_commune, zonage_clecommune, zonage_anciennecommune")
    return ecrites


def is_loaded(manifeste: Mapping[str, Any]) -> bool:
    """Whether this very file was the last one loaded and its tables still hold all its rows."""
    derniere = ImportRun.objects.filter(source=SOURCE, statut=StatutImport.REUSSI).first()
    if derniere is None or derniere.empreinte != manifeste.get("sha256"):
        return False
    with connection.cursor() as cursor:
        try:
            _check_base(cursor)
        except ReferentielRefuse:
            return False
        return _has_cles(cursor)


def record_referentiel(r: Referentiel, ecrites: Mapping[str, int]) -> ImportRun:
    """The proof of a load: which file, which vintage, how many rows."""
    maintenant = timezone.now()
    return ImportRun.objects.create(
        source=SOURCE,
        fichier="referentiel.json.xz",
        empreinte=r.manifeste["sha256"],
        statut=StatutImport.REUSSI,
        millesime=f"COG {r.manifeste['millesime_cog']}",
        lignes_lues=len(r.regions) + len(r.departements) + len(r.epci) + len(r.communes) + len(r.anciennes),
        lignes_ecrites=sum(ecrites.values()),
        commence_le=maintenant,
        termine_le=maintenant,
    )


def _lots(r: Referentiel) -> list[tuple[str, Table, Iterable[Sequence[Any]]]]:
    millesime = r.manifeste["millesime_population"]
    return [
        ("régions", REGIONS, r.regions),
        ("départements", DEPARTEMENTS, r.departements),
        ("EPCI", EPCI, r.epci),
        ("communes", COMMUNES, ((
            c.code, TypeCommune.ARRONDISSEMENT if c.parent else TypeCommune.COMMUNE, c.nom, cle_tri(c.nom),
            c.departement, c.epci, c.parent, _tableau(c.codes_postaux),
            c.population, None if c.population is None else millesime, c.population_0_19, c.population_20_64,
            c.population_65_plus, c.longitude, c.latitude, c.mairie_longitude, c.mairie_latitude, _tableau(c.voisines),
        ) for c in r.communes)),
    ]  # fmt: skip


def _tableau(codes: Sequence[str]) -> str:
    return "{" + ",".join(codes) + "}"


def upsert(cursor: CursorWrapper, table: Table, lignes: Iterable[Sequence[Any]]) -> int:
    """Write the rows that differ; returns how many were."""
    colonnes = ", ".join(table.colonnes)
    cursor.execute(f"CREATE TEMP TABLE lot ON COMMIT DROP AS SELECT {colonnes} FROM {table.nom} WITH NO DATA")  # noqa: S608
    copy_rows(cursor, "lot", table.colonnes, lignes)
    cursor.execute("ANALYZE lot")
    if table.avant:
        cursor.execute(table.avant)
    jointure = " AND ".join(f"cible.{c} = lot.{c}" for c in table.cle)
    valeurs = [c for c in table.colonnes if c not in table.cle]
    affectations = ", ".join(f"{c} = lot.{c}" for c in valeurs)
    avant, apres = (", ".join(f"{t}.{c}" for c in valeurs) for t in ("cible", "lot"))
    cursor.execute(
        f"UPDATE {table.nom} cible SET {affectations} FROM lot WHERE {jointure} "  # noqa: S608
        f"AND ({avant}) IS DISTINCT FROM ({apres})"
    )
    ecrites = cursor.rowcount
    cursor.execute(
        f"INSERT INTO {table.nom} ({colonnes}) SELECT {colonnes} FROM lot "  # noqa: S608
        f"WHERE NOT EXISTS (SELECT FROM {table.nom} cible WHERE {jointure})"
    )
    ecrites += cursor.rowcount
    cursor.execute("DROP TABLE lot")
    return int(ecrites)


def _upsert_anciennes(cursor: CursorWrapper, lignes: Iterable[tuple[str, str, str]]) -> int:
    """Former codes that the file alone knows. A row named by the movements file is never doubled nor emptied."""
    cursor.execute("CREATE TEMP TABLE lot (code text, nom text, commune text) ON COMMIT DROP")
    copy_rows(cursor, "lot", ("code", "nom", "commune"), lignes)
    cursor.execute("ANALYZE lot")
    cursor.execute(
        "INSERT INTO zonage_anciennecommune (code_insee, nom, commune_id) SELECT code, nom, commune FROM lot "
        "WHERE NOT EXISTS (SELECT FROM zonage_anciennecommune a WHERE a.code_insee = lot.code "
        "AND (a.commune_id = lot.commune AND (lot.nom = '' OR a.nom = lot.nom) OR a.depuis IS NOT NULL))"
    )
    ecrites = cursor.rowcount
    cursor.execute("DROP TABLE lot")
    return int(ecrites)


def _has_cles(cursor: CursorWrapper) -> bool:
    """Whether every commune can be found by its name: the keys are then those of the last load."""
    cursor.execute(
        "SELECT NOT EXISTS (SELECT code_insee FROM zonage_commune EXCEPT "
        "SELECT commune_id FROM zonage_clecommune WHERE genre = 'nom')"
    )
    return bool((cursor.fetchone() or (False,))[0])


def _check_base(cursor: CursorWrapper) -> None:
    """What was written, counted in the database itself."""
    cursor.execute(
        "SELECT count(*) FILTER (WHERE type = 'COM'), count(*) FILTER (WHERE type = 'ARM'), "
        "(SELECT count(*) FROM zonage_epci), (SELECT count(*) FROM zonage_departement), "
        "(SELECT count(*) FROM zonage_region) FROM zonage_commune"
    )
    for (nom, attendu), trouve in zip(COMPTES.items(), cursor.fetchone() or (), strict=True):
        if trouve < attendu:
            raise ReferentielRefuse(f"Base incomplète, rien n'est enregistré : {nom}, {trouve} au lieu de {attendu}.")


COLONNES_CLES = ("genre", "cle", "article", "commune_id", "via", "depuis", "departement", "population")


@transaction.atomic
def refresh_cles() -> int:
    """Rewrite the search keys that differ from what communes and former communes say. Returns rows written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('zonage.cles'))")
        cursor.execute(
            "SELECT code_insee, nom, departement_id, coalesce(population, 0), codes_postaux FROM zonage_commune"
        )
        communes = {code: reste for code, *reste in cursor.fetchall()}
        cursor.execute("SELECT code_insee, nom, commune_id, depuis FROM zonage_anciennecommune")
        voulues = _cles_actuelles(communes) | _cles_anciennes(communes, cursor.fetchall())
        cursor.execute(f"SELECT id, {', '.join(COLONNES_CLES)} FROM zonage_clecommune")  # noqa: S608
        presentes = {ligne[1:]: ligne[0] for ligne in cursor.fetchall()}
        perimees = [presentes[ligne] for ligne in presentes.keys() - voulues]
        nouvelles = sorted(voulues - presentes.keys(), key=lambda ligne: ligne[:5])
        if perimees:
            cursor.execute("DELETE FROM zonage_clecommune WHERE id = ANY(%s)", [perimees])
        if nouvelles:
            with first_fill(cursor, "zonage_clecommune"):
                copy_rows(cursor, "zonage_clecommune", COLONNES_CLES, nouvelles)
    return len(perimees) + len(nouvelles)


def _cles_actuelles(communes: dict[str, Any]) -> set[tuple[Any, ...]]:
    lignes: set[tuple[Any, ...]] = set()
    for code, (nom, departement, population, codes_postaux) in communes.items():
        fin = (code, "", None, departement, population)
        lignes.add((GenreCle.NOM.value, *cle_recherche(nom), *fin))
        lignes.update((GenreCle.CODE_POSTAL.value, f" {code_postal}", "", *fin) for code_postal in codes_postaux)
    return lignes


def _cles_anciennes(communes: dict[str, Any], anciennes: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    lignes: set[tuple[Any, ...]] = set()
    for ancien, nom, code, depuis in anciennes:
        nom_actuel, departement, population, _ = communes[code]
        via = f"{nom} ({ancien})" if nom else ancien
        fin = (code, via, depuis, departement, population)
        if nom and (cle := cle_recherche(nom)) != cle_recherche(nom_actuel):
            lignes.add((GenreCle.ANCIEN_NOM.value, *cle, *fin))
        if ancien not in communes:
            lignes.add((GenreCle.ANCIEN_CODE.value, f" {ancien.lower()}", "", *fin))
    return lignes
