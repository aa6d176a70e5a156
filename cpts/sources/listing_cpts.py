"""The lists of CPTS of the agencies: one line per CPTS and commune, in a workbook, a CSV file or a GeoJSON.

Titles may stand above the header; columns are found by their names. The columns that name people (president,
coordinator, contact) are never read.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.core.fichiers import (
    LIGNES_ENTETE,
    MO,
    SEPARATEURS,
    FichierRefuse,
    decode,
    normalize_nom,
    open_classeur,
    read_csv,
)

TAILLE_MAX: Final = 20 * MO
LIGNES_MAX: Final = 40_000
ALIAS: Final[Mapping[str, frozenset[str]]] = {
    "cpts": frozenset({"nom cpts", "cpts", "nom de la cpts", "nom_cpts", "libellé cpts", "nom"}),
    "commune": frozenset(
        {"territoire cpts", "commune", "communes", "nom commune", "nom de la commune", "libellé commune", "libelle"}
    ),
    "code": frozenset({"code insee", "insee", "codgeo", "code commune", "code_insee", "com", "code insee commune"}),
    "departement": frozenset({"dpt", "dép", "dep", "département", "departement", "dept", "code département"}),
}


@dataclass(frozen=True, slots=True)
class LigneListing:
    """`ligne` and `colonne`: where the commune is written, as a person finds it in the file."""

    ligne: int
    colonne: str
    cpts: str
    commune: str
    departement: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    lignes: tuple[LigneListing, ...]
    notes: tuple[str, ...] = ()


def read_listing(octets: bytes) -> Listing:
    """Raises FichierRefuse, with the line when there is one."""
    if not octets:
        raise FichierRefuse("Fichier vide : téléchargez-le à nouveau.")
    if len(octets) > TAILLE_MAX:
        raise FichierRefuse(f"Fichier trop volumineux : {TAILLE_MAX // MO} Mo au plus.")
    notes: list[str] = []
    if octets.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        lignes = list(_read_classeur(octets))
    else:
        texte = decode(octets)
        notes += [texte.note] if texte.note else []
        geojson = texte.contenu.lstrip().startswith("{")
        lignes = list(_read_geojson(texte.contenu) if geojson else _read_csv(texte.contenu))
    if not lignes:
        raise FichierRefuse("Aucune ligne sous l’en-tête : vérifiez que c’est le bon fichier.")
    if len(lignes) > LIGNES_MAX:
        raise FichierRefuse(f"{len(lignes)} lignes : {LIGNES_MAX} au plus. Coupez le fichier par département.")
    for lue in lignes:
        if not lue.cpts or not lue.commune:
            manque = "le nom de la CPTS" if not lue.cpts else "la commune"
            raise FichierRefuse(f"{manque} manque : complétez cette ligne.", ligne=lue.ligne, colonne=lue.colonne)
    return Listing(tuple(lignes), tuple(notes))


def _read_classeur(octets: bytes) -> Iterator[LigneListing]:
    """The first sheet that has the header."""
    classeur = open_classeur(octets)
    for nom in classeur.sheet_names:
        rangees = classeur.get_sheet_by_name(nom).to_python(skip_empty_area=False)
        for rang, rangee in enumerate(rangees[:LIGNES_ENTETE]):
            if rangs := find_colonnes(rangee):
                suite = ((numero, rangee) for numero, rangee in enumerate(rangees[rang + 1 :], start=rang + 2))
                yield from _read_rangees(rangee, rangs, suite)
                return
    raise FichierRefuse(
        "Colonnes introuvables : il faut une colonne « Nom CPTS » et une colonne « Territoire CPTS », « Commune » ou "
        "« Code INSEE »."
    )


def _read_csv(contenu: str) -> Iterator[LigneListing]:
    entete = _find_entete(contenu)
    lignes = read_csv(contenu, entete)
    _, noms = next(lignes)
    yield from _read_rangees(noms, find_colonnes(noms), lignes)


def _find_entete(contenu: str) -> list[str]:
    """The names, as the file writes them, of the columns that make the header."""
    for separateur in SEPARATEURS:
        for texte in contenu[: 64 * 1024].splitlines()[:LIGNES_ENTETE]:
            try:
                cellules = next(csv.reader(io.StringIO(texte), delimiter=separateur), [])
            except csv.Error:
                continue
            if rangs := find_colonnes(cellules):
                return [cellules[rang] for rang in rangs.values()]
    raise FichierRefuse(
        "Colonnes introuvables : il faut une colonne « Nom CPTS » et une colonne « Territoire CPTS », « Commune » ou "
        "« Code INSEE », séparées par des points-virgules."
    )


def find_colonnes(cellules: Sequence[Any]) -> dict[str, int]:
    """The rank of each column known; empty when the row is not a header (a CPTS, and a commune or its code)."""
    rangs: dict[str, int] = {}
    for rang, cellule in enumerate(cellules):
        nom = normalize_nom(cellule)
        for champ, alias in ALIAS.items():
            if nom in alias:
                rangs.setdefault(champ, rang)
    return rangs if "cpts" in rangs and ("commune" in rangs or "code" in rangs) else {}


def _read_rangees(
    entete: Sequence[Any], rangs: Mapping[str, int], rangees: Iterable[tuple[int, Sequence[Any]]]
) -> Iterator[LigneListing]:
    """Empty rows are passed over. The code, when there is one, is surer than the name."""
    for numero, rangee in rangees:
        lus = {champ: _text(rangee[rang]) if rang < len(rangee) else "" for champ, rang in rangs.items()}
        if not any(lus.values()):
            continue
        champ = "code" if lus.get("code") else "commune" if "commune" in rangs else "code"
        code = lus["code"].upper() if champ == "code" else ""
        commune = f"0{code}" if len(code) == 4 and code.isdigit() else code or lus["commune"]
        colonne = str(entete[rangs[champ]]).strip()[:60]
        yield LigneListing(numero, colonne, lus["cpts"][:160], commune[:120], lus.get("departement", "")[:60])


def _text(cellule: Any) -> str:
    """A number of a workbook is a code: « 71 », never « 71.0 »."""
    if isinstance(cellule, float) and cellule.is_integer():
        cellule = int(cellule)
    return " ".join(str(cellule if cellule is not None else "").replace("\u00a0", " ").split())


def _read_geojson(contenu: str) -> Iterator[LigneListing]:
    """Features with `nom` and `communes`; `arrondissements`, when there are some, take the place of their city."""
    try:
        objet = json.loads(contenu)
    except (ValueError, RecursionError) as erreur:
        raise FichierRefuse("GeoJSON illisible : téléchargez-le à nouveau.") from erreur
    features = objet.get("features") if isinstance(objet, dict) else None
    if not isinstance(features, list):
        raise FichierRefuse("GeoJSON sans « features » : donnez le fichier des CPTS.")
    for rang, feature in enumerate(features, start=1):
        lu = feature.get("properties", feature) if isinstance(feature, dict) else None
        communes = lu.get("communes") if isinstance(lu, dict) else None
        if not isinstance(lu, dict) or not isinstance(communes, list) or not lu.get("nom"):
            raise FichierRefuse("un élément n’a pas de « nom » ou de « communes ».", ligne=rang)
        arrondissements = [str(code) for code in lu.get("arrondissements") or []]
        villes = {_find_ville(code) for code in arrondissements}
        for code in [*(str(code) for code in communes if str(code) not in villes), *arrondissements]:
            yield LigneListing(rang, "communes", _text(lu["nom"])[:160], code[:120])


def _find_ville(arrondissement: str) -> str:
    return {"132": "13055", "693": "69123", "751": "75056"}.get(arrondissement[:3], "")
