"""Factories of the CPTS. A row enters in the state asked, without its acts: those are of `cpts.services.vie`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import factory
from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutCpts, StatutPerimetre
from cpts.models import CommunePerimetre, Cpts, Perimetre
from zonage.models import Commune, Departement

CODE = "71-chalonnais"
SIGNE_LE = date(2024, 9, 27)
CONTRACTUELS = (StatutCpts.ACI_SIGNE, StatutCpts.RESILIE)


class CptsFactory(factory.django.DjangoModelFactory):
    """In the département 71 unless told; an ACI signed on 27/09/2024 when the state has one."""

    class Meta:
        model = Cpts

    code = factory.Sequence(lambda n: f"71-essai-{n}")
    nom = factory.Sequence(lambda n: f"CPTS d'essai {n}")
    region_code = "27"
    departement_code = "71"
    statut = StatutCpts.EMERGENCE
    aci_signe_le = factory.LazyAttribute(lambda cpts: SIGNE_LE if cpts.statut in CONTRACTUELS else None)
    aci_fin_le = factory.LazyAttribute(
        lambda cpts: cpts.aci_signe_le and cpts.aci_signe_le.replace(year=cpts.aci_signe_le.year + 5)
    )


class PerimetreFactory(factory.django.DjangoModelFactory):
    """A draft; `approuve=True`: in force since 2024, size and population left to who needs them."""

    class Meta:
        model = Perimetre

    class Params:
        approuve = factory.Trait(
            statut=StatutPerimetre.APPROUVE,
            effet_le=date(2024, 1, 1),
            periode=DateRange(date(2024, 1, 1), None),
        )

    cpts = factory.SubFactory(CptsFactory)


def make_perimetre(cpts: Cpts, communes: Sequence[Commune], **champs: Any) -> Perimetre:
    """A draft of these communes; `approuve=True`: in force since 2024, with the sum of their populations."""
    if champs.get("approuve"):
        champs.setdefault("population", sum(commune.population or 0 for commune in communes))
        champs.setdefault("millesime_population", 2023)
    perimetre = PerimetreFactory(cpts=cpts, **champs)
    CommunePerimetre.objects.bulk_create(
        CommunePerimetre(perimetre=perimetre, commune=commune) for commune in communes
    )
    return perimetre


def make_cpts(
    code: str = CODE,
    statut: StatutCpts | str = StatutCpts.EMERGENCE,
    communes: Sequence[Commune] = (),
    departement: str = "71",
    **champs: Any,
) -> Cpts:
    """A CPTS in a state; with `communes`, a perimeter of them approved since 2024."""
    lu = Departement.objects.filter(pk=departement).first()
    if lu:
        champs.setdefault("region_code", lu.region_id)
    champs.setdefault("nom", "CPTS du Chalonnais" if code == CODE else f"CPTS {code}")
    cpts: Cpts = CptsFactory(code=code, statut=StatutCpts(statut), departement_code=departement, **champs)
    if communes:
        make_perimetre(cpts, communes, approuve=True)
    return cpts
