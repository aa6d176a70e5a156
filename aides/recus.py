"""What a receipt holds, written in one way only, and its digest. No database, no clock, no catalogue of today.

The decision (version, issue, amount, missing facts) is apart from its wording: the first must come out again, byte for
byte, when the rules are played again; the second is only what was shown that day (docs/adr/0087).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from aides.regles.dispositifs import Dispositif, Version
from aides.regles.evaluation import ISSUES, Issue, Resultat, find_manquants
from aides.regles.lecteur import open_contexte
from aides.regles.montants import Montant, compute_montant
from aides.regles.situation import Locaux, Situation, Valeur, ZoneLue

FORMAT = "maillage.recu/1"
ORIGINE = "0" * 64
"""What the first receipt has for a predecessor."""

Contenu = dict[str, Any]


class RecuIllisible(ValueError):
    """The text of a receipt is not one that this version of the portal reads."""


def dump_canonique(objet: Any) -> str:
    """One text for one content: keys in order, no space, exact numbers. A float has several texts: refused."""
    texte = json.dumps(objet, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    json.loads(texte, parse_float=_refuse_float)
    return texte


def _refuse_float(texte: str) -> None:
    raise TypeError(f"a receipt holds no float: {texte}")


def digest(texte: str) -> str:
    return hashlib.sha256(texte.encode()).hexdigest()


def compute_empreinte(*, rang: int, code: str, cle: str, garde_le: datetime, precedente: str, contenu: str) -> str:
    """The SHA-256 of the whole row. Every part before the content is without line break: no two rows give one text."""
    instant = garde_le.astimezone(UTC).isoformat(timespec="microseconds")
    return digest("\n".join((FORMAT, str(rang), code, cle, instant, precedente, contenu)))


def load_contenu(texte: str) -> Contenu:
    try:
        contenu = json.loads(texte)
    except ValueError as erreur:
        raise RecuIllisible("not JSON") from erreur
    if not isinstance(contenu, dict) or contenu.get("format") != FORMAT:
        raise RecuIllisible("unknown format")
    return contenu


def dump_valeur(valeur: Valeur) -> Any:
    """A value that says its own type: a receipt is read without the vocabulary of its day."""
    if isinstance(valeur, date):
        return {"date": valeur.isoformat()}
    if isinstance(valeur, Decimal):
        return {"decimal": f"{valeur.normalize():f}"}
    return valeur


def load_valeur(brut: Any) -> Valeur:
    match brut:
        case {"date": str(texte)}:
            return date.fromisoformat(texte)
        case {"decimal": str(texte)}:
            return Decimal(texte)
        case bool() | int() | str():
            return brut
    raise RecuIllisible("unknown value")


def dump_situation(situation: Situation) -> Contenu:
    """All that the rules read: facts, places, and by day the zone and the local data."""
    jours = sorted({*situation.zones, *situation.locaux})
    return {
        "faits": {code: dump_valeur(valeur) for code, valeur in situation.faits.items()},
        "lieux": sorted(situation.lieux),
        "jours": {jour.isoformat(): _dump_jour(situation, jour) for jour in jours},
    }


def _dump_jour(situation: Situation, jour: date) -> Contenu:
    zone, locaux = situation.zones.get(jour), situation.locaux.get(jour)
    return {
        "zone": zone and {"niveau": zone.niveau, "libelle": zone.libelle, "motif": zone.motif},
        "locaux": locaux
        and {
            "listes": dict(locaux.listes),
            "parametres": {code: dump_valeur(valeur) for code, valeur in locaux.parametres},
        },
    }


def load_situation(brut: Contenu) -> Situation:
    zones: dict[date, ZoneLue] = {}
    locaux: dict[date, Locaux] = {}
    for texte, lu in brut["jours"].items():
        jour = date.fromisoformat(texte)
        if lu["zone"] is not None:
            zones[jour] = ZoneLue(**lu["zone"])
        if lu["locaux"] is not None:
            parametres = {code: load_valeur(valeur) for code, valeur in lu["locaux"]["parametres"].items()}
            locaux[jour] = Locaux(tuple(lu["locaux"]["listes"].items()), tuple(parametres.items()))  # type: ignore[arg-type]
    faits = {code: load_valeur(valeur) for code, valeur in brut["faits"].items()}
    return Situation(faits, zones, True, frozenset(brut["lieux"]), locaux)


def judge(dispositif: Dispositif, version: Version, situation: Situation, *, au: date) -> Resultat:
    """The verdict without the changes that would make one eligible: advice, not a part of the answer kept."""
    contexte = open_contexte(version, situation, au)
    preuve = version.conditions.evaluate(contexte)
    issue = ISSUES[preuve.verdict]
    montant = None if issue is Issue.NON_ELIGIBLE else compute_montant(version.bareme, contexte)
    manquants = find_manquants(preuve)
    return Resultat(dispositif, version, issue, montant, preuve, manquants, contexte.reference, situation, au)


def decide(dispositifs: Iterable[Dispositif], situation: Situation, *, au: date) -> Contenu:
    """The decision of these schemes alone: each open one, and the codes of those that are not."""
    resultats, fermes = [], []
    for dispositif in dispositifs:
        version = dispositif.version_au(au)
        if version is None:
            fermes.append(dispositif.code)
        else:
            resultats.append(judge(dispositif, version, situation, au=au))
    return dump_decision(resultats, fermes)


def dump_decision(resultats: Sequence[Resultat], fermes: Iterable[str]) -> Contenu:
    return {
        "verdicts": {resultat.dispositif.code: _dump_verdict(resultat) for resultat in resultats},
        "fermes": sorted(fermes),
    }


def _dump_verdict(resultat: Resultat) -> Contenu:
    return {
        "version": resultat.version.code,
        "issue": resultat.issue.value,
        "reference": resultat.reference and resultat.reference.isoformat(),
        "manquants": list(resultat.manquants),
        "montant": resultat.montant and _dump_montant(resultat.montant),
    }


def _dump_montant(montant: Montant) -> Contenu:
    return {
        "minimum": _dump_euros(montant.minimum),
        "maximum": _dump_euros(montant.maximum),
        "periodicite": montant.periodicite.value,
        "manquants": list(montant.manquants),
        "lignes": [
            {
                "code": ligne.code,
                "periodicite": ligne.periodicite.value,
                "minimum": _dump_euros(ligne.minimum),
                "maximum": _dump_euros(ligne.maximum),
                "en_plus": ligne.en_plus,
                "garantie": ligne.garantie,
                "annees": list(ligne.annees) if ligne.annees else None,
            }
            for ligne in montant.lignes
        ],
        "versements": [
            {"montant": _dump_euros(versement.montant), "jour": versement.jour and versement.jour.isoformat()}
            for versement in montant.versements
        ],
    }


def _dump_euros(montant: Decimal | None) -> str | None:
    return None if montant is None else f"{montant:.2f}"


def dump_regles(dispositifs: Iterable[Dispositif]) -> dict[str, str]:
    """The digest of the text of each scheme, by code."""
    return {dispositif.code: dispositif.empreinte for dispositif in dispositifs}


def is_same_decision(une: Mapping[str, Any], autre: Mapping[str, Any]) -> bool:
    return digest(dump_canonique(une)) == digest(dump_canonique(autre))
