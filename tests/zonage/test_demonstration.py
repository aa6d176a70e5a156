"""The demonstration zoning: marked everywhere, complete, replayable, and gone when the official one is known."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from tests.zonage.factories import CommuneFactory, DepartementFactory
from tests.zonage.factories_zonage import AplFactory
from zonage.enums import Origine, Profession, StatutZone
from zonage.lecture import is_demonstration, zone, zones
from zonage.models import Apl, Arrete, Classement, ZoneCommune
from zonage.services.demonstration import load_demonstration

pytestmark = pytest.mark.django_db


@pytest.fixture
def communes():
    """Twenty communes of Saône-et-Loire around a town, five kilometres apart, and one without coordinates."""
    DepartementFactory()
    for rang in range(20):
        population = 45_000 if rang == 10 else 400 + 100 * rang
        CommuneFactory(
            code_insee=f"71{rang + 1:03d}", longitude=4.5 + rang * 0.065, latitude=46.8, population=population
        )
    CommuneFactory(code_insee="71500")


def test_every_place_with_coordinates_has_six_classes_marked_as_demonstration(communes):
    bilan = load_demonstration()
    assert (bilan.communes, bilan.sans_coordonnees, bilan.classements, bilan.zones) == (20, 1, 120, 120)
    assert ZoneCommune.objects.exclude(origine=Origine.DEMONSTRATION).count() == 0
    assert Apl.objects.filter(origine=Origine.DEMONSTRATION, apl__gt=0).count() == 20
    lues = zones("71011", au=date(2026, 1, 1))
    assert {lue.statut for lue in lues.values()} == {StatutZone.CONNU}
    assert is_demonstration(lues.values())
    assert all("démonstration" in lue.arrete.titre for lue in lues.values())
    assert Arrete.objects.exclude(numero="").count() == 0
    assert zone("71500", "medecin", au=date(2026, 1, 1)).statut == StatutZone.INCONNU


def test_it_answers_from_december_2017(communes):
    load_demonstration()
    assert zone("71011", "medecin", au=date(2017, 11, 30)).statut == StatutZone.INCONNU
    assert zone("71011", "medecin", au=date(2017, 12, 1)).statut == StatutZone.CONNU


def test_a_second_load_writes_nothing(communes):
    load_demonstration()
    bilan = load_demonstration()
    assert (bilan.niveaux, bilan.classements, bilan.apl, bilan.zones) == (0, 0, 0, 0)
    assert Classement.objects.count() == 20 * len(Profession.values)


def test_the_supply_is_the_published_number_of_doctors(communes):
    load_demonstration()
    lignes = Apl.objects.values_list("apl", "population_standardisee")
    assert sum(apl * population for apl, population in lignes) == pytest.approx(342 * 4200, rel=1e-3)


def test_an_official_apl_is_never_joined_by_a_modelled_one(communes):
    AplFactory(commune_id="71001", code_publie="71001")
    assert load_demonstration().apl == 0
    assert Apl.objects.filter(origine=Origine.DEMONSTRATION).count() == 0


def test_without_communes_the_command_says_what_to_do():
    with pytest.raises(CommandError, match="load_referentiel"):
        call_command("load_demonstration")
