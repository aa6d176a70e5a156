"""The page of a commune says its CPTS, its structures and those around, its next actions, and stays kept."""

from datetime import date, timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone

from cpts.fiche_commune import build_fiche
from cpts.models import Structure
from portal.core import cache
from portal.core.cache import forget_version, page_version
from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import make_structure
from tests.prevention.factories import ActionFactory
from tests.zonage.carte_essai import build_communes
from tests.zonage.factories import AncienneCommuneFactory
from tests.zonage.pages_essai import read_page

CHALON = "/communes/71076/"
AU = date(2026, 3, 1)


@pytest.fixture
def communes(db, settings, monkeypatch):
    settings.MAILLAGE_CHEMINS_GARDES = ()
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)  # read again when a test says so
    caches["pages"].clear()
    forget_version()
    return build_communes()


def test_the_page_names_the_cpts_the_structures_and_those_around(client, communes):
    make_cpts("71-chalonnais", "aci_signe", [communes["chalon"]])
    make_cpts("71-ailleurs", "aci_signe", [communes["chatenoy"]])
    ici = make_structure("ouverte", nom="MSP du Quai", commune=communes["chalon"])
    make_structure("fermee", nom="MSP close", commune=communes["chalon"])
    make_structure("projet_valide", nom="MSP voisine", commune=communes["chatenoy"])
    page = read_page(client, CHALON)
    assert '<a href="/cpts/71-chalonnais/">CPTS du Chalonnais</a> : ACI signé' in page
    assert f'<a href="/structures/{ici.pk}/">MSP du Quai</a>' in page
    assert '<td class="m-nombre">1</td><td class="m-nombre">1</td>' in page
    assert "71-ailleurs" not in page
    assert "MSP close" not in page
    assert 'href="/diagnostic/?territoire=commune:71076"' in page


def test_a_perimeter_counts_on_its_days_and_by_its_former_communes(communes):
    # A perimeter in force since 2024 that names a commune which Chalon took over.
    ancienne = communes["dijon"]
    AncienneCommuneFactory(code_insee=ancienne.pk, commune=communes["chalon"])
    make_cpts("71-ancienne", "aci_signe", [ancienne])
    lues = build_fiche(communes["chalon"], au=AU, aujourdhui=AU).contexte["cpts"]
    assert [lue["code"] for lue in lues] == ["71-ancienne"]
    avant = build_fiche(communes["chalon"], au=date(2023, 12, 31), aujourdhui=AU)
    assert avant.contexte["cpts"] == []


def test_the_next_public_actions_of_the_commune_and_its_neighbours_are_listed(client, communes):
    cpts, jour = make_cpts("71-chalonnais"), timezone.localdate()
    for titre, commune, ecart, champs in (
        ("Demain ici", "chalon", 1, {}),
        ("Plus tard à côté", "chatenoy", 20, {}),
        ("Hier", "chalon", -1, {}),
        ("Loin", "dijon", 1, {}),
        ("Brouillon", "chalon", 1, {"statut": "brouillon"}),
        ("Entre soi", "chalon", 1, {"publique": False}),
    ):
        ActionFactory(titre=titre, cpts=cpts, commune=communes[commune], jour=jour + timedelta(ecart), **champs)
    page = read_page(client, CHALON)
    assert page.index("Demain ici") < page.index("Plus tard à côté")
    for titre in ("Hier", "Loin", "Brouillon", "Entre soi"):
        assert f">{titre}<" not in page, titre


def test_the_directory_is_filtered_by_commune_and_around(client, communes):
    make_structure("ouverte", nom="MSP du Quai", commune=communes["chalon"])
    make_structure("ouverte", nom="MSP voisine", commune=communes["chatenoy"])
    make_structure("ouverte", nom="MSP de Dijon", commune=communes["dijon"])
    seule = read_page(client, "/structures/?commune=71076")
    autour = read_page(client, "/structures/?commune=71076&autour=1")
    assert ("MSP du Quai" in seule, "MSP voisine" in seule, "MSP de Dijon" in seule) == (True, False, False)
    assert ("MSP du Quai" in autour, "MSP voisine" in autour, "MSP de Dijon" in autour) == (True, True, False)
    assert "Chalon-sur-Saône et communes voisines" in autour
    assert "cherchez-la par son nom" in read_page(client, "/structures/?commune=71999", statut=400)


def test_a_kept_page_is_forgotten_when_what_it_shows_changes(communes):
    lues = [page_version(CHALON)]
    assert page_version("/aides/") == ""
    structure = make_structure("ouverte", commune=communes["chalon"])
    cpts = make_cpts("71-chalonnais", "aci_signe", [communes["chalon"]])
    actes = (
        lambda: None,
        lambda: Structure.objects.filter(pk=structure.pk).update(nom="Autre nom"),
        lambda: cpts.perimetres.update(periode="[2024-01-01,2025-01-01)"),
        lambda: ActionFactory(cpts=cpts, commune=communes["chalon"], jour=timezone.localdate()),
    )
    for acte in actes:
        acte()
        forget_version()
        lues.append(page_version(CHALON))
    assert len(set(lues)) == len(lues)
    assert page_version(CHALON) == lues[-1]


def test_the_section_costs_one_query(communes, django_assert_num_queries):
    build_fiche(communes["chalon"], au=AU, aujourdhui=AU)
    with django_assert_num_queries(1):
        build_fiche(communes["chalon"], au=AU, aujourdhui=AU)
