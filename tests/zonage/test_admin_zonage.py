"""The zoning in the administration: few queries, nothing erased. Arrêtés: test_admin_arretes.py."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.zonage.factories_zonage import (
    AplFactory,
    ArreteFactory,
    ClassementFactory,
    TerritoireFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def connecte(client):
    agent = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(agent)
    return agent


@pytest.mark.parametrize("modele", ["arrete", "classement", "territoire", "commune", "niveau", "apl"])
def test_a_list_costs_the_same_queries_for_one_row_and_for_ten(client, modele):
    connecte(client)
    adresse = reverse(f"admin:zonage_{modele}_changelist")
    client.get(adresse)  # the session is recorded once
    comptes = []
    for nombre in (1, 10):
        for _ in range(nombre):
            AplFactory()
            ClassementFactory(territoire=TerritoireFactory(), arrete=ArreteFactory())
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(adresse).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1] <= 12


@pytest.mark.parametrize("modele", ["importrun", "evenement"])
def test_the_journal_is_read_only(client, modele):
    connecte(client)
    assert client.get(reverse(f"admin:core_{modele}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:core_{modele}_add")).status_code == 403


def test_history_is_neither_rewritten_nor_erased(client):
    connecte(client)
    ligne = ClassementFactory()
    for objet in (ligne, ligne.arrete):
        nom = objet._meta.model_name
        assert client.post(reverse(f"admin:zonage_{nom}_delete", args=[objet.pk])).status_code == 403
        assert client.post(reverse(f"admin:zonage_{nom}_change", args=[objet.pk]), {}).status_code == 403
