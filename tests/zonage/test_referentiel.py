"""The territory shipped with the portal: what is loaded, replayed, refused."""

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from portal.core.models import ImportRun
from zonage.models import AncienneCommune, CleCommune, Commune, Departement, Epci, Region
from zonage.services import territoire
from zonage.services.territoire import ReferentielRefuse, check_referentiel, load_referentiel
from zonage.sources import referentiel as source
from zonage.sources.referentiel import Referentiel, ReferentielIllisible, read_referentiel


@pytest.fixture(scope="module")
def livre() -> Referentiel:
    return read_referentiel()


def test_the_whole_country_is_loaded(france):
    actuelles = Commune.objects.filter(type="COM")
    assert actuelles.count() == 34_969
    assert Commune.objects.filter(type="ARM").count() == 45
    assert (Epci.objects.count(), Departement.objects.count(), Region.objects.count()) == (1_255, 109, 26)
    assert actuelles.aggregate(somme=Sum("population"))["somme"] == 68_952_941


def test_bourgogne_franche_comte_has_its_known_figures(france):
    bfc = Commune.objects.filter(type="COM", departement__region="27")
    assert bfc.count() == 3_685
    assert bfc.aggregate(somme=Sum("population"))["somme"] == 2_802_670
    assert Epci.objects.filter(communes__departement__region="27").distinct().count() >= 116


def test_a_commune_is_complete(france):
    chalon = Commune.objects.get(code_insee="71076")
    assert (chalon.nom, chalon.cle_tri, chalon.departement_id) == ("Chalon-sur-Saône", "chalon sur saone", "71")
    assert "71100" in chalon.codes_postaux
    assert "71475" in chalon.voisines  # Saint-Rémy
    assert chalon.mairie_longitude == pytest.approx(4.85, abs=0.03)
    assert chalon.latitude == pytest.approx(46.79, abs=0.03)
    bandes = chalon.population_0_19 + chalon.population_20_64 + chalon.population_65_plus
    assert bandes == pytest.approx(chalon.population, rel=0.05)


def test_neighbours_are_mutual(france):
    voisines = dict(Commune.objects.filter(departement="71").values_list("code_insee", "voisines"))
    paires = {(a, b) for a, liste in voisines.items() for b in liste if b in voisines}
    assert len(paires) > 2_500
    assert paires == {(b, a) for a, b in paires}


def test_arrondissements_belong_to_their_city(france):
    lyon = Commune.objects.get(code_insee="69123")
    neuvieme = Commune.objects.get(code_insee="69389")
    assert neuvieme.parent == lyon
    assert lyon.arrondissements.count() == 9
    somme = lyon.arrondissements.aggregate(somme=Sum("population_65_plus"))["somme"]
    assert somme == lyon.population_65_plus


def test_reestablished_communes_have_no_invented_ages(france):
    """L'Oie left Essarts-en-Bocage in 2024: the file of 2021 counts both together."""
    for code in ("85165", "85084"):
        assert Commune.objects.get(code_insee=code).population_65_plus is None


def test_loading_again_writes_nothing(france, livre):
    assert set(load_referentiel(livre).values()) == {0}


def test_the_command_knows_what_it_already_loaded(france, capsys):
    call_command("load_referentiel")
    assert "0 lignes écrites (rien n'a changé)" in capsys.readouterr().out
    call_command("load_referentiel")
    assert "déjà chargé" in capsys.readouterr().out
    CleCommune.objects.filter(commune="71076").delete()
    call_command("load_referentiel")
    assert "lignes écrites (clés de recherche" in capsys.readouterr().out
    assert ImportRun.objects.filter(source="referentiel").count() == 2


def test_loading_again_repairs_and_keeps_what_it_does_not_know(france, livre):
    Commune.objects.filter(code_insee="71076").update(nom="Autre", population=1, millesime_population=2025)
    AncienneCommune.objects.create(code_insee="71998", nom="Disparue", commune_id="71076")
    ecrites = load_referentiel(livre)
    chalon = Commune.objects.get(code_insee="71076")
    assert (ecrites["communes"], chalon.nom) == (1, "Chalon-sur-Saône")
    assert (chalon.population, chalon.millesime_population) == (1, 2025), "a newer vintage stays"
    assert AncienneCommune.objects.filter(code_insee="71998").exists()
    assert CleCommune.objects.filter(cle=" disparue", commune="71076").exists()


def test_names_given_by_a_movements_file_are_not_doubled(france, livre):
    AncienneCommune.objects.filter(code_insee="71429").delete()
    AncienneCommune.objects.create(code_insee="71429", nom="Saint-Cosme", commune_id="71076", depuis="1973-01-01")
    assert load_referentiel(livre)["anciennes communes"] == 0
    assert AncienneCommune.objects.get(code_insee="71429").nom == "Saint-Cosme"


def _sans_region(r: Referentiel) -> Referentiel:
    return replace(r, departements=[("01", "Ain", "00"), *r.departements[1:]])


def _epci_vide(r: Referentiel) -> Referentiel:
    siren = r.epci[0][0]
    return replace(r, communes=[c._replace(epci=None) if c.epci == siren else c for c in r.communes])


def _une_commune_change(**champs: object):
    return lambda r: replace(r, communes=[r.communes[0]._replace(**champs), *r.communes[1:]])


@pytest.mark.parametrize(
    ("abimer", "message"),
    [
        (lambda r: replace(r, communes=r.communes[1:]), "communes_actuelles : 34968 au lieu de 34969"),
        (lambda r: replace(r, epci=r.epci[1:]), "cite un EPCI inconnu"),
        (_une_commune_change(population=0), "population totale"),
        (_une_commune_change(departement="00"), "01001 n'a pas de département connu"),
        (_une_commune_change(voisines=["99999"]), "01001 cite une voisine inconnue"),
        (lambda r: replace(r, communes=[*r.communes, r.communes[0]]), "communes en double"),
        (_sans_region, "le département 01 n'a pas de région connue"),
        (_epci_vide, "n'a aucun membre"),
    ],
)
def test_an_incoherent_reference_is_refused(livre, abimer, message):
    with pytest.raises(ReferentielRefuse, match=message):
        check_referentiel(abimer(livre))


@pytest.mark.django_db
def test_a_failure_leaves_nothing_half_written(livre, monkeypatch):
    def echoue() -> int:
        raise RuntimeError("coupure")

    monkeypatch.setattr(territoire, "refresh_cles", echoue)
    with pytest.raises(RuntimeError, match="coupure"):
        load_referentiel(livre)
    assert not Region.objects.exists()


@pytest.mark.django_db
def test_altered_or_missing_files_are_refused_in_french(tmp_path, monkeypatch):
    with pytest.raises(ReferentielIllisible, match=r"manifeste\.json illisible"):
        read_referentiel(tmp_path)
    (tmp_path / "manifeste.json").write_text('{"sha256": "0"}')
    (tmp_path / "referentiel.json.xz").write_bytes(b"abime")
    with pytest.raises(ReferentielIllisible, match="n'a pas l'empreinte"):
        read_referentiel(tmp_path)
    monkeypatch.setattr(
        "zonage.management.commands.load_referentiel.read_referentiel", lambda: source.read_referentiel(tmp_path)
    )
    with pytest.raises(CommandError, match="Récupérez à nouveau"):
        call_command("load_referentiel")
    assert not Region.objects.exists()


def test_the_manifest_names_producers_and_what_is_missing(livre):
    manifeste = livre.manifeste
    assert all({"producteur", "licence", "millesime"} <= set(s) for s in manifeste["sources"])
    assert manifeste["bourgogne_franche_comte"] == {"communes": 3_685, "surface_km2": pytest.approx(47_981, rel=0.002)}
    assert set(manifeste["rapport"]["codes_ambigus"]) == {"55273", "60455"}
    sans = manifeste["rapport"]["sans_contour"]
    assert all(code.startswith(("975", "977", "978", "98")) for code in sans)
