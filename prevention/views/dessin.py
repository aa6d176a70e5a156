"""What prevention draws: a map in five classes, a curve of dates. SVG made by the server, a table says the same."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from prevention.lecture import Taux
from prevention.perimetres import Regard, list_departements_de
from zonage import cartographie
from zonage.cartographie import Apparence
from zonage.models import Commune

COULEURS = ("#e3e3fd", "#b1b1f9", "#7b7bf0", "#4a4ae0", "#000091")
MOTIFS = ("plein", "points", "diagonale", "verticale", "plein")
SECRET = Apparence("secret", "Non diffusé (petit effectif)", "#eeeeee", "croix", "#3a3a3a")
ABSENT = Apparence("absent", "Pas de relevé", "#ffffff", "plein", "#161616")
LARGEUR, HAUTEUR, GAUCHE, BAS, HAUT, DROITE = 720, 320, 52, 40, 16, 16
TRAITS = ("", "8 4", "2 4")
ENCRES = ("#000091", "#c9191e", "#3a3a3a")
MOIS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True, slots=True)
class Carte:
    """`svg` is ready for the page; `apparences`: the legend, in order, with how many territories each has."""

    planche: cartographie.Planche
    svg: SafeString
    apparences: list[tuple[Apparence, int]]

    @property
    def motifs(self) -> list[Apparence]:
        return [apparence for apparence, _ in self.apparences]


def find_bornes(valeurs: Sequence[float]) -> list[float]:
    """Four bounds that share the rates in five classes of about as many territories, on whole tenths."""
    triees = sorted(valeurs)
    if len(triees) < 5:
        return []
    bornes = [round(triees[len(triees) * rang // 5], 1) for rang in range(1, 5)]
    return bornes if len(set(bornes)) == 4 else []


def build_classes(valeurs: Sequence[float]) -> tuple[list[float], list[Apparence]]:
    bornes = find_bornes(valeurs)
    if not bornes:
        return [], [Apparence("taux", "Taux connu", COULEURS[2], "plein", "#ffffff")]
    ecrites = [f"{borne:.1f}".replace(".", ",") for borne in bornes]
    libelles = [
        f"moins de {ecrites[0]} %",
        *(f"de {debut} à moins de {fin} %" for debut, fin in pairwise(ecrites)),
        f"{ecrites[-1]} % et plus",
    ]
    encres = ("#161616", "#161616", "#161616", "#ffffff", "#ffffff")
    return bornes, [
        Apparence(f"taux-{rang}", libelle, couleur, motif, encre)
        for rang, (libelle, couleur, motif, encre) in enumerate(
            zip(libelles, COULEURS, MOTIFS, encres, strict=True), start=1
        )
    ]


def draw_parts(
    regard: Regard, taux: Mapping[str, Taux], parts: Mapping[str, str], noms: Mapping[str, str]
) -> Carte | None:
    """The map of a territory by its parts; France by département alone."""
    if not taux:
        return None
    if regard.niveau == "france":
        return draw_france(taux, noms)
    return draw_carte(taux, parts, noms, list_departements_de(parts)) if parts else None


def draw_carte(
    taux: Mapping[str, Taux], communes_de: Mapping[str, str], noms: Mapping[str, str], departements: Collection[str]
) -> Carte | None:
    """`communes_de`: the territory of each commune drawn; a part takes one colour. None: no outline is shipped."""
    choisies = frozenset(communes_de)
    entiers = Commune.objects.filter(departement__in=departements, type="COM").count()
    if len(choisies) >= entiers:
        planche = cartographie.planche_communes(tuple(sorted(departements)))
    else:
        planche = cartographie.planche_choisie(choisies, sorted(departements))
    return colour_carte(planche, taux, communes_de, noms) if planche.formes else None


def draw_france(taux: Mapping[str, Taux], noms: Mapping[str, str]) -> Carte:
    """Every département, the overseas ones in boxes."""
    planche = cartographie.planche_france()
    formes = [*planche.formes, *(forme for encart in planche.encarts for forme in encart.formes)]
    toutes = cartographie.Planche(planche.largeur, planche.hauteur, tuple(formes))
    return colour_carte(toutes, taux, {forme.code: forme.code for forme in formes}, noms)


def colour_carte(
    planche: cartographie.Planche, taux: Mapping[str, Taux], communes_de: Mapping[str, str], noms: Mapping[str, str]
) -> Carte:
    connus = [float(lu.taux) for lu in taux.values() if lu.taux is not None]
    bornes, classes = build_classes(connus)
    apparences = {apparence.code: apparence for apparence in (*classes, SECRET, ABSENT)}
    classe_de = {code: _classify(taux.get(code), bornes, classes) for code in set(communes_de.values())}
    remplissages = {
        commune: apparences[classe_de[code]].remplissage for commune, code in communes_de.items() if code in classe_de
    }
    titres = {commune: f"{noms.get(code, code)} : {_say(taux.get(code))}" for commune, code in communes_de.items()}
    svg = cartographie.svg_formes(planche.formes, remplissages, {}, titres)
    comptes = [(apparence, list(classe_de.values()).count(code)) for code, apparence in apparences.items()]
    return Carte(planche, svg, [(apparence, nombre) for apparence, nombre in comptes if nombre])


def _classify(lu: Taux | None, bornes: Sequence[float], classes: Sequence[Apparence]) -> str:
    if lu is None:
        return ABSENT.code
    if lu.masque:
        return SECRET.code
    if lu.taux is None:
        return ABSENT.code
    return classes[sum(float(lu.taux) >= borne for borne in bornes)].code


def _say(lu: Taux | None) -> str:
    if lu is None:
        return "pas de relevé"
    return lu.motif if lu.taux is None else f"{float(lu.taux):.1f} %".replace(".", ",")


@dataclass(frozen=True, slots=True)
class Serie:
    """A line of the curve. `jours`: where its points stand on the axis, when it is another season's."""

    libelle: str
    points: Sequence[Taux]
    jours: Sequence[date]

    @property
    def traces(self) -> list[tuple[date, float]]:
        return [
            (jour, float(point.taux))
            for jour, point in zip(self.jours, self.points, strict=True)
            if point.taux is not None
        ]


@dataclass(frozen=True, slots=True)
class Courbe:
    """`lignes` of the table beside: a day, then a cell a series."""

    svg: SafeString
    series: list[tuple[str, str, str]]
    colonnes: list[str]
    lignes: list[tuple[date, list[Taux | None]]]


def draw_courbe(series: Sequence[Serie], objectif: float | None = None) -> Courbe | None:
    """None when no series has two points: a table alone says it better."""
    utiles = [serie for serie in series if serie.points]
    if not utiles:
        return None
    jours = sorted({jour for serie in utiles for jour in serie.jours})
    par_jour: list[dict[date, Taux]] = [dict(zip(serie.jours, serie.points, strict=True)) for serie in utiles]
    lignes = [(jour, [points.get(jour) for points in par_jour]) for jour in jours]
    svg = _draw(utiles, jours, objectif) if len(jours) > 1 and any(len(s.traces) > 1 for s in utiles) else ""
    legende = [(serie.libelle, ENCRES[rang % 3], TRAITS[rang % 3]) for rang, serie in enumerate(utiles)]
    return Courbe(mark_safe(svg), legende, [serie.libelle for serie in utiles], lignes)  # noqa: S308 - digits we wrote


def _draw(series: Sequence[Serie], jours: Sequence[date], objectif: float | None) -> str:
    plus_haut = max([valeur for serie in series for _, valeur in serie.traces] + ([objectif] if objectif else []))
    sommet = next(borne for borne in (1, 2, 5, 10, 20, 30, 40, 50, 60, 80, 100) if plus_haut <= borne)
    premier, duree = jours[0], max((jours[-1] - jours[0]).days, 1)
    morceaux = [_draw_axes(premier, jours[-1], duree, sommet)]
    if objectif:
        y = _y(objectif, sommet)
        morceaux.append(
            f'<path d="M{GAUCHE} {y}H{LARGEUR - DROITE}" class="m-courbe__objectif"/>'
            f'<text x="{LARGEUR - DROITE}" y="{y - 6}" text-anchor="end" class="m-courbe__texte">Objectif</text>'
        )
    for rang, serie in enumerate(series):
        points = [(_x(premier, jour, duree), _y(valeur, sommet)) for jour, valeur in serie.traces]
        trace = "M" + "L".join(f"{x} {y}" for x, y in points)
        encre, trait = ENCRES[rang % 3], TRAITS[rang % 3]
        pointille = f' stroke-dasharray="{trait}"' if trait else ""
        if len(points) > 1:
            morceaux.append(f'<path d="{trace}" fill="none" stroke="{encre}" stroke-width="3"{pointille}/>')
        morceaux += [f'<circle cx="{x}" cy="{y}" r="4" fill="{encre}"/>' for x, y in points]
    return "".join(morceaux)


def _x(premier: date, jour: date, duree: int) -> int:
    return GAUCHE + round((jour - premier).days / duree * (LARGEUR - GAUCHE - DROITE))


def _y(valeur: float, sommet: float) -> int:
    return HAUTEUR - BAS - round(valeur / sommet * (HAUTEUR - BAS - HAUT))


def _draw_axes(premier: date, dernier: date, duree: int, sommet: int) -> str:
    morceaux = []
    for rang in range(5):
        valeur = sommet * rang / 4
        y = _y(valeur, sommet)
        libelle = escape(f"{valeur:g} %".replace(".", ","))
        morceaux.append(
            f'<path d="M{GAUCHE} {y}H{LARGEUR - DROITE}" class="m-courbe__grille"/>'
            f'<text x="{GAUCHE - 6}" y="{y + 4}" text-anchor="end" class="m-courbe__texte">{libelle}</text>'
        )
    for jour in _list_mois(premier, dernier):
        x = _x(premier, jour, duree)
        mois = f"{MOIS[jour.month - 1]} {jour:%y}"
        morceaux.append(
            f'<path d="M{x} {HAUTEUR - BAS}v5" class="m-courbe__grille"/>'
            f'<text x="{x}" y="{HAUTEUR - BAS + 20}" text-anchor="middle" class="m-courbe__texte">{mois}</text>'
        )
    return "".join(morceaux)


def _list_mois(premier: date, dernier: date) -> list[date]:
    """The first days of months between both, a dozen at most, none near the edges."""
    mois: list[date] = []
    jour = date(premier.year + premier.month // 12, premier.month % 12 + 1, 1)
    while jour <= dernier:
        mois.append(jour)
        jour = date(jour.year + jour.month // 12, jour.month % 12 + 1, 1)
    pas = -(-len(mois) // 8) or 1
    return mois[::pas]


def shift_serie(libelle: str, points: Sequence[Taux], jours: int) -> Serie:
    """Last season's points, moved to this season's days."""
    return Serie(libelle, points, [date.fromordinal(point.fin.toordinal() + jours) for point in points])


def build_serie(libelle: str, points: Sequence[Taux]) -> Serie:
    return Serie(libelle, points, [point.fin for point in points])
