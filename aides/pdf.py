"""The answer on one page, by Typst: French, tagged (PDF/UA-1), its fonts inside."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

from aides.regles.evaluation import LIBELLES_MANQUANTS, Issue, Resultat
from aides.regles.faits import FAITS, format_jour
from aides.services import Bilan, Fermeture
from zonage.enums import Origine, StatutZone
from zonage.lecture import Zone

GABARIT = Path(settings.BASE_DIR) / "templates" / "aides" / "resultat.typ"
NORME: Literal["ua-1"] = "ua-1"
RAISONS_MAX = 3
PIED = (
    "Maillage, le portail de coordination territoriale de santé. Information : la décision appartient à l'ARS ou à la "
    "caisse. Ni nom, ni donnée personnelle : les réponses sont celles qui figurent sur cette page."
)


def render_pdf(bilan: Bilan, reponses: Sequence[tuple[str, str]], *, edite_le: date) -> bytes:
    """`reponses`: (label, value) of each answer, « je ne sais pas » included."""
    donnees = json.dumps(build_donnees(bilan, reponses, edite_le=edite_le), ensure_ascii=False)
    return typst.compile(
        GABARIT, format="pdf", pdf_standards=NORME, sys_inputs={"donnees": donnees}, ignore_system_fonts=True
    )


def build_donnees(bilan: Bilan, reponses: Sequence[tuple[str, str]], *, edite_le: date) -> dict[str, Any]:
    commune = bilan.commune
    nom = f"{commune.nom} ({commune.departement_id})" if commune else "commune non précisée"
    jour = format_jour(bilan.au)
    return {
        "titre": f"Aides à {nom}, au {jour}",
        "commune": nom,
        "chapeau": f"Règles et zonage lus au {jour}. Page éditée le {format_jour(edite_le)}.",
        "zone": describe_zone(bilan.zone),
        "faits": [{"libelle": libelle, "valeur": valeur} for libelle, valeur in reponses],
        "verdicts": [describe_resultat(resultat) for resultat in bilan.concernes],
        "fermes": [describe_fermeture(fermeture) for fermeture in bilan.fermes_concernes],
        "pied": PIED,
    }


def describe_fermeture(fermeture: Fermeture) -> str:
    if fermeture.etat == "ferme":
        return f"{fermeture.dispositif.sigle} : fermé depuis le {format_jour(fermeture.depuis)}."
    return f"{fermeture.dispositif.sigle} : {fermeture.motif}"


def describe_zone(zone: Zone | None) -> dict[str, Any]:
    if zone is None:
        return {"texte": "Aucun zonage pour cette profession.", "source": "", "demonstration": False}
    match zone.statut:
        case StatutZone.CONNU:
            texte = f"{zone.libelle}."
        case StatutZone.ADRESSE_REQUISE:
            texte = "Indéterminé : une partie de la commune a un autre classement, l'adresse est nécessaire."
        case _:
            texte = "Aucun zonage connu à cette date."
            if zone.dernier_connu:
                dernier = zone.dernier_connu
                texte += (
                    f" Dernier classement connu, le {format_jour(dernier.au)} : {dernier.libelle or 'indéterminé'}."
                )
    return {
        "texte": texte,
        "source": describe_arrete(zone),
        "demonstration": zone.origine == Origine.DEMONSTRATION,
    }


def describe_arrete(zone: Zone) -> str:
    if zone.arrete is None:
        return ""
    morceaux = [zone.arrete.titre]
    if zone.arrete.debut:
        morceaux.append(f"en vigueur depuis le {format_jour(zone.arrete.debut)}")
    if zone.arrete.source:
        morceaux.append(zone.arrete.source)
    return ", ".join(morceaux) + "."


def describe_resultat(resultat: Resultat) -> dict[str, str]:
    return {
        "sigle": resultat.dispositif.sigle,
        "nom": resultat.dispositif.nom,
        "issue": resultat.issue.value,
        "libelle": resultat.issue.libelle,
        "montant": resultat.montant.texte if resultat.montant else "",
        "pourquoi": explain(resultat),
    }


def explain(resultat: Resultat) -> str:
    """One or two sentences: the criteria that fail, what is missing, or the smallest change."""
    if resultat.issue is Issue.ELIGIBLE:
        return "Toutes les conditions connues du portail sont remplies."
    if resultat.issue is Issue.NON_ELIGIBLE:
        texte = "Non rempli : " + enumerate_fr([refus.libelle for refus in resultat.refus])
        if resultat.changements:
            texte += f" Vous seriez éligible ainsi : {resultat.changements[0].phrase}."
        return texte
    manques = [
        FAITS[code].libelle if code in FAITS else LIBELLES_MANQUANTS.get(code, code) for code in resultat.manquants
    ]
    points = [point.libelle for point in resultat.points_a_instruire]
    phrases = []
    if manques:
        phrases.append("Il manque : " + enumerate_fr(manques))
    if points:
        phrases.append("À instruire : " + enumerate_fr(points))
    return " ".join(phrases)


def enumerate_fr(morceaux: Sequence[str]) -> str:
    texte = " ; ".join(morceaux[:RAISONS_MAX])
    reste = len(morceaux) - RAISONS_MAX
    return f"{texte} ; et {reste} de plus." if reste > 0 else f"{texte}."
