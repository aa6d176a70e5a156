"""Members pasted from a spreadsheet, checked line by line before anything is written."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from cpts.enums import Instance
from cpts.erreurs import ActeInvalide
from cpts.models import Cpts, Membre, Praticien
from cpts.services.collage import LigneLue, read_collage, read_jour
from cpts.services.membres import build_periode, cle_nom, list_membres, nom_membre
from cpts.services.missions import check_ecriture
from cpts.services.missions_refus import act, write_evenement
from cpts.sources.rpps import RPPS
from zonage.calculs.noms import cle_tri

COLONNES: dict[str, Sequence[str]] = {
    "nom": ("nom prénom", "nom et prénom", "membre", "professionnel"),
    "profession": ("métier",),
    "rpps": ("numéro rpps", "n° rpps"),
    "debut": ("début", "entrée", "date d'entrée", "adhésion", "depuis"),
    "fin": ("sortie", "date de sortie", "dernier jour"),
    "instance": ("gouvernance",),
    "fonction": ("rôle", "mandat"),
}
INSTANCES = {cle_tri(texte): code for code, libelle in Instance.choices for texte in (code, str(libelle)) if texte}


def read_membres(cpts: Cpts, texte: str, *, au: date) -> list[LigneLue]:
    """`au`: the first day of who has none. A RPPS of the Annuaire santé gives the practitioner."""
    lignes = read_collage(texte, COLONNES)
    rpps = {"".join(ligne.valeurs.get("rpps", "").split()) for ligne in lignes}
    connus = {p.pk: p for p in Praticien.objects.filter(pk__in=sorted(rpps)[:400]).order_by("pk")}
    actuels = list_membres(cpts, au=None)
    praticiens = {membre.praticien_id for membre in actuels if membre.praticien_id}
    noms = {cle_nom(nom_membre(membre)) for membre in actuels if membre.praticien_id is None}
    for ligne in lignes:
        if not ligne.fautes:
            _read_ligne(ligne, au, connus, praticiens, noms)
    return lignes


def _read_ligne(ligne: LigneLue, au: date, connus: dict[str, Praticien], praticiens: set[str], noms: set[str]) -> None:
    brutes = ligne.valeurs
    rpps = "".join(brutes.get("rpps", "").split())
    praticien = connus.get(rpps)
    instance = INSTANCES.get(cle_tri(brutes.get("instance", "")))
    ligne.valeurs = {
        "nom": "" if praticien else brutes.get("nom", ""),
        "profession": brutes.get("profession", ""),
        "fonction": brutes.get("fonction", ""),
        "instance": instance or "",
        "praticien": praticien,
    }
    _read_periode(ligne, brutes, au)
    ligne.note = "praticien de l'annuaire" if praticien else "personne nommée"
    cle = cle_nom(brutes.get("nom", ""))
    if rpps and not RPPS.fullmatch(rpps):
        ligne.fautes.append(f"un RPPS a onze chiffres, celui-ci a {len(rpps)} caractères")
    elif rpps and praticien is None:
        ligne.fautes.append("RPPS absent de l'annuaire santé chargé : corrigez-le, ou laissez la case vide")
    if brutes.get("instance") and instance is None:
        ligne.fautes.append(f"instance inconnue : {', '.join(str(libelle) for libelle in Instance.labels[1:])}")
    if praticien is None and not cle:
        ligne.fautes.append("écrivez un nom ou un RPPS")
    if len(brutes.get("nom", "")) > 160 or any(len(brutes.get(nom, "")) > 60 for nom in ("profession", "fonction")):
        ligne.fautes.append("texte trop long")
    deja = cle in noms if praticien is None else praticien.pk in praticiens
    if deja:
        ligne.fautes.append("déjà membre : modifiez sa période depuis la liste")
    if ligne.acceptee and praticien is not None:
        praticiens.add(praticien.pk)
    elif ligne.acceptee:
        noms.add(cle)


def _read_periode(ligne: LigneLue, brutes: dict[str, Any], au: date) -> None:
    try:
        debut = read_jour(brutes.get("debut", "")) or au
        ligne.valeurs["periode"] = build_periode(debut, read_jour(brutes.get("fin", "")))
    except ValueError as faute:
        ligne.fautes.append(str(faute))
    except ActeInvalide:
        ligne.fautes.append("le dernier jour vient avant le premier")


def add_collage(cpts: Cpts, lignes: Sequence[LigneLue], *, par: Any) -> int:
    """The lines accepted, in one transaction. Returns their number."""
    check_ecriture(par, cpts)
    acceptees = [ligne for ligne in lignes if ligne.acceptee]
    if not acceptees:
        raise ActeInvalide("Aucune ligne n'est acceptée : corrigez-les, puis collez à nouveau.")
    with act():
        ecrits = Membre.objects.bulk_create(Membre(cpts=cpts, **ligne.valeurs) for ligne in acceptees)
        write_evenement(cpts, "membres_ajoutes", par, nombre=len(ecrits))
    return len(ecrits)
