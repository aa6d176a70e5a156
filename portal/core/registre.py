"""The register of personal data: the class, the purpose and the retention of every field (donnees_personnelles.toml).

A field that is not in it fails the tests: nobody adds a datum without saying what it is.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Model

FICHIER = Path(__file__).resolve().parent.parent / "donnees_personnelles.toml"


@dataclass(frozen=True, slots=True)
class Classe:
    """`personnelle`: it says something of a person, and goes with them. `exportee`: they get a copy of it."""

    code: str
    libelle: str
    personnelle: bool
    exportee: bool


@dataclass(frozen=True, slots=True)
class Finalite:
    code: str
    libelle: str
    base: str


@dataclass(frozen=True, slots=True)
class CategorieDeclaree:
    """`depart`: from when it counts. `fixe`: held by the code, and how long. `proposition`: what guidance says."""

    code: str
    libelle: str
    depart: str
    effet: str
    fixe: str = ""
    proposition: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`titulaire`: the path to whose the row is; empty when it is nobody's, or another's."""

    modele: str
    finalite: str
    conservation: str
    titulaire: str
    champs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Registre:
    classes: Mapping[str, Classe]
    finalites: Mapping[str, Finalite]
    categories: Mapping[str, CategorieDeclaree]
    tables: Mapping[str, Table]

    def is_personnelle(self, table: Table) -> bool:
        return any(self.classes[classe].personnelle for classe in table.champs.values())


ENTETES = ("finalite", "conservation", "titulaire")


@cache
def read_registre() -> Registre:
    with FICHIER.open("rb") as fichier:
        lu = tomllib.load(fichier)
    classes = {code: Classe(code=code, **champs) for code, champs in lu["classes"].items()}
    return Registre(
        classes=classes,
        finalites={code: Finalite(code=code, **champs) for code, champs in lu["finalites"].items()},
        categories={code: CategorieDeclaree(code=code, **champs) for code, champs in lu["categories"].items()},
        tables={modele: _read_table(modele, entrees) for modele, entrees in lu["tables"].items()},
    )


def _read_table(modele: str, entrees: Mapping[str, Any]) -> Table:
    champs = {champ: classe for classe, noms in entrees.items() if classe not in ENTETES for champ in noms}
    entetes = {nom: entrees.get(nom, "") for nom in ENTETES}
    return Table(modele=modele, champs=champs, **entetes)


def list_modeles() -> Iterator[type[Model]]:
    """Every table of the base that a model describes, those of the libraries too.

    The copies of the history have the fields, thus the classes, of the table that they follow.
    """
    for modele in apps.get_models(include_auto_created=True):
        copie = hasattr(modele, "pgh_tracked_model") or modele._meta.label_lower == "pghistory.middlewareevents"
        if modele._meta.managed and not modele._meta.proxy and not copie:
            yield modele


def list_defauts() -> list[str]:
    """What is wrong with the register, in sentences: a field without a class, a class, purpose or category unknown."""
    registre = read_registre()
    defauts = []
    modeles = {modele._meta.label_lower: modele for modele in list_modeles()}
    for nom, modele in sorted(modeles.items()):
        reels = {champ.name for champ in modele._meta.concrete_fields}
        declares = set(registre.tables[nom].champs) if nom in registre.tables else set()
        defauts += [f"{nom}.{champ} n'a pas de classe" for champ in sorted(reels - declares)]
        defauts += [f"{nom}.{champ} n'existe pas" for champ in sorted(declares - reels)]
    defauts += [f"{nom} n'existe pas" for nom in sorted(set(registre.tables) - set(modeles))]
    for nom, table in registre.tables.items():
        defauts += [f"{nom} : classe inconnue {c}" for c in sorted(set(table.champs.values()) - set(registre.classes))]
        if table.finalite and table.finalite not in registre.finalites:
            defauts.append(f"{nom} : finalité inconnue {table.finalite}")
        if table.conservation and table.conservation not in registre.categories:
            defauts.append(f"{nom} : catégorie inconnue {table.conservation}")
        connues = all(classe in registre.classes for classe in table.champs.values())
        if connues and registre.is_personnelle(table) and not (table.finalite and table.conservation):
            defauts.append(f"{nom} : des données personnelles sans finalité ou sans conservation")
    return defauts


@dataclass(frozen=True, slots=True)
class Traitement:
    """One purpose as people read it: the kinds of personal data that serve it, and where they are."""

    finalite: Finalite
    classes: tuple[Classe, ...]
    tables: tuple[str, ...]


def list_traitements() -> list[Traitement]:
    """The purposes that hold personal data, in the order of the register."""
    registre, trouves = read_registre(), []
    for code, finalite in registre.finalites.items():
        tables = [t for t in registre.tables.values() if t.finalite == code and registre.is_personnelle(t)]
        utiles = {classe for table in tables for classe in table.champs.values()}
        classes = tuple(c for c in registre.classes.values() if c.code in utiles and c.personnelle)
        noms = tuple(str(apps.get_model(table.modele)._meta.verbose_name_plural) for table in tables)
        if classes:
            trouves.append(Traitement(finalite, classes, noms))
    return trouves
