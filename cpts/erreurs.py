"""Why an act on a CPTS or a structure was refused: a French sentence for the person, a status for the page."""

from typing import Any

from django.db import IntegrityError


class ActeRefuse(Exception):
    """Nothing was written. `statut_http`: 403, 409 or 422."""

    statut_http = 422


class DroitRefuse(ActeRefuse):
    statut_http = 403


class TransitionImpossible(ActeRefuse):
    """The object is no longer in a state from which this act starts."""

    statut_http = 409


class VersionPerimee(ActeRefuse):
    """The form was opened before somebody else's act. `actes`: what was done since, the oldest first."""

    statut_http = 409

    def __init__(self, message: str, actes: "list[Any] | None" = None) -> None:
        super().__init__(message)
        self.actes = actes or []


class ActeInvalide(ActeRefuse):
    """A value is missing or impossible. `erreurs`: a sentence by field."""

    def __init__(self, message: str, erreurs: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.erreurs = erreurs or {}


CHANGE = "Cette fiche vient d'être modifiée par quelqu'un d'autre. Rouvrez-la, relisez ce qui a changé, recommencez."
REFUS_BASE: dict[str, ActeRefuse] = {
    "cpts_transition_permise": TransitionImpossible("Cette CPTS ne peut pas passer à cet état depuis le sien."),
    "cpts_version_suivante": VersionPerimee(CHANGE),
    "cpts_figee": ActeInvalide("Le code d'une CPTS ne change plus : ses coordinateurs en dépendent."),
    "cpts_aci_hors_acte": ActeInvalide(
        "Les dates d'un ACI changent par un acte : signature, renouvellement, reprise."
    ),
    "cpts_aci_terme": ActeInvalide("Le terme d'un ACI vient après sa signature."),
    "cpts_etat_par_acte": ActeInvalide("L'état d'une CPTS change par un acte, enregistré avec lui."),
    "actecpts_jour_ordonne": ActeInvalide(
        "Un acte ne précède pas celui d'avant.", {"date_acte": "Choisissez un jour après le dernier acte."}
    ),
    "actecpts_jour_passe": ActeInvalide(
        "Un acte ne se date pas dans l'avenir.", {"date_acte": "Choisissez aujourd'hui ou un jour passé."}
    ),
    "actecpts_transition_permise": TransitionImpossible("Cet acte ne mène pas d'un état à l'autre."),
    "actecpts_fige": ActeInvalide("Un acte enregistré ne change plus : un autre acte le corrige."),
    "cpts_code_bien_forme": ActeInvalide("De 2 à 20 minuscules, chiffres ou tirets, par exemple 71-chalonnais."),
}
"""What the database refuses, by the name of the constraint: the last belt, when an act let something through."""


def explain_base(erreur: IntegrityError) -> ActeRefuse | None:
    """The refusal of the database in words; None when it is about something else (raise the error again)."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS_BASE.get(nom)
    if isinstance(refus, ActeInvalide):
        return ActeInvalide(str(refus), dict(refus.erreurs))
    return None if refus is None else type(refus)(str(refus))
