from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from aides.pdf import render_pdf
from aides.views.lecture import list_erreurs, read
from aides.views.verifier import describe_reponses
from portal.core.cache import cached_page
from portal.core.erreurs import render_error


@require_safe
@cached_page
def resultat_pdf(request: HttpRequest) -> HttpResponse:
    """The answer on one page. Its name says the commune and the day, nothing of the person."""
    lecture = read(request)
    if lecture.demande.erreurs:
        nom, message = list_erreurs(lecture.demande)[0]
        return render_error(request, 400, message=f"{nom} : {message}")
    if not lecture.complete:
        return HttpResponseRedirect(f"{reverse('verifier')}?{lecture.demande.query()}")
    bilan = lecture.check()
    reponses = [
        (libelle, valeur) for _, libelle, valeur in describe_reponses(lecture.demande.faits, lecture.demande.nsp)
    ]
    corps = render_pdf(bilan, reponses, edite_le=timezone.localdate())
    nom = f"maillage-{lecture.demande.commune}-{lecture.au.isoformat()}.pdf"
    reponse = HttpResponse(corps, content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="{nom}"'
    reponse["X-Robots-Tag"] = "noindex"
    return reponse
