"""Why an act was refused: one French sentence for the person, one status for the page and the API."""

from typing import Any


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
