"""The parameters of an address: declared once, read strictly, documented from the same declaration."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from portal.core.api.corps import display_nom, find_defaut
from portal.core.api.problemes import RequeteInvalide

LONGUEUR_MAX = 200
PREMIER_JOUR = date(2010, 1, 1)
DERNIER_JOUR = date(2040, 12, 31)
FORME_JOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
FORME_NOMBRE = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parametre:
    """One parameter of the query string. `lire` gives its value or raises ValueError with a French sentence.

    `defaut` is called when the parameter is absent or empty; a `requis` parameter has none.
    """

    nom: str
    lire: Callable[[str], Any]
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    exemple: str | None = None
    requis: bool = False
    defaut: Callable[[], Any] = lambda: None


def read_jour(texte: str) -> date:
    try:
        jour = date.fromisoformat(texte) if FORME_JOUR.fullmatch(texte) else None
    except ValueError:
        jour = None
    if jour is None:
        raise ValueError("Écrivez une date réelle sous la forme AAAA-MM-JJ, par exemple 2026-01-01.")
    if not PREMIER_JOUR <= jour <= DERNIER_JOUR:
        raise ValueError("La date est hors de la période lue par le portail : du 2010-01-01 au 2040-12-31.")
    return jour


def read_nombre(texte: str, *, minimum: int, maximum: int) -> int:
    if not FORME_NOMBRE.fullmatch(texte) or not minimum <= int(texte) <= maximum:
        raise ValueError(f"Écrivez un nombre entier de {minimum} à {maximum}.")
    return int(texte)


def read_choix(texte: str, choix: Iterable[str]) -> str:
    admis = list(choix)
    if texte not in admis:
        raise ValueError(f"Valeur inconnue. Valeurs acceptées : {', '.join(admis)}.")
    return texte


AU = Parametre(
    "au",
    read_jour,
    "Le jour où la situation est lue (aujourd'hui à Paris par défaut), du 2010-01-01 au 2040-12-31.",
    {"type": "string", "format": "date"},
    exemple="2026-01-01",
    defaut=timezone.localdate,
)


def read_parametres(recus: QueryDict, parametres: tuple[Parametre, ...]) -> dict[str, Any]:
    """Every declared parameter with its value. Unknown, repeated or unreadable ones raise, all named at once."""
    erreurs: dict[str, list[str]] = {}
    declares = {parametre.nom: parametre for parametre in parametres}
    textes: dict[str, str] = {}
    for nom, valeurs in recus.lists():
        if nom not in declares:
            erreurs[display_nom(nom)] = [explain_inconnu(nom, declares, "Paramètre")]
        elif len(valeurs) > 1:
            erreurs[nom] = ["Ce paramètre est donné plusieurs fois : gardez-en un."]
        else:
            textes[nom] = valeurs[0]
    lus: dict[str, Any] = {}
    for nom, parametre in declares.items():
        if nom in erreurs:
            continue
        texte = textes.get(nom, "")
        try:
            if texte:
                lus[nom] = _read_texte(texte, parametre)
            elif parametre.requis:
                raise ValueError("Ce paramètre est obligatoire.")
            else:
                lus[nom] = parametre.defaut()
        except ValueError as erreur:
            erreurs[nom] = [str(erreur)]
    if erreurs:
        raise RequeteInvalide(erreurs=erreurs)
    return lus


def _read_texte(texte: str, parametre: Parametre) -> Any:
    if len(texte) > LONGUEUR_MAX:
        raise ValueError(f"Le texte dépasse {LONGUEUR_MAX} caractères.")
    if (defaut := find_defaut(texte)) is not None:
        raise ValueError(defaut)
    return parametre.lire(texte)


def explain_inconnu(nom: str, connus: Iterable[str], genre: str) -> str:
    """« … inconnu », with the nearest name when it looks like a slip, else the short list of names."""
    admis = sorted(connus)
    proches = difflib.get_close_matches(nom[:60], admis, n=1)
    if proches:
        return f"{genre} inconnu. Vouliez-vous dire « {proches[0]} » ?"
    if not admis:
        return f"{genre} inconnu : cette adresse n'en accepte aucun."
    return f"{genre} inconnu. Acceptés : {', '.join(admis[:12])}{'…' if len(admis) > 12 else ''}."
