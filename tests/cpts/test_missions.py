"""Missions: opened with the ACI, moved along their table, evaluated by the ARS, shown with what is due."""

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client

from cpts.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee
from cpts.models import ExerciceAci, IndicateurMission, Mission, Preuve
from cpts.regles.missions import list_couples
from cpts.services.missions import add_preuve, advance_mission, open_missions, open_optionnelle, revert_mission
from cpts.services.missions_indicateurs import add_indicateur
from portal.accounts.enums import Role
from portal.core.models import Evenement
from tests.cpts.factories import make_cpts
from tests.cpts.missions_essai import MIDI, find_mission, make_coordinatrice, make_ouverte, start
from tests.people import make_agent, make_mandat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midi")]


@pytest.fixture
def midi():
    with time_machine.travel(MIDI, tick=False):
        yield


def test_the_table_of_the_database_is_the_one_of_the_rules():
    with connection.cursor() as cursor:
        cursor.execute("SELECT source, cible FROM cpts_transitionmission")
        assert set(cursor.fetchall()) == list_couples()
    module = import_module("cpts.migrations.0008_missions")
    assert {(a, b) for a, cibles in module.COUPLES.items() for b in cibles.split()} == list_couples()


def test_a_signed_aci_opens_the_socle_with_its_deadlines_once():
    cpts = make_ouverte()
    lues = {m.type: (m.demarrage_limite, m.deploiement_limite) for m in Mission.objects.filter(cpts=cpts)}
    assert lues == {
        "acces_soins": (date(2025, 3, 27), date(2026, 3, 27)),
        "crise": (date(2025, 3, 27), date(2026, 3, 27)),
        "parcours": (date(2025, 9, 27), date(2026, 9, 27)),
        "prevention": (date(2025, 9, 27), date(2026, 9, 27)),
    }
    assert ExerciceAci.objects.filter(cpts=cpts).count() == 5
    assert open_missions(cpts) == 0
    assert open_missions(make_cpts("71-sans-aci")) == 0


def test_a_coordinator_starts_and_deploys_the_ars_alone_evaluates():
    cpts = make_ouverte()
    elle = make_coordinatrice(cpts)
    mission = start(cpts, "parcours", date(2025, 9, 1), elle)
    with pytest.raises(TransitionImpossible):
        advance_mission(mission, "demarree", jour=date(2025, 9, 2), par=elle, version=mission.version)
    with pytest.raises(ActeInvalide) as refus:
        advance_mission(mission, "deployee", jour=date(2025, 8, 31), par=elle, version=mission.version)
    assert "jour" in refus.value.erreurs
    with pytest.raises(ActeInvalide):
        advance_mission(mission, "deployee", jour=date(2026, 11, 11), par=elle, version=mission.version)
    with pytest.raises(VersionPerimee):
        advance_mission(mission, "deployee", jour=date(2026, 9, 1), par=elle, version=mission.version - 1)
    mission = advance_mission(mission, "deployee", jour=date(2026, 9, 1), par=elle, version=mission.version)
    with pytest.raises(DroitRefuse):
        advance_mission(mission, "evaluee", jour=date(2026, 10, 1), par=elle, version=mission.version)
    agent = make_agent(Role.INSTRUCTEUR)
    mission = advance_mission(mission, "evaluee", jour=date(2026, 10, 1), par=agent, version=mission.version)
    assert (mission.statut, mission.evaluee_le) == ("evaluee", date(2026, 10, 1))
    actes = Evenement.objects.filter(objet=f"cpts.cpts:{cpts.code}").order_by("pk").values_list("action", flat=True)
    assert list(actes) == ["missions_ouvertes", "mission_demarree", "mission_deployee", "mission_evaluee"]


def test_an_agent_who_coordinates_the_cpts_does_not_evaluate_it():
    cpts = make_ouverte()
    elle = make_agent(Role.INSTRUCTEUR)
    make_mandat(elle, Role.COORDINATEUR_CPTS, f"cpts:{cpts.code}")
    mission = start(cpts, "crise", date(2025, 1, 10), elle)
    with pytest.raises(DroitRefuse):
        revert_mission(mission, motif="Erreur", par=elle, version=mission.version)


def test_a_correction_goes_one_step_back_with_its_reason():
    cpts = make_ouverte()
    mission = start(cpts, "crise", date(2025, 1, 10), make_coordinatrice(cpts))
    agent = make_agent(Role.INSTRUCTEUR)
    with pytest.raises(ActeInvalide):
        revert_mission(mission, motif=" ", par=agent, version=mission.version)
    revert_mission(mission, motif="Saisie trop tôt", par=agent, version=mission.version)
    mission.refresh_from_db()
    assert (mission.statut, mission.demarree_le) == ("a_demarrer", None)


@pytest.mark.parametrize(
    ("champs", "contrainte"),
    [
        (
            {"statut": "deployee", "demarree_le": date(2025, 1, 1), "deployee_le": date(2025, 2, 1)},
            "mission_transition",
        ),
        ({"statut": "demarree", "demarree_le": date(2025, 1, 1), "version": 7}, "mission_version"),
        ({"statut": "demarree", "version": 1}, "mission_dates_de_l_etat"),
        ({"type": "qualite"}, "mission_figee"),
    ],
)
def test_the_database_refuses_what_the_acts_would(champs, contrainte):
    mission = find_mission(make_ouverte(), "crise")
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        Mission.objects.filter(pk=mission.pk).update(**champs)


def test_an_optional_mission_has_no_deadline_and_is_opened_once():
    cpts = make_ouverte()
    elle = make_coordinatrice(cpts)
    mission = open_optionnelle(cpts, "qualite", par=elle)
    assert mission.demarrage_limite is None
    with pytest.raises(ActeInvalide):
        open_optionnelle(cpts, "qualite", par=elle)
    with pytest.raises(ActeInvalide):
        open_optionnelle(cpts, "crise", par=elle)


def test_the_same_object_is_one_proof_that_follows_its_mission():
    cpts = make_ouverte()
    parcours, crise = find_mission(cpts, "parcours"), find_mission(cpts, "crise")
    objet = "prevention.actionprevention:3"
    for mission in (parcours, parcours, crise):
        add_preuve(mission, genre="action", libelle="Dépistage", jour=date(2026, 10, 1), objet=objet)
    assert list(Preuve.objects.values_list("mission", "objet")) == [(crise.pk, objet)]


def test_an_entered_value_needs_its_source_in_the_form_and_in_the_database():
    cpts = make_ouverte()
    elle = make_coordinatrice(cpts)
    client = Client()
    client.force_login(elle)
    adresse = f"/espace/{cpts.code}/missions/acces_soins/indicateurs/"
    saisie = {"version": 0, "libelle": "Patients accueillis", "annee": 2026, "objectif": "500", "valeur": "125,5"}
    refus = client.post(adresse, saisie)
    assert refus.status_code == 422
    assert "Dites d&#x27;où vient la valeur." in refus.content.decode()
    assert "125,5" in refus.content.decode()
    assert client.post(adresse, saisie | {"source": "CPAM, novembre 2026"}).status_code == 303
    lu = IndicateurMission.objects.get()
    assert (lu.valeur, lu.objectif) == (Decimal("125.50"), Decimal(500))
    page = client.get(f"/espace/{cpts.code}/missions/acces_soins/").content.decode()
    assert "25 %" in page
    with pytest.raises(IntegrityError, match="indicateurmission_source"), transaction.atomic():
        IndicateurMission.objects.update(source="")


def test_an_indicator_is_named_once_a_year():
    cpts = make_ouverte()
    elle = make_coordinatrice(cpts)
    mission = find_mission(cpts, "crise")
    add_indicateur(mission, {"libelle": "Plan relu", "annee": 2026}, par=elle)
    with pytest.raises(ActeInvalide) as refus:
        add_indicateur(mission, {"libelle": "Plan relu", "annee": 2026}, par=elle)
    assert "libelle" in refus.value.erreurs


def test_the_pages_show_what_is_late_and_let_only_those_who_may_write():
    cpts = make_ouverte()
    lecteur = Client()
    lecteur.force_login(make_agent(Role.LECTEUR, "national", is_staff=True))
    page = lecteur.get(f"/espace/{cpts.code}/missions/").content.decode()
    assert page.count("En retard") == 4
    assert "27 mars 2025" in page
    assert '<form method="post"' not in page
    refus = lecteur.post(
        f"/espace/{cpts.code}/missions/crise/", {"geste": "avancer-demarree", "jour": "2025-01-01", "version": 0}
    )
    assert refus.status_code == 404
    ailleurs = Client()
    ailleurs.force_login(make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre"))
    for chemin in ("missions/", "missions/crise/", "reunions/", "membres/", "argent/", "membres/export.csv"):
        assert ailleurs.get(f"/espace/{cpts.code}/{chemin}").status_code == 404


def test_a_stale_page_answers_409_and_keeps_what_was_typed():
    cpts = make_ouverte()
    client = Client()
    client.force_login(make_coordinatrice(cpts))
    adresse = f"/espace/{cpts.code}/missions/crise/"
    assert client.post(adresse, {"geste": "decrire", "description": "Un plan.", "version": 0}).status_code == 303
    tardive = client.post(adresse, {"geste": "decrire", "description": "Un autre plan.", "version": 0})
    assert tardive.status_code == 409
    assert "Un autre plan." in tardive.content.decode()
    assert find_mission(cpts, "crise").description == "Un plan."
