"""The pages that describe the portal itself."""

from typing import Any

from django.views.generic import TemplateView

from portal.core.models import DureeConservation, ImportRun, StatutImport
from portal.core.registre import list_traitements, read_registre

IMPORTS_MONTRES = 30


class SourcesView(TemplateView):
    """Where the data come from, and what this installation has really loaded."""

    template_name = "portal/sources.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        imports = ImportRun.objects.filter(statut=StatutImport.REUSSI).order_by("-commence_le", "-pk")[
            :IMPORTS_MONTRES
        ]
        return super().get_context_data(imports=imports, **kwargs)


plan = TemplateView.as_view(template_name="portal/plan.html")
accessibilite = TemplateView.as_view(template_name="portal/accessibilite.html")
mentions = TemplateView.as_view(template_name="portal/mentions.html")


class DonneesPersonnellesView(TemplateView):
    """What is kept of people, why and how long: the register itself, with the durations of this installation."""

    template_name = "portal/donnees_personnelles.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        durees = DureeConservation.objects.in_bulk()
        categories = read_registre().categories.values()
        lignes = [(declaree, durees.get(declaree.code)) for declaree in categories]
        return super().get_context_data(conservations=lignes, traitements=list_traitements(), **kwargs)


donnees_personnelles = DonneesPersonnellesView.as_view()
