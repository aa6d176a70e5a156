"""The middlewares of accounts sleep on public addresses, and nowhere else."""

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from portal.core import comptes


@pytest.fixture
def agent(db):
    return get_user_model().objects.create_superuser("agent@exemple.fr", password="mot-de-passe-essai-1")


@pytest.fixture
def reveils(monkeypatch):
    """The addresses for which a middleware of accounts worked."""
    vus: list[str] = []
    for classe in (comptes.SessionsMiddleware, comptes.UtilisateurMiddleware, comptes.MessagesMiddleware):
        vrai = classe.process_request
        monkeypatch.setattr(classe, "process_request", lambda s, r, v=vrai: (vus.append(r.path), v(s, r))[1])
    return vus


@pytest.mark.django_db
@pytest.mark.parametrize("adresse", ["/aides/dispositifs/", "/api/v1/faits/", "/zones/carte/"])
def test_a_public_address_looks_for_no_account(client, agent, reveils, adresse):
    client.force_login(agent)
    reponse = client.get(adresse)
    assert reponse.status_code == 200
    assert not reponse.cookies
    assert reveils == []


def test_the_admin_knows_its_user_and_refuses_the_others(client, agent, reveils):
    assert client.get("/admin/").status_code == 302
    client.force_login(agent)
    reponse = client.get("/admin/")
    assert reponse.status_code == 200
    assert reponse.wsgi_request.user == agent
    assert reveils == ["/admin/"] * 6


def test_no_address_that_needs_an_account_is_declared_public():
    assert all(chemin.startswith("/") and chemin.endswith("/") for chemin in settings.MAILLAGE_CHEMINS_SANS_COMPTE)
    assert not any("/admin/".startswith(chemin) for chemin in settings.MAILLAGE_CHEMINS_SANS_COMPTE)
