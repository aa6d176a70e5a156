"""The rows of a dashboard, kept as long as they say the same: figures change once a night, pages are read all day."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.pilotage.tableaux import Ligne

RANGEES_MAX = 4096
"""About a kilobyte each: the whole dashboards of thirty territories."""
register = template.Library()


@register.simple_tag
def rangee(ligne: Ligne, recu: tuple[str, str], a_objectifs: bool, a_passe: bool) -> SafeString:
    return render_rangee(ligne, recu, a_objectifs, a_passe)


@lru_cache(maxsize=RANGEES_MAX)
def render_rangee(ligne: Ligne, recu: tuple[str, str], a_objectifs: bool, a_passe: bool) -> SafeString:
    """`recu`: the address of its receipt, before and after the code. Nothing but what is given here is written."""
    contexte = {"ligne": ligne, "recu": recu, "a_objectifs": a_objectifs, "a_passe": a_passe}
    return render_to_string("pilotage/_rangee.html", contexte)
