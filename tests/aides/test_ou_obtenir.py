"""The check read backwards says of each commune what its check says, and shows it the same way everywhere."""

import csv
import io
import json
import random
import re
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl

import pytest
import time_machine

from aides import ou_obtenir
from aides.catalogue import catalogue
from aides.ou_obtenir import (
    Aide,
    choose_best,
    estimate_minutes,
    excludes,
    find_nearest,
    find_offres,
    read_distances,
    select_places,
    sort_places,
)
from aides.regles.dispositifs import LienCumul, ReglesCumul
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS
from aides.regles.valeurs import sample_values
from aides.services import check, clean_faits
from aides.views.ou_obtenir_fichiers import write_cell
from tests.profils import JEUNE_GENERALISTE
from zonage.models import Commune

PAGE = "/aides/ou-obtenir/"
AU = date(2025, 10, 1)
MEDECIN = JEUNE_GENERALISTE
JOURS = [date(2019, 6, 6), date(2022, 6, 1), date(2025, 10, 1), date(2025, 12, 31), date(2026, 3, 2)]
VERSIONS = [version for dispositif in catalogue().dispositifs for version in dispositif.versions]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territoire_verifier")]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-21 12:00+01:00", tick=False):
        yield


@pytest.fixture
def placed():
    """Châtenoy beside Chalon, and Montceau 40 km away (ZIP). Dijon, Paris and Isère stay without a place."""
    Commune.objects.filter(code_insee="71106").update(longitude=4.86, latitude=46.79)
    Commune.objects.filter(code_insee="71333").update(longitude=4.36, latitude=46.67)


def draw_faits(hasard, au):
    """A person: each fact known two times in three, values on the thresholds and beside them."""
    faits = {}
    for code in FAITS:
        if hasard.random() < 0.66:
            faits[code] = hasard.choice(sample_values(code, VERSIONS, {}, au) or (FAITS[code].pas * 10,))
    faits["profession"] = hasard.choice(["medecin", "medecin", "medecin", *dict(FAITS["profession"].choix)])
    return clean_faits(faits)


@pytest.mark.parametrize("graine", range(100))
def test_every_commune_offers_what_its_check_says(graine):
    hasard = random.Random(graine)
    au = hasard.choice(JOURS)
    faits = draw_faits(hasard, au)
    toutes = find_offres(faits, None, au=au)
    code = hasard.choice([dispositif.code for dispositif, _ in catalogue().versions_au(au)])
    une = find_offres(faits, code, au=au)
    for commune in toutes.communes.codes:
        bilan = check(commune, faits, au=au)
        attendu = {r.dispositif.code: (r.issue, r.montant, r.manquants) for r in bilan.resultats}
        siens = {r.dispositif.code for r in bilan.resultats if faits["profession"] in r.dispositif.professions}
        offre = toutes.offre(toutes.communes.rangs[commune]) if toutes.offres else None
        lus = {aide.dispositif.code: (aide.issue, aide.montant) for aide in offre.aides} if offre else {}
        assert lus == {code: attendu[code][:2] for code in siens}
        seule = une.offre(une.communes.rangs[commune])
        assert seule.issue is attendu[code][0]
        assert seule.manquants == (attendu[code][2] if seule.issue is Issue.A_INSTRUIRE else ())


def test_the_best_amount_then_the_nearest_then_the_name(placed):
    inverse = find_offres(clean_faits(MEDECIN), "caim", au=AU)
    communes = inverse.communes
    distances = read_distances(communes, "71106")
    places = select_places(communes, None, distances, None)
    triees = [communes.codes[place] for place in sort_places(inverse, places, distances)]
    # Chalon (0.8 km) and Montceau (40 km) are ZIP; Dijon needs an address; the others, unknown, follow by distance.
    assert triees[:2] == ["71076", "71333"]
    assert [communes.codes[p] for p in sort_places(inverse, places, distances, "-montant")][-2:] == ["71076", "71333"]
    assert [communes.codes[p] for p in sort_places(inverse, places, distances, "distance")][:3] == [
        "71106",
        "71076",
        "71333",
    ]
    noms = [communes.noms[p] for p in sort_places(inverse, places, distances, "nom")]
    assert noms == sorted(noms, key=lambda nom: nom.lower().replace("â", "a").replace("'", " "))


def test_distances_are_straight_and_unknown_ones_are_never_near(placed):
    communes = find_offres(clean_faits(MEDECIN), "caim", au=AU).communes
    distances = read_distances(communes, "71076")
    assert distances[communes.rangs["71333"]] == pytest.approx(39.7, abs=0.5)
    assert distances[communes.rangs["21231"]] == float("inf")
    assert read_distances(communes, "21231") is None
    assert estimate_minutes(25) == 20
    proches = select_places(communes, None, distances, Decimal(39))
    assert {communes.codes[place] for place in proches} == {"71076", "71106"}
    assert len(select_places(communes, None, distances, Decimal(40))) == 3
    assert [communes.codes[place] for place in select_places(communes, ["38"], None, None)] == ["38066", "38430"]


def test_the_nearest_are_proposed_when_none_is_near_enough(placed):
    inverse = find_offres(clean_faits(MEDECIN), "caim", au=date(2025, 11, 15))
    distances = read_distances(inverse.communes, "71106")
    proches = find_nearest(inverse, distances, None, Issue.ELIGIBLE, hors=10.0)
    assert [inverse.communes.codes[place] for place in proches] == ["71333"]


def make_aide(code, euros, *, exclut=(), garantie=False):
    class Version:
        regles_cumul = ReglesCumul(liens=(LienCumul(tuple(exclut), False, None),) if exclut else ())

    class Dispositif:
        pass

    class Faux(Aide):
        comptee = Decimal(0 if garantie else euros)

    dispositif = Dispositif()
    dispositif.code = Version.dispositif = code
    return Faux(dispositif, Version, Issue.ELIGIBLE, None, ())


@pytest.mark.parametrize("graine", range(60))
def test_the_best_total_equals_an_exhaustive_search(graine):
    hasard = random.Random(graine)
    codes = "abcdefgh"[: hasard.randint(1, 8)]
    aides = [
        make_aide(
            code, hasard.choice([0, 5, 10, 20, 50]), exclut=[c for c in codes if c > code and hasard.random() < 0.4]
        )
        for code in codes
    ]
    totaux = []
    for masque in range(2 ** len(aides)):
        choisies = [aide for rang, aide in enumerate(aides) if masque >> rang & 1]
        if not any(excludes(une, autre) for une in choisies for autre in choisies if une is not autre):
            totaux.append(sum(aide.comptee for aide in choisies))
    trouvees = choose_best(aides)
    assert sum(aide.comptee for aide in trouvees) == max(totaux)
    assert not any(excludes(une, autre) for une in trouvees for autre in trouvees if une is not autre)


def read(client, code=200, suite="", /, **parametres):
    page = client.get(PAGE + suite, parametres)
    assert page.status_code == code, page.content.decode()[-2000:]
    return page


def list_communes(page):
    """The codes of the list, in order, read in the links of the page."""
    tableau = page.content.decode().split('id="t-communes"')[1].split("</table>")[0]
    return re.findall(r'<th scope="row"><a href="[^"]*commune=(\d[\dAB]\d{3})', tableau)


def test_the_page_lists_the_communes_and_links_to_the_same_answer(client, placed):
    page = read(client, **MEDECIN, dispositif="caim", au="2025-10-01", commune="71106", distance="60", unite="km")
    assert list_communes(page) == ["71076", "71333"]
    texte = unescape(page.content.decode())
    lien = re.search(r'<th scope="row"><a href="([^"]*commune=71333[^"]*)"', texte)[1]
    bilan = client.get(lien).context["bilan"]
    ligne = page.context["lignes"][1]
    assert bilan.resultat("caim").issue is ligne.offre.issue
    assert bilan.resultat("caim").montant.texte == ligne.offre.texte
    assert ligne.minutes == round(ligne.km / 1.25)


def test_counts_lists_and_files_agree(client, placed):
    parametres = MEDECIN | {"dispositif": "caim", "au": "2025-10-01", "commune": "71106"}
    page = read(client, **parametres)
    entrees = page.context["entrees"]
    assert sum(entree.communes for entree in entrees) == Commune.objects.exclude(code_insee="75056").count()
    for onglet in ("", "a_instruire", "non_eligible"):
        page = read(client, **parametres, verdict=onglet) if onglet else page
        issue = page.context["recherche"].issue
        nombre = sum(entree.communes for entree in entrees if entree.issue is issue)
        suite = parametres | ({"verdict": onglet} if onglet else {})
        tableau = b"".join(client.get(f"{PAGE}communes.csv", suite).streaming_content).decode()
        lignes = list(csv.DictReader(io.StringIO(tableau.removeprefix("\ufeff")), delimiter=";"))
        objet = json.loads(b"".join(client.get(f"{PAGE}communes.geojson", suite).streaming_content))
        codes = [ligne["code_insee"] for ligne in lignes]
        assert codes == [feature["id"] for feature in objet["features"]]
        assert codes == ([ligne.code for ligne in page.context["lignes"]] if nombre else [])
        assert len(codes) == nombre


def test_the_files_are_safe_and_say_what_is_not_known(client, placed):
    Commune.objects.filter(code_insee="71333").update(nom='=HYPERLINK("x";1)')
    reponse = client.get(f"{PAGE}communes.csv", MEDECIN | {"dispositif": "caim", "au": "2025-10-01"})
    assert reponse["Content-Type"].startswith("text/csv")
    assert "attachment" in reponse["Content-Disposition"]
    texte = b"".join(reponse.streaming_content).decode()
    assert texte.startswith("\ufeffcode_insee;")
    assert '"\'=HYPERLINK(""x"";1)"' in texte
    assert [write_cell(v) for v in ("-1", "+1", "@x", "\tx", "a;b", 12)] == [
        "'-1",
        "'+1",
        "'@x",
        "'\tx",
        '"a;b"',
        "12",
    ]
    suite = MEDECIN | {"dispositif": "caim", "au": "2025-10-01", "verdict": "a_instruire"}
    objet = json.loads(b"".join(client.get(f"{PAGE}communes.geojson", suite).streaming_content))
    dijon = next(feature for feature in objet["features"] if feature["id"] == "21231")
    assert dijon["geometry"] is None


def test_a_file_is_refused_rather_than_answer_something_else(client):
    page = read(client, 400, "communes.csv", dispositif="caim", au="2025-10-01")
    assert "Choisissez une profession" in page.content.decode()
    assert "n&#x27;existe pas" in read(client, 400, "communes.geojson", **MEDECIN, dispositif="xx").content.decode()


def test_unknown_facts_open_questions_and_lead_to_communes_a_instruire(client):
    page = read(client, profession="medecin", dispositif="caim", au="2025-10-01", verdict="a_instruire")
    assert page.context["questions"]
    assert "71333" in list_communes(page)
    assert "Ce qui manque" in page.content.decode()
    question = page.context["questions"][0].fait.code
    valeur = page.context["questions"][0].choix[0][0]
    suite = client.get(
        PAGE,
        {"profession": "medecin", "dispositif": "caim", "au": "2025-10-01", "posees": question, question: valeur},
    )
    assert suite.status_code == 302
    assert "posees" not in suite.url
    assert f"{question}={valeur}" in suite.url


@pytest.mark.parametrize(
    ("parametres", "phrase"),
    [
        ({"dispositif": "rien"}, "Ce dispositif n'existe pas"),
        ({"distance": "45"}, "Indiquez la commune autour de laquelle chercher"),
        ({"distance": "loin", "commune": "71076"}, "Écrivez un nombre entre 1 et 240"),
        ({"distance": "500", "unite": "km", "commune": "71076"}, "Écrivez un nombre entre 1 et 300"),
        ({"unite": "lieues"}, "Choisissez des kilomètres ou des minutes"),
        ({"departement": "99"}, "n’existe pas"),
        ({"verdict": "peut-etre"}, "Cette valeur n'est pas proposée"),
        ({"commune": "99999"}, "Aucune commune ne porte le code"),
        ({"couleur": "bleu"}, "Le portail ne connaît pas cette information"),
    ],
)
def test_a_wrong_value_is_named_and_the_rest_is_kept(client, parametres, phrase):
    page = read(client, 400, **MEDECIN, au="2025-10-01", **parametres)
    assert phrase in unescape(page.content.decode())
    assert page.context["recherche"].demande.profession == "medecin"


def test_a_typed_place_leads_to_the_commune_or_to_a_choice(client):
    suite = client.get(PAGE, {"profession": "medecin", "lieu": "Montceau", "distance": "20", "unite": "km"})
    assert suite.status_code == 302
    assert "commune=71333" in suite.url
    assert "distance=20" in suite.url
    choix = read(client, profession="medecin", lieu="Saint-Martin", distance="20")
    assert {proposition.code for proposition, _ in choix.context["propositions"]} >= {"21560", "38430"}
    inconnue = read(client, profession="medecin", lieu="Zzyzx")
    assert "Aucune commune ne correspond" in inconnue.content.decode()


def test_without_javascript_another_text_replaces_the_former_commune(client):
    formulaire = {"profession": "medecin", "commune": "71076", "avant": "71076", "au": "2025-10-01"}
    change = client.get(PAGE, formulaire | {"lieu": "Montceau"})
    assert "commune=71333" in change.url
    garde = client.get(PAGE, formulaire | {"lieu": "Chalon-sur-Saône (71)"})
    assert "commune=71076" in garde.url
    retire = client.get(PAGE, formulaire | {"lieu": ""})
    assert "commune" not in retire.url
    choisi = client.get(PAGE, formulaire | {"commune": "71333", "lieu": "Montceau"})
    assert "commune=71333" in choisi.url


def test_a_closed_scheme_says_when_it_was_open(client):
    page = read(client, **MEDECIN, dispositif="caim", au="2026-03-02")
    assert page.context["fermeture"]["etat"] == "ferme"
    assert read(client, **dict(parse_qsl(page.context["fermeture"]["url"].split("?")[1])))
    assert "n’est plus ouvert" in page.content.decode()


def test_no_commune_near_enough_proposes_the_nearest(client, placed):
    page = read(client, **MEDECIN, dispositif="caim", au="2025-11-15", commune="71106", distance="10", unite="min")
    assert [ligne.code for ligne in page.context["proches"]] == ["71333"]
    assert "Voici les 1 plus proches" not in page.content.decode()


def test_communes_side_by_side(client, placed):
    page = read(client, 200, "comparer/", c=["71333", "71106"], au="2025-10-01", commune="71076", **MEDECIN)
    montceau, chatenoy = page.context["colonnes"]
    assert montceau["offre"].issue is Issue.ELIGIBLE
    assert chatenoy["offre"].issue is not Issue.ELIGIBLE
    caim = {d.code: cellules for d, cellules in page.context["lignes"]}["caim"]
    assert caim[0] == ("Éligible", check("71333", MEDECIN, au=AU).resultat("caim").montant.texte)
    seule = read(client, 400, "comparer/", c=["71333"], **MEDECIN)
    assert "Cochez de 2 à 4 communes" in seule.content.decode()


def test_the_page_is_kept_and_costs_a_bounded_number_of_queries(client, django_assert_max_num_queries):
    parametres = MEDECIN | {"dispositif": "caim", "au": "2025-10-01", "departement": "71"}
    read(client, **parametres)
    with django_assert_max_num_queries(3):
        read(client, **parametres)
    with django_assert_max_num_queries(12):
        read(client, **parametres, tri="nom")
    assert "Set-Cookie" not in read(client, **parametres).headers


def test_estimates_are_said_on_the_page(client):
    texte = read(client, **MEDECIN, au="2025-10-01").content.decode()
    assert "vol d’oiseau" in texte
    assert "25 km comptent pour 20 minutes" in texte
    assert Decimal("1.25") == ou_obtenir.KM_PAR_MINUTE
