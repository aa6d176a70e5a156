from typing import Any

from django.views.generic import TemplateView

from aides.regles.faits import FAITS


class AccueilView(TemplateView):
    """One screen: what the portal does, and the start of the check."""

    template_name = "aides/accueil.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(professions=FAITS["profession"].choix, **kwargs)
