"""Signed files: each act by the person who may do it."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from aides.contrats.signature import sign_contrat
from aides.dossiers.etats import Statut
from aides.models import Contrat, Demande, Echeance
from tests.aides.dossiers_essai import Equipe, make_dossier

_cles = itertools.count(1)
CAIM: dict[str, Any] = {
    "dispositif": "caim",
    "dispositif_version": "2025",
    "faits": {"jours_semaine": "3.5", "hopital_proximite": False, "exercice_coordonne": "engagement"},
}


def aujourdhui() -> date:
    return timezone.localdate()


def make_accordee(equipe: Equipe, *, montant: Decimal | None = Decimal(43_750), **champs: Any) -> Demande:
    maximum = champs.pop("maximum", Decimal(50_000))
    valeurs = {**CAIM, **champs}
    return make_dossier(Statut.ACCORDEE, equipe=equipe, montant=montant, maximum=maximum, **valeurs)


def make_contrat(equipe: Equipe, *, effet: int = 0, terme: date | None = None, **champs: Any) -> Contrat:
    """A signed file; `effet`: days from today."""
    demande = make_accordee(equipe, **champs)
    return sign_contrat(
        demande,
        par=equipe.instructeur,
        date_signature=aujourdhui(),
        date_effet=aujourdhui() + timedelta(days=effet),
        terme=terme,
    )


def versements(contrat: Contrat) -> list[Echeance]:
    return list(contrat.echeances.filter(nature="versement").order_by("le", "pk"))


def obligations(contrat: Contrat, code: str) -> list[Echeance]:
    return list(contrat.echeances.filter(nature="obligation", code=code).order_by("rang"))


def new_cle() -> str:
    return f"cle-{next(_cles)}"
