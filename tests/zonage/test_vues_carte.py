"""The page of the map, its outlines and its values."""

import gzip
import re
from datetime import date

import pytest
from django.core.cache import caches

from tests.zonage.carte_essai import BASCULE, build_communes, classe
from tests.zonage.factories import CommuneFactory, DepartementFactory
from tests.zonage.pages_essai import read_page
from zonage.comparaisons import communes_de, read_perimetre, repartitions_de, repartitions_france
from zonage.contours import fichier_contours
from zonage.enums import Origine, StatutZone, TypeCommune

CARTE = "/zones/carte/"


pytestmark = pytest.mark.usefixtures("sans_pages_gardees")


@pytest.fixture
def communes(db):
    """Chalon in ZIP, Châtenoy in ZAC until the switch then outside, Dijon outside."""
    creees = build_communes()
    classe(creees["chalon"], "zip")
    classe(creees["chatenoy"], "zac", fin=BASCULE)
    classe(creees["chatenoy"], "hors_zonage", debut=BASCULE)
    classe(creees["dijon"], "hors_zonage")
    return creees


def part(page, libelle):
    """(communes, share) of a class in the legend."""
    ligne = re.search(
        rf"</svg>{re.escape(libelle)}</span> </th> <td[^>]*>([\d ]+)</td> <td[^>]*><strong>([\d,]+) %", page
    )
    return (int(ligne[1].replace(" ", "")), ligne[2]) if ligne else None


def test_france_shows_the_share_of_the_population_of_each_class(client, communes):
    page = read_page(client, f"{CARTE}?au=2025-01-01")
    assert part(page, "Zone d&#x27;intervention prioritaire") == (1, "22,5")
    assert part(page, "Zone d&#x27;action complémentaire") == (1, "2,5")
    assert part(page, "Hors zonage") == (1, "75,0")
    assert "Zones des médecins" in page
    assert 'href="/zones/carte/?profession=medecin&amp;au=2025-01-01&amp;departement=71"' in page


@pytest.mark.parametrize(("au", "attendu"), [("2025-10-31", (1, "10,0")), ("2025-11-01", None)])
def test_the_map_reads_the_zones_of_the_day_chosen(client, communes, au, attendu):
    page = read_page(client, f"{CARTE}?departement=71&au={au}")
    assert part(page, "Zone d&#x27;action complémentaire") == attendu


def test_another_profession_is_another_map(client, communes):
    page = read_page(client, f"{CARTE}?departement=71&profession=infirmier")
    assert "Zones des infirmiers" in page
    assert part(page, "Aucun classement connu ce jour-là") == (2, "100,0")
    assert "Choisissez une date plus ancienne" in page


def test_the_demonstration_is_marked_where_it_shows_and_only_there(client, communes):
    assert "zonage de démonstration" not in read_page(client, f"{CARTE}?departement=71")
    classe(communes["chalon"], "sous_dotee", profession="infirmier", origine=Origine.DEMONSTRATION)
    caches["pages"].clear()
    assert "zonage de démonstration" in read_page(client, f"{CARTE}?departement=71&profession=infirmier")
    assert "zonage de démonstration" not in read_page(client, f"{CARTE}?departement=21&profession=infirmier")


def test_a_departement_draws_links_and_lists_its_communes(client, communes):
    page = read_page(client, f"{CARTE}?departement=71&au=2025-01-01")
    assert page.count('href="/communes/71076/"') == 2  # the drawing and the table
    assert "<title>Chalon-sur-Saône : Zone d&#x27;intervention prioritaire</title>" in page
    assert "Dijon" not in page


def test_a_region_lists_its_departements_and_its_communes(client, communes):
    page = read_page(client, f"{CARTE}?region=27&au=2025-01-01")
    assert "departement=21" in page
    assert "departement=71" in page
    for nom in ("Chalon-sur-Saône", "Châtenoy-le-Royal", "Dijon"):
        assert f">{nom}</a>" in page


@pytest.mark.parametrize(
    ("requete", "message", "garde"),
    [
        ("departement=999", "Le département « 999 » n’existe pas", "Zones des médecins"),
        ("region=XX", "La région « XX » n’existe pas", "Zones des médecins"),
        ("departement=71&region=11", "n’est pas dans la région choisie", "Zones des médecins"),
        ("profession=garagiste&departement=71", "« garagiste » n’est pas une profession", "Saône-et-Loire, au"),
        ("au=32-13-2025&departement=71", "Cette date n’est pas lisible", "Saône-et-Loire, au"),
        (
            "au=2009-12-31&profession=infirmier",
            "entre le 1er janvier 2010 et le 31 décembre 2040",
            "Zones des infirmiers",
        ),
        ("au=2041-01-01", "entre le 1er janvier 2010 et le 31 décembre 2040", "Zones des médecins"),
        ("departement=%00", "", "Zones des médecins"),
        ("departement=<script>alert(1)</script>", "", "Zones des médecins"),
    ],
)
def test_a_wrong_value_is_named_and_the_rest_is_kept(client, communes, requete, message, garde):
    page = read_page(client, f"{CARTE}?{requete}", statut=400)
    assert message in page
    assert garde in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("au", ["2010-01-01", "2040-12-31"])
def test_the_first_and_the_last_day_are_read(client, communes, au):
    read_page(client, f"{CARTE}?au={au}")


def test_the_form_leads_to_the_short_address(client, communes):
    reponse = client.get(f"{CARTE}?profession=medecin&region=27&departement=71&au=2025-01-01")
    assert reponse.status_code == 302
    assert reponse["Location"] == f"{CARTE}?profession=medecin&au=2025-01-01&departement=71"
    assert client.get(f"{CARTE}?profession=medecin&region=&departement=").status_code == 302


def ordre(page):
    return re.findall(r'<th scope="row"><a href="/communes/(\d+)/"', page)


@pytest.mark.parametrize(
    ("tri", "attendu"),
    [
        ("nom", ["71076", "71118"]),
        ("-nom", ["71118", "71076"]),
        ("population", ["71118", "71076"]),
        ("-population", ["71076", "71118"]),
        ("classe", ["71076", "71118"]),
        ("-classe", ["71118", "71076"]),
        ("inexistant", ["71076", "71118"]),
    ],
)
def test_the_table_is_sorted_by_links(client, communes, tri, attendu):
    assert ordre(read_page(client, f"{CARTE}?departement=71&au=2025-01-01&tri={tri}")) == attendu


def test_the_table_says_its_order_and_links_to_the_reverse(client, communes):
    page = read_page(client, f"{CARTE}?departement=71&tri=nom&au=2025-01-01")
    assert 'aria-sort="ascending"' in page
    assert "tri=-nom" in page


@pytest.mark.parametrize(
    ("page", "premiere"), [("", "71501"), ("2", "71551"), ("99", "71551"), ("x", "71501"), ("²", "71501")]
)
def test_a_long_table_is_paged_and_any_page_number_answers(client, db, page, premiere):
    for rang in range(60):
        CommuneFactory(code_insee=f"71{501 + rang}", nom=f"Commune {rang:03d}")
    texte = read_page(client, f"{CARTE}?departement=71&page={page}" if page else f"{CARTE}?departement=71")
    assert ordre(texte)[0] == premiere
    assert len(ordre(texte)) in {50, 10}


def test_arrondissements_count_instead_of_their_commune(client, db):
    paris = DepartementFactory(code="75", nom="Paris", region__code="11", region__nom="Île-de-France")
    mere = CommuneFactory(code_insee="75056", nom="Paris", departement=paris, population=2_000_000)
    creees = build_communes()
    for rang, niveau in ((1, "zip"), (2, "hors_zonage")):
        arrondissement = CommuneFactory(
            code_insee=f"7510{rang}",
            nom=f"Paris {rang}",
            departement=paris,
            population=1_000_000,
            type=TypeCommune.ARRONDISSEMENT,
            parent=mere,
        )
        classe(arrondissement, niveau)
    classe(mere, None, statut=StatutZone.ADRESSE_REQUISE)
    page = read_page(client, f"{CARTE}?departement=75")
    assert part(page, "Zone d&#x27;intervention prioritaire") == (1, "50,0")
    assert "2 000 000 habitants" in page
    assert creees["dijon"].nom not in page


def test_the_two_ways_of_counting_agree(communes):
    au = date(2025, 1, 1)
    perimetre, _ = read_perimetre(region="27")
    lues = repartitions_de(communes_de(perimetre, "medecin", au=au))
    assert lues == repartitions_france("medecin", au=au)


@pytest.mark.parametrize(("requete", "maximum"), [("", 4), ("region=27", 4), ("departement=71", 4)])
def test_a_map_costs_few_queries(client, communes, django_assert_max_num_queries, requete, maximum):
    with django_assert_max_num_queries(maximum):
        read_page(client, f"{CARTE}?{requete}")


def test_no_inline_style_nor_script(client, communes):
    for requete in ("", "region=27", "departement=71"):
        page = read_page(client, f"{CARTE}?{requete}")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style", page)
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def adresse_contours(nom):
    return f"/zones/contours/{nom}.{fichier_contours(nom).empreinte}.json"


def test_contours_are_sent_compressed_and_kept_for_ever(client):
    reponse = client.get(adresse_contours("71"), headers={"accept-encoding": "gzip"})
    assert reponse.status_code == 200
    assert reponse["Content-Encoding"] == "gzip"
    assert reponse["Content-Type"] == "application/geo+json"
    assert reponse["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reponse["Vary"] == "Accept-Encoding"
    simple = client.get(adresse_contours("71"))
    assert "Content-Encoding" not in simple
    assert simple.content == gzip.decompress(reponse.content)


@pytest.mark.parametrize("adresse", ["71.000000000000", "../71.000000000000", "zz.000000000000", "71."])
def test_an_old_or_unknown_digest_has_no_answer(client, db, adresse):
    assert client.get(f"/zones/contours/{adresse}.json").status_code == 404


def test_values_are_apart_small_and_revalidated(client, communes):
    adresse = "/zones/valeurs/departement-71.json?profession=medecin&au=2025-01-01"
    reponse = client.get(adresse)
    donnees = reponse.json()
    codes = [classe["code"] for classe in donnees["classes"]]
    assert {code: codes[rang] for code, rang in donnees["valeurs"].items()} == {"71076": "zip", "71118": "zac"}
    assert client.get(adresse, headers={"if-none-match": reponse["ETag"]}).status_code == 304


def test_values_of_france_are_the_dominant_class_and_the_shares(client, communes):
    donnees = client.get("/zones/valeurs/france.json?au=2025-01-01").json()
    codes = [classe["code"] for classe in donnees["classes"]]
    assert codes[donnees["valeurs"]["71"]] == "zip"
    assert donnees["parts"]["71"][codes.index("zac")] == 10.0
    assert donnees["parts"]["21"][codes.index("hors_zonage")] == 100.0


def test_values_change_when_a_zone_is_published(client, communes):
    adresse = "/zones/valeurs/departement-21.json?profession=infirmier"
    avant = client.get(adresse)
    classe(communes["dijon"], "sous_dotee", profession="infirmier")
    apres = client.get(adresse)
    assert avant.json()["valeurs"] != apres.json()["valeurs"]


@pytest.mark.parametrize("perimetre", ["departement-999", "region-", "commune-71076", "france-1"])
def test_an_unknown_perimeter_has_no_values(client, communes, perimetre):
    assert client.get(f"/zones/valeurs/{perimetre}.json").status_code == 404


def test_values_refuse_a_wrong_date(client, communes):
    assert client.get("/zones/valeurs/france.json?au=hier").status_code == 400
