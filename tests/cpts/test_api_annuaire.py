"""CPTS and structures as data."""

import pytest

from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import make_finess, make_structure
from tests.people import make_commune
from zonage.contours import contour_commune


@pytest.fixture(autouse=True)
def tournus(db):
    return make_commune(code_insee="71543", nom="Tournus", longitude=4.91, latitude=46.56, population=5_500)


def get(client, adresse, statut=200):
    reponse = client.get(f"/api/v1{adresse}")
    assert reponse.status_code == statut, reponse.content
    return reponse.json()


def test_structures_are_listed_filtered_and_paged(client, tournus, django_assert_num_queries):
    for rang in range(5):
        make_structure("ouverte", nom=f"MSP {rang}", commune=tournus, finess=make_finess(rang))
    make_structure("reperee", "dac", nom="DAC", commune=tournus)
    make_structure("fermee", nom="Close", commune=tournus)
    with django_assert_num_queries(2):
        page = get(client, "/structures/?taille=2")
    assert (page["total"], page["pages"], page["resultats"][0]["nom"]) == (6, 3, "DAC")
    for filtre, total in {
        "type=msp": 5, "statut=fermee": 1, "departement=71": 6, "region=84": 0, "q=tour": 6, "q=msp": 5,
        f"finess={make_finess(3)}": 1, "cpts=71-absente": 0,
    }.items():  # fmt: skip
        assert get(client, f"/structures/?{filtre}")["total"] == total, filtre


@pytest.mark.parametrize("champ", ["type=x", "statut=x", "departement=7", "finess=12", "cpts=A", "ordering=nom"])
def test_a_wrong_filter_is_refused_with_its_name(client, champ):
    assert champ.partition("=")[0] in get(client, f"/structures/?{champ}", 400)["erreurs"]
    assert champ.partition("=")[0] in get(client, f"/structures/points/?{champ}", 400)["erreurs"]


def test_points_are_geojson(client, tournus):
    make_structure("aci_signe", nom="MSP", commune=tournus, longitude=4.91, latitude=46.56)
    make_structure("ouverte", nom="Sans lieu", commune=tournus)
    reponse = client.get("/api/v1/structures/points/?departement=71")
    assert reponse["Content-Type"] == "application/geo+json"
    carte = reponse.json()
    assert (carte["type"], carte["sans_point"]) == ("FeatureCollection", 1)
    (point,) = carte["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [4.91, 46.56]}
    assert point["properties"]["contrat_signe_le"] == "2024-06-03"
    etag = {"if-none-match": reponse["ETag"]}
    assert client.get("/api/v1/structures/points/?departement=71", headers=etag).status_code == 304


def test_cpts_are_read_on_a_day(client, tournus):
    make_cpts("71-essai", "aci_signe", [tournus], nom="CPTS d'essai")
    (ligne,) = get(client, "/cpts/")["resultats"]
    assert ligne["perimetre"] == {"depuis": "2024-01-01", "population": 5500, "millesime": 2023, "taille": None}
    detail = get(client, "/cpts/71-essai/")
    assert (detail["communes"], detail["structures"]) == (["71543"], [])
    avant = get(client, "/cpts/71-essai/?au=2023-12-31")
    assert (avant["perimetre"], avant["communes"]) == (None, [])
    assert get(client, "/cpts/?departement=21")["total"] == 0
    assert get(client, "/cpts/?statut=aci_signe&q=essai&region=27")["total"] == 1


def test_the_territory_of_a_cpts_is_geojson(client, tournus):
    make_cpts("71-essai", "aci_signe", [tournus])
    reponse = client.get("/api/v1/cpts/71-essai/contour/")
    assert reponse["Content-Type"] == "application/geo+json"
    (commune,) = reponse.json()["features"]
    assert (commune["id"], commune["geometry"]) == ("71543", contour_commune("71543"))


@pytest.mark.parametrize(("code", "statut"), [("71-absente", 404), ("A", 400), ("71 essai", 400), ("71-ESSAI", 400)])
def test_an_unknown_or_malformed_code_says_so(client, code, statut):
    get(client, f"/cpts/{code}/", statut)
    get(client, f"/cpts/{code}/contour/", statut)


def test_the_list_of_cpts_costs_a_fixed_number_of_queries(client, tournus, django_assert_num_queries):
    for rang in range(30):
        make_cpts(f"71-essai-{rang}", "aci_signe", [tournus])
    with django_assert_num_queries(3):
        assert get(client, "/cpts/")["total"] == 30
