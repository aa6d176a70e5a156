"""The placeholders of the letters: a fixed list, put in by one pass over plain text. No engine reads what is typed.

« {montant} » is replaced; anything else between braces (« {{ 7*7 }} », « {0.__class__} ») stays as it was typed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aides.models import TypeCourrier

CHAMP = re.compile(r"\{([a-z_]{2,30})\}")
TOUS = frozenset(TypeCourrier.values)
DECIDES = frozenset({TypeCourrier.DECISION, TypeCourrier.REFUS})
SIGNES = frozenset({TypeCourrier.CONTRAT, TypeCourrier.ATTESTATION, TypeCourrier.RESILIATION})
VIDE = "—"


@dataclass(frozen=True, slots=True)
class Champ:
    """`types`: the letters in which it has a value. `exemple`: what the preview shows."""

    libelle: str
    exemple: str
    types: frozenset[str] = TOUS


CHAMPS: Mapping[str, Champ] = {
    "demandeur": Champ("Prénom et nom de qui demande", "Camille EXEMPLE"),
    "courrier": Champ("Numéro du courrier", "27-2026-DEC-000001"),
    "dossier": Champ("Numéro du dossier", "27-2026-000042"),
    "jour": Champ("Jour du courrier", "22 novembre 2026"),
    "jour_depot": Champ("Jour du dépôt de la demande", "3 octobre 2026"),
    "dispositif": Champ("Nom du dispositif d'aide", "Contrat d'aide à l'installation"),
    "sigle": Champ("Sigle du dispositif", "CAIM"),
    "commune": Champ("Commune d'exercice", "Montceau-les-Mines"),
    "departement": Champ("Nom du département", "Saône-et-Loire"),
    "region": Champ("Nom de la région", "Bourgogne-Franche-Comté"),
    "jour_decision": Champ("Jour de la décision", "20 novembre 2026", DECIDES | SIGNES),
    "montant": Champ("Montant accordé", "43 750 €", frozenset({TypeCourrier.DECISION}) | SIGNES),
    "contrat": Champ("Numéro du contrat", "C-27-2026-000042", SIGNES),
    "jour_signature": Champ("Jour de la signature", "22 novembre 2026", SIGNES),
    "jour_effet": Champ("Premier jour du contrat", "1er décembre 2026", SIGNES),
    "terme": Champ("Premier jour après le contrat", "1er décembre 2031", SIGNES),
}


def list_champs(type_courrier: str) -> dict[str, Champ]:
    """The placeholders that this type of letter knows."""
    return {code: champ for code, champ in CHAMPS.items() if type_courrier in champ.types}


def find_inconnus(texte: str, type_courrier: str) -> list[str]:
    """What looks like a placeholder and is not one of this type: a slip of the pen, said when the text is saved."""
    connus = list_champs(type_courrier)
    return sorted({code for code in CHAMP.findall(texte) if code not in connus})


def fill_texte(texte: str, valeurs: Mapping[str, str]) -> str:
    """One pass: what a value holds is never read again. A placeholder without value is a dash."""
    return CHAMP.sub(lambda m: (valeurs.get(m[1]) or VIDE) if m[1] in CHAMPS else m[0], texte)
