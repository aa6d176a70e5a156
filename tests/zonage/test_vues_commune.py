"""The page of a commune: zones, history, accessibility, neighbours, schemes, and the codes of yesterday."""

import re
from datetime import date

import pytest
from django.core.cache import caches

from aides.catalogue import catalogue
from aides.regles.situation import ZoneLue
from aides.views_commune import sort_dispositifs
from portal.core import cache
from tests.zonage.carte_essai import BASCULE, build_communes, classe, mesure
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory, DepartementFactory
from tests.zonage.pages_essai import read_page
from zonage import lecture
from zonage.comparaisons import compare_apl, moyenne
from zonage.enums import Origine, StatutZone, TypeCommune

CHALON = "/communes/71076/"


pytestmark = pytest.mark.usefixtures("sans_pages_gardees")


@pytest.fixture
def communes(db):
    """Chalon in ZIP then unknown, Châtenoy in ZAC, for doctors."""
    creees = build_communes()
    classe(creees["chalon"], "zip", fin=BASCULE)
    classe(creees["chatenoy"], "zac")
    return creees


def ligne(page, profession):
    """The line of a profession in the table of zones."""
    return re.search(rf'<th scope="row">{profession}</th>(.*?)</tr>', page)[1]


def test_the_page_shows_the_six_professions_and_their_text(client, communes):
    page = read_page(client, f"{CHALON}?au=2025-10-31")
    medecin = ligne(page, "Médecin")
    assert "Zone d&#x27;intervention prioritaire" in medecin
    assert "ESSAI-12" in medecin
    assert "Zonage écrit pour les essais" in medecin
    for profession in ("Infirmier", "Masseur-kinésithérapeute", "Sage-femme", "Orthophoniste", "Chirurgien-dentiste"):
        assert "Aucun classement connu" in ligne(page, profession)


def test_the_first_day_without_a_text_is_unknown_and_says_the_last_one_known(client, communes):
    medecin = ligne(read_page(client, f"{CHALON}?au=2025-11-01"), "Médecin")
    assert "Aucun classement connu ce jour-là" in medecin
    assert "Dernier connu : Zone d&#x27;intervention prioritaire, jusqu’au 31 octobre 2025" in medecin


def test_the_history_has_every_period_latest_first(client, communes):
    classe(communes["chalon"], "zac", debut=date(2018, 1, 1), fin=date(2024, 1, 1))
    page = read_page(client, CHALON)
    debuts = re.findall(r'<th scope="row">(1er janvier \d{4})</th>', page)
    assert debuts == ["1er janvier 2024", "1er janvier 2018"]
    assert "<td>31 décembre 2023</td>" in page


def test_an_uncertain_zone_asks_for_the_address(client, communes):
    classe(communes["dijon"], None, statut=StatutZone.ADRESSE_REQUISE)
    assert "Selon l’adresse" in ligne(read_page(client, "/communes/21231/"), "Médecin")


def test_the_demonstration_is_marked_where_it_shows_and_only_there(client, communes):
    assert "zonage de démonstration" not in read_page(client, CHALON)
    classe(communes["chatenoy"], "sous_dotee", profession="infirmier", origine=Origine.DEMONSTRATION)
    caches["pages"].clear()
    assert "zonage de démonstration" in read_page(client, CHALON)  # through its neighbour
    assert "Démonstration" in ligne(read_page(client, "/communes/71118/"), "Infirmier")


def test_neighbours_are_listed_with_their_zones_and_drawn(client, communes):
    page = read_page(client, f"{CHALON}?au=2025-10-31")
    voisine = re.search(r'<tr> <th scope="row"><a href="/communes/71118/">Châtenoy-le-Royal</a>(.*?)</tr>', page)[1]
    assert re.findall(r"<td>(.*?)</td>", voisine) == ["ZAC", *["Inconnu"] * 5]
    assert "<title>Châtenoy-le-Royal : Zone d&#x27;action complémentaire</title>" in page
    assert page.count("<title>") == 3  # the page, the commune, its neighbour


def test_population_ages_and_codes_are_shown_with_their_vintage(client, communes):
    page = read_page(client, CHALON)
    assert "45 000 habitants (INSEE, 2023)" in page
    assert "65 ans ou plus : 11 000 (24,4 %)" in page
    assert "71100" in page


@pytest.mark.parametrize(
    ("depuis", "phrase"),
    [
        (date(1965, 1, 1), "Saint-Cosme (71429) fait partie de Chalon-sur-Saône depuis le 1er janvier 1965."),
        (None, "Saint-Cosme (71429) fait partie de Chalon-sur-Saône. La date de ce changement n’est pas connue"),
    ],
)
def test_an_old_code_leads_to_todays_commune_and_says_since_when(client, communes, depuis, phrase):
    AncienneCommuneFactory(code_insee="71429", nom="Saint-Cosme", commune=communes["chalon"], depuis=depuis)
    reponse = client.get("/communes/71429/?au=2025-01-01&autre=x")
    assert reponse.status_code == 301
    assert reponse["Location"] == f"{CHALON}?au=2025-01-01&ancien=71429"
    assert phrase in read_page(client, reponse["Location"])


def test_a_forged_former_code_says_nothing(client, communes):
    assert "fait partie de" not in read_page(client, f"{CHALON}?ancien=71500")


@pytest.mark.parametrize("adresse", ["/communes/71999/", "/communes/7107/", "/communes/abcde/", "/communes/71076a/"])
def test_an_unknown_code_is_not_found(client, communes, adresse):
    assert client.get(adresse).status_code == 404


def test_wrong_parameters_are_named_and_the_page_answers(client, communes):
    page = read_page(client, f"{CHALON}?au=hier&profession=garagiste")
    assert "Cette date n’est pas lisible" in page
    assert "n’est pas une profession" in page
    assert "Chalon-sur-Saône" in page


def test_the_apl_is_compared_with_means_weighted_by_standardised_population(communes):
    nord = DepartementFactory(code="59", nom="Nord", region__code="32", region__nom="Hauts-de-France")
    lille = CommuneFactory(code_insee="59350", nom="Lille", departement=nord)
    mesure(communes["chalon"], 2.0, 300)
    mesure(communes["chatenoy"], 4.0, 100)
    mesure(communes["dijon"], 5.0, 100)
    mesure(lille, 1.0, 500)
    mesure(lille, None, 10_000, code_publie="59355")
    (apl,) = compare_apl(["71076"], "71", "27")
    assert (apl.commune, apl.departement, apl.region, apl.france) == (2.0, 2.5, 3.0, 2.0)


def test_a_commune_read_by_its_former_codes_is_their_weighted_mean(communes):
    mesure(communes["chalon"], 2.0, 300)
    mesure(communes["chalon"], 6.0, 100, code_publie="71429")
    assert compare_apl(["71076"], "71", "27")[0].commune == 3.0


def test_an_official_apl_hides_the_demonstration_and_each_vintage_has_its_line(client, communes):
    mesure(communes["chalon"], 9.9, 300, origine=Origine.DEMONSTRATION)
    assert "Modélisée" in read_page(client, CHALON)
    mesure(communes["chalon"], 2.0, 300)
    mesure(communes["chalon"], 3.0, 300, millesime=2022)
    lignes = compare_apl(["71076"], "71", "27")
    assert [(apl.millesime, apl.commune, apl.origine) for apl in lignes] == [
        (2023, 2.0, Origine.OFFICIEL),
        (2022, 3.0, Origine.OFFICIEL),
    ]


def test_the_mean_of_nothing_is_unknown():
    assert moyenne([]) is None
    assert moyenne([(0.0, 0.0)]) is None


def test_paris_shows_its_arrondissements(client, db):
    build_communes()
    paris = DepartementFactory(code="75", nom="Paris", region__code="11", region__nom="Île-de-France")
    mere = CommuneFactory(code_insee="75056", nom="Paris", departement=paris)
    premier = CommuneFactory(
        code_insee="75101", nom="Paris 1er", departement=paris, type=TypeCommune.ARRONDISSEMENT, parent=mere
    )
    classe(premier, "hors_zonage")
    page = read_page(client, "/communes/75056/")
    assert '<a href="/communes/75101/">Paris 1er</a>' in page
    assert 'Arrondissement de <a href="/communes/75056/">Paris</a>' in read_page(client, "/communes/75101/")


def test_names_are_escaped(client, communes):
    communes["chatenoy"].nom = "</script><b>"
    communes["chatenoy"].save()
    page = read_page(client, CHALON)
    assert "</script><b>" not in page


def test_no_inline_style_nor_script(client, communes):
    page = read_page(client, CHALON)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", page)
    assert not re.search(r'<script(?![^>]*(?:\bsrc=|type="application/json"))', page)


def test_the_page_costs_eight_queries(client, communes, monkeypatch, django_assert_max_num_queries):
    mesure(communes["chalon"], 2.0, 300)
    monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)  # the stamps of the data are read by the first page
    cache.forget_version()
    lecture.zones("71076", au=date(2025, 10, 31))  # its arrêtés are met
    read_page(client, "/communes/71118/")  # what a process does once is done
    with django_assert_max_num_queries(8):
        read_page(client, CHALON)


def test_schemes_open_in_the_zone_are_linked_to_the_check(client, communes):
    page = read_page(client, f"{CHALON}?au=2025-10-31")
    assert "Aides ouvertes ici" in page
    assert "/aides/verifier/?commune=71076&amp;profession=medecin&amp;au=2025-10-31" in page
    assert "CAIM" in page


@pytest.mark.parametrize(("niveau", "ouvert"), [("zip", True), ("hors_zonage", False), (None, True)])
def test_a_scheme_closed_by_the_zone_is_said_closed_and_an_unknown_zone_closes_nothing(niveau, ouvert):
    ouverts, exclus = sort_dispositifs("medecin", ZoneLue(niveau, motif="inconnu"), date(2025, 12, 1))
    assert ("caim" in {dispositif.code for dispositif in ouverts}) is ouvert
    assert ("caim" in {dispositif.code for dispositif in exclus}) is not ouvert


def test_every_scheme_of_a_profession_is_either_open_or_closed_by_the_zone():
    au = date(2025, 12, 1)
    attendus = {d.code for d, _ in catalogue().versions_au(au) if "medecin" in d.professions}
    for niveau in ("zip", "zac", "hors_zonage", None):
        ouverts, exclus = sort_dispositifs("medecin", ZoneLue(niveau), au)
        codes = [dispositif.code for dispositif in (*ouverts, *exclus)]
        assert sorted(codes) == sorted(attendus)
