"""The one way to write a table that somebody opens in a spreadsheet: no cell is ever a formula (docs/adr/0122).

A row is a sequence of values: text, int, Decimal, date, datetime, bool, None. A number stays a number, a date a date;
a text stays a text, whatever it begins with. The file says when it is cut. A file with a total is never cut.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any, TypeVar

from django.conf import settings
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from portal.core.examen import clean_nom

CLASSEUR = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNES = "=+@\\-\uff1d\uff0b\uff20\uff0d\u2212"
# What a spreadsheet could read as a formula: at the beginning of the cell, or of a piece of it that another separator
# or line ending would make a cell.
DEBUT = re.compile(rf"""^(?=[\s"'\u00a0\ufeff]*[{SIGNES}]|[\t\r\n])""")
APRES = re.compile(rf"""([;,|\t\r\n][\s"\u00a0\ufeff]*)(?=[{SIGNES}])""")
NOMBRE = re.compile(r"-?\d{1,15}(?:[.,]\d{1,10})?")
CELLULE_MAX = 32_000
COLONNE_LARGE = 24
R = TypeVar("R", bound=HttpResponseBase)


class ExportTropGrand(Exception):
    """More rows than an export holds, in a file that must be whole. The French sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Apropos:
    """What a file must say of itself: what it covers and how it was chosen."""

    titre: str
    perimetre: str = ""
    filtres: Sequence[str] = ()


def export_csv(
    nom: str, colonnes: Sequence[str], lignes: Iterable[Sequence[Any]], *, total: Sequence[int] = ()
) -> StreamingHttpResponse:
    """UTF-8 with its mark, « ; », decimal comma: what a French spreadsheet opens by itself.

    `total`: ranks of the columns to add up, exactly, in a last row. Raises ExportTropGrand when it would be cut.
    """
    reponse = StreamingHttpResponse(_stream_csv(colonnes, _prepare(lignes, total)), content_type="text/csv")
    reponse["Content-Type"] = "text/csv; charset=utf-8"
    return _as_file(reponse, f"{nom}.csv")


def export_xlsx(
    nom: str,
    colonnes: Sequence[str],
    lignes: Iterable[Sequence[Any]],
    *,
    apropos: Apropos | None = None,
    total: Sequence[int] = (),
) -> FileResponse:
    """A workbook of two sheets: the rows, header frozen, and « À propos ». Same rules as `export_csv`."""
    fichier: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_xlsx(fichier, colonnes, _prepare(lignes, total), apropos or Apropos(nom))
    fichier.seek(0)
    return _as_file(FileResponse(fichier, content_type=CLASSEUR), f"{nom}.xlsx")


def write_xlsx(sortie: IO[bytes], colonnes: Sequence[str], lignes: Iterable[Sequence[Any]], apropos: Apropos) -> None:
    livre = Workbook(write_only=True)
    feuille = livre.create_sheet("Données")
    feuille.freeze_panes = "A2"
    for rang in range(len(colonnes)):
        feuille.column_dimensions[chr(65 + rang) if rang < 26 else f"A{chr(65 + rang - 26)}"].width = COLONNE_LARGE
    feuille.append([_build_cellule(feuille, titre, gras=True) for titre in colonnes])
    comptees = 0
    for comptees, ligne in enumerate(lignes, start=1):  # noqa: B007 - the number of rows is told below
        feuille.append([_build_cellule(feuille, valeur) for valeur in ligne])
    notice = livre.create_sheet("À propos")
    notice.column_dimensions["A"].width = notice.column_dimensions["B"].width = 2 * COLONNE_LARGE
    faits = [
        ("Contenu", apropos.titre),
        ("Périmètre", apropos.perimetre or "Tout ce que votre compte permet de lire"),
        ("Date", timezone.now()),
        ("Lignes", comptees),
        *(("Filtre", filtre) for filtre in apropos.filtres),
    ]
    for libelle, valeur in faits:
        notice.append([_build_cellule(notice, libelle, gras=True), _build_cellule(notice, valeur)])
    livre.save(sortie)


def write_csv_cell(valeur: Any) -> str:
    """One value as its text in a CSV file. Never the beginning of a formula."""
    if valeur is None:
        return ""
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    if isinstance(valeur, int | Decimal | float):
        return _format_nombre(valeur)
    if isinstance(valeur, datetime):
        return f"{_localize(valeur):%d/%m/%Y %H:%M}"
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    return neutralize(str(valeur))


def neutralize(texte: str) -> str:
    """An apostrophe before what a spreadsheet could take for a formula. A plain negative number stays as it is."""
    texte = ILLEGAL_CHARACTERS_RE.sub("", texte)[:CELLULE_MAX]
    if NOMBRE.fullmatch(texte):
        return texte
    return APRES.sub(r"\1'", DEBUT.sub("'", texte))


def _prepare(lignes: Iterable[Sequence[Any]], total: Sequence[int]) -> Iterator[Sequence[Any]]:
    """The rows within the bound, then the total, or the sentence that says the file is cut."""
    limite = settings.MAILLAGE_EXPORT_MAX
    if not total:
        return _cut(iter(lignes), limite)
    lues = list(islice(lignes, limite + 1))
    if len(lues) > limite:
        raise ExportTropGrand(
            f"Plus de {limite} lignes : un fichier avec un total ne se coupe pas. Choisissez une période ou un "
            "territoire plus petit."
        )
    return iter([*lues, build_total(lues, total)] if lues else [])


def build_total(lignes: Sequence[Sequence[Any]], rangs: Sequence[int]) -> list[Any]:
    """The row « Total » : exact sums, in Decimal, of the columns `rangs`."""
    pied: list[Any] = [None] * len(lignes[0])
    for rang in rangs:
        pied[rang] = sum((Decimal(ligne[rang]) for ligne in lignes if ligne[rang] is not None), Decimal(0))
    libre = next((rang for rang in range(len(pied)) if rang not in rangs), None)
    if libre is not None:
        pied[libre] = "Total"
    return pied


def _cut(lignes: Iterator[Sequence[Any]], limite: int) -> Iterator[Sequence[Any]]:
    yield from islice(lignes, limite)
    if next(lignes, None) is not None:
        yield [f"Liste coupée : seules les {limite} premières lignes sont ici. Affinez les filtres."]


def _stream_csv(colonnes: Sequence[str], lignes: Iterator[Sequence[Any]]) -> Iterator[str]:
    tampon = io.StringIO()
    redacteur = csv.writer(tampon, delimiter=";", lineterminator="\r\n")
    tampon.write("\ufeff")
    redacteur.writerow([write_csv_cell(titre) for titre in colonnes])
    for rang, ligne in enumerate(lignes):
        redacteur.writerow([write_csv_cell(valeur) for valeur in ligne])
        if rang % 500 == 499:
            yield tampon.getvalue()
            tampon.seek(0)
            tampon.truncate()
    yield tampon.getvalue()


def _build_cellule(feuille: WriteOnlyWorksheet, valeur: Any, *, gras: bool = False) -> Any:
    """A text is typed as a text: openpyxl itself would make a formula of « =1+1 »."""
    if valeur is None:
        return None
    contenu, forme = _type_cellule(valeur)
    cellule = WriteOnlyCell(feuille, contenu)
    if isinstance(contenu, str):
        cellule.data_type = "s"
        cellule.quotePrefix = True
    elif forme:
        cellule.number_format = forme
    if gras:
        cellule.font = Font(bold=True)
    return cellule


def _type_cellule(valeur: Any) -> tuple[Any, str]:
    """The value as a workbook holds it, and how it is shown (empty: as it is)."""
    if isinstance(valeur, bool):
        return ("Oui" if valeur else "Non"), ""
    if isinstance(valeur, datetime):
        return _localize(valeur).replace(tzinfo=None), "dd/mm/yyyy hh:mm"
    if isinstance(valeur, date):
        return valeur, "dd/mm/yyyy"
    if isinstance(valeur, int | Decimal | float):
        return valeur, "#,##0.00" if isinstance(valeur, Decimal) else ""
    return ILLEGAL_CHARACTERS_RE.sub("", str(valeur))[:CELLULE_MAX], ""


def _format_nombre(valeur: int | Decimal | float) -> str:
    return f"{valeur:f}".replace(".", ",") if not isinstance(valeur, int) else str(valeur)


def _localize(instant: datetime) -> datetime:
    return timezone.localtime(instant) if timezone.is_aware(instant) else instant


def _as_file(reponse: R, nom: str) -> R:
    reponse["Content-Disposition"] = content_disposition_header(True, clean_nom(nom)) or "attachment"
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["Cache-Control"] = "private, no-store"
    return reponse
