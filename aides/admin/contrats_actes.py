"""The acts that the page of a contract proposes: the form of each, and the service that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from aides.admin.contrats_formulaires import (
    AvenantForm,
    MotifForm,
    NotificationForm,
    RecuForm,
    RemboursementForm,
    RenouvellementForm,
    ReprendreForm,
)
from aides.contrats.avenants import add_avenant, renew_contrat
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
from aides.dossiers.etats import Action, Statut
from aides.models import Contrat
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Acte:
    """`action`: what the person must be allowed to do; `etats`: where it is proposed (None: wherever the act is)."""

    libelle: str
    action: Action
    formulaire: type[forms.Form]
    service: Callable[..., Any]
    etats: frozenset[Statut] | None = None

    def run(self, contrat: Contrat, par: User, champs: dict[str, Any]) -> None:
        self.service(contrat, par=par, **champs)


def run_avenant(contrat: Contrat, *, par: User, fait: str, valeur: str, **champs: Any) -> None:
    add_avenant(contrat, par=par, faits={fait: valeur}, **champs)


FINIS = frozenset({Statut.RESILIEE, Statut.A_L_ECHEANCE})
ACTES: dict[str, Acte] = {
    "suspendre": Acte("Suspendre", Action.SUSPENDRE, MotifForm, suspend_contrat),
    "reprendre": Acte("Reprendre", Action.REPRENDRE, ReprendreForm, resume_contrat),
    "avenant": Acte("Enregistrer un avenant", Action.AVENANT, AvenantForm, run_avenant),
    "renouveler": Acte("Renouveler", Action.AVENANT, RenouvellementForm, renew_contrat),
    "notifier": Acte(
        "Enregistrer une résiliation notifiée", Action.NOTIFIER_RESILIATION, NotificationForm, notify_resiliation
    ),
    "resilier": Acte("Résilier", Action.RESILIER, MotifForm, terminate_contrat),
    "annuler": Acte("Annuler les versements restés ouverts", Action.NOTER, MotifForm, cancel_echeances, FINIS),
    "constater": Acte(
        "Constater un remboursement dû", Action.CONSTATER_REMBOURSEMENT, RemboursementForm, claim_remboursement
    ),
    "rembourser": Acte(
        "Enregistrer un remboursement reçu",
        Action.NOTER,
        RecuForm,
        record_remboursement,
        frozenset({Statut.REMBOURSEMENT_DU}),
    ),
    "solder": Acte("Solder", Action.SOLDER, ReprendreForm, close_contrat),
}


def list_actes(
    contrat: Contrat, actions: list[Action], lies: dict[str, forms.Form]
) -> list[tuple[str, Acte, forms.Form, bool]]:
    """What this person may do in this state: name, act, form (the one sent back, if any), and whether it is open."""
    proposes = []
    for nom, acte in ACTES.items():
        ferme = acte.action not in actions or (acte.etats is not None and contrat.demande.statut not in acte.etats)
        if ferme and nom not in lies:
            continue
        formulaire = lies.get(nom) or acte.formulaire(prefix=nom, initial={"version": contrat.demande.version})
        proposes.append((nom, acte, formulaire, nom in lies))
    return proposes
