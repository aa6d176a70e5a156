"""A class says of each of its communes what reading that commune alone says."""

import io
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from aides import classes, situations
from aides.catalogue import national
from aides.classes import list_classes
from aides.locaux import forget_parametres
from aides.models import ParametreRegional, StatutParametre
from aides.regles.dispositifs import Catalogue
from aides.situations import list_jours, read_situation, read_zones
from portal.core import cache
from tests.zonage.factories_zonage import UserFactory
from zonage.enums import StatutZone
from zonage.listes import forget_listes
from zonage.models import AppartenanceListe, Commune, ListeCommunes, PeriodeListe, ZoneCommune
from zonage.services.demonstration import load_demonstration

AU = date(2025, 10, 1)
INSTALLEE = {"profession": "medecin", "statut": "installe", "date_installation": date(2019, 6, 6)}


def without_motif(situation):
    """What a rule reads: the sentence about the last classement known is for the reader of the proof."""
    zones = {jour: (lue.niveau, lue.libelle) for jour, lue in situation.zones.items()}
    return zones, situation.lieux, dict(situation.locaux), situation.commune_choisie


def find_differences(faits, au, codes):
    partition = list_classes(faits.get("profession", ""), list_jours(faits, au))
    differences = []
    for code in codes:
        seule = read_situation(code, faits, read_zones(code, faits, [au]), au=au).situation
        if without_motif(partition.classe_de(code).situation(faits)) != without_motif(seule):
            differences.append(code)
    return partition, differences


@pytest.fixture
def version_tenue(monkeypatch):
    """All France is read commune by commune after one load: the version of the data is looked at once."""

    def hold():
        cache.forget_version()
        monkeypatch.setattr(cache, "DUREE_VERSION", 3600.0)

    yield hold
    cache.forget_version()


def list_codes():
    return list(Commune.objects.order_by("code_insee").values_list("code_insee", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("territoire_verifier")
@pytest.mark.parametrize(
    "faits",
    [{"profession": "medecin"}, INSTALLEE, {"profession": "infirmier"}, {"profession": "pharmacien"}, {}],
    ids=["medecin", "installe", "infirmier", "sans-zonage", "sans-profession"],
)
@pytest.mark.parametrize("au", [date(2023, 12, 31), date(2024, 1, 1), date(2025, 10, 31), date(2025, 11, 1)])
def test_a_class_reads_as_each_of_its_communes(faits, au):
    partition, differences = find_differences(faits, au, list_codes())
    assert differences == []
    assert len(partition.rangs) == Commune.objects.count()


@pytest.mark.django_db
@pytest.mark.usefixtures("territoire_verifier")
def test_a_commune_that_needs_an_address_is_apart_and_unknown():
    partition = list_classes("medecin", [AU])
    ((_, dijon),) = partition.classe_de("21231").zones
    ((_, montceau),) = partition.classe_de("71333").zones
    assert dijon.niveau is None
    assert "adresse" in dijon.motif
    assert montceau.niveau == "zip"


@pytest.mark.django_db
@pytest.mark.usefixtures("territoire_verifier")
def test_a_warm_reading_makes_no_query_and_a_publication_is_seen(django_assert_num_queries):
    avant = list_classes("medecin", [AU])
    with django_assert_num_queries(1):  # the stamp of the published data alone
        assert list_classes("medecin", [AU]) is avant
    ligne = ZoneCommune.objects.get(commune_id="71333", profession="medecin")
    ligne.pk, ligne.commune_id = None, "71106"
    ligne.save()
    apres = list_classes("medecin", [AU])
    assert apres.classe_de("71106") == apres.classe_de("71333") != avant.classe_de("71106")


@pytest.fixture
def named(monkeypatch):
    """A catalogue whose rules name a place of each kind, a list and a regional amount."""
    schemes = Catalogue(national().dispositifs, "essai")
    lieux = frozenset({"departement:71", "epci:247100589", "region:84", "commune:21231", "commune:75056"})
    schemes.__dict__.update(lieux=lieux, listes=frozenset({"frr"}), parametres=frozenset({"majoration_coscom"}))
    for module in (classes, situations):
        monkeypatch.setattr(module, "catalogue", lambda: schemes)
    forget_listes()
    forget_parametres()
    yield schemes
    forget_listes()
    forget_parametres()


@pytest.mark.django_db
@pytest.mark.usefixtures("territoire_verifier")
def test_places_lists_and_regional_amounts_tell_communes_apart(named):
    toujours = DateRange(date(2024, 7, 1), None)
    liste = ListeCommunes.objects.create(code="frr", libelle="France ruralités revitalisation")
    PeriodeListe.objects.create(liste=liste, periode=toujours)
    AppartenanceListe.objects.create(liste=liste, commune_id="71106", periode=toujours)
    AppartenanceListe.objects.create(liste=liste, commune_id="38066", periode=toujours, certaine=False)
    ParametreRegional.objects.create(
        region_id="27",
        code="majoration_coscom",
        valeur=Decimal(500),
        periode=toujours,
        reference="Contrat type régional",
        verifie_le=date(2026, 1, 1),
        statut=StatutParametre.VALIDE,
        propose_par=UserFactory(),
        valide_par=UserFactory(),
    )
    faits = {"profession": "medecin"}
    partition, differences = find_differences(faits, AU, list_codes())
    assert differences == []
    locaux = {code: dict(partition.classe_de(code).locaux).get(AU) for code in ("71106", "71333", "38066")}
    assert locaux["71106"].liste("frr") is True
    assert locaux["71333"].liste("frr") is False
    assert locaux["38066"] is None
    assert locaux["71333"].parametre("majoration_coscom") == 500
    assert "commune:75056" in partition.classe_de("75101").lieux
    assert "epci:247100589" in partition.classe_de("71076").lieux
    assert find_differences(faits, date(2023, 12, 1), list_codes())[1] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("territoire_verifier")
def test_paris_counts_by_arrondissement():
    partition = list_classes("medecin", [AU])
    comptees = {
        code for code, compte in zip(partition.communes.codes, partition.communes.compte, strict=True) if compte
    }
    assert "75101" in comptees
    assert "75056" not in comptees
    assert sum(partition.effectifs) == Commune.objects.count() - 1


@pytest.mark.usefixtures("france")
@pytest.mark.django_db
def test_every_commune_of_france_reads_as_its_class_on_the_demonstration_zoning(version_tenue):
    load_demonstration()
    version_tenue()
    partition, differences = find_differences(INSTALLEE, AU, list_codes())
    assert differences == []
    assert len(partition.rangs) > 34_900
    assert len(partition.classes) < 20


@pytest.mark.donnees
@pytest.mark.usefixtures("france")
@pytest.mark.django_db
def test_every_commune_of_france_reads_as_its_class_on_the_official_zonings(tmp_path, version_tenue):
    dossier = Path(os.environ.get("MAILLAGE_DONNEES", ""))
    if not os.environ.get("MAILLAGE_DONNEES") or not dossier.is_dir():
        pytest.skip("MAILLAGE_DONNEES ne nomme pas de dossier")
    for chemin in ("cartosante/zonage_medecins_2025.csv", "cartosante/zonage_infirmiers_2026.csv"):
        (tmp_path / chemin).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dossier / chemin, tmp_path / chemin)
    call_command("import_donnees", str(tmp_path), stdout=io.StringIO(), stderr=io.StringIO())
    assert ZoneCommune.objects.filter(statut=StatutZone.ADRESSE_REQUISE).exists()
    version_tenue()
    for profession, au in (("medecin", AU), ("infirmier", date(2026, 3, 2))):
        partition, differences = find_differences({"profession": profession}, au, list_codes())
        assert differences == []
        assert len(partition.classes) > 4
