"""What holds in a commune beside the zoning: the lists, the regional amounts and the places that some rule names."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from aides.models import ParametreRegional, StatutParametre
from aides.regles.dispositifs import Catalogue
from aides.regles.situation import SANS_LOCAUX, Locaux
from portal.core.gardes import Garde
from zonage.listes import lieux_du, listes_du, region_of

PARAMETRES_MAX = 20_000

Valeurs = tuple[tuple[str, date, date | None, Decimal], ...]

SQL_PARAMETRES = """
SELECT j.jour, p.region_id, jsonb_object_agg(p.code, p.valeur) AS parametres
  FROM unnest(%(jours)s::date[]) AS j (jour)
  JOIN aides_parametreregional p ON p.statut = 'valide' AND p.periode @> j.jour
 GROUP BY j.jour, p.region_id
"""
"""For readers by sets: one row a day and a région that sets something, `parametres` being {code: euros}.
Parameter: `jours`, a list of days."""


def read_locaux(commune: str, jour: date, catalogue: Catalogue) -> Locaux:
    """Only what some scheme names: communes that differ by nothing else still share one evaluation."""
    listes = tuple((code, dedans) for code, dedans in listes_du(commune, jour) if code in catalogue.listes)
    parametres = _read_parametres(commune, jour) if catalogue.parametres else ()
    return Locaux(listes, parametres) if listes or parametres else SANS_LOCAUX


def read_lieux(commune: str, catalogue: Catalogue) -> frozenset[str]:
    return lieux_du(commune, catalogue.lieux)


def _read_parametres(commune: str, jour: date) -> tuple[tuple[str, Decimal], ...]:
    par_region = _parametres.read()
    if not par_region:
        return ()
    valeurs = par_region.get(region_of(commune) or "", ())
    return tuple((code, valeur) for code, debut, fin, valeur in valeurs if debut <= jour and (not fin or jour < fin))


def _load_parametres() -> Mapping[str, Valeurs]:
    valeurs: defaultdict[str, list[tuple[str, date, date | None, Decimal]]] = defaultdict(list)
    lignes = ParametreRegional.objects.filter(statut=StatutParametre.VALIDE).order_by("region_id", "code", "periode")
    for region, code, periode, valeur in lignes.values_list("region_id", "code", "periode", "valeur")[:PARAMETRES_MAX]:
        valeurs[region].append((code, periode.lower or date.min, periode.upper, valeur))
    return {region: tuple(siennes) for region, siennes in valeurs.items()}


_parametres = Garde(_load_parametres)


def forget_parametres() -> None:
    """Read the regional values again at the next call."""
    _parametres.forget()
