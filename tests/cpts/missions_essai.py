"""A CPTS with a signed ACI and its missions, and who writes in it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.models import Cpts, Membre, Mission, ParametreAci, Perimetre
from cpts.services.missions import advance_mission, open_missions
from portal.accounts.enums import Role
from portal.accounts.models import User
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent, make_commune

MIDI = "2026-11-10 12:00:00+01:00"


def make_ouverte(code: str = CODE, *, taille: int | None = 3, **champs: Any) -> Cpts:
    """An ACI of 27/09/2024, size 3 since before its first day, its missions opened."""
    commune = make_commune()
    cpts = make_cpts(code, "aci_signe", [commune], departement=commune.departement_id, **champs)
    Perimetre.objects.filter(cpts=cpts).update(taille=taille)
    open_missions(cpts)
    return cpts


def make_coordinatrice(cpts: Cpts) -> User:
    return make_agent(Role.COORDINATEUR_CPTS, f"cpts:{cpts.code}")


def find_mission(cpts: Cpts, type_mission: str) -> Mission:
    return Mission.objects.select_related("cpts").get(cpts=cpts, type=type_mission)


def start(cpts: Cpts, type_mission: str, jour: date, par: User) -> Mission:
    mission = find_mission(cpts, type_mission)
    return advance_mission(mission, "demarree", jour=jour, par=par, version=mission.version)


def make_parametre(code: str, valeur: str | None, **champs: Any) -> ParametreAci:
    return ParametreAci.objects.create(
        code=code,
        valeur=None if valeur is None else Decimal(valeur),
        **{
            "region_code": "27",
            "reference": "Barème d'essai",
            "periode": DateRange(date(2019, 8, 25), None),
            **champs,
        },
    )


def make_membre(cpts: Cpts, nom: str, profession: str = "Médecin", **champs: Any) -> Membre:
    champs.setdefault("periode", DateRange(date(2024, 9, 27), None))
    return Membre.objects.create(cpts=cpts, nom=nom, profession=profession, **champs)
