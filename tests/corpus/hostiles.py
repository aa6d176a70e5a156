"""Each hostile file by its name in `hostiles.toml`, which says how it is called and what must become of it."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from tests.corpus.fabrique import (
    EICAR,
    archive,
    flux,
    image,
    pdf,
    pdf_objets_compresses,
    pdf_pypdf,
    png_annonce,
    zeros,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
JS = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
JOINT = b"<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>"


def annotation(genre: bytes, suite: bytes = b"") -> bytes:
    return b"/Annots[<</Type/Annot/Subtype/%b/Rect[0 0 9 9]%b>>]" % (genre, suite)


def bombe_de_pages() -> bytes:
    """Ten levels of ten times the same child: ten thousand million pages in eleven objects."""
    niveaux = [b"<</Type/Pages/Count 9/Kids[%b]>>" % (b"%d 0 R " % (rang + 1) * 10) for rang in range(5, 15)]
    return pdf(*niveaux, b"<</Type/Page/MediaBox[0 0 9 9]>>", pages=b"<</Type/Pages/Kids[5 0 R]/Count 1>>")


FABRIQUES: dict[str, Callable[[], bytes]] = {
    "pdf_javascript": lambda: pdf(JS, catalogue=b"/Names<</JavaScript<</Names[(a) 5 0 R]>>>>"),
    "pdf_javascript_echappe": lambda: pdf(b"<</S/J#61vaScript/J#53(app.alert\\(1\\))>>", page=b"/AA<</O 5 0 R>>"),
    "pdf_javascript_cache": lambda: pdf_objets_compresses(JS),
    "pdf_javascript_orphelin": lambda: pdf(orphelins=b"77 0 obj\n" + JS + b"\nendobj\n"),
    "pdf_ouverture_javascript": lambda: pdf(JS, catalogue=b"/OpenAction 5 0 R"),
    "pdf_ouverture_adresse": lambda: pdf(b"<</S/URI/URI(http://127.0.0.1/)>>", catalogue=b"/OpenAction 5 0 R"),
    "pdf_ouverture_page": lambda: pdf(b"<</S/URI/URI(http://127.0.0.1/)>>", page=b"/AA<</O 5 0 R>>"),
    "pdf_lance_programme": lambda: pdf(page=annotation(b"Link", b"/A<</S/Launch/F(cmd.exe)>>")),
    "pdf_envoie_formulaire": lambda: pdf(page=annotation(b"Link", b"/A<</S/SubmitForm/F(http://127.0.0.1/)>>")),
    "pdf_ouvre_joint": lambda: pdf(page=annotation(b"Link", b"/A<</S/GoToE/T<</R/C>>>>")),
    "pdf_ouvre_autre": lambda: pdf(page=annotation(b"Link", b"/A<</S/GoToR/F(autre.pdf)/D[0/Fit]>>")),
    "pdf_fichier_joint": lambda: pdf(
        JOINT, flux(b"MZ", b"/Type/EmbeddedFile"), catalogue=b"/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>"
    ),
    "pdf_trombone": lambda: pdf(page=annotation(b"FileAttachment")),
    "pdf_anime": lambda: pdf(page=annotation(b"RichMedia")),
    "pdf_film": lambda: pdf(page=annotation(b"Movie")),
    "pdf_xfa": lambda: pdf(flux(b"<xdp/>", b""), catalogue=b"/AcroForm<</XFA 5 0 R/Fields[]>>"),
    "pdf_mot_de_passe": lambda: pdf_pypdf(mot_de_passe="secret"),
    "pdf_restreint": lambda: pdf_pypdf(mot_de_passe="", proprietaire="secret"),
    "pdf_501_pages": lambda: pdf_pypdf(501),
    "pdf_10000_pages": lambda: pdf(pages=b"<</Type/Pages/Count 10000/Kids[%b]>>" % (b"3 0 R " * 10_000)),
    "pdf_bombe_de_pages": bombe_de_pages,
    "pdf_arbre_en_rond": lambda: pdf(pages=b"<</Type/Pages/Count 1/Kids[2 0 R]>>"),
    "pdf_bombe": lambda: pdf(flux(zeros(300))),
    "pdf_bombe_double": lambda: pdf(flux(b"x\x9c\x00", b"/Filter[/FlateDecode/FlateDecode]")),
    "pdf_bombe_objets": lambda: pdf(flux(zeros(300), b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")),
    "pdf_image_immense": lambda: pdf(
        flux(b"x\x9c\x00", b"/Subtype/Image/Width 30000/Height 30000/Filter/FlateDecode")
    ),
    "pdf_et_archive": lambda: pdf() + archive({"a.html": b"<script>"}),
    "pdf_et_page": lambda: pdf().replace(b"%PDF-1.7\n", b"%PDF-1.7\n%<script>alert(1)</script>\n", 1),
    "pdf_decale": lambda: b"<html>\n" + pdf(),
    "pdf_tronque": lambda: pdf_pypdf(20)[:900],
    "pdf_vide": lambda: b"",
    "pdf_trop_gros": lambda: pdf() + b" " * (10 * 1024 * 1024),
    "pdf_bruit": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF",
    "png_immense": lambda: png_annonce(30_000, 30_000),
    "png_bombe": lambda: png_annonce(6_000, 6_000, bits=16, couleur=6, donnees=zeros(289)),
    "png_uni": lambda: png_annonce(6_300, 6_300, donnees=zeros(120)),
    "png_tronque": lambda: image("PNG", (400, 400))[:-60],
    "png_somme_fausse": lambda: image("PNG").replace(b"IDAT", b"IDAT\xff", 1),
    "png_donnees_courtes": lambda: png_annonce(2_000, 2_000, donnees=zeros(1)),
    "png_et_archive": lambda: image("PNG") + archive({"a.html": b"<script>"}),
    "png_et_page": lambda: image("PNG") + b"<!DOCTYPE html><script>alert(1)</script>",
    "png_svg": lambda: SVG,
    "png_webp": lambda: image("WEBP"),
    "jpeg_et_php": lambda: image("JPEG") + b"<?php system($_GET[0]);",
    "jpeg_et_pdf": lambda: image("JPEG") + pdf(),
    "jpeg_tronque": lambda: image("JPEG", (900, 900))[:2000],
    "jpeg_programme": lambda: b"\x7fELF\x02\x01\x01" + bytes(200),
    "jpeg_gif": lambda: image("GIF"),
    "tiff": lambda: image("TIFF"),
    "svg": lambda: SVG,
    "archive": lambda: archive({"a.pdf": pdf()}),
    "archive_zip_slip": lambda: archive({"../../etc/cron.d/x": b"* * * * * root id"}),
    "archive_en_pdf": lambda: archive({"a.pdf": pdf()}),
    "bureautique": lambda: archive({"word/document.xml": b"<w/>"}),
    "classeur_en_pdf": lambda: archive({"xl/workbook.xml": b"<x/>"}),
    "double_extension": lambda: b"MZ" + bytes(100),
    "nom_retourne": lambda: b"MZ" + bytes(100),
    "nom_nir": pdf,
    "page_web": lambda: b"<html><script>alert(1)</script></html>",
    "eicar_nu": lambda: EICAR,
    "eicar_en_pdf": lambda: pdf(flux(EICAR, b"")),
}


def read_table() -> dict[str, dict[str, str]]:
    """hostiles.toml: for each file, `nom` as it is sent and `attendu`, a piece of the sentence or « infecté »."""
    return tomllib.loads(Path(__file__).with_name("hostiles.toml").read_text())
