"""The one way a file moves: a conditional UPDATE decides between two people, and the act is written with it."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee, explain_base
from aides.dossiers.etats import TRANSITIONS, Acteur, Action, Statut
from aides.dossiers.horloge import compute_a_traiter_le, resume_horloge
from aides.models import ActeDossier, Demande
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from portal.core.outbox import emit, post

SUJET = "aides.dossiers"
"""A file moved: emitted without its key, and a moment later, so that many acts ask for one run."""
ATTENTE = timedelta(seconds=3)


def apply_action(
    demande: Demande,
    action: Action,
    *,
    par: User | None,
    version: int | None = None,
    commentaire: str = "",
    visible: bool = True,
    details: dict[str, Any] | None = None,
    **champs: Any,
) -> ActeDossier:
    """Do one act, with the fields that it writes; `par` None is the portal itself.

    `version`: the one of the form (None: the one of `demande`). `details` holds no personal data. Raises DroitRefuse,
    ActeInvalide (no comment), VersionPerimee (somebody acted since), TransitionImpossible. `demande` is read again.
    """
    transition = TRANSITIONS[action]
    _check_droit(demande, action, par)
    if transition.motif and not commentaire.strip():
        raise ActeInvalide(f"{action.label} : écrivez pourquoi.", {"commentaire": "Ce champ est obligatoire."})
    attendue = demande.version if version is None else version
    source = demande.statut
    cible = transition.cible.value if transition.cible else source
    maintenant = timezone.now()
    valeurs = {"statut": cible, "version": attendue + 1, "modifiee_le": maintenant}
    valeurs |= _run_horloge(demande, action, cible, maintenant, champs) | champs
    try:
        with transaction.atomic(), pghistory.context(acte=action.value):
            if not _lock_lignes(demande, action, attendue).update(**valeurs):
                raise _explain(demande, action, attendue)
            acte = _write_acte(
                demande, action, par, maintenant, source, cible, attendue + 1, commentaire, visible, details
            )
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur
    demande.refresh_from_db()
    return acte


def _lock_lignes(demande: Demande, action: Action, attendue: int) -> QuerySet[Demande]:
    """The row, if nobody acted since: the condition that decides between two people."""
    sources = TRANSITIONS[action].sources
    return Demande.objects.filter(pk=demande.pk, version=attendue, statut=demande.statut, statut__in=sources)


def _run_horloge(
    demande: Demande, action: Action, cible: str, maintenant: datetime, champs: dict[str, Any]
) -> dict[str, Any]:
    """The clock starts at the deposit, stops while the file is incomplete, and starts again."""
    if action is Action.DEPOSER:
        return {"a_traiter_le": compute_a_traiter_le(champs.get("deposee_le") or maintenant, 0)}
    if cible == Statut.INCOMPLETE and demande.statut != Statut.INCOMPLETE:
        return {"incomplete_le": maintenant}
    if demande.statut == Statut.INCOMPLETE and cible != Statut.INCOMPLETE:
        return resume_horloge(demande, le=maintenant)
    return {}


def _write_acte(
    demande: Demande,
    action: Action,
    par: User | None,
    maintenant: datetime,
    source: str,
    cible: str,
    version: int,
    commentaire: str,
    visible: bool,
    details: dict[str, Any] | None,
) -> ActeDossier:
    """The act as its parties read it, its line in the journal, and the intent of telling the applicant."""
    evenement = Evenement.objects.create(
        objet=f"aides.demande:{demande.pk}",
        action=action.value,
        auteur=par,
        survenu_le=maintenant,
        details={
            "de": source,
            "vers": cible,
            "version": version,
            "commentaire_sha256": hashlib.sha256(commentaire.encode()).hexdigest() if commentaire else "",
            **(details or {}),
        },
    )
    acte = ActeDossier.objects.create(
        demande_id=demande.pk,
        action=action.value,
        de_statut=source,
        vers_statut=cible,
        auteur=par,
        survenu_le=maintenant,
        commentaire=commentaire,
        details=details or {},
        version=version,
        visible=visible,
        evenement=evenement,
    )
    if visible and (par is None or par.pk != demande.proprietaire_id):
        post("aides.courriel_dossier", acte.pk)
    emit(SUJET, cle=SUJET, dans=ATTENTE)
    return acte


def _check_droit(demande: Demande, action: Action, par: User | None) -> None:
    if par is None:
        if Acteur.SYSTEME not in TRANSITIONS[action].acteurs:
            raise DroitRefuse(f"{action.label} : cet acte est celui d'une personne.")
        return
    portee = read_portee(par)
    if may_act(action, demande, portee):
        return
    if portee.personne == demande.proprietaire_id:
        raise DroitRefuse("Vous ne pouvez pas instruire votre propre dossier.")
    raise DroitRefuse(f"{action.label} : vous n'avez pas ce droit sur ce dossier.")


def _explain(demande: Demande, action: Action, attendue: int) -> TransitionImpossible | VersionPerimee:
    """Why the UPDATE found nothing: somebody acted since, or the file is not in a state for this act."""
    demande.refresh_from_db()
    if demande.version != attendue:
        depuis = ActeDossier.objects.filter(demande_id=demande.pk, version__gt=attendue).order_by("version")[:20]
        return VersionPerimee(
            f"Ce dossier a changé depuis que vous l'avez ouvert : il est « {demande.get_statut_display()} ». "
            "Relisez ce qui a changé, puis recommencez.",
            list(depuis),
        )
    etats = ", ".join(f"« {Statut(s).label} »" for s in sorted(TRANSITIONS[action].sources))
    return TransitionImpossible(
        f"{action.label} : impossible, ce dossier est « {demande.get_statut_display()} » (il faut : {etats})."
    )
