"""The page of a file in the administration: who sees it, what it proposes, what a refused act gives back."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from aides.dossiers.etats import Action, Statut
from aides.dossiers.instruction import add_note, ask_pieces
from aides.models import ActeDossier, Demande
from portal.accounts.enums import Role
from portal.core.models import Evenement
from tests.aides.dossiers_essai import Equipe, make_dossier, make_piece
from tests.people import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def page(demande: Demande) -> str:
    return reverse("admin:aides_demande_change", args=[demande.pk])


def read_page(client, demande: Demande) -> str:
    reponse = client.get(page(demande))
    assert reponse.status_code == 200
    assert "no-store" in reponse["Cache-Control"]
    return reponse.content.decode()


def send(client, demande: Demande, nom: str, *, version: int | None = None, **champs: str):
    prefixe = "pieces" if nom in ("verifier", "corriger", "recevable") else nom
    envoi = {f"{prefixe}-{champ}": valeur for champ, valeur in champs.items()}
    envoi[f"{prefixe}-version"] = str(demande.version if version is None else version)
    reponse = client.post(reverse("admin:aides_demande_acte", args=[demande.pk, nom]), envoi)
    demande.refresh_from_db()
    return reponse


@pytest.mark.parametrize("statut", list(Statut)[1:8])
def test_the_page_of_each_state(client, equipe, statut):
    demande = make_dossier(statut, equipe=equipe)
    client.force_login(equipe.second)
    texte = read_page(client, demande)
    assert texte.count("<h1>") == 1
    assert demande.get_statut_display() in texte
    assert "style=" not in texte.split("<main", 1)[1].split("</main", 1)[0]
