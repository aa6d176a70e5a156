"""The drawing of the inverse map: France by département, closer by commune; a colour and a motif for each amount."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from aides.ou_obtenir import Compte, Inverse, Offre
from aides.regles.evaluation import Issue
from aides.views.lecture import address
from aides.views.ou_obtenir_lecture import Recherche
from zonage import cartographie
from zonage.cartographie import Apparence, Forme, Planche

LIENS_MAX = 120_000
"""Characters of links that a drawing may hold. Only the communes with the verdict chosen have one; beyond, none has,
the shapes of a class are one path, and the list is the way."""

# From the largest to the smallest; readable in grey too.
MONTANTS = (("#00473c", "plein"), ("#1f8d7a", "diagonale"), ("#66c2a5", "plein"), ("#b2e0cf", "points"))
COULEURS_ISSUE = {Issue.A_INSTRUIRE: ("#f6d488", "verticale"), Issue.NON_ELIGIBLE: ("#e5e5e5", "plein")}
PARTS = ((75.0, "75 % ou plus"), (50.0, "50 à 75 %"), (25.0, "25 à 50 %"), (0.0, "moins de 25 %"))


@dataclass(frozen=True, slots=True)
class Entree:
    """A line of the summary: a verdict and an amount, how they are drawn, what they weigh."""

    apparence: Apparence
    issue: Issue
    libelle: str
    communes: int
    habitants: int
    part: float


def paint(code: str, libelle: str, couleur: str, motif: str) -> Apparence:
    return replace(cartographie.build_apparence(code, libelle, couleur), motif=motif)


def build_entrees(comptes: Mapping[Offre, Compte]) -> tuple[list[Entree], dict[tuple[Any, ...], Apparence]]:
    """The lines of the summary, the best first, and how each offer is drawn. Beyond four amounts, one colour."""
    total = sum(compte.habitants for compte in comptes.values())
    entrees, apparences = [], {}
    eligibles = 0
    for rang, (offre, compte) in enumerate(comptes.items()):
        couleur, motif = COULEURS_ISSUE.get(offre.issue) or MONTANTS[min(eligibles, len(MONTANTS) - 1)]
        eligibles += offre.issue is Issue.ELIGIBLE
        apparence = paint(f"offre{rang}", offre.texte, couleur, motif)
        apparences[offre.cle] = apparence
        part = 100 * compte.habitants / total if total else 0.0
        libelle = "" if offre.texte == offre.issue.libelle else offre.texte
        entrees.append(Entree(apparence, offre.issue, libelle, compte.communes, compte.habitants, part))
    return entrees, apparences


def build_carte(
    recherche: Recherche,
    inverse: Inverse,
    places: Sequence[int],
    distances: Sequence[float] | None,
    apparences: Mapping[tuple[Any, ...], Apparence],
    departements: Mapping[str, Mapping[Issue, Compte]],
) -> dict[str, Any]:
    """The pieces of SVG that the page puts together; without contours, the list alone."""
    autour = recherche.autour
    if autour and autour.km is not None:
        codes = frozenset(inverse.communes.codes[place] for place in places)
        planche = draw_some(codes, tuple(sorted({inverse.communes.departements[place] for place in places})))
        return _draw_communes(recherche, inverse, places, distances, apparences, planche)
    if recherche.perimetre.type == "france":
        return _draw_france(recherche, departements)
    planche = cartographie.planche_communes(recherche.perimetre.departements)
    return _draw_communes(recherche, inverse, places, distances, apparences, planche)


@lru_cache(maxsize=24)
def draw_some(codes: frozenset[str], departements: tuple[str, ...]) -> Planche:
    return cartographie.planche_choisie(codes, cartographie.fichiers_de(departements))


def _draw_france(recherche: Recherche, departements: Mapping[str, Mapping[Issue, Compte]]) -> dict[str, Any]:
    planche = cartographie.planche_france()
    legende = [paint(f"part{rang}", libelle, *MONTANTS[rang]) for rang, (_, libelle) in enumerate(PARTS)]
    aucune = paint("part_aucune", "aucune commune", *COULEURS_ISSUE[Issue.NON_ELIGIBLE])
    attente = paint("part_attente", "à instruire, aucune certaine", *COULEURS_ISSUE[Issue.A_INSTRUIRE])
    noms = {departement.code: departement.nom for departement in recherche.departements}
    remplissages, titres = {}, {}
    for code, comptes in departements.items():
        part = share(comptes, recherche.issue)
        choisie = next((legende[rang] for rang, (seuil, _) in enumerate(PARTS) if part >= seuil), aucune)
        if not comptes[recherche.issue].communes:
            choisie = attente if comptes[Issue.A_INSTRUIRE].communes else aucune
        remplissages[code] = choisie.remplissage
        nombre = comptes[recherche.issue].communes
        titres[code] = f"{noms.get(code, code)} ({code}) : {nombre} commune{'s' if nombre > 1 else ''}, {part:.0f} %"
    liens = recherche.urls_departements(departements)

    def dessine(formes: Iterable[Forme]) -> SafeString:
        return cartographie.svg_formes(formes, remplissages, liens, titres)

    return {
        "planche": planche,
        "svg": dessine(planche.formes),
        "encarts": [(encart, dessine(encart.formes)) for encart in planche.encarts],
        "parts": [*legende, attente, aucune],
        "apparences": [*legende, attente, aucune],
        "niveau_carte": "france",
    }


def share(comptes: Mapping[Issue, Compte], issue: Issue) -> float:
    """The share of the inhabitants of a département, in percent."""
    habitants = sum(compte.habitants for compte in comptes.values())
    return 100 * comptes[issue].habitants / habitants if habitants else 0.0


def _draw_communes(
    recherche: Recherche,
    inverse: Inverse,
    places: Sequence[int],
    distances: Sequence[float] | None,
    apparences: Mapping[tuple[Any, ...], Apparence],
    planche: Planche,
) -> dict[str, Any]:
    communes = inverse.communes
    offres = {communes.codes[place]: inverse.offre(place) for place in places}
    remplissages = {code: apparences[offre.cle].remplissage for code, offre in offres.items()}
    contexte: dict[str, Any] = {
        "planche": planche,
        "apparences": list(apparences.values()),
        "niveau_carte": "communes",
    }
    bonnes = [place for place in places if inverse.offre(place).issue is recherche.issue]
    suite = escape(recherche.query_faits("00000"))
    if len(bonnes) * len(suite) <= LIENS_MAX:
        liens = {
            code: f"{address('resultat')}?{recherche.query_faits(code)}"
            for code in map(communes.codes.__getitem__, bonnes)
        }
        autres = [forme for forme in planche.formes if forme.code not in liens]
        contexte["svg"] = cartographie.svg_fusion(autres, remplissages) + cartographie.svg_formes(
            [forme for forme in planche.formes if forme.code in liens],
            remplissages,
            liens,
            name_shapes(inverse, bonnes, distances),
        )
        contexte["cliquable"] = True
    else:
        contexte["svg"] = cartographie.svg_fusion(planche.formes, remplissages)
        if recherche.perimetre.type == "region":
            noms = {departement.code: departement.nom for departement in recherche.departements}
            adresses = recherche.urls_departements(recherche.perimetre.departements)
            contexte["limites"] = cartographie.svg_limites(planche.limites, adresses, noms)
    origine = recherche.autour.commune if recherche.autour else ""
    trace = next((forme.trace for forme in planche.formes if forme.code == origine), "")
    contexte["ici"] = mark_safe(f'<path class="m-ici" fill="none" d="{trace}"/>') if trace else ""  # noqa: S308
    return contexte


def name_shapes(inverse: Inverse, places: Sequence[int], distances: Sequence[float] | None) -> dict[str, str]:
    """« Autun : 43 750 €, à 42 km »."""
    communes = inverse.communes
    titres = {}
    for place in places:
        loin = f", à {distances[place]:.0f} km" if distances is not None else ""
        titres[communes.codes[place]] = f"{communes.noms[place]} : {inverse.offre(place).texte}{loin}"
    return titres
