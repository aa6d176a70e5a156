"""Which zone, for whom, on which day."""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from portal.core.api.parametres import AU, Parametre, read_choix
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView
from portal.core.cache import data_version
from zonage.api.communes import CODE_FAUX, CODE_INSEE, find_commune
from zonage.api.formes import ZonesSerializer
from zonage.enums import Profession
from zonage.lecture import PROFESSIONS, Zone, is_demonstration, zone, zones


def read_commune(texte: str) -> str:
    if not CODE_INSEE.fullmatch(texte):
        raise ValueError(CODE_FAUX)
    return texte


@lru_cache(maxsize=40_000)
def name_commune(code: str, version: str) -> tuple[str, str, dict[str, Any] | None]:
    """Today's code and name, and what was asked. Kept while the data do not change."""
    ligne, demandee = find_commune(code)
    return ligne["code_insee"], ligne["nom"], demandee


class ZonesView(ApiView):
    """The six professions, or one: always a list, so that a caller reads one shape."""

    parametres = (
        Parametre(
            "commune",
            read_commune,
            "Code INSEE de la commune, actuel ou ancien.",
            {"type": "string", "pattern": f"^{CODE_INSEE.pattern}$"},
            exemple="71076",
            requis=True,
        ),
        Parametre(
            "profession",
            lambda texte: read_choix(texte, PROFESSIONS),
            "Une des six professions qui ont un zonage ; toutes par défaut.",
            {"type": "string", "enum": Profession.values},
            exemple="medecin",
        ),
        AU,
    )
    doc = Documentation(
        nom="zones_lecture",
        resume="Lire le classement d'une commune à une date",
        description="Le niveau de la commune, l'arrêté qui le donne, le territoire classé et l'origine de la donnée. "
        "« inconnu » et « adresse_requise » sont des réponses : le portail ne devine pas.",
        etiquette="Zonage",
        reponse=ZonesSerializer,
        introuvable="Aucune commune n'a le code 71999, ni ne l'a eu.",
        exemple={
            "commune": {"code": "71076", "nom": "Chalon-sur-Saône"},
            "code_demande": None,
            "au": "2025-06-01",
            "demonstration": False,
            "zones": [
                {
                    "profession": "medecin",
                    "au": "2025-06-01",
                    "statut": "inconnu",
                    "niveau": None,
                    "libelle": None,
                    "origine": None,
                    "arrete": None,
                    "territoire": None,
                    "dernier_connu": None,
                }
            ],
        },
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        code, demandee = lus["commune"], None
        lectures = self._read(code)
        nom = next((lecture.commune_nom for lecture in lectures if lecture.commune_nom), None)
        if nom is None:  # a former code, an unknown one, or a commune without any period begun that day
            code, nom, demandee = name_commune(code, data_version())
            lectures = self._read(code)
        return self.answer(
            {
                "commune": {"code": code, "nom": nom},
                "code_demande": demandee,
                "au": lus["au"],
                "demonstration": is_demonstration(lectures),
                "zones": [{**build_lecture(lecture), "dernier_connu": build_dernier(lecture)} for lecture in lectures],
            }
        )

    def _read(self, code: str) -> list[Zone]:
        if self.lus["profession"]:
            return [zone(code, self.lus["profession"], au=self.lus["au"])]
        return list(zones(code, au=self.lus["au"]).values())


def build_lecture(lecture: Zone) -> dict[str, Any]:
    return {
        "profession": lecture.profession,
        "au": lecture.au,
        "statut": lecture.statut,
        "niveau": lecture.niveau,
        "libelle": lecture.libelle,
        "origine": lecture.origine,
        "arrete": lecture.arrete,
        "territoire": lecture.territoire,
    }


def build_dernier(lecture: Zone) -> dict[str, Any] | None:
    return build_lecture(lecture.dernier_connu) if lecture.dernier_connu else None
