"""Reads the scenarios that a lawyer can read: a model person for each scheme, and what changes in each case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from aides.catalogue import catalogue
from aides.regles.evaluation import Issue, Resultat, evaluate
from aides.regles.faits import FAITS, clean_fait
from aides.regles.situation import Locaux, Situation, Valeur, ZoneLue

DOSSIER = Path(__file__).resolve().parent.parent / "scenarios"
ISSUES = {"éligible": Issue.ELIGIBLE, "non éligible": Issue.NON_ELIGIBLE, "à instruire": Issue.A_INSTRUIRE}
INCERTAINES = ("inconnue", "adresse_requise")
CLES = {"nom", "le", "zone", "zones", "faits", "attendu", "montant", "version", "manque", "listes"}


@dataclass(frozen=True)
class Cas:
    dispositif: str
    nom: str
    le: date
    situation: Situation
    attendu: str
    montant: str | None
    version: str | None
    manque: list[str] | None

    def evaluate(self) -> Resultat | None:
        """None when the scheme is closed that day."""
        dispositif = catalogue().dispositif(self.dispositif)
        assert dispositif is not None, self.dispositif
        version = dispositif.version_au(self.le)
        return evaluate(dispositif, version, self.situation, au=self.le) if version else None


def read_cas() -> list[Cas]:
    cas: list[Cas] = []
    for fichier in sorted(DOSSIER.glob("*.yaml")):
        brut = yaml.safe_load(fichier.read_text(encoding="utf-8"))
        if "cas" in brut:
            cas.extend(build_cas(brut, champs) for champs in brut["cas"])
    return cas


def build_cas(brut: Mapping[str, Any], champs: Mapping[str, Any]) -> Cas:
    assert set(champs) <= CLES, set(champs) - CLES
    modele = brut["modele"]
    le = champs.get("le", modele["le"])
    zones = {le: champs.get("zone", modele["zone"]), **champs.get("zones", {})}
    return Cas(
        dispositif=brut["dispositif"],
        nom=champs["nom"],
        le=le,
        situation=Situation(
            clean({**modele["faits"], **champs.get("faits", {})}),
            {jour: build_zone(niveau) for jour, niveau in zones.items()},
            locaux=build_locaux({**modele.get("listes", {}), **champs.get("listes", {})}, zones),
        ),
        attendu=champs["attendu"],
        montant=champs.get("montant"),
        version=champs.get("version"),
        manque=champs.get("manque"),
    )


def build_zone(niveau: str) -> ZoneLue:
    return ZoneLue(None, motif=niveau) if niveau in INCERTAINES else ZoneLue(niveau)


def build_locaux(listes: Mapping[str, Any], jours: Iterable[date]) -> dict[date, Locaux]:
    """The same lists on each day read; « inconnue » leaves one out, as when nobody loaded it."""
    connues = tuple((code, dedans) for code, dedans in listes.items() if dedans != "inconnue")
    return dict.fromkeys(jours, Locaux(connues)) if connues else {}


def clean(faits: Mapping[str, Any]) -> dict[str, Valeur]:
    propres = {code: clean_fait(FAITS[code], None if brut == "inconnu" else brut) for code, brut in faits.items()}
    return {code: valeur for code, valeur in propres.items() if valeur is not None}


def read_modele(code: str) -> tuple[date, dict[str, Valeur]]:
    """The day and the facts of a person who lacks nothing for this scheme."""
    modele = yaml.safe_load((DOSSIER / f"{code}.yaml").read_text(encoding="utf-8"))["modele"]
    return modele["le"], clean(modele["faits"])
