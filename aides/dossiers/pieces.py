"""The documents that an applicant joins: freely to a draft, added and never removed after the deposit."""

from django.db import transaction
from django.utils import timezone

from aides.dossiers.actes import apply_action
from aides.dossiers.erreurs import ActeInvalide, TransitionImpossible
from aides.dossiers.etats import Action, Statut
from aides.dossiers.formulaires import list_pieces
from aides.models import Demande, PieceDossier
from aides.regles.dispositifs import Version
from portal.accounts.models import User
from portal.core.models import Document

PIECES_MAX = 20


def hold_sienne(demande: Demande, par: User) -> Demande:
    """The row of this applicant, held until the end of the transaction."""
    return (
        Demande.objects.filter(proprietaire=par)
        .select_related("commune")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=demande.pk)
    )


@transaction.atomic
def join_piece(demande: Demande, *, par: User, document: Document, nature: str, version: Version) -> PieceDossier:
    """A document received (`receive_document`) becomes one of the file, while the applicant may still write in it."""
    tenue = hold_sienne(demande, par)
    if tenue.statut not in (Statut.BROUILLON, Statut.INCOMPLETE):
        raise TransitionImpossible(
            f"Ce dossier est « {tenue.get_statut_display()} » : une pièce s'ajoute tant que le dossier est un "
            "brouillon, ou quand l'administration demande une correction."
        )
    if tenue.pieces.filter(retiree_le=None).count() >= PIECES_MAX:
        raise ActeInvalide(f"Ce dossier a déjà {PIECES_MAX} pièces : retirez-en une, ou réunissez-les en un PDF.")
    intitules = {piece.nature: piece.texte for piece in list_pieces(version)}
    piece = PieceDossier.objects.create(
        demande=tenue,
        document=document,
        nature=nature if nature in intitules else "autre",
        intitule=intitules.get(nature, "Autre pièce")[:200],
    )
    if tenue.statut == Statut.INCOMPLETE:
        apply_action(tenue, Action.MODIFIER, par=par, visible=True, details={"piece": piece.pk})
    return piece


@transaction.atomic
def remove_piece(demande: Demande, *, par: User, piece: int) -> None:
    """From a draft only: after the deposit documents are added, never taken away."""
    tenue = hold_sienne(demande, par)
    if tenue.statut != Statut.BROUILLON:
        raise TransitionImpossible("Une pièce déposée ne se retire plus : ajoutez celle qui la remplace.")
    tenue.pieces.filter(pk=piece, retiree_le=None).update(retiree_le=timezone.now())
