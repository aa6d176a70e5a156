"""Files that nothing erases while a litigation lasts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from aides.models import Demande
from portal.accounts.admin.socle import AdminComptes, Page, read_agent
from portal.accounts.forms_mandats import ConfirmationForm
from portal.accounts.organisations import MandatRefuse
from portal.core.conservation import GelRefuse, freeze, unfreeze
from portal.core.models import GelConservation

PREFIXE = "aides.demande:"


class GelForm(forms.Form):
    numero = forms.CharField(label="Numéro du dossier", max_length=20)
    motif = forms.CharField(
        label="Motif", max_length=300, help_text="Sans nom de personne : « recours devant le tribunal administratif »."
    )


@admin.register(GelConservation)
class GelConservationAdmin(AdminComptes):
    list_display = ["dossier", "motif", "pose_par", "pose_le", "leve_le"]
    list_select_related = ["pose_par"]
    ordering = ["-pose_le", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the files that one sees. Holds are few: their keys are read first."""
        objets = list(GelConservation.objects.order_by("pk").values_list("objet", flat=True))
        cles = [objet.removeprefix(PREFIXE) for objet in objets if objet.startswith(PREFIXE)]
        vus = Demande.objects.for_user(request.user).filter(pk__in=cles).order_by("pk").values_list("pk", flat=True)
        visibles = [f"{PREFIXE}{cle}" for cle in vus]
        return GelConservation.objects.filter(objet__in=visibles).order_by("-pose_le", "-pk")

    @admin.display(description="dossier")
    def dossier(self, gel: GelConservation) -> str:
        numeros = Demande.objects.filter(pk=gel.objet.removeprefix(PREFIXE)).values_list("numero", flat=True)
        return numeros[0] or "non déposé"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        page = Page(
            "Geler un dossier",
            formulaire=GelForm(request.POST or None),
            bouton="Geler ce dossier",
            explication="Ni la purge de nuit ni l'effacement de la personne n'y touchent avant la levée du gel.",
        )

        def hold(formulaire: Any) -> str:
            lues = formulaire.cleaned_data
            demande = Demande.objects.for_user(request.user).filter(numero=lues["numero"].strip()).first()
            if demande is None:
                raise MandatRefuse("Aucun dossier de votre périmètre n'a ce numéro.", "numero")
            try:
                freeze(f"{PREFIXE}{demande.pk}", lues["motif"], par=read_agent(request))
            except GelRefuse as refus:
                raise MandatRefuse(str(refus), "numero") from refus
            return "Le dossier est gelé."

        return self.respond(request, page, hold)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        gel: GelConservation = self.find(request, unquote(object_id))
        permis = gel.leve_le is None and self.has_change_permission(request)
        page = Page(
            f"Gel du dossier {self.dossier(gel)}",
            faits=[
                ("Motif", gel.motif),
                ("Posé le", timezone.localtime(gel.pose_le)),
                ("Levé le", timezone.localtime(gel.leve_le) if gel.leve_le else "toujours en place"),
            ],
            formulaire=ConfirmationForm(request.POST if request.method == "POST" else None) if permis else None,
            bouton="Lever le gel",
            explication="La durée de conservation reprend : un dossier dont elle est passée part la nuit suivante.",
        )

        def lift(formulaire: Any) -> str:
            unfreeze(gel.pk, par=read_agent(request))
            return "Le gel est levé."

        return self.respond(request, page, lift)
