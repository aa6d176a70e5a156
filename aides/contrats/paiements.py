"""Paying a line of a schedule, and recording that a duty was kept: once each, whoever comes second is told."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from aides.contrats.erreurs import explain
from aides.dossiers.actes import apply_action
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Action
from aides.models import Contrat, Demande, Echeance, Nature, PieceDossier, StatutEcheance
from aides.regles.calculs import round_centime
from aides.regles.faits import format_jour
from aides.regles.montants import format_euros
from portal.accounts.models import User
from portal.accounts.portee import read_portee

CLE_MAX = 64


@transaction.atomic
def pay_echeance(
    echeance: Echeance, *, par: User, montant: Decimal | None, le: date, cle: str, version: int | None = None
) -> Echeance:
    """Record a settlement. `montant` None: that of the line. `cle`: one sending, whose second arrival changes nothing.

    Raises VersionPerimee or TransitionImpossible (409) for who comes second, ActeInvalide, DroitRefuse.
    """
    contrat, demande, ligne = lock_echeance(echeance)
    if not may_act(Action.PAYER, demande, read_portee(par)):
        raise DroitRefuse("Payer une échéance : vous n'avez pas ce droit sur ce dossier.")
    if not cle or len(cle) > CLE_MAX:
        raise ActeInvalide("La clé d'envoi manque : rouvrez la page du contrat, puis recommencez.")
    if ligne.cle_paiement == cle:
        return _replay(ligne, montant)
    if Echeance.objects.filter(cle_paiement=cle).exists():
        raise TransitionImpossible("Cette clé d'envoi a déjà servi pour une autre échéance : rouvrez la page.")
    _check_version(ligne, version)
    _check_payable(ligne)
    somme = _check_montant(ligne, montant)
    _check_jour(contrat, le)
    try:
        with transaction.atomic():
            _write_paiement(ligne, par, somme, le, cle)
            details = {"echeance": ligne.pk, "code": ligne.code, "rang": ligne.rang, "montant": f"{somme:.2f}"}
            apply_action(demande, Action.PAYER, par=par, details={**details, "le": le.isoformat(), "cle": cle})
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    ligne.refresh_from_db()
    return ligne


def lock_echeance(echeance: Echeance) -> tuple[Contrat, Demande, Echeance]:
    """The contract first, under its lock: two acts on one contract come one after the other."""
    contrat = lock_contrat(echeance.contrat_id)
    return contrat, contrat.demande, Echeance.objects.get(pk=echeance.pk)


def lock_contrat(cle: UUID) -> Contrat:
    Contrat.objects.select_for_update(no_key=True, of=("self",)).get(pk=cle)
    return Contrat.objects.select_related("demande").get(pk=cle)


def _replay(ligne: Echeance, montant: Decimal | None) -> Echeance:
    if montant is not None and round_centime(montant) != ligne.montant:
        raise TransitionImpossible("Cet envoi a déjà payé l'échéance, pour un autre montant : rouvrez la page.")
    return ligne


def _check_version(ligne: Echeance, version: int | None) -> None:
    if version is not None and version != ligne.version:
        raise VersionPerimee(
            "Cette échéance a changé depuis que vous avez ouvert la page : "
            f"elle est « {ligne.get_statut_display()} ». Relisez le contrat, puis recommencez."
        )


def _check_payable(ligne: Echeance) -> None:
    if ligne.nature != Nature.VERSEMENT:
        raise ActeInvalide("Un engagement ne se paie pas.")
    if ligne.statut not in (StatutEcheance.PREVUE, StatutEcheance.A_PAYER):
        raise TransitionImpossible(f"Cette échéance est « {ligne.get_statut_display()} » : elle ne se paie plus.")


def _check_montant(ligne: Echeance, montant: Decimal | None) -> Decimal:
    somme = ligne.montant if montant is None else montant
    if somme is None:
        raise ActeInvalide("Donnez le montant : il dépend de l'activité.", {"montant": "Ce champ est obligatoire."})
    if somme != round_centime(somme):
        raise ActeInvalide("Un montant s'écrit au centime.", {"montant": "Deux décimales au plus."})
    if somme <= 0:
        raise ActeInvalide("Un versement est plus grand que zéro.", {"montant": "Donnez un montant positif."})
    if ligne.plafond is not None and somme > ligne.plafond:
        phrase = f"Le plafond de cette échéance est de {format_euros(ligne.plafond)}."
        raise ActeInvalide(phrase, {"montant": phrase})
    return somme


def _check_jour(contrat: Contrat, le: date) -> None:
    if le > timezone.localdate():
        raise ActeInvalide("Un versement s'enregistre une fois fait.", {"le": "Ce jour n'est pas encore venu."})
    if le < contrat.date_signature:
        phrase = f"Le contrat est signé du {format_jour(contrat.date_signature)} : le versement le suit."
        raise ActeInvalide(phrase, {"le": phrase})


def _write_paiement(ligne: Echeance, par: User, somme: Decimal, le: date, cle: str) -> None:
    """The condition decides between two settlements; the version grows with it."""
    lignes = Echeance.objects.filter(
        pk=ligne.pk, version=ligne.version, statut__in=[StatutEcheance.PREVUE, StatutEcheance.A_PAYER]
    )
    payee = {"statut": StatutEcheance.PAYEE, "montant": somme, "payee_le": le, "payee_par": par, "cle_paiement": cle}
    if not lignes.update(version=ligne.version + 1, **payee):
        raise TransitionImpossible("Cette échéance vient d'être réglée par quelqu'un d'autre. Relisez le contrat.")


@transaction.atomic
def record_obligation(
    echeance: Echeance,
    *,
    par: User,
    tenue: bool,
    le: date,
    remarque: str = "",
    piece: PieceDossier | None = None,
    version: int | None = None,
) -> Echeance:
    """A duty kept, or not: `remarque` says why it is not.

    `piece`: the proof, a document of the same file; None keeps the one that the holder joined.
    """
    _, demande, ligne = lock_echeance(echeance)
    if not may_act(Action.NOTER, demande, read_portee(par)):
        raise DroitRefuse("Constater un engagement : vous n'avez pas ce droit sur ce dossier.")
    _check_version(ligne, version)
    if ligne.nature != Nature.OBLIGATION:
        raise ActeInvalide("Un versement se paie : il ne se constate pas.")
    if ligne.statut == StatutEcheance.ANNULEE:
        raise TransitionImpossible("Cet engagement est annulé : il n'est plus dû.")
    if not tenue and not remarque.strip():
        raise ActeInvalide("Dites ce qui n'est pas tenu.", {"remarque": "Ce champ est obligatoire."})
    if le > timezone.localdate():
        raise ActeInvalide("Un constat s'enregistre une fois fait.", {"le": "Ce jour n'est pas encore venu."})
    if piece is not None and piece.demande_id != demande.pk:
        raise ActeInvalide("Cette pièce est d'un autre dossier.", {"piece": "Choisissez une pièce de ce dossier."})
    statut = StatutEcheance.TENUE if tenue else StatutEcheance.NON_TENUE
    Echeance.objects.filter(pk=ligne.pk, version=ligne.version).update(
        statut=statut,
        version=ligne.version + 1,
        constatee_le=le,
        constatee_par=par,
        remarque=remarque.strip()[:300],
        piece=piece or ligne.piece,
    )
    details = {"echeance": ligne.pk, "code": ligne.code, "rang": ligne.rang, "tenue": tenue}
    phrase = f"Engagement {'tenu' if tenue else 'non tenu'} : {ligne.libelle}"
    apply_action(demande, Action.NOTER, par=par, commentaire=phrase, details={**details, "le": le.isoformat()})
    ligne.refresh_from_db()
    return ligne


def open_paiements(au: date) -> int:
    """The payments that have fallen due in running contracts become « à payer ». Run again, it changes nothing."""
    dus = Echeance.objects.filter(nature=Nature.VERSEMENT, statut=StatutEcheance.PREVUE, le__lte=au)
    return dus.filter(contrat__demande__statut="en_cours").update(statut=StatutEcheance.A_PAYER)
