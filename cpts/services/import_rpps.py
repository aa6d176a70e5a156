"""Load the Annuaire santé by difference: COPY aside by batches, then a few statements over the whole set.

A place that is no longer in an extraction is closed on its day, never deleted; one that appears is opened that day.
"""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from cpts.services import sql_rpps as sql
from cpts.sources.rpps import COLONNES, Constats, LigneRefusee, build_ligne
from portal.core.fichiers import FichierRefuse
from portal.core.imports import Import
from portal.core.imports_flux import read_flux
from portal.core.models import ImportRun, StatutImport
from portal.core.sql import copy_rows, first_fill
from zonage.calculs.noms import cle_tri
from zonage.services.codes import Codes, read_codes

SOURCE = "annuaire_sante"
PAQUET = 20_000
DUREE_MAX_MS = 1_200_000  # one statement over the whole set, on a slow machine
BAISSE_MAX = 0.10
BAISSE_MIN = 50
"""Fewer vanished practitioners than this is never taken for a truncated file."""


def load_rpps(lot: Import, *, jour: date, accepte_baisse: bool = False) -> None:
    """Read, then write by difference. Refuses an extraction older than the last, and one that lost too many people."""
    lot.millesime = jour.isoformat()
    derniere = _check_jour(jour)
    constats = Constats()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(DUREE_MAX_MS)])
        for requete in sql.TABLES:
            cursor.execute(requete)
        lignes = _read(lot, constats)
        gardees = 0
        while paquet := list(islice(lignes, PAQUET)):
            gardees += copy_rows(cursor, "import_rpps", sql.COLONNES_TEMPORAIRES, paquet)
        _report(lot, constats)
        lot.check()
        if not gardees:
            raise FichierRefuse("Aucune ligne des six professions suivies : vérifiez que c'est le bon fichier.")
        _check_meme_jour(lot, jour, derniere)
        for requete in sql.ENSEMBLES:
            cursor.execute(requete)
        _check_baisse(cursor, accepte_baisse)
        _write(lot, cursor, jour)
        lot.ecrites = _count(cursor, sql.LIGNES_ECRITES)
        lot.identiques = gardees - lot.ecrites
        for requete in sql.OFFRE:
            cursor.execute(requete, {"jour": jour})


def _read(lot: Import, constats: Constats) -> Iterator[tuple[Any, ...]]:
    codes = read_codes()
    communes: dict[str, str | None] = {"": None}
    for numero, cellules in read_flux(lot, COLONNES):
        try:
            ligne = build_ligne(numero, cellules, constats)
        except LigneRefusee as refus:
            lot.erreur(numero, refus.colonne, str(refus))
            continue
        if ligne is None:
            lot.ignorees += 1
            continue
        if ligne.code_publie not in communes:
            communes[ligne.code_publie] = _resolve(numero, ligne.code_publie, codes, constats)
        yield (numero, *ligne, communes[ligne.code_publie], cle_tri(f"{ligne.nom} {ligne.prenom}")[:160])


def _resolve(numero: int, code: str, codes: Codes, constats: Constats) -> str | None:
    """Today's commune of a published code; None when it is unknown, or was shared between several."""
    heritieres = codes.resolve(code)
    if len(heritieres) == 1:
        return heritieres[0]
    raison = "plusieurs communes l'ont reprise" if heritieres else "inconnue du référentiel"
    message = f"commune {code} : {raison}, lieux gardés sans commune"
    constats.doubt(numero, "Code commune (coord. structure)", message)
    return None


def _report(lot: Import, constats: Constats) -> None:
    """One sentence a reason, with its count and the first line."""
    for motif, nombre in sorted(constats.ecarts.items()):
        lot.avertissement(None, "", f"{nombre} ligne(s) écartée(s) : {motif}")
    for (colonne, message), nombre in sorted(constats.doutes.items()):
        lot.avertissement(constats.premieres[colonne, message], colonne, f"{message} ({nombre} fois en tout)")


def _check_jour(jour: date) -> ImportRun | None:
    """The last extraction loaded. Raises FichierRefuse when this one is older."""
    derniere = (
        ImportRun.objects.filter(source=SOURCE, statut=StatutImport.REUSSI).order_by("-millesime", "-pk").first()
    )
    if derniere is not None and jour.isoformat() < derniere.millesime:
        connu = f"{date.fromisoformat(derniere.millesime):%d/%m/%Y}"
        raise FichierRefuse(f"Extraction du {jour:%d/%m/%Y}, plus ancienne que celle déjà chargée ({connu}).")
    return derniere


def _check_meme_jour(lot: Import, jour: date, derniere: ImportRun | None) -> None:
    if derniere and derniere.millesime == jour.isoformat() and derniere.empreinte != lot.empreinte:
        raise FichierRefuse(
            f"Un autre fichier du {jour:%d/%m/%Y} est déjà chargé : vérifiez --jour, ou attendez le suivant."
        )


def _check_baisse(cursor: CursorWrapper, accepte: bool) -> None:
    """A file cut between two lines looks sound: it is known by those who are no longer in it."""
    cursor.execute(sql.DISPARUS)
    connus, disparus = cursor.fetchone()
    if not accepte and disparus > BAISSE_MIN and disparus > BAISSE_MAX * connus:
        raise FichierRefuse(
            f"{disparus} praticiens sur {connus} ne sont plus dans ce fichier, sans doute tronqué : téléchargez-le à "
            "nouveau. Si la baisse est réelle, ajoutez --accepter-baisse."
        )


def _write(lot: Import, cursor: CursorWrapper, jour: date) -> None:
    parametres = {"jour": jour}
    cursor.execute(sql.PRATICIENS_CHANGES, parametres)
    with first_fill(cursor, "cpts_praticien"):
        cursor.execute(sql.PRATICIENS_NOUVEAUX, parametres)
    cursor.execute(sql.PRATICIENS_VUS, parametres)
    cursor.execute(sql.LIEUX_FERMES, parametres)
    fermes = cursor.rowcount
    cursor.execute(sql.LIEUX_CHANGES)
    with first_fill(cursor, "cpts_lieuexercice"):
        cursor.execute(sql.LIEUX_NOUVEAUX, parametres)
    if fermes:
        message = f"{fermes} lieu(x) d'exercice clos au {jour:%d/%m/%Y} : absents de cette extraction"
        lot.avertissement(None, "", message)
    if doubles := _count(cursor, sql.DEUX_PROFESSIONS):
        message = (
            f"{doubles} praticien(s) inscrit(s) sous deux professions : la première par ordre alphabétique est gardée"
        )
        lot.avertissement(None, "Code profession", message)


def _count(cursor: CursorWrapper, requete: str) -> int:
    cursor.execute(requete)
    return int(cursor.fetchone()[0])
