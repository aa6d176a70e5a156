"""Reading a file too big to be held: one line at a time, in the same pipeline and report as the other imports.

    def load(lot: Import) -> None:
        for numero, cellules in read_flux(lot, COLONNES):    # cells in the order of COLONNES, stripped
            ...

The file is text in UTF-8 whose cells hold no line break and are not quoted, as the Annuaire santé publishes them.
"""

import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from portal.core.fichiers import AUTRES_NATURES, COLONNES_MAX, MO, FichierRefuse, normalize_nom
from portal.core.imports import Import, ImportRefuse

TAILLE_MAX_FLUX = 4096 * MO
LIGNE_MAX = 64 * 1024  # bytes: the widest line of the Annuaire santé is under 2,000
ERREURS_MAX = 1_000
BOM = b"\xef\xbb\xbf"
APOSTROPHES = re.compile("[’‘ʼ]")


def read_flux(
    lot: Import, requises: Sequence[str], *, separateur: str = "|", taille_max: int = TAILLE_MAX_FLUX
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, cells of the columns asked) below the header, found on the first line by its names, in any order.

    A line with the wrong number of cells is an error of the report; what makes the file unreadable refuses it at once.
    `lot.empreinte` is known when the last line has been given.
    """
    _check_taille(lot.chemin, taille_max)
    somme = sha256()
    try:
        with lot.chemin.open("rb") as fichier:
            lignes = _read_lignes(fichier, somme.update)
            _, premiere = next(lignes, (1, ""))
            entete = _clean_entete(premiere, separateur)
            prendre = _build_prise(lot, entete, requises)
            yield from _read_corps(lot, lignes, separateur, len(entete), prendre)
    except OSError as erreur:
        raise FichierRefuse("Fichier illisible : vérifiez vos droits de lecture.") from erreur
    lot.empreinte = somme.hexdigest()


def _read_corps(
    lot: Import,
    lignes: Iterator[tuple[int, str]],
    separateur: str,
    largeur: int,
    prendre: Callable[[Sequence[str]], tuple[str, ...]],
) -> Iterator[tuple[int, tuple[str, ...]]]:
    vides = 0
    for numero, texte in lignes:
        lot.lues += 1
        if not texte.strip():
            vides += 1
            lot.ignorees += 1
            continue
        cellules = texte.split(separateur)
        if len(cellules) != largeur and (len(cellules) < largeur or any(c.strip() for c in cellules[largeur:])):
            message = f"{len(cellules)} cellules au lieu de {largeur} : ligne tronquée ou séparateur en trop"
            lot.erreur(numero, "", message)
            if lot.erreurs >= ERREURS_MAX:
                lot.erreur(
                    None, "", f"plus de {ERREURS_MAX} erreurs : lecture arrêtée, téléchargez le fichier à nouveau"
                )
                raise ImportRefuse
            continue
        yield numero, prendre(cellules)
    if vides:
        lot.avertissement(None, "", f"{vides} ligne(s) vide(s) écartée(s)")
    if lot.lues == vides and not lot.erreurs:
        raise FichierRefuse("Fichier sans aucune ligne de données : téléchargez-le à nouveau.")


def _read_lignes(fichier: BinaryIO, digest: Callable[[bytes], None]) -> Iterator[tuple[int, str]]:
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
        try:
            yield numero, brute.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as erreur:
            raise FichierRefuse(
                "caractère illisible (le fichier doit être en UTF-8) : téléchargez-le à nouveau.", ligne=numero
            ) from erreur


def _check_taille(chemin: Path, taille_max: int) -> None:
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
    if etat.st_size > taille_max:
        raise FichierRefuse(f"Fichier trop volumineux : {taille_max // MO} Mo au plus.")


def _check_nature(debut: bytes) -> None:
    for signature, nature in AUTRES_NATURES.items():
        if debut[:4].lower().startswith(signature.lower()):
            raise FichierRefuse(
                f"Le contenu n'est pas du texte mais {nature} : donnez le fichier texte qu'il contient."
            )


def _clean_entete(texte: str, separateur: str) -> list[str]:
    """The names as compared, without the empty ones after a last separator."""
    noms = [_fold_nom(nom) for nom in texte.split(separateur)]
    while noms and not noms[-1]:
        noms.pop()
    if len(noms) > COLONNES_MAX:
        raise FichierRefuse(f"Plus de {COLONNES_MAX} colonnes : ce n'est pas le fichier attendu.", ligne=1)
    return noms


def _fold_nom(nom: str) -> str:
    return APOSTROPHES.sub("'", normalize_nom(unicodedata.normalize("NFC", nom)))


def _build_prise(
    lot: Import, entete: list[str], requises: Sequence[str]
) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """A function from the cells of a line to those asked, stripped."""
    voulues = [_fold_nom(nom) for nom in requises]
    manquantes = [nom for nom, cle in zip(requises, voulues, strict=True) if cle not in entete]
    if manquantes:
        mot = "Colonne absente" if len(manquantes) == 1 else "Colonnes absentes"
        raise FichierRefuse(f"{mot} : {', '.join(manquantes)}. Vérifiez que c'est le bon fichier et son séparateur.")
    for nom, cle in zip(requises, voulues, strict=True):
        if entete.count(cle) > 1:
            raise FichierRefuse(f"Colonne en double : {nom}. Gardez-en une seule.", ligne=1)
    lot.colonnes = tuple(requises)
    rangs = itemgetter(*(entete.index(cle) for cle in voulues))
    seule = len(voulues) == 1

    def prendre(cellules: Sequence[str]) -> tuple[str, ...]:
        lues = (rangs(cellules),) if seule else rangs(cellules)
        return tuple(map(str.strip, lues))

    return prendre
