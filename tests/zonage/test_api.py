"""The API of the territory and of its zones."""

import pytest

from tests.portal.donnees_api import build_territoire
from zonage import lecture
from zonage.api.zones import name_commune
from zonage.contours import contour_commune
from zonage.models import Commune, Departement


@pytest.fixture(autouse=True)
def territoire(db):
    name_commune.cache_clear()
    build_territoire()


def get(client, adresse, statut=200):
    reponse = client.get(f"/api/v1{adresse}")
    assert reponse.status_code == statut, reponse.content
    return reponse.json()


def codes(page):
    return [commune["code"] for commune in page["resultats"]]


def test_communes_come_in_the_order_of_their_names_page_by_page(client):
    assert codes(get(client, "/communes/")) == ["71076", "21231", "75056", "75101"]
    premiere = get(client, "/communes/?taille=3")
    assert (premiere["total"], premiere["pages"], premiere["precedente"]) == (4, 2, None)
    assert premiere["suivante"] == "/api/v1/communes/?taille=3&page=2"
    seconde = client.get(premiere["suivante"]).json()
    assert codes(seconde) == ["75101"]
    assert seconde["precedente"] == "/api/v1/communes/?taille=3&page=1"
    assert seconde["suivante"] is None


@pytest.mark.parametrize(
    ("filtre", "attendus"),
    [
        ("departement=71", ["71076"]),
        ("region=27", ["71076", "21231"]),
        ("epci=247100589", ["71076"]),
        ("type=ARM", ["75101"]),
        ("region=27&departement=75", []),
        ("departement=", ["71076", "21231", "75056", "75101"]),
    ],
)
def test_communes_are_filtered(client, filtre, attendus):
    assert codes(get(client, f"/communes/?{filtre}")) == attendus


@pytest.mark.parametrize(
    ("filtre", "champ"),
    [
        ("departement=7", "departement"),
        ("region=x", "region"),
        ("epci=1", "epci"),
        ("type=CANTON", "type"),
        ("page=0", "page"),
        ("page=1001", "page"),
        ("page=1e24", "page"),
        ("taille=101", "taille"),
        ("taille=-1", "taille"),
        ("ordering=nom", "ordering"),
        ("_connector=OR", "_connector"),
        ("q=a&q=b", "q"),
        ("q=" + "a" * 201, "q"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_name(client, filtre, champ):
    assert champ in get(client, f"/communes/?{filtre}", 400)["erreurs"]


def test_a_page_after_the_last_is_not_found(client):
    assert "il y en a 1" in get(client, "/communes/?page=2", 404)["detail"]


def test_an_empty_list_has_one_empty_page(client):
    page = get(client, "/communes/?departement=99")
    assert (page["total"], page["pages"], page["resultats"]) == (0, 1, [])


@pytest.mark.parametrize("q", ["%", "%%%%", "'", "\\", "_", "ß", "🙂", "\u202e", "a" * 200])
def test_an_odd_search_is_answered(client, q):
    reponse = client.get("/api/v1/communes/", {"q": q})
    assert reponse.status_code == 200


def test_the_list_costs_a_fixed_number_of_queries(client, django_assert_num_queries):
    parent = Departement.objects.get(code="21")
    Commune.objects.bulk_create(
        Commune(code_insee=f"21{numero:03}", nom=f"Essai {numero}", cle_tri=f"essai {numero:03}", departement=parent)
        for numero in range(300, 360)
    )
    with django_assert_num_queries(2):
        assert len(codes(get(client, "/communes/?taille=100"))) == 64


def test_a_commune_says_what_it_is(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        commune = get(client, "/communes/71076/")
    assert commune["nom"] == "Chalon-sur-Saône"
    assert commune["epci"] == {"code": "247100589", "nom": "CA Le Grand Chalon", "nature": "CA"}
    assert commune["population"]["municipale"] == 45102
    assert commune["centre"] == {"longitude": 4.85, "latitude": 46.79}
    assert commune["mairie"] is None
    assert commune["anciennes"] == [{"code": "71429", "nom": "Saint-Cosme", "depuis": "1965-01-01"}]
    assert commune["code_demande"] is None


@pytest.mark.parametrize("adresse", ["/communes/71429/", "/zones/?commune=71429"])
def test_a_former_code_leads_to_the_commune_of_today_and_says_it(client, adresse):
    reponse = get(client, adresse)
    commune = reponse.get("commune", reponse)
    assert commune["code"] == "71076"
    assert reponse["code_demande"] == {"code": "71429", "nom": "Saint-Cosme", "depuis": "1965-01-01"}


@pytest.mark.parametrize("adresse", ["/communes/71999/", "/communes/71999/contour/", "/zones/?commune=71999"])
def test_an_unknown_code_is_not_found(client, adresse):
    assert "71999" in get(client, adresse, 404)["detail"]


@pytest.mark.parametrize("code", ["7107", "710766", "abcde", "71076 ", "2C004", "７１０７６", "71%0076"])
def test_a_malformed_code_is_refused(client, code):
    assert get(client, f"/communes/{code}/", 400)["erreurs"]["code"]


def test_the_detail_is_not_sent_twice(client):
    etag = client.get("/api/v1/communes/71076/")["ETag"]
    assert client.get("/api/v1/communes/71076/", headers={"if-none-match": etag}).status_code == 304
    Commune.objects.filter(pk="71076").update(population=1)
    assert client.get("/api/v1/communes/71076/", headers={"if-none-match": etag}).status_code == 200


def test_the_outline_is_geojson_with_the_digest_of_its_file(client):
    reponse = client.get("/api/v1/communes/71076/contour/")
    assert reponse["Content-Type"] == "application/geo+json"
    contour = reponse.json()
    assert (contour["type"], contour["id"], contour["properties"]["departement"]) == ("Feature", "71076", "71")
    assert contour["geometry"] == contour_commune("71076")
    assert "max-age=86400" in reponse["Cache-Control"]
    suite = client.get("/api/v1/communes/71429/contour/", headers={"if-none-match": reponse["ETag"]})
    assert suite.status_code == 304


@pytest.mark.parametrize(
    ("au", "statut", "niveau", "dernier"),
    [
        ("2023-12-31", "inconnu", None, None),
        ("2024-01-01", "connu", "zip", None),
        ("2025-10-31", "connu", "zip", None),
        ("2025-11-01", "inconnu", None, "2025-10-31"),
    ],
)
def test_a_zone_is_read_on_its_first_and_last_days(client, au, statut, niveau, dernier):
    reponse = get(client, f"/zones/?commune=71076&profession=medecin&au={au}")
    [zone] = reponse["zones"]
    assert (reponse["au"], zone["statut"], zone["niveau"]) == (au, statut, niveau)
    assert (zone["dernier_connu"] or {}).get("au") == dernier


def test_a_zone_says_its_arrete_its_territoire_and_its_origin(client):
    [zone] = get(client, "/zones/?commune=71076&profession=medecin&au=2025-06-01")["zones"]
    assert zone["arrete"]["numero"] == "ARSBFC/2024/12"
    assert zone["arrete"]["date_publication"] == "2024-01-15"
    assert zone["territoire"]["code"] == "71076"
    assert zone["origine"] == "officiel"


def test_without_a_profession_the_six_are_read_in_one_query(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
    get(client, "/zones/?commune=21231&au=2025-06-01")
    with django_assert_num_queries(1):
        reponse = get(client, "/zones/?commune=21231&au=2025-06-01")
    assert [zone["profession"] for zone in reponse["zones"]] == [
        "medecin",
        "infirmier",
        "masseur_kinesitherapeute",
        "sage_femme",
        "orthophoniste",
        "chirurgien_dentiste",
    ]
    assert [zone["statut"] for zone in reponse["zones"]][:2] == ["adresse_requise", "inconnu"]
    assert reponse["demonstration"] is False


def test_a_profession_without_zoning_is_named_never_replaced(client):
    erreurs = get(client, "/zones/?commune=71076&profession=pharmacien", 400)["erreurs"]
    assert "orthophoniste" in erreurs["profession"][0]


def test_the_commune_is_required(client):
    assert get(client, "/zones/", 400)["erreurs"] == {"commune": ["Ce paramètre est obligatoire."]}
