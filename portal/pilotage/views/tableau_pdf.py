"""The dashboard as a file to print: the address written on it shows the same figures, whatever the day it is read."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.core.courriels import build_url
from portal.pilotage.tableau_pdf import render_pdf
from portal.pilotage.tableaux import Tableau


def send_pdf(request: HttpRequest, tableau: Tableau) -> HttpResponse:
    parametres = request.GET.copy()
    for cle in ("format", "recherche", "vue"):
        parametres.pop(cle, None)
    parametres["territoire"] = f"{tableau.territoire.type}:{tableau.territoire.code}"
    parametres["au"], parametres["depuis"] = tableau.au.isoformat(), tableau.depuis.isoformat()
    adresse = build_url(f"{request.path}?{parametres.urlencode(safe=':')}")
    reponse = HttpResponse(
        render_pdf(tableau, adresse=adresse, edite_le=timezone.localdate()), content_type="application/pdf"
    )
    nom = f"tableau-{tableau.territoire.type}-{tableau.territoire.code}-{tableau.au}"
    reponse["Content-Disposition"] = f'attachment; filename="{nom}.pdf"'
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse
