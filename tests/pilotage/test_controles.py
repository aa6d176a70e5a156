"""Contradictions: each planted one is found, nothing is found where nothing contradicts itself."""

from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from cpts.enums import StatutCpts, StatutStructure, TypeMission
from cpts.models import ActeCpts, ActeStructure, Cpts, DonneeTerritoire, ExerciceAci, Mission, Perimetre, Structure
from portal.accounts.enums import Role
from portal.core.models import Evenement
from portal.pilotage.models import Constat, Mesure, PassageIndicateur, Territoire
from portal.pilotage.services.controles import EcartImpossible, put_aside, record_constats
from portal.pilotage.sources import controles
from prevention.models import Releve
from tests.cpts.factories import make_cpts, make_perimetre
from tests.drills.preparation import load_territory
from tests.people import make_agent
from tests.pilotage.scene import JOUR, add_donnee, make_msp, run
from tests.prevention.factories import make_cible, write
from zonage.models import Apl, Commune, PopulationLegale

pytestmark = pytest.mark.django_db
CHALONNAIS = ("cpts", "71-chalonnais")
REGION = ("region", "27")


@pytest.fixture
def calcul(pays):
    """The small country, measured that day, without any contradiction; MSP of the text: 135 = 111 + 24."""
    make_msp(pays["71003"], StatutStructure.ACI_SIGNE)
    for code, valeur in (("publie_msp_validees", 135), ("publie_msp_ouvertes", 111), ("publie_msp_aci", 84)):
        add_donnee(code, REGION, str(valeur), JOUR, unite="structures")
    run()
    return pays


def alter(indicateur: str, type_: str, code: str, **champs: object) -> None:
    """What no run writes: only a fault, or a hand in the base, makes it."""
    lignes = Mesure.objects.filter(indicateur=indicateur, territoire__type=type_, territoire__code=code)
    assert lignes.update(**champs) == 1


@contextmanager
def hand_in_the_base():
    """No trigger: what the database would refuse, and that a restore or a repair by hand may leave."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def plant_somme():
    """111 + 24 is not 136."""
    for code, nombre in (("msp_validees", 136), ("msp_ouvertes", 111), ("msp_non_ouvertes", 24), ("msp_aci", 84)):
        alter(code, "cpts", "71-chalonnais", numerateur=nombre, valeur=nombre)


def plant_somme_cpts():
    alter("cpts_connues", "departement", "71", numerateur=3, valeur=3)


def plant_region():
    alter("population", *REGION, numerateur=10_501, valeur=10_501)


def plant_france():
    alter("population", "france", "france", numerateur=1, valeur=1)


def plant_partie():
    alter("msp_aci", "epci", "247100589", numerateur=9, valeur=9)


def plant_communes():
    alter("communes_zip", "epci", "247100589", numerateur=2, valeur=2)


def plant_publie():
    DonneeTerritoire.objects.filter(code="publie_msp_aci").update(valeur=120)
    run()


def plant_variantes():
    alter("montant_accorde.caim", "departement", "71", numerateur=5, valeur=5)


def plant_numerateur():
    alter("part_population_cpts", "epci", "247100589", numerateur=9000, valeur=300)


def plant_bornes():
    alter("sans_medecin_traitant_17", *CHALONNAIS, valeur=112)


def plant_negatif():
    alter("msp_ouvertes", "region", "84", numerateur=-1, valeur=-1)


def plant_taux():
    alter("part_population_cpts", "epci", "247100589", valeur=12)


def plant_donnee():
    """With numbers above their whole, the value itself stays a share."""
    add_donnee("sans_medecin_traitant_70", CHALONNAIS, "10", JOUR, numerateur=300, denominateur=200)


def plant_donnee_taux():
    add_donnee("sans_medecin_traitant_70", CHALONNAIS, "10", JOUR, numerateur=40, denominateur=200)


def plant_calcul():
    PassageIndicateur.objects.filter(indicateur="population").update(jour=JOUR - timedelta(days=9))


def plant_source():
    commune = Commune.objects.get(pk="71001")
    Apl.objects.create(
        code_publie="71001", commune=commune, profession="medecin", millesime=2019, apl=2.5,
        population_standardisee=1, population_totale=1,
    )  # fmt: skip


def plant_deux_chiffres():
    add_donnee("publie_population_cpts_habitants", CHALONNAIS, "130000", JOUR, unite="habitants")
    run()


def plant_population_commune():
    Commune.objects.filter(pk="71001").update(millesime_population=2023)
    PopulationLegale.objects.create(
        code_publie="71001", commune_id="71001", millesime=2023, municipale=990, comptee_a_part=0, totale=990
    )


def plant_population_perimetre():
    Commune.objects.filter(pk__in=["71001", "71002"]).update(millesime_population=2023)
    Perimetre.objects.update(population=3500, millesime_population=2023, taille=1)


def plant_etat_structure():
    structure = Structure.objects.filter(statut=StatutStructure.OUVERTE).get()
    ActeStructure.objects.create(structure=structure, action="fermer", cible="fermee", date_acte=date(2025, 1, 1))


def plant_etat_cpts():
    ActeCpts.objects.create(
        cpts_id="71-chalonnais", action="resilier", cible=StatutCpts.RESILIE, date_acte=date(2025, 1, 1)
    )


def plant_actes():
    ActeCpts.objects.create(
        cpts_id="71-chalonnais", action="avenant", cible=StatutCpts.ACI_SIGNE, date_acte=date(2023, 1, 1)
    )


def plant_aci():
    Cpts.objects.filter(pk="71-chalonnais").update(aci_fin_le=date(2024, 1, 1))


def plant_a_venir():
    Mission.objects.create(
        cpts_id="71-chalonnais", type=TypeMission.values[0], statut="demarree", demarree_le=JOUR + timedelta(days=30)
    )


def plant_taille():
    Perimetre.objects.update(population=130_000, taille=2, millesime_population=1999)


def plant_exercice():
    ExerciceAci.objects.create(
        cpts_id="71-chalonnais", rang=1, taille=1, population=40_001, periode=DateRange(JOUR, date(2027, 3, 10))
    )


def plant_chevauchement():
    voisine = make_cpts("71-voisine", communes=[])
    make_perimetre(voisine, list(Commune.objects.filter(pk__in=["71001", "71003"])), approuve=True)


def plant_releves():
    """The importer compares the parts with a total already there; a département that comes later alone is not."""
    cible = make_cible()
    write(cible, ("region", "27", 900, 2000), ("departement", "71", 700, 1500), ("departement", "21", 200, 500))
    releve = Releve.objects.get(territoire_code="21")
    Releve.objects.filter(pk=releve.pk).update(numerateur=301)


PLANTS = {
    plant_somme: "somme_parties",
    plant_somme_cpts: "somme_parties",
    plant_region: "somme_departements",
    plant_france: "somme_france",
    plant_partie: "partie_du_tout",
    plant_communes: "partie_du_tout",
    plant_releves: "releves_partie",
    plant_publie: "partie_du_tout",
    plant_variantes: "partie_du_tout",
    plant_numerateur: "mesure_numerateur",
    plant_bornes: "mesure_bornes",
    plant_negatif: "mesure_bornes",
    plant_taux: "mesure_taux",
    plant_donnee: "donnee_numerateur",
    plant_donnee_taux: "donnee_taux",
    plant_calcul: "calcul_perime",
    plant_source: "source_perimee",
    plant_deux_chiffres: "deux_chiffres",
    plant_population_commune: "population_commune",
    plant_population_perimetre: "population_perimetre",
    plant_etat_structure: "etat_structure",
    plant_etat_cpts: "etat_cpts",
    plant_actes: "dates_actes",
    plant_aci: "dates_aci",
    plant_a_venir: "dates_a_venir",
    plant_taille: "taille_perimetre",
    plant_exercice: "taille_exercice",
    plant_chevauchement: "chevauchement",
}


def list_trouves() -> list[str]:
    record_constats(JOUR)
    return sorted(set(Constat.objects.filter(resolu_le=None).values_list("controle", flat=True)))


def test_nothing_is_found_where_nothing_contradicts_itself(calcul):
    assert list_trouves() == []


@pytest.mark.parametrize("plante", PLANTS, ids=lambda une: une.__name__)
def test_a_planted_contradiction_is_found(calcul, plante):
    with hand_in_the_base():
        plante()
    assert PLANTS[plante] in list_trouves()


def test_every_kind_is_planted_at_least_once():
    assert len(PLANTS) >= 20
    assert set(controles.CONTROLES) == set(PLANTS.values())
    familles = {controles.CONTROLES[code].famille for code in PLANTS.values()}
    assert familles == set(controles.Famille)


def test_the_sentence_says_both_figures_and_links_to_the_receipt(calcul, client):
    plant_somme()
    record_constats(JOUR)
    constat = Constat.objects.get(controle="somme_parties")
    assert "136, quand MSP ouvertes et MSP validées, non ouvertes font 135." in constat.constat
    agent = make_agent(Role.INSTRUCTEUR, "departement:71")
    client.force_login(agent)
    page = client.get(reverse("admin:index")).content.decode()
    assert "Contradictions dans les chiffres" in page
    assert f"{reverse('pilotage_recu', args=['msp_validees', *CHALONNAIS])}?au={JOUR}" in page


def test_what_is_mended_is_solved_by_itself_and_comes_back_as_another(calcul):
    plant_region()
    record_constats(JOUR)
    premier = Constat.objects.get()
    assert record_constats(JOUR).confirmes == 1
    alter("population", *REGION, numerateur=10_500, valeur=10_500)
    assert record_constats(JOUR).resolus == 1
    premier.refresh_from_db()
    assert premier.resolu_le is not None
    plant_region()
    record_constats(JOUR)
    assert Constat.objects.filter(resolu_le=None).exclude(pk=premier.pk).count() == 1


def test_one_put_aside_stays_so_until_its_figures_change(calcul):
    agent = make_agent(Role.INSTRUCTEUR, "departement:71")
    plant_region()
    record_constats(JOUR)
    constat = Constat.objects.get()
    with pytest.raises(EcartImpossible, match="Dites pourquoi"):
        put_aside(constat, "  ", par=agent)
    put_aside(constat, "Fusion de communes en cours.", par=agent)
    assert Evenement.objects.filter(objet=f"pilotage.constat:{constat.pk}", action="ecarter", auteur=agent).exists()
    record_constats(JOUR)
    constat.refresh_from_db()
    assert constat.ecarte_le is not None
    alter("population", *REGION, numerateur=1, valeur=1)
    record_constats(JOUR)
    constat.refresh_from_db()
    assert constat.ecarte_le is None
    assert constat.motif == ""


@pytest.fixture
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.mark.usefixtures("one_factor")
def test_an_agent_puts_one_of_ones_territory_aside_with_a_reason(calcul, client):
    with hand_in_the_base():
        plant_etat_structure()
    record_constats(JOUR)
    constat = Constat.objects.get(controle="etat_structure")
    adresse = reverse("admin:pilotage_constat_change", args=[constat.pk])
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:21"))
    assert client.get(adresse).status_code == 302
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    page = client.get(adresse).content.decode()
    assert reverse("admin:cpts_structure_change", args=[constat.objet.partition(":")[2]]) in page
    assert "Ce champ est obligatoire" in client.post(adresse, {"motif": ""}).content.decode()
    client.post(adresse, {"motif": "Acte saisi deux fois."})
    constat.refresh_from_db()
    assert constat.motif == "Acte saisi deux fois."
    liste = reverse("admin:pilotage_constat_changelist")
    assert constat.constat not in unescape(client.get(liste).content.decode())
    assert constat.constat in unescape(client.get(liste, {"etat": "ecartees"}).content.decode())


@pytest.mark.usefixtures("one_factor")
def test_the_list_asks_a_constant_number_of_questions(calcul, client, django_assert_max_num_queries):
    territoire = Territoire.objects.get(type="departement", code="71")
    Constat.objects.bulk_create(
        Constat(
            controle="mesure_bornes", cle=str(rang), territoire=territoire, indicateur="population", jour=JOUR,
            region_code="27", departement_code="71", constat=f"Constat {rang}", vu_le=timezone.now(),
        )
        for rang in range(60)
    )  # fmt: skip
    client.force_login(make_agent(Role.VALIDEUR, "region:27"))
    with django_assert_max_num_queries(20):
        client.get(reverse("admin:pilotage_constat_changelist"))


def test_the_demonstration_has_no_contradiction(db):
    """One région of the real country, with everything that the demonstration invents. Shipped vintages grow old: that
    is no fault of the demonstration.
    """
    load_territory(["27"], entier=False)
    for jeu in settings.MAILLAGE_JEUX_DEMONSTRATION:
        import_string(jeu)(lambda etape: None)
    run(timezone.localdate())
    record_constats(timezone.localdate())
    trouves = Constat.objects.exclude(controle="source_perimee")
    assert list(trouves.values_list("controle", "constat")[:5]) == []
    assert Mesure.objects.filter(territoire__type="cpts", numerateur__gt=0).exists()


def test_a_file_that_names_an_unknown_figure_is_refused(tmp_path):
    texte = controles.CHEMIN.read_text(encoding="utf-8").replace("tout: msp_validees", "tout: msp_inconnues")
    (tmp_path / "regles.yaml").write_text(texte, encoding="utf-8")
    with pytest.raises(controles.ReglesInvalides, match="msp_inconnues"):
        controles.read_parametres(tmp_path / "regles.yaml")
