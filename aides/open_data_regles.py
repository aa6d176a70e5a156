"""The rules as open data: the whole tree as JSON, and one row an element as a table."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any

import orjson

from aides.open_data_tables import REGLES, neutralize
from aides.publication import dump_bareme, dump_calcul, dump_condition, dump_reference, dump_version
from aides.regles.dispositifs import Catalogue, Dispositif, Enonce, Version

FORMAT = "maillage.regles/1"
Ligne = dict[str, Any]


def dump_json(objet: Any) -> bytes:
    """Exact amounts are texts; keys in order, so that one content has one text."""
    return orjson.dumps(objet, default=_convert, option=orjson.OPT_SORT_KEYS)


def _convert(valeur: Any) -> Any:
    if isinstance(valeur, Decimal):
        return f"{valeur.normalize():f}"
    raise TypeError(f"not a JSON value: {type(valeur).__name__}")


def dump_regles(regles: Catalogue) -> bytes:
    dispositifs = [
        {
            "code": dispositif.code,
            "sigle": dispositif.sigle,
            "nom": dispositif.nom,
            "resume": dispositif.resume,
            "payeur": dispositif.payeur,
            "guichet": dispositif.guichet,
            "demarche": dispositif.demarche,
            "professions": dispositif.professions,
            "statut": dispositif.statut or None,
            "perimetre": dispositif.perimetre,
            "empreinte": dispositif.empreinte,
            "versions": [
                {**dump_version(version), "cumul_liens": list(_dump_liens(version))} for version in dispositif.versions
            ],
        }
        for dispositif in sort_dispositifs(regles)
    ]
    return dump_json({"format": FORMAT, "catalogue": regles.empreinte, "dispositifs": dispositifs})


def sort_dispositifs(regles: Catalogue) -> list[Dispositif]:
    return sorted(regles.dispositifs, key=lambda dispositif: dispositif.code)


def _dump_liens(version: Version) -> Iterator[dict[str, Any]]:
    for lien in version.regles_cumul.liens:
        yield {
            "dispositifs": lien.dispositifs,
            "accord": lien.accord,
            "raison": lien.raison,
            "reference": dump_reference(lien.reference),
        }


def write_regles(sortie: IO[str], regles: Catalogue) -> int:
    """The flat table. Returns its rows."""
    ecrivain = csv.DictWriter(sortie, [champ["name"] for champ in REGLES.champs], lineterminator="\n")
    ecrivain.writeheader()
    nombre = 0
    for dispositif in sort_dispositifs(regles):
        for version in dispositif.versions:
            for ligne in list_elements(version):
                ecrivain.writerow(_clean({**_describe(dispositif, version), **ligne}))
                nombre += 1
    return nombre


def _describe(dispositif: Dispositif, version: Version) -> Ligne:
    return {
        "dispositif": dispositif.code,
        "nom": dispositif.nom,
        "statut": dispositif.statut,
        "professions": "|".join(dispositif.professions),
        "version": version.code,
        "ouvert_du": version.ouvert_du,
        "ferme_le": version.ferme_le,
    }


def _clean(ligne: Ligne) -> Ligne:
    return {nom: _format(valeur) for nom, valeur in ligne.items()}


def _format(valeur: Any) -> str:
    if valeur is None:
        return ""
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, dict):
        return dump_json(valeur).decode() if valeur else ""
    return neutralize(str(valeur))


def list_elements(version: Version) -> Iterator[Ligne]:
    """Every element of a version, in the order of the text."""
    yield from _walk("condition", dump_condition(version.conditions), "1")
    yield from _list_montants(version)
    enonces: Iterable[tuple[str, Iterable[Enonce]]] = (
        ("duree", (version.duree,)),
        ("renouvellement", (version.renouvellement,)),
        ("obligation", version.obligations),
        ("document", version.documents),
        ("cumul", version.cumul),
    )
    for partie, siens in enonces:
        for rang, enonce in enumerate(siens, 1):
            if enonce.texte:
                yield _element(partie, str(rang), "", enonce.texte, {}, dump_reference(enonce.reference))
    for rang, lien in enumerate(_dump_liens(version), 1):
        parametres = {"dispositifs": lien["dispositifs"], "accord": lien["accord"]}
        yield _element("cumul_lien", str(rang), "", lien["raison"], parametres, lien["reference"])
    for rang, doute in enumerate(version.incertitudes, 1):
        jours = {"du": doute.du, "jusqu_au": doute.jusqu_au}
        yield _element("doute", str(rang), "", doute.raison, jours, None)


def _walk(partie: str, noeud: dict[str, Any], chemin: str) -> Iterator[Ligne]:
    yield _element(partie, chemin, noeud["type"], noeud["libelle"], noeud["parametres"], noeud["reference"])
    for rang, branche in enumerate(noeud["branches"], 1):
        yield from _walk(partie, branche, f"{chemin}.{rang}")


def _list_montants(version: Version) -> Iterator[Ligne]:
    for composante in version.bareme.composantes:
        calcul = dump_calcul(composante.calcul)
        parametres = {
            **calcul["parametres"],
            "periodicite": composante.periodicite,
            "annees": composante.annees,
            "supplement": composante.supplement,
            "garantie": composante.garantie,
        }
        reference = dump_reference(composante.reference)
        yield _element("montant", composante.code, calcul["type"], composante.libelle, parametres, reference)
        if composante.si is not None:
            yield from _walk("montant_condition", dump_condition(composante.si), f"{composante.code}/1")
    for rang, versement in enumerate(dump_bareme(version.bareme)["versements"], 1):
        parametres = {"part": versement["part"], "mois": versement["mois"]}
        yield _element("versement", str(rang), "", versement["libelle"], parametres, versement["reference"])


def _element(
    partie: str, chemin: str, nature: str, libelle: str, parametres: dict[str, Any], reference: dict[str, Any] | None
) -> Ligne:
    return {
        "partie": partie,
        "chemin": chemin,
        "type": nature,
        "libelle": libelle,
        "parametres": parametres,
        "reference": reference["texte"] if reference else "",
        "lien": reference["lien"] if reference else "",
        "verifie_le": reference["verifie_le"] if reference else None,
    }
