"""The life of a file: its states, and the acts that lead from one to another. The one table, which the database holds
too (`aides_transition`, migration 0009, with the trigger that reads it).

Source: domaine.md §6 (application, then contract): nothing here says how long a step may last.
"""

from dataclasses import dataclass

from django.db import models


class Statut(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    DEPOSEE = "deposee", "Déposée"
    INCOMPLETE = "incomplete", "Incomplète"
    RECEVABLE = "recevable", "Recevable"
    EN_INSTRUCTION = "en_instruction", "En instruction"
    AVIS = "avis", "Avis demandé"
    ACCORDEE = "accordee", "Accordée"
    REFUSEE = "refusee", "Refusée"
    RETIREE = "retiree", "Retirée"
    CADUQUE = "caduque", "Caduque"
    SIGNEE = "signee", "Signée"
    EN_COURS = "en_cours", "En cours"
    SUSPENDUE = "suspendue", "Suspendue"
    A_L_ECHEANCE = "a_l_echeance", "À l'échéance"
    RESILIEE = "resiliee", "Résiliée"
    REMBOURSEMENT_DU = "remboursement_du", "Remboursement dû"
    SOLDEE = "soldee", "Soldée"


class Acteur(models.TextChoices):
    """Who may do an act; the role and the perimeter are checked by `aides.dossiers.droits`."""

    DEMANDEUR = "demandeur", "Demandeur"
    INSTRUCTEUR = "instructeur", "Instructeur"
    VALIDEUR = "valideur", "Valideur"
    SYSTEME = "systeme", "Portail"


class Action(models.TextChoices):
    CREER = "creer", "Ouvrir un brouillon"
    DEPOSER = "deposer", "Déposer"
    DEMANDER_PIECES = "demander_pieces", "Demander une correction"
    COMPLETER = "completer", "Répondre à la demande"
    DECLARER_RECEVABLE = "declarer_recevable", "Déclarer recevable"
    INSTRUIRE = "instruire", "Prendre en instruction"
    DEMANDER_AVIS = "demander_avis", "Demander un avis"
    RENDRE_AVIS = "rendre_avis", "Enregistrer l'avis"
    PROPOSER = "proposer", "Proposer une décision"
    ACCORDER = "accorder", "Accorder"
    REFUSER = "refuser", "Refuser"
    RETIRER = "retirer", "Retirer la demande"
    RENDRE_CADUQUE = "rendre_caduque", "Constater la caducité"
    SIGNER = "signer", "Enregistrer la signature"
    DEMARRER = "demarrer", "Faire commencer le contrat"
    SUSPENDRE = "suspendre", "Suspendre"
    REPRENDRE = "reprendre", "Reprendre"
    TERMINER = "terminer", "Constater l'échéance"
    NOTIFIER_RESILIATION = "notifier_resiliation", "Notifier une résiliation"
    RESILIER = "resilier", "Résilier"
    CONSTATER_REMBOURSEMENT = "constater_remboursement", "Constater un remboursement dû"
    SOLDER = "solder", "Solder"
    MODIFIER = "modifier", "Modifier"
    PAYER = "payer", "Payer une échéance"
    AVENANT = "avenant", "Enregistrer un avenant"
    VERIFIER = "verifier", "Vérifier les pièces"
    AFFECTER = "affecter", "Confier à un collègue"
    NOTER = "noter", "Ajouter une note interne"


@dataclass(frozen=True, slots=True)
class Transition:
    """`sources` lead to `cible` (None: the state does not change). `motif`: a comment is mandatory."""

    sources: frozenset[Statut]
    cible: Statut | None
    acteurs: frozenset[Acteur]
    motif: bool = False


S, A = Statut, Acteur


def _t(sources: list[Statut], cible: Statut | None, *acteurs: Acteur, motif: bool = False) -> Transition:
    return Transition(frozenset(sources), cible, frozenset(acteurs), motif)


OUVERTS = [S.DEPOSEE, S.RECEVABLE, S.EN_INSTRUCTION]
TRANSITIONS: dict[Action, Transition] = {
    Action.DEPOSER: _t([S.BROUILLON], S.DEPOSEE, A.DEMANDEUR),
    Action.DEMANDER_PIECES: _t(OUVERTS, S.INCOMPLETE, A.INSTRUCTEUR, motif=True),
    Action.COMPLETER: _t([S.INCOMPLETE], S.DEPOSEE, A.DEMANDEUR),
    Action.DECLARER_RECEVABLE: _t([S.DEPOSEE], S.RECEVABLE, A.INSTRUCTEUR),
    Action.INSTRUIRE: _t([S.RECEVABLE], S.EN_INSTRUCTION, A.INSTRUCTEUR),
    Action.DEMANDER_AVIS: _t([S.EN_INSTRUCTION], S.AVIS, A.INSTRUCTEUR, motif=True),
    Action.RENDRE_AVIS: _t([S.AVIS], S.EN_INSTRUCTION, A.INSTRUCTEUR, motif=True),
    Action.PROPOSER: _t([S.EN_INSTRUCTION], None, A.INSTRUCTEUR),
    Action.ACCORDER: _t([S.EN_INSTRUCTION], S.ACCORDEE, A.VALIDEUR),
    Action.REFUSER: _t([*OUVERTS], S.REFUSEE, A.VALIDEUR, motif=True),
    Action.RETIRER: _t([S.BROUILLON, *OUVERTS, S.INCOMPLETE, S.AVIS], S.RETIREE, A.DEMANDEUR),
    Action.RENDRE_CADUQUE: _t([S.ACCORDEE, S.INCOMPLETE], S.CADUQUE, A.VALIDEUR, motif=True),
    Action.SIGNER: _t([S.ACCORDEE], S.SIGNEE, A.INSTRUCTEUR),
    Action.DEMARRER: _t([S.SIGNEE], S.EN_COURS, A.INSTRUCTEUR, A.SYSTEME),
    Action.SUSPENDRE: _t([S.EN_COURS], S.SUSPENDUE, A.INSTRUCTEUR, motif=True),
    Action.REPRENDRE: _t([S.SUSPENDUE], S.EN_COURS, A.INSTRUCTEUR),
    Action.TERMINER: _t([S.EN_COURS], S.A_L_ECHEANCE, A.INSTRUCTEUR, A.SYSTEME),
    Action.NOTIFIER_RESILIATION: _t([S.EN_COURS, S.SUSPENDUE], None, A.DEMANDEUR, A.INSTRUCTEUR, motif=True),
    Action.RESILIER: _t([S.SIGNEE, S.EN_COURS, S.SUSPENDUE], S.RESILIEE, A.VALIDEUR, motif=True),
    Action.CONSTATER_REMBOURSEMENT: _t([S.RESILIEE, S.A_L_ECHEANCE], S.REMBOURSEMENT_DU, A.VALIDEUR, motif=True),
    Action.SOLDER: _t([S.RESILIEE, S.A_L_ECHEANCE, S.REMBOURSEMENT_DU], S.SOLDEE, A.INSTRUCTEUR),
    Action.MODIFIER: _t([S.BROUILLON, S.INCOMPLETE], None, A.DEMANDEUR),
    Action.PAYER: _t([S.EN_COURS, S.A_L_ECHEANCE, S.RESILIEE], None, A.INSTRUCTEUR, A.VALIDEUR),
    Action.AVENANT: _t([S.SIGNEE, S.EN_COURS, S.SUSPENDUE], None, A.VALIDEUR, motif=True),
    Action.VERIFIER: _t([*OUVERTS, S.AVIS], None, A.INSTRUCTEUR),
    Action.AFFECTER: _t([*OUVERTS, S.INCOMPLETE, S.AVIS], None, A.INSTRUCTEUR),
    Action.NOTER: _t([etat for etat in S if etat != S.BROUILLON], None, A.INSTRUCTEUR, motif=True),
}
"""CREER has no source: it is the row itself."""

OUVERTES = [S.DEPOSEE.value, S.INCOMPLETE.value, S.RECEVABLE.value, S.EN_INSTRUCTION.value, S.AVIS.value]
"""Deposited and not decided: what the clock runs on."""
FINIS = frozenset({S.REFUSEE, S.RETIREE, S.CADUQUE, S.SOLDEE})
CONTRACTUELS = frozenset({S.SIGNEE, S.EN_COURS, S.SUSPENDUE, S.A_L_ECHEANCE, S.RESILIEE, S.REMBOURSEMENT_DU, S.SOLDEE})


def list_couples() -> frozenset[tuple[str, str]]:
    """The changes of state allowed, (from, to): what the trigger of the database compares with."""
    return frozenset(
        (source.value, transition.cible.value)
        for transition in TRANSITIONS.values()
        if transition.cible is not None
        for source in transition.sources
    )
