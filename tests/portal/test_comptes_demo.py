"""The demonstration accounts: what is printed signs in, and goes with them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from cpts.models import Rattachement
from portal.accounts.demonstration import ADRESSES, COMPTES, read_code
from portal.accounts.management.commands.create_demo_accounts import read_passwords
from portal.accounts.models import Mandat, User


@pytest.mark.django_db
class TestDemoAccounts:
    @pytest.fixture
    def fichier(self, tmp_path):
        fichier = tmp_path / "comptes-demo.txt"
        call_command("create_demo_accounts", str(fichier), stdout=StringIO())
        return fichier

    @pytest.mark.parametrize("compte", COMPTES, ids=lambda compte: compte.nom)
    def test_each_signs_in_with_what_is_printed(self, fichier, client, settings, compte):
        settings.MAILLAGE_DEUX_FACTEURS = settings.MAILLAGE_CODES_DEMO = True
        saisie = {"username": compte.adresse, "password": read_passwords(fichier)[compte.adresse]}
        assert client.post("/compte/connexion/", saisie).status_code == 302
        attendu = 302 if compte.a_code else 200
        assert client.get("/compte/").status_code == attendu
        if compte.a_code:
            sortie = StringIO()
            call_command("code_demo", compte.adresse, stdout=sortie)
            client.post("/compte/second-facteur/", {"code": sortie.getvalue().split()[0]})
        assert client.get("/compte/").status_code == 200
        assert (client.get("/admin/").status_code == 200) is compte.a_code

    def test_a_code_that_was_used_is_not_given_again(self, fichier, settings):
        settings.MAILLAGE_CODES_DEMO = True
        device = TOTPDevice.objects.get(user__email="lecture@demonstration.invalid")
        codes = []
        for _ in range(5):
            codes.append(read_code(device.user.email).code)
            device.refresh_from_db()
            assert device.verify_token(codes[-1])
        assert len(set(codes)) > 1

    def test_codes_are_for_trying_only(self, fichier):
        with pytest.raises(CommandError, match=r"portal\.settings\.dev"):
            call_command("code_demo", "lecture@demonstration.invalid")

    def test_codes_of_others_are_not_given(self, fichier, settings):
        settings.MAILLAGE_CODES_DEMO = True
        autre = User.objects.create_user("agent@exemple.fr", "une phrase assez longue")
        TOTPDevice.objects.create(user=autre, confirmed=True, name="Application")
        for adresse in (autre.email, "medecin@demonstration.invalid", "personne@exemple.fr"):
            with pytest.raises(CommandError, match="Aucun code"):
                call_command("code_demo", adresse)

    def test_are_made_once_and_keep_their_passwords(self, fichier):
        premier, comptes = fichier.read_text(), list(User.objects.order_by("pk").values_list("pk", "password"))
        call_command("create_demo_accounts", str(fichier), stdout=StringIO())
        assert fichier.read_text() == premier
        assert list(User.objects.order_by("pk").values_list("pk", "password")) == comptes
        assert Mandat.objects.count() == len([compte for compte in COMPTES if compte.role])
        assert fichier.stat().st_mode & 0o077 == 0
        assert set(read_passwords(fichier)) == set(ADRESSES)

    def test_replace_the_two_accounts_of_the_first_release(self, tmp_path):
        """They were a superuser and a reader with permissions of her own."""
        fichier = tmp_path / "comptes"
        ancien = User.objects.create_superuser("administration@demonstration.invalid", "une phrase assez longue")
        fichier.write_text("  administration@demonstration.invalid  ancien\n  lecture@demonstration.invalid  ancien\n")
        call_command("create_demo_accounts", str(fichier), stdout=StringIO())
        ancien.refresh_from_db()
        assert (ancien.is_staff, ancien.is_superuser) == (False, False)
        assert ancien.check_password(read_passwords(fichier)[ancien.email])

    def test_the_reader_changes_nothing(self, fichier):
        lecteur = User.objects.get(email="lecture@demonstration.invalid")
        assert not lecteur.is_superuser
        assert lecteur.has_perm("aides.view_demande")
        for verbe in ("add", "change", "delete"):
            assert not lecteur.has_perm(f"aides.{verbe}_demande")

    def test_the_practitioners_have_a_record(self, france, tmp_path):
        call_command("create_demo_accounts", str(tmp_path / "comptes"), stdout=StringIO())
        for rattachement in Rattachement.objects.select_related("proprietaire"):
            assert rattachement.statut == "valide"
            assert (rattachement.region_code, rattachement.departement_code) == ("27", "71")
        assert Rattachement.objects.count() == 2

    def test_are_closed_when_the_demonstration_is_refused(self, fichier, client):
        mots_de_passe = read_passwords(fichier)
        client.post("/compte/connexion/", {"username": ADRESSES[-1], "password": mots_de_passe[ADRESSES[-1]]})
        assert client.get("/compte/").status_code == 200
        call_command("create_demo_accounts", str(fichier), retirer=True, stdout=StringIO())
        assert not fichier.exists()
        assert client.get("/compte/").status_code == 302
        assert not TOTPDevice.objects.exists()
        for adresse, mot_de_passe in mots_de_passe.items():
            assert (
                Client().post("/compte/connexion/", {"username": adresse, "password": mot_de_passe}).status_code != 302
            )

    def test_are_not_made_where_people_already_have_accounts(self, tmp_path):
        User.objects.create_user("agent@exemple.fr", "une phrase assez longue")
        call_command("create_demo_accounts", str(tmp_path / "comptes"), stdout=StringIO())
        assert not User.objects.filter(email__in=ADRESSES).exists()
        assert not (tmp_path / "comptes").exists()
