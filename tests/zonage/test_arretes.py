"""The life of an arrêté: proposed by one, published by another, in one transaction."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core.models import Evenement
from tests.zonage.factories import CommuneFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    NiveauFactory,
    TerritoireFactory,
    UserFactory,
)
from zonage.enums import StatutArrete
from zonage.lecture import zone
from zonage.models import Arrete, Classement
from zonage.services import PublicationImpossible, propose_arrete, publish_arrete, refresh_zones

pytestmark = pytest.mark.django_db
NOUVEAU = date(2025, 11, 1)


@pytest.fixture
def brouillon():
    """A draft that turns 71076 from ZAC to ZIP on 1 November 2025, and the order it replaces."""
    CommuneFactory(code_insee="71076")
    territoire = TerritoireFactory(code="71076")
    ClassementFactory(territoire=territoire, niveau=NiveauFactory(code="zac"))
    refresh_zones()
    arrete = ArreteFactory(brouillon=True, numero="2025-118", periode=DateRange(NOUVEAU, None))
    ClassementFactory(territoire=territoire, arrete=arrete, niveau=NiveauFactory(code="zip"))
    return arrete


def test_publishing_closes_the_previous_periods_and_opens_the_new(brouillon):
    propose_arrete(brouillon, par=UserFactory())
    evenement = publish_arrete(brouillon, par=UserFactory())
    assert zone("71076", "medecin", au=date(2025, 10, 31)).niveau == "zac"
    lue = zone("71076", "medecin", au=NOUVEAU)
    assert (lue.niveau, lue.arrete.numero, lue.arrete.titre) == (
        "zip",
        "2025-118",
        "Arrêté 2025-118 (Bourgogne-Franche-Comté)",
    )
    ancien = Arrete.objects.exclude(pk=brouillon.pk).get()
    assert ancien.periode == DateRange(date(2024, 1, 1), NOUVEAU)
    assert (evenement.action, evenement.details["fermes"], evenement.details["ouverts"]) == ("publier", 1, 1)
    assert list(Evenement.objects.order_by("pk").values_list("action", flat=True)) == ["proposer", "publier"]


def test_who_proposes_does_not_publish(brouillon):
    auteur = UserFactory()
    propose_arrete(brouillon, par=auteur)
    with pytest.raises(PublicationImpossible, match="autre personne"):
        publish_arrete(brouillon, par=auteur)
    brouillon.refresh_from_db()
    assert brouillon.statut == StatutArrete.PROPOSE
    with pytest.raises(IntegrityError, match="arrete_deux_personnes"), transaction.atomic():
        Arrete.objects.filter(pk=brouillon.pk).update(publie_par=auteur)


def test_a_draft_is_not_published_and_an_order_is_published_once(brouillon):
    with pytest.raises(PublicationImpossible, match="proposé"):
        publish_arrete(brouillon, par=UserFactory())
    propose_arrete(brouillon, par=UserFactory())
    publish_arrete(brouillon, par=UserFactory())
    with pytest.raises(PublicationImpossible, match="proposé"):
        publish_arrete(brouillon, par=UserFactory())
    with pytest.raises(PublicationImpossible, match="brouillon"):
        propose_arrete(brouillon, par=UserFactory())


def test_an_order_that_classes_nothing_is_not_proposed():
    with pytest.raises(PublicationImpossible, match="aucun territoire"):
        propose_arrete(ArreteFactory(brouillon=True), par=UserFactory())


def test_an_order_older_than_the_published_one_changes_nothing(brouillon):
    Arrete.objects.filter(pk=brouillon.pk).update(periode=DateRange(date(2023, 1, 1), None))
    propose_arrete(brouillon, par=UserFactory())
    with pytest.raises(PublicationImpossible, match="01/01/2024"):
        publish_arrete(brouillon, par=UserFactory())
    brouillon.refresh_from_db()
    assert brouillon.statut == StatutArrete.PROPOSE
    assert zone("71076", "medecin", au=NOUVEAU).niveau == "zac"


def test_another_region_and_another_profession_are_left_alone(brouillon):
    CommuneFactory(code_insee="71077")
    autre = ClassementFactory(
        territoire=TerritoireFactory(code="71077"),
        arrete=ArreteFactory(profession="infirmier"),
        niveau=NiveauFactory(code="sous_dotee"),
    )
    refresh_zones()
    propose_arrete(brouillon, par=UserFactory())
    publish_arrete(brouillon, par=UserFactory())
    assert Classement.objects.get(pk=autre.pk).periode.upper is None
    assert zone("71077", "infirmier", au=NOUVEAU).niveau == "sous_dotee"
