"""Why an act on a structure was refused: one French sentence, one status for the page."""

from typing import Any

from django.db import IntegrityError


class StructureRefusee(Exception):
    """Nothing was written. `erreurs`: a sentence by field."""

    statut_http = 422

    def __init__(self, message: str, erreurs: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.erreurs = erreurs or {}


class DroitRefuse(StructureRefusee):
    statut_http = 403


class ActeImpossible(StructureRefusee):
    """The structure is no longer in a state from which this act starts."""

    statut_http = 409


class VersionPerimee(StructureRefusee):
    """Somebody else wrote since the form was opened."""

    statut_http = 409


CHANGEE = "Cette structure vient d'être modifiée par quelqu'un d'autre : relisez-la, puis recommencez."
REFUS_BASE: dict[str, StructureRefusee] = {
    "structure_transition": ActeImpossible("Cette structure ne peut pas passer à cet état depuis celui où elle est."),
    "structure_version": VersionPerimee(CHANGEE),
    "structure_etat_par_acte": StructureRefusee("L'état d'une structure change par un acte, enregistré avec lui."),
    "structure_statut_du_type": StructureRefusee("Ce type de structure n'a pas cet état."),
    "structure_finess_unique": StructureRefusee(
        "Une autre structure a déjà ce numéro FINESS.", {"finess": "Une autre structure a déjà ce numéro FINESS."}
    ),
    "structure_aci_date": StructureRefusee("Un contrat signé a un jour de signature."),
    "structure_ouverte_date": StructureRefusee("Une structure ouverte a un jour d'ouverture."),
    "structure_fermee_date": StructureRefusee("Une structure fermée a un jour de fermeture."),
    "structure_dates_ordonnees": StructureRefusee(
        "Ces dates ne se suivent pas : validation, ouverture, contrat, fermeture."
    ),
}
"""What the database refuses, by the name of the constraint."""


def explain_base(erreur: IntegrityError) -> StructureRefusee | None:
    """The refusal of the database in words; None when it is about something else (raise the error again)."""
    nom: Any = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS_BASE.get(nom)
    return None if refus is None else type(refus)(str(refus), refus.erreurs)
