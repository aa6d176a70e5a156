"""A receipt on one page, by Typst: tagged (PDF/UA-1), with the code and the address where it is checked."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone

from aides.pdf import NORME, enumerate_fr
from aides.recus import Contenu
from aides.regles.faits import format_jour

GABARIT = Path(settings.BASE_DIR) / "templates" / "aides" / "recu.typ"
PIED = (
    "Maillage, le portail de coordination territoriale de santé. Information : la décision appartient à l'ARS ou à la "
    "caisse. Ce reçu ne porte ni nom ni adresse : seul le code y mène."
)


def render_recu_pdf(
    contenu: Contenu, *, code: str, empreinte: str, garde_le: datetime, adresse: str, verifie_le: datetime
) -> bytes:
    """Only what the receipt holds is printed; it was verified just before."""
    donnees = build_donnees(contenu, code=code, empreinte=empreinte, garde_le=garde_le, adresse=adresse)
    donnees["verifie"] = f"Empreinte et chaîne vérifiées le {format_instant(verifie_le)}."
    texte = json.dumps(donnees, ensure_ascii=False)
    return typst.compile(
        GABARIT, format="pdf", pdf_standards=NORME, sys_inputs={"donnees": texte}, ignore_system_fonts=True
    )


def build_donnees(contenu: Contenu, *, code: str, empreinte: str, garde_le: datetime, adresse: str) -> dict[str, Any]:
    commune = f"{contenu['commune']['nom']} ({contenu['commune']['departement']})"
    jour = format_jour(date.fromisoformat(contenu["au"]))
    return {
        "titre": f"Reçu de réponse : {commune}, au {jour}",
        "commune": commune,
        "code": code,
        "empreinte": empreinte,
        "adresse": adresse,
        "chapeau": f"Règles et zonages lus au {jour}, tels que connus le {format_instant(garde_le)}.",
        "zones": [
            {
                "jour": format_jour(date.fromisoformat(quand)),
                "texte": zone["texte"],
                "source": zone["source"],
                "demonstration": zone["demonstration"],
            }
            for quand, zone in contenu["zones"].items()
        ],
        "faits": [{"libelle": libelle, "valeur": valeur} for libelle, valeur in contenu["affichage"]["reponses"]],
        "verdicts": [
            {
                "sigle": fiche["sigle"],
                "nom": fiche["nom"],
                "issue": fiche["issue"],
                "libelle": fiche["libelle"],
                "montant": fiche["montant"],
                "pourquoi": enumerate_fr(fiche["raisons"]) if fiche["raisons"] else "",
                "textes": fiche["textes"][0] if fiche["textes"] else "",
            }
            for fiche in contenu["affichage"]["dispositifs"]
        ],
        "fermes": contenu["affichage"]["fermes"],
        "pied": PIED,
    }


def format_instant(instant: datetime) -> str:
    """« 22 novembre 2026 à 2 h 05 », in Paris."""
    local = timezone.localtime(instant)
    return f"{format_jour(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02d}"
