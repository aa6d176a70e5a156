"""Small multiples: a figure over several territories on one scale, or the figures of a theme for one territory.

Every value of a page, and those of its file, come from one query: one state of the base.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from portal.pilotage.droits import is_shown, list_entiers
from portal.pilotage.enums import Duree, Ensemble, Maille
from portal.pilotage.formats import format_nombre, format_valeur, say_ecart
from portal.pilotage.lecture import LECTURES_MAX, LectureTropGrande, list_au_dessus
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs
from portal.pilotage.svg import Vignette, draw_vignette, find_bornes

PAGE = 12
TERRITOIRES_MAX = 240
"""Of a whole set: more than any région has CPTS, or any département EPCI."""
PAS = {Duree.AN: (1, 12), Duree.CINQ_ANS: (3, 20)}
"""Months between two points, and how many times."""
Valeurs = tuple[Decimal | None, ...]
Point = tuple[Decimal | None, bool]
Bornes = tuple[Decimal, Decimal]

# The last row until each day, by one probe of the index each.
POINTS = """
SELECT i.code, t.id, j.rang, m.valeur, m.demonstration
  FROM unnest(%(codes)s::text[]) AS i (code)
 CROSS JOIN unnest(%(territoires)s::bigint[]) AS t (id)
 CROSS JOIN unnest(%(jours)s::date[]) WITH ORDINALITY AS j (jour, rang)
 CROSS JOIN LATERAL (SELECT m.valeur, m.demonstration FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = t.id AND m.jour <= j.jour
                      ORDER BY m.jour DESC LIMIT 1) m
"""


class EnsembleVide(Exception):
    """The set asked for means nothing from that territory. A French sentence, which says what to do."""


@dataclass(frozen=True, slots=True)
class Serie:
    """A curve and its figures. `echelle`: the scale is that of the others of its size; else its own."""

    indicateur: Indicateur
    territoire: Territoire
    valeurs: Valeurs
    avant: Decimal | None
    demonstration: bool
    choisie: bool
    echelle: bool
    vignette: Vignette | None

    @property
    def derniere(self) -> Decimal | None:
        return self.valeurs[-1]

    @property
    def is_known(self) -> bool:
        return any(une is not None for une in (*self.valeurs, self.avant))

    @property
    def texte(self) -> str:
        return format_valeur(self.derniere, self.indicateur)

    @property
    def texte_avant(self) -> str:
        return format_valeur(self.avant, self.indicateur)

    @property
    def ecart(self) -> str:
        return say_ecart(self.derniere, self.avant, self.indicateur)[0]

    @property
    def mieux(self) -> bool | None:
        return say_ecart(self.derniere, self.avant, self.indicateur)[1]

    @property
    def dite(self) -> str:
        """What the drawing says, for who does not see it."""
        connues = [une for une in self.valeurs if une is not None]
        if len(connues) < 2:
            return ""
        un = self.indicateur
        debut, fin = format_valeur(connues[0], un), format_valeur(connues[-1], un)
        bas, haut = format_nombre(min(connues), un.decimales), format_nombre(max(connues), un.decimales)
        if bas == haut:
            return f"{debut}, sans changement."
        return f"De {debut} à {fin} ; au plus bas {bas}, au plus haut {haut}."

    @property
    def cellules(self) -> list[str]:
        return ["—" if une is None else format_nombre(une, self.indicateur.decimales) for une in self.valeurs]


@dataclass(frozen=True, slots=True)
class Planche:
    """`series`: all of them; `montrees`: those of the page. `echelle`: what the shared scale spans, "" without one."""

    territoire: Territoire
    ensemble: Ensemble
    jours: tuple[date, ...]
    depuis: date
    series: tuple[Serie, ...]
    page: int
    echelle: str

    @property
    def montrees(self) -> tuple[Serie, ...]:
        return self.series[(self.page - 1) * PAGE : self.page * PAGE]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.series) // PAGE))

    @property
    def au(self) -> date:
        return self.jours[-1]


def list_jours(au: date, duree: Duree) -> tuple[date, ...]:
    """The days read, the oldest first: the same day of each month, its last one when the month is shorter."""
    pas, fois = PAS[duree]
    return tuple(shift_mois(au, -pas * recul) for recul in range(fois, -1, -1))


def shift_mois(jour: date, mois: int) -> date:
    annee, rang = divmod(jour.year * 12 + jour.month - 1 + mois, 12)
    return date(annee, rang + 1, min(jour.day, monthrange(annee, rang + 1)[1]))


def list_territoires(territoire: Territoire, ensemble: Ensemble) -> list[Territoire]:
    """The territories of the set, in the order of the page. Raises EnsembleVide."""
    if ensemble == Ensemble.THEME:
        return [territoire]
    if ensemble == Ensemble.AUTOUR:
        return _list_autour(territoire)
    maille, champ, mere = {
        Ensemble.DEPARTEMENTS: (Maille.DEPARTEMENT, "region_code", "une région"),
        Ensemble.EPCI: (Maille.EPCI, "departement_code", "un département"),
        Ensemble.CPTS: (Maille.CPTS, "region_code", "une région"),
    }[ensemble]
    code = getattr(territoire, champ)
    if not code:
        raise EnsembleVide(f"« {ensemble.label} » se lit depuis {mere} : choisissez d'abord ce territoire.")
    siens = Territoire.objects.filter(Q(**{champ: code}), type=maille, actif=True)
    return list(siens.order_by("nom", "code")[:TERRITOIRES_MAX])


def _list_autour(territoire: Territoire) -> list[Territoire]:
    """It first, then those that hold it, the largest first, then its neighbours of the same size by name.

    The neighbours of France are its régions.
    """
    cles = list_au_dessus(territoire)
    filtre = Q(type=territoire.type, actif=True)
    if territoire.type == Maille.FRANCE:
        filtre = Q(type=Maille.REGION, actif=True)
    elif territoire.type == Maille.DEPARTEMENT:
        filtre &= Q(region_code=territoire.region_code)
    elif territoire.type != Maille.REGION:
        filtre &= Q(departement_code=territoire.departement_code)
    for type_, code in cles:
        filtre |= Q(type=type_, code=code)
    rangs = {cle: rang for rang, cle in enumerate([(territoire.type, territoire.code), *cles])}
    lus = Territoire.objects.filter(filtre).exclude(pk=territoire.pk).order_by("nom", "code")[:TERRITOIRES_MAX]
    return [territoire, *sorted(lus, key=lambda t: rangs.get((t.type, t.code), len(rangs)))]


def list_choix_indicateurs(*, prive: bool) -> list[Indicateur]:
    """Those that the page may draw: the public ones, or all of them behind an account."""
    return [un for un in list_indicateurs().values() if prive or un.public]


def read_planche(
    territoire: Territoire,
    *,
    ensemble: Ensemble,
    indicateur: Indicateur,
    theme: str,
    duree: Duree,
    au: date,
    depuis: date | None = None,
    user: Any = None,
    page: int = 1,
) -> Planche:
    """What `user` may read of it (None: anybody). `indicateur`: of the territories; `theme`: of the territory alone.

    `depuis`: the day compared with, the first of the curves by default. Raises EnsembleVide.
    """
    territoires = list_territoires(territoire, ensemble)
    entiers = list_entiers(user, [(t.type, t.code) for t in territoires])
    if ensemble == Ensemble.THEME:
        voulus = [un for un in list_indicateurs().values() if un.theme == theme]
    else:
        voulus = [indicateur]
    couples = [
        (un, t) for t in territoires for un in voulus if is_shown(un, t.type, entier=(t.type, t.code) in entiers)
    ]
    jours = list_jours(au, duree)
    lus = _read_points(couples, [*jours, depuis or jours[0]])
    maille = _find_maille(couples) if ensemble != Ensemble.THEME else ""
    comparees = {t.pk for un, t in couples if maille and _is_compared(un, t, maille)}
    bornes = find_bornes([[valeur for valeur, _ in lus[un.code, t.pk][:-1]] for un, t in couples if t.pk in comparees])
    repere = lus.get((indicateur.code, territoire.pk)) if territoire.pk in comparees else None
    series = [
        _build_serie(un, t, lus[un.code, t.pk], bornes if t.pk in comparees else None, repere, choisi=territoire)
        for un, t in couples
        if ensemble != Ensemble.THEME or _is_drawn(un, lus[un.code, t.pk])
    ]
    if not any(serie.is_known for serie in series):
        series = []
    pages = max(1, -(-len(series) // PAGE))
    echelle = ""
    if bornes and len(series) > 1:
        bas, haut = (format_nombre(borne, indicateur.decimales) for borne in bornes)
        echelle = f"de {bas} à {haut} {indicateur.unite}"
    return Planche(territoire, ensemble, jours, depuis or jours[0], tuple(series), min(max(page, 1), pages), echelle)


def iter_lignes(planche: Planche) -> Iterator[list[Any]]:
    """Every curve of the set, a row by day: what the file holds."""
    for serie in planche.series:
        un, t = serie.indicateur, serie.territoire
        for jour, valeur in zip(planche.jours, serie.valeurs, strict=True):
            faits = [un.libelle, un.code, Maille(t.type).label, t.code, t.nom]
            yield [*faits, jour, valeur, un.unite, serie.demonstration]


def _read_points(
    couples: Sequence[tuple[Indicateur, Territoire]], jours: Sequence[date]
) -> dict[tuple[str, int], list[Point]]:
    lus: dict[tuple[str, int], list[Point]] = {(un.code, t.pk): [(None, False)] * len(jours) for un, t in couples}
    codes, territoires = {un.code for un, _ in couples}, {t.pk for _, t in couples}
    if not lus:
        return lus
    if (nombre := len(codes) * len(territoires) * len(jours)) > LECTURES_MAX:
        raise LectureTropGrande(f"{nombre} valeurs demandées, {LECTURES_MAX} au plus")
    valeurs: dict[str, Any] = {"codes": sorted(codes), "territoires": sorted(territoires), "jours": list(jours)}
    with connection.cursor() as cursor:
        cursor.execute(POINTS, valeurs)
        for code, territoire, rang, valeur, demonstration in cursor.fetchall():
            lus[code, territoire][rang - 1] = (valeur, demonstration)
    return lus


def _find_maille(couples: Sequence[tuple[Indicateur, Territoire]]) -> str:
    """The size of most of them: that of the last one, whatever holds them comes before."""
    return couples[-1][1].type if couples else ""


def _is_compared(un: Indicateur, territoire: Territoire, maille: str) -> bool:
    """Whether it is drawn on the shared scale. A count grows with the territory: those of one size share it."""
    return territoire.type == maille or un.unite == "%" or un.forme in ("part", "moyenne", "mediane")


def _is_drawn(un: Indicateur, points: Sequence[Point]) -> bool:
    """A part of a whole that counted nobody, and what was never entered there, are not drawn in a theme."""
    return any(valeur if un.variante else valeur is not None for valeur, _ in points)


def _build_serie(
    un: Indicateur,
    territoire: Territoire,
    points: Sequence[Point],
    bornes: Bornes | None,
    repere: Sequence[Point] | None,
    *,
    choisi: Territoire,
) -> Serie:
    valeurs = tuple(valeur for valeur, _ in points[:-1])
    choisie = territoire.pk == choisi.pk
    echelle = bornes is not None
    prises = bornes or find_bornes([valeurs])
    derriere = [valeur for valeur, _ in repere[:-1]] if repere and echelle and not choisie else None
    textes = tuple(format_nombre(borne, un.decimales) for borne in prises or ())
    return Serie(
        indicateur=un,
        territoire=territoire,
        valeurs=valeurs,
        avant=points[-1][0],
        demonstration=any(demonstration for _, demonstration in points),
        choisie=choisie,
        echelle=echelle,
        vignette=draw_vignette(valeurs, derriere, prises, (textes[0], textes[1])) if prises else None,
    )
