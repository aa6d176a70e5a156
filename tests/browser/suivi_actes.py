"""Two agents publish an order through the services, or one takes it back. Run by the tests in a process apart."""

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from portal.accounts.models import User
from zonage.enums import Profession, StatutArrete, TypeTerritoire
from zonage.models import Arrete, Classement, Territoire
from zonage.services import propose_arrete, publish_arrete, retract_arrete


def publish(numero: str) -> None:
    """In a month Chalon-sur-Saône becomes ZIP for doctors."""
    auteur, _ = User.objects.get_or_create(email="suivi.auteur@exemple.test")
    valideur, _ = User.objects.get_or_create(email="suivi.valideur@exemple.test")
    territoire, _ = Territoire.objects.get_or_create(
        type=TypeTerritoire.COMMUNE, code="71076", defaults={"libelle": "Chalon-sur-Saône"}
    )
    periode = DateRange(timezone.localdate() + timedelta(days=30), None)
    arrete = Arrete.objects.create(region_id="27", profession=Profession.MEDECIN, numero=numero, periode=periode)
    Classement.objects.create(
        territoire=territoire, arrete=arrete, profession=Profession.MEDECIN, niveau_id="zip", periode=periode
    )
    propose_arrete(arrete, par=auteur)
    publish_arrete(arrete, par=valideur)


def retract(numero: str) -> None:
    auteur, _ = User.objects.get_or_create(email="suivi.auteur@exemple.test")
    for arrete in Arrete.objects.filter(numero=numero, statut=StatutArrete.PUBLIE).order_by("pk"):
        retract_arrete(arrete, par=auteur)
