"""The yearly campaigns in the administration: opened, followed, granted line by line or by batch, closed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from aides.admin.campagnes_formulaires import ETATS, AccordForm, OuvertureForm, ReouvertureForm, list_regions
from aides.contrats.campagnes import (
    close_campagne,
    count_sans_plafond,
    describe_etat,
    is_ouverte,
    list_dispositifs,
    may_manage,
    open_campagne,
    read_horloge,
    refresh_campagne,
    reopen_campagne,
)
from aides.contrats.campagnes_lecture import (
    CAMPAGNES_MAX,
    PAGE,
    find_lignes,
    list_campagnes,
    sum_campagnes,
    sum_lignes,
)
from aides.contrats.reglements import LOT_MAX, grant_ligne, grant_lot, preview_lot
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse
from aides.dossiers.etats import Action
from aides.dossiers.lecture import name_dispositif
from aides.models import Campagne, LigneCampagne
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from zonage.admin import LectureSeule

GABARITS = "admin/aides/campagne"


def read_agent(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@admin.register(Campagne)
class CampagneAdmin(LectureSeule):
    """Its pages are the portal's own and need no script."""

    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campagne]:
        return list_campagnes(request.user)

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("ouvrir/", self.ouvrir_view, "ouvrir"),
            ("<int:cle>/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
            ("<int:cle>/accorder/<int:ligne>/", require_POST(self.accorder_view), "accorder"),
            ("<int:cle>/lot/", require_POST(self.lot_view), "lot"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"aides_campagne_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def check_droit(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def find(self, request: HttpRequest, cle: int) -> Campagne:
        """Missing and forbidden answer alike."""
        self.check_droit(request)
        return get_object_or_404(self.get_queryset(request), pk=cle)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.check_droit(request)
        au = timezone.localdate()
        campagnes = list(self.get_queryset(request)[:CAMPAGNES_MAX])
        sommes, totaux = sum_campagnes(request.user, campagnes)
        contexte = {
            "titre": "Campagnes de règlement",
            "campagnes": [
                (campagne, name_dispositif(campagne.dispositif), describe_etat(campagne, au), sommes.get(campagne.pk))
                for campagne in campagnes
            ],
            "totaux": totaux,
            "peut_ouvrir": bool(list_regions(read_portee(request.user))),
        }
        return render(request, f"{GABARITS}/liste.html", contexte)

    def ouvrir_view(self, request: HttpRequest) -> HttpResponse:
        self.check_droit(request)
        regions = list_regions(read_portee(request.user))
        if not regions:
            raise PermissionDenied
        formulaire = OuvertureForm(request.POST or None, regions=regions, dispositifs=list_dispositifs())
        refus = None
        if request.method == "POST" and formulaire.is_valid():
            try:
                campagne = open_campagne(par=read_agent(request), **formulaire.cleaned_data)
            except ActeRefuse as erreur:
                refus = erreur
                add_erreurs(formulaire, erreur)
            else:
                self.message_user(request, "La campagne est ouverte.")
                return HttpResponseRedirect(reverse("admin:aides_campagne_change", args=[campagne.pk]))
        contexte = {"titre": "Ouvrir une campagne", "formulaire": formulaire, "refus": refus}
        statut = refus.statut_http if refus else 422 if formulaire.errors else 200
        return render(request, f"{GABARITS}/ouvrir.html", contexte, status=statut)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return self.show(request, self.find(request, int(object_id)))

    def show(
        self,
        request: HttpRequest,
        campagne: Campagne,
        *,
        lies: dict[str, forms.Form] | None = None,
        refus: ActeRefuse | None = None,
        rendus: Any = None,
    ) -> HttpResponse:
        """The page. `lies`: the forms sent back with what was typed; `refus`: why nothing was written."""
        lies = lies or {}
        portee = read_portee(request.user)
        etat, departement = request.GET.get("etat", ""), request.GET.get("departement", "")[:3].upper()
        apres = request.GET.get("apres", "")
        toutes = find_lignes(request.user, campagne)
        filtrees = find_lignes(request.user, campagne, etat=etat, departement=departement)
        if apres.isdecimal() and len(apres) < 19:
            filtrees = filtrees.filter(pk__gt=int(apres))
        lues = list(filtrees[: PAGE + 1])
        lignes = [(ligne, self.build_accord(ligne, portee, lies)) for ligne in lues[:PAGE]]
        maintenant = read_horloge()
        contexte = {
            "titre": f"{name_dispositif(campagne.dispositif)}, année {campagne.annee}",
            "campagne": campagne,
            "etat_campagne": describe_etat(campagne, maintenant.date()),
            "ouverte": is_ouverte(campagne, maintenant.date()),
            "gere": may_manage(portee, campagne.region_id),
            "sans_plafond": count_sans_plafond(campagne),
            "totaux": sum_lignes(toutes, "departement_code"),
            "lignes": lignes,
            "etats": ETATS,
            "etat": etat if etat in ETATS else "",
            "departement": departement,
            "suite": f"{urlencode({'etat': etat, 'departement': departement})}&apres={lues[PAGE - 1].pk}"
            if len(lues) > PAGE
            else "",
            "reouverture": lies.get("rouvrir") or ReouvertureForm(prefix="rouvrir"),
            "refus": refus,
            "rendus": rendus,
        }
        return render(request, f"{GABARITS}/detail.html", contexte, status=refus.statut_http if refus else 200)

    def build_accord(self, ligne: LigneCampagne, portee: Any, lies: dict[str, forms.Form]) -> forms.Form | None:
        renvoye = lies.get(f"accord-{ligne.pk}")
        ouverte = ligne.echeance.statut in ("prevue", "a_payer") and ligne.demande is not None
        if renvoye is not None or not ouverte or not may_act(Action.PAYER, ligne.echeance.contrat.demande, portee):
            return renvoye
        return AccordForm(ligne=ligne)

    def acte_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        campagne = self.find(request, cle)
        par = read_agent(request)
        if nom == "rouvrir":
            formulaire = ReouvertureForm(request.POST, prefix="rouvrir")
            return self.do(
                request,
                campagne,
                "rouvrir",
                formulaire,
                lambda: reopen_campagne(campagne, par=par, **formulaire.cleaned_data),
            )
        actes = {"clore": close_campagne, "actualiser": refresh_campagne}
        if nom not in actes:
            raise Http404
        return self.do(request, campagne, nom, forms.Form(request.POST), lambda: actes[nom](campagne, par=par))

    def accorder_view(self, request: HttpRequest, cle: int, ligne: int) -> HttpResponse:
        campagne = self.find(request, cle)
        lue = get_object_or_404(find_lignes(request.user, campagne), pk=ligne)
        formulaire = AccordForm(request.POST, ligne=lue)
        return self.do(
            request,
            campagne,
            f"accord-{ligne}",
            formulaire,
            lambda: grant_ligne(lue, par=read_agent(request), **formulaire.cleaned_data),
        )

    def lot_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """First the preview, which writes nothing; then the grants, each line with its own result."""
        campagne = self.find(request, cle)
        choisies = read_choix(request)
        lignes = list(find_lignes(request.user, campagne).filter(pk__in=choisies)[:LOT_MAX])
        if not lignes:
            return self.show(request, campagne, refus=ActeInvalide("Cochez au moins une ligne de la liste."))
        if "confirmer" in request.POST:
            rendus = grant_lot(
                [(ligne, choisies[ligne.pk] or ligne.version) for ligne in lignes], par=read_agent(request)
            )
            return self.show(request, self.find(request, cle), rendus=rendus)
        rendus = preview_lot(lignes, par=read_agent(request))
        contexte = {
            "titre": "Accorder ce qui est demandé",
            "campagne": campagne,
            "rendus": rendus,
            "accordables": [rendu for rendu in rendus if not rendu.refus],
            "total": sum(rendu.montant for rendu in rendus if rendu.montant is not None),
        }
        return render(request, f"{GABARITS}/lot.html", contexte)

    def do(
        self, request: HttpRequest, campagne: Campagne, nom: str, formulaire: forms.Form, acte: Callable[[], Any]
    ) -> HttpResponse:
        """Run an act; refused, the page comes back with everything typed and why."""
        refus: ActeRefuse | None = None
        if not formulaire.is_valid():
            refus = ActeInvalide("Des valeurs sont à corriger ci-dessous.")
        else:
            try:
                acte()
            except ActeRefuse as erreur:
                refus = erreur
                add_erreurs(formulaire, erreur)
        if refus is not None:
            return self.show(request, self.find(request, campagne.pk), lies={nom: formulaire}, refus=refus)
        self.message_user(request, "C'est enregistré.")
        return HttpResponseRedirect(reverse("admin:aides_campagne_change", args=[campagne.pk]))


def add_erreurs(formulaire: forms.Form, refus: ActeRefuse) -> None:
    for champ, phrase in getattr(refus, "erreurs", {}).items():
        formulaire.add_error(champ if champ in formulaire.fields else None, phrase)


def read_choix(request: HttpRequest) -> dict[int, int]:
    """« 12:3 »: the line 12 as its version 3 was shown (0: as it is now)."""
    choix = {}
    for texte in request.POST.getlist("ligne")[:LOT_MAX]:
        cle, _, version = texte.partition(":")
        if cle.isdecimal() and len(cle) < 19:
            choix[int(cle)] = int(version) if version.isdecimal() and len(version) < 9 else 0
    return choix
