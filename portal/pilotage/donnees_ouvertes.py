"""The public figures as open data: a table that its schema describes (Table Schema), a day and a size at a time."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.core.exports import neutralize
from portal.pilotage.enums import Maille
from portal.pilotage.models import Passage, Territoire
from portal.pilotage.sources.definitions import Indicateur, hash_catalogue, list_indicateurs

ENCORE: Final = 60
"""Seconds that the file of the former run stays."""
MORCEAU: Final = 256 * 1024
LICENCE: Final = "Licence Ouverte 2.0 (etalab-2.0)"
CHAMPS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "indicateur", "type": "string", "title": "Code de l'indicateur", "constraints": {"required": True}},
    {"name": "libelle", "type": "string", "title": "Indicateur"},
    {
        "name": "territoire_type",
        "type": "string",
        "title": "Maille",
        "constraints": {"required": True, "enum": list(Maille.values)},
    },
    {"name": "territoire_code", "type": "string", "title": "Code officiel", "constraints": {"required": True}},
    {"name": "territoire", "type": "string", "title": "Nom"},
    {"name": "jour", "type": "date", "title": "Jour lu", "constraints": {"required": True}},
    {"name": "depuis", "type": "date", "title": "Premier jour de cette valeur"},
    {"name": "valeur", "type": "number", "title": "Valeur, dans l'unité"},
    {"name": "unite", "type": "string", "title": "Unité"},
    {"name": "numerateur", "type": "number", "title": "Numérateur"},
    {"name": "denominateur", "type": "number", "title": "Dénominateur"},
    {"name": "demonstration", "type": "boolean", "title": "Repose sur des données inventées"},
)
NOMS: Final = tuple(champ["name"] for champ in CHAMPS)
# The texts come from outside: a spreadsheet must not take one for a formula. Numbers lose the zeros that say nothing.
LECTURE: Final = """
SELECT i.code AS indicateur, i.libelle, %(maille)s AS territoire_type, t.code AS territoire_code, t.nom AS territoire,
       %(au)s::date AS jour, m.jour AS depuis, trim_scale(m.valeur) AS valeur, i.unite,
       trim_scale(m.numerateur) AS numerateur, trim_scale(m.denominateur) AS denominateur,
       m.demonstration::text AS demonstration
  FROM unnest(%(codes)s::text[], %(libelles)s::text[], %(unites)s::text[])
       WITH ORDINALITY AS i (code, libelle, unite, rang)
 CROSS JOIN unnest(%(cles)s::bigint[], %(territoires)s::text[], %(noms)s::text[]) AS t (id, code, nom)
 CROSS JOIN LATERAL (SELECT * FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = t.id AND m.jour <= %(au)s::date
                      ORDER BY m.jour DESC LIMIT 1) m
 WHERE m.valeur IS NOT NULL
 ORDER BY i.rang, t.code
"""
FORMES: Final = ("csv", "json")
TERRITOIRES_MAX: Final = 5_000
NOMBRES: Final = frozenset(champ["name"] for champ in CHAMPS if champ["type"] == "number")
FORMAT: Final = "1"
"""Changes with how the files are written."""


def list_publics(maille: str) -> list[Indicateur]:
    return [un for un in list_indicateurs().values() if maille in un.mailles_publiques]


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "chiffres_ouverts"


def read_version(au: date) -> str:
    """What the figures of a day come from: the last run of that day or of one before, and the definitions."""
    passages = Passage.objects.filter(jour__lte=au).order_by("-pk")
    dernier = passages.values_list("pk", "debut").first()
    empreinte = hash_catalogue(tuple(list_indicateurs().values()))
    return hashlib.sha256(f"{FORMAT}|{au}|{dernier}|{empreinte}".encode()).hexdigest()[:16]


def open_mesures(maille: str, au: date, forme: str, version: str) -> tuple[int, Iterator[bytes]]:
    """Every public figure of every territory of that size on that day, as `forme`: its size, then its pieces.

    Today's file is written once for a run, beside those of the other sizes; that of a past day is made for who asks
    for it, and is not kept.
    """
    if au != timezone.localdate():
        corps = build_mesures(maille, au, forme)
        return len(corps), iter([corps])
    chemin = folder() / f"mesures-{maille}-{version}.{forme}"
    if not chemin.is_file():
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".en-cours-", dir=folder()) as provisoire:
            ecrit = Path(provisoire) / chemin.name
            ecrit.write_bytes(build_mesures(maille, au, forme))
            ecrit.replace(chemin)
        _forget_old(version)
    return chemin.stat().st_size, read_pieces(chemin)


def read_pieces(chemin: Path) -> Iterator[bytes]:
    """Nothing is opened before the first piece is asked for."""
    with chemin.open("rb") as fichier:
        while morceau := fichier.read(MORCEAU):
            yield morceau


def build_mesures(maille: str, au: date, forme: str) -> bytes:
    """A few megabytes for the most numerous territories: what is read of them is bounded."""
    table = io.BytesIO()
    copy_mesures(table, maille, au)
    if forme == "csv":
        return table.getvalue()
    table.seek(0)
    return "".join(iter_json(csv.reader(io.TextIOWrapper(table, encoding="utf-8", newline="")))).encode()


def copy_mesures(sortie: IO[bytes], maille: str, au: date) -> None:
    """One COPY: the base writes the table, at one instant."""
    publics = list_publics(maille)
    siens = Territoire.objects.filter(type=maille, actif=True).order_by("code")
    territoires = list(siens.values_list("pk", "code", "nom")[:TERRITOIRES_MAX])
    valeurs = {
        "maille": maille,
        "au": au,
        "codes": [un.code for un in publics],
        "libelles": [neutralize(un.libelle) for un in publics],
        "unites": [neutralize(un.unite) for un in publics],
        "cles": [cle for cle, _, _ in territoires],
        "territoires": [neutralize(code) for _, code, _ in territoires],
        "noms": [neutralize(nom) for _, _, nom in territoires],
    }
    with connection.cursor() as cursor:
        requete = cursor.mogrify(LECTURE, valeurs).decode()  # type: ignore[attr-defined]
        cursor.copy_expert(f"COPY ({requete}) TO STDOUT WITH (FORMAT csv, HEADER)", sortie)  # type: ignore[attr-defined]


def iter_json(lignes: Iterator[list[str]]) -> Iterator[str]:
    """The same rows, a number as the table writes it: exact."""
    noms = next(lignes)
    yield f'{{"licence": {json.dumps(LICENCE, ensure_ascii=False)}, "mesures": ['
    for rang, ligne in enumerate(lignes):
        champs = ", ".join(f'"{nom}": {_dump(nom, texte)}' for nom, texte in zip(noms, ligne, strict=True))
        yield f"{',' if rang else ''}\n{{{champs}}}"
    yield "\n]}\n"


def _dump(nom: str, texte: str) -> str:
    if not texte:
        return "null"
    return texte if nom in NOMBRES or nom == "demonstration" else json.dumps(texte, ensure_ascii=False)


def _forget_old(version: str) -> None:
    """Those of another run, once who was about to read one has opened it; what a killed process left unfinished."""
    for chemin in folder().iterdir():
        vieux = f"-{version}." not in chemin.name and chemin.stat().st_mtime < time.time() - ENCORE
        if vieux and chemin.is_dir():
            shutil.rmtree(chemin, ignore_errors=True)
        elif vieux:
            chemin.unlink(missing_ok=True)


def build_schema() -> dict[str, Any]:
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "mesures",
        "title": "Chiffres de la coordination territoriale de santé",
        "description": "Un indicateur, un territoire, un jour. Une valeur vaut du jour « depuis » au jour lu.",
        "fields": [dict(champ) for champ in CHAMPS],
        "primaryKey": ["indicateur", "territoire_type", "territoire_code", "jour"],
        "missingValues": [""],
    }


def iter_indicateurs() -> Iterator[list[str]]:
    """The dictionary of the public indicators."""
    for un in list_indicateurs().values():
        if un.public:
            yield [
                un.code, un.libelle, un.definition, un.unite, un.sens, un.theme, un.numerateur, un.denominateur,
                un.producteur, un.reference, " ".join(un.mailles_publiques),
            ]  # fmt: skip


DICTIONNAIRE: Final = (
    "code", "libelle", "definition", "unite", "sens", "theme", "numerateur", "denominateur", "producteur", "reference",
    "mailles",
)  # fmt: skip
