"""What the portal computes on its own: the last runs, how far they are, and the day of the data. Nobody is named."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.generic import DetailView, ListView

from portal.core.analyses import count_retards
from portal.core.models import Execution

MONTRES = 30
REPRISE = 3
"""Seconds between two readings of a page that shows a run under way."""


@method_decorator(never_cache, name="dispatch")
class TravauxView(ListView):
    """The last runs. While one is under way, the page is read again; with htmx, the table alone."""

    template_name = "core/travaux.html"
    context_object_name = "executions"

    def get_queryset(self) -> list[Execution]:  # type: ignore[override]
        return list(Execution.objects.order_by("-commencee_le", "-pk")[:MONTRES])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        vivantes = any(une.etat == Execution.Statut.EN_COURS for une in self.object_list)
        return super().get_context_data(
            reprise=REPRISE if vivantes else 0,
            lu_le=timezone.localtime(),
            analyses_en_retard=count_retards(),
            etat_donnees=import_string(settings.MAILLAGE_ETAT_DONNEES)(),
            **kwargs,
        )


@method_decorator(never_cache, name="dispatch")
class TravailView(DetailView):
    queryset = Execution.objects.order_by("pk")
    template_name = "core/travail.html"
    context_object_name = "execution"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        execution: Execution = self.object
        vivante = execution.etat == Execution.Statut.EN_COURS
        duree = timezone.now() - execution.commencee_le if vivante else execution.duree
        return super().get_context_data(reprise=REPRISE if vivante else 0, duree=duree, **kwargs)
