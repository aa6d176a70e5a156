"""The acts that the page of a file proposes: the form of each, and the service that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aides.admin.dossiers_formulaires import (
    AccorderForm,
    AvisForm,
    Cadre,
    DossierForm,
    InstructeurForm,
    MotifForm,
    NoteForm,
    PiecesForm,
    PrendreForm,
    ProposerForm,
    RefuserForm,
    RenduForm,
    name_personne,
    read_seuil,
)
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse
from aides.dossiers.etats import Action
from aides.dossiers.instruction import (
    add_note,
    ask_avis,
    ask_pieces,
    assign_demande,
    declare_recevable,
    grant_demande,
    mark_caduque,
    needs_two,
    propose_decision,
    record_avis,
    refuse_demande,
    take_en_charge,
    verify_pieces,
)
from aides.models import ActeDossier, Demande
from aides.regles.montants import format_euros
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Acte:
    """`groupe`: the part of the page that proposes it."""

    libelle: str
    action: Action
    formulaire: type[DossierForm]
    service: Callable[..., ActeDossier]
    groupe: str

    def run(self, demande: Demande, par: User, champs: dict[str, Any]) -> ActeDossier:
        return self.service(demande, par=par, **champs)


@dataclass(frozen=True, slots=True)
class Renvoi:
    """A form sent back with what was typed, and why nothing was written."""

    nom: str
    formulaire: DossierForm
    refus: ActeRefuse

    @property
    def prefixe(self) -> str:
        return read_prefixe(self.nom)


@dataclass(frozen=True, slots=True)
class ActePropose:
    """An act on the page. `ouvert`: its form came back with what was typed."""

    nom: str
    acte: Acte
    libelle: str
    formulaire: DossierForm
    ouvert: bool


def check_only(demande: Demande, *, commentaire: str, **champs: Any) -> ActeDossier:
    """Verdicts alone. A message typed beside would be lost: it is refused instead."""
    if commentaire.strip():
        raise ActeInvalide(
            "Un message est écrit : « Enregistrer la vérification » ne l'envoie pas.",
            {"commentaire": "Demandez une correction pour l'envoyer, ou effacez-le."},
        )
    return verify_pieces(demande, **champs)


ACTES: dict[str, Acte] = {
    "verifier": Acte("Enregistrer la vérification", Action.VERIFIER, PiecesForm, check_only, "pieces"),
    "corriger": Acte("Demander une correction", Action.DEMANDER_PIECES, PiecesForm, ask_pieces, "pieces"),
    "recevable": Acte(
        "Déclarer le dossier recevable", Action.DECLARER_RECEVABLE, PiecesForm, declare_recevable, "pieces"
    ),
    "instruire": Acte("Prendre en instruction", Action.INSTRUIRE, PrendreForm, take_en_charge, "suite"),
    "affecter": Acte("Confier à un collègue", Action.AFFECTER, InstructeurForm, assign_demande, "suite"),
    "avis": Acte("Demander un avis", Action.DEMANDER_AVIS, AvisForm, ask_avis, "suite"),
    "rendre": Acte("Enregistrer l'avis rendu", Action.RENDRE_AVIS, RenduForm, record_avis, "suite"),
    "proposer": Acte("Proposer une décision", Action.PROPOSER, ProposerForm, propose_decision, "decision"),
    "accorder": Acte("Accorder", Action.ACCORDER, AccorderForm, grant_demande, "decision"),
    "refuser": Acte("Refuser", Action.REFUSER, RefuserForm, refuse_demande, "decision"),
    "caducite": Acte("Constater la caducité", Action.RENDRE_CADUQUE, MotifForm, mark_caduque, "decision"),
    "noter": Acte("Ajouter une note interne", Action.NOTER, NoteForm, add_note, "note"),
}


def read_prefixe(nom: str) -> str:
    """The acts on the documents are three buttons of one form."""
    return "pieces" if ACTES[nom].groupe == "pieces" else nom


def list_proposes(groupe: str, cadre: Cadre, actions: list[Action], renvoi: Renvoi | None) -> list[ActePropose]:
    """What this person may do now. An act sent back is shown while it is still possible."""
    proposes = []
    for nom, acte in ACTES.items():
        if acte.groupe != groupe or not is_open(acte, cadre, actions):
            continue
        prefixe = read_prefixe(nom)
        renvoye = renvoi is not None and renvoi.prefixe == prefixe
        formulaire = renvoi.formulaire if renvoi and renvoye else acte.formulaire(cadre=cadre, prefix=prefixe)
        proposes.append(ActePropose(nom, acte, name_acte(acte, cadre.demande), formulaire, renvoye))
    return proposes


def is_open(acte: Acte, cadre: Cadre, actions: list[Action]) -> bool:
    """One's own proposal above the threshold is for somebody else to confirm: the form would only be refused."""
    if acte.action not in actions:
        return False
    return acte.action is not Action.ACCORDER or not waits_for_other(cadre.demande, cadre.moi)


def waits_for_other(demande: Demande, user: User) -> bool:
    return demande.propose_par_id == user.pk and needs_two(demande.montant_propose, read_seuil(demande))


def name_acte(acte: Acte, demande: Demande) -> str:
    """« Confirmer la proposition de … » where somebody proposed."""
    if acte.action is not Action.ACCORDER or demande.propose_par is None:
        return acte.libelle
    montant = f" : {format_euros(demande.montant_propose)}" if demande.montant_propose is not None else ""
    return f"Confirmer la proposition de {name_personne(demande.propose_par)}{montant}"
