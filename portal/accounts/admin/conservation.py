"""Retention and erasures in the administration: durations, what waits, last purges, requests and certificates."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from portal.accounts.admin.socle import AdminComptes, Page, read_agent
from portal.accounts.forms_mandats import ConfirmationForm
from portal.accounts.models import User
from portal.accounts.organisations import MandatRefuse
from portal.accounts.portee import read_portee
from portal.accounts.querysets import GESTION
from portal.core.admin import Lecture
from portal.core.conservation import list_categories, list_fixables, read_etats, set_duree, simulate
from portal.core.effacements import (
    EffacementRefuse,
    ask_effacement,
    execute_effacement,
    is_certificat,
    refuse_effacement,
    rehearse_effacement,
)
from portal.core.models import DureeConservation, Effacement, PassageConservation, StatutEffacement
from portal.core.registre import CategorieDeclaree, list_traitements, read_registre


class DureeForm(forms.Form):
    jours = forms.IntegerField(
        label="Durée, en jours",
        required=False,
        min_value=1,
        max_value=18263,
        help_text="Vide : plus rien de cette catégorie n'est effacé de lui-même.",
    )
    reference = forms.CharField(
        label="Texte ou décision qui la fixe", required=False, max_length=300, help_text="Montré au public."
    )

    def clean(self) -> dict[str, Any]:
        lues: dict[str, Any] = super().clean() or {}
        if lues.get("jours") and not lues.get("reference", "").strip():
            self.add_error("reference", "Une durée se fixe avec sa référence : écrivez le texte ou la décision.")
        return lues


class RefusForm(forms.Form):
    motif = forms.CharField(label="Motif du refus, montré à la personne", max_length=1000, widget=forms.Textarea)


class DemandeForm(forms.Form):
    courriel = forms.EmailField(label="Adresse électronique du compte")


def is_national(request: HttpRequest) -> bool:
    return "national" in read_portee(request.user).cles(GESTION)


@admin.register(DureeConservation)
class DureeConservationAdmin(AdminComptes):
    """The list is the whole table of retention, fixed or not; a row leads to its form."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return DureeConservation.objects.order_by("pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        vue = self.admin_site.admin_view(self.simuler)
        return [path("<str:code>/simuler/", vue, name="core_dureeconservation_simuler"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Durées de conservation",
            "etats": read_etats(),
            "traitements": list_traitements(),
            "passages": PassageConservation.objects.order_by("-commence_le", "-pk")[:10],
            "ouverts": Effacement.objects.filter(statut=StatutEffacement.DEMANDE).count(),
        }
        return TemplateResponse(request, "admin/core/dureeconservation/liste.html", contexte)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        declaree = self._find_declaree(unquote(object_id))
        duree = DureeConservation.objects.filter(pk=declaree.code).first()
        permis = self.has_change_permission(request) and is_national(request)
        initial = {"jours": duree.jours, "reference": duree.reference} if duree else {}
        page = Page(
            declaree.libelle,
            faits=self._list_faits(declaree, duree),
            formulaire=DureeForm(request.POST or None, initial=initial) if permis else None,
            bouton="Fixer cette durée",
            explication="La purge a lieu la nuit : ce qui dépasse déjà la durée part la nuit suivante.",
        )

        def fix(formulaire: Any) -> str:
            lues = formulaire.cleaned_data
            set_duree(declaree.code, lues["jours"], lues["reference"].strip(), par=read_agent(request))
            return "La durée est fixée." if lues["jours"] else "La durée est retirée : rien n'est plus purgé."

        return self.respond(request, page, fix)

    def simuler(self, request: HttpRequest, code: str) -> HttpResponse:
        """Counted by doing it and undoing it: a POST, as it holds rows for a moment."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        categorie = next((une for une in list_categories() if une.code == code), None)
        if categorie is None:
            raise Http404("Cette catégorie n'existe pas.")
        if request.method != "POST":
            return redirect("admin:core_dureeconservation_changelist")
        objets, comptes = simulate(categorie)
        detail = ", ".join(f"{table} {lignes}" for table, lignes in sorted(comptes.items())) or "rien"
        phrase = (
            f"{categorie.declaree.libelle} : {objets} objet(s) à purger. Premier lot, lignes par table : {detail}."
        )
        self.message_user(request, phrase, messages.INFO)
        return redirect("admin:core_dureeconservation_changelist")

    def _find_declaree(self, code: str) -> CategorieDeclaree:
        for declaree in list_fixables():
            if declaree.code == code:
                return declaree
        raise Http404("Cette catégorie n'existe pas, ou sa durée est tenue par le portail.")

    def _list_faits(self, declaree: CategorieDeclaree, duree: DureeConservation | None) -> list[tuple[str, Any]]:
        return [
            ("Comptée depuis", declaree.depart),
            ("Effet", declaree.effet),
            ("Durée en vigueur", f"{duree.jours} jours ({duree.reference})" if duree else "à fixer"),
            ("Repère", f"{declaree.proposition} ({declaree.source})" if declaree.source else "aucun repère vérifié"),
            (
                "Tables",
                ", ".join(t.modele for t in read_registre().tables.values() if t.conservation == declaree.code),
            ),
        ]


@admin.register(PassageConservation)
class PassageConservationAdmin(Lecture):
    list_display = ["commence_le", "categorie", "objets", "termine_le"]
    list_filter = ["categorie"]
    list_select_related = []
    ordering = ["-commence_le", "-pk"]


@admin.register(Effacement)
class EffacementAdmin(AdminComptes):
    """A request: what would go and what stays, then « Effacer », by somebody who has just proved who they are."""

    list_display = ["pk", "titulaire", "statut", "demande_le", "execute_le"]
    list_filter = ["statut"]
    list_select_related = ["titulaire"]
    ordering = ["-demande_le", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visibles = User.objects.for_user(request.user).order_by()
        return Effacement.objects.filter(titulaire__in=visibles.values("pk")).order_by("-demande_le", "-pk")

    def get_urls(self) -> list[Any]:
        vue = self.admin_site.admin_view(self.refuser)
        return [path("<int:pk>/refuser/", vue, name="core_effacement_refuser"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        page = Page(
            "Enregistrer une demande d'effacement",
            formulaire=DemandeForm(request.POST or None),
            bouton="Enregistrer la demande",
            explication="Pour une demande reçue par courrier, après avoir vérifié l'identité de la personne.",
        )

        def record(formulaire: Any) -> str:
            adresse = formulaire.cleaned_data["courriel"]
            compte = User.objects.for_user(request.user).filter(email__iexact=adresse).order_by("pk").first()
            if compte is None:
                raise MandatRefuse("Aucun compte de votre périmètre n'a cette adresse.")
            ask_effacement(compte.pk, par=read_agent(request))
            return "La demande est enregistrée : ouvrez-la pour voir ce qui partirait."

        return self.respond(request, page, record)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        effacement: Effacement = self.find(request, unquote(object_id))
        ouvert = effacement.statut == StatutEffacement.DEMANDE
        permis = ouvert and self.has_change_permission(request)
        page = Page(
            f"Effacement {effacement.pk}",
            faits=self._list_faits(effacement, ouvert=ouvert),
            formulaire=ConfirmationForm(request.POST if request.method == "POST" else None) if permis else None,
            bouton="Effacer définitivement",
            explication="Rien ne permet d'y revenir. Le certificat compte les lignes parties, sans aucune donnée.",
            liens=[("Refuser cette demande", reverse("admin:core_effacement_refuser", args=[effacement.pk]))]
            if permis
            else (),
        )

        def erase(formulaire: Any) -> str:
            try:
                execute_effacement(effacement.pk, par=read_agent(request))
            except EffacementRefuse as refus:
                raise MandatRefuse(str(refus)) from refus
            return "L'effacement est fait : son certificat est dans la fiche."

        return self.respond(request, page, erase)

    def refuser(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        effacement = get_object_or_404(self.get_queryset(request), pk=pk, statut=StatutEffacement.DEMANDE)
        page = Page("Refuser l'effacement", formulaire=RefusForm(request.POST or None), bouton="Refuser la demande")

        def refuse(formulaire: Any) -> str:
            refuse_effacement(effacement.pk, par=read_agent(request), motif=formulaire.cleaned_data["motif"])
            return "La demande est refusée : la personne en lit le motif sur son compte."

        return self.respond(request, page, refuse)

    def _list_faits(self, effacement: Effacement, *, ouvert: bool) -> list[tuple[str, Any]]:
        faits: list[tuple[str, Any]] = [
            ("Compte", effacement.titulaire_id),
            ("État", effacement.get_statut_display()),
            ("Demandé le", timezone.localtime(effacement.demande_le)),
        ]
        if ouvert:
            bilan = rehearse_effacement(effacement.titulaire_id)
            lignes, restes = bilan.lignes, bilan.retenues
            raisons = [
                (r.raison, r.objets, r.jusqu_au.strftime("%d/%m/%Y") if r.jusqu_au else None, r.bloque) for r in restes
            ]
        else:
            lignes = effacement.bilan
            raisons = [(r["raison"], r["objets"], r["jusqu_au"], r["bloque"]) for r in effacement.retenues]
        verbe = "Partirait" if ouvert else "Parti"
        faits += [(f"{verbe} : {table}", f"{nombre} ligne(s)") for table, nombre in lignes.items()]
        for raison, objets, jusqu_au, bloque in raisons:
            fin = f", jusqu'au {jusqu_au}" if jusqu_au else ", sans terme connu"
            faits.append(("Empêche l'effacement" if bloque else "Reste", f"{raison} : {objets}{fin}"))
        faits.append(("Reste toujours", "le journal des actes, qui ne porte que le numéro du compte"))
        if effacement.motif:
            faits.append(("Motif du refus", effacement.motif))
        if effacement.empreinte:
            etat = "conforme" if is_certificat(effacement) else "ALTÉRÉ : prévenez l'exploitant du portail"
            faits += [("Traité le", timezone.localtime(effacement.execute_le)), ("Traité par", effacement.execute_par)]
            faits += [("Empreinte SHA-256 du certificat", effacement.empreinte), ("Vérification", etat)]
        return faits
