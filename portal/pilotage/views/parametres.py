"""The days that an address asks for, read once for every page of figures: a fault is said, and the default shown."""

from datetime import date

from django.http import HttpRequest
from django.utils import timezone

PREMIER_JOUR = date(2017, 1, 1)
Erreurs = list[tuple[str, str]]
"""(the name of the field, the sentence)."""


def read_au(request: HttpRequest) -> tuple[date, Erreurs]:
    """The day of the figures, today by default; what was wrong with it."""
    erreurs: Erreurs = []
    return read_jour(request, "au", "Jour", timezone.localdate(), erreurs), erreurs


def read_jour(request: HttpRequest, cle: str, nom: str, defaut: date, erreurs: Erreurs) -> date:
    texte = request.GET.get(cle, "").strip()
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
