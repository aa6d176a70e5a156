"""The diagnosis of a territory: its sums, its references, its secrets, its files."""

import csv
import html
import io
import json
from datetime import date

import pytest
from django.core.cache import caches
from django.urls import reverse
from pypdf import PdfReader

from cpts.models import Cpts, OffreCommune
from cpts.services.espace_territoire import save_territoire
from portal.accounts.enums import Role
from portal.core.cache import forget_version
from portal.pilotage.diagnostic import Diagnostic
from portal.pilotage.diagnostic_blocs import build_diagnostic
from portal.pilotage.diagnostic_territoire import Choix
from prevention.enums import StatutCampagne
from tests.cpts.factories import CODE
from tests.people import make_agent
from tests.pilotage.scene import add_donnee
from tests.prevention.factories import make_cible, write
from zonage.models import Apl

PAGE = reverse("diagnostic")
AU = date(2026, 3, 10)
CHOIX = ["71001", "71002", "71003"]


@pytest.fixture(autouse=True)
def _fresh():
    """What is kept of the whole country is that of another test."""
    caches["pages"].clear()
    forget_version()


def _diagnose(codes=CHOIX, type_="ensemble", code="") -> Diagnostic:
    return build_diagnostic(Choix(type_, code, "Essai", frozenset(codes), "", ""), au=AU)


def _values(diagnostic: Diagnostic, code: str) -> list[float | None]:
    ligne = next(ligne for bloc in diagnostic.blocs for ligne in bloc.lignes if ligne.code == code)
    return [None if case.valeur is None else round(float(case.valeur), 1) for case in ligne.cases]


def _cell(diagnostic: Diagnostic, code: str):
    return next(ligne for bloc in diagnostic.blocs for ligne in bloc.lignes if ligne.code == code).cases[0]


def _column(diagnostic: Diagnostic, code: str):
    return next(colonne for colonne in diagnostic.colonnes if colonne.code == code)


def test_the_territory_stands_beside_its_departement_region_and_france(pays):
    diagnostic = _diagnose()
    assert diagnostic.entetes == ["Essai", "Département 71", "Bourgogne-Franche-Comté", "France"]
    assert _values(diagnostic, "population") == [6000, 6000, 10500, 18500]
    assert _values(diagnostic, "communes") == [3, 3, 5, 6]
    assert _values(diagnostic, "part_age_0") == [25.0, 25.0, 25.0, 25.0]


def test_the_main_departement_is_where_most_people_live(pays):
    assert [une.code for une in _diagnose(["71001", "21001"]).references] == ["21", "27", "france"]


def test_a_departement_is_not_compared_with_itself(pays):
    assert [une.type for une in _diagnose(CHOIX, "departement", "71").references] == ["region", "france"]


def test_zones_share_the_population(pays):
    diagnostic = _diagnose()
    assert _values(diagnostic, "zone_medecin_zip") == [16.7, 16.7, 47.6, 27.0]
    assert _values(diagnostic, "zone_medecin_zac") == [33.3, 33.3, 19.0, 54.1]


def test_apl_is_weighted_by_the_standardised_population(pays):
    for code, apl, poids in (("71001", 2.0, 100.0), ("71002", 4.0, 300.0), ("21001", 1.0, 400.0)):
        Apl.objects.create(
            code_publie=code, commune_id=code, profession="medecin", millesime=2023, apl=apl,
            population_standardisee=poids, population_totale=poids,
        )  # fmt: skip
    assert _values(_diagnose(), "apl_medecin") == [3.5, 3.5, 2.2, 2.2]


def test_supply_is_counted_by_profession_and_says_which_communes_have_no_doctor(pays):
    for code, praticiens, liberaux in (("71001", 3, 2), ("71002", 1, 1), ("21001", 4, 4)):
        OffreCommune.objects.create(
            commune_id=code, profession="medecin", jour=date(2026, 1, 5), praticiens=praticiens, liberaux=liberaux
        )
    diagnostic = _diagnose()
    assert _values(diagnostic, "offre_medecin") == [4, 4, 8, 8]
    assert _values(diagnostic, "liberaux_medecin") == [3, 3, 7, 7]
    assert _values(diagnostic, "densite_medecin") == [6.7, 6.7, 7.6, 4.3]
    assert _values(diagnostic, "sans_medecin") == [1, 1, 2, 3]
    assert _values(diagnostic, "part_sans_medecin")[0] == 50.0
    assert _column(diagnostic, "offre_medecin").total == 4


def test_an_extraction_of_tomorrow_is_not_read(pays):
    OffreCommune.objects.create(
        commune_id="71001", profession="medecin", jour=date(2026, 3, 11), praticiens=3, liberaux=2
    )
    case = _cell(_diagnose(), "offre")
    assert (case.valeur, case.motif) == (None, "aucune extraction de l’Annuaire santé n’est chargée")


def test_the_share_without_a_doctor_is_that_of_the_whole_territory_and_says_its_source(pays):
    add_donnee("sans_medecin_traitant_17", ("departement", "71"), "9.5", date(2025, 1, 1))
    diagnostic = _diagnose(["71001", "71002"], "cpts", CODE)
    assert _values(diagnostic, "sans_medecin_traitant_17") == [12.0, 9.5, None, None]
    assert _cell(diagnostic, "sans_medecin_traitant_17").dit == "27/09/2024 ; Texte d'essai"
    assert _values(_diagnose(), "sans_medecin_traitant_17")[0] is None


def test_a_share_of_few_people_is_hidden(pays, settings):
    add_donnee("sans_medecin_traitant_70", ("cpts", CODE), "5", date(2025, 1, 1), numerateur=10, denominateur=200)
    case = _cell(_diagnose(["71001", "71002"], "cpts", CODE), "sans_medecin_traitant_70")
    assert (case.valeur, case.masque) == (None, True)
    settings.MAILLAGE_SEUIL_SECRET = 10
    assert _cell(_diagnose(["71001", "71002"], "cpts", CODE), "sans_medecin_traitant_70").valeur == 5


@pytest.fixture
def releves(pays):
    """Three communes shown, and one whose four people are hidden."""
    cible = make_cible(StatutCampagne.OUVERTE)
    write(
        cible,
        *(("commune", code, n, d) for code, n, d in (("71001", 40, 100), ("71002", 60, 100), ("71003", 4, 100))),
    )
    return cible


def _code(cible) -> str:
    return f"prevention_{cible.campagne.code}_{cible.code}"


def test_the_communes_shown_add_up_to_the_total(releves):
    diagnostic = _diagnose(["71001", "71002"])
    colonne = _column(diagnostic, _code(releves))
    assert _values(diagnostic, _code(releves))[0] == 50.0
    assert sum(colonne.valeurs.values()) == colonne.total == 100


def test_what_is_published_around_only_is_shown_with_a_hole(pays):
    cible = make_cible(StatutCampagne.OUVERTE)
    write(cible, ("departement", "71", 300, 1000))
    diagnostic = _diagnose()
    assert _values(diagnostic, _code(cible)) == [None, 30.0, None, None]
    assert _cell(diagnostic, _code(cible)).motif == "non publié"


def test_a_hidden_commune_hides_the_total_and_nothing_gives_it_away(releves, client):
    diagnostic = _diagnose()
    colonne = _column(diagnostic, _code(releves))
    assert colonne.masquees == {"71003"}
    assert (colonne.valeurs["71003"], colonne.total) == (None, None)
    assert _cell(diagnostic, _code(releves)).masque
    page = client.get(PAGE, {"communes": ",".join(CHOIX)}).content.decode()
    assert "« Masqué » : moins de 11 personnes" in page
    donnees = client.get(reverse("diagnostic_fichier", args=["json"]), {"communes": ",".join(CHOIX)}).json()
    assert [ligne["valeurs"][_code(releves)] for ligne in donnees["communes"]] == [40, 60, None]
    assert donnees["communes"][2]["masques"] == [_code(releves)]
    alone = _diagnose(["71003"])
    assert _values(alone, _code(releves))[0] is None


def test_every_column_that_adds_up_adds_up(pays):
    for code, praticiens in (("71001", 3), ("71002", 1)):
        OffreCommune.objects.create(
            commune_id=code, profession="infirmier", jour=date(2026, 1, 5), praticiens=praticiens, liberaux=1
        )
    diagnostic = _diagnose()
    sommes = [colonne for colonne in diagnostic.colonnes if colonne.somme]
    assert len(sommes) == 4 + 6
    for colonne in sommes:
        assert sum(colonne.valeurs.values()) == colonne.total


def test_the_page_names_its_territory_in_its_address(pays, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        page = client.get(PAGE, {"territoire": f"cpts:{CODE}"})
    texte = page.content.decode()
    assert page.status_code == 200
    assert "CPTS du Chalonnais" in texte
    assert "12,0" in texte
    assert "Texte d&#x27;essai" in texte
    assert "sessionid" not in page.cookies
    assert client.get(PAGE, {"territoire": "epci:247100589"}).status_code == 200
    assert client.get(PAGE, {"territoire": "departement:71"}).status_code == 200


@pytest.mark.parametrize(
    "requete",
    [
        {"territoire": "cpts:absente"},
        {"territoire": "cpts"},
        {"territoire": "region:99"},
        {"region": "absente"},
        {"territoire": "enregistre:pas-une-cle"},
        {"territoire": "enregistre:00000000-0000-4000-8000-000000000000"},
        {"communes": "71001,99999"},
        {"communes": "71001,bonjour"},
        {"communes": ",".join(f"{code}" for code in range(10001, 10202))},
    ],
)
def test_a_territory_that_is_not_one_is_refused_in_words(pays, client, requete):
    for adresse in (PAGE, reverse("diagnostic_fichier", args=["csv"])):
        page = client.get(adresse, requete)
        assert page.status_code == 404
        assert "Diagnostic d’un territoire" in page.content.decode()


def test_a_paste_becomes_an_address(pays, client):
    noms = "\n".join(commune.nom for commune in list(pays.values())[:2])
    reponse = client.post(PAGE, {"texte": f"71001\n{pays['71002'].code_insee}"})
    assert (reponse.status_code, reponse.headers["Location"]) == (303, f"{PAGE}?communes=71001,71002")
    refus = client.post(PAGE, {"texte": f"{noms}\nNulle-Part-sur-Rien"})
    assert refus.status_code == 422
    assert f"{noms}\nNulle-Part-sur-Rien</textarea>" in html.unescape(refus.content.decode())
    assert client.post(PAGE, {"texte": ""}).status_code == 422


def test_a_saved_territory_opens_by_its_key_without_an_account(pays, client):
    par = make_agent(Role.COORDINATEUR_CPTS, f"cpts:{CODE}")
    ecrit = save_territoire(Cpts.objects.get(pk=CODE), "Bassin de l'essai", CHOIX, par=par)
    page = client.get(PAGE, {"territoire": f"enregistre:{ecrit.cle}"})
    assert page.status_code == 200
    assert "Bassin de l&#x27;essai" in page.content.decode()


def test_the_files_say_what_the_page_says(pays, client):
    requete = {"territoire": f"cpts:{CODE}"}

    def lire(forme):
        reponse = client.get(reverse("diagnostic_fichier", args=[forme]), requete)
        assert reponse.status_code == 200
        return reponse

    lignes = list(csv.reader(io.StringIO(lire("csv").getvalue().decode("utf-8-sig")), delimiter=";"))
    medecin = next(ligne for ligne in lignes if ligne[1] == "sans_medecin_traitant_17" and ligne[5])
    assert medecin[4:8] == ["CPTS du Chalonnais", "12,0000", "27/09/2024", "Texte d'essai"]
    communes = list(csv.reader(io.StringIO(lire("communes.csv").getvalue().decode("utf-8-sig")), delimiter=";"))
    assert [ligne[:4] for ligne in communes[1:]][-1] == ["", "Ensemble", "", "3000"]
    assert sum(int(ligne[3]) for ligne in communes[1:-1]) == 3000
    donnees = json.loads(lire("json").content)
    assert donnees["totaux"]["population"] == 3000
    assert all(v["source"] or v["motif"] for b in donnees["blocs"] for c in b["chiffres"] for v in c["valeurs"])
    lu = PdfReader(io.BytesIO(lire("pdf").content))
    assert lu.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert lu.metadata.title == "Diagnostic du territoire : CPTS du Chalonnais"
    texte = "\n".join(page.extract_text() for page in lu.pages)
    assert "12,0" in texte
    assert client.get(reverse("diagnostic_fichier", args=["xml"]), requete).status_code == 404


def test_nothing_asked_shows_the_form(pays, client):
    page = client.get(PAGE, {"departement": "71"}).content.decode()
    assert "Le Grand Chalon" in page
    assert f'value="cpts:{CODE}"' in page
    assert client.get(reverse("diagnostic_fichier", args=["pdf"])).status_code == 302
