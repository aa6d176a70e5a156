"""What a dashboard shows of a territory: figures by theme, their movement, the territories around, the targets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from portal.pilotage.atteinte import Atteinte, measure, read_objectifs
from portal.pilotage.droits import is_shown, list_entiers
from portal.pilotage.enums import Maille, Theme
from portal.pilotage.formats import format_valeur, say_ecart
from portal.pilotage.fraicheur import read_fraicheurs
from portal.pilotage.lecture import Cle, Valeur, find_territoires, list_au_dessus, read_valeurs_jours
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs
from portal.pilotage.svg import Courbe, draw_courbe

POINTS = 13
"""A year of months, both ends in."""
AVEC_MAX = 4
# The last row until each day, by one probe of the index each.
ANNEE = """
SELECT i.code, m.valeur
  FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS i (code, rang)
 CROSS JOIN generate_series(0, %(points)s - 1) AS n (recul)
  LEFT JOIN LATERAL (SELECT valeur FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = %(territoire)s
                        AND m.jour <= (%(au)s::date - n.recul * interval '1 month')::date
                      ORDER BY m.jour DESC LIMIT 1) m ON true
 ORDER BY i.rang, n.recul DESC
"""


@dataclass(frozen=True, slots=True)
class Ligne:
    """One indicator of the territory, as words. `ecart`: since the day compared with; `mieux`: None, neither."""

    indicateur: Indicateur
    valeur: Valeur | None
    texte: str
    ecart: str
    mieux: bool | None
    courbe: Courbe | None
    courbe_dite: str
    autres: tuple[str, ...]
    modifie: bool
    objectif: Atteinte | None = None


@dataclass(frozen=True, slots=True)
class Groupe:
    """The lines of a theme. `a_objectifs`: one of them at least has a target."""

    theme: str
    libelle: str
    lignes: tuple[Ligne, ...]
    a_objectifs: bool


@dataclass(frozen=True, slots=True)
class Tableau:
    """`autres`: the territories of the columns, the largest first. `complet`: more than what is public is shown.

    `a_passe`: whether anything was measured on the day compared with, or moved within the year.
    """

    territoire: Territoire
    maille: str
    au: date
    depuis: date
    autres: tuple[Territoire, ...]
    groupes: tuple[Groupe, ...]
    complet: bool
    a_passe: bool

    @property
    def lignes(self) -> list[Ligne]:
        return [ligne for groupe in self.groupes for ligne in groupe.lignes]


def read_tableau(
    territoire: Territoire,
    *,
    au: date,
    depuis: date,
    user: Any = None,
    themes: Iterable[str] = (),
    avec: Sequence[Cle] = (),
) -> Tableau:
    """What `user` may read of it; None: anybody. `avec`: territories to compare with, after those that hold it."""
    cles = [*list_au_dessus(territoire), *avec][: 3 + AVEC_MAX]
    entiers = list_entiers(user, [(territoire.type, territoire.code), *cles])
    complet = (territoire.type, territoire.code) in entiers
    voulus = [un for un in list_indicateurs().values() if _is_shown(un, territoire, complet, set(themes))]
    autres = find_territoires(cles)
    demandes = [((t.type, t.code), au) for t in (territoire, *autres)]
    valeurs = read_valeurs_jours([un.code for un in voulus], [*demandes, (demandes[0][0], depuis)])
    lues, avant = valeurs[au], valeurs[depuis]
    objectifs = read_objectifs([un.code for un in voulus], territoire, au=au)
    cle = (territoire.type, territoire.code)
    voulus = [un for un in voulus if _is_known(un, lues.get((un.code, *cle)), objectifs.get(un.code))]
    annee = _read_annee(voulus, territoire, au)
    perimes = {code for code, une in read_fraicheurs(voulus).items() if une.perime} if voulus else set()
    lignes = [
        _build_ligne(un, territoire, autres, entiers, lues, avant, annee[un.code], un.code in perimes) for un in voulus
    ]
    lignes = [_add_objectif(ligne, objectifs.get(ligne.indicateur.code), au) for ligne in lignes]
    return Tableau(
        territoire=territoire,
        maille=str(Maille(territoire.type).label),
        au=au,
        depuis=depuis,
        autres=tuple(autres),
        groupes=tuple(_group(lignes)),
        complet=complet,
        a_passe=any(ligne.ecart or ligne.courbe for ligne in lignes),
    )


def _add_objectif(ligne: Ligne, objectif: Objectif | None, au: date) -> Ligne:
    if objectif is None:
        return ligne
    valeur = ligne.valeur.valeur if ligne.valeur else None
    return replace(ligne, objectif=measure(objectif, valeur, ligne.indicateur, au=au))


def _group(lignes: Sequence[Ligne]) -> Iterator[Groupe]:
    for theme in Theme:
        siennes = tuple(ligne for ligne in lignes if ligne.indicateur.theme == theme)
        if siennes:
            yield Groupe(theme.value, str(theme.label), siennes, any(ligne.objectif for ligne in siennes))


def default_depuis(au: date) -> date:
    """A year before."""
    return au - timedelta(days=365)


def _is_shown(un: Indicateur, territoire: Territoire, complet: bool, themes: set[str]) -> bool:
    if themes and un.theme not in themes:
        return False
    return is_shown(un, territoire.type, entier=complet)


def _is_known(un: Indicateur, valeur: Valeur | None, objectif: Objectif | None) -> bool:
    """A part of a whole that counts nobody, and a figure never entered there, are not shown, but with a target."""
    if un.variante:
        return (valeur is not None and bool(valeur.valeur)) or objectif is not None
    return valeur is not None or objectif is not None or not un.de_donnees


def _read_annee(voulus: Sequence[Indicateur], territoire: Territoire, au: date) -> dict[str, list[Decimal | None]]:
    annee: dict[str, list[Decimal | None]] = {un.code: [] for un in voulus}
    if not voulus:
        return annee
    valeurs: dict[str, Any] = {"codes": list(annee), "points": POINTS, "territoire": territoire.pk, "au": au}
    with connection.cursor() as cursor:
        cursor.execute(ANNEE, valeurs)
        for code, valeur in cursor.fetchall():
            annee[code].append(valeur)
    return annee


def _build_ligne(
    un: Indicateur,
    territoire: Territoire,
    autres: Sequence[Territoire],
    entiers: set[Cle],
    lues: dict[tuple[str, str, str], Valeur],
    avant: dict[tuple[str, str, str], Valeur],
    annee: list[Decimal | None],
    modifie: bool,
) -> Ligne:
    valeur = lues.get((un.code, territoire.type, territoire.code))
    ancienne = avant.get((un.code, territoire.type, territoire.code))
    ecart, mieux = say_ecart(valeur.valeur if valeur else None, ancienne.valeur if ancienne else None, un)
    courbe = draw_courbe(annee) if len({une for une in annee if une is not None}) > 1 else None
    colonnes = []
    for autre in autres:
        cle = (autre.type, autre.code)
        lisible = is_shown(un, autre.type, entier=cle in entiers)
        lue = lues.get((un.code, *cle))
        colonnes.append(format_valeur(lue.valeur if lue else None, un) if lisible else "—")
    return Ligne(
        indicateur=un,
        valeur=valeur,
        texte=format_valeur(valeur.valeur if valeur else None, un),
        ecart=ecart,
        mieux=mieux,
        courbe=courbe,
        courbe_dite=_say_annee(un, annee) if courbe else "",
        autres=tuple(colonnes),
        modifie=modifie,
    )


def _say_annee(un: Indicateur, annee: Sequence[Decimal | None]) -> str:
    connues = [une for une in annee if une is not None]
    return f"{un.libelle}, douze mois : de {format_valeur(connues[0], un)} à {format_valeur(connues[-1], un)}"
