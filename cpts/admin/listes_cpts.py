"""The lists of CPTS: handed in, completed line by line, turned into drafts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from cpts.admin.listes import LectureSeule
from cpts.droits import INSTRUIRE
from cpts.enums import StatutListe
from cpts.models import Cpts, ListeCpts
from cpts.services.import_perimetres import (
    ListeDejaLue,
    ListeRefusee,
    drop_liste,
    finish_liste,
    list_a_completer,
    list_nommees,
    receive_liste,
    settle_ligne,
    settle_nommee,
)
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.examen import DocumentRefuse
from portal.core.fichiers import FichierRefuse
from zonage.models import Commune, Departement, Region

GABARITS = "admin/cpts/perimetres"
PAR_PAGE = 20
ENTIER_MAX = 18


class ListeForm(forms.Form):
    """The file, and the territory that it is for: one where the person instructs."""

    fichier = forms.FileField(
        label="Fichier",
        help_text="Classeur .xlsx, CSV ou GeoJSON, 20 Mo au plus. Le fichier n’est pas gardé ; les colonnes des "
        "personnes ne sont pas lues.",
        widget=forms.ClearableFileInput(attrs={"class": "fr-upload", "accept": ".xlsx,.csv,.json,.geojson,.txt"}),
    )

    def __init__(self, *args: Any, territoires: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["territoire"] = forms.ChoiceField(
            label="Territoire", choices=territoires, widget=forms.Select(attrs={"class": "fr-select"})
        )


@admin.register(ListeCpts)
class ListeCptsAdmin(LectureSeule):
    list_display = ["nom", "region_code", "statut", "lignes_lues", "depose_le"]
    list_filter = ["statut"]
    search_fields = ["nom"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListeCpts]:
        return ListeCpts.objects.for_user(request.user).order_by("-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("cpts.add_listecpts"))  # type: ignore[union-attr]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Hand in a file: read at once, then its page."""
        territoires = list_territoires(request)
        if not self.has_add_permission(request) or not territoires:
            raise PermissionDenied
        formulaire = ListeForm(request.POST or None, request.FILES or None, territoires=territoires)
        refus: Exception | None = None
        if request.method == "POST" and formulaire.is_valid():
            recu = formulaire.cleaned_data["fichier"]
            region, departement = read_territoire(formulaire.cleaned_data["territoire"])
            try:
                liste = receive_liste(
                    recu.read(), nom=recu.name, region=region, departement=departement, par=read_agent(request)
                )
            except ListeDejaLue as deja:
                self.message_user(request, str(deja))
                return self.go(deja.liste)
            except (ListeRefusee, FichierRefuse, DocumentRefuse) as refuse:
                refus = refuse
            else:
                self.message_user(request, f"Fichier lu : {liste.lignes_lues} lignes.")
                return self.go(liste)
        statut = 422 if refus or formulaire.errors else 200
        contexte = {"titre": "Lire une liste de CPTS", "formulaire": formulaire, "refus": describe(refus)}
        return render(request, f"{GABARITS}/liste_new.html", contexte, status=statut)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        liste = self.find(request, object_id)
        if request.method != "POST":
            return self.show(request, liste)
        if not self.may_write(request, liste):
            raise PermissionDenied
        try:
            phrase = self.act(request, liste)
        except ListeRefusee as refus:
            return self.show(request, self.find(request, object_id), refus=refus)
        self.message_user(request, phrase)
        return self.go(liste)

    def find(self, request: HttpRequest, cle: str) -> ListeCpts:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=read_entier(cle))

    def may_write(self, request: HttpRequest, liste: ListeCpts) -> bool:
        return read_portee(request.user).covers(liste.region_code, liste.departement_code, *INSTRUIRE)

    def act(self, request: HttpRequest, liste: ListeCpts) -> str:
        """The sentence of what was done. Raises ListeRefusee, Http404."""
        agent, envoi = read_agent(request), request.POST
        acte = envoi.get("acte", "")
        if acte == "ligne":
            commune = envoi.get("commune", "") or envoi.get("choix", "")
            ligne = settle_ligne(
                liste, read_entier(envoi.get("ligne", "")), commune=commune, motif=envoi.get("motif", ""), par=agent
            )
            return f"Ligne {ligne.ligne} : {ligne.get_sort_display().lower()}."
        if acte == "cpts":
            nommee = settle_nommee(
                liste,
                read_entier(envoi.get("nommee", "")),
                cpts=envoi.get("cpts", "")[:20],
                ecartee=envoi.get("ecartee") == "oui",
                par=agent,
            )
            return f"« {nommee.nom} » : enregistré."
        if acte == "terminer":
            bilan = finish_liste(liste, par=agent, creer=envoi.get("creer") == "oui")
            return (
                f"Brouillons créés : {bilan['brouillons']} ; CPTS créées : {bilan['creees']} ; "
                f"périmètres déjà connus : {bilan['identiques']}."
            )
        if acte == "abandonner":
            drop_liste(liste, par=agent)
            return "La liste est abandonnée : rien n’en est dessiné."
        raise ListeRefusee("Choisissez ce qu’il faut faire de cette liste.")

    def show(self, request: HttpRequest, liste: ListeCpts, *, refus: Exception | None = None) -> HttpResponse:
        restantes = list_a_completer(liste)
        page = Paginator(restantes, PAR_PAGE).get_page(request.GET.get("page", "1"))
        codes = {code for ligne in page for code in ligne.choix}
        communes = Commune.objects.filter(pk__in=codes).order_by("cle_tri", "pk").in_bulk()
        nommees = list_nommees(liste)
        contexte = {
            "titre": f"Liste « {liste.nom} »",
            "liste": liste,
            "refus": describe(refus),
            "nommees": nommees,
            "inconnues": sum(nommee.cpts_id is None and not nommee.ecartee for nommee in nommees),
            "connues": Cpts.objects.filter(region_code=liste.region_code).order_by("nom", "code")[:500],
            "page": page,
            "lignes": [(ligne, [communes[code] for code in ligne.choix if code in communes]) for ligne in page],
            "ouverte": liste.statut == StatutListe.A_COMPLETER and self.may_write(request, liste),
            "touche": request.POST.get("ligne", ""),
            "saisie": {nom: request.POST.get(nom, "") for nom in ("commune", "motif", "choix")},
        }
        return render(request, f"{GABARITS}/liste.html", contexte, status=422 if refus else 200)

    def go(self, liste: ListeCpts) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:cpts_listecpts_change", args=[liste.pk]))


def list_territoires(request: HttpRequest) -> list[tuple[str, str]]:
    """The régions, then the départements, where the person instructs."""
    portee = read_portee(request.user)
    regions = [
        (f"region:{region.pk}", region.nom)
        for region in Region.objects.order_by("nom", "pk")
        if portee.covers(region.pk, "", *INSTRUIRE)
    ]
    departements = [
        (f"departement:{lu.region_id}:{lu.pk}", str(lu))
        for lu in Departement.objects.order_by("code")
        if portee.covers(lu.region_id, lu.pk, *INSTRUIRE)
    ]
    return regions + departements


def read_territoire(choix: str) -> tuple[str, str]:
    """(région, département) of a choice of the form."""
    genre, *codes = choix.split(":")
    return (codes[0], "") if genre == "region" else (codes[0], codes[1])


def read_agent(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def read_entier(texte: str) -> int:
    """A key sent by a form or an address. Raises Http404: no page sends anything else."""
    if not texte.isdecimal() or len(texte) > ENTIER_MAX:
        raise Http404
    return int(texte)


def describe(refus: Exception | None) -> str:
    lieu = f"Ligne {refus.ligne} : " if isinstance(refus, FichierRefuse) and refus.ligne else ""
    return f"{lieu}{refus}" if refus else ""
