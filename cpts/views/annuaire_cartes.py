"""The maps of the directory, drawn by the server: départements with their counts, pins, communes by CPTS.

Pins and CPTS are links that the keyboard reaches; the list below the map says the same.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from cpts.enums import StatutStructure
from cpts.lecture_perimetres import find_couvrantes
from cpts.models import Cpts, Structure
from cpts.regles.vie_structures import FINIES
from cpts.views.annuaire_filtres import Demande
from zonage.cartographie import (
    Encart,
    Forme,
    Planche,
    fusionne,
    place_points,
    planche_choisie,
    planche_communes,
    planche_france,
)
from zonage.models import Commune, Departement

REPERES_MAX = 3_000
VIDE = "#e5e5e5"
FOND = "#f6f6f6"
TEINTES = ("#e3e3fd", "#b8b8f5", "#8585f6", "#4a4ad9")
"""Of a département, from few to many; the figure is in the title of the shape and in the table."""
PALETTE = ("#a9c8fb", "#ffd9a0", "#b9e5c8", "#f7bfbf", "#d9c2f0", "#f5e6a3", "#b5e0e8", "#e0cdb8")
"""Of CPTS: two neighbours never share one, as far as eight colours allow."""


@dataclass(frozen=True, slots=True)
class Genre:
    """How a state is drawn: a shape and a class of the style sheet. Colour is never alone."""

    code: str
    libelle: str


GENRES = {
    "projet": Genre("projet", "En projet"),
    "valide": Genre("valide", "Validé, non ouvert"),
    "ouverte": Genre("ouverte", "Ouvert"),
    "aci": Genre("aci", "Ouvert, avec ACI ou accord national"),
    "label": Genre("label", "Labellisé"),
    "finie": Genre("finie", "Fermé, abandonné ou retiré"),
}
PAR_STATUT = {
    StatutStructure.PROJET_VALIDE: "valide",
    StatutStructure.OUVERTE: "ouverte",
    StatutStructure.ACI_SIGNE: "aci",
    StatutStructure.LABELLISEE: "label",
    **dict.fromkeys(FINIES, "finie"),
}


@dataclass(frozen=True, slots=True)
class Carte:
    """`fond`: the outlines. `reperes`: what lies above. `legende`: (shape, words, count). `absents`: not drawn."""

    planche: Planche
    fond: SafeString
    reperes: SafeString
    legende: list[tuple[SafeString, str, int]]
    encarts: Sequence[tuple[Encart, SafeString]]
    absents: int = 0


def find_genre(statut: str) -> Genre:
    return GENRES[PAR_STATUT.get(StatutStructure(statut), "projet")]


def draw_forme(genre: str, x: int, y: int, rayon: int = 11) -> str:
    """The shape of a state: circle, ring, diamond, triangle, cross."""
    r = rayon
    if genre == "valide":
        return f'<path d="M{x} {y - r - 2}l{r + 2} {r + 2}l-{r + 2} {r + 2}l-{r + 2}-{r + 2}z"/>'
    if genre == "label":
        return f'<path d="M{x} {y - r}l{r} {2 * r}h-{2 * r}z"/>'
    if genre == "finie":
        return f'<path d="M{x - r} {y - r}l{2 * r} {2 * r}M{x + r} {y - r}l-{2 * r} {2 * r}"/>'
    point = f'<circle class="m-repere__coeur" cx="{x}" cy="{y}" r="{r // 2 - 1}"/>' if genre == "aci" else ""
    return f'<circle cx="{x}" cy="{y}" r="{r}"/>{point}'


def draw_legende(genre: str) -> SafeString:
    return mark_safe(  # noqa: S308 — digits and codes that we wrote
        f'<svg class="m-repere m-repere--{genre} m-repere--legende" width="28" height="28" viewBox="0 0 28 28" '
        f'aria-hidden="true" focusable="false">{draw_forme(genre, 14, 14)}</svg>'
    )


def draw_structures(demande: Demande, lignes: QuerySet[Structure], departements: Mapping[str, Departement]) -> Carte:
    """Pins over a région or a département; over France, how many each département has."""
    if not demande.departements:
        nombres = dict(
            lignes.order_by("departement_code").values_list("departement_code").annotate(nombre=Count("pk"))[:150]
        )
        return draw_france(demande, nombres, departements, "structure")
    champs = ("pk", "nom", "statut", "commune__nom", "longitude", "latitude", "type")
    lues = list(lignes.order_by("nom", "pk").values_list(*champs)[:REPERES_MAX])
    points = {ligne[0]: (ligne[4], ligne[5]) for ligne in lues if ligne[4] is not None and ligne[5] is not None}
    places = place_points(demande.departements, points)
    morceaux, compte = [], Counter[str]()
    for pk, nom, statut, commune, *_ in lues:
        genre = find_genre(statut)
        compte[genre.code] += 1
        if pk in places:
            titre = escape(f"{nom}, {commune} : {genre.libelle.lower()}")
            morceaux.append(
                f'<a class="m-repere m-repere--{genre.code}" href="{escape(reverse("structure_detail", args=[pk]))}" '
                f'aria-label="{titre}"><title>{titre}</title>{draw_forme(genre.code, *places[pk])}</a>'
            )
    legende = [(draw_legende(c), GENRES[c].libelle, compte[c]) for c in GENRES if compte[c]]
    planche = planche_communes(demande.departements)
    absents = len(lues) - len(morceaux)
    return Carte(planche, draw_fond(planche), mark_safe("".join(morceaux)), legende, [], absents)  # noqa: S308


def draw_fond(planche: Planche) -> SafeString:
    """The outlines of the départements of a région; the communes when there is one département only."""
    if len(planche.limites) == 1:
        traces = ["".join(forme.trace for forme in planche.formes)]
    else:
        traces = [forme.trace for forme in planche.limites]
    return mark_safe("".join(f'<path fill="{FOND}" d="{trace}"/>' for trace in traces))  # noqa: S308


def draw_france(
    demande: Demande, nombres: Mapping[str, int], departements: Mapping[str, Departement], mot: str
) -> Carte:
    planche = planche_france()
    bornes = [1, 5, 15, 40]

    def paint(formes: Iterable[Forme]) -> SafeString:
        morceaux = []
        for forme in formes:
            nombre = nombres.get(forme.code, 0)
            rang = sum(nombre >= borne for borne in bornes)
            fond = TEINTES[rang - 1] if rang else VIDE
            nom = departements[forme.code].nom if forme.code in departements else forme.code
            titre = escape(f"{nom} ({forme.code}) : {nombre} {mot}{'s' if nombre > 1 and mot != 'CPTS' else ''}")
            dessin = f'<path fill="{fond}" d="{forme.trace}"><title>{titre}</title></path>'
            lien = escape(demande.url(departement=forme.code, region=""))
            morceaux.append(f'<a href="{lien}" aria-label="{titre}">{dessin}</a>' if nombre else dessin)
        return mark_safe("".join(morceaux))  # noqa: S308 — every value above is escaped

    encarts = [(encart, paint(encart.formes)) for encart in planche.encarts]
    legende = []
    for rang, (borne, teinte) in enumerate(zip(bornes, TEINTES, strict=True)):
        fin = f"à {bornes[rang + 1] - 1}" if rang + 1 < len(bornes) else "et plus"
        communes = sum(1 for n in nombres.values() if sum(n >= b for b in bornes) == rang + 1)
        if communes:
            legende.append((draw_carre(teinte), f"{borne} {fin} par département", communes))
    return Carte(planche, paint(planche.formes), mark_safe(""), legende, encarts)


def draw_carre(teinte: str) -> SafeString:
    return mark_safe(  # noqa: S308
        '<svg class="m-repere--legende" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" '
        f'focusable="false"><rect x="4" y="4" width="20" height="20" fill="{teinte}" stroke="#666"/></svg>'
    )


def draw_liste_cpts(
    demande: Demande, lignes: QuerySet[Cpts], departements: Mapping[str, Departement], *, au: date
) -> Carte:
    """Communes coloured by CPTS; over France, how many each département instructs."""
    if not demande.departements:
        nombres = dict(
            lignes.order_by("departement_code").values_list("departement_code").annotate(nombre=Count("pk"))[:150]
        )
        return draw_france(demande, nombres, departements, "CPTS")
    planche = planche_communes(demande.departements)
    gardees = set(lignes.order_by().values_list("code", flat=True)[:REPERES_MAX])
    couvrantes = {
        code: trouvees
        for code, toutes in find_couvrantes({forme.code for forme in planche.formes}, au).items()
        if (trouvees := [cpts for cpts in toutes if cpts.code in gardees])
    }
    teintes = choose_teintes({code: trouvees[0].code for code, trouvees in couvrantes.items()})
    noms = {cpts.code: cpts.nom for trouvees in couvrantes.values() for cpts in trouvees}
    cles = {code: trouvees[0].code for code, trouvees in couvrantes.items()}
    morceaux = []
    for cle, trace in fusionne(planche.formes, cles, ""):
        if not cle:
            continue
        titre = escape(noms[cle])
        morceaux.append(
            f'<a class="m-cpts-forme" href="{escape(reverse("cpts_detail", args=[cle]))}" aria-label="{titre}">'
            f'<path fill="{teintes[cle]}" d="{trace}"><title>{titre}</title></path></a>'
        )
    fond = "".join(
        f'<path fill="{VIDE}" d="{trace}"/>' for cle, trace in fusionne(planche.formes, cles, "") if not cle
    )
    absents = len(gardees - set(cles.values()))
    return Carte(planche, mark_safe(fond), mark_safe("".join(morceaux)), [], [], absents)  # noqa: S308


def choose_teintes(cles: Mapping[str, str]) -> dict[str, str]:
    """A colour for each CPTS, other than those of its neighbours."""
    voisines: dict[str, set[str]] = {cle: set() for cle in cles.values()}
    lues = Commune.objects.filter(pk__in=list(cles)).order_by("pk").values_list("pk", "voisines")
    for code, autres in lues:
        voisines[cles[code]] |= {cles[autre] for autre in autres or () if autre in cles} - {cles[code]}
    choisies: dict[str, str] = {}
    for rang, cle in enumerate(sorted(voisines)):
        prises = {choisies[autre] for autre in voisines[cle] if autre in choisies}
        libres = [teinte for teinte in PALETTE if teinte not in prises]
        choisies[cle] = libres[0] if libres else PALETTE[rang % len(PALETTE)]
    return choisies


def draw_perimetre(codes: Collection[str], departements: Iterable[str], noms: Mapping[str, str]) -> Carte:
    """The communes of one CPTS, each with its name. The list beside says the same."""
    planche = planche_choisie(frozenset(codes), sorted(set(departements)))
    formes = "".join(
        f'<path fill="{PALETTE[0]}" d="{forme.trace}"><title>{escape(noms.get(forme.code, forme.nom))}</title></path>'
        for forme in planche.formes
    )
    absents = len(set(codes)) - len(planche.formes)
    return Carte(planche, mark_safe(formes), mark_safe(""), [], [], absents)  # noqa: S308


def draw_commune(commune: Commune, genre: Genre) -> Carte:
    """Where a structure is: its commune, and those around."""
    codes = frozenset({commune.pk, *(commune.voisines or ())})
    departements = sorted({code[:3] if code.startswith(("97", "98")) else code[:2] for code in codes})
    planche = planche_choisie(codes, departements)
    formes = "".join(
        f'<path fill="{PALETTE[0] if forme.code == commune.pk else FOND}" d="{forme.trace}">'
        f"<title>{escape(forme.nom)}</title></path>"
        for forme in planche.formes
    )
    legende = [(draw_legende(genre.code), genre.libelle, 1)]
    return Carte(planche, mark_safe(formes), mark_safe(""), legende, [])  # noqa: S308
