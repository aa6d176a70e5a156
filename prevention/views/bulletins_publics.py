"""Without an account: the archive of a bulletin, and the link that stops them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from prevention.models import Bulletin
from prevention.services.bulletins import read_arret, set_choix


@require_safe
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    lu = get_object_or_404(Bulletin.objects.publies().select_related("cpts", "campagne"), pk=pk)
    return render(request, "prevention/bulletin.html", {"titre": lu.objet, "bulletin": lu, "chiffres": lu.chiffres})


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arret(request: HttpRequest, jeton: str) -> HttpResponse:
    """A mail program sends this POST by itself (RFC 8058), without cookie: the link is the proof."""
    compte = read_arret(jeton)
    if compte is None:
        raise Http404("Ce lien n’est pas un lien d’arrêt : reprenez celui du dernier bulletin reçu.")
    if request.method == "POST":
        set_choix(compte, accepte=False)
    contexte = {"titre": "Arrêter les bulletins", "arrete": request.method == "POST"}
    reponse = render(request, "prevention/bulletin_arret.html", contexte)
    reponse["X-Robots-Tag"] = "noindex, nofollow"
    return reponse
