"""The one pipeline of imports. An importer is a function that receives an `Import` and fills it:

    def load(lot: Import) -> None:
        lignes = [...  for ligne in lot.csv(COLONNES)]      # each counted as read; lot.classeur() for a workbook
        ...  lot.erreur(ligne.numero, "Code", "commune inconnue : 99999")      # the import will be refused
        ...  lot.ignore(ligne.numero, "Code", "ligne vide")                    # named, not loaded, not an error
        lot.check()                                          # refuse now if there is any error: nothing written yet
        lot.ecrites, lot.identiques = ...                    # lines that changed the database, lines already there

    run = run_import("cog", chemin, load, dry_run=False)     # an ImportRun, saved whatever happens

`run_import` opens one transaction and takes an advisory lock on the source (two imports of a source never mix), rolls
everything back on an error, on a refused file and on `dry_run`, checks that every line read is written, identical or
ignored and named, then writes the `ImportRun` outside that transaction. `ImportCommand` is the matching command: a
subclass gives `source` and `load`, and gets `fichier`, `--dry-run`, a printed report and an exit code ≠ 0 on refusal.
"""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import python_calamine
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from portal.core.fichiers import (
    FORMULE,
    TAILLE_MAX_CLASSEUR,
    TAILLE_MAX_CSV,
    FichierRefuse,
    decode,
    normalize_nom,
    open_classeur,
    read_bytes,
    read_csv,
)
from portal.core.models import ImportRun, StatutImport

ANOMALIES_MAX = 200
TEXTE_MAX = 300
SCIENTIFIQUE = re.compile(r"^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+$")
CODE_COMMUNE = re.compile(r"^(?:[013-9]\d|2[0-9AB])\d{3}$")
DUREE_MAX_MS = 300_000


class ImportRefuse(Exception):
    """The file holds errors: nothing is written. The report says which."""


@dataclass(frozen=True, slots=True)
class Ligne:
    """A row of a CSV file: its line number, and its cells by the names asked (stripped; "" when empty)."""

    numero: int
    valeurs: dict[str, str]

    def __getitem__(self, colonne: str) -> str:
        return self.valeurs[colonne]


@dataclass(slots=True)
class Import:
    """One import under way: the file, what was counted, what was found wrong."""

    source: str
    chemin: Path
    millesime: str = ""
    lues: int = 0
    ecrites: int = 0
    identiques: int = 0
    ignorees: int = 0
    erreurs: int = 0
    avertissements: int = 0
    rapport: list[dict[str, Any]] = field(default_factory=list)
    empreinte: str = ""
    colonnes: tuple[str, ...] = ()
    _doublons: dict[Hashable, tuple[int, object]] = field(default_factory=dict)

    @property
    def cle(self) -> str:
        """What names this import in the outbox: its source and the beginning of the digest of its file."""
        return f"{self.source}:{self.empreinte[:12]}"

    # --- report
    def erreur(self, ligne: int | None, colonne: str, message: str) -> None:
        """Something that refuses the whole file."""
        self.erreurs += 1
        self._add(ligne, colonne, "erreur", message)

    def avertissement(self, ligne: int | None, colonne: str, message: str) -> None:
        """Something the person should know; the line is loaded all the same."""
        self.avertissements += 1
        self._add(ligne, colonne, "avertissement", message)

    def ignore(self, ligne: int, colonne: str, message: str) -> None:
        """A line read, named in the report and not loaded. Never hidden, even when the report is full of warnings."""
        self.ignorees += 1
        self.avertissement(ligne, colonne, f"ligne écartée : {message}")

    def check(self) -> None:
        """Refuse here if any error was found. Call it between reading and writing."""
        if self.erreurs:
            raise ImportRefuse

    def _add(self, ligne: int | None, colonne: str, gravite: str, message: str) -> None:
        anomalie = {"ligne": ligne, "colonne": colonne[:TEXTE_MAX], "gravite": gravite, "message": message[:TEXTE_MAX]}
        if len(self.rapport) < ANOMALIES_MAX:
            self.rapport.append(anomalie)
        elif gravite == "erreur":  # an error takes the place of the last warning kept
            for rang in range(ANOMALIES_MAX - 1, -1, -1):
                if self.rapport[rang]["gravite"] == "avertissement":
                    self.rapport[rang] = anomalie
                    break

    # --- reading
    def csv(self, requises: Sequence[str], *, facultatives: Sequence[str] = ()) -> Iterator[Ligne]:
        """Rows below the header found by its names (any order, titles above it, extra columns ignored)."""
        octets = self._read(TAILLE_MAX_CSV)
        texte = decode(octets)
        if texte.note:
            self.avertissement(None, "", texte.note)
        lignes = read_csv(texte.contenu, requises)
        numero, entete = next(lignes)
        rangs = self._find_rangs(numero, entete, requises, facultatives)
        self.colonnes = tuple(rangs)
        vides = 0
        for numero, cellules in lignes:
            self.lues += 1
            if not any(cellule.strip() for cellule in cellules):
                vides += 1
                self.ignorees += 1
                if vides == 1:
                    self.avertissement(numero, "", "ligne écartée : vide")
                continue
            if len(cellules) < len(entete) or any(cellule.strip() for cellule in cellules[len(entete) :]):
                message = f"{len(cellules)} cellules au lieu de {len(entete)} : ligne tronquée ou séparateur en trop"
                self.erreur(numero, "", message)
                continue
            valeurs = {nom: cellules[rang].strip() for nom, rang in rangs.items()}
            if self._has_formule(numero, valeurs):
                continue
            yield Ligne(numero, valeurs | dict.fromkeys(set(facultatives) - set(rangs), ""))
        if vides > 1:
            self.avertissement(None, "", f"{vides} lignes vides écartées en tout")
        if self.lues == vides and not self.erreurs:
            raise FichierRefuse("Fichier sans aucune ligne de données : vérifiez l'export.")

    def classeur(self) -> python_calamine.CalamineWorkbook:
        """The workbook, once judged safe. The importer counts the lines it reads (`lot.lues += 1`)."""
        return open_classeur(self._read(TAILLE_MAX_CLASSEUR))

    def _read(self, taille_max: int) -> bytes:
        octets = read_bytes(self.chemin, taille_max=taille_max)
        self.empreinte = sha256(octets).hexdigest()
        return octets

    def _find_rangs(
        self, numero: int, entete: list[str], requises: Sequence[str], facultatives: Sequence[str]
    ) -> dict[str, int]:
        noms = [normalize_nom(nom) for nom in entete]
        rangs = {}
        for colonne in (*requises, *facultatives):
            cle = normalize_nom(colonne)
            if noms.count(cle) > 1:
                raise FichierRefuse(f"Colonne en double : {colonne}. Gardez-en une seule.", ligne=numero)
            if cle in noms:
                rangs[colonne] = noms.index(cle)
        return rangs

    def _has_formule(self, numero: int, valeurs: dict[str, str]) -> bool:
        for colonne, valeur in valeurs.items():
            if FORMULE.match(valeur):
                self.erreur(numero, colonne, "formule interdite : collez la valeur à la place de la formule")
                return True
        return False

    # --- checking values
    def code_commune(self, numero: int, colonne: str, texte: object) -> str | None:
        """An INSEE code, or None after an error. A lost leading zero is restored and said; nothing else is guessed."""
        code = str(texte).strip()
        if SCIENTIFIQUE.match(code) or (isinstance(texte, float) and not texte.is_integer()):
            self.erreur(numero, colonne, f"code tronqué par le tableur : {code}. Refaites l'export en texte")
            return None
        if isinstance(texte, float):
            code = str(int(texte))
        if len(code) == 4 and code.isascii() and code.isdigit() and code[0] != "0":
            self.avertissement(numero, colonne, f"zéro initial rétabli : {code} lu 0{code}")
            code = f"0{code}"
        if CODE_COMMUNE.match(code.upper()):
            return code.upper()
        self.erreur(
            numero, colonne, f"« {code[:20]} » n'est pas un code INSEE (cinq caractères, par exemple 71076 ou 2A004)"
        )
        return None

    def nombre(self, numero: int, colonne: str, texte: object) -> float | None:
        """A number ≥ 0, decimal comma or point; None for an empty cell, or after an error."""
        valeur = str(texte).replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        if not valeur:
            return None
        try:
            resultat = float(valeur)
        except ValueError:
            resultat = float("nan")
        if not isfinite(resultat) or resultat < 0 or "_" in valeur:
            self.erreur(numero, colonne, f"« {str(texte)[:20]} » n'est pas un nombre positif")
            return None
        return resultat

    def is_doublon(self, cle: Hashable, valeur: object, numero: int, colonne: str) -> bool:
        """Whether the key was already read. Same value: named and ignored. Another: an error, both lines named."""
        deja = self._doublons.setdefault(cle, (numero, valeur))
        if deja[0] == numero:
            return False
        nom = cle if isinstance(cle, str) else ", ".join(map(str, cle)) if isinstance(cle, tuple) else str(cle)
        if deja[1] == valeur:
            self.ignore(numero, colonne, f"{nom} répète la ligne {deja[0]}")
        else:
            self.erreur(numero, colonne, f"{nom} contredit la ligne {deja[0]} : une seule des deux peut être vraie")
        return True


def run_import(
    source: str,
    chemin: Path,
    load: Callable[[Import], None],
    *,
    dry_run: bool = False,
    millesime: str = "",
    auteur: Any = None,
) -> ImportRun:
    """Run an importer in one transaction; the ImportRun (réussi, répétition or refusé) is always saved."""
    lot = Import(source, chemin, millesime)
    debut = timezone.now()
    statut = StatutImport.REFUSE
    try:
        with transaction.atomic():
            _lock(source)
            load(lot)
            lot.check()
            _check_compte(lot)
            transaction.set_rollback(dry_run)
        statut = StatutImport.REPETITION if dry_run else StatutImport.REUSSI
    except ImportRefuse:
        pass
    except FichierRefuse as refus:
        lot.erreur(refus.ligne, refus.colonne, str(refus))
    except Exception:
        lot.erreur(None, "", "Erreur interne pendant l'import : rien n'est enregistré. Prévenez l'équipe du portail.")
        _save_run(lot, statut, debut, auteur)
        raise
    return _save_run(lot, statut, debut, auteur)


def _lock(source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(DUREE_MAX_MS)])
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"import.{source}"])
        if not cursor.fetchone()[0]:
            raise FichierRefuse("Un import de cette source est déjà en cours : attendez qu'il se termine.")


def _check_compte(lot: Import) -> None:
    """Every line read is loaded or named. A difference is a fault of the importer, never shown as a success."""
    compte = lot.ecrites + lot.identiques + lot.ignorees
    if lot.lues != compte:
        raise RuntimeError(f"import {lot.source}: {lot.lues} lines read, {compte} accounted for")


def _save_run(lot: Import, statut: StatutImport, debut: datetime, auteur: Any) -> ImportRun:
    return ImportRun.objects.create(
        source=lot.source,
        fichier="".join(c for c in lot.chemin.name if c.isprintable())[:200],
        empreinte=lot.empreinte,
        statut=statut,
        millesime=lot.millesime,
        lignes_lues=lot.lues,
        lignes_ecrites=lot.ecrites if statut == StatutImport.REUSSI else 0,
        lignes_identiques=lot.identiques,
        lignes_ignorees=lot.ignorees,
        anomalies=lot.erreurs + lot.avertissements,
        rapport=lot.rapport,
        auteur=auteur,
        commence_le=debut,
        termine_le=timezone.now(),
    )


def format_rapport(run: ImportRun, *, lignes: int = 30) -> str:
    """The report as a person reads it in a terminal."""
    comptes = (
        f"  lignes lues {run.lignes_lues}, écrites {run.lignes_ecrites}, déjà connues {run.lignes_identiques}, "
        f"écartées et nommées {run.lignes_ignorees}"
    )
    sortie = [f"{run.fichier} ({run.source}) : {run.get_statut_display()}", comptes]
    erreurs_dabord = sorted(run.rapport, key=lambda anomalie: anomalie["gravite"] != "erreur")
    for anomalie in erreurs_dabord[:lignes]:
        lieu = f"Ligne {anomalie['ligne']}" if anomalie["ligne"] else "Fichier"
        lieu += f", colonne {anomalie['colonne']}" if anomalie["colonne"] else ""
        sortie.append(f"  [{anomalie['gravite']}] {lieu} : {anomalie['message']}")
    if run.anomalies > min(lignes, len(run.rapport)):
        gardees = f"les {len(run.rapport)} premières sont gardées avec l'import {run.pk}"
        sortie.append(f"  … {run.anomalies} anomalies en tout ; {gardees}.")
    return "\n".join(sortie)


class ImportCommand(BaseCommand):
    """Base of the import_… commands: subclasses give `source`, `help`, `load`, and may add arguments."""

    source: str
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path, help="le fichier officiel")
        parser.add_argument("--dry-run", action="store_true", help="lire et vérifier, ne rien écrire")
        self.add_import_arguments(parser)

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        """What this import needs besides its file."""

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        raise NotImplementedError

    def handle(self, *args: Any, fichier: Path, dry_run: bool, **options: Any) -> None:
        run = run_import(self.source, fichier, lambda lot: self.load(lot, options), dry_run=dry_run)
        rapport = format_rapport(run)
        if run.statut == StatutImport.REFUSE:
            raise CommandError(f"{rapport}\nRien n'est enregistré.")
        self.stdout.write(self.style.SUCCESS(rapport))
