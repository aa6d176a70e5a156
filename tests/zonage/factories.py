"""Factories of the territory. Codes are invented in the département 71 unless given."""

import factory

from zonage.calculs.noms import cle_tri
from zonage.enums import TypeCommune
from zonage.models import AncienneCommune, Commune, Departement, Epci, Mouvement, PopulationLegale, Region


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "27"
    nom = "Bourgogne-Franche-Comté"


class DepartementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Departement
        django_get_or_create = ("code",)

    code = "71"
    nom = "Saône-et-Loire"
    region = factory.SubFactory(RegionFactory)


class EpciFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Epci
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"2471{n:05d}")
    nom = factory.Sequence(lambda n: f"CC du Test {n}")
    nature = "CC"


class CommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commune

    class Params:
        arrondissement = factory.Trait(
            type=TypeCommune.ARRONDISSEMENT, parent=factory.SubFactory("tests.zonage.factories.CommuneFactory")
        )

    code_insee = factory.Sequence(lambda n: f"71{n % 900 + 1:03d}")
    nom = factory.Sequence(lambda n: f"Commune-d'Essai-{n}")
    cle_tri = factory.LazyAttribute(lambda commune: cle_tri(commune.nom))
    departement = factory.SubFactory(DepartementFactory)
    codes_postaux = factory.LazyFunction(lambda: ["71000"])
    population = 1_000
    millesime_population = 2023


class AncienneCommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AncienneCommune

    code_insee = factory.Sequence(lambda n: f"71{n % 99 + 901:03d}")
    nom = factory.Sequence(lambda n: f"Ancienne-Commune-{n}")
    commune = factory.SubFactory(CommuneFactory)


class MouvementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Mouvement

    date_effet = "2019-01-01"
    modalite = "32"
    type_avant = "COM"
    code_avant = factory.Sequence(lambda n: f"71{n % 99 + 901:03d}")
    nom_avant = "Ancienne"
    type_apres = "COM"
    code_apres = "71076"
    nom_apres = "Nouvelle"


class PopulationLegaleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PopulationLegale

    commune = factory.SubFactory(CommuneFactory)
    code_publie = factory.SelfAttribute("commune.code_insee")
    millesime = 2023
    municipale = 1_000
    comptee_a_part = 20
    totale = factory.LazyAttribute(lambda ligne: ligne.municipale + ligne.comptee_a_part)
