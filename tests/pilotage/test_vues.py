"""Saved views: what the screen shows, kept under a name; one's own to write, the organisation's to read."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.enums import Role
from portal.pilotage.conservation import EffaceurVues
from portal.pilotage.models import Passage, Territoire, Vue
from portal.pilotage.services import vues
from portal.pilotage.services.vues import VueRefusee, change_vue, list_vues, save_vue
from tests.people import make_agent, make_mandat, make_user

pytestmark = pytest.mark.django_db
REQUETE = "territoire=region:27&theme=cpts&theme=aides&avec=departement:71"


@pytest.fixture(autouse=True)
def lieux(db):
    for type_, code, region in (("france", "france", ""), ("region", "27", "27"), ("departement", "71", "27")):
        Territoire.objects.create(type=type_, code=code, nom=f"Nom de {code}", region_code=region)
    debut = datetime(2024, 1, 1, tzinfo=UTC)  # before the first run there is no screen to keep
    Passage.objects.create(
        jour=date(2024, 1, 1),
        cause="nuit",
        debut=debut,
        empreinte="x",
        indicateurs=0,
        instantane="1:1:",
        transaction=1,
    )


@pytest.fixture
def agent(client):
    user = make_agent(Role.LECTEUR, "region:27")
    client.force_login(user)
    return user


@pytest.fixture
def collegue(agent):
    user = make_user()
    make_mandat(user, Role.LECTEUR, "departement:71", organisation=agent.mandats.get().organisation)
    return user


def keep(user, nom="Mes aides", **champs) -> Vue:
    return save_vue(user, nom, REQUETE, **({"organisation": None, "defaut": False} | champs))


def post(client, nom_adresse, *args, **champs):
    return client.post(
        reverse(nom_adresse, args=args), {"nom": "Mes aides", "organisation": "", "defaut": ""} | champs
    )


def read_question(adresse: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(adresse).query)


def test_the_screen_is_kept_and_opened_again(client, agent):
    reponse = post(client, "vue_enregistrer", requete=f"{REQUETE}&au=2024-03-10&format=csv&rien=1")
    vue = Vue.objects.get()
    attendue = {"territoire": ["region:27"], "theme": ["cpts", "aides"], "avec": ["departement:71"],
                "au": ["2024-03-10"], "vue": [str(vue.pk)]}  # fmt: skip
    assert read_question(reponse.url) == attendue
    ouverte = client.get(reverse("vue_ouvrir", args=[vue.pk]))
    assert read_question(ouverte.url) == attendue
    page = client.get(ouverte.url).content.decode()
    assert "Vue « Mes aides » enregistrée." in page
    assert 'aria-current="true">Mes aides</a>' in page


def test_a_view_of_today_stays_a_view_of_today(client, agent):
    with time_machine.travel(date(2026, 3, 10)):
        post(client, "vue_enregistrer", requete="territoire=region:27&au=2026-03-10&depuis=2025-03-10")
    assert Vue.objects.get().requete == "territoire=region:27"


def test_what_is_refused_keeps_what_was_typed(client, agent):
    keep(agent)
    for champs, phrase in (
        ({"nom": " Mes  aides "}, "Vous avez déjà une vue « Mes aides »"),
        ({"nom": ""}, "Donnez un nom"),
        ({"nom": "Autre", "organisation": "999999"}, "Choisissez une organisation dont vous êtes."),
        ({"nom": "Autre", "requete": "territoire=region:99"}, "ce territoire n&#x27;est pas connu"),
    ):
        page = post(client, "vue_enregistrer", **({"requete": REQUETE} | champs)).content.decode()
        assert phrase in page
        assert "<details" in page
        assert f'value="{champs["nom"]}"' in page or not champs["nom"]
    assert Vue.objects.count() == 1


def test_one_opens_on_the_view_by_default_alone(client, agent):
    premiere = keep(agent, defaut=True)
    seconde = keep(agent, "Autre", defaut=True)
    premiere.refresh_from_db()
    assert (premiere.defaut, seconde.defaut) == (False, True)
    assert read_question(client.get(reverse("tableau")).url)["vue"] == [str(seconde.pk)]
    assert client.get(reverse("tableau"), {"territoire": "region:27"}).status_code == 200
    post(client, "vue_modifier", seconde.pk, nom="Autre")
    assert client.get(reverse("tableau")).status_code == 200


def test_colleagues_read_what_is_shared_and_write_none_of_it(client, agent, collegue):
    organisation = agent.mandats.get().organisation
    privee, partagee = keep(agent), keep(agent, "À nous", organisation=organisation, defaut=True)
    assert [vue.nom for vue in list_vues(collegue)] == ["À nous"]
    assert not list_vues(make_agent(Role.LECTEUR, "region:27"))
    client.force_login(collegue)
    assert client.get(reverse("vue_ouvrir", args=[partagee.pk])).status_code == 302
    page = client.get(f"{reverse('tableau')}?{REQUETE}").content.decode()
    assert f"À nous (partagée, {organisation.nom})" in page
    assert reverse("vue_modifier", args=[partagee.pk]) not in page
    assert client.get(reverse("tableau")).status_code == 200  # the default is its owner's
    for adresse in ("vue_modifier", "vue_supprimer"):
        assert post(client, adresse, partagee.pk).status_code == 404
    for vue in (privee, Vue(pk=privee.pk + 999)):
        assert client.get(reverse("vue_ouvrir", args=[vue.pk])).status_code == 404
    agent.mandats.update(periode="[2020-01-01,2021-01-01)")
    collegue.mandats.update(periode="[2020-01-01,2021-01-01)")
    assert not list_vues(type(collegue).objects.get(pk=collegue.pk))


def test_a_view_is_renamed_shared_and_removed(client, agent):
    vue, autre = keep(agent), keep(agent, "Autre")
    assert 'value="Mes aides"' in client.get(reverse("vue_modifier", args=[vue.pk])).content.decode()
    organisation = agent.mandats.get().organisation
    assert post(client, "vue_modifier", vue.pk, nom="Région", organisation=organisation.pk).status_code == 302
    vue.refresh_from_db()
    assert (vue.nom, vue.organisation, vue.requete) == ("Région", organisation, REQUETE)
    page = post(client, "vue_modifier", vue.pk, nom="Autre").content.decode()
    assert "déjà une vue « Autre »" in page
    with pytest.raises(VueRefusee):
        change_vue(vue, "x" * 61, organisation=None, defaut=False)
    assert read_question(post(client, "vue_supprimer", vue.pk).url)["territoire"] == ["region:27"]
    assert list(Vue.objects.all()) == [autre]


def test_there_are_fifty_at_most_and_none_is_left_of_an_erased_person(agent, monkeypatch):
    monkeypatch.setattr(vues, "VUES_MAX", 2)
    keep(agent), keep(agent, "Autre")
    with pytest.raises(VueRefusee, match="2 vues"):
        keep(agent, "Encore")
    assert EffaceurVues().erase(agent.pk, garder=False) == {"pilotage.vue": 2}
    assert not Vue.objects.exists()


def test_the_list_of_views_is_one_query_whatever_their_number(client, agent, collegue, django_assert_num_queries):
    organisation = agent.mandats.get().organisation
    adresse = f"{reverse('tableau')}?territoire=region:27"
    client.get(adresse)
    with CaptureQueriesContext(connection) as sans:
        client.get(adresse)
    for rang in range(3):
        keep(agent, f"Vue {rang}")
        keep(collegue, f"Partagée {rang}", organisation=organisation)
    with django_assert_num_queries(len(sans)):
        page = client.get(adresse).content.decode()
    assert page.index("Vue 2") < page.index("Partagée 0")
    assert sum("pilotage_vue" in une["sql"] for une in sans) == 1


def test_the_open_page_knows_no_view(client, agent):
    keep(agent, defaut=True)
    page = client.get("/chiffres/").content.decode()
    assert "Enregistrer cette vue" not in page
    assert "csrfmiddlewaretoken" not in page
