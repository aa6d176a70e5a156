"""Regional amounts in the administration: one person proposes a draft, another validates it."""

import pytest
from django.urls import reverse

from aides.models import ParametreRegional, StatutParametre
from portal.accounts.models import User
from tests.zonage.factories import RegionFactory

LISTE = "admin:aides_parametreregional_changelist"
AJOUT = "admin:aides_parametreregional_add"


@pytest.fixture
def agents(db):
    return [User.objects.create_superuser(f"agent{rang}@essai.invalid", "x") for rang in range(2)]


def write(client, **champs):
    brut = {
        "region": RegionFactory().pk,
        "code": "formation_ipa",
        "valeur": "15000",
        "periode_0": "2025-01-01",
        "periode_1": "",
        "reference": "Décision régionale d'essai",
        "verifie_le": "2026-01-05",
    }
    return client.post(reverse(AJOUT), {**brut, **champs})


def act(client, action, parametre):
    return client.post(reverse(LISTE), {"action": action, "_selected_action": [parametre.pk]}, follow=True)


def test_two_agents_put_an_amount_in_force(client, agents):
    client.force_login(agents[0])
    assert write(client).status_code == 302
    parametre = ParametreRegional.objects.get()
    act(client, "propose", parametre)
    assert "demandez à une autre personne" in act(client, "validate", parametre).content.decode()
    client.force_login(agents[1])
    act(client, "validate", parametre)
    parametre.refresh_from_db()
    assert (parametre.statut, parametre.propose_par, parametre.valide_par) == (StatutParametre.VALIDE, *agents)
    fiche = reverse("admin:aides_parametreregional_change", args=[parametre.pk])
    client.post(fiche, {"valeur": "99"})
    parametre.refresh_from_db()
    assert parametre.valeur == 15_000
    assert client.post(reverse("admin:aides_parametreregional_delete", args=[parametre.pk])).status_code == 403


@pytest.mark.parametrize(
    "champs", [{"code": "inconnu"}, {"valeur": "-1"}, {"periode_0": ""}, {"reference": ""}, {"verifie_le": ""}]
)
def test_a_draft_that_lacks_something_is_refused_and_nothing_is_written(client, agents, champs):
    client.force_login(agents[0])
    assert write(client, **champs).status_code == 200
    assert not ParametreRegional.objects.exists()
