"""The public pages of a campaign, « où agir », and the pages of the agents."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.accounts.enums import Role
from prevention.models import Campagne, Releve
from prevention.services.campagnes import close_campagne
from tests.cpts.factories import make_cpts
from tests.people import make_agent
from tests.prevention.factories import AU, make_cible, make_territoire, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def cible(settings):
    """Four communes, two of them small numbers, two in a CPTS."""
    settings.MAILLAGE_DEUX_FACTEURS = False
    communes, epcis = make_territoire()
    make_cpts(communes=communes[:2])
    lue = make_cible()
    valeurs = [(40, 100), (60, 100), (5, 60), (9, 120)]
    write(
        lue,
        *(("commune", commune.pk, n, d) for commune, (n, d) in zip(communes, valeurs, strict=True)),
        ("epci", epcis[0].pk, 100, 200),
        ("departement", "71", 114, 380),
    )
    return lue


def read_csv(reponse):
    return b"".join(reponse.streaming_content).decode()


def test_the_page_of_a_campaign_says_the_definition_and_the_figures(client, cible, django_assert_max_num_queries):
    with django_assert_max_num_queries(45):
        reponse = client.get(cible.campagne.get_absolute_url(), {"dans": "departement:71", "par": "commune"})
    page = reponse.content.decode()
    assert reponse.status_code == 200
    for attendu in ("Habitants de 65 ans ou plus", "millésime 2021", "30,0", "Provisoire", "secret statistique"):
        assert attendu in page


def test_a_small_number_is_on_no_public_page(client, cible):
    releve = Releve.objects.get(territoire_code="71003")
    page = client.get(reverse("releve_detail", args=[releve.pk])).content.decode()
    assert "Non diffusé" in page
    assert "8,3" not in page
    adresse = reverse("campagne_csv", args=[cible.campagne.code])
    lignes = read_csv(client.get(adresse, {"dans": "departement:71", "par": "commune"}))
    assert "71001" in lignes
    assert "71003" not in lignes


def test_a_territory_that_does_not_exist_is_a_404(client, cible):
    for dans in ("departement:999", "cpts:absente", "lune", "region:"):
        assert client.get(cible.campagne.get_absolute_url(), {"dans": dans}).status_code == 404


def test_a_draft_campaign_is_not_public(client):
    cible = make_cible(statut="brouillon")
    assert client.get(cible.campagne.get_absolute_url()).status_code == 404


def test_where_to_act_ranks_what_may_be_shown(client, cible):
    question = {"campagne": cible.campagne.code, "dans": "departement:71", "par": "commune"}
    page = client.get(reverse("ou_agir"), question).content.decode()
    assert "Score = personnes joignables × (référence − taux) ÷ 100" in page
    lignes = read_csv(client.get(reverse("ou_agir_csv"), question)).splitlines()
    assert lignes[1].startswith("1;71001;")
    assert not any("71003" in ligne for ligne in lignes)


def test_in_its_space_a_cpts_sees_its_small_numbers_and_no_others(client, cible):
    write(cible, ("commune", "71001", 4, 100))
    client.force_login(make_agent(Role.COORDINATEUR_CPTS, "cpts:71-chalonnais"))
    adresse = reverse("espace_ou_agir_csv", args=["71-chalonnais"])
    lignes = read_csv(client.get(adresse, {"campagne": cible.campagne.code, "par": "commune"}))
    assert "71001" in lignes
    assert "71003" not in lignes


class TestAgents:
    @pytest.fixture
    def agent(self, client):
        agent = make_agent(Role.VALIDEUR, "region:27")
        client.force_login(agent)
        return agent

    def test_a_campaign_from_its_record_to_its_closing(self, client, agent):
        make_territoire()
        fiche = {"code": "grippe-2025", "nom": "Grippe 2025", "theme": "vaccination", "region": "27"}
        fiche |= {"debut": "2024-10-01", "fin": "2025-02-28"}
        client.post(reverse("admin:prevention_campagne_add"), fiche)
        campagne = Campagne.objects.get()
        detail = reverse("admin:prevention_campagne_change", args=[campagne.pk])
        ouvrir = reverse("admin:prevention_campagne_ouvrir", args=[campagne.pk])
        assert client.post(ouvrir).status_code == 409
        cible = {"code": "65-plus", "libelle": "65 ans ou plus", "rang": 1, "formule": "vaccination", "annees": 1}
        cible |= {"numerateur": "Vaccinés", "denominateur": "Habitants", "source": "Insee", "millesime": "2021"}
        assert client.post(reverse("admin:prevention_campagne_cible", args=[campagne.pk]), cible).status_code == 302
        assert client.post(ouvrir).status_code == 302
        cle = campagne.cibles.get().pk
        objectif = {"cible": cle, "niveau": "departement", "code": "71", "taux": "75,5", "source": "ARS"}
        adresse = reverse("admin:prevention_campagne_objectif", args=[campagne.pk])
        assert client.post(adresse, objectif).status_code == 302
        assert client.post(adresse, objectif).status_code == 422
        saisie = {"cible": cle, "niveau": "commune", "code": "71001", "debut": "2024-10-15", "fin": "2025-01-31"}
        saisie |= {"numerateur": 40, "denominateur": 100, "statut": "provisoire", "source": "Caisse"}
        saisir = reverse("admin:prevention_campagne_saisir", args=[campagne.pk])
        assert client.post(saisir, {**saisie, "code": "71999"}).status_code == 422
        assert client.post(saisir, saisie).status_code == 302
        assert client.get(detail).status_code == 200
        assert client.post(reverse("admin:prevention_campagne_clore", args=[campagne.pk])).status_code == 302
        refus = client.post(saisir, {**saisie, "code": "71002"})
        assert refus.status_code == 409
        assert "close" in refus.content.decode()

    def test_a_file_is_handed_in_and_reported(self, client, agent, cible):
        entete = "territoire;code;debut;fin;numerateur;denominateur;exclusions;statut\n"
        adresse = reverse("admin:prevention_campagne_fichier", args=[cible.campagne_id])
        for ligne, mot in (("commune;71999;2024-10-15;2025-01-31;4;10;0;provisoire", "71999"),
                           ("commune;71001;2024-10-15;2025-01-31;45;100;0;consolide", "Importé")):  # fmt: skip
            fichier = SimpleUploadedFile("releves.csv", (entete + ligne).encode())
            envoi = {"cible": cible.pk, "fichier": fichier, "source": "Caisse", "millesime": "2024"}
            reponse = client.post(adresse, envoi, follow=True)
            assert mot in reponse.content.decode()
        assert Releve.objects.courants().get(territoire_code="71001").numerateur == 45

    def test_a_wrong_figure_of_a_closed_season_is_corrected_with_a_reason(self, client, agent, cible):
        close_campagne(cible.campagne, par=None, au=AU)
        releve = Releve.objects.get(territoire_code="71001")
        adresse = reverse("admin:prevention_releve_corriger", args=[releve.pk])
        saisie = {"numerateur": 45, "denominateur": 100, "statut": "consolide"}
        assert client.post(adresse, saisie).status_code == 422
        assert client.post(adresse, {**saisie, "motif": "Double compte", "numerateur": 145}).status_code == 422
        reponse = client.post(adresse, {**saisie, "motif": "Double compte"}, follow=True)
        assert "Double compte" in reponse.content.decode()
        assert Releve.objects.courants().get(territoire_code="71001").numerateur == 45

    def test_an_agent_of_another_departement_neither_sees_nor_corrects(self, client, cible, settings):
        releve = Releve.objects.get(territoire_code="71001")
        client.force_login(make_agent(Role.INSTRUCTEUR, "departement:21"))
        assert client.get(reverse("admin:prevention_releve_change", args=[releve.pk])).status_code == 404
        assert client.post(reverse("admin:prevention_releve_corriger", args=[releve.pk])).status_code == 404
        fiche = reverse("admin:prevention_campagne_fiche", args=[cible.campagne_id])
        assert client.get(fiche).status_code == 403

    def test_each_page_of_the_agents_opens(self, client, agent, cible):
        for nom in ("fiche", "cible", "objectif", "saisir", "fichier"):
            assert client.get(reverse(f"admin:prevention_campagne_{nom}", args=[cible.campagne_id])).status_code == 200
        for modele in ("campagne", "releve", "actionprevention"):
            assert client.get(reverse(f"admin:prevention_{modele}_changelist")).status_code == 200
        assert client.get(reverse("admin:prevention_campagne_add")).status_code == 200
