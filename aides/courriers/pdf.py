"""A letter on paper, by Typst: French, tagged (PDF/UA-1), its fonts inside, no name among its metadata."""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings

from aides.codes_recus import format_code
from aides.pdf import NORME

GABARIT = Path(settings.BASE_DIR) / "templates" / "aides" / "courriers" / "courrier.typ"
PIED = "Maillage, le portail de coordination territoriale de santé"


def render_courrier_pdf(
    contenu: dict[str, Any], *, code: str, adresse: str, le: datetime, apercu: bool = False
) -> bytes:
    """The same content gives the same bytes. `adresse`: where the letter is checked; `apercu`: it says it is none."""
    donnees = {
        **contenu,
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


def draw_qr(adresse: str) -> str:
    sortie = io.BytesIO()
    segno.make(adresse, micro=False, error="m").save(sortie, kind="svg", border=2, xmldecl=False)
    return sortie.getvalue().decode()
