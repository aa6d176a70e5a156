"""The proof of a verdict as HTML: a flat list, each criterion with its sign, what was found and its text of law."""

from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from aides.regles.conditions import Condition, Etat, LignePreuve, Preuve
from aides.regles.dispositifs import Version
from aides.regles.faits import format_jour
from aides.regles.references import Reference

PROFONDEUR_MAX = 4
SIGNES = {
    Etat.SATISFAIT: ("✓", "oui", "Rempli"),
    Etat.NON_SATISFAIT: ("✗", "non", "Non rempli"),
    Etat.INCONNU: ("?", "inconnu", "À préciser"),
}


def render_preuve(preuve: Preuve) -> SafeString:
    """Built in Python rather than by one template include a criterion: a tenth of the time (docs/adr/0040)."""
    lignes = list(preuve.lignes())
    if len(lignes) > 1:
        lignes = lignes[1:]
    return mark_safe('<ul class="m-preuve">' + "".join([render_ligne(ligne) for ligne in lignes]) + "</ul>")  # noqa: S308


def render_ligne(ligne: LignePreuve) -> str:
    signe, classe, mot = SIGNES[ligne.etat]
    niveau = min(max(ligne.profondeur - 1, 0), PROFONDEUR_MAX)
    constat = "" if not ligne.constat else f' <span class="m-constat">{escape(ligne.constat)}</span>'
    return (
        f'<li class="n{niveau}"><span class="m-signe m-signe--{classe}" aria-hidden="true">{signe}</span>'
        f'<span class="m-cache">{mot} : </span>{escape(ligne.libelle)}{constat}'
        f"{render_reference(ligne.reference)}</li>"
    )


@lru_cache(maxsize=1024)
def render_reference(reference: Reference | None) -> str:
    if reference is None:
        return ""
    texte: str = escape(reference.texte)
    if reference.lien:
        ouverture = f'<a href="{escape(reference.lien)}" rel="noopener external" target="_blank"'
        texte = f'{ouverture} title="{texte}, nouvelle fenêtre">{texte}</a>'
    relu = f", relu le {format_jour(reference.verifie_le)}" if reference.verifie_le else ", non vérifié"
    return f"<cite>{texte}{relu}</cite>"


def render_conditions(version: Version) -> SafeString:
    """The tree alone, before anybody's facts: each criterion and its text of law."""
    racine = version.conditions
    branches = racine.branches or (racine,)
    lignes = "".join([render_condition(branche, 0) for branche in branches])
    return mark_safe(f'<ul class="m-preuve">{lignes}</ul>')  # noqa: S308


def render_condition(condition: Condition, niveau: int) -> str:
    ligne = (
        f'<li class="n{min(niveau, PROFONDEUR_MAX)}"><span class="m-signe" aria-hidden="true">•</span>'
        f"{escape(condition.libelle)}{render_reference(condition.reference)}</li>"
    )
    return ligne + "".join([render_condition(branche, niveau + 1) for branche in condition.branches])
