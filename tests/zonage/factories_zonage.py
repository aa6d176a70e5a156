"""Factories of the zoning: arrêtés, classements, APL. Fixed dates."""

from datetime import date

import factory
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.accounts.models import User
from tests.zonage.factories import CommuneFactory, RegionFactory
from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Apl, Arrete, Classement, Composition, Niveau, Territoire
from zonage.services.niveaux import NIVEAUX


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"agent{n}@exemple.test")


class NiveauFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Niveau
        django_get_or_create = ("code",)

    code = "zip"
    libelle = factory.LazyAttribute(lambda n: next(v["libelle"] for v in NIVEAUX if v["code"] == n.code))
    abrege = factory.LazyAttribute(lambda n: next(v["abrege"] for v in NIVEAUX if v["code"] == n.code))
    famille = "medecin"
    rang = 1
    couleur = "#1d1147"


class TerritoireFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Territoire
        django_get_or_create = ("type", "code")

    type = TypeTerritoire.COMMUNE
    code = factory.Sequence(lambda n: f"71{n % 900 + 1:03d}")
    libelle = "Territoire d'essai"


class CompositionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Composition

    territoire = factory.SubFactory(TerritoireFactory, type=TypeTerritoire.TVS)
    type = factory.SelfAttribute("territoire.type")
    commune = factory.SubFactory(CommuneFactory)
    code_publie = factory.SelfAttribute("commune.code_insee")
    millesime = 2024


class ArreteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Arrete

    class Params:
        brouillon = factory.Trait(statut=StatutArrete.BROUILLON)
        demonstration = factory.Trait(origine=Origine.DEMONSTRATION, periode=DateRange(date(2017, 12, 1), None))

    region = factory.SubFactory(RegionFactory)
    profession = Profession.MEDECIN
    periode = DateRange(date(2024, 1, 1), None)
    statut = StatutArrete.PUBLIE
    source = "Source d'essai"


class ClassementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Classement

    class Params:
        adresse_requise = factory.Trait(statut=StatutZone.ADRESSE_REQUISE, niveau=None)
        inconnu = factory.Trait(statut=StatutZone.INCONNU, niveau=None)

    territoire = factory.SubFactory(TerritoireFactory)
    arrete = factory.SubFactory(ArreteFactory)
    profession = factory.SelfAttribute("arrete.profession")
    niveau = factory.SubFactory(NiveauFactory)
    periode = factory.SelfAttribute("arrete.periode")
    origine = factory.SelfAttribute("arrete.origine")
    publie = factory.LazyAttribute(lambda c: c.arrete.statut != StatutArrete.BROUILLON)


class AplFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Apl

    commune = factory.SubFactory(CommuneFactory)
    code_publie = factory.SelfAttribute("commune.code_insee")
    profession = Profession.MEDECIN
    millesime = 2023
    apl = 3.2
    population_standardisee = 1_000.0
    population_totale = 980.0
