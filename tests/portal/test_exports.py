"""A hundred exports read back: no cell is a formula, numbers and dates are what they were, sums are exact."""

import csv
import io
import os
import random
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.core.exports import (
    Apropos,
    ExportTropGrand,
    export_csv,
    export_xlsx,
    neutralize,
    write_csv_cell,
)

pytestmark = pytest.mark.django_db  # closing a response looks at the connection
SIGNES = "=+-@\uff1d\uff0b\uff0d\uff20\u2212"
HOSTILES = [
    "=1+1",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff20SUM(1)",
    " =1+1",
    "\u00a0=1+1",
    '"=1+1',
    "a;=1+1",
    'a";=1+1',
    "a,=1+1",
    "a\n=1+1",
    "a\r\n@x",
    '=DDE("cmd";"/C calc";"x")',
    '=HYPERLINK("http://127.0.0.1/?"&A1;"ici")',
    '=WEBSERVICE("http://127.0.0.1")',
    "--1",
    "-",
    "+33 6 12 34 56 78",
    "'=1+1",
    "\x00=1+1",
    "\ufeff=1+1",
]
VALEURS = [
    Decimal("-12.50"),
    Decimal("1234567.89"),
    -3,
    0,
    date(2026, 2, 28),
    datetime(2026, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/Paris")),
    None,
    True,
    "Médecin généraliste",
    "71076",
]
COLONNES = ["=Nom", "Montant", "Le", "Note"]


def read_csv(reponse) -> list[list[str]]:
    octets = b"".join(reponse.streaming_content)
    assert octets.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_xlsx(reponse) -> tuple[openpyxl.Workbook, bytes]:
    octets = b"".join(reponse.streaming_content)
    reponse.close()
    return openpyxl.load_workbook(io.BytesIO(octets)), octets


def is_formula(texte: str) -> bool:
    """What a spreadsheet would evaluate; a plain negative number is a number."""
    debut = texte.lstrip(' \t\r\n\u00a0\ufeff"')
    return debut[:1] in SIGNES and bool(debut) and not re.fullmatch(r"-?\d+([.,]\d+)?", texte)


@pytest.mark.parametrize("graine", range(50))
def test_a_hundred_exports_hold_no_formula(graine):
    tirage = random.Random(graine)
    lignes = [[tirage.choice(HOSTILES + VALEURS) for _ in COLONNES] for _ in range(60)]
    lues = read_csv(export_csv("export", COLONNES, lignes))
    assert [len(ligne) for ligne in lues] == [4] * 61
    assert not [cellule for ligne in lues for cellule in ligne if is_formula(cellule)]
    livre, octets = read_xlsx(export_xlsx("export", COLONNES, lignes, apropos=Apropos("=titre", "@x", ["=f"])))
    assert all(cellule.data_type != "f" for feuille in livre for rangee in feuille.rows for cellule in rangee)
    archive = zipfile.ZipFile(io.BytesIO(octets))
    assert not [nom for nom in archive.namelist() if "externalLink" in nom or "connections" in nom]
    assert all(b"<f>" not in archive.read(nom) and b"<f " not in archive.read(nom) for nom in archive.namelist())


def test_the_control_a_plain_writer_would_make_formulas():
    livre = openpyxl.Workbook()
    livre.active["A1"] = "=1+1"
    assert livre.active["A1"].data_type == "f"
    assert [texte for texte in HOSTILES if is_formula(texte)]


@settings(max_examples=int(os.environ.get("MAILLAGE_EXEMPLES", "1500")), deadline=None)
@given(
    st.text(st.one_of(st.sampled_from(SIGNES + ";,\t\r\n\"' |0123456789\u00a0\ufeff"), st.characters()), max_size=12)
)
@example("a;=1")
@example("-1,5")
@example("-1+1")
def test_no_text_begins_a_formula_however_it_is_cut(texte):
    cellule = write_csv_cell(texte)
    assert not is_formula(cellule)
    tampon = io.StringIO()
    csv.writer(tampon, delimiter=";", lineterminator="\r\n").writerow([cellule, "x"])
    assert next(csv.reader(io.StringIO(tampon.getvalue(), newline=""), delimiter=";")) == [cellule, "x"]
    for morceau in re.split(r"[;\t\r\n]", tampon.getvalue().strip("\r\n")):
        assert not is_formula(morceau.strip('"')), "read by another separator, without the quotes"


def test_numbers_dates_and_texts_stay_what_they_are():
    (_, ligne) = read_csv(export_csv("e", ["x"] * len(VALEURS), [VALEURS]))
    assert ligne == [
        "-12,50",
        "1234567,89",
        "-3",
        "0",
        "28/02/2026",
        "01/07/2026 09:30",
        "",
        "Oui",
        "Médecin généraliste",
        "71076",
    ]
    livre, _ = read_xlsx(export_xlsx("e", ["x"] * len(VALEURS), [VALEURS]))
    cellules = [cellule.value for cellule in livre["Données"][2]]
    assert cellules[:5] == [-12.5, 1234567.89, -3, 0, datetime(2026, 2, 28)]  # noqa: DTZ001 - a cell has no zone
    assert cellules[5] == datetime(2026, 7, 1, 9, 30)  # noqa: DTZ001
    assert cellules[6:] == [None, "Oui", "Médecin généraliste", "71076"]
    assert livre["Données"].freeze_panes == "A2"


def test_the_workbook_says_what_it_covers():
    livre, _ = read_xlsx(
        export_xlsx("e", ["x"], [["a"], ["b"]], apropos=Apropos("Échéances", "Nièvre", ["En retard"]))
    )
    faits = {ligne[0].value: ligne[1].value for ligne in livre["À propos"].rows}
    assert (faits["Contenu"], faits["Périmètre"], faits["Lignes"], faits["Filtre"]) == (
        "Échéances",
        "Nièvre",
        2,
        "En retard",
    )


class TestBound:
    def test_a_list_that_is_cut_says_so(self, settings):
        settings.MAILLAGE_EXPORT_MAX = 3
        lues = read_csv(export_csv("e", ["n"], ([rang] for rang in range(10))))
        assert lues[1:4] == [["0"], ["1"], ["2"]]
        assert lues[4:] == [["Liste coupée : seules les 3 premières lignes sont ici. Affinez les filtres."]]
        assert len(read_csv(export_csv("e", ["n"], ([rang] for rang in range(3))))) == 4

    def test_no_more_than_the_bound_is_read(self, settings):
        settings.MAILLAGE_EXPORT_MAX = 3
        lus = []
        read_csv(export_csv("e", ["n"], ([lus.append(rang)] for rang in range(1000))))
        assert len(lus) == 4

    def test_a_file_with_a_total_is_whole_or_refused(self, settings):
        settings.MAILLAGE_EXPORT_MAX = 3
        with pytest.raises(ExportTropGrand, match="Plus de 3 lignes"):
            export_csv("e", ["n"], ([rang] for rang in range(4)), total=[0])


def test_a_total_is_exact_to_the_cent():
    lignes = [["a", Decimal("0.10"), 1], ["b", Decimal("0.20"), None], ["c", Decimal("1000000.70"), 2]]
    lues = read_csv(export_csv("e", ["n", "m", "k"], lignes, total=[1, 2]))
    assert lues[-1] == ["Total", "1000001,00", "3"]
    livre, _ = read_xlsx(export_xlsx("e", ["n", "m", "k"], lignes, total=[1, 2]))
    assert [cellule.value for cellule in livre["Données"][5]] == ["Total", 1000001, 3]
    assert len(read_csv(export_csv("e", ["n"], [], total=[0]))) == 1


def test_the_name_of_the_file_adds_no_header():
    reponse = export_csv('a"\r\nSet-Cookie: x', ["n"], [])
    assert "\r" not in reponse["Content-Disposition"]
    assert reponse["Cache-Control"] == "private, no-store"


def test_a_text_that_is_harmless_is_left_alone():
    for texte in ("Saint-Étienne", "CPTS Sud-Nièvre, 3 communes", "2026-01-01", "-12,50", "a@b.fr", "C + D", "A = B"):
        assert neutralize(texte) == texte
