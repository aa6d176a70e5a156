"""Each sees what is theirs: `for_user` on the models of personal data."""

import pytest
from django.contrib.auth.models import AnonymousUser

from aides.dossiers.etats import Statut
from aides.models import ActeDossier, Demande
from portal.accounts.enums import Role
from portal.accounts.models import Invitation, Mandat, Organisation, User
from portal.core.models import Evenement, FiltreEnregistre, ImportRun
from tests.people import make_agent, make_commune, make_demande, make_mandat, make_praticien_user, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("statut", list(Statut))
def test_a_file_can_be_put_in_any_state(statut):
    assert make_demande(statut=statut).statut == statut


def test_a_file_is_seen_by_its_owner_and_by_the_agents_of_its_territory():
    demande = make_demande(guichet="ars")
    voient = [demande.proprietaire] + [
        make_agent(role, cle)
        for role, cle in [
            (Role.INSTRUCTEUR, "departement:71"),
            (Role.VALIDEUR, "region:27"),
            (Role.LECTEUR, "national"),
            (Role.AUDITEUR, "national"),
        ]
    ]
    aveugles = [
        AnonymousUser(),
        make_user(),
        make_praticien_user(),
        make_agent(Role.INSTRUCTEUR, "departement:21"),
        make_agent(Role.VALIDEUR, "region:84"),
        make_agent(Role.AGENT_CPAM, "departement:71"),
        make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1"),
    ]
    assert [Demande.objects.for_user(user).count() for user in voient] == [1] * len(voient)
    assert [Demande.objects.for_user(user).count() for user in aveugles] == [0] * len(aveugles)


def test_an_agent_of_the_caisse_sees_what_the_caisse_pays():
    agent = make_agent(Role.AGENT_CPAM)
    payee = make_demande(guichet="cpam")
    make_demande(guichet="ars")
    assert list(Demande.objects.for_user(agent)) == [payee]


def test_a_draft_is_its_author_s_alone():
    demande = make_demande(statut=Statut.BROUILLON)
    assert not Demande.objects.for_user(make_agent(Role.INSTRUCTEUR)).exists()
    assert Demande.objects.for_user(demande.proprietaire).exists()


def test_an_act_between_agents_is_not_shown_to_who_asks():
    demande = make_demande()
    for version, visible in ((90, True), (91, False)):
        evenement = Evenement.objects.create(objet=f"aides.demande:{demande.pk}", action="essai")
        ActeDossier.objects.create(
            demande=demande, action="modifier", vers_statut="deposee", version=version, visible=visible,
            evenement=evenement,
        )  # fmt: skip
    essais = ActeDossier.objects.filter(version__gte=90)
    assert [acte.version for acte in essais.for_user(demande.proprietaire)] == [90]
    assert [acte.version for acte in essais.for_user(make_agent(Role.INSTRUCTEUR))] == [90, 91]
    assert not essais.for_user(make_agent(Role.INSTRUCTEUR, "departement:21")).exists()


def test_an_ended_mandat_or_a_closed_account_sees_nothing():
    make_demande()
    agent = make_agent(Role.INSTRUCTEUR)
    agent.is_active = False
    assert not Demande.objects.for_user(agent).exists()
    autre = make_agent(Role.INSTRUCTEUR)
    Organisation.objects.filter(mandats__user=autre).update(active=False)
    assert not Demande.objects.for_user(autre).exists()


def test_accounts_and_mandats_are_managed_within_a_perimeter():
    de_27, de_84 = make_agent(Role.ADMINISTRATEUR, "region:27"), make_agent(Role.ADMINISTRATEUR, "region:84")
    collegue = make_agent(Role.INSTRUCTEUR, "region:27")
    praticien = make_praticien_user()
    assert set(User.objects.for_user(de_27)) == {de_27, collegue}
    assert set(User.objects.for_user(de_84)) == {de_84}
    assert set(User.objects.for_user(praticien)) == {praticien}
    assert User.objects.for_user(make_agent(Role.ADMINISTRATEUR, "national")).filter(pk=praticien.pk).exists()
    assert set(Mandat.objects.for_user(de_84)) == set(de_84.mandats.all())
    assert set(Mandat.objects.for_user(collegue)) == set(collegue.mandats.all())


def test_invitations_filters_and_runs():
    agent, autre = make_agent(Role.ADMINISTRATEUR, "region:27"), make_agent(Role.INSTRUCTEUR, "region:84")
    Invitation.objects.create(courriel="a@exemple.fr", empreinte="a", invite_par=agent, expire_le="2030-01-01T00:00Z")
    assert (Invitation.objects.for_user(agent).count(), Invitation.objects.for_user(autre).count()) == (1, 0)
    FiltreEnregistre.objects.create(proprietaire=agent, liste="demandes", nom="À moi")
    partage = FiltreEnregistre.objects.create(proprietaire=agent, liste="demandes", nom="À tous", partage=True)
    collegue = make_user()
    make_mandat(collegue, Role.LECTEUR, "region:27", organisation=agent.mandats.get().organisation)
    assert FiltreEnregistre.objects.for_user(agent).count() == 2
    assert list(FiltreEnregistre.objects.for_user(collegue)) == [partage]
    assert not FiltreEnregistre.objects.for_user(autre).exists()
    assert ImportRun.objects.for_user(make_user()).query.is_empty()


def test_the_journal_of_files_is_not_read_by_the_agents_of_elsewhere():
    demande = make_demande(commune=make_commune("71"))
    Evenement.objects.create(objet=f"aides.demande:{demande.pk}", action="deposer", auteur=demande.proprietaire)
    commun = Evenement.objects.create(objet="zonage.arrete:1", action="publier")
    instructeur = make_agent(Role.INSTRUCTEUR, "departement:21")
    assert set(Evenement.objects.for_user(instructeur)) == {commun}
    assert Evenement.objects.for_user(make_agent(Role.AUDITEUR, "national")).count() == 2
    assert Evenement.objects.for_user(demande.proprietaire).count() == 1
