"""The perimeters in the administration: those that wait, the overlaps and white zones, as pages and CSV."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cpts.admin.listes import LectureSeule
from cpts.forms_perimetre import read_jour
from cpts.lecture_perimetres import list_blanches, list_chevauchements, read_couverture
from cpts.models import Perimetre
from portal.core.exports import export_csv
from zonage.models import Departement, Region

AFFICHEES_MAX = 500
GABARITS = "admin/cpts/perimetres"


@admin.register(Perimetre)
class PerimetreAdmin(LectureSeule):
    """A list that leads to the space of each CPTS, where a perimeter is read and decided."""

    list_display = ["lien", "statut", "effet_le", "population", "taille", "soumis_le"]
    list_display_links = None
    list_filter = ["statut"]
    list_select_related = ["cpts"]
    search_fields = ["cpts__nom", "=cpts__code"]
    change_list_template = f"{GABARITS}/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Perimetre]:
        return Perimetre.objects.for_user(request.user).order_by("-soumis_le", "-pk")

    @admin.display(description="CPTS")
    def lien(self, perimetre: Perimetre) -> SafeString:
        adresse = reverse("espace_perimetre_detail", args=[perimetre.cpts_id, perimetre.pk])
        return format_html('<a href="{}">{}, n° {}</a>', adresse, perimetre.cpts.nom, perimetre.pk)

    def get_urls(self) -> list[Any]:
        vue = self.admin_site.admin_view
        return [
            path("chevauchements/", vue(self.chevauchements_view), name="cpts_perimetre_chevauchements"),
            path("blanches/", vue(self.blanches_view), name="cpts_perimetre_blanches"),
            *super().get_urls(),
        ]

    def chevauchements_view(self, request: HttpRequest) -> HttpResponseBase:
        """The communes in several perimeters on a day."""
        region, departement, au = self.read_choix(request)
        trouves = list_chevauchements(region, au, departement=departement)
        if request.GET.get("format") == "csv":
            colonnes = ("code", "commune", "département", "population", "CPTS")
            lignes = [
                (un.code, un.nom, un.departement, un.population, " / ".join(nom for _, nom in un.cpts))
                for un in trouves
            ]
            return export_csv(f"chevauchements-{au:%Y-%m-%d}", colonnes, lignes)
        return self.render_liste(request, "Chevauchements de CPTS", trouves, region, departement, au)

    def blanches_view(self, request: HttpRequest) -> HttpResponseBase:
        """The communes in no perimeter on a day."""
        region, departement, au = self.read_choix(request)
        trouvees = list_blanches(region, au, departement=departement)
        if request.GET.get("format") == "csv":
            colonnes = ("code", "commune", "département", "population")
            lignes = [(une.code, une.nom, une.departement, une.population) for une in trouvees]
            return export_csv(f"communes-sans-cpts-{au:%Y-%m-%d}", colonnes, lignes)
        return self.render_liste(request, "Communes sans CPTS", trouvees, region, departement, au)

    def read_choix(self, request: HttpRequest) -> tuple[str, str, date]:
        """The territory and the day asked; today, and France, when nothing is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        genre, _, code = request.GET.get("territoire", "").partition(":")
        au = read_jour(request.GET.get("au", "")) or timezone.localdate()
        return (code[:3] if genre == "region" else "", code[:3] if genre == "departement" else "", au)

    def render_liste(
        self, request: HttpRequest, titre: str, trouves: Any, region: str, departement: str, au: date
    ) -> HttpResponse:
        contexte = {
            "titre": titre,
            "trouves": trouves[:AFFICHEES_MAX],
            "nombre": len(trouves),
            "habitants": sum(un.population or 0 for un in trouves),
            "coupee": len(trouves) > AFFICHEES_MAX,
            "couverture": read_couverture(region, au, departement=departement),
            "au": au,
            "territoire": f"region:{region}" if region else f"departement:{departement}" if departement else "",
            "regions": Region.objects.order_by("nom", "pk")[:40],
            "departements": Departement.objects.order_by("code")[:200],
            "autre": "blanches" if "Chevauchements" in titre else "chevauchements",
        }
        return render(request, f"{GABARITS}/couverture.html", contexte)
