"""What the address of a page of figures asks for, read once for all of them: a fault is said, the default shown."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from portal.pilotage.droits import list_siens
from portal.pilotage.enums import Theme
from portal.pilotage.lecture import Cle, find_cle
from portal.pilotage.models import Territoire
from portal.pilotage.tableaux import AVEC_MAX, default_depuis

PREMIER_JOUR = date(2017, 1, 1)
Erreurs = list[tuple[str, str]]
"""(the name of the field, the sentence)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a dashboard shows."""

    territoire: Territoire
    au: date
    depuis: date
    themes: tuple[str, ...] = ()
    avec: tuple[Cle, ...] = ()

    def build_requete(self) -> str:
        """What a saved view keeps. Today stays today, and a year before a year before, whatever the day it opens."""
        requete = QueryDict(mutable=True)
        requete["territoire"] = f"{self.territoire.type}:{self.territoire.code}"
        if self.au != timezone.localdate():
            requete["au"] = self.au.isoformat()
        if self.depuis != default_depuis(self.au):
            requete["depuis"] = self.depuis.isoformat()
        requete.setlist("theme", list(self.themes))
        requete.setlist("avec", [":".join(cle) for cle in self.avec])
        return requete.urlencode(safe=":")


def read_question(donnees: QueryDict, erreurs: Erreurs, *, user: Any = None) -> Question | None:
    """`user`: whose territory is shown when none is asked for; None: France. None: nothing was ever measured."""
    au = read_date(donnees, "au", "Jour", timezone.localdate(), erreurs)
    depuis = read_date(donnees, "depuis", "Comparer au", default_depuis(au), erreurs)
    territoire = read_territoire(donnees, erreurs, user=user)
    themes = tuple(theme for theme in donnees.getlist("theme")[:10] if theme in Theme.values)
    if territoire is None:
        return None
    return Question(territoire, au, depuis, themes, _read_avec(donnees, erreurs))


def read_territoire(donnees: QueryDict, erreurs: Erreurs, *, user: Any = None) -> Territoire | None:
    """The one asked for, else the first of `user`, else France; None: nothing was ever measured."""
    texte = donnees.get("territoire", "").strip()
    if texte and (trouve := find_cle(texte)):
        return trouve
    montre = (next(iter(list_siens(user)), None) if user is not None else None) or find_cle("france:france")
    if texte:
        suite = f" En attendant : {montre.nom}." if montre else ""
        motif = "ce territoire n'est pas connu. Choisissez-le dans la liste ou cherchez-le."
        erreurs.append(("Territoire", f"{motif}{suite}"))
    return montre


def read_au(request: HttpRequest) -> tuple[date, Erreurs]:
    """The day of the figures, today by default; what was wrong with it."""
    erreurs: Erreurs = []
    return read_jour(request, "au", "Jour", timezone.localdate(), erreurs), erreurs


def read_jour(request: HttpRequest, cle: str, nom: str, defaut: date, erreurs: Erreurs) -> date:
    return read_date(request.GET, cle, nom, defaut, erreurs)


def read_date(donnees: QueryDict, cle: str, nom: str, defaut: date, erreurs: Erreurs) -> date:
    texte = donnees.get(cle, "").strip()
    if not texte:
        return defaut
    try:
        jour = date.fromisoformat(texte) if len(texte) == 10 else None
    except ValueError:
        jour = None
    if jour is None:
        montre = f"Le {defaut:%d/%m/%Y} est montré."
        erreurs.append((nom, f"écrivez AAAA-MM-JJ, un jour qui existe, par exemple 2026-01-31. {montre}"))
        return defaut
    if not PREMIER_JOUR <= jour <= timezone.localdate():
        erreurs.append((nom, f"choisissez un jour entre le {PREMIER_JOUR:%d/%m/%Y} et aujourd'hui."))
        return defaut
    return jour


def _read_avec(donnees: QueryDict, erreurs: Erreurs) -> tuple[Cle, ...]:
    cles: list[Cle] = []
    for texte in [une for une in donnees.getlist("avec") if une][: AVEC_MAX + 1]:
        trouve = find_cle(texte)
        if trouve is None or len(cles) == AVEC_MAX:
            motif = f"{AVEC_MAX} territoires au plus." if trouve else "ce territoire n'est pas connu."
            erreurs.append(("Comparer avec", motif))
            continue
        cles.append((trouve.type, trouve.code))
    return tuple(cles)
