"""The Annuaire santé: what is kept, what is refused, and periods that only ever close."""

import os
import random
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given
from hypothesis import strategies as st

from cpts.lecture import read_offre
from cpts.models import LieuExercice, OffreCommune, Praticien
from cpts.services import import_rpps
from cpts.sources.rpps import COLONNES, Constats, LigneRefusee, build_ligne
from portal.core.models import ImportRun
from tests.cpts.annuaire_essai import AUTRES, make_ligne, make_rpps, write_annuaire
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.models import Commune

UN, DEUX, TROIS = "2026-01-05", "2026-02-02", "2026-03-02"


@pytest.fixture
def commune(db: None) -> Commune:
    return CommuneFactory(code_insee="71801")


@pytest.fixture
def load(tmp_path, commune):
    def _load(*lignes, jour=UN, nom="annuaire.txt", **options):
        chemin = write_annuaire(tmp_path / nom, *lignes) if lignes else tmp_path / nom
        call_command("import_rpps", chemin, jour=jour, **options)
        return ImportRun.objects.first()

    return _load


def _refuse(load, message, *lignes, **options):
    avant = ImportRun.objects.count()
    with pytest.raises(CommandError, match=message):
        load(*lignes, **options)
    assert not Praticien.objects.exists()
    assert ImportRun.objects.count() == avant + 1
    return ImportRun.objects.first()


def test_a_practitioner_and_a_place_are_kept_without_what_is_personal(load, commune):
    load(make_ligne())
    praticien = Praticien.objects.get()
    assert (praticien.nom, praticien.prenom, praticien.profession) == ("LEFÈVRE-ESSAÏ", "Zoé", "medecin")
    assert (praticien.cle_nom, praticien.vu_le) == ("lefevre essai zoe", date(2026, 1, 5))
    lieu = praticien.lieux.get()
    assert (lieu.commune, lieu.mode_exercice, lieu.periode) == (commune, "L", DateRange(date(2026, 1, 5), None))
    gardes = str([list(Praticien.objects.values()), list(LieuExercice.objects.values())])
    assert not any(secret in gardes for secret in ("Secrète", "0600000000", "secret@"))


def test_the_same_file_again_writes_nothing_even_in_another_order(load):
    lignes = [make_ligne(rpps=make_rpps(rang), structure=f"R{rang % 3}") for rang in range(8)]
    lignes += [make_ligne(rpps=make_rpps(1), sf="SM26", type_sf="S"), make_ligne(rpps=make_rpps(1), mode="S")]
    run = load(*lignes)
    assert (run.lignes_lues, run.lignes_ecrites) == (10, 10)
    avant = list(Praticien.objects.values()), list(LieuExercice.objects.values())
    run = load()
    assert (run.lignes_ecrites, run.lignes_identiques) == (0, 10)
    random.Random(3).shuffle(lignes)
    run = load(*lignes, jour=DEUX)
    assert (run.lignes_ecrites, run.lignes_identiques) == (0, 10)
    apres = list(Praticien.objects.values()), list(LieuExercice.objects.values())
    assert apres[1] == avant[1]
    assert [p | {"vu_le": date(2026, 2, 2)} for p in avant[0]] == apres[0]


def test_a_place_that_vanishes_is_closed_and_opens_again_later(load):
    ici, ailleurs = make_ligne(), make_ligne(structure="R2")
    load(ici, ailleurs)
    run = load(ici, jour=DEUX)
    assert run.lignes_ecrites == 0
    assert "1 lieu(x) d'exercice clos au 02/02/2026" in str(run.rapport)
    load(ici, ailleurs, jour=TROIS)
    periodes = LieuExercice.objects.filter(cle__startswith="R2").order_by("periode").values_list("periode", flat=True)
    assert list(periodes) == [
        DateRange(date(2026, 1, 5), date(2026, 2, 2)),
        DateRange(date(2026, 3, 2), None),
    ]


def test_somebody_who_vanishes_stays_with_the_day_they_were_last_seen(load):
    load(make_ligne(), make_ligne(rpps=make_rpps(1)))
    load(make_ligne(), jour=DEUX)
    parti = Praticien.objects.get(pk=make_rpps(1))
    assert parti.vu_le == date(2026, 1, 5)
    assert parti.lieux.get().periode.upper == date(2026, 2, 2)


def test_a_new_name_is_written_and_counted(load):
    load(make_ligne(), make_ligne(rpps=make_rpps(1)))
    run = load(make_ligne(nom="NOUVEAU"), make_ligne(rpps=make_rpps(1)), jour=DEUX)
    assert (run.lignes_ecrites, run.lignes_identiques) == (1, 1)
    assert Praticien.objects.get(pk=make_rpps()).cle_nom == "nouveau zoe"


def test_other_professions_identifiers_and_students_are_left_out_and_counted_by_name(load):
    run = load(
        make_ligne(),
        make_ligne(profession="21", libelle="Pharmacien"),
        make_ligne(profession="21", libelle="Pharmacien"),
        make_ligne(type="0", rpps="999999999", profession="60"),
        make_ligne(categorie="E"),
    )
    assert (run.lignes_lues, run.lignes_ecrites, run.lignes_ignorees) == (5, 1, 4)
    texte = str(run.rapport)
    assert "2 ligne(s) écartée(s) : profession sans zonage : Pharmacien (21)" in texte
    assert "1 ligne(s) écartée(s) : étudiants" in texte
    assert "1 ligne(s) écartée(s) : identifiant qui n'est pas un RPPS" in texte


@pytest.mark.parametrize("code", ["10", "40", "50", "60", "70", "91"])
def test_each_profession_of_the_zonings_is_read(load, code):
    load(make_ligne(profession=code))
    assert read_offre(Praticien.objects.get().profession, date(2026, 1, 5)).communes == {"71801": (1, 1)}


def test_a_wrong_check_digit_warns_and_a_right_one_does_not(load):
    run = load(make_ligne(rpps=make_rpps(1)), make_ligne(rpps=make_rpps(2)), make_ligne(rpps=make_rpps(3, juste=True)))
    assert run.lignes_ecrites == 3
    assert "clé de contrôle du RPPS inexacte (2 fois en tout)" in str(run.rapport)


@pytest.mark.parametrize(
    ("cellules", "message"),
    [
        ({"rpps": "1,00034E+10"}, "Ligne 3, colonne Identifiant PP : numéro RPPS tronqué par un tableur"),
        ({"rpps": "1.0E10"}, "tronqué par un tableur"),
        ({"rpps": "9900000000"}, "un RPPS a onze chiffres ; celui-ci a 10 caractères"),
        ({"finess": "7,1E+08"}, "numéro tronqué par un tableur"),
        ({"siret": "1,23E+13"}, "numéro tronqué par un tableur"),
        ({"commune": "7,18E+04"}, "code tronqué par un tableur"),
        ({"nom": ""}, "colonne Nom d'exercice : cellule vide"),
    ],
)
def test_a_line_that_makes_the_file_doubtful_refuses_it_whole(load, cellules, message):
    _refuse(load, message, make_ligne(rpps=make_rpps(9)), make_ligne(**cellules))


def test_a_lost_zero_is_restored_and_an_unreadable_code_is_said(load):
    CommuneFactory(code_insee="01004")
    run = load(make_ligne(commune="1004"), make_ligne(rpps=make_rpps(1), commune="ABCDE", structure="R9"))
    assert LieuExercice.objects.get(praticien=make_rpps()).commune_id == "01004"
    assert LieuExercice.objects.get(praticien=make_rpps(1)).commune_id is None
    assert "zéro initial rétabli (1 fois en tout)" in str(run.rapport)
    assert "lieu gardé sans commune (1 fois en tout)" in str(run.rapport)


def test_former_codes_are_read_as_todays_commune(load, commune):
    AncienneCommuneFactory(code_insee="71901", commune=commune)
    AncienneCommuneFactory(code_insee="71902", commune=commune)
    AncienneCommuneFactory(code_insee="71902", commune=CommuneFactory(code_insee="71803"))
    run = load(
        make_ligne(commune="71901"),
        make_ligne(rpps=make_rpps(1), commune="71902"),
        make_ligne(rpps=make_rpps(2), commune="98999"),
    )
    lus = dict(LieuExercice.objects.values_list("praticien_id", "commune_id"))
    assert lus == {make_rpps(): "71801", make_rpps(1): None, make_rpps(2): None}
    assert "commune 71902 : plusieurs communes l'ont reprise" in str(run.rapport)
    assert "commune 98999 : inconnue du référentiel" in str(run.rapport)


def test_the_supply_counts_people_once_and_liberals_apart(load):
    autre = CommuneFactory(code_insee="71802")
    load(
        make_ligne(),
        make_ligne(structure="R2"),
        make_ligne(mode="S", structure="R3"),
        make_ligne(rpps=make_rpps(1), mode="S"),
        make_ligne(rpps=make_rpps(2), mode="S", commune=autre.pk),
        make_ligne(rpps=make_rpps(3), profession="60"),
    )
    offre = read_offre("medecin", date(2026, 1, 31))
    assert (offre.jour, offre.communes) == (date(2026, 1, 5), {"71801": (2, 1), "71802": (1, 0)})
    assert read_offre("infirmier", date(2026, 1, 5)).communes == {"71801": (1, 1)}
    assert read_offre("medecin", date(2026, 1, 4)).jour is None


def test_one_day_of_supply_is_kept_a_month(load):
    load(make_ligne())
    load(make_ligne(), make_ligne(rpps=make_rpps(1)), jour="2026-01-26")
    load(make_ligne(), jour=DEUX, accepter_baisse=True)
    jours = OffreCommune.objects.order_by("jour").values_list("jour", "praticiens")
    assert list(jours) == [(date(2026, 1, 26), 2), (date(2026, 2, 2), 1)]


def test_an_older_extraction_and_another_file_of_the_same_day_are_refused(load):
    load(make_ligne(), jour=DEUX)
    with pytest.raises(CommandError, match="plus ancienne que celle déjà chargée"):
        load(make_ligne(), jour=UN)
    with pytest.raises(CommandError, match="Un autre fichier du 02/02/2026 est déjà chargé"):
        load(make_ligne(nom="AUTRE"), jour=DEUX)
    assert Praticien.objects.get().nom == "LEFÈVRE-ESSAÏ"


def test_a_file_that_lost_one_person_in_ten_is_refused_unless_it_is_said(load, monkeypatch):
    monkeypatch.setattr(import_rpps, "BAISSE_MIN", 1)
    lignes = [make_ligne(rpps=make_rpps(rang)) for rang in range(20)]
    load(*lignes)
    load(*lignes[:18], jour=DEUX)
    with pytest.raises(CommandError, match=r"3 praticiens sur 18 .* sans doute tronqué"):
        load(*lignes[:15], jour=TROIS)
    assert LieuExercice.objects.filter(periode__upper_inf=True).count() == 18
    load(*lignes[:15], jour=TROIS, accepter_baisse=True)
    assert LieuExercice.objects.filter(periode__upper_inf=True).count() == 15


def test_a_dry_run_writes_nothing(load):
    run = load(make_ligne(), dry_run=True)
    assert run.statut == "repetition"
    assert not Praticien.objects.exists()
    assert not OffreCommune.objects.exists()


def test_columns_are_found_by_name_in_any_order(load, tmp_path):
    colonnes = [*COLONNES, *AUTRES]
    random.Random(7).shuffle(colonnes)
    write_annuaire(
        tmp_path / "annuaire.txt", make_ligne(), colonnes=tuple(c.replace("'", "’").upper() for c in colonnes)
    )
    texte = (tmp_path / "annuaire.txt").read_text().splitlines()[0]
    write_annuaire(tmp_path / "annuaire.txt", make_ligne(), colonnes=tuple(colonnes))
    lignes = (tmp_path / "annuaire.txt").read_text().splitlines()[1:]
    (tmp_path / "annuaire.txt").write_text("\ufeff" + "\r\n".join([texte, *lignes]) + "\r\n")
    load()
    assert Praticien.objects.get().nom == "LEFÈVRE-ESSAÏ"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "Fichier vide"),
        (b"PK\x03\x04rien", "un classeur ou une archive"),
        (b"a;b;c\n1;2;3\n", "Colonnes absentes"),
        ("|".join(COLONNES).encode() + b"\n", "sans aucune ligne"),
        ("|".join(COLONNES).encode() + b"\n8|123", "2 cellules au lieu de 18 : ligne tronqu"),
        ("|".join(COLONNES).encode() + b"\n" + b"|" * 30 + b"x\n", "31 cellules au lieu de 18"),
        ("|".join(COLONNES).encode() + b"\n\xff\xfe|\n", r"Ligne 2.*caractère illisible"),
        ("|".join(COLONNES).encode() + b"\n\x00|\n", r"Ligne 2.*caractère nul"),
        ("|".join(COLONNES).encode() + b"\n" + b"x" * 70_000, r"Ligne 2.*ligne démesurée"),
        ("|".join((*COLONNES, COLONNES[0])).encode() + b"\n", "Colonne en double"),
    ],
)
def test_a_file_that_is_not_the_annuaire_is_refused_with_what_to_do(load, tmp_path, octets, message):
    (tmp_path / "annuaire.txt").write_bytes(octets)
    _refuse(load, message)


def test_the_day_is_read_in_the_name_of_the_file_or_asked_for(load, tmp_path, commune):
    write_annuaire(tmp_path / "PS_LibreAcces_Personne_activite_202601050810.txt", make_ligne())
    call_command("import_rpps", tmp_path / "PS_LibreAcces_Personne_activite_202601050810.txt")
    assert Praticien.objects.get().vu_le == date(2026, 1, 5)
    with pytest.raises(CommandError, match="ajoutez --jour"):
        load(make_ligne(), jour="")
    with pytest.raises(CommandError, match="n'est pas un jour"):
        load(make_ligne(), jour="05/01/2026")
    with pytest.raises(CommandError, match="est à venir"):
        load(make_ligne(), jour="2199-01-01")


def test_a_folder_of_official_files_is_loaded_with_the_annuaire(tmp_path, commune):
    (tmp_path / "annuaire").mkdir()
    write_annuaire(tmp_path / "annuaire" / "PS_LibreAcces_Personne_activite_202601050810.txt", make_ligne())
    call_command("import_donnees", tmp_path)
    assert Praticien.objects.get().lieux.get().commune == commune


@given(
    st.lists(
        st.text(st.characters(exclude_characters="|\r\n\x00", codec="utf-8"), max_size=20), min_size=18, max_size=18
    )
)
def test_any_cells_give_a_line_a_reason_or_a_refusal(cellules):
    constats = Constats()
    try:
        ligne = build_ligne(2, tuple(cellule.strip() for cellule in cellules), constats)
    except LigneRefusee as refus:
        assert str(refus)  # noqa: PT017 (a refusal is one of three answers)
        assert refus.colonne in COLONNES  # noqa: PT017
    else:
        assert (ligne is None) == bool(constats.ecarts)


@given(
    st.dictionaries(
        st.sampled_from(["rpps", "mode", "siret", "finess", "structure", "enseigne", "commune", "prenom", "sf"]),
        st.text(st.characters(exclude_characters="|\r\n\x00", codec="utf-8"), max_size=200),
    )
)
def test_a_line_kept_always_fits_its_columns(cellules):
    ligne = make_ligne(**cellules)
    try:
        lue = build_ligne(2, tuple(ligne[colonne].strip() for colonne in COLONNES), Constats())
    except LigneRefusee:
        return
    assert lue is not None
    assert len(lue.rpps) == 11
    assert len(lue.cle) <= 80
    assert len(lue.code_publie) <= 5
    assert lue.mode_exercice in ("L", "S", "B", "")
    assert len(lue.finess) in (0, 9)
    assert len(lue.siret) in (0, 14)
    assert len(lue.enseigne) <= 160
    assert len(lue.prenom) <= 120
    assert len(lue.specialite_code) <= 10


@pytest.mark.donnees
@pytest.mark.skipif(not os.environ.get("MAILLAGE_DONNEES"), reason="MAILLAGE_DONNEES n'est pas défini")
def test_the_official_layout_is_read(france):
    (chemin,) = Path(os.environ["MAILLAGE_DONNEES"]).glob("exemples/PS_LibreAcces_Personne_activite*.txt")
    call_command("import_rpps", chemin, jour=UN)
    run = ImportRun.objects.first()
    assert run.lignes_lues == run.lignes_ecrites > 0
    assert LieuExercice.objects.filter(commune=None).count() == 0
