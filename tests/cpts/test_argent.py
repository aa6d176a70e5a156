"""The ledger of the ACI: expected, granted and paid; who writes it; what is not filled is never a zero."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from cpts.erreurs import ActeInvalide, DroitRefuse, VersionPerimee
from cpts.models import ExerciceAci, LigneAci, ParametreAci, Perimetre
from cpts.sections_missions import list_sections, list_taches
from cpts.services.argent import build_livre
from cpts.services.argent_actes import close_exercice, list_versements, record_montants, reopen_exercice
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.argent_parametres import read_bareme
from portal.accounts.enums import Role
from portal.core.models import Envoi
from portal.core.relais import deliver_here
from tests.cpts.missions_essai import MIDI, make_coordinatrice, make_ouverte, make_parametre, start
from tests.people import make_agent, make_mandat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midi")]
AU = date(2026, 11, 10)


@pytest.fixture
def midi():
    with time_machine.travel(MIDI, tick=False):
        yield


def find_ligne(cpts, rang, mission, volet="fixe"):
    lignes = LigneAci.objects.select_related("exercice__cpts")
    return lignes.get(exercice__cpts=cpts, exercice__rang=rang, mission=mission, volet=volet)


def find_lue(cpts, rang, mission, volet="fixe"):
    exercice = build_livre(cpts, au=AU)[rang - 1]
    return next(lue for lue in exercice.lignes if (lue.mission, lue.volet) == (mission, volet))


@pytest.mark.parametrize(("taille", "montant"), [(1, 50_000), (2, 60_000), (3, 75_000), (4, 90_000), (None, None)])
def test_the_functioning_follows_the_size(taille, montant):
    cpts = make_ouverte(taille=taille)
    assert find_ligne(cpts, 1, "").prevu == montant


@pytest.mark.parametrize(
    ("signe_le", "attendu"),
    [
        (date(2021, 12, 30), [Decimal("56250.00"), None]),
        (date(2021, 12, 31), [None, None]),
        (date(2022, 1, 1), []),
    ],
)
def test_the_increase_of_the_first_contracts_has_its_own_line(signe_le, attendu):
    cpts = make_ouverte(aci_signe_le=signe_le)
    Perimetre.objects.filter(cpts=cpts).update(periode=DateRange(date(2021, 1, 1), None))
    refresh_argent(cpts)
    lignes = LigneAci.objects.filter(exercice__cpts=cpts, volet="majore").order_by("exercice__rang")
    assert [ligne.prevu for ligne in lignes[:2]] == attendu


def test_what_no_text_gives_is_to_be_filled_and_sums_say_at_least():
    cpts = make_ouverte()
    start(cpts, "parcours", date(2025, 2, 24), make_coordinatrice(cpts))
    lue = find_lue(cpts, 1, "parcours")
    assert (lue.prevu, lue.fixe.avance_le, lue.fixe.jours) == (None, date(2025, 2, 24), 215)
    premiere = build_livre(cpts, au=AU)[0]
    assert (premiere.prevu.montant, premiere.prevu.partielle) == (Decimal(75_000), True)
    client = Client()
    client.force_login(make_coordinatrice(cpts))
    page = client.get(f"/espace/{cpts.code}/argent/").content.decode()
    assert "à renseigner" in page
    assert "au moins" in page


def test_a_mission_is_paid_at_its_start_then_at_each_anniversary():
    cpts = make_ouverte()
    make_parametre("mission_fixe", "80000", mission="parcours", taille=3)
    make_parametre("mission_fixe", "1", mission="parcours", taille=2)
    start(cpts, "parcours", date(2025, 2, 24), make_coordinatrice(cpts))
    versements = [
        (v.le, v.nature, v.montant) for v in list_versements(build_livre(cpts, au=AU)) if v.ligne.mission == "parcours"
    ]
    assert versements[:4] == [
        (date(2025, 2, 24), "Avance", Decimal("35342.47")),
        (date(2025, 9, 27), "Solde", Decimal("11780.82")),
        (date(2025, 9, 27), "Avance", Decimal("60000.00")),
        (date(2026, 9, 27), "Solde", Decimal("20000.00")),
    ]
    assert find_ligne(cpts, 1, "parcours").prevu == Decimal("47123.29")


def test_what_is_stored_is_what_is_computed_and_a_second_refresh_writes_nothing():
    cpts = make_ouverte()
    make_parametre("mission_fixe", "80000", mission="crise")
    make_parametre("mission_variable", "12345.67", mission="crise")
    start(cpts, "crise", date(2025, 1, 31), make_coordinatrice(cpts))
    for exercice in build_livre(cpts, au=AU):
        for lue in exercice.lignes:
            assert (lue.ligne.prevu, lue.ligne.origine) == (lue.prevu, lue.origine[:200])
    assert refresh_argent(cpts) == 0


def test_ars_and_caisse_write_what_was_granted_coordinators_read():
    cpts = make_ouverte()
    ligne = find_ligne(cpts, 1, "")
    with pytest.raises(DroitRefuse):
        record_montants(ligne, par=make_coordinatrice(cpts), version=0, accorde=Decimal(75_000))
    deux = make_agent(Role.INSTRUCTEUR)
    make_mandat(deux, Role.COORDINATEUR_CPTS, f"cpts:{cpts.code}")
    with pytest.raises(DroitRefuse):
        record_montants(ligne, par=deux, version=0, accorde=Decimal(75_000))
    caisse = make_agent(Role.AGENT_CPAM, is_staff=True)
    record_montants(ligne, par=caisse, version=0, accorde=Decimal(75_000))
    with pytest.raises(VersionPerimee):
        record_montants(ligne, par=caisse, version=0, accorde=Decimal(1))
    with pytest.raises(ActeInvalide) as refus:
        record_montants(ligne, par=caisse, version=1, avance=Decimal(10))
    assert "avance_le" in refus.value.erreurs
    champs = {"avance": Decimal(60_000), "avance_le": AU, "solde": Decimal(20_000), "solde_le": AU}
    with pytest.raises(ActeInvalide) as refus:
        record_montants(ligne, par=caisse, version=1, **champs)
    assert "solde" in refus.value.erreurs
    record_montants(ligne, par=caisse, version=1, **champs | {"solde": Decimal(15_000)})
    assert find_lue(cpts, 1, "").verse == Decimal(75_000)
    autre = make_agent(Role.AGENT_CPAM, "departement:21")
    with pytest.raises(DroitRefuse):
        record_montants(ligne, par=autre, version=2, accorde=Decimal(0))


def test_a_closed_year_keeps_its_lines_whatever_the_parameters_become():
    cpts = make_ouverte()
    parametre = make_parametre("mission_fixe", "80000", mission="crise")
    start(cpts, "crise", date(2025, 1, 31), make_coordinatrice(cpts))
    agent = make_agent(Role.INSTRUCTEUR)
    exercice = ExerciceAci.objects.select_related("cpts").get(cpts=cpts, rang=1)
    garde = find_lue(cpts, 1, "crise").prevu
    close_exercice(exercice, par=agent, version=exercice.version)
    parametre.valeur = Decimal(1)
    parametre.save()
    refresh_argent(cpts)
    assert find_lue(cpts, 1, "crise").prevu == garde
    assert find_ligne(cpts, 2, "crise").prevu == Decimal("1.00")
    with pytest.raises(IntegrityError, match="exercice clos"), transaction.atomic():
        LigneAci.objects.filter(exercice=exercice).update(accorde=1)
    with pytest.raises(ActeInvalide):
        record_montants(find_ligne(cpts, 1, "crise"), par=agent, version=exercice.version, accorde=Decimal(1))
    with pytest.raises(ActeInvalide):
        reopen_exercice(exercice, par=agent, version=exercice.version, motif="")
    reopen_exercice(exercice, par=agent, version=exercice.version, motif="Avance oubliée")
    refresh_argent(cpts)
    assert find_ligne(cpts, 1, "crise").prevu < 1


def test_the_region_comes_before_the_national_and_the_invented_serves_its_cpts_alone():
    cpts, exemple = make_ouverte(), make_ouverte("71-exemple", demonstration=True)
    jour = date(2025, 1, 1)
    make_parametre("mission_fixe", "10", mission="crise", demonstration=True)
    assert read_bareme(cpts).find("mission_fixe", jour, taille=3, mission="crise") is None
    assert read_bareme(exemple).find("mission_fixe", jour, taille=3, mission="crise").valeur == 10
    make_parametre("mission_fixe", "20", mission="crise", region_code="")
    make_parametre("mission_fixe", "40", region_code="84", mission="crise")
    assert read_bareme(cpts).find("mission_fixe", jour, taille=3, mission="crise").valeur == 20
    make_parametre("mission_fixe", "30")
    assert read_bareme(cpts).find("mission_fixe", jour, taille=3, mission="crise").valeur == 30
    make_parametre("mission_fixe", "35", mission="crise", taille=3)
    assert read_bareme(cpts).find("mission_fixe", jour, taille=3, mission="crise").valeur == 35
    assert read_bareme(exemple).find("mission_fixe", jour, taille=3, mission="crise").valeur == 35


def test_a_value_enters_with_its_reference():
    with pytest.raises(IntegrityError, match="parametreaci_reference"), transaction.atomic():
        make_parametre("mission_fixe", "10", reference="")
    make_parametre("mission_fixe", None, reference="")


def test_a_line_opens_its_proofs_and_the_export_says_where_amounts_come_from():
    cpts = make_ouverte()
    ligne = find_ligne(cpts, 1, "")
    elle = Client()
    elle.force_login(make_coordinatrice(cpts))
    page = elle.get(f"/espace/{cpts.code}/argent/{ligne.pk}/").content.decode()
    assert "ACI des CPTS" in page
    assert "calendrier à renseigner" in page
    assert "Enregistrer les montants" not in page
    assert elle.post(f"/espace/{cpts.code}/argent/{ligne.pk}/", {"version": 0, "accorde": "1"}).status_code == 404
    texte = b"".join(elle.get(f"/espace/{cpts.code}/argent/export.csv")).decode("utf-8-sig")
    assert "mission non démarrée" in texte
    assert texte.count("\r\n") == 1 + LigneAci.objects.filter(exercice__cpts=cpts).count()
    autre = make_ouverte("71-autre")
    assert elle.get(f"/espace/{cpts.code}/argent/{find_ligne(autre, 1, '').pk}/").status_code == 404


def test_a_region_writes_its_own_parameters_and_the_expected_amounts_follow(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    cpts = make_ouverte()
    start(cpts, "crise", date(2024, 9, 27), make_coordinatrice(cpts))
    client = Client()
    client.force_login(make_agent(Role.VALIDEUR, "region:27", is_staff=True))
    adresse = "/admin/cpts/parametreaci/add/"
    saisie = {
        "region_code": "27",
        "code": "mission_fixe",
        "taille": "3",
        "mission": "crise",
        "periode_0": "2024-01-01",
        "periode_1": "",
        "valeur": "37500",
        "texte": "",
        "reference": "Lettre de la caisse du 03/01/2024",
        "verifie_le": "2026-11-01",
    }
    assert client.post(adresse, saisie | {"reference": ""}).status_code == 200
    assert client.post(adresse, saisie | {"region_code": ""}).status_code == 200
    assert client.post(adresse, saisie | {"region_code": "84"}).status_code == 200
    assert client.post(adresse, saisie | {"verifie_le": ""}).status_code == 200
    assert not ParametreAci.objects.exists()
    assert client.post(adresse, saisie).status_code == 302
    assert Envoi.objects.filter(tache="cpts.missions_parametres", arguments=["27"]).exists()
    assert find_ligne(cpts, 1, "crise").prevu is None
    deliver_here()
    assert find_ligne(cpts, 1, "crise").prevu == Decimal(37_500)
    assert client.get("/admin/cpts/mission/").status_code == 200
    exercice = ExerciceAci.objects.get(cpts=cpts, rang=1)
    page = client.get(f"/admin/cpts/exerciceaci/{exercice.pk}/change/").content.decode()
    assert "37500,00" in "".join(page.split())


def test_both_homes_say_what_is_due(rf):
    cpts = make_ouverte()
    make_parametre("mission_fixe", "1000", mission="crise")
    elle = make_coordinatrice(cpts)
    start(cpts, "crise", date(2025, 3, 1), elle)
    requete = rf.get("/")
    requete.user = elle
    sections = {section.titre: section for section in list_sections(requete, cpts)}
    premiere = sections["Missions"].lignes[0]
    assert (premiere.retard, premiere.le) == (True, date(2025, 3, 27))
    assert sections["Argent de l'ACI"].lignes[0].retard
    assert sections["Preuves qui manquent"].lignes == []
    requete.user = make_agent(Role.INSTRUCTEUR)
    (section,) = list_taches(requete)
    assert section.nombre.valeur == 4
    requete.user = make_agent(Role.INSTRUCTEUR, "departement:21")
    assert list_taches(requete)[0].lignes == []
