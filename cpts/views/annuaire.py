"""The public directory of CPTS and structures: map, list, a page for each, tables. No person, no account."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from cpts.enums import StatutStructure
from cpts.lecture_perimetres import TAILLES, find_perimetre, list_codes, read_unites
from cpts.models import Cpts, Perimetre, Structure
from cpts.regles.vie_structures import FINIES
from cpts.views.annuaire_cartes import (
    draw_commune,
    draw_liste_cpts,
    draw_perimetre,
    draw_structures,
    find_genre,
)
from cpts.views.annuaire_filtres import (
    ETATS,
    ETATS_CPTS,
    TYPES,
    AnnuaireForm,
    CptsForm,
    Demande,
    StructuresForm,
    build_colonnes,
    build_pages,
    read_demande,
    read_departements,
    read_page,
    select_cpts,
    select_structures,
)
from portal.core.exports import export_csv

STRUCTURES_MAX = 200
CSV_MAX = 20_000
FRAICHEUR = 60
"""Seconds during which a browser may keep a page of the directory."""
public = cache_control(public=True, max_age=FRAICHEUR)
COLONNES_STRUCTURES = (
    "Nom", "Type", "État", "Code commune", "Commune", "Département", "Région", "CPTS", "FINESS", "Projet validé le",
    "Ouverte le", "Contrat signé le", "Longitude", "Latitude", "Exemple inventé",
)  # fmt: skip
COLONNES_CPTS = (
    "Code", "Nom", "État", "Département", "Région", "ACI signé le", "Terme de l'ACI", "Communes", "Population",
    "Millésime", "Taille ACI", "Exemple inventé",
)  # fmt: skip


@gzip_page
@require_safe
@public
def structures(request: HttpRequest) -> HttpResponse:
    departements = read_departements()
    form = StructuresForm(request.GET, departements=departements)
    demande = read_demande(form, "structure_list")
    lignes = select_structures(demande)
    page = read_page(lignes, demande.read("page"))
    colonnes = [("nom", "Nom"), ("type", "Type"), ("etat", "État"), ("commune", "Commune"), ("ouverture", "Ouvert le")]
    contexte = {
        "titre": f"Structures d’exercice coordonné : {demande.lieu}",
        "carte": draw_structures(demande, lignes, departements),
        "types": TYPES,
        "etats": [(code, libelle) for code, (libelle, _) in ETATS.items()],
        "demonstration": any(structure.demonstration for structure in page),
        "cpts": Cpts.objects.filter(code=demande.read("cpts")).first() if demande.read("cpts") else None,
        **build_liste(form, demande, page, colonnes),
    }
    return render(request, "cpts/annuaire/structures.html", contexte, status=400 if form.errors else 200)


@gzip_page
@require_safe
@public
def cpts_liste(request: HttpRequest) -> HttpResponse:
    au = timezone.localdate()
    departements = read_departements()
    form = CptsForm(request.GET, departements=departements)
    demande = read_demande(form, "cpts_list")
    lignes = select_cpts(demande)
    page = read_page(lignes, demande.read("page"))
    perimetres = read_perimetres([cpts.code for cpts in page], au)
    colonnes = [("nom", "Nom"), ("etat", "État"), ("departement", "Département"), ("aci", "ACI signé le")]
    contexte = {
        "titre": f"CPTS : {demande.lieu}",
        "carte": draw_liste_cpts(demande, lignes, departements, au=au),
        "au": au,
        "etats": [(code, libelle) for code, (libelle, _) in ETATS_CPTS.items()],
        "lignes": [(cpts, perimetres.get(cpts.code)) for cpts in page],
        "demonstration": any(cpts.demonstration for cpts in page),
        **build_liste(form, demande, page, colonnes),
    }
    return render(request, "cpts/annuaire/cpts.html", contexte, status=400 if form.errors else 200)


def build_liste(form: AnnuaireForm, demande: Demande, page: Any, colonnes: list[tuple[str, str]]) -> dict[str, Any]:
    """What both lists show around their table."""
    departements = form.departements
    regions = {departement.region_id: departement.region.nom for departement in departements.values()}
    return {
        "form": form,
        "demande": demande,
        "page": page,
        "pages": build_pages(demande, page) if page.has_other_pages() else [],
        "colonnes": build_colonnes(demande, colonnes),
        "departements": list(departements.values()),
        "regions": sorted(regions.items(), key=lambda couple: couple[1]),
    }


def read_perimetres(codes: list[str], au: date) -> dict[str, Perimetre]:
    """The perimeter in force of each CPTS of a page."""
    lus = Perimetre.objects.filter(cpts__in=codes, statut="approuve", periode__contains=au)
    return {perimetre.cpts_id: perimetre for perimetre in lus.order_by("pk")}


@gzip_page
@require_safe
@public
def structure(request: HttpRequest, cle: int) -> HttpResponse:
    lue = get_object_or_404(Structure.objects.select_related("commune__departement__region", "cpts", "parent"), pk=cle)
    contexte = {
        "titre": lue.nom,
        "structure": lue,
        "sites": list(lue.sites.select_related("commune").order_by("nom", "pk")[:STRUCTURES_MAX]),
        "carte": draw_commune(lue.commune, find_genre(lue.statut)),
        "aci": lue.statut == StatutStructure.ACI_SIGNE,
        "fiches": [
            import_string(chemin)(lue, aujourdhui=timezone.localdate())
            for chemin in settings.MAILLAGE_FICHES_STRUCTURE
        ],
    }
    return render(request, "cpts/annuaire/structure.html", contexte)


@gzip_page
@require_safe
@public
def cpts_detail(request: HttpRequest, code: str) -> HttpResponse:
    au = timezone.localdate()
    cpts = get_object_or_404(Cpts.objects.select_related("siege"), code=code)
    perimetre = find_perimetre(cpts.code, au)
    unites = read_unites(list_codes(perimetre))
    communes = sorted(unites.values(), key=lambda unite: (unite.nom, unite.code))
    page = read_page(communes, request.GET.get("page", ""))
    noms = {unite.code: unite.nom for unite in communes}
    lues = Structure.objects.filter(cpts=cpts).exclude(statut__in=FINIES).select_related("commune")
    contexte = {
        "titre": cpts.nom,
        "cpts": cpts,
        "au": au,
        "perimetre": perimetre,
        "taille": TAILLES.get(perimetre.taille or 0, "") if perimetre else "",
        "departements": sorted({unite.departement for unite in communes}),
        "carte": draw_perimetre(list(unites), {unite.departement for unite in communes}, noms) if unites else None,
        "page": page,
        "pages": [
            (n, f"?page={n}") for n in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ],
        "structures": list(lues.order_by("type", "nom", "pk")[:STRUCTURES_MAX]),
    }
    return render(request, "cpts/annuaire/cpts_detail.html", contexte)


@require_safe
@public
def structures_csv(request: HttpRequest) -> HttpResponseBase:
    """The rows of the list, whole. A wrong value is refused: a file that ignores a filter would mislead."""
    form = StructuresForm(request.GET, departements=read_departements())
    demande = read_demande(form, "structure_list")
    if form.errors:
        return refuse(request, form, demande)
    return export_csv("structures", COLONNES_STRUCTURES, list_structures(demande))


def list_structures(demande: Demande) -> Iterator[list[Any]]:
    for s in select_structures(demande)[:CSV_MAX].iterator(chunk_size=2_000):
        aci = s.aci_signe_le if s.statut == StatutStructure.ACI_SIGNE else None
        yield [
            s.nom, s.get_type_display(), s.etat, s.commune_id, s.commune.nom, s.departement_code, s.region_code,
            s.cpts_id or "", s.finess, s.projet_valide_le, s.ouverte_le, aci, s.longitude, s.latitude,
            "oui" if s.demonstration else "non",
        ]  # fmt: skip


@require_safe
@public
def cpts_csv(request: HttpRequest) -> HttpResponseBase:
    form = CptsForm(request.GET, departements=read_departements())
    demande = read_demande(form, "cpts_list")
    if form.errors:
        return refuse(request, form, demande)
    return export_csv("cpts", COLONNES_CPTS, list_lignes_cpts(demande, timezone.localdate()))


def list_lignes_cpts(demande: Demande, au: date) -> Iterator[list[Any]]:
    lues = list(select_cpts(demande)[:CSV_MAX])
    perimetres = read_perimetres([cpts.code for cpts in lues], au)
    nombres = count_communes([perimetre.pk for perimetre in perimetres.values()])
    for cpts in lues:
        perimetre = perimetres.get(cpts.code)
        poids: list[int | None] = [None, None, None]
        if perimetre:
            poids = [perimetre.population, perimetre.millesime_population, perimetre.taille]
        yield [
            cpts.code, cpts.nom, cpts.get_statut_display(), cpts.departement_code, cpts.region_code,
            cpts.aci_signe_le, cpts.aci_fin_le, nombres.get(perimetre.pk, 0) if perimetre else None, *poids,
            "oui" if cpts.demonstration else "non",
        ]  # fmt: skip


def count_communes(perimetres: list[int]) -> dict[int, int]:
    lus = Perimetre.objects.filter(pk__in=perimetres).order_by("pk").annotate(nombre=Count("lignes"))
    return dict(lus.values_list("pk", "nombre"))


def refuse(request: HttpRequest, form: AnnuaireForm, demande: Demande) -> HttpResponse:
    contexte = {"titre": "Ce tableau n’a pas été fait", "form": form, "demande": demande}
    return render(request, "cpts/annuaire/refus.html", contexte, status=400)
