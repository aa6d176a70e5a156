"""Who gives and ends a mandat, over what and to whom: the service, then the pages of the administration."""

from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.models import Mandat, Organisation, User
from portal.accounts.organisations import (
    MandatRefuse,
    Proposition,
    end_mandat,
    grant_mandat,
    save_organisation,
    set_active,
)
from portal.core.models import Evenement
from tests.accounts.connexion_essai import verify_otp
from tests.people import MOT_DE_PASSE, make_agent, make_commune, make_mandat, make_organisation, make_user

pytestmark = pytest.mark.django_db
DD71 = {"type": TypeOrganisation.DELEGATION, "region_code": "27", "departement_code": "71"}
ARS27 = {"type": TypeOrganisation.ARS, "region_code": "27"}


@pytest.fixture(autouse=True)
def territoire():
    for departement in ("71", "21", "69"):
        make_commune(departement)


@pytest.fixture
def administrateur():
    """Of the région 27."""
    return make_agent(Role.ADMINISTRATEUR, "region:27")


def propose(role=Role.INSTRUCTEUR, cle="departement:71", organisation=None, **champs):
    perimetre, _, code = cle.partition(":")
    return Proposition(
        organisation=organisation or make_organisation(**DD71),
        role=role,
        perimetre=TypePerimetre(perimetre),
        perimetre_code=code,
        **{"debut": timezone.localdate(), **champs},
    )


def count_actes(action):
    return Evenement.objects.filter(action=action, objet__startswith="accounts.").count()


class TestGrant:
    def test_within_the_perimeter(self, administrateur):
        mandat = grant_mandat(propose(), user=make_user(), par=administrateur)
        assert (mandat.accorde_par, mandat.cle, mandat.role) == (administrateur, "departement:71", "instructeur")
        (acte,) = Evenement.objects.filter(objet=f"accounts.mandat:{mandat.pk}")
        assert (acte.action, acte.auteur) == ("octroi", administrateur)

    @pytest.mark.parametrize(
        ("cle", "organisation"),
        [
            ("departement:69", {"type": TypeOrganisation.DELEGATION, "region_code": "84", "departement_code": "69"}),
            ("region:84", {"type": TypeOrganisation.ARS, "region_code": "84"}),
            ("national", {"type": TypeOrganisation.ARS}),
            ("region:27", {"type": TypeOrganisation.ARS}),
            ("region:27", DD71),
            ("departement:21", DD71),
            ("departement:99", DD71),
        ],
    )
    def test_never_outside_of_it_nor_of_the_organisation(self, administrateur, cle, organisation):
        with pytest.raises(MandatRefuse):
            grant_mandat(
                propose(cle=cle, organisation=make_organisation(**organisation)), user=make_user(), par=administrateur
            )
        assert count_actes("octroi") == 0

    def test_an_administrator_of_a_departement_does_not_give_the_region(self):
        par = make_agent(Role.ADMINISTRATEUR, "departement:71")
        with pytest.raises(MandatRefuse):
            grant_mandat(propose(cle="region:27", organisation=make_organisation(**ARS27)), user=make_user(), par=par)

    @pytest.mark.parametrize("role", [r for r in Role if r not in (Role.ADMINISTRATEUR, Role.COORDINATEUR_CPTS)])
    def test_nobody_else_gives_anything(self, role):
        par = make_agent(role, "departement:71")
        with pytest.raises(MandatRefuse):
            grant_mandat(propose(), user=make_user(), par=par)

    def test_never_to_oneself(self, administrateur):
        with pytest.raises(MandatRefuse, match="soi-même"):
            grant_mandat(propose(), user=administrateur, par=administrateur)

    def test_never_to_a_closed_account(self, administrateur):
        with pytest.raises(MandatRefuse, match="désactivé"):
            grant_mandat(propose(), user=make_user(is_active=False), par=administrateur)

    def test_never_twice_on_a_same_day(self, administrateur):
        user, proposition = make_user(), propose()
        grant_mandat(proposition, user=user, par=administrateur)
        with pytest.raises(MandatRefuse, match="déjà ce mandat"):
            grant_mandat(proposition, user=user, par=administrateur)

    def test_not_any_more_once_the_mandat_of_the_giver_ended(self, administrateur):
        """What the object `par` read at the beginning of its request counts for nothing."""
        grant_mandat(propose(), user=make_user(), par=administrateur)
        hier = timezone.localdate() - timedelta(days=1)
        administrateur.mandats.update(periode=DateRange(hier - timedelta(days=9), hier))
        with pytest.raises(MandatRefuse):
            grant_mandat(propose(), user=make_user(), par=administrateur)

    def test_in_the_name_of_an_organisation_that_can(self, administrateur):
        cpam = make_organisation(TypeOrganisation.CPAM, region_code="27", departement_code="71")
        with pytest.raises(MandatRefuse) as refus:
            grant_mandat(propose(organisation=cpam), user=make_user(), par=administrateur)
        assert refus.value.champ == "organisation"
        assert grant_mandat(propose(Role.AGENT_CPAM, organisation=cpam), user=make_user(), par=administrateur)

    def test_a_coordinator_for_her_own_cpts_alone(self):
        sienne, autre = (
            make_organisation(TypeOrganisation.CPTS, region_code="27", departement_code="71") for _ in "12"
        )
        par = make_user()
        make_mandat(par, Role.COORDINATEUR_CPTS, f"cpts:{sienne.code}", organisation=sienne)
        role = Role.COORDINATEUR_CPTS
        assert grant_mandat(propose(role, f"cpts:{sienne.code}", sienne), user=make_user(), par=par)
        for organisation, code in ((autre, autre.code), (autre, sienne.code), (sienne, autre.code)):
            with pytest.raises(MandatRefuse):
                grant_mandat(propose(role, f"cpts:{code}", organisation), user=make_user(), par=par)
        with pytest.raises(MandatRefuse):
            grant_mandat(propose(), user=make_user(), par=par)


class TestEnd:
    def test_by_a_date_and_the_right_goes_with_it(self, administrateur):
        agent = make_user()
        mandat = grant_mandat(propose(debut=date(2026, 1, 5)), user=agent, par=administrateur)
        assert User.objects.get(pk=agent.pk).has_perm("aides.view_demande")
        end_mandat(mandat, par=administrateur, le=timezone.localdate())
        assert not User.objects.get(pk=agent.pk).has_perm("aides.view_demande")
        assert Mandat.objects.filter(pk=mandat.pk).exists()
        assert count_actes("fin") == 1

    def test_the_same_date_twice_writes_once(self, administrateur):
        mandat = grant_mandat(propose(debut=date(2026, 1, 5)), user=make_user(), par=administrateur)
        for _ in range(2):
            end_mandat(mandat, par=administrateur, le=timezone.localdate())
        assert count_actes("fin") == 1

    @pytest.mark.parametrize("jours", [-1, 31])
    def test_neither_in_the_past_nor_later_than_it_was(self, administrateur, jours):
        jour = timezone.localdate()
        mandat = grant_mandat(
            propose(debut=date(2026, 1, 5), fin=jour + timedelta(days=30)), user=make_user(), par=administrateur
        )
        with pytest.raises(MandatRefuse):
            end_mandat(mandat, par=administrateur, le=jour + timedelta(days=jours))

    def test_not_before_it_began(self, administrateur):
        mandat = grant_mandat(propose(), user=make_user(), par=administrateur)
        with pytest.raises(MandatRefuse, match="commence le"):
            end_mandat(mandat, par=administrateur, le=timezone.localdate())

    def test_not_from_another_region(self, administrateur):
        autre = make_mandat(make_user(), Role.INSTRUCTEUR, "departement:69")
        with pytest.raises(MandatRefuse, match="hors du périmètre"):
            end_mandat(autre, par=administrateur, le=timezone.localdate())


class TestOrganisations:
    def test_are_written_within_the_perimeter(self, administrateur):
        save_organisation(Organisation(nom="Délégation", **DD71), par=administrateur)
        assert count_actes("creation") == 1

    @pytest.mark.parametrize(
        "champs", [{"region_code": "84"}, {}, {"region_code": "27", "departement_code": "69"}], ids=str
    )
    def test_are_refused_elsewhere(self, administrateur, champs):
        with pytest.raises(MandatRefuse):
            save_organisation(Organisation(nom="Ailleurs", type="delegation", **champs), par=administrateur)
        assert not Organisation.objects.filter(nom="Ailleurs").exists()

    def test_do_not_move_under_the_mandats_that_they_carry(self, administrateur):
        """Else the perimeter of what was given would change without an act."""
        organisation = make_organisation(**DD71)
        grant_mandat(propose(organisation=organisation), user=make_user(), par=administrateur)
        organisation.departement_code = "21"
        with pytest.raises(MandatRefuse, match="ne changent plus"):
            save_organisation(organisation, par=administrateur)

    def test_nobody_wakes_a_mandat_of_their_own(self, administrateur):
        organisation = make_organisation(**ARS27)
        make_mandat(administrateur, Role.VALIDEUR, "region:27", organisation=organisation)
        for actif in (False, True):
            organisation.active = actif
            if actif:
                with pytest.raises(MandatRefuse, match="un autre administrateur"):
                    save_organisation(organisation, par=administrateur)
            else:
                save_organisation(organisation, par=administrateur)
        save_organisation(organisation, par=make_agent(Role.ADMINISTRATEUR, "region:27"))
        organisation.refresh_from_db()
        assert organisation.active


class TestClose:
    def test_an_account_of_the_perimeter(self, administrateur):
        agent = make_user()
        grant_mandat(propose(), user=agent, par=administrateur)
        set_active(agent, False, par=administrateur)
        agent.refresh_from_db()
        assert not agent.is_active
        assert count_actes("desactivation") == 1

    def test_neither_oneself_nor_who_works_elsewhere_too_nor_a_superuser(self, administrateur):
        partage = make_agent(Role.INSTRUCTEUR, "departement:71")
        make_mandat(partage, Role.INSTRUCTEUR, "departement:69")
        for user in (administrateur, partage, make_user(is_superuser=True), make_user()):
            with pytest.raises(MandatRefuse):
                set_active(user, False, par=administrateur)


def post(client, route, *args, **saisie):
    return client.post(reverse(f"admin:accounts_{route}", args=args), saisie)


class TestPages:
    @pytest.fixture
    def admin(self, client, settings, administrateur):
        settings.MAILLAGE_DEUX_FACTEURS = True
        verify_otp(client, administrateur)
        return client

    @pytest.fixture
    def saisie(self):
        organisation = make_organisation(**DD71)
        agent = make_user("agent@exemple.fr")
        make_mandat(agent, Role.LECTEUR, "departement:71", organisation=organisation)
        return {
            "courriel": agent.email,
            "organisation": organisation.pk,
            "role": "instructeur",
            "perimetre": "departement",
            "perimetre_code": "71",
            "debut": timezone.localdate().isoformat(),
        }

    def test_give_then_end_a_mandat(self, admin, saisie, administrateur):
        assert post(admin, "mandat_add", **saisie).status_code == 302
        mandat = Mandat.objects.get(accorde_par=administrateur)
        demain = (timezone.localdate() + timedelta(days=1)).isoformat()
        assert post(admin, "mandat_change", mandat.pk, fin=demain).status_code == 302
        mandat.refresh_from_db()
        assert mandat.periode.upper.isoformat() == demain

    def test_a_refusal_keeps_what_was_typed(self, admin, saisie):
        for faute in ({"perimetre_code": "21"}, {"courriel": "personne@exemple.fr"}, {"debut": "2020-01-01"}):
            reponse = post(admin, "mandat_add", **{**saisie, **faute})
            assert reponse.status_code == 422
            assert next(iter(faute.values())) in reponse.content.decode()
        assert count_actes("octroi") == 0

    def test_an_old_proof_asks_for_the_password_and_sends_again(self, admin, saisie, administrateur):
        session = admin.session
        session["preuve_le"] = 0
        session.save()
        reponse = post(admin, "mandat_add", **saisie)
        assert reponse.status_code == 403
        assert "agent@exemple.fr" in reponse.content.decode()
        assert count_actes("octroi") == 0
        assert post(admin, "mandat_add", **saisie, sudo_preuve=MOT_DE_PASSE).status_code == 302
        assert count_actes("octroi") == 1

    def test_offers_the_organisations_of_the_perimeter(self, admin, saisie):
        ailleurs = make_organisation(type=TypeOrganisation.DELEGATION, region_code="84", departement_code="69")
        page = admin.get(reverse("admin:accounts_mandat_add")).content.decode()
        assert f'value="{saisie["organisation"]}"' in page
        assert f'value="{ailleurs.pk}"' not in page

    def test_does_not_say_who_has_an_account_elsewhere(self, admin, saisie):
        make_agent(Role.LECTEUR, "departement:69", courriel="ailleurs@exemple.fr")
        textes = []
        for adresse in ("ailleurs@exemple.fr", "personne0@exemple.fr"):
            reponse = post(admin, "mandat_add", **{**saisie, "courriel": adresse})
            textes.append(reponse.context["page"].formulaire.errors["courriel"])
        assert textes[0] == textes[1]

    def test_another_region_does_not_exist(self, admin):
        mandat = make_mandat(make_user(), Role.INSTRUCTEUR, "departement:69")
        for route, cle in (("mandat", mandat.pk), ("user", mandat.user_id)):
            autre = admin.get(reverse(f"admin:accounts_{route}_change", args=[cle]))
            rien = admin.get(reverse(f"admin:accounts_{route}_change", args=[999_999_999]))
            assert autre.status_code == rien.status_code == 404
            lignes = admin.get(reverse(f"admin:accounts_{route}_changelist")).context["cl"].result_list
            assert cle not in {ligne.pk for ligne in lignes}

    def test_changes_an_organisation_and_keeps_its_history(self, admin, saisie):
        lu = Organisation.objects.get(pk=saisie["organisation"])
        champs = {
            "type": lu.type,
            "nom": "Nouveau nom",
            "code": lu.code,
            "region_code": "27",
            "departement_code": "71",
        }
        assert post(admin, "organisation_change", lu.pk, **champs, active="on").status_code == 302
        page = admin.get(reverse("admin:accounts_organisation_change", args=[lu.pk])).content.decode()
        assert "Nouveau nom" in page
        assert "Modification" in page

    def test_an_organisation_of_elsewhere_is_read_only(self, admin):
        ailleurs = make_organisation(type=TypeOrganisation.DELEGATION, region_code="84", departement_code="69")
        post(admin, "organisation_change", ailleurs.pk, type="delegation", nom="Pris", region_code="84")
        ailleurs.refresh_from_db()
        assert ailleurs.nom != "Pris"

    def test_closes_and_opens_an_account_and_nothing_more(self, admin, saisie):
        agent = User.objects.get(email=saisie["courriel"])
        pris = {"is_superuser": "on", "is_staff": "on", "email": "pris@exemple.fr", "groups": "1", "password": "x"}
        for actif in (False, True):
            assert post(admin, "user_change", agent.pk, **pris).status_code == 302
            avant = agent.password
            agent.refresh_from_db()
            assert agent.is_active is actif
            assert (agent.is_superuser, agent.is_staff, agent.email) == (False, False, saisie["courriel"])
            assert agent.password == avant

    def test_the_password_of_another_is_out_of_reach(self, admin, saisie):
        agent = User.objects.get(email=saisie["courriel"])
        adresse = reverse("admin:auth_user_password_change", args=[agent.pk])
        assert admin.post(adresse, {"password1": "x" * 20, "password2": "x" * 20}).status_code == 403

    def test_nothing_is_deleted(self, admin, saisie):
        for route, cle in (
            ("organisation", saisie["organisation"]),
            ("user", User.objects.get(email=saisie["courriel"]).pk),
        ):
            assert post(admin, f"{route}_delete", cle, post="yes").status_code == 403

    def test_an_auditor_reads_and_an_instructor_does_not(self, client, saisie):
        client.force_login(make_agent(Role.AUDITEUR, "region:27"))
        for route in ("organisation", "mandat", "invitation", "user"):
            assert client.get(reverse(f"admin:accounts_{route}_changelist")).status_code == 200
            assert client.get(reverse(f"admin:accounts_{route}_add")).status_code == 403
        client.force_login(make_agent(Role.INSTRUCTEUR))
        for route in ("organisation", "mandat", "invitation", "user"):
            assert client.get(reverse(f"admin:accounts_{route}_changelist")).status_code == 403

    def test_an_act_of_the_machine_has_no_author(self, admin, saisie):
        lu = Mandat.objects.get(user__email=saisie["courriel"])
        Evenement.objects.create(objet=f"accounts.mandat:{lu.pk}", action="creation")
        assert admin.get(reverse("admin:accounts_mandat_change", args=[lu.pk])).status_code == 200
