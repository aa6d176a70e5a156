"""A diagnosis as files: the figures, the communes, the whole as JSON, and the page to print (Typst, PDF/UA-1)."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import typst
from django.conf import settings

from portal.pilotage.diagnostic import Bloc, Case, Diagnostic, Ligne
from portal.pilotage.diagnostic_carte import ZONE, draw_carte, write_pastille, write_svg
from portal.pilotage.diagnostic_prevention import describe_secret

GABARIT: Final = Path(settings.BASE_DIR) / "templates" / "pilotage" / "diagnostic.typ"
NORME: Final[Literal["ua-1"]] = "ua-1"
COLONNES: Final = (
    "Bloc",
    "Code",
    "Chiffre",
    "Unité",
    "Territoire",
    "Valeur",
    "Au",
    "Source",
    "Démonstration",
    "Motif",
)
COMMUNES_PDF: Final = 400
INVENTE: Final = "Une partie de ces chiffres est inventée pour la démonstration : chaque source le dit."
PIED: Final = "Maillage, le portail de coordination territoriale de santé. Chaque chiffre dit son jour et sa source."


def list_chiffres(diagnostic: Diagnostic) -> Iterator[tuple[Any, ...]]:
    """One row by figure and territory, in the order of the page."""
    for bloc in diagnostic.blocs:
        for ligne in bloc.lignes:
            for nom, case in zip(diagnostic.entetes, ligne.cases, strict=True):
                invente = "oui" if case.demonstration or (bloc.demonstration and not case.source) else "non"
                yield (
                    bloc.titre, ligne.code, ligne.libelle, ligne.unite, nom, case.valeur, case.au or bloc.au,
                    read_source(bloc, case), invente, explain(case),
                )  # fmt: skip


def list_communes(diagnostic: Diagnostic) -> tuple[list[str], Iterator[list[Any]]]:
    """The columns and the rows, the total last; a hidden cell says « masqué »."""
    colonnes = [
        "Code",
        diagnostic.unite.capitalize(),
        "Département",
        *(colonne.libelle for colonne in diagnostic.colonnes),
    ]

    def rows() -> Iterator[list[Any]]:
        for code, commune in diagnostic.communes.items():
            valeurs = [
                "masqué" if code in colonne.masquees else colonne.valeurs.get(code) for colonne in diagnostic.colonnes
            ]
            yield [code, commune.nom, commune.departement, *valeurs]
        yield ["", "Ensemble", "", *(colonne.total for colonne in diagnostic.colonnes)]

    return colonnes, rows()


def build_json(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "territoire": {
            "type": diagnostic.choix.type,
            "code": diagnostic.choix.code,
            "nom": diagnostic.choix.nom,
            "perimetre": diagnostic.choix.perimetre,
            "communes": diagnostic.nombre_communes,
            "mailles": diagnostic.unite,
        },
        "au": diagnostic.au.isoformat(),
        "demonstration": diagnostic.demonstration,
        "secret": describe_secret(),
        "blocs": [
            {
                "code": bloc.code,
                "titre": bloc.titre,
                "au": bloc.au,
                "sources": list(bloc.sources),
                "notes": list(bloc.notes),
                "chiffres": [build_chiffre(diagnostic, bloc, ligne) for ligne in bloc.lignes],
            }
            for bloc in diagnostic.blocs
        ],
        "communes": [
            {
                "code": code,
                "nom": commune.nom,
                "departement": commune.departement,
                "valeurs": {
                    colonne.code: None if code in colonne.masquees else colonne.valeurs.get(code)
                    for colonne in diagnostic.colonnes
                },
                "masques": [colonne.code for colonne in diagnostic.colonnes if code in colonne.masquees],
            }
            for code, commune in diagnostic.communes.items()
        ],
        "totaux": {colonne.code: colonne.total for colonne in diagnostic.colonnes},
    }


def build_chiffre(diagnostic: Diagnostic, bloc: Bloc, ligne: Ligne) -> dict[str, Any]:
    return {
        "code": ligne.code,
        "libelle": ligne.libelle,
        "unite": ligne.unite,
        "note": ligne.note,
        "valeurs": [
            {
                "territoire": nom,
                "valeur": None if case.valeur is None else float(case.valeur),
                "motif": explain(case),
                "au": case.au or bloc.au,
                "source": read_source(bloc, case),
                "demonstration": case.demonstration,
                "masque": case.masque,
            }
            for nom, case in zip(diagnostic.entetes, ligne.cases, strict=True)
        ],
    }


def read_source(bloc: Bloc, case: Case) -> str:
    return case.source or " ; ".join(bloc.sources)


def explain(case: Case) -> str:
    return case.motif if case.valeur is None else ""


def render_pdf(diagnostic: Diagnostic, *, edite_le: date) -> bytes:
    donnees = json.dumps(build_donnees(diagnostic, edite_le=edite_le), ensure_ascii=False)
    return typst.compile(
        GABARIT, format="pdf", pdf_standards=NORME, sys_inputs={"donnees": donnees}, ignore_system_fonts=True
    )


def build_donnees(diagnostic: Diagnostic, *, edite_le: date) -> dict[str, Any]:
    """What the template of the PDF reads: texts only."""
    choix = diagnostic.choix
    colonnes = [
        colonne
        for colonne in diagnostic.colonnes
        if colonne.code in ("population", "age_2", "apl_medecin", "zone_medecin")
    ]
    colonnes += [colonne for colonne in diagnostic.colonnes if colonne.code == "offre_medecin"]
    montrees = list(diagnostic.communes.items())[:COMMUNES_PDF]
    return {
        "titre": f"Diagnostic du territoire : {choix.nom}",
        "chapeau": f"{choix.perimetre[:1].upper()}{choix.perimetre[1:]} ; {diagnostic.nombre_communes} communes. "
        f"Situation au {diagnostic.au:%d/%m/%Y}, page éditée le {edite_le:%d/%m/%Y}.",
        "invente": INVENTE if diagnostic.demonstration else "",
        "entetes": diagnostic.entetes,
        "blocs": [build_bloc(bloc) for bloc in diagnostic.blocs],
        "carte": build_carte(diagnostic),
        "detail": f"{diagnostic.unite.capitalize()} par {diagnostic.unite}",
        "unites": f"{diagnostic.unite}s",
        "colonnes": [diagnostic.unite.capitalize(), *(colonne.libelle for colonne in colonnes)],
        "communes": [
            [commune.nom, *(colonne.format(colonne.valeurs.get(code), code) for colonne in colonnes)]
            for code, commune in montrees
        ],
        "ensemble": ["Ensemble", *(colonne.format(colonne.total) for colonne in colonnes)],
        "reste": max(0, len(diagnostic.communes) - COMMUNES_PDF),
        "pied": PIED,
    }


def build_carte(diagnostic: Diagnostic) -> dict[str, Any] | None:
    """The drawing and its legend: each class with its swatch."""
    carte = draw_carte(diagnostic, ZONE)
    if carte is None:
        return None
    rangs = [
        {
            "pastille": write_pastille(rang.apparence),
            "textes": [rang.apparence.libelle, str(rang.nombre), rang.habitants, rang.part],
        }
        for rang in carte.rangs
    ]
    return {
        "titre": carte.titre,
        "svg": write_svg(carte),
        "texte": f"Carte, {diagnostic.unite} par {diagnostic.unite} : le tableau qui suit dit la même chose.",
        "entetes": ["Classe", f"{diagnostic.unite.capitalize()}s", "Habitants", "Part"],
        "rangs": rangs,
    }


def build_bloc(bloc: Bloc) -> dict[str, Any]:
    return {
        "titre": bloc.titre,
        "lignes": [
            {
                "libelle": ligne.libelle,
                "note": " — ".join(part for part in (ligne.note, ligne.commun) if part),
                "cases": [{"texte": texte, "detail": detail} for texte, detail, _ in ligne.textes],
            }
            for ligne in bloc.lignes
        ],
        "sources": " ; ".join(bloc.sources),
        "notes": list(bloc.notes),
    }
