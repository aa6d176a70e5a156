"""The open data: rules, zones and éligibilités as files that describe themselves (docs/adr/0096).

The same data always give the same bytes: no instant of production is written in a file. A production is a folder named
by the digest of its description; `courant.json`, replaced at once, names the one that is read.
"""

import hashlib
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from aides.catalogue import catalogue
from aides.models import JeuEligibilite
from aides.open_data_regles import dump_regles, write_regles
from aides.open_data_tables import ELIGIBILITES, REGLES, TABLES, ZONES, Table, build_requete
from aides.regles.dispositifs import Catalogue
from portal.core.cache import data_version, forget_version
from portal.core.models import ImportRun, StatutImport
from zonage.enums import StatutArrete
from zonage.models import Arrete

ARCHIVE = "maillage-donnees-ouvertes.zip"
DESCRIPTION = "datapackage.json"
ARBRE = "regles.json"
FICHIERS = (*(table.fichier for table in TABLES), ARBRE, DESCRIPTION)
COURANT = "courant.json"
LOT = re.compile(r"[0-9a-f]{16}", re.ASCII)
GARDES = 2
"""Productions kept: the one that is read, and the former one, whose links may still be open somewhere."""
SOURCES_MAX = 200
MORCEAU = 256 * 1024
ENCORE = timedelta(hours=1)
LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
}
PRECAUTION = (
    "Maillage informe : ces données ne remplacent ni la décision de l'ARS ou de la caisse, ni le texte publié. Les "
    "lignes dont « demonstration » est vrai viennent d'un zonage de démonstration, qui ne vaut pas arrêté."
)


@dataclass(frozen=True, slots=True)
class Fichier:
    """`lignes` None: not a table."""

    nom: str
    octets: int
    sha256: str
    lignes: int | None = None


@dataclass(frozen=True, slots=True)
class Production:
    """`jour`: the day of the law that the éligibilités were read for; None when they were not computed yet."""

    lot: str
    produit_le: str
    jour: str | None
    version: str
    fichiers: tuple[Fichier, ...]

    def fichier(self, nom: str) -> Fichier | None:
        return next((fichier for fichier in self.fichiers if fichier.nom == nom), None)


class Compteuse(io.RawIOBase):
    """Writes to a file while counting and hashing what goes through."""

    def __init__(self, sortie: IO[bytes]) -> None:
        self.sortie = sortie
        self.octets = 0
        self.empreinte = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, morceau: Any) -> int:
        self.empreinte.update(morceau)
        self.octets += len(morceau)
        return self.sortie.write(morceau)


@contextmanager
def open_counted(chemin: Path) -> Iterator[Compteuse]:
    with chemin.open("wb") as sortie:
        yield Compteuse(sortie)


def write_package(dossier: Path) -> tuple[Fichier, ...]:
    """Every file and the archive of them all, into an existing folder."""
    forget_version()
    regles = catalogue()
    fichiers = [write_table(dossier, ZONES, {}), write_table(dossier, ELIGIBILITES, list_concernes(regles))]
    with open_counted(dossier / REGLES.fichier) as sortie:
        texte = io.TextIOWrapper(cast(IO[bytes], sortie), encoding="utf-8", newline="")
        lignes = write_regles(texte, regles)
        texte.flush()
        texte.detach()
    fichiers.append(Fichier(REGLES.fichier, sortie.octets, sortie.empreinte.hexdigest(), lignes))
    fichiers.append(write_bytes(dossier / ARBRE, dump_regles(regles)))
    description = json.dumps(describe_package(fichiers, regles), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    fichiers.append(write_bytes(dossier / DESCRIPTION, description.encode()))
    fichiers.append(write_archive(dossier))
    return tuple(fichiers)


def write_table(dossier: Path, table: Table, parametres: dict[str, Any]) -> Fichier:
    """One COPY, so one instant of the data; the table swapped by a rebuild is held before the instant is taken."""
    with transaction.atomic(), connection.cursor() as cursor, open_counted(dossier / table.fichier) as sortie:
        cursor.execute("SELECT set_config('statement_timeout', '170s', true), set_config('work_mem', '64MB', true)")
        cursor.execute("LOCK TABLE aides_eligibilite IN ACCESS SHARE MODE")
        requete = cursor.mogrify(build_requete(table), parametres).decode()  # type: ignore[attr-defined]
        cursor.copy_expert(f"COPY ({requete}) TO STDOUT WITH (FORMAT csv, HEADER)", sortie)  # type: ignore[attr-defined]
        lignes = int(cursor.rowcount)
    return Fichier(table.fichier, sortie.octets, sortie.empreinte.hexdigest(), lignes)


def list_concernes(regles: Catalogue) -> dict[str, list[str]]:
    couples = [(une.code, profession) for une in regles.dispositifs for profession in une.professions]
    return {"dispositifs": [code for code, _ in couples], "professions": [profession for _, profession in couples]}


def write_bytes(chemin: Path, corps: bytes) -> Fichier:
    chemin.write_bytes(corps)
    return Fichier(chemin.name, len(corps), hashlib.sha256(corps).hexdigest())


def write_archive(dossier: Path) -> Fichier:
    """The same bytes for the same files: no date, one order, one mode."""
    with (
        open_counted(dossier / ARCHIVE) as sortie,
        zipfile.ZipFile(cast(IO[bytes], sortie), "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for nom in FICHIERS:
            entree = zipfile.ZipInfo(nom, date_time=(1980, 1, 1, 0, 0, 0))
            entree.compress_type, entree.create_system, entree.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            with (dossier / nom).open("rb") as source, archive.open(entree, "w") as cible:
                shutil.copyfileobj(source, cible, MORCEAU)
    return Fichier(ARCHIVE, sortie.octets, sortie.empreinte.hexdigest())


def describe_package(fichiers: list[Fichier], regles: Catalogue) -> dict[str, Any]:
    """Frictionless Data Package v1, with the Table Schema of each table."""
    par_nom = {fichier.nom: fichier for fichier in fichiers}
    arbre = {
        "name": "regles-arbre",
        "profile": "data-resource",
        "title": "Règles des dispositifs d'aide, en arbre",
        "description": "Les mêmes règles que regles.csv, versions et conditions emboîtées, textes tels quels.",
        "format": "json",
        "mediatype": "application/json",
        **_describe_fichier(par_nom[ARBRE]),
    }
    jeu = JeuEligibilite.objects.first()
    return {
        "profile": "data-package",
        "name": "maillage-donnees-ouvertes",
        "title": "Maillage : règles, zones et éligibilités",
        "description": PRECAUTION,
        "keywords": ["santé", "installation", "zonage", "aides", "communes"],
        "licenses": [LICENCE],
        "sources": list_sources(),
        "maillage": {"jour_eligibilites": jeu.jour.isoformat() if jeu else None, "catalogue": regles.empreinte},
        "resources": [*(_describe_table(table, par_nom[table.fichier]) for table in TABLES), arbre],
    }


def _describe_table(table: Table, fichier: Fichier) -> dict[str, Any]:
    return {
        "name": table.nom,
        "profile": "tabular-data-resource",
        "title": table.titre,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "dialect": {"delimiter": ",", "doubleQuote": True, "header": True, "lineTerminator": "\n", "quoteChar": '"'},
        "schema": dict(table.schema),
        **_describe_fichier(fichier),
    }


def _describe_fichier(fichier: Fichier) -> dict[str, Any]:
    return {
        "path": fichier.nom,
        "encoding": "utf-8",
        "bytes": fichier.octets,
        "hash": f"sha256:{fichier.sha256}",
        "licenses": [LICENCE],
    }


def list_sources() -> list[dict[str, str]]:
    """What was read, with its vintage: the files imported, the sources of the zoning, the texts of the rules."""
    imports = (
        ImportRun.objects.filter(statut=StatutImport.REUSSI)
        .order_by("source", "millesime")
        .values_list("source", "millesime")
        .distinct()[:SOURCES_MAX]
    )
    arretes = Arrete.objects.filter(statut=StatutArrete.PUBLIE).exclude(source="").order_by("source")
    titres = [f"{source}, {millesime}" if millesime else source for source, millesime in imports]
    titres += list(arretes.values_list("source", flat=True).distinct()[:SOURCES_MAX])
    titres.append("Textes cités par chaque règle, avec leur adresse et le jour de leur relecture")
    return [{"title": titre} for titre in dict.fromkeys(titres)]


# --- the production that is read


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "donnees_ouvertes"


def read_production() -> Production | None:
    """The one that is read; None when nothing was produced yet, or what was is no longer there."""
    try:
        lu = json.loads((folder() / COURANT).read_text(encoding="utf-8"))
        fichiers = tuple(Fichier(**fichier) for fichier in lu.pop("fichiers"))
        production = Production(**lu, fichiers=fichiers)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return production if (folder() / production.lot / ARCHIVE).is_file() else None


def open_file(lot: str, nom: str) -> tuple[int, Iterator[bytes]] | None:
    """The size and the bytes of a file of a production still kept; None when it is not there.

    Only the archive is kept, thirty times smaller than what it holds: a file is read from it.
    """
    chemin = folder() / lot / ARCHIVE
    if not LOT.fullmatch(lot) or nom not in (*FICHIERS, ARCHIVE) or not chemin.is_file():
        return None
    if nom == ARCHIVE:
        return chemin.stat().st_size, _read_pieces(chemin, None)
    with zipfile.ZipFile(chemin) as archive:
        return archive.getinfo(nom).file_size, _read_pieces(chemin, nom)


def _read_pieces(chemin: Path, membre: str | None) -> Iterator[bytes]:
    """The archive, or one of its files; nothing is opened before the first piece is asked for."""
    with ExitStack() as pile:
        ouvert: IO[bytes] = pile.enter_context(chemin.open("rb"))
        if membre is not None:
            ouvert = pile.enter_context(pile.enter_context(zipfile.ZipFile(ouvert)).open(membre))
        while morceau := ouvert.read(MORCEAU):
            yield morceau


def read_version() -> str:
    """What the files were made from: a digest of the data, of the rules and of the table of éligibilités."""
    jeu = JeuEligibilite.objects.values_list("jour", "change_le").first()
    return hashlib.sha256(f"{data_version()}|{catalogue().empreinte}|{jeu}".encode()).hexdigest()[:16]


def is_due() -> bool:
    """Whether what the files come from changed. False before the first éligibilités: they would be missing."""
    production = read_production()
    return JeuEligibilite.objects.exists() and (production is None or production.version != read_version())


def publish_package(ouvre: Callable[[], AbstractContextManager[None]] = nullcontext) -> Production:
    """Write a production beside the others, then name it: who reads has the former one, whole, until then.

    `ouvre` opens what the naming is done in: that of the outbox refuses a run that came back late.
    """
    racine = folder()
    racine.mkdir(parents=True, exist_ok=True)
    version = read_version()
    with tempfile.TemporaryDirectory(prefix=".en-cours-", dir=racine) as provisoire:
        dossier = Path(provisoire) / "lot"
        dossier.mkdir()
        fichiers = write_package(dossier)
        lot = next(fichier.sha256 for fichier in fichiers if fichier.nom == DESCRIPTION)[:16]
        jour, cible = _read_jour(dossier), racine / lot
        for nom in FICHIERS:
            (dossier / nom).unlink()
        if not cible.is_dir():
            dossier.rename(cible)
        production = Production(lot, timezone.now().isoformat(timespec="seconds"), jour, version, fichiers)
        texte = json.dumps(asdict(production), ensure_ascii=False)
        (Path(provisoire) / COURANT).write_text(texte, encoding="utf-8")
        with ouvre():
            (Path(provisoire) / COURANT).replace(racine / COURANT)
    _forget_old(racine, lot)
    return production


def _read_jour(dossier: Path) -> str | None:
    jour = json.loads((dossier / DESCRIPTION).read_text(encoding="utf-8"))["maillage"]["jour_eligibilites"]
    return date.fromisoformat(jour).isoformat() if jour else None


def _forget_old(racine: Path, courant: str) -> None:
    """Keep the last productions; what a killed one left unfinished goes an hour later."""
    lots = [chemin for chemin in racine.iterdir() if LOT.fullmatch(chemin.name) and chemin.name != courant]
    lots.sort(key=lambda chemin: chemin.stat().st_mtime, reverse=True)
    limite = (timezone.now() - ENCORE).timestamp()
    restes = [c for c in racine.glob(".en-cours-*") if c.stat().st_mtime < limite]
    for chemin in [*lots[GARDES - 1 :], *restes]:
        shutil.rmtree(chemin, ignore_errors=True)
