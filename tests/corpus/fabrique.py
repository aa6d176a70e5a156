"""Small builders of PDF, images and archives, precise enough to place one fault at a time."""

import io
import struct
import zipfile
import zlib

from PIL import Image
from pypdf import PdfReader, PdfWriter

EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*").strip()
PNG = b"\x89PNG\r\n\x1a\n"


def pdf(
    *objets: bytes, catalogue: bytes = b"", page: bytes = b"", orphelins: bytes = b"", pages: bytes = b""
) -> bytes:
    """A one-page PDF: 1 catalogue, 2 pages, 3 page, 4 its text; `objets` are numbered from 5 on."""
    texte = b"BT /F1 12 Tf 72 720 Td (Attestation) Tj ET"
    corps = [
        b"<</Type/Catalog/Pages 2 0 R" + catalogue + b">>",
        pages or b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R" + page + b">>",
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(texte), texte),
        *objets,
    ]
    sortie, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for numero, objet in enumerate(corps, 1):
        places.append(len(sortie))
        sortie += b"%d 0 obj\n%b\nendobj\n" % (numero, objet)
    sortie += orphelins
    table = len(sortie)
    sortie += b"xref\n0 %d\n0000000000 65535 f \n" % (len(corps) + 1)
    sortie += b"".join(b"%010d 00000 n \n" % place for place in places)
    sortie += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(corps) + 1, table)
    return bytes(sortie)


def flux(octets: bytes, description: bytes = b"/Filter/FlateDecode") -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (description, len(octets), octets)


def zeros(mo: int) -> bytes:
    """`mo` megabytes of zeros, compressed a thousand times, without ever holding them."""
    compresse, morceau = zlib.compressobj(9), bytes(1024 * 1024)
    return b"".join(compresse.compress(morceau) for _ in range(mo)) + compresse.flush()


def pdf_pypdf(pages: int = 1, *, mot_de_passe: str | None = None, proprietaire: str | None = None) -> bytes:
    redacteur, sortie = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        redacteur.add_blank_page(595, 842)
    if mot_de_passe is not None:
        redacteur.encrypt(mot_de_passe, proprietaire, algorithm="RC4-128")
    redacteur.write(sortie)
    return sortie.getvalue()


def pdf_objets_compresses(objet: bytes) -> bytes:
    """A PDF whose hidden object is in a compressed object stream that no table names."""
    dedans = b"9 0 " + objet
    return pdf(
        orphelins=b"8 0 obj\n"
        + flux(zlib.compress(dedans), b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")
        + b"\nendobj\n"
    )


def morceau(nom: bytes, contenu: bytes) -> bytes:
    return struct.pack(">I", len(contenu)) + nom + contenu + struct.pack(">I", zlib.crc32(nom + contenu))


def png_annonce(largeur: int, hauteur: int, *, bits: int = 8, couleur: int = 2, donnees: bytes = b"") -> bytes:
    entete = struct.pack(">IIBBBBB", largeur, hauteur, bits, couleur, 0, 0, 0)
    return PNG + morceau(b"IHDR", entete) + morceau(b"IDAT", donnees or zeros(1)) + morceau(b"IEND", b"")


def image(format: str, taille: tuple[int, int] = (64, 48), **reglages: object) -> bytes:
    sortie = io.BytesIO()
    dessin = Image.linear_gradient("L").resize(taille).convert("RGB")
    dessin.save(sortie, format, **reglages)
    return sortie.getvalue()


def archive(entrees: dict[str, bytes]) -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as zip_:
        for nom, contenu in entrees.items():
            zip_.writestr(nom, contenu)
    return sortie.getvalue()


def compte_pages(octets: bytes) -> int:
    return len(PdfReader(io.BytesIO(octets)).pages)
