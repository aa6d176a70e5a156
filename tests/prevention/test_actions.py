"""The actions of a CPTS: drafts kept to it, announced to all, held with counts that prove a mission."""

from datetime import date, time

import pytest
from django.urls import reverse
from icalendar import Calendar

from cpts.enums import StatutCpts
from cpts.models import Mission, Preuve
from portal.accounts.enums import Role
from portal.core.models import Evenement
from prevention.accueil import list_sections
from prevention.models import ActionPrevention
from prevention.services.actions import announce_action, cancel_action, hold_action, reopen_action
from prevention.services.collage import add_actions, read_actions
from prevention.services.erreurs import ActeInvalide, DroitRefuse, VersionPerimee
from tests.cpts.factories import make_cpts
from tests.people import make_agent, make_commune
from tests.prevention.factories import ActionFactory
from zonage.services.territoire import refresh_cles

pytestmark = pytest.mark.django_db
AU = date(2026, 3, 2)


@pytest.fixture
def cpts():
    return make_cpts(statut=StatutCpts.ACI_SIGNE, communes=[make_commune(code_insee="71076", nom="Chalon")])


@pytest.fixture
def coordination(cpts):
    return make_agent(Role.COORDINATEUR_CPTS, f"cpts:{cpts.code}")


def test_an_action_held_proves_its_mission_and_reopened_proves_it_no_more(cpts, coordination):
    mission = Mission.objects.create(cpts=cpts, type="prevention")
    action = ActionFactory(cpts=cpts, mission=mission)
    hold_action(action, participants=64, orientes=7, bilan="", par=coordination, version=0, au=AU)
    preuve = Preuve.objects.get(mission=mission)
    assert (preuve.objet, preuve.jour, preuve.genre) == (action.objet, action.jour, "action")
    assert "64 participants" in preuve.libelle
    assert Evenement.objects.filter(objet=action.objet, action="tenue", auteur=coordination).exists()
    reopen_action(action, par=coordination, version=1)
    assert (action.statut, action.participants) == ("annoncee", None)
    assert not Preuve.objects.exists()


def test_an_action_to_come_is_not_held_yet(cpts, coordination):
    with pytest.raises(ActeInvalide, match="01/03/2026"):
        hold_action(
            ActionFactory(cpts=cpts),
            participants=1,
            orientes=None,
            bilan="",
            par=coordination,
            version=0,
            au=date(2026, 2, 28),
        )


def test_two_people_at_once_the_second_is_told(cpts, coordination):
    action = ActionFactory(cpts=cpts)
    cancel_action(ActionPrevention.objects.get(), motif="Pluie", par=coordination, version=0)
    with pytest.raises(VersionPerimee):
        hold_action(action, participants=1, orientes=None, bilan="", par=coordination, version=0, au=AU)


def test_another_coordinator_writes_nothing(cpts):
    with pytest.raises(DroitRefuse):
        announce_action(ActionFactory(cpts=cpts), par=make_agent(Role.COORDINATEUR_CPTS, "cpts:71-2"), version=0)


def test_a_paste_says_what_it_understood_and_keeps_the_rest_out(cpts, coordination):
    refresh_cles()
    lignes = read_actions(
        cpts,
        "date\ttitre\tcommune\tthème\tcréneaux\n"
        "01/03/2026\tDépistage du diabète\tChalon\tNutrition et activité physique\t30\n"
        "2026-03-02\tVaccination\t71076\tvaccination\t\n"
        "32/03/2026\tErreur\tChalon\t\t\n"
        "03/03/2026\tAilleurs\tNulle-Part-les-Bains\t\t\n"
        "04/03/2026\tThème\tChalon\tastrologie\tbeaucoup\n"
        "01/03/2026\tDépistage du diabète\t71076\t\t\n",
    )
    assert [ligne.acceptee for ligne in lignes] == [True, True, False, False, False, False]
    assert "existe déjà" in lignes[5].fautes[0]
    assert add_actions(cpts, lignes, par=coordination) == 2
    assert set(ActionPrevention.objects.values_list("statut", "theme")) == {
        ("brouillon", "nutrition"),
        ("brouillon", "vaccination"),
    }


def test_a_social_security_number_is_never_kept(cpts, coordination):
    with pytest.raises(ActeInvalide, match="sécurité sociale"):
        cancel_action(ActionFactory(cpts=cpts), motif="1 84 12 76 451 089 46", par=coordination, version=0)


def test_the_screening_day_from_the_form_to_the_counts(client, cpts, coordination, time_machine):
    time_machine.move_to(f"{AU}T10:00:00+01:00", tick=False)
    client.force_login(coordination)
    nouvelle = reverse("espace_action_new", args=[cpts.code])
    saisie = {"titre": "Dépistage", "theme": "depistage_colorectal", "jour": "2026-03-01", "commune": "Chalon (71076)"}
    assert client.get(nouvelle).status_code == 200
    vide = client.post(nouvelle, {**saisie, "commune": "Xyzzy"})
    assert vide.status_code == 422
    assert "Dépistage" in vide.content.decode()
    reponse = client.post(nouvelle, {**saisie, "debut": "09:00", "fin": "17:00", "publique": "on"}, follow=True)
    action = ActionPrevention.objects.get()
    assert reponse.redirect_chain[-1][0] == reverse("espace_action", args=[cpts.code, action.pk])
    annoncer = reverse("espace_action_annoncer", args=[cpts.code, action.pk])
    sans_lieu = client.post(annoncer, {"version": 0})
    assert (sans_lieu.status_code, "Dites où" in sans_lieu.content.decode()) == (422, True)
    modifier = reverse("espace_action_edit", args=[cpts.code, action.pk])
    client.post(modifier, {**saisie, "lieu": "Salle", "publique": "on", "version": "0"})
    assert client.post(annoncer, {"version": 1}).status_code == 302
    tenir = reverse("espace_action_tenir", args=[cpts.code, action.pk])
    trop = client.post(tenir, {"version": 2, "participants": 5, "orientes": 6})
    assert trop.status_code == 422
    assert client.post(tenir, {"version": 2, "participants": 42}).status_code == 302
    action.refresh_from_db()
    assert (action.statut, action.participants, action.version) == ("tenue", 42, 3)
    export = b"".join(client.get(reverse("espace_actions_csv", args=[cpts.code])).streaming_content).decode()
    assert "Dépistage" in export
    assert ";42;" in export


def test_who_only_reads_meets_no_page_to_write(client, cpts, settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    client.force_login(make_agent(Role.LECTEUR, "departement:71"))
    assert client.get(reverse("espace_actions", args=[cpts.code])).status_code == 200
    assert client.get(reverse("espace_action_new", args=[cpts.code])).status_code == 404


def test_the_home_of_the_space_says_what_is_to_be_closed(rf, cpts, coordination, time_machine):
    time_machine.move_to(f"{AU}T10:00:00+01:00", tick=False)
    ActionFactory(cpts=cpts)
    ActionFactory(cpts=cpts, jour=date(2026, 4, 1), titre="À venir")
    request = rf.get("/")
    request.user = coordination
    a_clore, a_venir = list_sections(request, cpts)
    assert [ligne.retard for ligne in a_clore.lignes] == [True]
    assert [ligne.libelle for ligne in a_venir.lignes] == ["À venir"]


class TestCalendar:
    @pytest.fixture(autouse=True)
    def scene(self, cpts, time_machine):
        time_machine.move_to("2026-02-20T10:00:00+01:00", tick=False)
        ActionFactory(cpts=cpts, debut=time(9), fin=time(17))
        ActionFactory(cpts=cpts, titre="Annulée", statut="annulee", motif="Pluie", jour=date(2026, 3, 5))
        ActionFactory(cpts=cpts, titre="Brouillon", statut="brouillon")
        ActionFactory(cpts=cpts, titre="Interne", publique=False)

    def test_it_shows_what_is_announced_and_nothing_else(self, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(8):
            page = client.get(reverse("prevention")).content.decode()
        assert "Journée de dépistage" in page
        assert "Annulée" in page
        assert "Brouillon" not in page
        assert "Interne" not in page

    def test_a_draft_has_no_public_page(self, client):
        for titre, statut in (("Journée de dépistage", 200), ("Brouillon", 404), ("Interne", 404)):
            action = ActionPrevention.objects.get(titre=titre)
            assert client.get(action.get_absolute_url()).status_code == statut

    def test_a_wrong_filter_is_named(self, client):
        reponse = client.get(reverse("prevention"), {"departement": "999", "theme": "astrologie"})
        assert reponse.status_code == 400
        assert "999" in reponse.content.decode()

    def test_the_feed_has_hours_of_paris_and_cancellations(self, client):
        agenda = Calendar.from_ical(client.get(reverse("prevention_ics")).content)
        evenements = {str(e["summary"]): e for e in agenda.walk("VEVENT")}
        assert set(evenements) == {"Journée de dépistage", "Annulé : Annulée"}
        lu = evenements["Journée de dépistage"]
        assert lu["dtstart"].dt.isoformat() == "2026-03-01T09:00:00+01:00"
        assert (str(lu["status"]), str(evenements["Annulé : Annulée"]["status"])) == ("CONFIRMED", "CANCELLED")

    def test_the_api_gives_the_same(self, client):
        lus = client.get(reverse("api_action_prevention_list"), {"departement": "71"}).json()
        assert [lu["titre"] for lu in lus["resultats"]] == ["Journée de dépistage", "Annulée"]
        assert lus["resultats"][0]["cpts"]["code"] == "71-chalonnais"

    def test_a_handful_of_participants_is_not_counted_in_public(self, client, coordination):
        action = ActionPrevention.objects.get(titre="Journée de dépistage")
        hold_action(action, participants=4, orientes=None, bilan="", par=coordination, version=0, au=AU)
        assert "moins de 11" in client.get(action.get_absolute_url()).content.decode()
