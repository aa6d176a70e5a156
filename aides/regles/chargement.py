"""The strict loader of schemes: YAML, a JSON schema, then what a schema cannot say. Nothing is half-loaded.

Every error names the file and the path inside it. A value whose reference was read by nobody (no `verifie_le`) does
not load, unless it says `verifie: false` with its reason: it is then « à instruire ».
"""

import hashlib
import json
from collections.abc import Hashable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from aides.regles.constructeur import Constructeur
from aides.regles.dispositifs import Catalogue, Dispositif
from aides.regles.ecriture import RegleInvalide

TAILLE_MAX = 200_000
CHEMIN_SCHEMA = Path(__file__).resolve().parent.parent / "dispositifs" / "schema.json"


class Lecteur(yaml.SafeLoader):
    """Safe YAML where a number keeps its digits, a day stays text, a key comes once, and nothing is aliased."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise RegleInvalide("", "les alias YAML sont refusés : nommez la condition dans « definitions »")
        return super().compose_node(parent, index)


def _construct_mapping(lecteur: Lecteur, noeud: yaml.MappingNode) -> dict[Hashable, Any]:
    cles = [lecteur.construct_object(cle) for cle, _ in noeud.value]
    doubles = {str(cle) for cle in cles if cles.count(cle) > 1}
    if doubles:
        ligne = noeud.start_mark.line + 1
        raise RegleInvalide(f"ligne {ligne}", f"clé répétée : {', '.join(sorted(doubles))}")
    return lecteur.construct_mapping(noeud, deep=True)


def _construct_decimal(lecteur: Lecteur, noeud: yaml.ScalarNode) -> Decimal:
    try:
        return Decimal(str(lecteur.construct_scalar(noeud)))
    except InvalidOperation as erreur:
        raise RegleInvalide(f"ligne {noeud.start_mark.line + 1}", "un nombre fini, simple, est attendu") from erreur


def _construct_text(lecteur: Lecteur, noeud: yaml.ScalarNode) -> str:
    return str(lecteur.construct_scalar(noeud))


Lecteur.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
Lecteur.add_constructor("tag:yaml.org,2002:float", _construct_decimal)
Lecteur.add_constructor("tag:yaml.org,2002:timestamp", _construct_text)


def load_dossier(dossier: Path) -> Catalogue:
    """Every `<code>.yaml` of a folder, in alphabetical order. Raises RegleInvalide at the first fault."""
    empreinte = hashlib.sha256()
    dispositifs = []
    for fichier in sorted(dossier.glob("*.yaml")):
        dispositif = load_fichier(fichier)
        if dispositif.code != fichier.stem:
            raise RegleInvalide("code", f"le fichier doit s'appeler {dispositif.code}.yaml", fichier=fichier.name)
        empreinte.update(fichier.read_bytes())
        dispositifs.append(dispositif)
    return Catalogue(tuple(dispositifs), empreinte.hexdigest()[:12])


def load_fichier(fichier: Path) -> Dispositif:
    if fichier.stat().st_size > TAILLE_MAX:
        raise RegleInvalide("", f"fichier trop grand ({TAILLE_MAX} octets au plus)", fichier=fichier.name)
    try:
        return load_texte(fichier.read_text(encoding="utf-8"))
    except RegleInvalide as erreur:
        raise RegleInvalide(erreur.chemin, erreur.motif, fichier=fichier.name) from erreur
    except UnicodeDecodeError as erreur:
        raise RegleInvalide("", "le fichier n'est pas en UTF-8", fichier=fichier.name) from erreur


def load_texte(texte: str) -> Dispositif:
    """One scheme from its YAML text."""
    try:
        brut = yaml.load(texte, Loader=Lecteur)  # noqa: S506 (a SafeLoader, made stricter)
    except RecursionError as erreur:
        raise RegleInvalide("", "imbrication trop profonde") from erreur
    except yaml.YAMLError as erreur:
        marque = getattr(erreur, "problem_mark", None)
        lieu = f"ligne {marque.line + 1}" if marque else ""
        raise RegleInvalide(lieu, "YAML illisible") from erreur
    return load_objet(brut, hashlib.sha256(texte.encode()).hexdigest())


def load_objet(brut: Any, empreinte: str) -> Dispositif:
    """One scheme from data already read, and the digest of their text."""
    check_schema(brut)
    return Constructeur(brut, empreinte).build()


def check_schema(brut: Any) -> None:
    """The first fault found by the JSON schema, with its path."""
    erreurs = sorted(_validator().iter_errors(brut), key=lambda erreur: list(map(str, erreur.absolute_path)))
    if erreurs:
        erreur = erreurs[0]
        while erreur.context:
            erreur = max(erreur.context, key=lambda sous: len(sous.absolute_path))
        chemin = ".".join(str(partie) for partie in erreur.absolute_path)
        raise RegleInvalide(chemin, _translate(erreur.validator, erreur.validator_value, erreur.instance))


def _translate(regle: Any, attendu: Any, valeur: Any) -> str:
    match regle:
        case "additionalProperties" | "unevaluatedProperties":
            return f"clé inconnue parmi {', '.join(map(str, valeur))}"
        case "required":
            absentes = [cle for cle in attendu if cle not in valeur]
            return f"il manque {', '.join(absentes)}"
        case "dependentRequired":
            absentes = [
                autre for cle, autres in attendu.items() if cle in valeur for autre in autres if autre not in valeur
            ]
            return f"il manque {', '.join(absentes)}"
        case "enum":
            return f"valeur {valeur!r} inconnue : {', '.join(map(str, attendu))}"
        case "pattern":
            return f"valeur {valeur!r} mal écrite"
        case "type":
            return f"valeur de type inattendu ({attendu} attendu)"
        case _:
            return f"règle « {regle} » du schéma non respectée"


@cache
def _validator() -> Draft202012Validator:
    schema: Mapping[str, Any] = json.loads(CHEMIN_SCHEMA.read_text(encoding="utf-8"))
    return Draft202012Validator(schema)
