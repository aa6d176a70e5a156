"""The diagnosis of a région or of France: its units are départements, whose sums are already kept.

Same shapes as `diagnostic_lecture`: no commune is read, the work depends on the number of départements alone.
"""

from collections.abc import Collection
from datetime import date
from typing import Final

from django.db.models import Max

from cpts.models import OffreCommune
from portal.pilotage.diagnostic_lecture import (
    AplLue,
    CommuneLue,
    OffreLue,
    ZonesLues,
    keep,
    list_retenues,
    name_arretes,
    sommes_population,
    sum_offre,
)
from zonage.comparaisons import repartitions_france, sommes_apl
from zonage.enums import Origine, Profession, StatutArrete
from zonage.models import Arrete, Commune, Departement, Niveau

GRANDS: Final = ("region", "france")
ARRETES_MAX: Final = 2_000


def is_grand(type_: str) -> bool:
    return type_ in GRANDS


def read_departements(codes: Collection[str]) -> dict[str, CommuneLue]:
    """By code, in the order of the names: as many communes and inhabitants as each has."""
    sommes, millesime = sommes_population(), read_millesime()
    noms = Departement.objects.filter(code__in=codes).order_by("nom", "code").values_list("code", "nom")
    lus: dict[str, CommuneLue] = {}
    for code, nom in noms[:200]:
        if code in sommes:
            somme = sommes[code]
            lus[code] = CommuneLue(
                code, nom, code, somme.region, somme.population, millesime, somme.ages, None, communes=somme.communes
            )
    return lus


def read_millesime() -> int | None:
    lu: int | None = keep("millesime", lambda: Commune.objects.aggregate(lu=Max("millesime_population"))["lu"])
    return lu


def fill_offre(departements: dict[str, CommuneLue], au: date) -> OffreLue:
    jour = OffreCommune.objects.filter(jour__lte=au).order_by("-jour").values_list("jour", flat=True).first()
    if jour is None:
        return OffreLue(None, {})
    sommes = keep(f"offre:{jour}", lambda: sum_offre(jour))
    for profession, valeurs in sommes.items():
        for code in departements.keys() & valeurs.keys():
            departements[code].offre[profession] = valeurs[code][:2]
    return OffreLue(jour, sommes)


def fill_apl(departements: dict[str, CommuneLue]) -> AplLue:
    sommes = sommes_apl()
    for cle, valeurs in sommes.items():
        for code in departements.keys() & valeurs.keys():
            departements[code].apl[cle] = valeurs[code][1:]
    return AplLue(list_retenues(departements.values()), sommes)


def fill_zones(departements: dict[str, CommuneLue], au: date) -> ZonesLues:
    """The class of a département is that of most of its inhabitants; the shares count each of them."""
    demonstration = False
    for profession in Profession.values:
        for lue in repartitions_france(profession, au=au):
            if lue.code in departements:
                departements[lue.code].classes[profession] = lue.dominante
                departements[lue.code].peuple[profession] = dict(lue.habitants)
                demonstration = demonstration or Origine.DEMONSTRATION in lue.origines
    niveaux = Niveau.objects.order_by("rang", "code").values_list("code", "rang", "libelle")[:100]
    libelles = {code: (rang, libelle) for code, rang, libelle in niveaux}
    return ZonesLues(libelles, _list_arretes(departements, au), demonstration)


def _list_arretes(departements: dict[str, CommuneLue], au: date) -> list[str]:
    """Of one région: those in force. Of France: how many."""
    regions = {lue.region for lue in departements.values()}
    lus = Arrete.objects.filter(region__in=regions, periode__contains=au, statut=StatutArrete.PUBLIE)
    couples = list(lus.order_by("pk").values_list("pk", "origine")[:ARRETES_MAX])
    if len(regions) > 1:
        return [f"{len(couples)} arrêtés de zonage en vigueur dans {len(regions)} régions"] if couples else []
    return name_arretes({(cle, origine == Origine.DEMONSTRATION) for cle, origine in couples})
