"""Run alone, never imported: reads a document on its input and writes {"refus": "…"} (empty: it may be kept).

A process of its own, with bounds of CPU and memory that the kernel holds: whatever a parser does with a hostile file,
it costs that and no more. Nothing of the portal is imported here, and no file is written. docs/adr/0120.
"""

import io
import json
import logging
import resource
import sys
import warnings
from typing import Any

import pypdf
from PIL import Image
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

MO = 1024 * 1024
CPU, MEMOIRE = 4, 768 * MO
PAGES_MAX, OBJETS_MAX, PROFONDEUR_MAX = 500, 60_000, 60
PIXELS_MAX, DECODE_MAX = 40_000_000, 128 * MO
GROS, RATIO_MAX = 64 * MO, 200
SCRIPTS = {"/JS", "/JavaScript"}
JOINTS = {"/EF", "/EmbeddedFiles", "/RichMediaContent"}
ACTIONS = {"/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound"}
GENRES = {"/FileAttachment", "/Movie", "/Screen", "/RichMedia", "/3D", "/Sound"}
PERMISES = {"/GoTo", "/Named"}
CANAUX = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of each colour type of a PNG


class Refus(Exception):
    """Why the document is refused, in one word that the portal knows."""


def bound() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMOIRE, MEMOIRE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def judge_pdf(octets: bytes) -> None:
    lecteur = pypdf.PdfReader(io.BytesIO(octets), strict=False)
    if lecteur.is_encrypted:
        raise Refus("mot_de_passe")
    racine = lecteur.trailer["/Root"].get_object()
    if not isinstance(racine, DictionaryObject):
        raise Refus("illisible")
    check_ouverture(racine)
    if count_pages(racine.raw_get("/Pages"), {}) < 1:
        raise Refus("illisible")
    cles = {(numero, generation) for generation, table in lecteur.xref.items() for numero in table}
    cles |= {(numero, 0) for numero in lecteur.xref_objStm}
    if len(cles) > OBJETS_MAX:
        raise Refus("complexe")
    walk(lecteur.trailer, 0)
    for numero, generation in sorted(cles):
        objet = lecteur.get_object(IndirectObject(numero, generation, lecteur))
        walk(objet, 0)


def walk(objet: Any, profondeur: int) -> None:
    """Every dictionary inside an object; what is elsewhere in the file is met in its own turn."""
    if profondeur > PROFONDEUR_MAX:
        raise Refus("complexe")
    if isinstance(objet, DictionaryObject):
        check_dictionnaire(objet)
        for cle in objet:
            walk(objet.raw_get(cle), profondeur + 1)
    elif isinstance(objet, ArrayObject):
        for rang in range(len(objet)):
            walk(list.__getitem__(objet, rang), profondeur + 1)


def check_dictionnaire(objet: DictionaryObject) -> None:
    cles = set(objet)
    if cles & SCRIPTS:
        raise Refus("script")
    if cles & JOINTS:
        raise Refus("fichier_joint")
    if "/XFA" in cles:
        raise Refus("formulaire")
    genre = objet.get("/S") if "/S" in cles and objet.get("/Type") != "/StructElem" else None
    if genre == "/JavaScript":
        raise Refus("script")
    if genre in ACTIONS:
        raise Refus("action")
    if objet.get("/Type") == "/EmbeddedFile" or objet.get("/Subtype") in GENRES:
        raise Refus("fichier_joint")
    if "/AA" in cles:
        actions: Any = objet["/AA"].get_object()
        for action in actions.values():
            check_action(action.get_object())


def check_ouverture(racine: DictionaryObject) -> None:
    if "/OpenAction" in racine:
        check_action(racine["/OpenAction"].get_object())


def check_action(action: Any) -> None:
    """Going to a page of the same document is what most word processors write; anything else acts by itself."""
    if isinstance(action, DictionaryObject):
        if action.get("/S") in ("/JavaScript", None) and ("/JS" in action):
            raise Refus("script")
        if action.get("/S") not in PERMISES:
            raise Refus("action")


def count_pages(noeud: Any, comptes: dict[int, int], profondeur: int = 0) -> int:
    """Pages of the tree, a node that comes back counted each time it would be shown, read once."""
    numero = noeud.idnum if isinstance(noeud, IndirectObject) else 0
    if profondeur > PROFONDEUR_MAX:
        raise Refus("complexe")
    if numero in comptes and numero:
        if comptes[numero] < 0:
            raise Refus("illisible")  # a tree that holds itself
        return comptes[numero]
    comptes[numero] = -1
    objet = noeud.get_object()
    if not isinstance(objet, DictionaryObject):
        raise Refus("illisible")
    total = 1
    if "/Kids" in objet:
        enfants: Any = objet["/Kids"].get_object()
        if len(enfants) > PAGES_MAX:
            raise Refus("pages")
        total = sum(count_pages(list.__getitem__(enfants, r), comptes, profondeur + 1) for r in range(len(enfants)))
    if total > PAGES_MAX:
        raise Refus("pages")
    comptes[numero] = total
    return total


def judge_image(octets: bytes, genre: str) -> None:
    with Image.open(io.BytesIO(octets), formats=[genre]) as image:
        largeur, hauteur = image.size
        if largeur * hauteur > PIXELS_MAX:
            raise Refus("pixels")
        if genre == "JPEG":
            image.draft("L", (max(1, largeur // 8), max(1, hauteur // 8)))
        else:  # as it is in the file: the parser would keep eight bits of sixteen
            decode = largeur * hauteur * CANAUX.get(octets[25], 4) * octets[24] // 8
            if decode > DECODE_MAX:
                raise Refus("pixels")
            if decode > GROS and decode > RATIO_MAX * len(octets):
                raise Refus("bombe")
        image.load()


def main(type_mime: str, octets: bytes) -> str:
    try:
        if type_mime == "application/pdf":
            judge_pdf(octets)
        else:
            judge_image(octets, {"image/png": "PNG", "image/jpeg": "JPEG"}[type_mime])
    except Refus as refus:
        return str(refus)
    except (MemoryError, RecursionError):
        return "limite"
    except Image.DecompressionBombError:
        return "pixels"
    except Exception:
        return "illisible"
    return ""


if __name__ == "__main__":
    bound()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    sys.stdout.write(json.dumps({"refus": main(sys.argv[1], sys.stdin.buffer.read())}))
