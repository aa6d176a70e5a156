"""The acts of the agents on a file: one transaction, one act, one line of the journal, one intent of a message each.

Every one takes the `version` of the form (None: that of `demande`) and raises ActeRefuse: nothing is then written.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from aides.contrats.budget import release, reserve
from aides.courriers.contenus import find_modele
from aides.courriers.emission import issue_courrier
from aides.dossiers.actes import apply_action
from aides.dossiers.collegues import list_collegues
from aides.dossiers.droits import GUICHET_CPAM, may_act
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, explain_base
from aides.dossiers.etats import Action, Statut
from aides.dossiers.horloge import resume_horloge
from aides.models import ActeDossier, Demande, PieceDossier, TypeCourrier
from aides.regles.montants import format_euros
from portal.accounts.models import User
from portal.accounts.portee import read_portee

__all__ = [
    "add_note",
    "ask_avis",
    "ask_pieces",
    "assign_demande",
    "declare_recevable",
    "find_recours",
    "grant_demande",
    "mark_caduque",
    "propose_decision",
    "record_avis",
    "refuse_demande",
    "resume_horloge",
    "take_en_charge",
    "verify_pieces",
]

ORGANISMES = {
    "urps": "URPS de la profession",
    "ordre": "Conseil de l'ordre",
    "cpam": "CPAM",
    "ars": "ARS",
    "delegation": "Délégation départementale de l'ARS",
    "cpts": "CPTS",
    "collectivite": "Collectivité",
    "autre": "Autre",
}
SENS = {
    "favorable": "Favorable",
    "reserve": "Favorable avec réserve",
    "defavorable": "Défavorable",
    "sans": "Sans avis",
}
VERDICTS = {"": "À vérifier", "conforme": "Conforme", "refusee": "À remplacer"}

Verdicts = Mapping[int, tuple[str, str]]
"""By piece: the verdict and its remark."""


@transaction.atomic
def verify_pieces(demande: Demande, *, par: User, verdicts: Verdicts, version: int | None = None) -> ActeDossier:
    """Say of each document whether it is what was asked, without moving the file."""
    details = _write_verdicts(demande, verdicts)
    return apply_action(demande, Action.VERIFIER, par=par, version=version, visible=False, details=details)


@transaction.atomic
def ask_pieces(
    demande: Demande, *, par: User, commentaire: str, verdicts: Verdicts | None = None, version: int | None = None
) -> ActeDossier:
    """Send the file back to the applicant: the clock stops until the answer."""
    details = _write_verdicts(demande, verdicts or {})
    acte = apply_action(
        demande, Action.DEMANDER_PIECES, par=par, version=version, commentaire=commentaire, details=details
    )
    issue_courrier(demande, TypeCourrier.CORRECTION, par=par, donnees={"texte": commentaire}, acte=acte)
    return acte


@transaction.atomic
def declare_recevable(
    demande: Demande, *, par: User, commentaire: str = "", verdicts: Verdicts | None = None, version: int | None = None
) -> ActeDossier:
    """Everything asked is there. Raises ActeInvalide while a document is to be replaced."""
    details = _write_verdicts(demande, verdicts or {})
    if demande.pieces.filter(retiree_le=None, verdict="refusee").exists():
        raise ActeInvalide("Une pièce est « À remplacer » : demandez une correction, ou changez sa vérification.")
    return apply_action(
        demande, Action.DECLARER_RECEVABLE, par=par, version=version, commentaire=commentaire, details=details
    )


def take_en_charge(
    demande: Demande, *, par: User, instructeur: User | None = None, commentaire: str = "", version: int | None = None
) -> ActeDossier:
    """Begin the instruction, oneself or by a colleague of the same perimeter."""
    qui = instructeur or par
    if qui.pk != par.pk:
        _check_collegue(demande, qui)
    return apply_action(
        demande, Action.INSTRUIRE, par=par, version=version, commentaire=commentaire, instructeur_id=qui.pk
    )


def assign_demande(
    demande: Demande, *, par: User, instructeur: User, commentaire: str = "", version: int | None = None
) -> ActeDossier:
    """Hand the file over, whatever its state before the decision."""
    _check_collegue(demande, instructeur)
    return apply_action(
        demande,
        Action.AFFECTER,
        par=par,
        version=version,
        commentaire=commentaire,
        visible=False,
        details={"instructeur": instructeur.pk},
        instructeur_id=instructeur.pk,
    )


def ask_avis(
    demande: Demande, *, par: User, organisme: str, commentaire: str, version: int | None = None
) -> ActeDossier:
    """`commentaire`: on what. Between agents."""
    if organisme not in ORGANISMES:
        raise ActeInvalide("Choisissez à qui l'avis est demandé.", {"organisme": "Choisissez dans la liste."})
    return apply_action(
        demande,
        Action.DEMANDER_AVIS,
        par=par,
        version=version,
        commentaire=commentaire,
        visible=False,
        details={"organisme": organisme},
    )


def record_avis(
    demande: Demande, *, par: User, sens: str, commentaire: str, version: int | None = None
) -> ActeDossier:
    """What the body consulted answered, in its words."""
    if sens not in SENS:
        raise ActeInvalide("Choisissez le sens de l'avis.", {"sens": "Choisissez dans la liste."})
    return apply_action(
        demande,
        Action.RENDRE_AVIS,
        par=par,
        version=version,
        commentaire=commentaire,
        visible=False,
        details={"sens": sens},
    )


def add_note(demande: Demande, *, par: User, commentaire: str, version: int | None = None) -> ActeDossier:
    """A note between agents, never shown to the applicant."""
    return apply_action(demande, Action.NOTER, par=par, version=version, commentaire=commentaire, visible=False)


def propose_decision(
    demande: Demande, *, par: User, montant: Decimal | None, commentaire: str = "", version: int | None = None
) -> ActeDossier:
    """An amount for somebody else to decide. The threshold of the day is kept with the proposal."""
    _check_montant(demande, montant)
    return apply_action(
        demande,
        Action.PROPOSER,
        par=par,
        version=version,
        commentaire=commentaire,
        visible=False,
        details={"montant": _dump(montant)},
        propose_par_id=par.pk,
        propose_le=timezone.now(),
        montant_propose=montant,
        seuil=Decimal(settings.MAILLAGE_SEUIL_DEUX_PERSONNES),
    )


@transaction.atomic
def grant_demande(
    demande: Demande,
    *,
    par: User,
    montant: Decimal | None,
    commentaire: str = "",
    decision_le: date | None = None,
    version: int | None = None,
) -> ActeDossier:
    """The decision, and its money taken from the envelope. Raises EnveloppeEpuisee, DroitRefuse (one's proposal)."""
    _check_montant(demande, montant)
    seuil = demande.seuil if demande.seuil is not None else Decimal(settings.MAILLAGE_SEUIL_DEUX_PERSONNES)
    if needs_two(montant, seuil):
        _check_two(demande, par, seuil)
    jour = _check_jour(demande, decision_le)
    _check_droit(demande, Action.ACCORDER, par)
    try:
        with transaction.atomic():
            enveloppe = reserve(demande, montant, jour=jour)
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur
    acte = apply_action(
        demande,
        Action.ACCORDER,
        par=par,
        version=version,
        commentaire=commentaire,
        details={"montant": _dump(montant)},
        decide_par_id=par.pk,
        decision_le=jour,
        montant_accorde=montant,
        seuil=seuil,
        enveloppe_id=enveloppe.pk if enveloppe else None,
    )
    issue_courrier(demande, TypeCourrier.DECISION, par=par, donnees={"texte": commentaire}, acte=acte)
    return acte


@transaction.atomic
def refuse_demande(
    demande: Demande,
    *,
    par: User,
    motif: str,
    voies_recours: str = "",
    decision_le: date | None = None,
    version: int | None = None,
) -> ActeDossier:
    """A refusal says why, and how to contest it: the text of the région when none is given (docs/adr/0134)."""
    jour = _check_jour(demande, decision_le)
    recours = voies_recours.strip() or find_recours(demande.region_code, au=jour, guichet=demande.guichet)
    erreurs = {}
    if not motif.strip():
        erreurs["motif"] = "Écrivez pourquoi la demande est refusée."
    if not recours:
        erreurs["voies_recours"] = (
            "Écrivez les voies et délais de recours : la région n'a pas encore de modèle de courrier de refus."
        )
    if erreurs:
        raise ActeInvalide("Un refus porte son motif et les voies de recours.", erreurs)
    acte = apply_action(
        demande,
        Action.REFUSER,
        par=par,
        version=version,
        commentaire=motif,
        decide_par_id=par.pk,
        decision_le=jour,
        motif=motif.strip(),
        voies_recours=recours,
    )
    issue_courrier(demande, TypeCourrier.REFUS, par=par, acte=acte)
    return acte


@transaction.atomic
def mark_caduque(demande: Demande, *, par: User, commentaire: str, version: int | None = None) -> ActeDossier:
    """Granted and never signed, or never completed: what was set aside is given back."""
    if demande.statut == Statut.ACCORDEE:
        _check_droit(demande, Action.RENDRE_CADUQUE, par)
        release(demande)
    return apply_action(demande, Action.RENDRE_CADUQUE, par=par, version=version, commentaire=commentaire)


def find_recours(region_code: str, *, au: date, guichet: str = "ars") -> str:
    """The remedies that the région writes in its refusals on that day; empty when it wrote none."""
    modele = find_modele(region_code, guichet, TypeCourrier.REFUS, au=au)
    return modele.recours.strip() if modele else ""


def needs_two(montant: Decimal | None, seuil: Decimal) -> bool:
    """Two persons decide above the threshold; an amount not known yet is above it."""
    return montant is None or montant > seuil


def list_affectables(demande: Demande) -> list[User]:
    """Who may instruct this file.

    The filter says what `aides.dossiers.droits.list_acteurs` says of an instructor; a test holds them together.
    """
    return list_collegues(
        regions=[demande.region_code],
        departements=[demande.departement_code],
        sauf=demande.proprietaire_id,
        cpam=demande.guichet == GUICHET_CPAM,
    )


def _check_collegue(demande: Demande, user: User) -> None:
    if not user.is_active or not may_act(Action.INSTRUIRE, demande, read_portee(user)):
        raise ActeInvalide(
            "Cette personne ne peut pas instruire ce dossier : choisissez un agent de ce territoire.",
            {"instructeur": "Choisissez dans la liste."},
        )


def _check_droit(demande: Demande, action: Action, par: User) -> None:
    """Before anything of the envelope is touched or told."""
    if not may_act(action, demande, read_portee(par)):
        raise DroitRefuse(f"{action.label} : vous n'avez pas ce droit sur ce dossier.")


def _check_two(demande: Demande, par: User, seuil: Decimal) -> None:
    if demande.propose_par_id is None:
        raise ActeInvalide(
            f"Au-dessus de {format_euros(seuil)}, une personne propose et une autre décide : "
            "proposez d'abord une décision, un autre valideur l'accordera."
        )
    if demande.propose_par_id == par.pk:
        raise DroitRefuse(
            f"Vous avez proposé cette décision : au-dessus de {format_euros(seuil)}, un autre valideur décide."
        )


def _check_montant(demande: Demande, montant: Decimal | None) -> None:
    minimum, maximum = demande.montant_minimum, demande.montant_maximum
    if montant is None:
        if maximum is not None:
            raise ActeInvalide("Donnez le montant.", {"montant": "Donnez le montant en euros."})
        return
    if montant < (minimum or 0) or (maximum is not None and montant > maximum):
        bornes = format_euros(minimum or Decimal(0)), format_euros(maximum) if maximum is not None else ""
        dit = f"entre {bornes[0]} et {bornes[1]}" if maximum is not None else f"d'au moins {bornes[0]}"
        raise ActeInvalide(
            f"Le montant doit être {dit}, d'après la preuve figée au dépôt. Pour changer ces bornes, demandez une "
            "correction au demandeur.",
            {"montant": f"Donnez un montant {dit}."},
        )


def _check_jour(demande: Demande, jour: date | None) -> date:
    aujourd_hui = timezone.localdate()
    retenu = jour or aujourd_hui
    if retenu > aujourd_hui:
        raise ActeInvalide("Une décision n'est pas datée d'un jour à venir.", {"decision_le": "Donnez un jour passé."})
    if demande.deposee_le is not None and retenu < timezone.localdate(demande.deposee_le):
        raise ActeInvalide(
            "Une décision ne précède pas le dépôt de la demande.", {"decision_le": "Donnez un jour après le dépôt."}
        )
    return retenu


def _write_verdicts(demande: Demande, verdicts: Verdicts) -> dict[str, int]:
    """Only the documents of the file that changed. Returns how many of each, for the journal."""
    if inconnus := {verdict for verdict, _ in verdicts.values()} - VERDICTS.keys():
        raise ActeInvalide(f"Vérification inconnue : {', '.join(sorted(inconnus))[:80]}.")
    changees = []
    for piece in demande.pieces.filter(retiree_le=None, pk__in=list(verdicts)).order_by("pk"):
        verdict, remarque = verdicts[piece.pk]
        if (piece.verdict, piece.remarque) != (verdict, remarque[:300]):
            piece.verdict, piece.remarque = verdict, remarque[:300]
            changees.append(piece)
    PieceDossier.objects.bulk_update(changees, ["verdict", "remarque"])
    return {"pieces_verifiees": len(changees)} if changees else {}


def _dump(montant: Decimal | None) -> str:
    return "" if montant is None else f"{montant:.2f}"
