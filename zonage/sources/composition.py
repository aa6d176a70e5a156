"""The table of belonging of communes (package R COGugaison, from INSEE, ODbL): bassins de vie 2012 and 2022, BVCV,
cantons-ou-villes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonage.enums import TypeTerritoire

if TYPE_CHECKING:
    from portal.core.imports import Import

COLONNES = {
    "BV2012": TypeTerritoire.BV2012,
    "BV2022": TypeTerritoire.BV2022,
    "bvcv": TypeTerritoire.BVCV,
    "CANOV": TypeTerritoire.CANTON,
}
SANS_TERRITOIRE = {"", "ZZZZZ"}
ATTRIBUTION = "Code officiel géographique (Insee), package R COGugaison, licence ODbL"


@dataclass(frozen=True, slots=True)
class LigneComposition:
    """A commune as published, and the code of its territoire of each type (absent when it has none)."""

    numero: int
    code: str
    libelle: str
    territoires: dict[TypeTerritoire, str]


def read_composition(lot: "Import") -> list[LigneComposition]:
    lignes = []
    for ligne in lot.csv(("CODGEO", "LIBGEO", *COLONNES)):
        code = lot.code_commune(ligne.numero, "CODGEO", ligne["CODGEO"])
        territoires = {}
        for colonne, type_territoire in COLONNES.items():
            valeur = ligne[colonne]
            if len(valeur) > 12:
                lot.erreur(ligne.numero, colonne, f"code de territoire trop long : « {valeur[:20]} »")
            elif valeur not in SANS_TERRITOIRE:
                territoires[type_territoire] = valeur
        if code is None or lot.is_doublon(code, territoires, ligne.numero, "CODGEO"):
            continue
        lignes.append(LigneComposition(ligne.numero, code, ligne["LIBGEO"], territoires))
    lot.check()
    return lignes
