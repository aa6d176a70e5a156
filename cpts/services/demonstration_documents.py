"""The documents of the acts of the demonstration: one small PDF each, which says that it is invented."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import typst
from django.conf import settings
from django.db import transaction

from cpts.enums import ActionCpts, NaturePieceCpts
from cpts.models import ActeCpts, Cpts, PieceCpts
from cpts.regles.etapes import TRANSITIONS
from portal.core.documents import store_document

GABARIT: Final = Path(settings.BASE_DIR) / "templates" / "cpts" / "document_demonstration.typ"
NORME: Literal["ua-1"] = "ua-1"


@transaction.atomic
def write_pieces(cpts: Cpts, actes: Iterable[ActeCpts]) -> int:
    """One document for each nature that an act asks for. Returns how many."""
    ecrites = 0
    for acte in actes:
        for nature in TRANSITIONS[ActionCpts(acte.action)].pieces:
            document = store_document(
                render_piece(cpts, acte, nature),
                nom=f"exemple-{nature.value.replace('_', '-')}.pdf",
                type_mime="application/pdf",
                region_code=cpts.region_code,
                departement_code=cpts.departement_code,
                guichet="cpam",
                perimetre=f"cpts:{cpts.code}",
            )
            PieceCpts.objects.create(cpts=cpts, acte=acte, document=document, nature=nature, libelle="Exemple inventé")
            ecrites += 1
    return ecrites


def render_piece(cpts: Cpts, acte: ActeCpts, nature: NaturePieceCpts) -> bytes:
    donnees = {"titre": str(nature.label), "cpts": cpts.nom, "jour": f"{acte.date_acte:%d/%m/%Y}"}
    return typst.compile(
        GABARIT,
        format="pdf",
        pdf_standards=NORME,
        sys_inputs={"donnees": json.dumps(donnees, ensure_ascii=False)},
        ignore_system_fonts=True,
    )
