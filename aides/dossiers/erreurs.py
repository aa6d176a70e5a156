"""Why an act was refused: one French sentence for the person, one status for the page and the API."""

from typing import Any

from django.db import IntegrityError


class ActeRefuse(Exception):
    """Nothing was written. `statut_http`: 403, 409 or 422."""

    statut_http = 422


class DroitRefuse(ActeRefuse):
    statut_http = 403


class TransitionImpossible(ActeRefuse):
    """The file is no longer in a state from which this act starts."""

    statut_http = 409


class VersionPerimee(ActeRefuse):
    """The form was opened before somebody else's act. `actes`: what was done since, the oldest first."""

    statut_http = 409

    def __init__(self, message: str, actes: "list[Any] | None" = None) -> None:
        super().__init__(message)
        self.actes = actes or []


class EnveloppeEpuisee(ActeRefuse):
    statut_http = 409


class ActeInvalide(ActeRefuse):
    """A value is missing or impossible. `erreurs`: a sentence by field."""

    def __init__(self, message: str, erreurs: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.erreurs = erreurs or {}


CHANGE = (
    "Ce dossier vient d'être modifié par quelqu'un d'autre. Rouvrez-le, relisez ce qui a changé, puis recommencez."
)
REFUS_BASE: dict[str, ActeRefuse] = {
    "demande_transition": TransitionImpossible("Ce dossier ne peut pas passer à cet état depuis celui où il est."),
    "demande_version": VersionPerimee(CHANGE),
    "actedossier_une_version": VersionPerimee(CHANGE),
    "demande_nait_brouillon": ActeInvalide("Un dossier commence par un brouillon."),
    "demande_ne_s_efface_pas": ActeInvalide("Un dossier déposé ne s'efface pas : il se retire ou se refuse."),
    "demande_figee": ActeInvalide("Le numéro, le jour du dépôt et le titulaire d'un dossier ne changent plus."),
    "demande_preuve_figee": ActeInvalide("La preuve est figée au dépôt : elle ne change qu'avec une correction."),
    "demande_decision_figee": ActeInvalide("La décision est prise : elle ne change plus."),
    "demande_decision_hors_acte": ActeInvalide("Une décision s'écrit en accordant ou en refusant, pas autrement."),
    "demande_decision_complete": ActeInvalide("Une décision porte la personne qui l'a prise et son jour."),
    "demande_dates_ordonnees": ActeInvalide("Ces dates ne se suivent pas : rien ne précède le dépôt du dossier."),
    "demande_refus_motive": ActeInvalide("Un refus porte son motif et les voies de recours."),
    "demande_montant_du_bareme": ActeInvalide("Le montant dépasse celui que la règle permet pour ce dossier."),
    "demande_montants_positifs": ActeInvalide("Un montant n'est jamais négatif."),
    "demande_deux_personnes": DroitRefuse(
        "Au-dessus du seuil, la personne qui décide n'est pas celle qui a proposé : demandez à un autre valideur."
    ),
    "demande_jamais_la_sienne": DroitRefuse("Personne n'instruit ni ne décide sa propre demande."),
    "enveloppe_pas_depassee": EnveloppeEpuisee("Enveloppe épuisée : le montant engagé dépasserait le montant ouvert."),
}
"""What the database refuses, by the name of the constraint: the last belt, when an act let something through."""


def explain_base(erreur: IntegrityError) -> ActeRefuse | None:
    """The refusal of the database in words; None when it is not about a file (raise the error again)."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS_BASE.get(nom)
    return None if refus is None else type(refus)(str(refus))
