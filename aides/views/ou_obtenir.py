"""« Où l'obtenir ? »: a scheme (or all), a profile, a day: every commune where it holds, on a map and in a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from aides.catalogue import catalogue
from aides.ou_obtenir import (
    Compte,
    Inverse,
    Offre,
    count_departements,
    count_offres,
    count_unverified,
    estimate_minutes,
    find_nearest,
    find_offres,
    read_distances,
    select_places,
    sort_places,
)
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS
from aides.services import list_fermetures
from aides.views.lecture import address
from aides.views.ou_obtenir_carte import build_carte, build_entrees, share
from aides.views.ou_obtenir_lecture import UNITES, Recherche, is_form, list_hidden, name_place, read_recherche
from aides.views.resultat import name_manque
from aides.views.verifier import QUESTIONS_MAX, build_question, describe_reponses
from portal.core.cache import cached_page
from zonage.adresse import locate

COMMUNES_PAR_PAGE = 50
LIBELLES_ONGLET = {"": "Éligible", "a_instruire": "À instruire", "non_eligible": "Non éligible"}


@dataclass(frozen=True, slots=True)
class Ligne:
    """A commune of the list. `km` and `minutes` are None without a commune to measure from."""

    code: str
    nom: str
    departement: str
    population: int
    offre: Offre
    km: float | None
    minutes: int | None
    url: str
    manques: str


@dataclass(frozen=True, slots=True)
class Colonne:
    """A column of a table that sorts by links. `sens` is what `aria-sort` says."""

    cle: str
    libelle: str
    nombre: bool
    url: str
    sens: str


@dataclass(frozen=True, slots=True)
class Reponse:
    """The communes that answer, in order. `places`: every commune looked at, whatever its verdict."""

    recherche: Recherche
    inverse: Inverse
    distances: Sequence[float] | None
    places: Sequence[int]
    retenues: list[int]

    @property
    def tri(self) -> str:
        return self.recherche.tri or "-montant"


def answer(recherche: Recherche) -> Reponse:
    """The same communes in the same order for the list, the map and the files."""
    code = recherche.dispositif.code if recherche.dispositif else None
    inverse = find_offres(recherche.demande.faits, code, au=recherche.au)
    autour, perimetre = recherche.autour, recherche.perimetre
    distances = read_distances(inverse.communes, autour.commune) if autour else None
    departements = None if perimetre.type == "france" else perimetre.departements
    places = select_places(inverse.communes, departements, distances, autour.km if autour else None)
    if not inverse.offres:
        return Reponse(recherche, inverse, distances, places, [])
    bonnes = [offre.issue is recherche.issue for offre in inverse.offres]
    rangs = inverse.partition.rangs
    retenues = [place for place in places if bonnes[rangs[place]]]
    # « montant » read from the best: what the page calls descending is the natural order of the service.
    tri = {"-montant": "montant", "montant": "-montant"}.get(recherche.tri or "-montant", recherche.tri)
    return Reponse(recherche, inverse, distances, places, sort_places(inverse, retenues, distances, tri))


@gzip_page
@require_safe
@cached_page
def ou_obtenir(request: HttpRequest) -> HttpResponse:
    recherche = read_recherche(request)
    erreurs = recherche.list_erreurs()
    contexte: dict[str, Any] = {"propositions": [], "erreur_lieu": ""}
    if recherche.demande.lieu and recherche.origine is None:
        trouvee = locate(recherche.demande.lieu)
        if trouvee.commune and not erreurs:
            return HttpResponseRedirect(recherche.url(commune=trouvee.commune.code))
        contexte["propositions"] = [(p, recherche.url(commune=p.code)) for p in trouvee.propositions]
        if not trouvee.propositions:
            contexte["erreur_lieu"] = "Aucune commune ne correspond. Écrivez son nom ou son code postal."
    elif not erreurs and is_form(request):
        return HttpResponseRedirect(recherche.url(page=recherche.page))
    contexte |= build_formulaire(recherche) | {"recherche": recherche, "erreurs": erreurs}
    if recherche.demande.profession:
        contexte |= build_reponse(answer(recherche))
    contexte |= build_questions(recherche, contexte.get("inverse"))
    return render(request, "aides/ou_obtenir.html", contexte, status=400 if erreurs else 200)


def build_formulaire(recherche: Recherche) -> dict[str, Any]:
    schemes = catalogue()
    fermes = {fermeture.dispositif.code for fermeture in list_fermetures(schemes, recherche.au)}
    profession = recherche.demande.profession
    regions = {departement.region_id: departement.region.nom for departement in recherche.departements}
    siens = [d for d in schemes.dispositifs if not profession or profession in d.professions]
    if recherche.dispositif and recherche.dispositif not in siens:
        siens.append(recherche.dispositif)
    return {
        "dispositifs": [(d, d.code in fermes) for d in siens],
        "professions": FAITS["profession"].choix,
        "regions": sorted(regions.items(), key=lambda couple: couple[1]),
        "unites": UNITES.items(),
        "origine": recherche.origine.commune if recherche.origine else None,
        "lieu": recherche.demande.lieu if recherche.origine is None else name_place(recherche.origine),
    }


def build_questions(recherche: Recherche, inverse: Inverse | None) -> dict[str, Any]:
    """The facts that would settle a verdict somewhere, and those already given."""
    demande = recherche.demande
    codes: list[str] = [code for code in demande.erreurs if code in FAITS and code != "profession"]
    if demande.modifier and demande.modifier != "profession":
        codes.insert(0, demande.modifier)
    utiles = [fait.code for fait in inverse.questions if fait.code not in demande.nsp] if inverse else []
    suite = [code for code in utiles if code not in codes and code != "profession"]
    posees = tuple(dict.fromkeys([*codes, *suite[: max(0, QUESTIONS_MAX - len(codes))]]))
    base = recherche.url()
    return {
        "questions": [build_question(FAITS[code], demande) for code in posees],
        "posees": ",".join(posees),
        "restantes": max(0, len(suite) - QUESTIONS_MAX),
        "caches": list_hidden(recherche, sauf=("profession", *posees)),
        "reponses": [
            (libelle, valeur, f"{base}&modifier={code}")
            for code, libelle, valeur in describe_reponses(demande.faits, demande.nsp)
            if code != "profession" and code not in posees
        ],
    }


def build_reponse(reponse: Reponse) -> dict[str, Any]:
    recherche, inverse = reponse.recherche, reponse.inverse
    contexte: dict[str, Any] = {"inverse": inverse, "reponse": reponse}
    if not inverse.offres:
        return contexte | {"fermeture": describe_fermeture(recherche)}
    comptes = count_offres(inverse, reponse.places)
    departements = count_departements(inverse, reponse.places)
    entrees, apparences = build_entrees(comptes)
    demonstration = inverse.partition.demonstration
    contexte |= {
        "entrees": entrees,
        "onglets": build_onglets(recherche, comptes),
        "demonstration": any(demonstration[place] for place in reponse.places),
        "habitants": sum(compte.habitants for offre, compte in comptes.items() if offre.issue is recherche.issue),
        "titre_lieu": describe_lieu(recherche),
        "liens": {
            "france": recherche.url(region="", departement=""),
            "sans_distance": recherche.url(distance="", unite=""),
            "toutes": recherche.url(dispositif=""),
        },
        "csv_url": recherche.url("ou_obtenir_csv"),
        "geojson_url": recherche.url("ou_obtenir_geojson"),
        "champs_comparer": recherche.demande.at(recherche.au).parametres(sans=("commune",)),
        "resume_aides": describe_total(inverse, comptes) if recherche.dispositif is None else None,
    }
    contexte |= build_carte(recherche, inverse, reponse.places, reponse.distances, apparences, departements)
    contexte |= build_listes(reponse, departements)
    if not reponse.retenues:
        contexte["proches"] = list_proches(reponse)
    return contexte


def describe_fermeture(recherche: Recherche) -> dict[str, Any] | None:
    """Why nothing is open that day, and a day on which it is."""
    fermetures = list_fermetures(catalogue(), recherche.au)
    sienne = next((f for f in fermetures if f.dispositif is recherche.dispositif), None)
    if sienne is None:
        return None
    ouvert: date = sienne.depuis if sienne.etat == "a_venir" else sienne.depuis - timedelta(days=1)
    autre = replace(recherche, au=ouvert)
    return {"motif": sienne.motif, "etat": sienne.etat, "depuis": sienne.depuis, "ouvert": ouvert, "url": autre.url()}


def describe_total(inverse: Inverse, comptes: Mapping[Offre, Compte]) -> dict[str, int]:
    """What the totals of « toutes mes aides » leave to be verified."""
    return {"a_verifier": max((count_unverified(offre.retenues) for offre in comptes), default=0)}


def describe_lieu(recherche: Recherche) -> str:
    """« à moins de 45 minutes de Chalon-sur-Saône », « en Saône-et-Loire »… as a complement of a title."""
    parties = [] if recherche.perimetre.type == "france" else [recherche.perimetre.nom]
    if recherche.origine and recherche.distance is not None:
        parties.append(f"à moins de {recherche.rayon} de {recherche.origine.commune.nom}")
    return ", ".join(parties) or "France entière"


def build_onglets(recherche: Recherche, comptes: Mapping[Offre, Compte]) -> list[dict[str, Any]]:
    """One tab a verdict, with its count."""
    nombres = dict.fromkeys(Issue, 0)
    for offre, compte in comptes.items():
        nombres[offre.issue] += compte.communes
    issues = {"": Issue.ELIGIBLE, "a_instruire": Issue.A_INSTRUIRE, "non_eligible": Issue.NON_ELIGIBLE}
    return [
        {
            "libelle": LIBELLES_ONGLET[code],
            "nombre": nombres[issue],
            "url": recherche.url(verdict=code),
            "actif": code == recherche.verdict,
            "issue": issue.value,
        }
        for code, issue in issues.items()
    ]


def build_listes(reponse: Reponse, departements: Mapping[str, Mapping[Issue, Compte]]) -> dict[str, Any]:
    """The equivalents of the map: communes, paged, and départements when the map shows several."""
    recherche = reponse.recherche
    page: Page[int] = Paginator(reponse.retenues, COMMUNES_PAR_PAGE).get_page(
        int(recherche.page) if recherche.page.isascii() and recherche.page.isdigit() else 1
    )
    noms = {departement.code: departement.nom for departement in recherche.departements}
    liens = recherche.urls_departements(departements)
    return {
        "page": page,
        "lignes": build_lignes(reponse, list(page)),
        "colonnes": build_colonnes(reponse),
        "pages": [
            (numero, recherche.url(page=str(numero) if isinstance(numero, int) and numero > 1 else ""))
            for numero in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ],
        "departements_lignes": [
            (noms.get(code, code), code, comptes[recherche.issue], share(comptes, recherche.issue), liens[code])
            for code, comptes in sorted(departements.items())
        ]
        if recherche.perimetre.type != "departement" and len(departements) > 1
        else [],
    }


def build_lignes(reponse: Reponse, places: Sequence[int]) -> list[Ligne]:
    communes, recherche = reponse.inverse.communes, reponse.recherche
    base = address("resultat")
    return [
        Ligne(
            code=(code := communes.codes[place]),
            nom=communes.noms[place],
            departement=communes.departements[place],
            population=communes.populations[place],
            offre=(offre := reponse.inverse.offre(place)),
            km=km if (km := reponse.distances[place] if reponse.distances else None) != float("inf") else None,
            minutes=estimate_minutes(km) if km is not None and km != float("inf") else None,
            url=f"{base}?{recherche.query_faits(code)}",
            manques=", ".join(name_manque(manque) for manque in offre.manquants),
        )
        for place in places
    ]


def build_colonnes(reponse: Reponse) -> list[Colonne]:
    """Each header links to its own order; the one in use links to the reverse."""
    recherche, tri = reponse.recherche, reponse.tri
    colonnes = [("nom", "Commune", False), ("montant", "Montant", False)]
    if reponse.distances is not None:
        colonnes.append(("distance", "Distance", True))
    colonnes.append(("population", "Habitants", True))
    # Amounts and populations are first read from the largest.
    premiers = {"montant": "-montant", "population": "-population"}

    def suivant(cle: str) -> str:
        premier = premiers.get(cle, cle)
        autre = cle if premier != cle else f"-{cle}"
        voulu = autre if tri == premier else premier
        return "" if voulu == "-montant" else voulu

    return [
        Colonne(
            cle,
            libelle,
            nombre,
            recherche.url(tri=suivant(cle)),
            "ascending" if tri == cle else "descending" if tri == f"-{cle}" else "none",
        )
        for cle, libelle, nombre in colonnes
    ]


def list_proches(reponse: Reponse) -> list[Ligne]:
    """The three nearest communes with this verdict, when there is none within the distance asked."""
    recherche = reponse.recherche
    autour = recherche.autour
    if autour is None or autour.km is None or reponse.distances is None:
        return []
    departements = None if recherche.perimetre.type == "france" else recherche.perimetre.departements
    hors = float(autour.km)
    return build_lignes(
        reponse, find_nearest(reponse.inverse, reponse.distances, departements, recherche.issue, hors=hors)
    )
