"""Days as French writes them."""

from datetime import date

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter
def jour(valeur: date | None) -> str:
    """« 1er janvier 2024 », « 2 janvier 2024 »; nothing for no day."""
    if valeur is None:
        return ""
    texte = date_format(valeur, "j F Y")
    return f"1er {texte.removeprefix('1 ')}" if valeur.day == 1 else texte
