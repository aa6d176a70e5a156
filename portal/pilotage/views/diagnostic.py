"""`/diagnostic/`: the diagnosis of any territory, without an account, its data and the page to print."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cpts.cartes_espace import read_heritages
from cpts.models import Cpts
from cpts.services.perimetres_rapprochement import match_ecrits, split_texte
from portal.core.exports import export_csv
from portal.pilotage.diagnostic import Diagnostic
from portal.pilotage.diagnostic_blocs import build_diagnostic
from portal.pilotage.diagnostic_carte import draw_carte, link_unite
from portal.pilotage.diagnostic_fichiers import COLONNES, build_json, list_chiffres, list_communes, render_pdf
from portal.pilotage.diagnostic_prevention import describe_secret
from portal.pilotage.diagnostic_territoire import CODES_MAX, ChoixRefuse, read_choix
from zonage.models import Departement, Epci, Region

TEXTE_MAX = 20_000
LISTE_CPTS, LISTE_EPCI = 2_000, 2_000
COMMUNES_PAGE = 300
FORMES = ("pdf", "csv", "communes.csv", "json")


def read_diagnostic(parametres: QueryDict) -> Diagnostic | None:
    """None: nothing is asked. Raises ChoixRefuse."""
    au = timezone.localdate()
    choix = read_choix(parametres, read_heritages(), au=au)
    return build_diagnostic(choix, au=au) if choix else None


@csrf_exempt  # nothing is written: what was pasted becomes an address
@require_http_methods(["GET", "HEAD", "POST"])
def diagnostic(request: HttpRequest) -> HttpResponse:
    """The form, then the diagnosis of what it named; a POST is a paste."""
    if request.method == "POST":
        return read_collage(request)
    try:
        trouve = read_diagnostic(request.GET)
    except ChoixRefuse as refus:
        return render_page(request, None, erreurs=[("Territoire", str(refus))], statut=404)
    return render_page(request, trouve)


def render_page(
    request: HttpRequest,
    trouve: Diagnostic | None,
    *,
    erreurs: list[tuple[str, str]] | None = None,
    statut: int = 200,
    **autres: Any,
) -> HttpResponse:
    contexte: dict[str, Any] = {
        "titre": f"Diagnostic : {trouve.choix.nom}" if trouve else "Diagnostic d’un territoire",
        "diagnostic": trouve,
        "erreurs": erreurs or [],
        "secret": describe_secret(),
        "codes_max": CODES_MAX,
        **autres,
    }
    if trouve is None:
        contexte = list_choix(request) | contexte
    else:
        rows = [(commune, link_unite(trouve, commune.code), valeurs) for commune, valeurs in trouve.rows()]
        contexte |= {
            "rows": rows[:COMMUNES_PAGE],
            "reste": max(0, len(rows) - COMMUNES_PAGE),
            "carte": draw_carte(trouve, request.GET.get("carte", "")),
        }
    return render(request, "pilotage/diagnostic.html", contexte, status=statut)


def list_choix(request: HttpRequest) -> dict[str, Any]:
    """The lists of the form. The EPCI are those of the département chosen: a list of twelve hundred helps nobody."""
    departement = request.GET.get("departement", "")[:3]
    departements = list(Departement.objects.order_by("code").values_list("code", "nom")[:200])
    epcis: list[tuple[str, str]] = []
    if departement:
        lus = Epci.objects.filter(communes__departement=departement).order_by("nom", "code").distinct()
        epcis = list(lus.values_list("code", "nom")[:LISTE_EPCI])
    regions = Region.objects.order_by("nom", "code").values_list("code", "nom")
    cpts = Cpts.objects.filter(perimetres__statut="approuve").order_by("nom", "code").distinct()
    if departement:
        cpts = cpts.filter(departement_code=departement)
    return {
        "departement": departement,
        "departements": departements,
        "regions": list(regions[:50]),
        "epcis": epcis,
        "liste_cpts": list(cpts.values_list("code", "nom")[:LISTE_CPTS]),
        "texte": "",
    }


def read_collage(request: HttpRequest) -> HttpResponse:
    """Names or codes pasted: the address of their diagnosis, or what is not understood, everything kept."""
    texte = request.POST.get("texte", "")[:TEXTE_MAX]
    rapprochees = match_ecrits(split_texte(texte)[: CODES_MAX + 1])
    douteuses = [une for une in rapprochees if une.code is None]
    codes = sorted({une.code for une in rapprochees if une.code})
    phrase = ""
    if len(rapprochees) > CODES_MAX:
        phrase = f"{CODES_MAX} communes au plus : au-delà, enregistrez le territoire dans l’espace d’une CPTS."
    elif not rapprochees:
        phrase = "Écrivez au moins une commune, par son nom ou son code."
    elif douteuses:
        phrase = "Certaines lignes ne désignent pas une seule commune : écrivez leur code, ou retirez-les."
    if phrase:
        erreurs = [("Communes", phrase)]
        return render_page(request, None, erreurs=erreurs, statut=422, texte=texte, douteuses=douteuses)
    reponse = HttpResponseRedirect(f"{reverse('diagnostic')}?communes={','.join(codes)}")
    reponse.status_code = 303
    return reponse


@require_safe
def fichier(request: HttpRequest, forme: str) -> HttpResponseBase:
    """The diagnosis as data or to print. A territory not understood: the page says why."""
    if forme not in FORMES:
        raise Http404
    try:
        trouve = read_diagnostic(request.GET)
    except ChoixRefuse as refus:
        return render_page(request, None, erreurs=[("Territoire", str(refus))], statut=404)
    if trouve is None:
        return HttpResponseRedirect(reverse("diagnostic"))
    nom = f"diagnostic-{slugify(trouve.choix.nom)[:60]}-{trouve.au:%Y-%m-%d}"
    if forme == "pdf":
        reponse = HttpResponse(render_pdf(trouve, edite_le=timezone.localdate()), content_type="application/pdf")
        reponse["Content-Disposition"] = f'attachment; filename="{nom}.pdf"'
        return reponse
    if forme == "json":
        return JsonResponse(build_json(trouve), json_dumps_params={"ensure_ascii": False})
    if forme == "communes.csv":
        colonnes, lignes = list_communes(trouve)
        return export_csv(f"{nom}-communes", colonnes, lignes)
    return export_csv(nom, COLONNES, list_chiffres(trouve))
