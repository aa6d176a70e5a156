"""The coordinators' space: its home, its list, structures, figures, saved territories, and who has access."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone

from cpts.enums import StatutCpts, StatutPerimetre
from cpts.models import DonneeTerritoire, Perimetre, Structure, TerritoireEnregistre
from cpts.sections_espace import find_anniversaire
from cpts.services.espace_territoire import find_enregistre
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.models import Invitation, Mandat
from portal.core.cache import forget_version
from portal.core.models import Evenement
from tests.cpts.factories import CODE, make_cpts, make_perimetre
from tests.people import make_agent, make_commune, make_mandat, make_organisation, make_user
from tests.zonage.factories import CommuneFactory

pytestmark = pytest.mark.django_db
CHIFFRE = {
    "code": "sans_medecin_traitant_17",
    "jour": "2025-12-31",
    "valeur": "12,5",
    "source": "Caisse, tableau 2025",
}


@pytest.fixture(autouse=True)
def _fresh(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    caches["pages"].clear()
    forget_version()


@pytest.fixture
def cpts():
    commune = make_commune()
    CommuneFactory(code_insee="71999", departement=commune.departement)
    type(commune).objects.filter(pk=commune.pk).update(voisines=["71999"])
    organisation = make_organisation(TypeOrganisation.CPTS, region_code="27", departement_code="71")
    type(organisation).objects.filter(pk=organisation.pk).update(code=CODE)
    organisation.refresh_from_db()
    return make_cpts(CODE, StatutCpts.ACI_SIGNE, communes=[commune], organisation=organisation)


@pytest.fixture
def coordinatrice(client, cpts):
    user = make_user("coordinatrice@exemple.fr", first_name="Camille", last_name="Essai")
    make_mandat(user, Role.COORDINATEUR_CPTS, f"cpts:{CODE}", organisation=cpts.organisation)
    client.force_login(user)
    return user


def _enter(client, role, perimetre):
    user = make_agent(role, perimetre)
    client.force_login(user)
    return user


def _address(nom, *cles):
    return reverse(nom, args=[CODE, *cles])


class TestHome:
    def test_it_says_what_is_due_missing_changed_and_each_part(self, client, coordinatrice):
        texte = client.get(_address("espace")).content.decode()
        for mots in ("Ce qui manque", "Missions de l&#x27;ACI à ouvrir", "Ce qui a changé", "Mon territoire"):
            assert mots in texte
        assert "1 commune voisine sans CPTS" in texte
        for carte in ("missions", "argent", "membres", "structures", "actions"):
            assert reverse(f"espace_{carte}", args=[CODE]) in texte

    def test_its_queries_are_bounded(self, client, coordinatrice, django_assert_max_num_queries):
        client.get(_address("espace"))
        with django_assert_max_num_queries(25):  # seven of them for the session, the mandats and the belt
            assert client.get(_address("espace")).status_code == 200

    def test_the_answers_of_the_ars_are_there(self, client, coordinatrice, cpts):
        Perimetre.objects.create(cpts=cpts, statut=StatutPerimetre.REFUSE)
        assert "Périmètre : refusé" in client.get(_address("espace")).content.decode()

    def test_acts_of_a_day_are_one_line(self, client, coordinatrice):
        for _ in range(3):
            Evenement.objects.create(objet=f"cpts.cpts:{CODE}", action="membre_ajoute", auteur=coordinatrice)
        texte = client.get(_address("espace")).content.decode()
        assert texte.count("Membre ajouté") == 1
        assert ", 3 fois" in texte

    def test_another_cpts_answers_as_one_that_is_not(self, client, coordinatrice):
        make_cpts("71-autre")
        for code in ("71-autre", "71-absente"):
            assert client.get(reverse("espace", args=[code])).status_code == 404

    @pytest.mark.parametrize(
        ("au", "attendu"),
        [
            (date(2024, 9, 27), date(2025, 9, 27)),
            (date(2026, 9, 26), date(2026, 9, 27)),
            (date(2026, 9, 27), date(2026, 9, 27)),
            (date(2026, 9, 28), date(2027, 9, 27)),
        ],
    )
    def test_the_next_anniversary(self, au, attendu):
        assert find_anniversaire(date(2024, 9, 27), au) == attendu

    def test_the_anniversary_of_the_29_of_february_is_the_1_of_march(self):
        assert find_anniversaire(date(2024, 2, 29), date(2025, 2, 1)) == date(2025, 3, 1)


class TestList:
    def test_the_only_one_opens_at_once(self, client, coordinatrice):
        assert client.get(reverse("espaces")).headers["Location"] == _address("espace")

    def test_an_agent_searches_filters_and_sees_what_waits(self, client, cpts):
        _enter(client, Role.VALIDEUR, "region:27")
        make_cpts("71-morvan", StatutCpts.PROJET_DEPOSE, nom="CPTS Haut-Morvan")
        tout = client.get(reverse("espaces")).content.decode()
        assert "CPTS du Chalonnais" in tout
        attend = client.get(reverse("espaces"), {"attend": "1"}).content.decode()
        assert "CPTS Haut-Morvan" in attend
        assert "CPTS du Chalonnais" not in attend
        assert "CPTS Haut-Morvan" in client.get(reverse("espaces"), {"q": "haut mor"}).content.decode()
        assert "Aucune CPTS" in client.get(reverse("espaces"), {"q": "zz"}).content.decode()

    def test_it_is_paged(self, client, cpts):
        _enter(client, Role.VALIDEUR, "region:27")
        for rang in range(45):
            make_cpts(f"71-p{rang}", nom=f"CPTS {rang:02d}")
        assert "page 2 sur 2" in client.get(reverse("espaces"), {"page": "2"}).content.decode()

    def test_the_home_of_the_administration_says_what_waits(self, client, cpts):
        _enter(client, Role.VALIDEUR, "region:27")
        make_cpts("71-morvan", StatutCpts.LETTRE_DEPOSEE, nom="CPTS Morvan")
        Perimetre.objects.create(
            cpts=cpts, statut=StatutPerimetre.SOUMIS, soumis_le=timezone.now(), effet_le=timezone.localdate()
        )
        texte = client.get(reverse("admin:index")).content.decode()
        assert "Périmètres à approuver" in texte
        assert "Lettres d’intention et projets de CPTS" in texte

    def test_the_account_leads_to_the_space(self, client, coordinatrice):
        assert _address("espace") in client.get(reverse("compte")).content.decode()


class TestStructures:
    @pytest.fixture
    def msp(self, cpts):
        return Structure.objects.create(
            type="msp", nom="MSP des Essais", statut="reperee", commune=make_commune(), region_code="27",
            departement_code="71",
        )  # fmt: skip

    def test_one_on_the_communes_is_proposed_once_and_the_ars_sees_it(self, client, coordinatrice, msp):
        page = _address("espace_structures")
        assert "Proposer le rattachement" in client.get(page).content.decode()
        for _ in range(2):
            assert client.post(page, {"cle": msp.pk}).status_code == 303
        assert Evenement.objects.filter(action="structure_proposee").count() == 1
        assert "Rattachement proposé" in client.get(page).content.decode()
        _enter(client, Role.VALIDEUR, "region:27")
        assert "MSP des Essais" in client.get(reverse("admin:index")).content.decode()

    def test_one_that_is_linked_or_elsewhere_is_not_to_propose(self, client, coordinatrice, cpts, msp):
        Structure.objects.filter(pk=msp.pk).update(cpts=cpts)
        assert client.post(_address("espace_structures"), {"cle": msp.pk}).status_code == 422
        assert client.post(_address("espace_structures"), {"cle": "9" * 12}).status_code == 422
        assert client.post(_address("espace_structures"), {"cle": "x"}).status_code == 422
        assert not Evenement.objects.filter(action="structure_proposee").exists()


class TestFigures:
    def test_a_sourced_figure_is_written_and_corrected_with_its_history(self, client, coordinatrice):
        page = _address("espace_donnees")
        assert client.post(page, CHIFFRE).status_code == 303
        assert client.post(page, CHIFFRE | {"valeur": "11"}).status_code == 303
        donnee = DonneeTerritoire.objects.get()
        assert (donnee.territoire_code, donnee.valeur, donnee.saisie_par) == (CODE, 11, coordinatrice)
        historique = client.get(_address("espace_donnee", donnee.pk)).content.decode()
        assert "12.5" in historique or "12,5" in historique

    @pytest.mark.parametrize(
        "champs",
        [
            {"source": " "},
            {"valeur": "120"},
            {"valeur": "-1"},
            {"valeur": "beaucoup"},
            {"jour": "2999-01-01"},
            {"code": "publie_aci_signes"},
            {"numerateur": "30", "denominateur": "20"},
            {"numerateur": "30", "denominateur": "100"},
        ],
    )
    def test_what_is_impossible_is_refused_and_nothing_typed_is_lost(self, client, coordinatrice, champs):
        reponse = client.post(_address("espace_donnees"), CHIFFRE | champs)
        assert reponse.status_code == 422
        assert not DonneeTerritoire.objects.exists()
        if "source" not in champs:
            assert "Caisse, tableau 2025" in reponse.content.decode()

    def test_who_reads_only_does_not_write(self, client, cpts):
        _enter(client, Role.LECTEUR, "national")
        assert client.get(_address("espace_donnees")).status_code == 200
        assert client.post(_address("espace_donnees"), CHIFFRE).status_code == 404

    def test_an_agent_enters_the_figure_of_the_departement_and_a_coordinator_does_not(self, client, coordinatrice):
        page = _address("espace_donnees")
        assert "Son département" not in client.get(page).content.decode()
        client.post(page, CHIFFRE | {"territoire": "departement"})
        assert DonneeTerritoire.objects.get().territoire_type == "cpts"
        _enter(client, Role.VALIDEUR, "region:27")
        assert client.post(page, CHIFFRE | {"territoire": "departement", "valeur": "9"}).status_code == 303
        assert DonneeTerritoire.objects.get(territoire_type="departement").territoire_code == "71"

    def test_the_figure_of_another_cpts_is_not_there(self, client, coordinatrice):
        autre = DonneeTerritoire.objects.create(
            code="sans_medecin_traitant_17", territoire_type="cpts", territoire_code="71-autre",
            jour=date(2025, 1, 1), valeur=3, source="Essai",
        )  # fmt: skip
        assert client.get(_address("espace_donnee", autre.pk)).status_code == 404


class TestSavedTerritories:
    def test_a_paste_is_saved_and_opened_by_its_key(self, client, coordinatrice):
        page = _address("espace_territoires")
        assert client.post(page, {"nom": "Bassin", "texte": "71999\n71999"}).status_code == 303
        ecrit = TerritoireEnregistre.objects.get()
        assert (ecrit.communes, ecrit.cree_par) == (["71999"], coordinatrice)
        assert f"enregistre:{ecrit.cle}" in client.get(page).content.decode()
        assert find_enregistre(ecrit.cle) == ecrit
        assert find_enregistre(uuid4()) is None
        assert client.post(page, {"acte": "retirer", "cle": ecrit.pk}).status_code == 303
        assert not TerritoireEnregistre.objects.exists()

    def test_a_doubtful_line_or_a_name_taken_writes_nothing(self, client, coordinatrice):
        page = _address("espace_territoires")
        refus = client.post(page, {"nom": "Bassin", "texte": "71999\nNulle-Part-sur-Rien"})
        assert refus.status_code == 422
        assert "Nulle-Part-sur-Rien" in refus.content.decode()
        client.post(page, {"nom": "Bassin", "texte": "71999"})
        assert client.post(page, {"nom": "Bassin", "texte": "71999"}).status_code == 422
        assert TerritoireEnregistre.objects.count() == 1

    def test_the_public_page_leads_to_the_form_filled(self, client, coordinatrice):
        choix = client.get(reverse("espace_territoires_choix"), {"communes": "71999"})
        assert choix.status_code == 303
        assert "71999" in client.get(choix.headers["Location"]).content.decode()


class TestAccess:
    PAGE = reverse("espace_acces", args=[CODE])

    def test_a_coordinator_invites_and_cancels(self, client, coordinatrice):
        assert client.post(self.PAGE, {"courriel": "autre@exemple.fr"}).status_code == 303
        invitation = Invitation.objects.get()
        assert "autre@exemple.fr" in client.get(self.PAGE).content.decode()
        assert client.post(self.PAGE, {"courriel": "Autre@exemple.fr"}).status_code == 422
        assert client.post(self.PAGE, {"courriel": coordinatrice.email}).status_code == 422
        assert client.post(self.PAGE, {"courriel": "pas une adresse"}).status_code == 422
        assert client.post(self.PAGE, {"acte": "annuler", "cle": invitation.pk}).status_code == 303
        invitation.refresh_from_db()
        assert invitation.annulee_le is not None

    def test_an_access_ends_and_the_last_one_does_not_end_herself(self, client, coordinatrice, cpts):
        sien = coordinatrice.mandats.get()
        assert client.post(self.PAGE, {"acte": "terminer", "cle": sien.pk}).status_code == 422
        autre = make_mandat(make_user(), Role.COORDINATEUR_CPTS, f"cpts:{CODE}", organisation=cpts.organisation)
        assert client.post(self.PAGE, {"acte": "terminer", "cle": autre.pk}).status_code == 303
        autre.refresh_from_db()
        assert autre.periode.upper == timezone.localdate()
        ailleurs = make_mandat(make_user(), Role.COORDINATEUR_CPTS, "cpts:71-autre")
        assert client.post(self.PAGE, {"acte": "terminer", "cle": ailleurs.pk}).status_code == 422
        ailleurs.refresh_from_db()
        assert ailleurs.periode.upper is None

    def test_an_access_of_today_ends_tomorrow(self, client, coordinatrice, cpts):
        au = timezone.localdate()
        periode = type(coordinatrice.mandats.get().periode)(au, None)
        mandat = make_mandat(
            make_user(), Role.COORDINATEUR_CPTS, f"cpts:{CODE}", organisation=cpts.organisation, periode=periode
        )
        client.post(self.PAGE, {"acte": "terminer", "cle": mandat.pk})
        assert Mandat.objects.get(pk=mandat.pk).periode.upper == au + timedelta(days=1)

    def test_who_instructs_reads_and_does_not_give_access(self, client, cpts):
        _enter(client, Role.VALIDEUR, "region:27")
        assert client.get(self.PAGE).status_code == 200
        assert client.post(self.PAGE, {"courriel": "autre@exemple.fr"}).status_code == 404


def test_a_perimeter_of_the_future_does_not_count(client, coordinatrice, cpts):
    make_perimetre(cpts, [make_commune()])
    assert "1 commune" in client.get(_address("espace")).content.decode()
