"""Six communes in a line and a CPTS on the first three: what the tests of perimeters share."""

from datetime import date
from typing import Any

from cpts.models import Cpts, Perimetre
from cpts.services.perimetres import edit_brouillon, open_brouillon, submit_perimetre
from portal.accounts.models import User
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.models import Commune

JOUR = date(2026, 1, 1)
EFFET = date(2026, 3, 1)


def make_communes() -> list[Commune]:
    """Six of them in a line, each the neighbour of the next."""
    codes = [f"71{rang:03d}" for rang in range(1, 7)]
    return [
        CommuneFactory(
            code_insee=code,
            nom=f"Village {rang}",
            population=1_000 * (rang + 1),
            voisines=[voisine for voisine in codes if abs(int(voisine) - int(code)) == 1],
        )
        for rang, code in enumerate(codes)
    ]


def list_unites(unites: Any) -> set[str]:
    return {unite.code for unite in unites}


def submit(cpts: Cpts, par: User, **ajoute: Any) -> Perimetre:
    brouillon = open_brouillon(cpts, par=par)
    edit_brouillon(brouillon, par=par, version=0, **ajoute)
    submit_perimetre(brouillon, par=par, version=1, motif="Essai", effet_le=EFFET)
    return brouillon


def merge(ancienne: Commune, nouvelle: Commune) -> None:
    """What the reference data does when a commune joins another: its row stays, its people count with the other."""
    AncienneCommuneFactory(code_insee=ancienne.pk, nom=ancienne.nom, commune=nouvelle, depuis=date(2025, 1, 1))
    Commune.objects.filter(pk=nouvelle.pk).update(population=nouvelle.population + ancienne.population)
