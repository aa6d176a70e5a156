"""The page of a commune: the next actions of prevention there and around. One query."""

from datetime import date
from typing import Final

from django.db import connection

from cpts.cartes_espace import read_heritages
from prevention.enums import StatutAction
from prevention.models import ActionPrevention
from zonage.fiches import Fiche
from zonage.models import Commune

ACTIONS_MAX: Final = 5
VERSION: Final = """
SELECT (SELECT max(pgh_id) FROM cpts_cptsevent),
       (SELECT max(pgh_id) FROM cpts_structureevent),
       (SELECT (count(*), sum(version), sum(hashtext(periode::text)::bigint))::text
          FROM cpts_perimetre WHERE statut = 'approuve'),
       (SELECT (count(*), sum(version), max(id))::text FROM prevention_actionprevention
         WHERE publique AND statut <> 'brouillon' AND jour >= %(au)s)
"""


def build_fiche(commune: Commune, *, au: date, aujourdhui: date) -> Fiche:
    """The nearest days, in the commune or in one that touches it; a cancelled one is said."""
    siennes = read_heritages().expand([commune.code_insee]) | {commune.code_insee}
    lues = (
        ActionPrevention.objects.publiques()
        .filter(jour__gte=aujourdhui, commune__in=sorted({*siennes, *commune.voisines}))
        .order_by("jour", "debut", "pk")
        .values("pk", "titre", "jour", "lieu", "statut", "demonstration", "commune__nom")[:ACTIONS_MAX]
    )
    contexte = {"actions": list(lues), "annulee": StatutAction.ANNULEE.value}
    return Fiche("prevention", "Prévention à venir", "prevention/_commune.html", contexte)


def read_version(au: date) -> str:
    """What moves with anything these sections show (`MAILLAGE_VERSIONS_PAGES`): read as everybody, about 1 ms."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION, {"au": au})
        return "/".join(str(valeur) for valeur in cursor.fetchone())
