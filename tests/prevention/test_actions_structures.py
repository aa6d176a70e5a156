"""The actions of a structure: held by the ARS and by the coordination of its CPTS, shown on its public page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts.enums import Role
from prevention.models import ActionPrevention
from prevention.services.actions import announce_action, create_action
from prevention.services.erreurs import DroitRefuse
from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import make_structure
from tests.people import make_agent, make_commune
from tests.prevention.factories import ActionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def structure():
    commune = make_commune(code_insee="71076", nom="Chalon")
    return make_structure("ouverte", nom="MSP du Quai", commune=commune, cpts=make_cpts(communes=[commune]))


def _address(nom, *arguments):
    return reverse(f"espace_structure_{nom}", args=arguments)


def test_an_agent_writes_announces_and_closes_an_action_of_a_structure(client, structure):
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    jour = timezone.localdate()
    page = client.get(_address("action_new", structure.pk)).content.decode()
    assert "Mission de l" not in page
    donnees = {"titre": "Dépistage du diabète", "theme": "nutrition", "jour": jour.isoformat(), "commune": "71076"}
    refus = client.post(_address("action_new", structure.pk), {**donnees, "jour": "jamais"})
    assert refus.status_code == 422
    assert "Dépistage du diabète" in refus.content.decode()
    reponse = client.post(_address("action_new", structure.pk), {**donnees, "lieu": "Salle", "publique": "on"})
    action = ActionPrevention.objects.get()
    assert (reponse.status_code, reponse["Location"]) == (302, _address("action", structure.pk, action.pk))
    assert (action.structure, action.cpts, action.mission, action.departement_code) == (structure, None, None, "71")
    client.post(_address("action_annoncer", structure.pk, action.pk), {"version": 0})
    assert "Dépistage du diabète" in client.get(reverse("structure_detail", args=[structure.pk])).content.decode()
    assert "MSP du Quai" in client.get(action.get_absolute_url()).content.decode()
    client.post(_address("action_tenir", structure.pk, action.pk), {"version": 1, "participants": 30})
    action.refresh_from_db()
    assert (action.statut, action.participants) == ("tenue", 30)
    liste = client.get(_address("actions", structure.pk)).content.decode()
    assert "30 participants" in liste
    assert _address("action", structure.pk, action.pk) in liste


def test_the_coordination_of_its_cpts_holds_them_and_another_one_finds_nothing(client, structure):
    sienne = make_agent(Role.COORDINATEUR_CPTS, f"cpts:{structure.cpts_id}")
    autre = make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre")
    action = ActionFactory(structure=structure, statut="brouillon", titre="Brouillon de la MSP")
    client.force_login(sienne)
    assert "Brouillon de la MSP" in client.get(_address("actions", structure.pk)).content.decode()
    client.force_login(autre)
    for nom in ("actions", "action_new"):
        assert client.get(_address(nom, structure.pk)).status_code == 404
    champs = {"titre": "X", "theme": "local", "commune": structure.commune, "jour": timezone.localdate()}
    with pytest.raises(DroitRefuse):
        create_action(structure, champs, par=autre)
    with pytest.raises(DroitRefuse):
        announce_action(action, par=autre, version=0)
    announce_action(action, par=sienne, version=0)


def test_an_action_of_a_cpts_is_not_at_the_address_of_a_structure(client, structure):
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    de_cpts, de_structure = ActionFactory(cpts=structure.cpts), ActionFactory(structure=structure)
    assert client.get(_address("action", structure.pk, de_cpts.pk)).status_code == 404
    adresse = reverse("espace_action", args=[structure.cpts_id, de_structure.pk])
    assert client.get(adresse).status_code == 404


def test_a_draft_and_a_day_gone_are_not_on_the_public_page(client, structure, django_assert_max_num_queries):
    jour = timezone.localdate()
    ActionFactory(structure=structure, titre="Demain", jour=jour + timedelta(1))
    ActionFactory(structure=structure, titre="Hier", jour=jour - timedelta(1))
    ActionFactory(structure=structure, titre="Cachée", jour=jour + timedelta(1), statut="brouillon")
    with django_assert_max_num_queries(3):
        page = client.get(reverse("structure_detail", args=[structure.pk])).content.decode()
    assert "Demain" in page
    assert "Hier" not in page
    assert "Cachée" not in page
