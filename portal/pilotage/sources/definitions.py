"""The definitions of the indicators: one YAML file each, held by a JSON schema, then by what a schema cannot say.

An indicator is a query over every territory at once. It gives `objet` (a commune, a département, a CPTS, or
« type:code » of a territory), `numerateur`, `denominateur` and `demonstration`; the engine adds them up
(`portal.pilotage.services`). A file whose figure no table of the portal makes says `donnee: true`: it is read from the
figures entered with a source.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

DOSSIER = Path(__file__).resolve().parent.parent / "indicateurs"
CHEMIN_SCHEMA = DOSSIER / "schema.json"
MAILLES = ("france", "region", "departement", "epci", "cpts", "tvs")
PAR_GENRE = {"commune": MAILLES, "departement": MAILLES[:3], "cpts": (*MAILLES[:3], "cpts"), "territoire": MAILLES}
DONNEE = """
SELECT DISTINCT ON (territoire_type, territoire_code) territoire_type || ':' || territoire_code AS objet,
       numerateur, denominateur, demonstration, valeur
  FROM cpts_donneeterritoire
 WHERE code = '{code}' AND jour <= %(jour)s
 ORDER BY territoire_type, territoire_code, jour DESC
"""
# A definition reads: it neither writes nor calls for what is outside the base, and has one statement.
INTERDITS = re.compile(r";|\b(insert|update|delete|truncate|alter|drop|create|copy|grant|pg_sleep|set_config)\b", re.I)


class DefinitionInvalide(Exception):
    """The file and the fault, in French."""


@dataclass(frozen=True, slots=True)
class Indicateur:
    """One figure. `variante`: it is the part of `base` that this value of its query makes (a scheme)."""

    code: str
    libelle: str
    definition: str
    unite: str
    sens: str
    theme: str
    forme: str
    genre: str
    mailles: tuple[str, ...]
    mailles_publiques: tuple[str, ...]
    sources: tuple[str, ...]
    producteur: str
    proprietaire: str
    numerateur: str
    denominateur: str
    cadence: str
    reference: str
    decimales: int
    sql: str
    lignes: str
    empreinte: str
    base: str
    variante: str = ""

    @property
    def public(self) -> bool:
        return bool(self.mailles_publiques)

    @property
    def de_donnees(self) -> bool:
        """Read from figures that were entered, never computed by the portal."""
        return self.sources == ("cpts_donneeterritoire",)


@dataclass(frozen=True, slots=True)
class Definition:
    """One file: the indicator itself, and one for each of its variants."""

    indicateur: Indicateur
    variantes: tuple[Indicateur, ...]

    @property
    def tous(self) -> tuple[Indicateur, ...]:
        return (self.indicateur, *self.variantes)


class Lecteur(yaml.SafeLoader):
    """Safe YAML where a key comes once and nothing is aliased."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise DefinitionInvalide("les alias YAML sont refusés")
        return super().compose_node(parent, index)


def _construct_mapping(lecteur: Lecteur, noeud: yaml.MappingNode) -> dict[Any, Any]:
    cles = [lecteur.construct_object(cle) for cle, _ in noeud.value]
    if doubles := {str(cle) for cle in cles if cles.count(cle) > 1}:
        raise DefinitionInvalide(f"ligne {noeud.start_mark.line + 1} : clé répétée : {', '.join(sorted(doubles))}")
    return lecteur.construct_mapping(noeud, deep=True)


Lecteur.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


@cache
def load_definitions(dossier: Path = DOSSIER) -> tuple[Definition, ...]:
    """Every file of the folder, in alphabetical order. Raises DefinitionInvalide at the first fault."""
    return tuple(load_fichier(fichier) for fichier in sorted(dossier.glob("*.yaml")))


def load_fichier(fichier: Path) -> Definition:
    try:
        lu = yaml.load(fichier.read_text(encoding="utf-8"), Loader=Lecteur)  # noqa: S506 - a safe loader
        return build_definition(lu, fichier.stem)
    except (yaml.YAMLError, DefinitionInvalide) as erreur:
        raise DefinitionInvalide(f"{fichier.name} : {erreur}") from erreur


def build_definition(lu: Any, nom: str) -> Definition:
    for faute in sorted(read_schema().iter_errors(lu), key=lambda f: [str(p) for p in f.path]):
        raise DefinitionInvalide(f"{'/'.join(map(str, faute.path)) or 'fichier'} : {faute.message}")
    for faute_dite in _list_fautes(lu, nom):
        raise DefinitionInvalide(faute_dite)
    sql = lu.get("sql") or DONNEE.format(code=lu["code"])
    genre = lu.get("objet", "territoire")
    mailles = tuple(maille for maille in MAILLES if maille in lu.get("mailles", PAR_GENRE[genre]))
    publiques = lu.get("mailles_publiques", mailles) if lu["public"] else ()
    empreinte = hashlib.sha256(json.dumps(lu, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
    textes = ("code", "libelle", "definition", "unite", "sens", "theme", "producteur", "proprietaire", "numerateur")
    indicateur = Indicateur(
        **{champ: str(lu[champ]).strip() for champ in textes},
        denominateur=lu.get("denominateur", ""),
        forme="valeur" if lu.get("donnee") else lu["forme"],
        genre=genre,
        mailles=mailles,
        mailles_publiques=tuple(maille for maille in mailles if maille in publiques),
        sources=tuple(lu.get("sources", ["cpts_donneeterritoire"])),
        cadence=lu.get("cadence", ""),
        reference=lu.get("reference", ""),
        decimales=lu.get("decimales", 1 if lu["unite"] == "%" else 0),
        sql=sql.strip(),
        lignes=lu.get("lignes", ""),
        empreinte=empreinte,
        base=lu["code"],
    )
    return Definition(indicateur, tuple(_decline(indicateur, lu.get("variantes", {}))))


def _decline(indicateur: Indicateur, variantes: dict[str, str]) -> Iterator[Indicateur]:
    """The parts: no smaller than a CPTS, where most would be zero."""
    mailles = tuple(maille for maille in indicateur.mailles if maille not in ("epci", "tvs"))
    publiques = tuple(maille for maille in indicateur.mailles_publiques if maille in mailles)
    for cle, libelle in variantes.items():
        yield replace(
            indicateur,
            code=f"{indicateur.code}.{cle}",
            libelle=f"{indicateur.libelle} : {libelle}",
            variante=cle,
            mailles=mailles,
            mailles_publiques=publiques,
        )


def _list_fautes(lu: dict[str, Any], nom: str) -> Iterator[str]:
    if lu["code"] != nom:
        yield f"code : le fichier doit s'appeler {lu['code']}.yaml"
    if lu.get("donnee", False) == ("sql" in lu):
        yield "donnez « sql », ou « donnee: true », jamais les deux"
    if "sql" in lu and INTERDITS.search(lu["sql"]):
        yield "sql : une seule lecture, sans point-virgule ni écriture"
    if "sql" in lu and not {"objet", "sources", "forme"} <= set(lu):
        yield "un calcul dit son « objet », sa « forme » et ses « sources »"
    if "lignes" in lu and " AS ligne" not in lu.get("sql", ""):
        yield "lignes : la requête donne la clé de chacune, « AS ligne »"
    if lu.get("forme") in ("part", "moyenne") and not lu.get("denominateur"):
        yield "une part ou une moyenne dit son « denominateur »"
    if lu.get("forme") == "part" and lu["unite"] != "%":
        yield "une part est en %"
    possibles = PAR_GENRE[lu.get("objet", "territoire")]
    if autres := set(lu.get("mailles", ())) - set(possibles):
        yield f"mailles : un compte par {lu.get('objet', 'territoire')} ne donne pas {', '.join(sorted(autres))}"
    if set(lu.get("mailles_publiques", ())) - set(lu.get("mailles", possibles)):
        yield "mailles_publiques : prises dans « mailles »"


@cache
def read_schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(CHEMIN_SCHEMA.read_text(encoding="utf-8")))


@cache
def list_indicateurs() -> dict[str, Indicateur]:
    """Every indicator and every variant, by code, in order."""
    return {un.code: un for definition in load_definitions() for un in definition.tous}


def hash_catalogue(indicateurs: tuple[Indicateur, ...]) -> str:
    return hashlib.sha256("/".join(f"{un.code}={un.empreinte}" for un in indicateurs).encode()).hexdigest()[:12]
