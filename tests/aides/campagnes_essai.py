"""A yearly contract whose last year is over, and a campaign that settles it."""

from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from aides.contrats.campagnes import open_campagne
from aides.models import Campagne, Contrat, Echeance, LigneCampagne
from portal.accounts.enums import Role
from portal.accounts.models import User
from tests.aides.contrats_essai import aujourdhui, make_contrat
from tests.aides.dossiers_essai import Equipe
from tests.people import make_agent, make_user
from zonage.models import Region

COTRAM: dict[str, Any] = {
    "dispositif": "cotram",
    "dispositif_version": "2025",
    "guichet": "cpam",
    "montant": None,
    "maximum": None,
    "faits": {"secteur": "secteur_1", "honoraires_annuels": 150_000},
}
ANNEE = aujourdhui().year - 1


def make_annuel(
    equipe: Equipe, *, titulaire: User | None = None, code: str = "majoration", **champs: Any
) -> tuple[Contrat, Echeance]:
    """A contract with one payment moved to the civil year that ended: 20 000 € at most."""
    equipe.demandeur = titulaire or make_user()
    contrat = make_contrat(equipe, **{**COTRAM, **champs})
    ligne = contrat.echeances.get(nature="versement", rang=2, code=code)
    Echeance.objects.filter(pk=ligne.pk).update(
        le=date(ANNEE + 1, 6, 30), periode=DateRange(date(ANNEE, 1, 1), date(ANNEE + 1, 1, 1))
    )
    ligne.refresh_from_db()
    return contrat, ligne


def make_responsable(region: str = "27") -> User:
    return make_agent(Role.VALIDEUR, f"region:{region}")


def make_campagne(par: User, *, debut: date | None = None, fin: date | None = None, **champs: Any) -> Campagne:
    valeurs = {"region": Region.objects.get(pk="27"), "dispositif": "cotram", "annee": ANNEE, **champs}
    jour = aujourdhui()
    return open_campagne(
        par=par, debut=debut or jour - timedelta(days=5), fin=fin or jour + timedelta(days=5), **valeurs
    )


def find_ligne(echeance: Echeance) -> LigneCampagne:
    return LigneCampagne.objects.select_related("campagne", "echeance__contrat__demande").get(echeance=echeance)
