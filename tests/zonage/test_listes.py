"""Official lists of communes: what a file says replaces what was known of its days, and of those days only."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core import cache
from portal.core.models import Envoi, ImportRun
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.calculs.listes import gather_communes
from zonage.listes import forget_listes, known_listes, listes_du
from zonage.models import AppartenanceListe, ListeCommunes, PeriodeListe
from zonage.sources.listes import FAMILLES, fold

ENTETE = "Code INSEE;Commune;Département;Statut"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(cache, "DUREE_VERSION", -1.0)
    forget_listes()
    yield
    forget_listes()


@pytest.fixture
def communes(db):
    return [CommuneFactory(code_insee=f"71{rang:03d}") for rang in range(1, 6)]


def load(tmp_path, *lignes, liste="frr", du="2024-07-01", nom="liste.csv", **options):
    chemin = tmp_path / nom
    chemin.write_text("\r\n".join([ENTETE, *lignes]) + "\r\n", encoding="utf-8-sig")
    call_command("import_listes", chemin, liste=liste, du=date.fromisoformat(du), **options)


def ligne(code, statut):
    return f"{code};Essai;71;{statut}"


def lire(commune, jour, code="frr"):
    return dict(listes_du(commune, date.fromisoformat(jour))).get(code)


def test_a_list_is_known_from_its_first_day_and_unknown_before(communes, tmp_path):
    load(
        tmp_path,
        ligne("71001", "FRR"),
        ligne("71002", "FRR+"),
        ligne("71003", "ex-ZRR"),
        ligne("71004", "non classée"),
    )
    assert [lire(f"7100{rang}", "2024-07-01") for rang in range(1, 6)] == [True, True, False, False, False]
    assert lire("71001", "2024-06-30") is None
    assert [lire(f"7100{rang}", "2026-01-01", "frr_plus") for rang in (1, 2)] == [False, True]
    assert [lire(f"7100{rang}", "2026-01-01", "frr_ex_zrr") for rang in (1, 3)] == [False, True]
    assert set(known_listes(date(2030, 1, 1))) == {"frr", "frr_plus", "frr_ex_zrr"}


def test_a_list_that_no_line_names_stays_unknown_and_is_said_to(communes, tmp_path, capsys):
    load(tmp_path, ligne("71001", "FRR"))
    assert lire("71001", "2025-01-01", "frr_plus") is None
    assert "cette liste reste inconnue" in capsys.readouterr().out


def test_the_end_of_a_list_is_the_first_day_nobody_knows(communes, tmp_path):
    load(tmp_path, ligne("71001", "P"), ligne("71002", "C"), liste="zrr", du="2015-07-01", jusqu_au=date(2024, 7, 1))
    assert [lire("71002", jour, "zrr") for jour in ("2024-06-30", "2024-07-01")] == [True, None]
    assert lire("71001", "2020-01-01", "zrr") is None
    assert lire("71003", "2020-01-01", "zrr") is False


def test_a_later_file_replaces_its_own_days_only(communes, tmp_path):
    load(tmp_path, ligne("71001", "FRR"), ligne("71002", "FRR"))
    load(tmp_path, ligne("71002", "FRR"), ligne("71003", "FRR"), du="2025-01-01", nom="deux.csv")
    attendus = {"71001": (True, False), "71002": (True, True), "71003": (False, True)}
    for commune, lus in attendus.items():
        assert (lire(commune, "2024-12-31"), lire(commune, "2025-01-01")) == lus, commune
    assert AppartenanceListe.objects.get(commune="71002").periode == DateRange(date(2024, 7, 1), None)
    assert PeriodeListe.objects.get(liste="frr").periode == DateRange(date(2024, 7, 1), None)


def test_replaying_writes_nothing_and_rehearsing_neither(communes, tmp_path, settings):
    settings.MAILLAGE_ABONNEMENTS = {"zonage.territoire": ["essai.tache"]}
    lignes = (ligne("71001", "FRR"), ligne("71002", "FRR+"))
    load(tmp_path, *lignes, dry_run=True)
    assert not AppartenanceListe.objects.exists()
    assert not ListeCommunes.objects.exists()
    load(tmp_path, *lignes)
    avant = list(AppartenanceListe.objects.order_by("pk").values_list("pk", "periode"))
    assert Envoi.objects.count() == 1
    load(tmp_path, *lignes)
    assert list(AppartenanceListe.objects.order_by("pk").values_list("pk", "periode")) == avant
    run = ImportRun.objects.order_by("-pk").first()
    assert (run.lignes_lues, run.lignes_ecrites, run.lignes_identiques) == (2, 0, 2)
    assert Envoi.objects.count() == 1


def test_a_merged_commune_is_in_only_when_its_parts_agree(communes, tmp_path, capsys):
    AncienneCommuneFactory(code_insee="71901", commune=communes[0])
    AncienneCommuneFactory(code_insee="71902", commune=communes[1])
    AncienneCommuneFactory(code_insee="71903", commune=communes[2])
    load(
        tmp_path,
        ligne("71001", "FRR"),
        ligne("71901", "FRR"),
        ligne("71002", "FRR"),
        ligne("71902", "non"),
        ligne("71903", "FRR"),
    )
    assert [lire(f"7100{rang}", "2025-01-01") for rang in (1, 2, 3, 4)] == [True, None, None, False]
    assert "2 communes classées en partie" in capsys.readouterr().out


def test_gathering_says_nothing_sure_of_the_heirs_of_a_split():
    heritieres = {"A": ("A",), "B": ("B", "C"), "D": ("A",)}
    assert gather_communes([("A", True), ("B", True)], heritieres.__getitem__) == {"A": True, "B": None, "C": None}
    assert gather_communes([("D", False)], heritieres.__getitem__) == {"A": False}
    assert gather_communes([("D", True)], heritieres.__getitem__) == {"A": None}


@pytest.mark.parametrize(
    ("mauvaise", "attendu"),
    [
        (ligne("71999", "FRR"), "Ligne 3, colonne Code INSEE : commune inconnue : 71999"),
        (ligne("71002", "peut-être"), "Ligne 3, colonne Statut : « peut-être » n'est pas un statut connu"),
        (ligne("71002", ""), "« vide » n'est pas un statut connu"),
        (ligne("71001", "non"), "contredit la ligne 2"),
        (ligne("abc", "FRR"), "n'est pas un code INSEE"),
        (ligne("71002", "=FRR"), "formule interdite"),
    ],
)
def test_a_bad_line_refuses_the_whole_file(communes, tmp_path, mauvaise, attendu):
    with pytest.raises(CommandError, match="Rien n'est enregistré") as refus:
        load(tmp_path, ligne("71001", "FRR"), mauvaise)
    assert attendu in str(refus.value)
    assert not AppartenanceListe.objects.exists()
    assert not PeriodeListe.objects.exists()


def test_a_file_that_classes_nothing_is_refused(communes, tmp_path):
    with pytest.raises(CommandError, match="aucune commune classée"):
        load(tmp_path, ligne("71001", "non"))
    with pytest.raises(CommandError, match="la période est vide"):
        load(tmp_path, ligne("71001", "FRR"), jusqu_au=date(2024, 7, 1))


def test_the_words_of_a_statut_are_read_whatever_their_dress():
    assert fold("  FRR   + ") == "frr+"
    assert fold("Classée") == "classee"
    assert all(fold(statut) == statut for famille in FAMILLES.values() for statut in famille.statuts)
