"""Official lists of communes, one line a commune: « Code INSEE » and « Statut ». Two kinds are read: FRR and ZRR."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.core.imports import Import, Ligne

COLONNES = ("Code INSEE", "Statut")


@dataclass(frozen=True, slots=True)
class Famille:
    """A kind of file. `listes`: (code, label, text of law); `statuts`: what each word puts the commune in.

    A list ending with « ? » holds the commune in part only: neither in nor out.
    """

    code: str
    listes: tuple[tuple[str, str, str], ...]
    statuts: Mapping[str, tuple[str, ...]]
    attendus: str


FAMILLES: Mapping[str, Famille] = {
    "frr": Famille(
        "frr",
        (
            (
                "frr",
                "France ruralités revitalisation (FRR)",
                "Code général des impôts, article 44 quindecies A ; arrêté de classement des communes",
            ),
            (
                "frr_plus",
                "France ruralités revitalisation « plus » (FRR+)",
                "Code général des impôts, article 44 quindecies A ; arrêté de classement des communes",
            ),
            (
                "frr_ex_zrr",
                "Communes sorties des ZRR qui gardent les effets des FRR",
                "Loi de finances pour 2025 : communes anciennement en ZRR, jusqu'au 31 décembre 2027",
            ),
        ),
        {
            "frr": ("frr",),
            "frr socle": ("frr",),
            "classee frr": ("frr",),
            "frr+": ("frr", "frr_plus"),
            "frr plus": ("frr", "frr_plus"),
            "classee frr+": ("frr", "frr_plus"),
            "ex-zrr": ("frr_ex_zrr",),
            "beneficiaire": ("frr_ex_zrr",),
            "beneficiaire ex-zrr": ("frr_ex_zrr",),
            "non": (),
            "non classee": (),
            "nc": (),
        },
        "« FRR », « FRR+ », « ex-ZRR » ou « non classée »",
    ),
    "zrr": Famille(
        "zrr",
        (("zrr", "Zone de revitalisation rurale (ZRR)", "Code général des impôts, articles 44 quindecies et 1465 A"),),
        {
            "zrr": ("zrr",),
            "oui": ("zrr",),
            "c": ("zrr",),
            "classee": ("zrr",),
            "classee en zrr": ("zrr",),
            "c - classee en zrr": ("zrr",),
            "p": ("zrr?",),
            "partiellement classee": ("zrr?",),
            "p - commune partiellement classee en zrr": ("zrr?",),
            "non": (),
            "nc": (),
            "non classee": (),
            "nc - commune non classee": (),
        },
        "« classée », « partiellement classée » ou « non classée »",
    ),
}


@dataclass(frozen=True, slots=True)
class LigneListe:
    numero: int
    code: str
    listes: tuple[str, ...]


def read_listes(lot: "Import", famille: Famille) -> list[LigneListe]:
    """Every line of the file. What is wrong is in the report of `lot`, by line and column."""
    lignes = []
    for ligne in lot.csv(COLONNES):
        lue = _read_ligne(lot, ligne, famille)
        if lue and not lot.is_doublon(lue.code, lue.listes, lue.numero, "Code INSEE"):
            lignes.append(lue)
    return lignes


def _read_ligne(lot: "Import", ligne: "Ligne", famille: Famille) -> LigneListe | None:
    code = lot.code_commune(ligne.numero, "Code INSEE", ligne["Code INSEE"])
    listes = famille.statuts.get(fold(ligne["Statut"]))
    if listes is None:
        lu = ligne["Statut"][:30] or "vide"
        lot.erreur(ligne.numero, "Statut", f"« {lu} » n'est pas un statut connu : {famille.attendus}")
    return LigneListe(ligne.numero, code, listes) if code is not None and listes is not None else None


def fold(texte: str) -> str:
    """« FRR  Socle » → « frr socle »: case, accents and repeated spaces do not count; neither does « + » set apart."""
    sans_accent = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", sans_accent).strip().lower().replace(" +", "+")
