"""Whether a commune is in the official lists, and in which places it is: kept in the process, no query a page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.db.models.functions import Coalesce

from portal.core.gardes import Garde
from zonage.models import AppartenanceListe, Commune, Departement, PeriodeListe

LIGNES_MAX = 500_000
"""A dozen lists of twenty thousand communes over two periods: far below."""

Bornes = tuple[date, date | None]

SQL_LISTES = """
SELECT j.jour, c.code_insee AS commune_id,
       (k.hors || coalesce(a.dans, '{}')) - coalesce(a.incertaines, '{}') AS listes
  FROM unnest(%(jours)s::date[]) AS j (jour)
 CROSS JOIN zonage_commune c
 CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_object_agg(p.liste_id, false), '{}') AS hors
         FROM zonage_periodeliste p WHERE p.periode @> j.jour) k
  LEFT JOIN (
       SELECT x.jour, l.commune_id, jsonb_object_agg(l.liste_id, true) FILTER (WHERE l.certaine) AS dans,
              array_agg(l.liste_id::text) FILTER (WHERE NOT l.certaine) AS incertaines
         FROM unnest(%(jours)s::date[]) AS x (jour)
         JOIN zonage_periodeliste p ON p.periode @> x.jour
         JOIN zonage_appartenanceliste l ON l.liste_id = p.liste_id AND l.periode @> x.jour
        GROUP BY x.jour, l.commune_id) a ON a.jour = j.jour AND a.commune_id = c.code_insee
"""
"""For readers by sets: one row a day and a commune, `listes` being {"frr": true, "zrr": false}, as `listes_du` says
it; a list that is absent is unknown. Parameter: `jours`, a list of days."""


@dataclass(frozen=True, slots=True)
class _Listes:
    """`periodes`: the days when each list is known. `appartenances`: by commune, (list, bounds, certain)."""

    periodes: Mapping[str, tuple[Bornes, ...]] = field(default_factory=dict)
    appartenances: Mapping[str, tuple[tuple[str, Bornes, bool], ...]] = field(default_factory=dict)


def listes_du(commune: str, jour: date) -> tuple[tuple[str, bool], ...]:
    """Whether a commune of today is in each list known that day, by code of list. An absent list is unknown."""
    listes = _listes.read()
    connues = [code for code, periodes in listes.periodes.items() if any(_holds(bornes, jour) for bornes in periodes)]
    if not connues:
        return ()
    citees = {code: sure for code, bornes, sure in listes.appartenances.get(commune, ()) if _holds(bornes, jour)}
    return tuple((code, code in citees) for code in connues if citees.get(code, True))


def known_listes(jour: date) -> tuple[str, ...]:
    """The codes of the lists known that day."""
    return tuple(code for code, bornes in _listes.read().periodes.items() if any(_holds(b, jour) for b in bornes))


def region_of(commune: str) -> str | None:
    """The région of a commune of today, from its département: the first characters of its code."""
    departement = commune[:3] if commune.startswith(("97", "98")) else commune[:2]
    return _regions.read().get(departement)


def lieux_du(commune: str, nommes: Collection[str]) -> frozenset[str]:
    """Among the places named (« region:27 », « departement:71 », « epci:247100589 », « commune:71076 »), the ones
    that hold this commune of today. An arrondissement is in its city and in the EPCI of its city."""
    if not nommes:
        return frozenset()
    communes = _communes_by_lieu(frozenset(nommes)).read()
    return communes.get(commune, frozenset())


def _holds(bornes: Bornes, jour: date) -> bool:
    return bornes[0] <= jour and (bornes[1] is None or jour < bornes[1])


def _load_listes() -> _Listes:
    periodes: defaultdict[str, list[Bornes]] = defaultdict(list)
    connues = PeriodeListe.objects.order_by("liste_id", "periode")
    for liste, periode in connues.values_list("liste_id", "periode")[:LIGNES_MAX]:
        periodes[liste].append((periode.lower or date.min, periode.upper))
    if not periodes:
        return _Listes()
    appartenances: defaultdict[str, list[tuple[str, Bornes, bool]]] = defaultdict(list)
    lignes = AppartenanceListe.objects.order_by("liste_id", "commune_id", "periode")
    colonnes = ("commune_id", "liste_id", "periode", "certaine")
    for commune, liste, periode, certaine in lignes.values_list(*colonnes)[:LIGNES_MAX]:
        appartenances[commune].append((liste, (periode.lower or date.min, periode.upper), certaine))
    return _Listes(
        {code: tuple(bornes) for code, bornes in periodes.items()},
        {commune: tuple(siennes) for commune, siennes in appartenances.items()},
    )


def _load_regions() -> dict[str, str]:
    return dict(Departement.objects.order_by("code").values_list("code", "region_id")[:200])


def find_communes(nommes: Iterable[str]) -> dict[str, frozenset[str]]:
    """The places of each commune that is in one of them at least, in one query."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for lieu in nommes:
        genre, _, code = lieu.partition(":")
        codes[genre].add(code)
    filtre = (
        Q(code_insee__in=codes["commune"])
        | Q(parent_id__in=codes["commune"])
        | Q(departement_id__in=codes["departement"])
        | Q(departement__region_id__in=codes["region"])
        | Q(epci_lu__in=codes["epci"])
    )
    colonnes = ("code_insee", "parent_id", "departement_id", "departement__region_id", "epci_lu")
    communes = Commune.objects.annotate(epci_lu=Coalesce("epci_id", "parent__epci_id"))
    trouvees = communes.filter(filtre).order_by("code_insee")
    genres = ("commune", "commune", "departement", "region", "epci")
    return {
        ligne[0]: frozenset(
            f"{genre}:{code}" for genre, code in zip(genres, ligne, strict=True) if code in codes[genre]
        )
        for ligne in trouvees.values_list(*colonnes)[:LIGNES_MAX]
    }


_listes = Garde(_load_listes)
_regions = Garde(_load_regions)
_lieux: dict[frozenset[str], Garde[dict[str, frozenset[str]]]] = {}


def _communes_by_lieu(nommes: frozenset[str]) -> Garde[dict[str, frozenset[str]]]:
    """One reading for the places that the schemes name now; that of former schemes is forgotten."""
    garde = _lieux.get(nommes)
    if garde is None:
        _lieux.clear()
        garde = _lieux[nommes] = Garde(lambda: find_communes(nommes))
    return garde


def forget_listes() -> None:
    """Read everything again at the next call."""
    _listes.forget()
    _regions.forget()
    _lieux.clear()
