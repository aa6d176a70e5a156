"""What the rules cover, version by version, as data."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from aides.api.formes_listes import CouvertureSerializer
from aides.couverture import NATURES, Couverture, Point, count_totaux, couverture
from aides.regles.faits import FAITS
from portal.core.api.parametres import AU, Parametre, read_choix
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page

PROFESSIONS = [valeur for valeur, _ in FAITS["profession"].choix]
ETATS = ["ouvert", "ferme", "a_venir"]
NATURES_CONNUES = list(NATURES.values())
EXEMPLE = {
    "au": "2026-01-01",
    "totaux": {
        "dispositifs": 1,
        "versions": 1,
        "conditions": 9,
        "conditions_verifiees": 8,
        "montants": 2,
        "montants_a_preciser": 0,
        "textes": 5,
        "textes_non_relus": 0,
    },
    "total": 1,
    "page": 1,
    "pages": 1,
    "precedente": None,
    "suivante": None,
    "resultats": [
        {
            "dispositif": "caim",
            "nom": "Contrat d'aide à l'installation des médecins",
            "nature": "national",
            "professions": ["medecin"],
            "version": "2019",
            "ouvert_du": "2019-08-20",
            "ferme_le": "2026-01-01",
            "etat": "ferme",
            "conditions": 9,
            "conditions_verifiees": 8,
            "a_instruire": [{"libelle": "Projet de santé", "raison": "La caisse en décide."}],
            "montants": 2,
            "montants_a_preciser": [],
            "montants_regionaux": 0,
            "textes": 5,
            "textes_non_relus": [],
            "releve_le": "2026-07-01",
            "jours_de_doute": 0,
        }
    ],
}


def _choix(nom: str, description: str, valeurs: list[str]) -> Parametre:
    schema = {"type": "string", "enum": valeurs}
    return Parametre(nom, lambda texte: read_choix(texte, valeurs), description, schema, exemple=valeurs[0])


class CouvertureView(ApiView):
    parametres = (
        AU,
        _choix("profession", "Les dispositifs ouverts à cette profession.", PROFESSIONS),
        _choix("etat", "L'état de la version ce jour-là.", ETATS),
        _choix("nature", "La nature du dispositif.", NATURES_CONNUES),
        *PAGINATION,
    )
    doc = Documentation(
        nom="couverture_liste",
        resume="Lire ce que les règles couvrent",
        description="Une ligne par version de chaque dispositif : conditions vérifiées, points à instruire et leur "
        "raison, montants à préciser, textes jamais relus. Compté dans les règles elles-mêmes.",
        etiquette="Aides",
        reponse=CouvertureSerializer,
        exemple=EXEMPLE,
        introuvable="La page 9 n'existe pas : il y en a 1.",
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        lignes = [
            ligne
            for ligne in couverture(au=lus["au"])
            if lus["profession"] in (None, *ligne.dispositif.professions)
            and lus["etat"] in (None, ligne.etat)
            and lus["nature"] in (None, ligne.nature)
        ]
        page = build_page(request, lignes, page=lus["page"], taille=lus["taille"])
        page["resultats"] = [dump_ligne(ligne) for ligne in page["resultats"]]
        return self.answer({"au": lus["au"], "totaux": dump_totaux(lignes), **page})


def dump_totaux(lignes: Sequence[Couverture]) -> dict[str, int]:
    totaux = count_totaux(lignes)
    return {
        "dispositifs": totaux.dispositifs,
        "versions": totaux.versions,
        "conditions": totaux.conditions,
        "conditions_verifiees": totaux.verifiees,
        "montants": totaux.montants,
        "montants_a_preciser": totaux.preciser,
        "textes": totaux.textes,
        "textes_non_relus": totaux.non_lus,
    }


def dump_ligne(ligne: Couverture) -> dict[str, Any]:
    return {
        "dispositif": ligne.dispositif.code,
        "nom": ligne.dispositif.nom,
        "nature": ligne.nature,
        "professions": ligne.dispositif.professions,
        "version": ligne.version.code,
        "ouvert_du": ligne.version.ouvert_du,
        "ferme_le": ligne.version.ferme_le,
        "etat": ligne.etat,
        "conditions": ligne.conditions,
        "conditions_verifiees": ligne.verifiees,
        "a_instruire": _dump_points(ligne.instruire),
        "montants": ligne.montants,
        "montants_a_preciser": _dump_points(ligne.preciser),
        "montants_regionaux": ligne.regionaux,
        "textes": ligne.textes,
        "textes_non_relus": ligne.non_lus,
        "releve_le": ligne.releve_le,
        "jours_de_doute": ligne.jours_doute,
    }


def _dump_points(points: Sequence[Point]) -> list[dict[str, str]]:
    return [{"libelle": point.libelle, "raison": point.raison} for point in points]
