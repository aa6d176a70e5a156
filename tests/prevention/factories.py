"""Campaigns, figures and actions for the tests: fixed days, a département of four communes in two EPCI."""

from datetime import date
from typing import Any

import factory
from django.db.backends.postgresql.psycopg_any import DateRange

from prevention.calculs.taux import Effectif
from prevention.enums import Formule, StatutAction, StatutCampagne, Theme
from prevention.models import ActionPrevention, Campagne, Cible
from prevention.services.campagnes import close_campagne, open_campagne
from prevention.services.releves import Origine, Saisie, write_releves
from tests.people import make_commune
from zonage.models import Commune, Epci

DEBUT, FIN = date(2024, 10, 15), date(2025, 1, 31)
AU = date(2025, 6, 1)
ORIGINE = Origine("Caisse d'essai", "2024")


class CampagneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campagne

    code = factory.Sequence(lambda n: f"grippe-essai-{n}")
    nom = factory.Sequence(lambda n: f"Grippe d'essai {n}")
    theme = Theme.VACCINATION
    periode = DateRange(date(2024, 10, 1), date(2025, 3, 1))
    region_code = "27"


class CibleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cible

    campagne = factory.SubFactory(CampagneFactory)
    code = "65-plus"
    libelle = "65 ans ou plus"
    formule = Formule.VACCINATION
    numerateur = "Personnes vaccinées"
    denominateur = "Habitants de 65 ans ou plus"
    source = "Insee"
    millesime = "2021"


class ActionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ActionPrevention

    titre = "Journée de dépistage"
    theme = Theme.DEPISTAGE_COLORECTAL
    commune = factory.LazyFunction(make_commune)
    region_code = "27"
    departement_code = "71"
    jour = date(2026, 3, 1)
    lieu = "Salle des fêtes"
    statut = StatutAction.ANNONCEE


def make_cible(statut: str = StatutCampagne.OUVERTE, **champs: Any) -> Cible:
    cible: Cible = CibleFactory(**champs)
    if statut != StatutCampagne.BROUILLON:
        open_campagne(cible.campagne, par=None)
    if statut == StatutCampagne.CLOSE:
        close_campagne(cible.campagne, par=None, au=AU)
    return cible


def make_territoire() -> tuple[list[Commune], list[Epci]]:
    """Four communes of the 71, two by two in an EPCI."""
    epcis = [Epci.objects.create(code=f"20000000{rang}", nom=f"Communauté {rang}", nature="CC") for rang in (1, 2)]
    communes = [make_commune(code_insee=f"7100{rang}", epci=epcis[rang > 2]) for rang in (1, 2, 3, 4)]
    return communes, epcis


def write(cible: Cible, *valeurs: tuple[str, str, int, int | None], **champs: Any) -> None:
    """(level, code, counted, meant) for the whole season."""
    saisies = [Saisie(niveau, code, DEBUT, FIN, Effectif(n, d), **champs) for niveau, code, n, d in valeurs]
    write_releves(cible, saisies, ORIGINE, par=None, au=AU)
