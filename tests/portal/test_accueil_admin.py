"""The home of the administration: what waits for each, in few queries."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.etats import Statut
from portal.accounts.enums import Role
from portal.core.models import Envoi, Execution, ImportRun
from tests.people import make_agent, make_commune, make_demande, make_praticien_user, make_user

pytestmark = pytest.mark.django_db
ACCUEIL = reverse("admin:index")


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


def show(client, user) -> str:
    client.force_login(user)
    reponse = client.get(ACCUEIL)
    assert reponse.status_code == 200
    return reponse.content.decode()


def read_section(texte: str, titre: str) -> str:
    """The text of a section; empty when the page does not have it."""
    morceaux = texte.split("<section")
    return next((morceau.split("</section>")[0] for morceau in morceaux if titre in morceau), "")


def test_an_instructor_reads_ones_files_by_due_date_and_those_to_take(client):
    agent = make_agent(Role.INSTRUCTEUR, "departement:71")
    titulaire = make_praticien_user("71")
    hier = timezone.localdate() - timedelta(days=1)
    tard = make_demande(
        titulaire, statut=Statut.EN_INSTRUCTION, instructeur=agent, a_traiter_le=hier + timedelta(days=9)
    )
    retard = make_demande(titulaire, statut=Statut.EN_INSTRUCTION, instructeur=agent, a_traiter_le=hier)
    libre = make_demande(titulaire)
    ailleurs = make_demande(make_praticien_user("69"), commune=make_commune("69"))
    texte = show(client, agent)
    miens = read_section(texte, "Mes dossiers, par échéance")
    assert 0 < miens.index(retard.numero) < miens.index(tard.numero)
    assert miens.count("en retard") == 1
    assert libre.numero in read_section(texte, "Dossiers à prendre")
    assert ailleurs.numero not in texte


def test_a_validator_reads_the_decisions_that_somebody_else_proposed(client):
    valideur = make_agent(Role.VALIDEUR, "departement:71")
    autre = make_agent(Role.INSTRUCTEUR, "departement:71")
    titulaire = make_praticien_user("71")
    champs = {"propose_le": timezone.now() + timedelta(minutes=1), "montant_propose": 20_000, "seuil": 10_000}
    proposee = make_demande(titulaire, statut=Statut.EN_INSTRUCTION, propose_par=autre, **champs)
    mienne = make_demande(titulaire, statut=Statut.EN_INSTRUCTION, propose_par=valideur, **champs)
    section = read_section(show(client, valideur), "seconde personne")
    assert proposee.numero in section
    assert mienne.numero not in section
    assert not read_section(show(client, autre), "seconde personne")


def test_who_keeps_the_machine_reads_the_alerts(client):
    Envoi.objects.create(tache="core.essai", statut=Envoi.Statut.QUARANTAINE)
    Execution.objects.create(nature="essai", libelle="Travail d'essai")
    ImportRun.objects.create(
        source="zonage", fichier="essai.csv", statut="reussi", commence_le=timezone.now(), termine_le=timezone.now()
    )
    texte = show(client, make_agent(Role.ADMINISTRATEUR, "national"))
    assert "1 envoi(s) en quarantaine" in read_section(texte, "Alertes")
    assert "Travail d&#x27;essai" in read_section(texte, "Travaux en cours")
    assert "zonage : essai.csv" in read_section(texte, "Derniers imports")
    assert not read_section(show(client, make_agent(Role.INSTRUCTEUR, "departement:71")), "Alertes")


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.AUDITEUR])
def test_who_only_reads_has_no_file_to_deal_with(client, role):
    demande = make_demande(make_praticien_user("71"))
    texte = show(client, make_agent(role, "departement:71"))
    assert demande.numero not in texte
    assert not read_section(texte, "Dossiers à prendre")


def test_the_home_asks_as_many_queries_for_forty_files_as_for_none(client, django_assert_max_num_queries):
    agent = make_agent(Role.VALIDEUR, "departement:71")
    titulaire = make_praticien_user("71")
    client.force_login(agent)
    client.get(ACCUEIL)
    for rang in range(40):
        instructeur = agent if rang % 2 else None
        make_demande(titulaire, statut=Statut.RECEVABLE, instructeur=instructeur)
    with django_assert_max_num_queries(26):
        texte = client.get(ACCUEIL).content.decode()
    assert "(20)" in read_section(texte, "Dossiers à prendre")


def test_somebody_who_is_no_agent_has_no_home(client):
    client.force_login(make_user())
    assert client.get(ACCUEIL).status_code in (302, 403)
