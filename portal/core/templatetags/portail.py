"""The frame of every page: its header and the parts that never change, rendered once per process."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Paths rather than names: the core knows no app. A path that does not resolve is not shown.
MENU = (
    ("/", "Accueil"),
    ("/aides/verifier/", "Vérifier mes aides"),
    ("/aides/ou-obtenir/", "Où l'obtenir ?"),
    ("/aides/dispositifs/", "Dispositifs d'aide"),
    ("/zones/carte/", "Carte des zones"),
    ("/structures/", "Annuaire"),
    ("/prevention/", "Prévention"),
    ("/chiffres/", "Chiffres"),
    ("/sources/", "Sources et données"),
)


def is_served(chemin: str) -> bool:
    try:
        resolve(chemin)
    except Resolver404:
        return False
    return True


@lru_cache(maxsize=1)
def menu_entries() -> tuple[tuple[str, str], ...]:
    return tuple((chemin, libelle) for chemin, libelle in MENU if is_served(chemin))


def active_entry(chemin: str) -> str:
    """The entry of the menu a path belongs to, or "": one of a few values, so that what is kept is bounded."""
    for entree, _ in menu_entries():
        if chemin == entree or (entree != "/" and chemin.startswith(entree)):
            return entree
    return ""


@lru_cache(maxsize=64)
def fixed_part(nom: str, actif: str, bloc_marque: bool, contact: str) -> SafeString:
    contexte = {"BLOC_MARQUE": bloc_marque, "CONTACT": contact, "menu": menu_entries(), "actif": actif}
    return mark_safe(render_to_string(nom, contexte))  # noqa: S308


@register.simple_tag
def partie_fixe(nom: str) -> SafeString:
    """A template that depends on the settings alone."""
    return fixed_part(nom, "", settings.MAILLAGE_BLOC_MARQUE, settings.MAILLAGE_CONTACT)


@register.simple_tag(takes_context=True)
def entete(context: template.Context) -> SafeString:
    """The header of the page, with the entry of its section marked."""
    request: HttpRequest | None = context.get("request")
    actif = active_entry(request.path) if request else ""
    return fixed_part("layouts/_entete.html", actif, settings.MAILLAGE_BLOC_MARQUE, settings.MAILLAGE_CONTACT)


@register.simple_tag
def lien_si_servi(chemin: str, libelle: str) -> SafeString | str:
    """A link to a page of the portal, or its label alone when this installation does not serve it."""
    return format_html('<a href="{}">{}</a>', chemin, libelle) if is_served(chemin) else libelle


@register.filter
@lru_cache(maxsize=512)
def jour(valeur: date | None) -> str:
    """« 1er décembre 2017 », as French writes it."""
    if valeur is None:
        return ""
    return f"{'1er' if valeur.day == 1 else valeur.day} {format_date(valeur, 'F Y')}"


@register.filter
def duree(valeur: timedelta) -> str:
    """« 0,4 s », « 12 s », « 3 min 5 s »."""
    secondes = max(0.0, valeur.total_seconds())
    if secondes < 10:
        return f"{secondes:.1f}".replace(".", ",") + "\u00a0s"
    minutes, reste = divmod(round(secondes), 60)
    return f"{minutes}\u00a0min {reste}\u00a0s" if minutes else f"{reste}\u00a0s"


@register.filter
def phrase(libelle: str) -> str:
    """A label inside a sentence: « ouverte, ACI signé », but « ACI signé » as it is written."""
    sigle = libelle[:2].isalpha() and libelle[:2].isupper()
    return libelle if sigle else libelle[:1].lower() + libelle[1:]


@register.filter
def nombre(valeur: Decimal) -> str:
    """« 7,8 », « 130 000 »: two decimals at most, none that says nothing."""
    arrondie = round(Decimal(valeur), 2)
    decimales = max(0, -int(arrondie.normalize().as_tuple().exponent))
    return number_format(arrondie, decimal_pos=decimales, force_grouping=True)


@register.filter
def milliers(valeur: int) -> str:
    """« 210 084 », with the narrow space of French figures."""
    return f"{valeur:,}".replace(",", "\u202f")
