"""The map of a diagnosis, drawn by the server: its communes (or départements) by zone or by APL of the doctors.

The table of the classes beside it, and that of the communes below, say the same: for the keyboard and for readers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from portal.pilotage.diagnostic import Colonne, Diagnostic
from portal.pilotage.diagnostic_lecture import MEDECIN, CommuneLue
from portal.pilotage.formats import format_nombre
from zonage.cartographie import (
    Apparence,
    Encart,
    Forme,
    Planche,
    build_apparence,
    planche_choisie,
    planche_communes,
    planche_france,
    svg_formes,
)
from zonage.comparaisons import classes_de
from zonage.enums import StatutZone

ZONE, APL = "zone", "apl"
MODES: Final = {ZONE: "Zones des médecins", APL: "Accessibilité aux médecins (APL)"}
INCONNU: Final = StatutZone.INCONNU.value
CLASSES_APL: Final = (
    (2.5, Apparence("apl_1", "2,5 consultations ou moins", "#ce614a", "plein", "#161616")),
    (4.0, Apparence("apl_2", "plus de 2,5 à 4 consultations", "#ffd9a0", "diagonale", "#161616")),
    (float("inf"), Apparence("apl_3", "plus de 4 consultations", "#a9c8fb", "points", "#161616")),
)
"""2,5 is the bound of the Drees for an under-dense commune, 4 that of the « vivier » of the zonings of doctors."""
NOTE_APL: Final = (
    "Consultations par an et par habitant standardisé. 2,5 ou moins : sous-densité selon la Drees ; de 2,5 à 4 : "
    "« vivier » des zonages des médecins."
)
SANS_APL: Final = Apparence("apl_0", "sans valeur publiée", "#e5e5e5", "plein", "#161616")


@dataclass(frozen=True, slots=True)
class Rang:
    """A line of the legend: how many communes (or départements) and inhabitants are of this class."""

    apparence: Apparence
    nombre: int
    habitants: str
    part: str


@dataclass(frozen=True, slots=True)
class CarteDiagnostic:
    """`absentes`: the units whose outline no source gives."""

    mode: str
    titre: str
    planche: Planche
    dessin: SafeString
    encarts: Sequence[tuple[Encart, SafeString]]
    rangs: Sequence[Rang]
    absentes: int
    modes: Sequence[tuple[str, str]]

    @property
    def note(self) -> str:
        """The unit of the classes, when their words do not say it."""
        return NOTE_APL if self.mode == APL else ""

    @property
    def apparences(self) -> list[Apparence]:
        return [rang.apparence for rang in self.rangs]


def draw_carte(diagnostic: Diagnostic, mode: str) -> CarteDiagnostic | None:
    """None: no outline is known. A mode that is not one, or of which nothing is known, is that of the zones."""
    modes = [(code, libelle) for code, libelle in MODES.items() if code == ZONE or _find_colonne(diagnostic)]
    mode = mode if mode in dict(modes) else ZONE
    classes = _read_apl(diagnostic) if mode == APL else _read_zones(diagnostic)
    planche = _find_planche(diagnostic)
    remplissages = {code: apparence.remplissage for code, apparence in classes.items()}
    titres = {code: f"{diagnostic.communes[code].nom} : {apparence.libelle}" for code, apparence in classes.items()}
    liens = {code: link_unite(diagnostic, code) for code in classes}

    def paint(formes: Iterable[Forme]) -> SafeString:
        return svg_formes((forme for forme in formes if forme.code in classes), remplissages, liens, titres)

    dessinees = {forme.code for forme in planche.formes}
    dessinees |= {forme.code for encart in planche.encarts for forme in encart.formes}
    if not dessinees & classes.keys():
        return None
    return CarteDiagnostic(
        mode,
        MODES[mode],
        planche,
        paint(planche.formes),
        [(encart, paint(encart.formes)) for encart in planche.encarts],
        _count(diagnostic, classes),
        len(classes.keys() - dessinees),
        modes if len(modes) > 1 else (),
    )


def link_unite(diagnostic: Diagnostic, code: str) -> str:
    if diagnostic.grand:
        return f"{reverse('diagnostic')}?territoire=departement:{code}"
    return reverse("commune_detail", args=[code])


def _find_planche(diagnostic: Diagnostic) -> Planche:
    choix = diagnostic.choix
    if choix.type == "france":
        return planche_france()
    if choix.type == "region":
        return planche_choisie(frozenset(diagnostic.communes), ["departements"])
    departements = tuple(sorted({commune.departement for commune in diagnostic.communes.values()}))
    if choix.type == "departement":
        return planche_communes(departements)
    return planche_choisie(frozenset(diagnostic.communes), departements)


def _find_colonne(diagnostic: Diagnostic) -> Colonne | None:
    return next((colonne for colonne in diagnostic.colonnes if colonne.code == "apl_medecin"), None)


def _read_apl(diagnostic: Diagnostic) -> dict[str, Apparence]:
    colonne = _find_colonne(diagnostic)
    valeurs: Mapping[str, object] = colonne.valeurs if colonne else {}
    return {code: find_classe(valeurs.get(code)) for code in diagnostic.communes}


def find_classe(valeur: object) -> Apparence:
    """Of the figure as it is shown."""
    if not isinstance(valeur, int | float):
        return SANS_APL
    return next(apparence for borne, apparence in CLASSES_APL if valeur <= borne)


def _read_zones(diagnostic: Diagnostic) -> dict[str, Apparence]:
    connues = {
        code: build_apparence(code, classe.libelle, classe.couleur) for code, classe in classes_de(MEDECIN).items()
    }
    inconnue = connues[INCONNU]
    return {
        code: connues.get(commune.classes.get(MEDECIN, INCONNU), inconnue)
        for code, commune in diagnostic.communes.items()
    }


def _count(diagnostic: Diagnostic, classes: Mapping[str, Apparence]) -> list[Rang]:
    """In the order of the classes of the legend, most under-served first."""
    ordre = [*(apparence.code for _, apparence in CLASSES_APL), SANS_APL.code, *classes_de(MEDECIN)]
    par_classe: dict[str, list[CommuneLue]] = {}
    for code, apparence in classes.items():
        par_classe.setdefault(apparence.code, []).append(diagnostic.communes[code])
    total = sum(commune.population or 0 for commune in diagnostic.communes.values())
    rangs = []
    for apparence in sorted(set(classes.values()), key=lambda une: ordre.index(une.code)):
        siennes = par_classe[apparence.code]
        habitants = sum(commune.population or 0 for commune in siennes)
        part = f"{format_nombre(Decimal(100 * habitants) / total, 1)}\u00a0%" if total else ""
        rangs.append(Rang(apparence, len(siennes), format_nombre(habitants, 0), part))
    return rangs


def write_svg(carte: CarteDiagnostic) -> str:
    """A whole file, for the page to print."""
    return render_to_string("pilotage/_diagnostic_carte.svg", {"carte": carte, "apparences": carte.apparences})


def write_pastille(apparence: Apparence) -> str:
    return render_to_string("pilotage/_diagnostic_pastille.svg", {"apparences": [apparence], "apparence": apparence})
