"""A link sent to an address opens an account with its mandat: once, for seven days, until it is called back."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.courriels_invitations import send_invitation
from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.inscription import ask_inscription
from portal.accounts.invitations import (
    InvitationRefusee,
    accept_invitation,
    find_jeton,
    invite,
    invite_coediteur,
    revoke_invitation,
)
from portal.accounts.models import Invitation, Mandat, User
from portal.accounts.organisations import MandatRefuse, Proposition
from portal.core.models import Envoi, Evenement
from tests.accounts.connexion_essai import verify_otp
from tests.aides.suivis_essai import read_courriels
from tests.people import MOT_DE_PASSE, make_agent, make_commune, make_mandat, make_organisation, make_user
from tests.portal.test_ceinture import as_web

pytestmark = pytest.mark.django_db
COURRIEL = "nouvelle@exemple.fr"
SAISIE = {"prenom": "Claude", "nom": "ESSAI", "mot_de_passe": MOT_DE_PASSE, "confirmation": MOT_DE_PASSE}


@pytest.fixture
def administrateur():
    make_commune("71")
    return make_agent(Role.ADMINISTRATEUR, "region:27")


@pytest.fixture
def proposition():
    make_commune("71")
    return Proposition(
        organisation=make_organisation(TypeOrganisation.DELEGATION, region_code="27", departement_code="71"),
        role=Role.INSTRUCTEUR,
        perimetre=TypePerimetre.DEPARTEMENT,
        perimetre_code="71",
        debut=timezone.localdate(),
    )


@pytest.fixture
def invitation(administrateur, proposition):
    return invite(COURRIEL, proposition, par=administrateur)


def read_adresse(invitation):
    return reverse("invitation", args=[find_jeton(invitation)])


class TestSending:
    def test_the_mail_holds_the_link_and_the_base_only_its_digest(self, invitation, settings, tmp_path):
        settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
        settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")
        assert send_invitation(invitation.pk)
        (message,) = read_courriels(tmp_path / "courriels")
        assert message["To"] == COURRIEL
        corps = message.get_body(("plain",)).get_content()
        (jeton,) = re.findall(r"/compte/invitation/([^/\s]+)/", corps)
        assert invitation.empreinte == hashlib.sha256(jeton.encode()).hexdigest()
        envoi = Envoi.objects.get(tache="accounts.invitation")
        ligne = str(Invitation.objects.filter(pk=invitation.pk).values()) + str(envoi.arguments)
        assert jeton not in ligne
        assert COURRIEL not in str(envoi.arguments)
        assert COURRIEL not in str(list(Evenement.objects.values("objet", "details")))

    def test_nothing_leaves_once_it_is_revoked(self, invitation, administrateur):
        revoke_invitation(invitation, par=administrateur)
        assert send_invitation(invitation.pk) is False

    def test_not_to_oneself(self, administrateur, proposition):
        with pytest.raises(MandatRefuse, match="soi-même"):
            invite(f" {administrateur.email.upper()} ", proposition, par=administrateur)

    def test_not_outside_the_perimeter(self, administrateur, proposition):
        ailleurs = make_organisation(TypeOrganisation.ARS, region_code="84")
        loin = replace(proposition, organisation=ailleurs, perimetre=TypePerimetre.REGION, perimetre_code="84")
        with pytest.raises(MandatRefuse):
            invite(COURRIEL, loin, par=administrateur)
        assert not Invitation.objects.exists()
        assert not Envoi.objects.exists()

    def test_a_bounded_number_a_day(self, administrateur, proposition, monkeypatch):
        monkeypatch.setattr(invitations, "PAR_JOUR", 2)
        for rang in range(2):
            invite(f"n{rang}@exemple.fr", proposition, par=administrateur)
        with pytest.raises(MandatRefuse, match="attendez demain"):
            invite(COURRIEL, proposition, par=administrateur)

    def test_a_coordinator_invites_to_her_own_cpts_alone(self):
        make_commune("71")
        sienne, autre = (make_organisation(TypeOrganisation.CPTS, region_code="27") for _ in "12")
        par = make_user()
        make_mandat(par, Role.COORDINATEUR_CPTS, f"cpts:{sienne.code}", organisation=sienne)
        assert invite_coediteur(COURRIEL, sienne, par=par)
        with pytest.raises(MandatRefuse):
            invite_coediteur(COURRIEL, autre, par=par)

    def test_the_link_survives_a_new_secret_while_the_former_is_kept(self, invitation, settings):
        jeton = find_jeton(invitation)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 60
        assert find_jeton(invitation) == jeton
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(LookupError):
            find_jeton(invitation)


class TestOpening:
    def test_opens_an_account_with_its_mandat_then_asks_for_the_second_factor(self, client, invitation, settings):
        settings.MAILLAGE_DEUX_FACTEURS = True
        assert client.get(read_adresse(invitation)).status_code == 200
        assert client.post(read_adresse(invitation), SAISIE).status_code == 302
        user = User.objects.get(email=COURRIEL)
        assert user.check_password(MOT_DE_PASSE)
        assert (user.first_name, user.is_staff, user.is_superuser) == ("Claude", False, False)
        mandat = user.mandats.get()
        assert (mandat.cle, mandat.accorde_par) == ("departement:71", invitation.invite_par)
        invitation.refresh_from_db()
        assert invitation.mandat_cree == mandat
        assert client.get("/compte/")["Location"].startswith("/compte/second-facteur/")
        actes = Evenement.objects.filter(objet=f"accounts.invitation:{invitation.pk}").values_list("action", flat=True)
        assert sorted(actes) == ["acceptation", "invitation"]

    def test_under_the_role_of_the_web(self, client, invitation):
        adresse = read_adresse(invitation)
        with as_web():
            assert client.get(adresse).status_code == 200
            assert client.post(adresse, SAISIE).status_code == 302
            assert client.get("/compte/").status_code == 200
        assert User.objects.get(email=COURRIEL).mandats.count() == 1

    def test_what_was_typed_stays_but_the_passwords(self, client, invitation):
        for faute in (
            {"confirmation": "autre chose"},
            {"mot_de_passe": "court", "confirmation": "court"},
            {"nom": ""},
        ):
            reponse = client.post(read_adresse(invitation), {**SAISIE, **faute})
            assert reponse.status_code == 422
            assert "Claude" in reponse.content.decode()
            assert MOT_DE_PASSE not in reponse.content.decode()
        assert not User.objects.filter(email=COURRIEL).exists()

    def test_every_dead_link_gets_the_same_page(self, client, administrateur, proposition):
        utilisee, revoquee, expiree = (invite(f"n{r}@exemple.fr", proposition, par=administrateur) for r in range(3))
        client.post(read_adresse(utilisee), SAISIE)
        revoke_invitation(revoquee, par=administrateur)
        Invitation.objects.filter(pk=expiree.pk).update(expire_le=timezone.now())
        adresses = [read_adresse(lue) for lue in (utilisee, revoquee, expiree)]
        comptes = User.objects.count()
        pages = set()
        for adresse in [*adresses, reverse("invitation", args=["x" * 32])]:
            for reponse in (Client().get(adresse), Client().post(adresse, SAISIE)):
                assert reponse.status_code == 404
                pages.add(reponse.content.replace(adresse.encode(), b""))
        assert len(pages) == 1
        assert User.objects.count() == comptes

    def test_lasts_seven_days(self, invitation):
        assert invitation.expire_le - invitation.cree_le == timedelta(days=7)

    def test_a_sign_up_that_waits_bars_the_way_to_nobody(self, client, invitation):
        ask_inscription(COURRIEL)
        attente = User.objects.get(email=COURRIEL)
        assert client.post(read_adresse(invitation), SAISIE).status_code == 302
        attente.refresh_from_db()
        assert attente.is_active
        assert attente.check_password(MOT_DE_PASSE)
        assert attente.mandats.count() == 1

    def test_an_account_closed_is_not_opened_again(self, client, invitation):
        ferme = make_user(COURRIEL, is_active=False)
        assert b'name="mot_de_passe"' not in client.get(read_adresse(invitation)).content
        client.post(read_adresse(invitation), SAISIE)
        with pytest.raises(InvitationRefusee):
            accept_invitation(invitation, user=None, prenom="", nom="", mot_de_passe=MOT_DE_PASSE)
        ferme.refresh_from_db()
        assert not ferme.is_active
        assert not Mandat.objects.filter(user=ferme).exists()

    def test_who_has_an_account_signs_in_first(self, client, invitation):
        user = make_user(COURRIEL)
        page = client.get(read_adresse(invitation)).content.decode()
        assert "Se connecter" in page
        client.post(
            read_adresse(invitation), {**SAISIE, "mot_de_passe": "Un-autre-mot-8", "confirmation": "Un-autre-mot-8"}
        )
        user.refresh_from_db()
        assert user.check_password(MOT_DE_PASSE)
        client.force_login(user)
        assert client.post(f"{read_adresse(invitation)}accepter/").status_code == 302
        assert user.mandats.count() == 1

    def test_not_for_another_address(self, client, invitation):
        autre = make_user()
        client.force_login(autre)
        reponse = client.post(f"{read_adresse(invitation)}accepter/")
        assert reponse.status_code == 404
        assert not autre.mandats.exists()

    def test_not_by_who_sent_it(self, administrateur, proposition):
        """An administrator who changes their address afterwards gains nothing."""
        invitation = invite(COURRIEL, proposition, par=administrateur)
        User.objects.filter(pk=administrateur.pk).update(email=COURRIEL)
        administrateur.refresh_from_db()
        with pytest.raises(InvitationRefusee):
            accept_invitation(invitation, user=administrateur, prenom="", nom="", mot_de_passe=None)

    @pytest.mark.parametrize("perte", ["mandat", "compte", "organisation"])
    def test_what_the_sender_lost_meanwhile_is_not_given(self, client, invitation, perte):
        hier = timezone.localdate() - timedelta(days=1)
        if perte == "mandat":
            invitation.invite_par.mandats.update(periode=DateRange(hier - timedelta(days=3), hier))
        elif perte == "compte":
            User.objects.filter(pk=invitation.invite_par_id).update(is_active=False)
        else:
            invitation_organisation = invitation.mandat["organisation"]
            make_organisation().__class__.objects.filter(pk=invitation_organisation).update(active=False)
        assert client.post(read_adresse(invitation), SAISIE).status_code == 404
        assert not User.objects.filter(email=COURRIEL).exists()

    def test_accepted_late_begins_that_day(self, client, invitation):
        invitation.mandat["debut"] = (timezone.localdate() - timedelta(days=4)).isoformat()
        invitation.save()
        client.post(read_adresse(invitation), SAISIE)
        assert Mandat.objects.get(user__email=COURRIEL).periode.lower == timezone.localdate()


class TestFollowing:
    def test_another_administrator_of_the_territory_sees_and_revokes(self, invitation):
        collegue = make_agent(Role.ADMINISTRATEUR, "departement:71")
        assert list(Invitation.objects.for_user(collegue)) == [invitation]
        assert revoke_invitation(invitation, par=collegue)
        assert not revoke_invitation(invitation, par=collegue)
        assert Evenement.objects.filter(action="annulation").count() == 1

    @pytest.mark.parametrize(
        ("role", "perimetre"), [(Role.ADMINISTRATEUR, "region:84"), (Role.INSTRUCTEUR, "region:27")]
    )
    def test_nobody_else_does(self, invitation, role, perimetre):
        autre = make_agent(role, perimetre)
        assert not Invitation.objects.for_user(autre).exists()
        with pytest.raises(MandatRefuse):
            revoke_invitation(invitation, par=autre)

    def test_in_the_administration(self, client, administrateur, proposition):
        verify_otp(client, administrateur)
        saisie = {
            "courriel": COURRIEL,
            "organisation": proposition.organisation.pk,
            "role": "instructeur",
            "perimetre": "departement",
            "perimetre_code": "71",
            "debut": timezone.localdate().isoformat(),
        }
        ajout = reverse("admin:accounts_invitation_add")
        assert client.post(ajout, {**saisie, "courriel": administrateur.email}).status_code == 422
        assert client.post(ajout, saisie).status_code == 302
        lue = Invitation.objects.get()
        page = reverse("admin:accounts_invitation_change", args=[lue.pk])
        assert find_jeton(lue) not in client.get(page).content.decode()
        assert COURRIEL in client.get(reverse("admin:accounts_invitation_changelist")).content.decode()
        assert client.post(page, {"acte": "annuler"}).status_code == 302
        lue.refresh_from_db()
        assert lue.annulee_le is not None
