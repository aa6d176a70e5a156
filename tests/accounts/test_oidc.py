"""Pro Santé Connect and ProConnect, whole logins against a provider on the loopback."""

import pytest
from django.urls import reverse

from cpts.models import Rattachement
from portal.accounts.enums import Fournisseur, Role
from portal.accounts.models import IdentiteExterne, User
from portal.accounts.oidc import list_fournisseurs
from portal.accounts.oidc_comptes import read_profil_psc
from portal.core.models import Evenement
from tests.accounts import fournisseur_essai as essai
from tests.people import make_agent, make_praticien, make_user
from tests.portal.test_ceinture import as_web

pytestmark = [
    pytest.mark.django_db,
    # The mock is older than the library of tokens that it uses.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
RPPS, AUTRE = "10001234567", "10007654321"
PSC_PERSONNE = {
    "SubjectNameID": f"8{RPPS}",
    "otherIds": [{"identifiant": f"8{RPPS}", "origine": "RPPS", "qualite": 1}],
    "SubjectRefPro": {"exercices": [{"codeProfession": "10"}, {"codeProfession": "10"}]},
    "acr": "eidas1",
}
APPELS = []


def note(user, rpps, professions):
    APPELS.append((user.pk, rpps, professions))


@pytest.fixture(scope="module")
def serveur():
    with essai.open_fournisseur() as ouvert:
        yield ouvert


@pytest.fixture
def fournisseur(serveur, settings):
    serveur.faussaire.reset()
    APPELS.clear()
    settings.OIDC_VERIFY_KID = False  # the mock gives no identifier to its key
    settings.MAILLAGE_OIDC = {nom: serveur.reglages(nom) for nom in ("psc", "proconnect")}
    settings.MAILLAGE_APRES_PSC = ["tests.accounts.test_oidc.note"]
    serveur.set_person("psc-1", **PSC_PERSONNE, given_name="Camille", family_name="ESSAI")
    serveur.set_person("pro-1", acr="eidas2", siret="12345678901234", given_name="Dominique", usual_name="ESSAI")
    return serveur


def is_signed_in(client):
    return "_auth_user_id" in client.session


class TestProSanteConnect:
    def test_opens_an_account_without_address(self, client, fournisseur):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        reponse = client.get(retour)
        assert reponse.status_code == 302, reponse.content
        user = User.objects.get(pk=client.session["_auth_user_id"])
        assert user.email is None
        assert not user.has_usable_password()
        identite = user.identites.get()
        assert (identite.fournisseur, identite.sujet, identite.rpps) == ("psc", "psc-1", RPPS)
        assert [(user.pk, RPPS, ("10",))] == APPELS
        assert Evenement.objects.filter(action="connexion", auteur=user).count() == 1

    def test_comes_back_to_the_same_account(self, client, fournisseur):
        for _ in range(2):
            client.get(fournisseur.authorize(client, "psc", "psc-1"))
            client.logout()
        assert User.objects.count() == 1

    def test_a_new_subject_with_the_same_rpps_is_the_same_person(self, client, fournisseur):
        client.get(fournisseur.authorize(client, "psc", "psc-1"))
        client.logout()
        fournisseur.set_person("psc-neuve", **PSC_PERSONNE)
        client.get(fournisseur.authorize(client, "psc", "psc-neuve"))
        assert IdentiteExterne.objects.get().sujet == "psc-neuve"
        assert is_signed_in(client)

    def test_asks_with_pkce_a_state_a_nonce_and_a_level(self, client, fournisseur):
        fournisseur.authorize(client, "psc", "psc-1")
        (demande,) = fournisseur.faussaire.demandes
        assert demande["code_challenge_method"] == "S256"
        assert len(demande["state"]) >= 32
        assert len(demande["nonce"]) >= 32
        assert demande["acr_values"] == "eidas1"

    def test_links_the_account_that_is_signed_in(self, client, fournisseur):
        user = make_user()
        client.force_login(user)
        client.get(fournisseur.authorize(client, "psc", "psc-1"))
        assert user.identites.get().rpps == RPPS
        assert User.objects.count() == 1

    def test_never_links_by_an_address(self, client, fournisseur):
        connu = make_user("camille@exemple.fr")
        fournisseur.set_person("psc-1", **PSC_PERSONNE, courriel="", email="camille@exemple.fr")
        client.get(fournisseur.authorize(client, "psc", "psc-1"))
        assert is_signed_in(client)
        assert client.session["_auth_user_id"] != str(connu.pk)
        assert not connu.identites.exists()

    def test_does_not_follow_an_address_of_elsewhere(self, client, fournisseur):
        for suite in ("//ailleurs.exemple", "https:ailleurs", "\\\\ailleurs", "/%09/ailleurs", "javascript:alert(1)"):
            client.logout()
            reponse = client.get(fournisseur.authorize(client, "psc", "psc-1", suite=suite))
            assert reponse["Location"] in (reverse("compte"), "/%09/ailleurs"), suite

    def test_follows_an_address_of_the_portal(self, client, fournisseur):
        reponse = client.get(fournisseur.authorize(client, "psc", "psc-1", suite="/aides/"))
        assert reponse["Location"] == "/aides/"

    def test_a_practitioner_of_the_annuaire_is_attached_at_once(self, client, fournisseur, settings):
        """The hook of the portal itself, under the role of the web."""
        settings.MAILLAGE_APRES_PSC = ["cpts.services.rattachements.attach_by_psc"]
        make_praticien(rpps=RPPS)
        with as_web():
            assert client.get(fournisseur.authorize(client, "psc", "psc-1")).status_code == 302
            assert client.get("/praticiens/moi/").status_code == 200
        rattachement = Rattachement.objects.get()
        assert (rattachement.praticien_id, rattachement.statut) == (RPPS, "valide")
        assert str(rattachement.proprietaire_id) == client.session["_auth_user_id"]

    def test_leaving_offers_to_leave_the_provider_by_a_link(self, client, fournisseur):
        """A link and not a redirection of the form: `form-action` of the CSP names this portal alone."""
        client.get(fournisseur.authorize(client, "psc", "psc-1"))
        reponse = client.post("/compte/deconnexion/")
        assert reponse.status_code == 200
        assert "form-action 'self'" in reponse["Content-Security-Policy"]
        assert f'href="{fournisseur.adresse}/oauth2/end_session?id_token_hint=' in reponse.content.decode()
        assert not is_signed_in(client)


class TestProConnect:
    def test_signs_in_a_linked_agent_with_two_factors(self, client, fournisseur):
        agent = make_agent(Role.INSTRUCTEUR)
        IdentiteExterne.objects.create(user=agent, fournisseur=Fournisseur.PROCONNECT, sujet="pro-1")
        reponse = client.get(fournisseur.authorize(client, "proconnect", "pro-1"))
        assert reponse.status_code == 302
        assert client.session["_auth_user_id"] == str(agent.pk)
        assert client.session["facteur_externe"] == "proconnect"

    def test_links_the_agent_who_is_signed_in(self, client, fournisseur):
        agent = make_agent(Role.INSTRUCTEUR)
        client.force_login(agent)
        client.get(fournisseur.authorize(client, "proconnect", "pro-1"))
        assert agent.identites.get().siret == "12345678901234"

    def test_refuses_who_was_not_invited_even_with_the_address_of_an_agent(self, client, fournisseur):
        agent = make_agent(Role.INSTRUCTEUR)
        fournisseur.set_person("pro-2", acr="eidas2", email=agent.email)
        reponse = client.get(fournisseur.authorize(client, "proconnect", "pro-2"))
        assert reponse.status_code == 403
        assert "invitation" in reponse.content.decode()
        assert not is_signed_in(client)
        assert not agent.identites.exists()

    def test_refuses_who_has_no_mandat_any_more(self, client, fournisseur):
        user = make_user()
        IdentiteExterne.objects.create(user=user, fournisseur=Fournisseur.PROCONNECT, sujet="pro-1")
        reponse = client.get(fournisseur.authorize(client, "proconnect", "pro-1"))
        assert reponse.status_code == 403
        assert not is_signed_in(client)

    def test_ends_at_the_provider(self, client, fournisseur, rf):
        from portal.accounts.oidc_deconnexion import build_deconnexion_url, is_forte

        agent = make_agent(Role.INSTRUCTEUR)
        IdentiteExterne.objects.create(user=agent, fournisseur=Fournisseur.PROCONNECT, sujet="pro-1")
        client.get(fournisseur.authorize(client, "proconnect", "pro-1"))
        demande = rf.get("/")
        demande.session = client.session
        assert is_forte(demande)
        adresse = build_deconnexion_url(demande)
        assert adresse.startswith(fournisseur.reglages("proconnect")["deconnexion"])
        assert "id_token_hint=" in adresse


class TestSansReglages:
    def test_nothing_of_it_exists(self, client, settings):
        settings.MAILLAGE_OIDC = {}
        assert list_fournisseurs() == []
        for adresse in ("/compte/oidc/psc/", "/compte/oidc/proconnect/retour/", "/compte/oidc/inconnu/"):
            assert client.get(adresse).status_code == 404


def set_claim(nom, valeur):
    return lambda lu: {**lu, nom: valeur}


def drop_claim(nom):
    return lambda lu: {cle: valeur for cle, valeur in lu.items() if cle != nom}


MAUVAIS = {
    "nonce d'un autre": (400, {"jeton": set_claim("nonce", "autre")}),
    "sans nonce": (400, {"jeton": drop_claim("nonce")}),
    "autre public": (400, {"jeton": set_claim("aud", ["un-autre"])}),
    "plusieurs publics sans azp": (400, {"jeton": set_claim("aud", [essai.CLIENT, "un-autre"])}),
    "autre émetteur": (400, {"jeton": set_claim("iss", "https://ailleurs.exemple")}),
    "jeton expiré": (400, {"jeton": set_claim("exp", 1_700_000_000)}),
    "sans expiration": (400, {"jeton": drop_claim("exp")}),
    "alg none": (400, {"encode": essai.sign_nothing}),
    "HS256 avec la clé publique": (400, {"encode": essai.sign_with_public_key}),
    "signé d'une autre clé": (400, {"encode": essai.sign_with_another_key}),
    "userinfo d'un autre": (400, {"userinfo": set_claim("sub", "quelqu-un-d-autre")}),
    "niveau insuffisant": (403, {"jeton": set_claim("acr", "eidas0")}),
    "sans niveau": (403, {"jeton": drop_claim("acr")}),
    "sans RPPS": (403, {"userinfo": lambda lu: {"sub": lu["sub"], "SubjectNameID": "0123456789"}}),
    "deux RPPS": (403, {"userinfo": set_claim("SubjectNameID", f"8{AUTRE}")}),
    "jeton en panne": (503, {"statut_jeton": 502}),
    "jeton refusé": (400, {"statut_jeton": 401}),
}


class TestMauvaisRetours:
    def check_refused(self, client, retour, statut):
        personnes, identites = User.objects.count(), IdentiteExterne.objects.count()
        reponse = client.get(retour)
        assert reponse.status_code == statut, Evenement.objects.first().details
        assert not is_signed_in(client)
        assert Evenement.objects.filter(action="connexion_refusee").count() == 1
        assert (User.objects.count(), IdentiteExterne.objects.count()) == (personnes, identites)
        assert "no-store" in reponse["Cache-Control"]
        assert APPELS == []
        return reponse

    @pytest.mark.parametrize("cas", MAUVAIS)
    def test_is_refused(self, client, fournisseur, cas):
        statut, mensonge = MAUVAIS[cas]
        retour = fournisseur.authorize(client, "psc", "psc-1")
        for nom, valeur in mensonge.items():
            setattr(fournisseur.faussaire, nom, valeur)
        self.check_refused(client, retour, statut)

    def test_the_same_answer_without_the_lie_is_accepted(self, client, fournisseur):
        """The control: what the cases above refuse is the lie, and nothing else."""
        assert client.get(fournisseur.authorize(client, "psc", "psc-1")).status_code == 302

    def test_state_of_nobody(self, client, fournisseur):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        etat = essai.read_state(retour)["state"]
        self.check_refused(client, retour.replace(etat, "x" * 32), 400)

    def test_state_of_another_browser(self, client, fournisseur):
        self.check_refused(type(client)(), fournisseur.authorize(client, "psc", "psc-1"), 400)
        assert not is_signed_in(client)

    def test_state_given_to_the_other_provider(self, client, fournisseur):
        retour = fournisseur.authorize(client, "psc", "psc-1").replace("/psc/", "/proconnect/")
        self.check_refused(client, retour, 400)

    def test_state_too_old(self, client, fournisseur, monkeypatch):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        monkeypatch.setattr("portal.accounts.views.oidc.DUREE", -1)
        self.check_refused(client, retour, 400)

    def test_an_answer_played_twice(self, client, fournisseur):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        client.get(retour)
        client.logout()
        APPELS.clear()
        self.check_refused(client, retour, 400)

    def test_a_code_played_twice_under_a_new_state(self, client, fournisseur):
        premier = fournisseur.authorize(client, "psc", "psc-1")
        client.get(premier)
        client.logout()
        APPELS.clear()
        second = essai.read_state(fournisseur.authorize(client, "psc", "psc-1"))
        code = essai.read_state(premier)["code"]
        self.check_refused(client, f"/compte/oidc/psc/retour/?code={code}&state={second['state']}", 400)

    def test_without_code(self, client, fournisseur):
        etat = essai.read_state(fournisseur.authorize(client, "psc", "psc-1"))["state"]
        self.check_refused(client, f"/compte/oidc/psc/retour/?state={etat}", 400)

    def test_the_provider_says_no(self, client, fournisseur):
        etat = essai.read_state(fournisseur.authorize(client, "psc", "psc-1"))["state"]
        self.check_refused(client, f"/compte/oidc/psc/retour/?state={etat}&error=access_denied", 403)

    def test_the_provider_is_down(self, client, fournisseur, settings):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        mort = fournisseur.reglages("psc", jeton="http://127.0.0.1:9/jeton")
        settings.MAILLAGE_OIDC = {"psc": mort}
        reponse = self.check_refused(client, retour, 503)
        assert "Connexion indisponible" in reponse.content.decode()

    def test_userinfo_not_signed_where_it_must_be(self, client, fournisseur):
        retour = fournisseur.authorize(client, "proconnect", "pro-1")
        fournisseur.faussaire.userinfo_signe = False
        self.check_refused(client, retour, 400)

    def test_rpps_linked_to_another_account(self, client, fournisseur):
        IdentiteExterne.objects.create(user=make_user(), fournisseur=Fournisseur.PSC, sujet="psc-1", rpps=RPPS)
        client.force_login(make_user())
        retour = fournisseur.authorize(client, "psc", "psc-1")
        reponse = client.get(retour)
        assert reponse.status_code == 403
        assert IdentiteExterne.objects.count() == 1

    def test_subject_that_changes_its_rpps(self, client, fournisseur):
        IdentiteExterne.objects.create(user=make_user(), fournisseur=Fournisseur.PSC, sujet="psc-1", rpps=AUTRE)
        self.check_refused(client, fournisseur.authorize(client, "psc", "psc-1"), 403)

    def test_address_of_an_account_with_another_rpps(self, client, fournisseur):
        connu = make_user("camille@exemple.fr")
        IdentiteExterne.objects.create(user=connu, fournisseur=Fournisseur.PSC, sujet="psc-0", rpps=AUTRE)
        retour = fournisseur.authorize(client, "psc", "psc-1")
        fournisseur.faussaire.userinfo = set_claim("email", "Camille@exemple.fr")
        self.check_refused(client, retour, 403)

    def test_beyond_a_number_an_hour_nothing_more_is_written(self, client, fournisseur, monkeypatch):
        monkeypatch.setattr("portal.accounts.views.oidc.REFUS_PAR_HEURE", 3)
        adresse = "/compte/oidc/psc/retour/?state=personne"
        assert [client.get(adresse).status_code for _ in range(5)] == [400, 400, 400, 429, 429]
        assert Evenement.objects.filter(action="connexion_refusee").count() == 3
        # Who comes back with a right answer is not kept out.
        assert client.get(fournisseur.authorize(client, "psc", "psc-1")).status_code == 302

    def test_closed_account(self, client, fournisseur):
        ferme = make_user(is_active=False)
        IdentiteExterne.objects.create(user=ferme, fournisseur=Fournisseur.PSC, sujet="psc-1", rpps=RPPS)
        self.check_refused(client, fournisseur.authorize(client, "psc", "psc-1"), 403)

    def test_account_that_changed_on_the_way(self, client, fournisseur):
        retour = fournisseur.authorize(client, "psc", "psc-1")
        client.force_login(make_user())
        assert client.get(retour).status_code == 400
        assert not IdentiteExterne.objects.exists()


@pytest.mark.parametrize(
    "declarations",
    [
        {},
        {"SubjectNameID": 3},
        {"otherIds": "non"},
        {"otherIds": [None, {"origine": None}]},
        {"SubjectNameID": "8123"},
    ],
)
def test_a_profile_without_rpps_is_nobody(declarations):
    with pytest.raises(Exception, match="sans_rpps"):
        read_profil_psc(declarations)
