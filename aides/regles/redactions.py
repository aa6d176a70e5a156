"""Two texts of one scheme: which days already past they treat differently, and in what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from aides.regles.dispositifs import Dispositif
from aides.regles.faits import format_jour

IDENTITE = {
    "perimetre": "territoire",
    "professions": "professions",
    "payeur": "payeur",
    "guichet": "guichet",
}
RUBRIQUES = {
    "conditions": "conditions",
    "montant": "montants",
    "jour_reference": "jour de référence",
    "duree": "durée",
    "renouvellement": "renouvellement",
    "obligations": "engagements",
    "documents": "pièces",
    "cumul": "cumul",
    "regles_cumul": "règles de cumul",
    "incertitudes": "jours incertains",
    "note": "note",
}


@dataclass(frozen=True, slots=True)
class EcartPasse:
    """Days already past, `du` to `jusqu_au` (excluded), that a new text treats otherwise. `rubriques`: in what."""

    du: date
    jusqu_au: date
    rubriques: tuple[str, ...]

    @property
    def phrase(self) -> str:
        fin = format_jour(self.jusqu_au - timedelta(days=1))
        return f"Du {format_jour(self.du)} au {fin} : {', '.join(self.rubriques)}."


def diff_passe(ancien: Mapping[str, Any], nouveau: Mapping[str, Any], *, au: date) -> tuple[EcartPasse, ...]:
    """The stretches before `au` on which the two texts do not say the same. Both texts are valid."""
    bornes = sorted({jour for texte in (ancien, nouveau) for jour in _list_bornes(texte) if jour < au} | {au})
    ecarts: list[EcartPasse] = []
    for debut, fin in pairwise(bornes):
        rubriques = _diff_jour(ancien, nouveau, debut)
        if not rubriques:
            continue
        if ecarts and ecarts[-1].jusqu_au == debut and ecarts[-1].rubriques == rubriques:
            ecarts[-1] = EcartPasse(ecarts[-1].du, fin, rubriques)
        else:
            ecarts.append(EcartPasse(debut, fin, rubriques))
    return tuple(ecarts)


def describe_periodes(dispositif: Dispositif) -> str:
    """« du 1er janvier 2025 au 31 décembre 2025 ; depuis le 1er janvier 2026 »."""
    parties = []
    for version in dispositif.versions:
        if version.ferme_le is None:
            parties.append(f"depuis le {format_jour(version.ouvert_du)}")
        else:
            dernier = version.ferme_le - timedelta(days=1)
            parties.append(f"du {format_jour(version.ouvert_du)} au {format_jour(dernier)}")
    return " ; ".join(parties)


def _list_bornes(texte: Mapping[str, Any]) -> list[date]:
    return [
        date.fromisoformat(version[cle])
        for version in texte["versions"]
        for cle in ("ouvert_du", "ferme_le")
        if cle in version
    ]


def _diff_jour(ancien: Mapping[str, Any], nouveau: Mapping[str, Any], jour: date) -> tuple[str, ...]:
    versions = [_version_du(texte, jour) for texte in (ancien, nouveau)]
    if versions[0] is None and versions[1] is None:
        return ()
    if versions[0] is None or versions[1] is None:
        return ("ouverture",)
    avant, apres = (_expand(version, texte) for version, texte in zip(versions, (ancien, nouveau), strict=True))
    rubriques = [libelle for cle, libelle in RUBRIQUES.items() if avant.get(cle) != apres.get(cle)]
    rubriques += [libelle for cle, libelle in IDENTITE.items() if ancien.get(cle) != nouveau.get(cle)]
    return tuple(rubriques)


def _version_du(texte: Mapping[str, Any], jour: date) -> Any:
    for version in texte["versions"]:
        ouvert, ferme = date.fromisoformat(version["ouvert_du"]), version.get("ferme_le")
        if ouvert <= jour and (ferme is None or jour < date.fromisoformat(ferme)):
            return version
    return None


def _expand(noeud: Any, texte: Mapping[str, Any]) -> Any:
    """The same with the definitions in the place of their names, and the texts of the references in theirs."""
    if isinstance(noeud, dict):
        if set(noeud) == {"voir"}:
            return _expand(texte.get("definitions", {}).get(noeud["voir"]), texte)
        return {cle: _expand_valeur(cle, valeur, texte) for cle, valeur in noeud.items()}
    if isinstance(noeud, list):
        return [_expand(valeur, texte) for valeur in noeud]
    return noeud


def _expand_valeur(cle: str, valeur: Any, texte: Mapping[str, Any]) -> Any:
    if cle == "reference" and isinstance(valeur, str):
        return texte["references"].get(valeur)
    return _expand(valeur, texte)
