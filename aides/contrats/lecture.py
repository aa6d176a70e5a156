"""From a file to its schedule: the version and the facts that its deposit froze, read by the rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from aides.catalogue import catalogue
from aides.dossiers.erreurs import ActeInvalide
from aides.models import Contrat, Demande
from aides.recus import dump_valeur, load_situation, load_valeur
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.echeancier import Echeancier, EcheancierImpossible
from aides.regles.echeancier_regles import Granularite
from aides.regles.faits import FAITS, FaitInvalide, clean_fait
from aides.regles.lecteur import open_contexte
from aides.regles.obligations import build_echeancier
from aides.regles.situation import Situation, Valeur, ZoneLue
from aides.rejeux import RegleIntrouvable, load_regles


@dataclass(frozen=True, slots=True)
class Cadre:
    """What a contract is computed from. `au`: the day on which the deposit was read."""

    dispositif: Dispositif
    version: Version
    situation: Situation
    au: date


def read_cadre(demande: Demande) -> Cadre:
    """Raises ActeInvalide when the scheme or its version cannot be read any more."""
    preuve = json.loads(demande.preuve) if demande.preuve else {}
    dispositif = _read_dispositif(demande, preuve)
    version = dispositif.version(demande.dispositif_version) if dispositif else None
    if dispositif is None or version is None:
        raise ActeInvalide(
            f"La version {demande.dispositif_version} du dispositif {demande.dispositif} n'est plus lisible : "
            "l'échéancier ne peut pas être calculé. Prévenez l'administrateur technique."
        )
    if "situation" in preuve:
        return Cadre(dispositif, version, load_situation(preuve["situation"]), date.fromisoformat(preuve["au"]))
    au = demande.deposee_le.date() if demande.deposee_le else demande.cree_le.date()
    zones = {au: ZoneLue(demande.zone_niveau)} if demande.zone_niveau else {}
    return Cadre(dispositif, version, Situation(clean_faits(demande.faits), zones), au)


def _read_dispositif(demande: Demande, preuve: Mapping[str, Any]) -> Dispositif | None:
    """The text of the rule that the proof froze; today's when the file has no such proof."""
    empreintes = preuve.get("regles") or {}
    if demande.dispositif in empreintes:
        try:
            return load_regles({demande.dispositif: empreintes[demande.dispositif]})[0]
        except RegleIntrouvable as erreur:
            raise ActeInvalide(str(erreur)) from erreur
    return catalogue().dispositif(demande.dispositif)


def clean_faits(bruts: Mapping[str, Any]) -> dict[str, Valeur]:
    """The answers that the vocabulary reads; the others are left out, and what they would tell is « à instruire »."""
    faits: dict[str, Valeur] = {}
    for code, brut in bruts.items():
        try:
            valeur = clean_fait(FAITS[code], brut) if code in FAITS else None
        except FaitInvalide:
            continue
        if valeur is not None:
            faits[code] = valeur
    return faits


def dump_faits(faits: Mapping[str, Valeur]) -> dict[str, Any]:
    return {code: dump_valeur(valeur) for code, valeur in faits.items()}


def read_faits(contrat: Contrat) -> dict[str, Valeur]:
    return {code: load_valeur(brut) for code, brut in contrat.faits.items()}


def read_granularite(dispositif: str) -> Granularite | None:
    """The unit of the pro ratas of a scheme (`MAILLAGE_PRORATAS`); None: not settled, both figures are shown."""
    choix = settings.MAILLAGE_PRORATAS.get(dispositif)
    return Granularite(choix) if choix else None


def compute_echeancier(
    cadre: Cadre,
    *,
    effet: date,
    terme: date | None = None,
    accorde: Decimal | None = None,
    faits: Mapping[str, Valeur] | None = None,
) -> Echeancier:
    """`faits`: those after the avenants (None: those of the deposit). Raises ActeInvalide."""
    situation = cadre.situation if faits is None else replace(cadre.situation, faits=dict(faits))
    contexte = open_contexte(cadre.version, situation, cadre.au)
    try:
        return build_echeancier(
            cadre.dispositif,
            cadre.version,
            contexte,
            effet=effet,
            terme=terme,
            accorde=accorde,
            granularite=read_granularite(cadre.dispositif.code),
        )
    except EcheancierImpossible as erreur:
        raise ActeInvalide(str(erreur), {"terme": str(erreur)}) from erreur
