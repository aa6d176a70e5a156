"""The saved views of the dashboard: kept, opened, named, shared, removed. Somebody else's and none answer alike."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.pilotage.forms import VueForm
from portal.pilotage.models import Vue
from portal.pilotage.services.vues import VueRefusee, change_vue, remove_vue, save_vue
from portal.pilotage.views.parametres import Erreurs, read_question
from portal.pilotage.views.tableaux import build_adresse, render_tableau


@require_POST
@never_cache
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Keep the screen that was open: `requete` says which, and is read again as the address of a dashboard is."""
    erreurs: Erreurs = []
    question = read_question(QueryDict(request.POST.get("requete", "")[:2000]), erreurs, user=request.user)
    if question is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Chiffres"})
    form = VueForm(request.user, request.POST)
    if form.is_valid() and not erreurs:
        try:
            vue = save_vue(request.user, form.cleaned_data["nom"], question.build_requete(), **form.build())
        except VueRefusee as refus:
            form.add_error("nom", str(refus))
        else:
            messages.success(request, f"Vue « {vue.nom} » enregistrée.")
            return redirect(build_adresse(vue))
    return render_tableau(request, question, erreurs, prive=True, form=form)


@require_safe
@never_cache
@login_required
def show(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(build_adresse(get_object_or_404(Vue.objects.for_user(request.user), pk=pk)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One's own alone: those that colleagues share are read."""
    vue = get_object_or_404(Vue, pk=pk, proprietaire=request.user)
    depart = {"nom": vue.nom, "organisation": vue.organisation_id or "", "defaut": "oui" if vue.defaut else ""}
    form = VueForm(request.user, request.POST if request.method == "POST" else None, initial=depart)
    if request.method == "POST" and form.is_valid():
        try:
            change_vue(vue, form.cleaned_data["nom"], **form.build())
        except VueRefusee as refus:
            form.add_error("nom", str(refus))
        else:
            messages.success(request, f"Vue « {vue.nom} » modifiée.")
            return redirect(build_adresse(vue))
    return render(
        request, "pilotage/vue.html", {"titre": "Modifier une vue", "vue": vue, "nom": depart["nom"], "form": form}
    )


@require_POST
@never_cache
@login_required
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    vue = get_object_or_404(Vue, pk=pk, proprietaire=request.user)
    nom, requete = vue.nom, vue.requete
    remove_vue(vue)
    messages.success(request, f"Vue « {nom} » supprimée.")
    return redirect(f"{reverse('tableau')}?{requete}")
