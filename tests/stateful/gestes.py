"""Each act of the model, done by the service that the pages call."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from aides.contrats.avenants import add_avenant
from aides.contrats.fin import (
    cancel_echeances,
    claim_remboursement,
    close_contrat,
    notify_resiliation,
    record_remboursement,
    resume_contrat,
    suspend_contrat,
    terminate_contrat,
)
from aides.contrats.paiements import pay_echeance, record_obligation
from aides.contrats.signature import sign_contrat
from aides.dossiers import instruction
from aides.dossiers.actes import apply_action
from aides.dossiers.depot import complete_demande, read_version, retire_demande, submit_demande
from aides.dossiers.etats import Action
from aides.dossiers.formulaires import list_attestations, list_pieces
from aides.models import Contrat, Demande, Echeance
from portal.accounts.models import User
from tests.aides.contrats_essai import new_cle
from tests.profils import JEUNE_GENERALISTE
from tests.stateful.modele import SUR_CONTRAT, Acte
from zonage.models import ZoneCommune

JOUR = date(2025, 6, 2)
COMMUNE = "71333"
ETUDIANT = {"profession": "medecin", "statut": "etudiant"}


def open_file(user: User, dispositif: str, cle: str) -> Demande:
    """A draft with everything that its deposit asks for, without any document."""
    demande = Demande(
        proprietaire=user,
        region_code="27",
        departement_code="71",
        guichet="cpam" if dispositif == "cesp" else "ars",
        cle=cle,
        dispositif=dispositif,
        dispositif_version="2025",
        profession="medecin",
        commune_id=COMMUNE,
        faits=JEUNE_GENERALISTE if dispositif == "caim" else ETUDIANT,
        coordonnees={"nom": "Essai", "prenom": "Camille", "courriel": "c@exemple.fr", "adresse": "1 rue de l'Essai"},
        zone_niveau="zip",
        zone_arrete=ZoneCommune.objects.values_list("arrete", flat=True).get(commune=COMMUNE, profession="medecin"),
    )
    version = read_version(demande, au=JOUR)
    demande.declarations = {
        "sans_objet": {piece.nature: "Déjà donné dans les coordonnées." for piece in list_pieces(version)},
        "attestations": list(list_attestations(version)),
    }
    demande.save(force_insert=True)
    return demande


def do(acte: Acte, demande: Demande, par: User, collegue: User, ligne: int | None) -> Any:
    """Raises ActeRefuse, or Demande.DoesNotExist when an applicant acts on the file of somebody else (a 404)."""
    if acte.nom in SUR_CONTRAT:
        contrat = Contrat.objects.select_related("demande").get(demande=demande)
        return CONTRATS[acte.nom](contrat, acte, par, ligne, demande.version - acte.perime)
    commun: dict[str, Any] = {"par": par, "version": demande.version - acte.perime}
    return DOSSIERS[acte.nom](demande, acte, commun, collegue)


def say(acte: Acte) -> str:
    return "" if acte.muet else "Parce que."


DOSSIERS: dict[str, Callable[[Demande, Acte, dict[str, Any], User], Any]] = {
    "deposer": lambda d, a, c, _: file(d, c),
    "demander_pieces": lambda d, a, c, _: instruction.ask_pieces(d, commentaire=say(a), **c),
    "completer": lambda d, a, c, _: complete_demande(d, commentaire=say(a), **c),
    "declarer_recevable": lambda d, a, c, _: instruction.declare_recevable(d, **c),
    "instruire": lambda d, a, c, _: instruction.take_en_charge(d, **c),
    "demander_avis": lambda d, a, c, _: instruction.ask_avis(d, organisme="urps", commentaire=say(a), **c),
    "rendre_avis": lambda d, a, c, _: instruction.record_avis(d, sens="favorable", commentaire=say(a), **c),
    "proposer": lambda d, a, c, _: instruction.propose_decision(d, montant=a.montant, **c),
    "accorder": lambda d, a, c, _: instruction.grant_demande(d, montant=a.montant, **c),
    "refuser": lambda d, a, c, _: instruction.refuse_demande(d, motif=say(a), voies_recours="Voies d'essai.", **c),
    "retirer": lambda d, a, c, _: retire_demande(d, **c),
    "rendre_caduque": lambda d, a, c, _: instruction.mark_caduque(d, commentaire=say(a), **c),
    "noter": lambda d, a, c, _: instruction.add_note(d, commentaire=say(a), **c),
    "affecter": lambda d, a, c, autre: instruction.assign_demande(d, instructeur=autre, **c),
    "signer": lambda d, a, c, _: sign_contrat(
        d, date_signature=a.signature or JOUR, date_effet=a.effet or JOUR, terme=compute_terme(d, a), **c
    ),
}


def file(demande: Demande, commun: dict[str, Any]) -> Any:
    """By the rule for a CAIM; a CESP skips the rule, as `tests.aides.dossiers_essai` does."""
    if demande.dispositif == "caim":
        return submit_demande(demande, **commun)
    if demande.proprietaire_id != commun["par"].pk:
        raise Demande.DoesNotExist
    return apply_action(
        demande,
        Action.DEPOSER,
        **commun,
        numero=f"27-2025-9{int(demande.cle[4:]):05d}",
        deposee_le=timezone.now(),
        preuve="{}",
        preuve_empreinte="0" * 64,
    )


def compute_terme(demande: Demande, acte: Acte) -> date | None:
    return (acte.effet or JOUR) + timedelta(days=120) if demande.dispositif == "cesp" else None


def pay(contrat: Contrat, acte: Acte, par: User, ligne: int | None, _: int) -> Any:
    echeance = Echeance.objects.get(pk=ligne)
    return pay_echeance(echeance, par=par, montant=acte.montant, le=acte.le or JOUR, cle=new_cle())


def observe(contrat: Contrat, acte: Acte, par: User, ligne: int | None, _: int) -> Any:
    return record_obligation(Echeance.objects.get(pk=ligne), par=par, tenue=True, le=acte.le or JOUR)


def amend(contrat: Contrat, acte: Acte, par: User, _: int | None, version: int) -> Any:
    jour = acte.le or JOUR
    faits = {"jours_semaine": "3"}
    return add_avenant(
        contrat, par=par, objet=say(acte), date_signature=jour, date_effet=jour, faits=faits, version=version
    )


def notify(contrat: Contrat, acte: Acte, par: User, _: int | None, version: int) -> Any:
    return notify_resiliation(
        contrat,
        par=par,
        initiateur=acte.initiateur,
        notifiee_le=acte.le or JOUR,
        commentaire=say(acte),
        version=version,
    )


CONTRATS: dict[str, Callable[[Contrat, Acte, User, int | None, int], Any]] = {
    "suspendre": lambda c, a, p, _, v: suspend_contrat(c, par=p, commentaire=say(a), version=v),
    "reprendre": lambda c, a, p, _, v: resume_contrat(c, par=p, version=v),
    "notifier": notify,
    "resilier": lambda c, a, p, _, v: terminate_contrat(c, par=p, commentaire=say(a), version=v),
    "constater": lambda c, a, p, _, v: claim_remboursement(
        c, par=p, commentaire=say(a), montant=a.montant or Decimal(0), version=v
    ),
    "rembourser": lambda c, a, p, _, v: record_remboursement(
        c, par=p, montant=a.montant or Decimal(0), le=a.le or JOUR, version=v
    ),
    "annuler": lambda c, a, p, _, v: cancel_echeances(c, par=p, commentaire=say(a), version=v),
    "solder": lambda c, a, p, _, v: close_contrat(c, par=p, commentaire=say(a), version=v),
    "payer": pay,
    "observer": observe,
    "avenant": amend,
}
