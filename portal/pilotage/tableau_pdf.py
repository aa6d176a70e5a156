"""A dashboard to print (Typst, PDF/UA-1): the figures, their movement, the comparison, as the screen shows them."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import typst
from django.conf import settings

from portal.pilotage.atteinte import Atteinte
from portal.pilotage.tableaux import Groupe, Ligne, Tableau

GABARIT: Final = Path(settings.BASE_DIR) / "templates" / "pilotage" / "tableau.typ"
NORME: Final[Literal["ua-1"]] = "ua-1"
INVENTE: Final = "Les chiffres marqués « Démonstration » reposent au moins en partie sur des données inventées."
RESERVE: Final = (
    "Document réservé : les chiffres marqués « non public » ne sont lus que par les agents du territoire et sa "
    "coordination."
)
PIED: Final = "Maillage, le portail de coordination territoriale de santé."
COLONNES_PORTRAIT: Final = 2
"""Territories to compare with beyond which the page is turned."""


def render_pdf(tableau: Tableau, *, adresse: str, edite_le: date) -> bytes:
    """`adresse`: the whole address of the page that shows the same."""
    donnees = json.dumps(build_donnees(tableau, adresse=adresse, edite_le=edite_le), ensure_ascii=False)
    return typst.compile(
        GABARIT, format="pdf", pdf_standards=NORME, sys_inputs={"donnees": donnees}, ignore_system_fonts=True
    )


def build_donnees(tableau: Tableau, *, adresse: str, edite_le: date) -> dict[str, Any]:
    """What the template reads: texts only."""
    compare = f", comparé au {tableau.depuis:%d/%m/%Y}" if tableau.a_passe else ""
    return {
        "titre": f"Tableau de bord : {tableau.territoire.nom} ({tableau.maille})",
        "chapeau": f"Chiffres au {tableau.au:%d/%m/%Y}{compare}. Page éditée le {edite_le:%d/%m/%Y}.",
        "adresse": adresse,
        "avis": [phrase for phrase, dite in _list_avis(tableau) if dite],
        "couche": len(tableau.autres) > COLONNES_PORTRAIT,
        "groupes": [_build_groupe(groupe, tableau) for groupe in tableau.groupes],
        "pied": f"{PIED} {tableau.territoire.nom}, au {tableau.au:%d/%m/%Y}.",
    }


def _list_avis(tableau: Tableau) -> list[tuple[str, bool]]:
    return [
        (INVENTE, any(_is_invente(ligne) for ligne in tableau.lignes)),
        (RESERVE, any(_is_reserve(ligne, tableau) for ligne in tableau.lignes)),
    ]


def _build_groupe(groupe: Groupe, tableau: Tableau) -> dict[str, Any]:
    vises = any(ligne.objectif for ligne in groupe.lignes)
    entetes = ["Valeur"]
    if vises:
        entetes.append("Objectif")
    if tableau.a_passe:
        entetes.append(f"Depuis le {tableau.depuis:%d/%m/%Y}")
    return {
        "titre": groupe.libelle,
        "entetes": [*entetes, *(autre.nom for autre in tableau.autres)],
        "lignes": [_build_ligne(ligne, tableau, vises=vises) for ligne in groupe.lignes],
    }


def _build_ligne(ligne: Ligne, tableau: Tableau, *, vises: bool) -> dict[str, Any]:
    un = ligne.indicateur
    marques = [
        "Démonstration" if _is_invente(ligne) else "",
        "modifié depuis" if ligne.modifie else "",
        "non public" if _is_reserve(ligne, tableau) else "",
    ]
    cases = [ligne.texte]
    if vises:
        cases.append(_say_objectif(ligne.objectif) if ligne.objectif else "—")
    if tableau.a_passe:
        sens = {True: " (mieux)", False: " (moins bien)", None: ""}[ligne.mieux]
        cases.append(f"{ligne.ecart}{sens}" if ligne.ecart else "—")
    return {
        "libelle": un.libelle,
        "note": f"Source : {un.producteur}",
        "marques": ", ".join(marque for marque in marques if marque),
        "cases": [*cases, *ligne.autres],
    }


def _say_objectif(vise: Atteinte) -> str:
    invente = "démonstration" if vise.objectif.demonstration else ""
    return " ; ".join(mot for mot in (vise.texte, vise.dit, invente) if mot)


def _is_invente(ligne: Ligne) -> bool:
    return ligne.valeur is not None and ligne.valeur.demonstration


def _is_reserve(ligne: Ligne, tableau: Tableau) -> bool:
    return tableau.territoire.type not in ligne.indicateur.mailles_publiques
