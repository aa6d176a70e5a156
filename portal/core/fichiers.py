"""Opening an official file without trusting it: size, nature, encoding, separator, archive, XML, formulas.

Every function raises `FichierRefuse` with a French sentence that says what to do next. No database here.
"""

import csv
import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import python_calamine

MO = 1024 * 1024
TAILLE_MAX_CSV = 60 * MO
TAILLE_MAX_CLASSEUR = 30 * MO
DECOMPRESSE_MAX = 200 * MO
RATIO_MAX = 60
ENTREES_MAX = 200
LIGNES_ENTETE = 20
COLONNES_MAX = 500
SEPARATEURS = ";,\t|"
FORMULE = re.compile(r"^[\s\u00a0]*[=+@\uff1d\uff0b\uff20]")
ENTITE_XML = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
CELLULE_FORMULE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*?>\s*<(?:\w+:)?f[\s>/]')
FIN_ARCHIVE = b"PK\x05\x06"
ARCHIVE, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
ARCHIVE_ABIMEE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
AUTRES_NATURES = {
    b"%PDF": "un PDF",
    b"\x7fELF": "un programme",
    b"MZ": "un programme",
    b"<!DO": "une page web",
    b"<htm": "une page web",
    b"\x1f\x8b": "une archive gzip",
    b"PK\x03\x04": "un classeur ou une archive",
    b"\xd0\xcf\x11\xe0": "un ancien classeur .xls",
}


class FichierRefuse(Exception):
    """The file cannot be read as it is: the message says why, where and what to do."""

    def __init__(self, message: str, *, ligne: int | None = None, colonne: str = "") -> None:
        super().__init__(message)
        self.ligne, self.colonne = ligne, colonne


@dataclass(frozen=True, slots=True)
class Texte:
    """A decoded text file. `note` is what the person should know about its encoding (empty: nothing)."""

    contenu: str
    note: str


def normalize_nom(nom: object) -> str:
    """A column name as compared: NFKC, one space, no case."""
    return " ".join(unicodedata.normalize("NFKC", str(nom)).casefold().split())


def read_bytes(chemin: Path, *, taille_max: int) -> bytes:
    """The bytes of a regular file. The size is judged before anything is read."""
    try:
        etat = chemin.stat()
    except (OSError, ValueError) as erreur:
        raise FichierRefuse(
            "Fichier introuvable ou illisible : vérifiez son chemin et vos droits de lecture."
        ) from erreur
    if not stat.S_ISREG(etat.st_mode):
        raise FichierRefuse("Ce chemin n'est pas un fichier : donnez le fichier lui-même.")
    if etat.st_size > taille_max:
        taille = f"{etat.st_size / MO:,.0f}".replace(",", " ")
        raise FichierRefuse(f"Fichier trop volumineux : {taille} Mo, pour {taille_max // MO} Mo au plus.")
    if etat.st_size == 0:
        raise FichierRefuse("Fichier vide : téléchargez-le à nouveau.")
    try:
        return chemin.read_bytes()
    except OSError as erreur:
        raise FichierRefuse("Fichier illisible : vérifiez vos droits de lecture.") from erreur


# --- text -----------------------------------------------------------------------------------------------------------


def decode(octets: bytes) -> Texte:
    """UTF-8 (with or without BOM), UTF-16 with BOM, else Windows-1252 when nothing in the file is UTF-8."""
    for debut, nature in AUTRES_NATURES.items():
        if octets[:4].lower().startswith(debut.lower()):
            raise FichierRefuse(f"Le contenu n'est pas un fichier CSV mais {nature} : donnez le fichier d'origine.")
    note = ""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            contenu = octets.decode("utf-16")
        except UnicodeDecodeError as erreur:
            raise FichierRefuse("Fichier UTF-16 tronqué : téléchargez-le à nouveau.") from erreur
        note = "Encodage détecté : UTF-16."
    else:
        try:
            contenu = octets.decode("utf-8-sig")
        except UnicodeDecodeError as erreur:
            contenu = _decode_cp1252(octets, erreur.start)
            note = "Encodage détecté : Windows-1252, vérifiez les accents."
    if "\x00" in contenu:
        ligne = contenu.count("\n", 0, contenu.index("\x00")) + 1
        raise FichierRefuse("caractère nul dans le fichier : réenregistrez-le en CSV UTF-8.", ligne=ligne)
    return Texte(contenu, note)


def _decode_cp1252(octets: bytes, premiere: int) -> str:
    """A file with valid accents in UTF-8 and a few broken bytes is a damaged UTF-8 file, not a Windows-1252 one."""
    remplace = octets.decode("utf-8", errors="replace")
    abimes = remplace.count("\ufffd")
    accents = sum(1 for c in remplace if ord(c) > 127) - abimes
    if accents < abimes:
        try:
            return octets.decode("cp1252")
        except UnicodeDecodeError as erreur:
            premiere = erreur.start
    debut = octets.rfind(b"\n", 0, premiere) + 1
    ligne = octets.count(b"\n", 0, premiere) + 1
    morceau = octets[debut:premiere]
    rang = 1 + max(morceau.count(separateur.encode()) for separateur in SEPARATEURS)
    raise FichierRefuse(
        "caractère illisible (ni UTF-8 ni Windows-1252) : réenregistrez le fichier en UTF-8.",
        ligne=ligne,
        colonne=str(rang),
    )


def read_csv(contenu: str, requises: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) from the header row on: the first of the first lines that names the required columns."""
    separateur, rang_entete = _find_entete(contenu, requises)
    lecteur = csv.reader(io.StringIO(contenu, newline=""), delimiter=separateur, strict=True)
    precedente = 0
    try:
        for rang, cellules in enumerate(lecteur):
            ligne, precedente = precedente + 1, lecteur.line_num
            if rang >= rang_entete:
                yield ligne, cellules
    except csv.Error as erreur:
        raisons = {
            "unexpected end of data": "guillemet ouvert et jamais refermé",
            "field larger": "cellule démesurée, sans doute un guillemet jamais refermé",
        }
        raison = next((fr for en, fr in raisons.items() if en in str(erreur)), "ligne CSV mal formée")
        raise FichierRefuse(f"{raison} : corrigez cette ligne.", ligne=precedente + 1) from erreur


def _find_entete(contenu: str, requises: Sequence[str]) -> tuple[str, int]:
    voulues = [normalize_nom(nom) for nom in requises]
    meilleur: tuple[int, list[str]] = (0, voulues)
    debut = contenu[: 64 * 1024].splitlines()[:LIGNES_ENTETE]
    for separateur in SEPARATEURS:
        for rang, texte in enumerate(debut):
            try:
                cellules = next(csv.reader([texte], delimiter=separateur), [])
            except csv.Error:
                continue
            noms = [normalize_nom(cellule) for cellule in cellules]
            manquantes = [nom for nom in voulues if nom not in noms]
            if not manquantes:
                if len(noms) > COLONNES_MAX:
                    raise FichierRefuse(
                        f"Plus de {COLONNES_MAX} colonnes : ce n'est pas le fichier attendu.", ligne=rang + 1
                    )
                return separateur, rang
            if (trouvees := len(voulues) - len(manquantes)) > meilleur[0]:
                meilleur = (trouvees, manquantes)
    manquantes = [nom for nom in requises if normalize_nom(nom) in meilleur[1]]
    mot = "Colonne absente" if len(manquantes) == 1 else "Colonnes absentes"
    raise FichierRefuse(f"{mot} : {', '.join(manquantes)}. Vérifiez que c'est le bon fichier et son séparateur.")


# --- workbook -------------------------------------------------------------------------------------------------------


def open_classeur(octets: bytes) -> python_calamine.CalamineWorkbook:
    """A .xlsx workbook, after its archive was judged whole, sane and without formula, macro or external link."""
    if octets.startswith(OLE):
        raise FichierRefuse(
            "Classeur ancien (.xls) ou protégé par mot de passe : enregistrez-le en .xlsx, sans mot de passe."
        )
    if not octets.startswith(ARCHIVE):
        raise FichierRefuse("Le contenu n'est pas un classeur .xlsx : donnez le fichier d'origine.")
    fin = octets.rfind(FIN_ARCHIVE, max(0, len(octets) - 66_000))
    if fin < 0 or len(octets) < fin + 22:
        raise FichierRefuse("Classeur tronqué : téléchargez-le à nouveau.")
    if struct.unpack_from("<H", octets, fin + 10)[0] > ENTREES_MAX:
        raise FichierRefuse("Classeur refusé : trop d'entrées dans l'archive.")
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            _check_entrees(archive.infolist(), len(octets))
            for entree in archive.infolist():
                _check_contenu(entree.filename, archive.read(entree))
    except ARCHIVE_ABIMEE as erreur:
        raise FichierRefuse("Classeur tronqué ou abîmé : téléchargez-le à nouveau.") from erreur
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(octets))
    except Exception as erreur:
        raise FichierRefuse("Classeur illisible : ouvrez-le et réenregistrez-le en .xlsx.") from erreur


def _check_entrees(entrees: list[zipfile.ZipInfo], taille: int) -> None:
    """What the archive declares, before a byte is decompressed (zipfile holds each entry to its declared size)."""
    noms = [entree.filename for entree in entrees]
    if len(noms) > ENTREES_MAX or len(noms) != len(set(noms)):
        raise FichierRefuse("Classeur refusé : entrées trop nombreuses ou en double dans l'archive.")
    if any(entree.flag_bits & 1 for entree in entrees):
        raise FichierRefuse("Classeur protégé par mot de passe : enregistrez-le sans mot de passe.")
    total = sum(entree.file_size for entree in entrees)
    gonfle = any(e.file_size > MO and e.file_size > RATIO_MAX * max(e.compress_size, 1) for e in entrees)
    if total > DECOMPRESSE_MAX or gonfle or sum(e.compress_size for e in entrees) > taille:
        raise FichierRefuse("Classeur refusé : taille décompressée anormale.")
    for nom in noms:
        bas = nom.lower()
        if bas.startswith("/") or ".." in bas.split("/") or "\\" in bas:
            raise FichierRefuse("Classeur refusé : chemin interdit dans l'archive.")
        if bas.endswith((".zip", ".xlsx", ".xlsm", ".gz", ".7z", ".rar", ".exe", ".dll")):
            raise FichierRefuse("Classeur refusé : archive ou programme imbriqué.")
        if bas.endswith("vbaproject.bin"):
            raise FichierRefuse("Classeur avec macros : enregistrez-le en .xlsx sans macro.")
        if "/externallinks/" in bas:
            raise FichierRefuse("Classeur lié à d'autres classeurs : rompez les liaisons et réenregistrez-le.")
    if "xl/workbook.xml" not in noms or "[Content_Types].xml" not in noms:
        raise FichierRefuse("L'archive n'est pas un classeur .xlsx : donnez le fichier d'origine.")


def _check_contenu(nom: str, octets: bytes) -> None:
    if not nom.lower().endswith((".xml", ".rels", ".vml")):
        return
    utf16 = octets.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in octets[:64]
    if utf16 or ENTITE_XML.search(octets):
        raise FichierRefuse("Classeur refusé : déclaration XML interdite (entité ou encodage).")
    if nom == "[Content_Types].xml" and b"macroEnabled" in octets:
        raise FichierRefuse("Classeur avec macros : enregistrez-le en .xlsx sans macro.")
    if nom.startswith("xl/worksheets/") and (formule := CELLULE_FORMULE.search(octets)):
        cellule = formule.group(1).decode()
        raise FichierRefuse(f"Cellule {cellule} : formule interdite. Collez les valeurs à la place des formules.")
