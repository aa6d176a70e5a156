"""From what a person types to a commune: a name, a code, or a whole address whose street is dropped.

Never a silent first choice: unless one commune alone bears exactly what was typed, the caller shows the list.
"""

import re
from dataclasses import dataclass

from zonage.recherche import Proposition, normalise, search_communes

LONGUEUR_MAX = 200
PROPOSITIONS_MAX = 30
MOTS_MAX = 8
"""The longest name of a commune looked for at the end of an address that has no postal code, in words."""

CODE_POSTAL = re.compile(r"(?<!\d)(\d{2}) ?(\d{3})(?!\d)")
CODE = re.compile(r"\d[\dAB]\d{3}", re.IGNORECASE)
COMMENCE_PAR_NUMERO = re.compile(r"^\s*\d{1,4}\s*(bis|ter|quater)?[\s,]+\D", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Localisation:
    """`commune` when one alone fits exactly; else `propositions`. `voie_ignoree`: a street was given and dropped."""

    commune: Proposition | None
    propositions: tuple[Proposition, ...]
    voie_ignoree: bool = False


def locate(texte: str) -> Localisation:
    """Read « Chalon », « 71100 », « 71076 », « 12 rue de la Paix 71100 Chalon-sur-Saône »."""
    texte = " ".join(texte.split())
    code = CODE_POSTAL.search(texte)
    if code and texte[code.end() :].strip(" ,"):
        return locate_postal(texte, code)
    if code and texte[: code.start()].strip(" ,"):
        return locate_name_then_code(texte, code)
    if COMMENCE_PAR_NUMERO.match(texte):
        return locate_end(texte)
    return exact_or_list(texte, tuple(search_communes(texte, limite=PROPOSITIONS_MAX)))


def locate_postal(texte: str, code: re.Match[str]) -> Localisation:
    """« … 71100 Chalon-sur-Saône »: the name that follows the postal code, among the communes that it serves."""
    code_postal, nom = code[1] + code[2], re.split(r",|\bcedex\b", texte[code.end() :], flags=re.IGNORECASE)[0].strip()
    voie = bool(texte[: code.start()].strip(" ,"))
    trouvees = tuple(search_communes(nom, limite=PROPOSITIONS_MAX))
    desservies = tuple(commune for commune in trouvees if code_postal in commune.codes_postaux)
    if not desservies:
        # The name is wrong, or the code is: both are shown, the communes of the code first.
        par_code = tuple(search_communes(code_postal, limite=PROPOSITIONS_MAX))
        connus = {commune.code for commune in par_code}
        autres = tuple(commune for commune in trouvees if commune.code not in connus)
        return Localisation(None, (par_code + autres)[:PROPOSITIONS_MAX], voie)
    return exact_or_list(nom, desservies, voie=voie)


def locate_name_then_code(texte: str, code: re.Match[str]) -> Localisation:
    """« Chalon-sur-Saône 71100 » or « Chalon-sur-Saône (71076) »."""
    nom, chiffres = texte[: code.start()].strip(" ,("), code[1] + code[2]
    trouvees = tuple(search_communes(nom, limite=PROPOSITIONS_MAX))
    bonnes = tuple(commune for commune in trouvees if chiffres in (commune.code, *commune.codes_postaux))
    return exact_or_list(nom, bonnes) if bonnes else Localisation(None, trouvees)


def locate_end(texte: str) -> Localisation:
    """An address without a postal code: the longest end of it that is exactly the name of a commune."""
    mots = re.split(r"[\s,]+", texte)
    for taille in range(min(MOTS_MAX, len(mots) - 1), 0, -1):
        fin = " ".join(mots[-taille:])
        exactes = exact_names(fin, tuple(search_communes(fin, limite=PROPOSITIONS_MAX)))
        if exactes:
            return Localisation(exactes[0] if len(exactes) == 1 else None, exactes, True)
    return Localisation(None, (), True)


def exact_names(texte: str, propositions: tuple[Proposition, ...]) -> tuple[Proposition, ...]:
    """A number is exact only when it says one thing: 71100 is a village's INSEE code and Chalon's postal code."""
    if CODE.fullmatch(texte):
        return propositions if len(propositions) == 1 else ()
    cle = normalise(texte)
    return tuple(commune for commune in propositions if commune.via is None and normalise(commune.nom) == cle)


def exact_or_list(texte: str, propositions: tuple[Proposition, ...], *, voie: bool = False) -> Localisation:
    exactes = exact_names(texte, propositions)
    if len(exactes) == 1 and not is_outshone(exactes[0], propositions):
        return Localisation(exactes[0], propositions, voie)
    return Localisation(None, propositions, voie)


def is_outshone(commune: Proposition, propositions: tuple[Proposition, ...]) -> bool:
    """« Chalon » is a village of Isère, and what most people type for Chalon-sur-Saône: they choose."""
    debut = f"{normalise(commune.nom)} "
    habitants = commune.population or 0
    return any(
        normalise(autre.nom).startswith(debut) and (autre.population or 0) > habitants for autre in propositions
    )
