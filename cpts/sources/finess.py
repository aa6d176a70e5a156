"""FINESS, « Extraction du fichier des établissements » (etalab-cs1100507): two kinds of records, no header.

First line `finess;etalab;…;AAAA-MM-JJ`, then `structureet` (a site) and `geolocalisation` (its point) in any order.
The bytes are UTF-8 or Latin-1, told line by line: an accent of one is not readable as the other. A number whose key is
wrong is kept: the register is right about its own numbers, and the rule of the key was only observed.
"""

import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from cpts.calculs.projections import to_degrees
from cpts.regles.finess import FinessRefuse, read_finess
from portal.core.fichiers import AUTRES_NATURES, MO, FichierRefuse

TAILLE_MAX: Final = 512 * MO  # the whole of France is 35 MB
LIGNE_MAX: Final = 64 * 1024
BOM: Final = b"\xef\xbb\xbf"
SITE, POINT = "structureet", "geolocalisation"
COLONNES_SITE: Final = (
    "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie", "compvoie",
    "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone", "telecopie",
    "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft", "libmft",
    "codesph", "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
COLONNES_POINT: Final = ("nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj")
REQUISES: Final = {SITE: COLONNES_SITE.index("dateautor") + 1, POINT: COLONNES_POINT.index("sourcecoordet") + 1}
"""Cells that a record needs; the last ones may be missing."""
MSP, CENTRE, CPTS = "603", "124", "604"
"""Categories of the nomenclature: maison de santé (L. 6223-3), centre de santé, CPTS."""
OUTRE_MER: Final = re.compile(r"9[A-F]|97[1-8]")
"""Overseas the file writes « 9A » to « 9F » for the département, and the last three digits of the INSEE code."""
COMMUNE: Final = re.compile(r"[0-9]{3}")
POSTAL: Final = re.compile(r"([0-9]{5})\b")
SIRET: Final = re.compile(r"[0-9]{14}")
JOUR: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class LigneRefusee(Exception):
    """The line makes the file doubtful: nothing is loaded."""

    def __init__(self, colonne: str, message: str) -> None:
        super().__init__(message)
        self.colonne = colonne


@dataclass(frozen=True, slots=True)
class Ligne:
    """A record: its number in the file, its kind, its cells without the kind. `brute`: how it was encoded."""

    numero: int
    genre: str
    cellules: tuple[str, ...]
    codage: str


@dataclass(frozen=True, slots=True)
class Site:
    """A site as the file gives it. `commune`: the code that its columns make, not looked for."""

    finess: str
    finess_ej: str
    nom: str
    categorie: str
    commune: str
    departement: str
    adresse: str
    code_postal: str
    telephone: str
    siret: str
    ouvert_le: date | None


@dataclass(frozen=True, slots=True)
class Point:
    finess: str
    longitude: float
    latitude: float


@dataclass(slots=True)
class Lecture:
    """What is known once the file has begun (`jour`: of the extraction) and once it has ended (`empreinte`)."""

    jour: date | None = None
    empreinte: str = ""


def read_finess_flux(chemin: Path, lecture: Lecture) -> Iterator[Ligne]:
    """Every record below the first line, one at a time. Raises FichierRefuse for what makes the file unreadable."""
    _check_taille(chemin)
    somme = sha256()
    try:
        with chemin.open("rb") as fichier:
            lignes = _read_lignes(fichier, somme.update)
            lecture.jour = _read_entete(next(lignes, (1, "", ""))[1])
            for numero, texte, codage in lignes:
                genre, _, reste = texte.partition(";")
                yield Ligne(numero, genre.strip().lower(), tuple(c.strip() for c in reste.split(";")), codage)
    except OSError as erreur:
        raise FichierRefuse("Fichier illisible : vérifiez vos droits de lecture.") from erreur
    lecture.empreinte = somme.hexdigest()


def _read_entete(texte: str) -> date:
    cellules = [cellule.strip() for cellule in texte.split(";")]
    if cellules[:2] != ["finess", "etalab"]:
        raise FichierRefuse(
            "Ce n'est pas l'extraction des établissements de FINESS : elle commence par « finess;etalab ».",
            ligne=1,
        )
    jours = [cellule for cellule in cellules[2:] if JOUR.fullmatch(cellule)]
    try:
        return date.fromisoformat(jours[-1])
    except (IndexError, ValueError) as erreur:
        raise FichierRefuse("La première ligne ne dit pas le jour de l'extraction (AAAA-MM-JJ).", ligne=1) from erreur


def _read_lignes(fichier: BinaryIO, digest: Callable[[bytes], None]) -> Iterator[tuple[int, str, str]]:
    numero = 0
    while brute := fichier.readline(LIGNE_MAX):
        numero += 1
        digest(brute)
        if numero == 1:
            brute = brute.removeprefix(BOM)
            _check_nature(brute)
        if len(brute) >= LIGNE_MAX:
            raise FichierRefuse("ligne démesurée : ce n'est pas le fichier attendu.", ligne=numero)
        if b"\x00" in brute:
            raise FichierRefuse("caractère nul : le fichier est abîmé, téléchargez-le à nouveau.", ligne=numero)
        brute = brute.rstrip(b"\r\n")
        if brute.isascii():
            yield numero, brute.decode("ascii"), ""
            continue
        try:
            yield numero, brute.decode("utf-8"), "UTF-8"
        except UnicodeDecodeError:
            yield numero, brute.decode("cp1252", errors="replace"), "Latin-1"


def _check_taille(chemin: Path) -> None:
    try:
        etat = chemin.stat()
    except (OSError, ValueError) as erreur:
        raise FichierRefuse(
            "Fichier introuvable ou illisible : vérifiez son chemin et vos droits de lecture."
        ) from erreur
    if not stat.S_ISREG(etat.st_mode):
        raise FichierRefuse("Ce chemin n'est pas un fichier : donnez le fichier lui-même.")
    if etat.st_size == 0:
        raise FichierRefuse("Fichier vide : téléchargez-le à nouveau.")
    if etat.st_size > TAILLE_MAX:
        raise FichierRefuse(f"Fichier trop volumineux : {TAILLE_MAX // MO} Mo au plus.")


def _check_nature(debut: bytes) -> None:
    for signature, nature in AUTRES_NATURES.items():
        if debut[:4].lower().startswith(signature.lower()):
            raise FichierRefuse(
                f"Le contenu n'est pas du texte mais {nature} : donnez le fichier texte qu'il contient."
            )


def check_largeur(ligne: Ligne) -> None:
    """Raises LigneRefusee for a record that was cut, or that holds more cells than its kind has."""
    attendues = len(COLONNES_SITE if ligne.genre == SITE else COLONNES_POINT)
    nombre = len(ligne.cellules)
    if nombre < REQUISES[ligne.genre] or any(ligne.cellules[attendues:]):
        raise LigneRefusee(
            "", f"{nombre + 1} cellules au lieu de {attendues + 1} : ligne tronquée ou séparateur en trop"
        )


def build_site(ligne: Ligne) -> Site:
    """Raises LigneRefusee."""
    lues = dict(zip(COLONNES_SITE, ligne.cellules, strict=False))
    nom = lues["rslongue"] or lues["rs"]
    if not nom:
        raise LigneRefusee("rs", "raison sociale vide : le fichier est abîmé, téléchargez-le à nouveau")
    postal = POSTAL.match(lues["ligneacheminement"])
    voie = " ".join(filter(None, (lues["numvoie"], lues["typvoie"], lues["voie"], lues["compvoie"])))
    return Site(
        finess=_read_numero("nofinesset", lues["nofinesset"]),
        finess_ej=_read_numero("nofinessej", lues["nofinessej"]) if lues["nofinessej"] else "",
        nom=nom[:160],
        categorie=lues["categetab"],
        commune=build_commune(lues["departement"], lues["commune"]),
        departement=lues["departement"],
        adresse=", ".join(filter(None, (lues["compldistrib"], voie, lues["lieuditbp"])))[:200],
        code_postal=postal[1] if postal else "",
        telephone=lues["telephone"][:20],
        siret=lues["siret"] if SIRET.fullmatch(lues["siret"]) else "",
        ouvert_le=_read_jour("dateouv", lues["dateouv"]) or _read_jour("dateautor", lues["dateautor"]),
    )


def build_commune(departement: str, commune: str) -> str:
    """The INSEE code that two columns make; "" when they do not."""
    if not COMMUNE.fullmatch(commune):
        return ""
    debut = "97" if OUTRE_MER.fullmatch(departement.upper()) else departement.upper()
    return f"{debut}{commune}" if len(debut) == 2 else ""


def build_point(ligne: Ligne) -> Point | None:
    """None: no coordinates, or a projection that the record does not name. Raises LigneRefusee."""
    lues = dict(zip(COLONNES_POINT, ligne.cellules, strict=False))
    finess = _read_numero("nofinesset", lues["nofinesset"])
    if not lues["coordxet"] or not lues["coordyet"]:
        return None
    try:
        x, y = float(lues["coordxet"].replace(",", ".")), float(lues["coordyet"].replace(",", "."))
    except ValueError as erreur:
        raise LigneRefusee("coordxet", "coordonnée illisible : un nombre de mètres est attendu") from erreur
    projection = lues["sourcecoordet"].rsplit(",", 1)[-1].strip().upper()
    lieu = to_degrees(x, y, projection)
    return Point(finess, *lieu) if lieu else None


def _read_numero(colonne: str, texte: str) -> str:
    try:
        return read_finess(texte, cle=False)
    except FinessRefuse as refus:
        raise LigneRefusee(colonne, f"« {texte[:20]} » : {refus}") from refus


def _read_jour(colonne: str, texte: str) -> date | None:
    if not texte:
        return None
    try:
        return date.fromisoformat(texte) if JOUR.fullmatch(texte) else _refuse_jour(colonne, texte)
    except ValueError:
        return _refuse_jour(colonne, texte)


def _refuse_jour(colonne: str, texte: str) -> date:
    raise LigneRefusee(colonne, f"« {texte[:20]} » n'est pas un jour (AAAA-MM-JJ)")
