"""Sixty hostile files refused or quarantined, each for its own reason; honest ones kept; bombs that cost nothing."""

import io
import re
import resource
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from portal.core import examen, pdf_brut
from portal.core.examen import INSPECTION, REFUS, DocumentRefuse, clean_nom, contains_nir, examine
from portal.core.fichiers import FichierRefuse, open_classeur
from tests.corpus import fabrique
from tests.corpus.hostiles import FABRIQUES, read_table

TABLE = read_table()
REFUSES = sorted(nom for nom, cas in TABLE.items() if cas["attendu"] != "infecté")
BOMBES = ["pdf_bombe", "pdf_bombe_objets", "pdf_bombe_de_pages", "pdf_10000_pages"]
BOMBES += ["png_immense", "png_bombe", "png_uni"]
CPU_MAX = 0.5


def send(nom: str, octets: bytes) -> SimpleUploadedFile:
    """As Django gives it: its name without folders, the type that the browser pretends."""
    return SimpleUploadedFile(nom, octets, content_type="application/pdf")


def measure(fonction, *arguments) -> float:
    """Seconds of CPU of this process and of those it started."""

    def read() -> float:
        propres, enfants = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return propres.ru_utime + propres.ru_stime + enfants.ru_utime + enfants.ru_stime

    debut = read()
    with pytest.raises((DocumentRefuse, FichierRefuse)):
        fonction(*arguments)
    return read() - debut


def test_the_table_and_the_builders_say_the_same_files():
    assert set(TABLE) == set(FABRIQUES)
    assert len(TABLE) >= 40


@pytest.mark.parametrize("cle", REFUSES)
def test_a_hostile_file_is_refused_for_its_own_reason(cle):
    with pytest.raises(DocumentRefuse, match=TABLE[cle]["attendu"]) as refus:
        examine(send(TABLE[cle]["nom"], FABRIQUES[cle]()))
    assert str(refus.value).endswith(".")


@pytest.mark.parametrize(
    ("nom", "octets"),
    [
        ("piece.pdf", fabrique.pdf()),
        ("PIECE.PDF", fabrique.pdf_pypdf(500)),
        ("lien.pdf", fabrique.pdf(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://a.fr)>>>>]")),
        ("ouvre.pdf", fabrique.pdf(catalogue=b"/OpenAction[3 0 R/Fit]")),
        ("ouvre_page.pdf", fabrique.pdf(b"<</S/GoTo/D[3 0 R/Fit]>>", catalogue=b"/OpenAction 5 0 R")),
        ("formulaire.pdf", fabrique.pdf(catalogue=b"/AcroForm<</Fields[]>>")),
        ("texte.pdf", fabrique.pdf(fabrique.flux(b"(Le mot /JavaScript dans un texte) Tj", b""))),
        ("numerise.pdf", fabrique.pdf(fabrique.flux(fabrique.zeros(80)))),
        ("photo.png", fabrique.image("PNG")),
        ("photo.jpg", fabrique.image("JPEG", (3000, 2000))),
        ("progressive.jpeg", fabrique.image("JPEG", progressive=True)),
        ("noir.png", fabrique.png_annonce(4960, 7016, bits=1, couleur=0, donnees=fabrique.zeros(5))),
    ],
)
def test_an_honest_file_is_kept(nom, octets):
    accepte = examine(send(nom, octets))
    assert accepte.nom == nom
    assert accepte.octets


@pytest.mark.parametrize("cle", BOMBES)
def test_a_bomb_costs_little(cle):
    fichier = send(TABLE[cle]["nom"], FABRIQUES[cle]())
    assert measure(examine, fichier) < CPU_MAX


def test_a_bomb_in_a_workbook_costs_little():
    bombe = fabrique.archive(
        {
            "[Content_Types].xml": b"<x/>",
            "xl/workbook.xml": b"<x/>",
            "xl/worksheets/sheet1.xml": bytes(300 * 1024 * 1024),
        }
    )
    assert measure(open_classeur, bombe) < CPU_MAX


def test_every_word_of_the_parser_has_its_sentence():
    source = INSPECTION.read_text() + Path(pdf_brut.__file__).read_text()
    mots = re.findall(r"""(?:Refus\(|return )"([a-z_]+)\"""", source) + [refus for _, refus in pdf_brut.NOMS]
    assert len(set(mots)) > 8
    assert set(mots) <= set(REFUS)


class TestParser:
    def put(self, monkeypatch, tmp_path, programme: str) -> None:
        script = tmp_path / "inspection.py"
        script.write_text(programme)
        monkeypatch.setattr(examen, "INSPECTION", script)

    @pytest.mark.parametrize(
        ("programme", "phrase"),
        [
            ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", "trop de travail"),
            ("import time; time.sleep(60)", "trop de travail"),
            ("import absent", "réessayez"),
            ("print('bruit')", "réessayez"),
        ],
    )
    def test_one_that_dies_or_hangs_refuses_with_a_sentence(self, monkeypatch, tmp_path, programme, phrase):
        self.put(monkeypatch, tmp_path, programme)
        monkeypatch.setattr(examen, "DELAI", 4)
        with pytest.raises(DocumentRefuse, match=phrase):
            examine(send("piece.pdf", fabrique.pdf()))

    def test_it_knows_nothing_of_the_portal_and_holds_its_bounds(self, monkeypatch, tmp_path):
        texte = INSPECTION.read_text()
        assert "import portal" not in texte
        assert "from portal" not in texte
        monkeypatch.setenv("DJANGO_SECRET_KEY", "secret")
        bornes = (
            "import json, os, resource; bound(); r = resource.getrlimit;"
            "print(json.dumps({'refus': 'limite' if not os.environ.get('DJANGO_SECRET_KEY')"
            " and r(resource.RLIMIT_CPU)[1] == CPU and r(resource.RLIMIT_AS)[1] == MEMOIRE"
            " and r(resource.RLIMIT_FSIZE)[1] == 0 else 'pages'}))"
        )
        self.put(monkeypatch, tmp_path, texte.split("if __name__")[0] + bornes)
        with pytest.raises(DocumentRefuse, match="trop de travail"):
            examine(send("piece.pdf", fabrique.pdf()))


class TestNames:
    @pytest.mark.parametrize(
        ("brut", "montre"),
        [
            ("../../etc/cron.d/x.pdf", "x.pdf"),
            ("C:\\Users\\x\\pièce.pdf", "pièce.pdf"),
            ("a\0.pdf", "a.pdf"),
            ("a\r\nBcc: x@y.fr.pdf", "a Bcc x@y.fr.pdf"),
            ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
            ("CON.pdf", "document CON.pdf"),
            (";rm -rf.pdf", "rm -rf.pdf"),
            ("e\u0301tat.pdf", "état.pdf"),
            ("\u202efdp.pdf", "fdp.pdf"),
            ("😀.png", "😀.png"),
        ],
    )
    def test_a_name_is_cleaned(self, brut, montre):
        assert clean_nom(brut) == montre

    def test_a_social_security_number_is_seen(self):
        cle = 97 - 1841271076451 % 97
        for nom in ("1841271076451", f"1841271076451{cle:02d}", f"1_84_12_71_076_451-{cle}", "1 84 12 2A 076 451"):
            assert contains_nir(f"piece {nom} recto")
        for nom in ("10003456789", "78467169500087", "2026-11-22 14.05.12", f"1841271076451{(cle + 1) % 97:02d}"):
            assert not contains_nir(f"piece {nom} recto"), nom


class TestMetadata:
    def test_a_photo_loses_its_place_and_keeps_its_orientation(self):
        exif = Image.Exif()
        exif[0x0112], exif[0x010F], exif[0x013B] = 6, "Telephone", "Nom Prenom"
        exif.get_ifd(0x8825)[2] = (46.0, 18.0, 0.0)
        photo = fabrique.image("JPEG", exif=exif.tobytes(), comment=b"Nom Prenom")
        assert b"Nom Prenom" in photo
        accepte = examine(send("photo.jpg", photo))
        assert b"Nom Prenom" not in accepte.octets
        assert b"Telephone" not in accepte.octets
        relue = Image.open(io.BytesIO(accepte.octets))
        assert dict(relue.getexif()) == {0x0112: 6}
        assert relue.tobytes() == Image.open(io.BytesIO(photo)).tobytes()

    def test_a_png_loses_its_texts(self):
        texte = fabrique.morceau(b"tEXt", b"Author\0Nom Prenom")
        propre = fabrique.image("PNG")
        accepte = examine(send("photo.png", propre[:33] + texte + propre[33:]))
        assert accepte.octets == propre

    def test_what_a_telephone_adds_after_a_photo_is_cut(self):
        photo = fabrique.image("JPEG")
        assert examine(send("photo.jpg", photo + bytes(5000) + b"SEFT")).octets == photo
