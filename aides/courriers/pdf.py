"""A letter on paper, by Typst: French, tagged (PDF/UA-1), its fonts inside, no name among its metadata."""

import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings

from aides.codes_recus import format_code
from aides.pdf import NORME

GABARIT = Path(settings.BASE_DIR) / "templates" / "aides" / "courriers" / "courrier.typ"
TYPOGRAPHIE = [
    (re.compile(r" (?=[:;!?»€%])"), "\u00a0"),
    (re.compile(r"(?<=«) "), "\u00a0"),
    (re.compile(r"(?<=n°) "), "\u00a0"),
    (re.compile(r"\b([DLR]\.) (?=\d)"), "\\1\u00a0"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
]
PIED = "Maillage, le portail de coordination territoriale de santé"


def render_courrier_pdf(
    contenu: dict[str, Any], *, code: str, adresse: str, le: datetime, apercu: bool = False
) -> bytes:
    """The same content gives the same bytes. `adresse`: where the letter is checked; `apercu`: it says it is none."""
    donnees = {
        **_set_contenu(contenu),
        "code": format_code(code),
        "adresse": adresse,
        "qr": draw_qr(adresse),
        "apercu": apercu,
        "pied": PIED,
        "cree": [le.year, le.month, le.day],
    }
    return typst.compile(
        GABARIT,
        format="pdf",
        pdf_standards=NORME,
        sys_inputs={"donnees": json.dumps(donnees, ensure_ascii=False)},
        ignore_system_fonts=True,
        timestamp=int(le.timestamp()),
    )


def set_typographie(texte: str) -> str:
    """French typography: spaces that never end a line, curly apostrophes. No word changes."""
    for motif, remplacement in TYPOGRAPHIE:
        texte = motif.sub(remplacement, texte)
    return texte


def _set_contenu(contenu: Any) -> Any:
    if isinstance(contenu, str):
        return set_typographie(contenu)
    if isinstance(contenu, dict):
        return {cle: _set_contenu(valeur) for cle, valeur in contenu.items()}
    if isinstance(contenu, list | tuple):
        return [_set_contenu(valeur) for valeur in contenu]
    return contenu


def draw_qr(adresse: str) -> str:
    sortie = io.BytesIO()
    segno.make(adresse, micro=False, error="m").save(sortie, kind="svg", border=2, xmldecl=False)
    return sortie.getvalue().decode()
