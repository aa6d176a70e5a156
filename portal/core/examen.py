"""Judging a file that somebody hands in: its name, its extension, its first bytes and a parser must agree.

The parser runs in a process of its own, bounded in time and memory (portal/core/inspection.py, docs/adr/0120).
"""

import json
import logging
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from portal.core.metadonnees import ImageAbimee, strip_jpeg, strip_png
from portal.core.pdf_brut import scan_pdf

NOM_MAX = 100
INSPECTION = Path(__file__).with_name("inspection.py")
DELAI = 20  # seconds of clock: the process bounds its own CPU, this is for a machine that is very busy
ENDROIT = "Choisissez un PDF ou une photo (JPEG, PNG)."
TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
SIGNATURES = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
REFUS = {
    "illisible": "Ce fichier est abîmé ou incomplet : ouvrez-le, enregistrez-le à nouveau, puis déposez-le.",
    "panne": "La vérification de ce fichier n'a pas pu se faire : réessayez dans quelques minutes.",
    "limite": "Ce fichier demande trop de travail pour être vérifié : imprimez-le en PDF, puis déposez ce PDF.",
    "mot_de_passe": "Ce PDF est protégé par mot de passe : retirez la protection, puis déposez-le.",
    "pages": "Ce PDF a plus de 500 pages : déposez seulement les pages utiles.",
    "complexe": "Ce PDF est trop complexe : imprimez-le en PDF, puis déposez le résultat.",
    "script": "Ce PDF contient un programme (JavaScript) : imprimez-le en PDF, puis déposez le résultat.",
    "action": "Ce PDF lance une action à l'ouverture : imprimez-le en PDF, puis déposez le résultat.",
    "fichier_joint": "Ce PDF contient un fichier joint ou un contenu animé : imprimez-le en PDF, puis déposez le "
    "résultat.",
    "formulaire": "Ce PDF est un formulaire dynamique (XFA) : imprimez-le en PDF, puis déposez le résultat.",
    "bombe": "Ce fichier prend une place anormale une fois décompressé : enregistrez-le à nouveau, puis déposez-le.",
    "pixels": "Cette image est trop grande (plus de 40 millions de points) : réduisez-la, puis déposez-la.",
    "melange": "Ce fichier en cache un autre : enregistrez-le à nouveau en PDF ou en image, puis déposez-le.",
}
NIR = re.compile(
    r"(?<!\d)[1-478]\s?\d{2}\s?(?:0[1-9]|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[AB])\s?\d{3}\s?\d{3}(?:\s?\d{2})?(?!\d)",
    re.IGNORECASE,
)
RESERVES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
CACHES = (b"<script", b"<html", b"<!doctype", b"<svg", b"<?php", b"<iframe")
FIN_ZIP = b"PK\x05\x06"
AUTRES = (b"PK\x03\x04", b"%PDF-", b"Rar!\x1a", b"7z\xbc\xaf", b"MZ\x90", b"\x7fELF")


journal = logging.getLogger("maillage.documents")


class DocumentRefuse(Exception):
    """The file cannot be received: the French sentence says why and what to do next."""


@dataclass(frozen=True, slots=True)
class FichierAccepte:
    """What may be stored: a clean name, the type that everything agrees on, the bytes without their metadata."""

    nom: str
    type_mime: str
    octets: bytes


def examine(fichier: UploadedFile) -> FichierAccepte:
    """Read, judge and clean. Raises DocumentRefuse."""
    nom = clean_nom(fichier.name or "")
    octets = read_borne(fichier)
    return examine_octets(nom, octets)


def examine_octets(nom: str, octets: bytes) -> FichierAccepte:
    type_mime = TYPES.get(Path(nom).suffix.lower())
    if type_mime is None:
        raise DocumentRefuse(f"Ce type de fichier n'est pas accepté. {ENDROIT}")
    if not octets.startswith(SIGNATURES[type_mime]):
        raise DocumentRefuse(f"Le contenu du fichier ne correspond pas à son extension. {ENDROIT}")
    _refuse_melange(octets, pdf=type_mime == "application/pdf")
    if type_mime != "application/pdf":
        octets = _strip(octets, type_mime)
    elif refus := scan_pdf(octets):
        raise DocumentRefuse(REFUS[refus])
    inspect(octets, type_mime)
    return FichierAccepte(nom, type_mime, octets)


def read_borne(fichier: UploadedFile) -> bytes:
    """The bytes, never more than the limit in memory, whatever size was announced."""
    limite = settings.MAILLAGE_DOCUMENT_MAX
    trop = (
        f"Fichier trop volumineux ({limite // 1024 // 1024} Mo au plus) : réduisez-le ou déposez-le en plusieurs fois."
    )
    if (fichier.size or 0) > limite:
        raise DocumentRefuse(trop)
    fichier.seek(0)
    octets: bytes = fichier.read(limite + 1)
    if len(octets) > limite:
        raise DocumentRefuse(trop)
    if not octets:
        raise DocumentRefuse("Ce fichier est vide : vérifiez-le, puis déposez-le à nouveau.")
    return octets


def clean_nom(brut: str) -> str:
    """A name that may be shown and sent in a header: no folder, no control or direction mark, 100 characters at most.

    Raises DocumentRefuse when it holds what looks like a social security number.
    """
    nom = unicodedata.normalize("NFC", brut.replace("\\", "/").rsplit("/", 1)[-1])
    nom = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " * (c.isspace() or c == "\x00") for c in nom)
    nom = re.sub(r'[<>:"|?*;\s]+', " ", nom).strip(" .")
    if contains_nir(nom):
        raise DocumentRefuse(
            "Le nom du fichier contient ce qui semble être un numéro de sécurité sociale : renommez-le, puis "
            "déposez-le. Ne transmettez aucune donnée de patient."
        )
    racine, point, extension = nom.rpartition(".")
    if not point:
        racine, extension = nom, ""
    if RESERVES.match(nom) or not racine.strip(" ."):
        racine = f"document {racine}".strip(" .")
    extension = extension[:10]
    return f"{racine[: NOM_MAX - len(extension) - 1].strip(' .')}{point}{extension}"


def contains_nir(texte: str) -> bool:
    """Thirteen digits shaped like a NIR, or fifteen whose key is right, whatever separates them."""
    for trouve in NIR.finditer(re.sub(r"[\s._\-]+", " ", texte)):
        chiffres = re.sub(r"\s", "", trouve.group()).upper()
        if len(chiffres) == 13:
            return True
        nombre = chiffres[:13].replace("2A", "19").replace("2B", "18")
        if nombre.isdigit() and 97 - int(nombre) % 97 == int(chiffres[13:]):
            return True
    return False


def inspect(octets: bytes, type_mime: str) -> None:
    """Let the parser read it, elsewhere. Raises DocumentRefuse. Nothing of the environment is given to it."""
    commande = [sys.executable, "-I", str(INSPECTION), type_mime]
    try:
        fini = subprocess.run(  # noqa: S603
            commande, input=octets, capture_output=True, timeout=DELAI, check=False, env={}, cwd="/"
        )
    except subprocess.TimeoutExpired:
        raise DocumentRefuse(REFUS["limite"]) from None
    if fini.returncode < 0:  # the kernel stopped it at one of its bounds
        raise DocumentRefuse(REFUS["limite"])
    try:
        refus = json.loads(fini.stdout)["refus"]
    except (ValueError, KeyError):  # it answers even for the worst file: something is wrong with the portal itself
        journal.error("la vérification des documents ne démarre pas (code %s)", fini.returncode)
        raise DocumentRefuse(REFUS["panne"]) from None
    if refus:
        raise DocumentRefuse(REFUS[refus])


def _strip(octets: bytes, type_mime: str) -> bytes:
    try:
        propre, reste = (strip_jpeg if type_mime == "image/jpeg" else strip_png)(octets)
    except ImageAbimee:
        raise DocumentRefuse(REFUS["illisible"]) from None
    if any(marque in reste for marque in AUTRES) or any(marque in reste.lower() for marque in CACHES):
        raise DocumentRefuse(REFUS["melange"])
    return propre


def _refuse_melange(octets: bytes, *, pdf: bool) -> None:
    """A file that another program would open as something else: archive at the end, web page at the beginning."""
    tete = octets[:1024].lower()
    if FIN_ZIP in octets[-66_000:] or (pdf and any(marque in tete for marque in CACHES)):
        raise DocumentRefuse(REFUS["melange"])
