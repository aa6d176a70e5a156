"""A document that the holder joins after the signature: the proof of a duty, or of what is declared."""

from typing import Any

from django.db import transaction

from aides.contrats.paiements import lock_contrat
from aides.dossiers.erreurs import ActeInvalide, TransitionImpossible
from aides.models import Contrat, Echeance, Nature, PieceDossier, StatutEcheance
from portal.accounts.models import User
from portal.core.documents import receive_document
from portal.core.models import Evenement

PREUVES_MAX = 200
NATURE = "preuve"


def keep_preuve(contrat: Contrat, fichier: Any, *, par: User, intitule: str) -> PieceDossier:
    """A document of the file, handed in by its holder. In the transaction of the act that it proves."""
    demande = contrat.demande
    if demande.pieces.filter(nature=NATURE, retiree_le=None).count() >= PREUVES_MAX:
        raise ActeInvalide(f"Ce contrat a déjà {PREUVES_MAX} preuves : écrivez à l'administration.")
    document = receive_document(
        fichier,
        proprietaire=par,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
        depose_par=par,
    )
    return PieceDossier.objects.create(demande=demande, document=document, nature=NATURE, intitule=intitule[:200])


@transaction.atomic
def join_preuve(echeance: Echeance, fichier: Any, *, par: User) -> Echeance:
    """The proof of a duty not yet observed; another one takes its place, and the former stays in the file."""
    contrat = lock_contrat(echeance.contrat_id)
    ligne = contrat.echeances.get(pk=echeance.pk, proprietaire=par)
    if ligne.nature != Nature.OBLIGATION:
        raise ActeInvalide("Un versement n'attend pas de preuve.")
    if ligne.statut != StatutEcheance.PREVUE:
        raise TransitionImpossible(
            f"Cet engagement est « {ligne.get_statut_display()} » : il n'attend plus de preuve."
        )
    piece = keep_preuve(contrat, fichier, par=par, intitule=f"Preuve : {ligne.libelle}")
    Echeance.objects.filter(pk=ligne.pk).update(piece=piece, version=ligne.version + 1)
    Evenement.objects.create(
        objet=f"aides.echeance:{ligne.pk}",
        action="joindre_preuve",
        auteur=par,
        details={"contrat": str(contrat.pk), "piece": piece.pk},
    )
    ligne.refresh_from_db()
    return ligne
