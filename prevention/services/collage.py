"""Actions pasted from a spreadsheet: a verdict for each line, then drafts for those that are taken."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from cpts.erreurs import ActeInvalide
from cpts.models import Cpts
from cpts.services.collage import LigneLue, read_collage, read_jour
from cpts.services.perimetres_rapprochement import Ecrit, match_ecrits
from prevention.enums import Theme
from prevention.models import ActionPrevention
from prevention.services.actions import create_action
from zonage.calculs.noms import cle_tri
from zonage.models import Commune

COLONNES: dict[str, Sequence[str]] = {
    "jour": ("date", "le"),
    "titre": ("action", "intitulé", "libellé"),
    "commune": ("ville", "code insee"),
    "lieu": ("adresse", "salle"),
    "theme": ("thème", "thématique"),
    "publics": ("public", "public visé"),
    "places": ("créneaux", "nombre de places"),
}
THEMES = {cle_tri(texte): code for code, libelle in Theme.choices for texte in (code, str(libelle))}
PLACES_MAX = 100_000


def read_actions(cpts: Cpts, texte: str) -> list[LigneLue]:
    """The lines understood; their communes are matched together, those of the département first."""
    lignes = read_collage(texte, COLONNES)
    ecrits = [
        Ecrit(ligne.numero, ligne.valeurs.get("commune", "")) for ligne in lignes if ligne.valeurs.get("commune")
    ]
    trouves = {t.ecrit.numero: t for t in match_ecrits(ecrits, departements=[cpts.departement_code])}
    codes = {t.code for t in trouves.values() if t.code}
    communes = Commune.objects.filter(pk__in=codes).select_related("departement").in_bulk()
    deja = set(
        ActionPrevention.objects.filter(cpts=cpts).order_by("-jour").values_list("jour", "titre", "commune_id")[:5000]
    )
    for ligne in lignes:
        if not ligne.fautes:
            trouve = trouves.get(ligne.numero)
            commune = communes.get(trouve.code or "") if trouve else None
            _read_ligne(ligne, commune, trouve.message if trouve else "")
        if ligne.acceptee and (cle := _key(ligne.valeurs)) in deja:
            ligne.fautes.append("cette action existe déjà ce jour-là, dans cette commune")
        elif ligne.acceptee:
            deja.add(cle)
    return lignes


def _key(valeurs: dict[str, Any]) -> tuple[Any, ...]:
    return valeurs["jour"], valeurs["titre"], valeurs["commune"].pk


def _read_ligne(ligne: LigneLue, commune: Commune | None, message: str) -> None:
    brutes = ligne.valeurs
    theme = THEMES.get(cle_tri(brutes.get("theme", ""))) or ("" if brutes.get("theme") else Theme.LOCAL.value)
    ligne.valeurs = {
        "titre": brutes.get("titre", ""),
        "lieu": brutes.get("lieu", ""),
        "publics": brutes.get("publics", ""),
        "theme": theme,
        "commune": commune,
    }
    try:
        ligne.valeurs["jour"] = read_jour(brutes.get("jour", ""))
    except ValueError as faute:
        ligne.fautes.append(str(faute))
    else:
        if ligne.valeurs["jour"] is None:
            ligne.fautes.append("jour absent : écrivez 27/09/2026")
    if not ligne.valeurs["titre"] or len(ligne.valeurs["titre"]) > 160:
        ligne.fautes.append("écrivez un titre, de 160 caractères au plus")
    if commune is None:
        ligne.fautes.append(message or "commune inconnue : écrivez son nom ou son code INSEE")
    if not theme:
        ligne.fautes.append(f"thème inconnu : « {brutes['theme'][:30]} »")
    if max(len(ligne.valeurs["lieu"]), len(ligne.valeurs["publics"])) > 200:
        ligne.fautes.append("lieu ou public trop long (200 caractères)")
    _read_places(ligne, brutes.get("places", ""))


def _read_places(ligne: LigneLue, texte: str) -> None:
    if texte and (not texte.isascii() or not texte.isdigit() or int(texte) > PLACES_MAX):
        ligne.fautes.append(f"« {texte[:20]} » n'est pas un nombre de créneaux")
    else:
        ligne.valeurs["places"] = int(texte) if texte else None


def add_actions(cpts: Cpts, lignes: Sequence[LigneLue], *, par: Any) -> int:
    """Drafts for the lines taken, all or none. Returns their number."""
    acceptees = [ligne for ligne in lignes if ligne.acceptee]
    if not acceptees:
        raise ActeInvalide("Aucune ligne n'est acceptée : corrigez-les, puis collez à nouveau.")
    with transaction.atomic():
        for ligne in acceptees:
            create_action(cpts, dict(ligne.valeurs), par=par)
    return len(acceptees)
