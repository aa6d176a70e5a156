"""The pages of the schemes, on each side of their dates."""

import pytest

from aides.catalogue import catalogue
from aides.views import dispositifs

LISTE = "/aides/dispositifs/"


@pytest.fixture(autouse=True)
def _base(db):
    """The version of the data is read even for pages that show none."""


@pytest.mark.parametrize(
    ("au", "titre"), [("2025-12-31", "Ouverts ce jour-là"), ("2026-01-01", "Fermés aux nouvelles demandes")]
)
def test_a_scheme_is_listed_by_its_state_of_the_day(client, au, titre):
    page = client.get(LISTE, {"au": au})
    groupe = dict(page.context["groupes"])[titre]
    assert "caim" in {statut.dispositif.code for statut in groupe}


def test_every_scheme_is_listed_once(client):
    page = client.get(LISTE, {"au": "2026-06-01"})
    codes = [statut.dispositif.code for _, membres in page.context["groupes"] for statut in membres]
    assert sorted(codes) == sorted(dispositif.code for dispositif in catalogue().dispositifs)


def test_a_profession_without_scheme_is_told(client, monkeypatch):
    monkeypatch.setattr(dispositifs, "read_statuts", lambda au: [])
    texte = client.get(LISTE, {"profession": "orthophoniste"}).content.decode()
    assert "ne décrit pas encore de dispositif" in texte


@pytest.mark.parametrize("faux", [{"au": "2041-01-01"}, {"au": "31/02/2025"}, {"profession": "<b>"}])
def test_a_wrong_filter_is_named(client, faux):
    page = client.get(LISTE, faux)
    assert page.status_code == 400
    assert "est à corriger" in page.content.decode()
    assert "<b>" not in page.content.decode()


@pytest.mark.parametrize("code", [dispositif.code for dispositif in catalogue().dispositifs])
def test_the_page_of_a_scheme_shows_its_whole_tree(client, code):
    dispositif = catalogue().dispositif(code)
    for version in dispositif.versions:
        page = client.get(f"{LISTE}{code}/", {"au": max(version.ouvert_du.isoformat(), "2010-01-01")})
        texte = page.content.decode()
        assert page.status_code == 200
        assert page.context["version"] is version
        assert texte.count('class="m-signe"') == sum(1 for _ in list_noeuds(version.conditions)) - 1
        assert len(page.context["bareme"]) == len(version.bareme.composantes)


def list_noeuds(condition):
    yield condition
    for branche in condition.branches:
        yield from list_noeuds(branche)


def test_a_closed_scheme_shows_the_rule_of_another_day_and_says_so(client):
    texte = client.get(f"{LISTE}caim/", {"au": "2026-01-01"}).content.decode()
    assert "Règle d’une autre date" in texte
    assert "Les contrats déjà signés vont à leur terme" in texte


@pytest.mark.parametrize("code", ["zzz", "caim2"])
def test_an_unknown_scheme_is_not_found(client, code):
    page = client.get(f"{LISTE}{code}/")
    assert page.status_code == 404
    assert "Aucun dispositif ne porte ce nom" in page.content.decode()
