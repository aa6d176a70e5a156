"""The map of the zones: France by département, a région or a département by commune, for a profession and a day."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from operator import methodcaller
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from portal.core.cache import cached_page, data_version
from zonage import cartographie
from zonage.comparaisons import (
    Classe,
    LigneCommune,
    Perimetre,
    Repartition,
    classes_de,
    communes_de,
    cumul,
    read_perimetre,
    repartitions_de,
    repartitions_france,
)
from zonage.enums import Origine, Profession
from zonage.forms import CarteForm
from zonage.models import Departement
from zonage.templatetags.jours import jour
from zonage.views.contours import adresses_contours

COMMUNES_PAR_PAGE = 50
PAGES_MAX = 1000
NOMS_PLURIELS = {
    Profession.MEDECIN: "médecins",
    Profession.INFIRMIER: "infirmiers",
    Profession.MASSEUR_KINESITHERAPEUTE: "masseurs-kinésithérapeutes",
    Profession.SAGE_FEMME: "sages-femmes",
    Profession.ORTHOPHONISTE: "orthophonistes",
    Profession.CHIRURGIEN_DENTISTE: "chirurgiens-dentistes",
}


@dataclass(frozen=True, slots=True)
class Etat:
    """What the address asks for: everything the page shows follows from it, and every link is written from it."""

    profession: str
    au: date
    perimetre: Perimetre
    tri: str
    page: str

    def url(self, **changes: str) -> str:
        """The address of the map with some parameters changed; an empty value is left out."""
        parametres = {
            "profession": self.profession,
            "au": self.au.isoformat(),
            self.perimetre.type: self.perimetre.code,
            "tri": self.tri,
            "page": "",
        } | changes
        presents = [(nom, valeur) for nom, valeur in parametres.items() if valeur]
        return f"{reverse('carte')}?{urlencode(presents)}"

    def vers(self, type_perimetre: str, code: str = "") -> str:
        """The same reading over another perimeter."""
        autres = {"region": "", "departement": ""} | ({type_perimetre: code} if code else {})
        return self.url(tri="", **autres)


@dataclass(frozen=True, slots=True)
class Colonne:
    """A column of a table that sorts by links. `sens` is what `aria-sort` says."""

    cle: str
    libelle: str
    nombre: bool
    url: str
    sens: str


@dataclass(frozen=True, slots=True)
class Legende:
    """A class met on the map, with what it weighs."""

    classe: Classe
    communes: int
    habitants: int
    part: float
    exemple: str = ""


def build_colonnes(etat: Etat, tri: str, colonnes: list[tuple[str, str, bool]]) -> list[Colonne]:
    """Each header links to its own order; the one in use links to the reverse."""
    return [
        Colonne(
            cle,
            libelle,
            nombre,
            etat.url(tri=f"-{cle}" if tri == cle or (nombre and tri != f"-{cle}") else cle),
            "ascending" if tri == cle else "descending" if tri == f"-{cle}" else "none",
        )
        for cle, libelle, nombre in colonnes
    ]


def build_apparences(classes: Iterable[Classe]) -> list[cartographie.Apparence]:
    return [cartographie.build_apparence(classe.code, classe.libelle, classe.couleur) for classe in classes]


def build_legende(total: Repartition, classes: dict[str, Classe]) -> list[Legende]:
    return [
        Legende(classe, total.communes[code], total.habitants[code], total.part(code))
        for code, classe in classes.items()
        if total.communes.get(code)
    ]


def sort_lignes(
    lignes: list[Any], tri: str, cles: dict[str, Callable[[Any], Any]], defaut: str
) -> tuple[list[Any], str]:
    """Sorted by a known key (`-` reverses), by the default one otherwise. Python's sort keeps the order of equals."""
    cle = tri.removeprefix("-")
    if cle not in cles:
        tri = cle = defaut
    return sorted(lignes, key=cles[cle], reverse=tri.startswith("-")), tri


def read_page(lignes: list[Any], page: str) -> Page[Any]:
    """The page asked, the first or the last one when the number is not a page."""
    paginator = Paginator(lignes, COMMUNES_PAR_PAGE)
    return paginator.get_page(int(page) if page.isascii() and page.isdigit() else 1)


@gzip_page
@require_safe
@cached_page
def carte(request: HttpRequest) -> HttpResponse:
    """The page. Everything is in the address; a wrong value is named and the rest is kept."""
    form = CarteForm(request.GET)
    form.is_valid()
    profession, au = form.lecture(aujourdhui=timezone.localdate())
    propres = form.cleaned_data
    try:
        perimetre, departements = read_perimetre(
            region=propres.get("region") or "", departement=propres.get("departement") or ""
        )
    except LookupError as refus:
        form.add_error("departement" if propres.get("departement") else "region", str(refus))
        perimetre, departements = read_perimetre()
    etat = Etat(profession, au, perimetre, propres.get("tri") or "", propres.get("page") or "")
    superflus = perimetre.type == "departement" and "region" in request.GET
    if not form.errors and (superflus or "" in request.GET.values()):
        return HttpResponseRedirect(etat.url(page=etat.page))
    contexte = build_contexte(etat, departements) | {"form": form}
    return render(request, "zonage/carte.html", contexte, status=400 if form.errors else 200)


def build_contexte(etat: Etat, departements: list[Departement]) -> dict[str, Any]:
    classes = classes_de(etat.profession)
    par_code = {departement.code: departement for departement in departements}
    communes = [] if etat.perimetre.type == "france" else communes_de(etat.perimetre, etat.profession, au=etat.au)
    lignes = repartitions_de(communes) if communes else repartitions_france(etat.profession, au=etat.au)
    if etat.perimetre.type != "france" and not communes:
        lignes = []
    total = cumul(lignes)
    legende = build_legende(total, classes)
    regions = {departement.region_id: departement.region.nom for departement in departements}
    pluriel = NOMS_PLURIELS[Profession(etat.profession)]
    return {
        "etat": etat,
        "titre": f"Zones des {pluriel} : {etat.perimetre.nom}, {jour(etat.au)}",
        "professions": Profession.choices,
        "pluriel": pluriel,
        "regions": sorted(regions.items(), key=lambda couple: couple[1]),
        "departements": departements,
        "apparences": build_apparences(classes.values()),
        "legende": legende,
        "total": total,
        "demonstration": Origine.DEMONSTRATION in total.origines,
        "liens": {"france": etat.vers("france"), "region": etat.vers("region", etat.perimetre.region_code)},
        "valeurs_url": valeurs_url(etat),
        "lien_departement": etat.vers("departement", "CODE"),
        "contours": adresses_contours(
            ["departements"]
            if etat.perimetre.type == "france"
            else cartographie.fichiers_de(etat.perimetre.departements)
        ),
        **build_dessin(etat, lignes, communes, classes, par_code),
        **build_tableaux(etat, lignes, communes, legende, classes, par_code),
    }


def valeurs_url(etat: Etat) -> str:
    nom = etat.perimetre.type if etat.perimetre.type == "france" else f"{etat.perimetre.type}-{etat.perimetre.code}"
    parametres = urlencode({"profession": etat.profession, "au": etat.au.isoformat()})
    return f"{reverse('valeurs', args=[nom])}?{parametres}"


def build_dessin(
    etat: Etat,
    lignes: list[Repartition],
    communes: list[LigneCommune],
    classes: dict[str, Classe],
    par_code: dict[str, Departement],
) -> dict[str, Any]:
    """The drawing of the server: SVG pieces ready to be put in the page."""
    liens_departements = {code: etat.vers("departement", code) for code in etat.perimetre.departements}
    remplissages = {apparence.code: apparence.remplissage for apparence in build_apparences(classes.values())}
    resumes = {ligne.code: titre_departement(ligne, classes, par_code) for ligne in lignes}
    if etat.perimetre.type == "france":
        planche = cartographie.planche_france()
        cles = {ligne.code: remplissages[ligne.dominante] for ligne in lignes}

        def dessine(formes: tuple[cartographie.Forme, ...]) -> SafeString:
            return cartographie.svg_formes(formes, cles, liens_departements, resumes)

        encarts = [(encart, dessine(encart.formes)) for encart in planche.encarts]
        return {"planche": planche, "svg": dessine(planche.formes), "encarts": encarts}
    planche = cartographie.planche_communes(etat.perimetre.departements)
    cles = {commune.code: remplissages[commune.classe] for commune in communes}
    if etat.perimetre.type == "region":
        limites = cartographie.svg_limites(planche.limites, liens_departements, resumes)
        return {"planche": planche, "svg": cartographie.svg_fusion(planche.formes, cles), "limites": limites}
    liens = {commune.code: reverse("commune_detail", args=[commune.code]) for commune in communes}
    titres = {commune.code: f"{commune.nom} : {classes[commune.classe].libelle}" for commune in communes}
    return {"planche": planche, "svg": cartographie.svg_formes(planche.formes, cles, liens, titres)}


def titre_departement(ligne: Repartition, classes: dict[str, Classe], par_code: dict[str, Departement]) -> str:
    """« Saône-et-Loire (71) : ZIP 41 %, ZAC 38 %, Hors zonage 21 % »."""
    parts = ", ".join(
        f"{classe.abrege} {ligne.part(code):.0f} %" for code, classe in classes.items() if ligne.communes.get(code)
    )
    return f"{par_code[ligne.code].nom} ({ligne.code}) : {parts}"


def build_tableaux(
    etat: Etat,
    lignes: list[Repartition],
    communes: list[LigneCommune],
    legende: list[Legende],
    classes: dict[str, Classe],
    par_code: dict[str, Departement],
) -> dict[str, Any]:
    """The equivalents of the map: départements for France and a région, communes (paged) below France."""
    contexte: dict[str, Any] = {}
    if etat.perimetre.type != "departement":
        cles: dict[str, Callable[[Any], Any]] = {
            "code": lambda ligne: ligne.code,
            "departement": lambda ligne: par_code[ligne.code].nom,
            "habitants": lambda ligne: ligne.population,
        }
        cles |= {entree.classe.code: methodcaller("part", entree.classe.code) for entree in legende}
        triees, tri = sort_lignes(lignes, etat.tri, cles, "code")
        contexte["lignes"] = [
            {
                "departement": par_code[ligne.code],
                "url": etat.vers("departement", ligne.code),
                "population": ligne.population,
                "parts": [ligne.part(entree.classe.code) for entree in legende],
            }
            for ligne in triees
        ]
        colonnes = [("departement", "Département", False), ("habitants", "Habitants", True)]
        colonnes += [(entree.classe.code, entree.classe.abrege, True) for entree in legende]
        contexte["colonnes"] = build_colonnes(etat, tri, colonnes)
    if communes:
        rangs = {code: classe.rang for code, classe in classes.items()}
        triees, tri = sort_lignes(
            [commune for commune in communes if commune.compte],
            etat.tri,
            {
                "nom": lambda commune: (commune.cle_tri, commune.code),
                "population": lambda commune: commune.population,
                "classe": lambda commune: (rangs[commune.classe], commune.cle_tri),
            },
            "nom",
        )
        page = read_page(triees, etat.page)
        contexte["page"] = page
        contexte["communes"] = [(commune, classes[commune.classe], par_code[commune.departement]) for commune in page]
        contexte["colonnes_communes"] = build_colonnes(
            etat, tri, [("nom", "Commune", False), ("population", "Habitants", True), ("classe", "Classement", False)]
        )
        contexte["pages"] = [
            (numero, etat.url(page=str(numero) if isinstance(numero, int) and numero > 1 else ""))
            for numero in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ]
    return contexte


def version_valeurs(request: HttpRequest, perimetre: str) -> str:
    """Same address, same day, same data: same values."""
    return f'"{data_version()}-{timezone.localdate():%Y%m%d}"'


def lit_perimetre(nom: str) -> Perimetre:
    """The perimeter that an address names: « france », « region-27 », « departement-71 »."""
    genre, _, code = nom.partition("-")
    if nom == "france":
        return read_perimetre()[0]
    if genre not in {"region", "departement"} or not code:
        raise Http404("Ce périmètre n’existe pas.")
    try:
        return read_perimetre(**{genre: code})[0]
    except LookupError as absent:
        raise Http404(str(absent)) from absent


@gzip_page
@require_safe
@condition(etag_func=version_valeurs)
def valeurs(request: HttpRequest, perimetre: str) -> HttpResponseBase:
    """The values alone, small: class of each shape, apart from outlines that never change."""
    form = CarteForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"erreurs": form.errors}, status=400)
    profession, au = form.lecture(aujourdhui=timezone.localdate())
    choisi = lit_perimetre(perimetre)
    classes = classes_de(profession)
    reponse = JsonResponse(
        {
            "profession": profession,
            "au": au.isoformat(),
            "classes": [asdict(apparence) for apparence in build_apparences(classes.values())],
            **build_valeurs(choisi, profession, au, list(classes)),
        }
    )
    reponse["Cache-Control"] = "public, max-age=60"
    return reponse


def build_valeurs(perimetre: Perimetre, profession: str, au: date, codes: list[str]) -> dict[str, Any]:
    """Index of the class of each shape; for France also the shares, in percent, in the order of the classes."""
    rangs = {code: rang for rang, code in enumerate(codes)}
    if perimetre.type != "france":
        communes = communes_de(perimetre, profession, au=au)
        return {"valeurs": {commune.code: rangs[commune.classe] for commune in communes if commune.compte}}
    lignes = repartitions_france(profession, au=au)
    return {
        "valeurs": {ligne.code: rangs[ligne.dominante] for ligne in lignes},
        "parts": {ligne.code: [round(ligne.part(code), 1) for code in codes] for ligne in lignes},
    }
