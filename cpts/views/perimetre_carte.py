"""The map of a perimeter, drawn by the server: each commune by what becomes of it, colour and motif together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from cpts.models import Cpts
from cpts.services.perimetres_apercu import Apercu
from zonage.cartographie import Apparence, Forme, Planche, planche_choisie, planche_communes

APPARENCES: Final = {
    "dans": Apparence("dans", "Dans le périmètre", "#8585f6", "plein", "#161616"),
    "ajoutee": Apparence("ajoutee", "Ajoutée", "#95e257", "diagonale", "#161616"),
    "chevauche": Apparence("chevauche", "Aussi dans une autre CPTS", "#a558a0", "points", "#ffffff"),
    "retiree": Apparence("retiree", "Retirée", "#ffbeb4", "croix", "#161616"),
    "prise": Apparence("prise", "Voisine, dans une autre CPTS", "#cecece", "horizontale", "#161616"),
    "blanche": Apparence("blanche", "Voisine sans CPTS", "#ffffff", "plein", "#161616"),
    "autre": Apparence("autre", "Autre commune", "#f6f6f6", "plein", "#161616"),
}


@dataclass(frozen=True, slots=True)
class Carte:
    """`absentes`: the communes drawn that no outline gives, by name; the list has them all."""

    planche: Planche
    svg: SafeString
    apparences: list[Apparence]
    legende: list[tuple[Apparence, int]]
    absentes: list[str]


def build_carte(apercu: Apercu, cpts: Cpts, *, modifiable: bool) -> Carte:
    """The communes drawn, those removed and those around; the whole département when nothing is drawn yet."""
    etats = find_etats(apercu)
    noms = {unite.code: unite.nom for unite in (*apercu.voisines, *apercu.retirees, *apercu.unites)}
    if apercu.unites:
        departements = {unite.departement for unite in (*apercu.voisines, *apercu.retirees, *apercu.unites)}
        planche = draw_planche(frozenset(etats), tuple(sorted(departements)))
    else:
        planche = planche_communes((cpts.departement_code,))
    presentes = {forme.code for forme in planche.formes}
    nombres = Counter(etats.values())
    montrees = [apparence for code, apparence in APPARENCES.items() if nombres[code] or not apercu.unites]
    montrees = montrees if apercu.unites else [APPARENCES["autre"]]
    return Carte(
        planche,
        write_formes(planche.formes, etats, noms, apercu, modifiable=modifiable),
        list(APPARENCES.values()),
        [(apparence, nombres[apparence.code]) for apparence in montrees],
        [unite.nom for unite in apercu.unites if unite.code not in presentes],
    )


def find_etats(apercu: Apercu) -> dict[str, str]:
    ajoutees = {unite.code for unite in apercu.ajoutees}
    etats = {unite.code: "prise" if unite.code in apercu.autres else "blanche" for unite in apercu.voisines}
    etats |= {unite.code: "retiree" for unite in apercu.retirees}
    for unite in apercu.unites:
        partagee = unite.code in apercu.autres
        etats[unite.code] = "chevauche" if partagee else "ajoutee" if unite.code in ajoutees else "dans"
    return etats


@lru_cache(maxsize=64)
def draw_planche(codes: frozenset[str], departements: tuple[str, ...]) -> Planche:
    return planche_choisie(codes, departements)


def write_formes(
    formes: tuple[Forme, ...],
    etats: Mapping[str, str],
    noms: Mapping[str, str],
    apercu: Apercu,
    *,
    modifiable: bool,
) -> SafeString:
    """One path a commune. The pointer may toggle it (`data-code`); the keyboard and readers use the lists beside."""
    morceaux = []
    for forme in formes:
        apparence = APPARENCES[etats.get(forme.code, "autre")]
        autres = ", ".join(cpts.nom for cpts in apercu.autres.get(forme.code, ()))
        titre = f"{noms.get(forme.code, forme.nom)} : {apparence.libelle.lower()}{f' ({autres})' if autres else ''}"
        code = f' data-code="{escape(forme.code)}"' if modifiable else ""
        morceaux.append(
            f'<path fill="{apparence.remplissage}"{code} d="{forme.trace}"><title>{escape(titre)}</title></path>'
        )
    return mark_safe("".join(morceaux))  # noqa: S308 — every value above is escaped; paths are digits we wrote
