"""The life of an action: a draft, announced, held with its counts, or cancelled. One act, one transaction."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cpts.droits import may_edit, may_edit_structure
from cpts.enums import GenrePreuve
from cpts.models import Cpts, Structure
from cpts.services.missions import add_preuve, remove_preuve
from cpts.services.missions_refus import refuse_nir
from portal.core.models import Evenement
from portal.core.outbox import emit
from prevention.enums import TRANSITIONS_ACTION, StatutAction
from prevention.models import ActionPrevention
from prevention.services.erreurs import (
    CHANGE,
    ActeInvalide,
    DroitRefuse,
    TransitionImpossible,
    VersionPerimee,
    explained,
)

SUJET = "prevention.action"
MODIFIABLES = (StatutAction.BROUILLON, StatutAction.ANNONCEE)
TEXTES = ("titre", "description", "publics", "lieu", "inscription", "moyens", "partenaires", "bilan", "motif")


def may_edit_action(user: Any, action: ActionPrevention) -> bool:
    if action.cpts is not None:
        return may_edit(user, action.cpts)
    return action.structure is not None and may_edit_actions_structure(user, action.structure)


def may_edit_actions_structure(user: Any, structure: Structure) -> bool:
    """Who instructs the structure, and who coordinates the CPTS that it belongs to."""
    return may_edit_structure(user, structure) or (structure.cpts is not None and may_edit(user, structure.cpts))


def create_action(porteur: Cpts | Structure, champs: dict[str, Any], *, par: Any) -> ActionPrevention:
    """A draft, seen by nobody outside. Raises ActeRefuse."""
    sien = {"cpts": porteur} if isinstance(porteur, Cpts) else {"structure": porteur}
    action = ActionPrevention(**sien, cree_par=par, **_locate(champs))
    _check_droit(action, par)
    _check(champs)
    with explained(), transaction.atomic():
        action.save(force_insert=True)
        _log(action, "creation", par)
    return action


def change_action(action: ActionPrevention, champs: dict[str, Any], *, par: Any, version: int) -> ActionPrevention:
    """What is announced may still change: place, hours, slots. What was held is reopened first."""
    if action.statut not in MODIFIABLES:
        raise TransitionImpossible("Une action tenue ou annulée se rouvre avant d'être modifiée.")
    _check(champs)
    return _move(action, "modification", par, version, **_locate(champs))


def announce_action(action: ActionPrevention, *, par: Any, version: int) -> ActionPrevention:
    """To the calendar, public when the action is. It needs a place that somebody can find."""
    if not action.lieu:
        raise ActeInvalide("Dites où l'action a lieu avant de l'annoncer.", {"lieu": "Dites où."})
    return _move(action, "annonce", par, version, statut=StatutAction.ANNONCEE)


def hold_action(
    action: ActionPrevention,
    *,
    participants: int,
    orientes: int | None,
    bilan: str,
    par: Any,
    version: int,
    au: date,
) -> ActionPrevention:
    """Close it with its counts: it becomes a proof of its mission, and its figures are counted."""
    if action.jour > au:
        raise ActeInvalide(f"Cette action a lieu le {action.jour:%d/%m/%Y} : elle n'est pas encore tenue.")
    refuse_nir(bilan=bilan)
    return _move(
        action,
        "tenue",
        par,
        version,
        statut=StatutAction.TENUE,
        participants=participants,
        orientes=orientes,
        bilan=bilan,
    )


def reopen_action(action: ActionPrevention, *, par: Any, version: int) -> ActionPrevention:
    """Back to announced: its counts and its proof step back with it."""
    return _move(
        action, "reouverture", par, version, statut=StatutAction.ANNONCEE, participants=None, orientes=None, motif=""
    )


def cancel_action(action: ActionPrevention, *, motif: str, par: Any, version: int) -> ActionPrevention:
    """The calendar says so: whoever had noted it must know."""
    if not motif.strip():
        raise ActeInvalide("Dites pourquoi l'action est annulée.", {"motif": "Dites pourquoi."})
    refuse_nir(motif=motif)
    return _move(action, "annulation", par, version, statut=StatutAction.ANNULEE, motif=motif.strip()[:300])


def delete_brouillon(action: ActionPrevention, *, par: Any) -> None:
    _check_droit(action, par)
    with explained(), transaction.atomic():
        _log(action, "suppression", par)
        action.delete()


def list_suites(action: ActionPrevention) -> tuple[StatutAction, ...]:
    return TRANSITIONS_ACTION[StatutAction(action.statut)]


def _move(action: ActionPrevention, acte: str, par: Any, version: int, **champs: Any) -> ActionPrevention:
    """A conditional update decides between two people."""
    _check_droit(action, par)
    cible = champs.get("statut")
    if cible is not None and cible not in list_suites(action):
        raise TransitionImpossible(
            f"Cette action est « {action.get_statut_display().lower()} » : l'acte n'est plus possible."
        )
    with explained(), transaction.atomic():
        tenue = ActionPrevention.objects.filter(pk=action.pk, version=version, statut=action.statut)
        if not tenue.update(version=F("version") + 1, **champs):
            raise VersionPerimee(CHANGE)
        action.refresh_from_db()
        refresh_preuve(action, par=par)
        _log(action, acte, par)
    return action


def refresh_preuve(action: ActionPrevention, *, par: Any) -> None:
    """An action that is held, and serves a mission, is one of its proofs; else it is none. Inside a transaction."""
    if action.statut == StatutAction.TENUE and action.mission is not None:
        add_preuve(
            action.mission,
            genre=GenrePreuve.ACTION,
            libelle=f"{action.titre} : {action.participants} participants",
            jour=action.jour,
            objet=action.objet,
            par=par,
        )
    else:
        remove_preuve(action.objet, par=par)


def _locate(champs: dict[str, Any]) -> dict[str, Any]:
    commune = champs["commune"]
    return {
        **champs,
        "departement_code": commune.departement_id,
        "region_code": commune.departement.region_id,
    }


def _check(champs: dict[str, Any]) -> None:
    refuse_nir(**{nom: champs[nom] for nom in TEXTES if champs.get(nom)})
    debut, fin = champs.get("debut"), champs.get("fin")
    if debut and fin and fin <= debut:
        raise ActeInvalide("L'heure de fin précède celle du début.", {"fin": "Écrivez une heure après le début."})


def _check_droit(action: ActionPrevention, par: Any) -> None:
    if not may_edit_action(par, action):
        raise DroitRefuse("Ces actions sont ouvertes en lecture : demandez à la coordination de la CPTS, ou à l'ARS.")


def _log(action: ActionPrevention, acte: str, par: Any) -> None:
    details = {
        "statut": action.statut,
        "jour": action.jour.isoformat(),
        "cpts": action.cpts_id or "",
        "structure": action.structure_id or "",
    }
    Evenement.objects.create(objet=action.objet, action=acte, auteur=par, details=details, survenu_le=timezone.now())
    emit(SUJET, action.pk, cle=f"action:{action.pk}")
