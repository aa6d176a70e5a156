"""The directory of structures as data: the list, and its points."""

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from cpts.api.formes import PageStructuresSerializer, PointsSerializer
from cpts.enums import StatutStructure, TypeStructure
from cpts.models import Structure
from cpts.regles.finess import FinessRefuse, read_finess
from cpts.regles.vie_structures import FINIES, name_statut
from portal.core.api.parametres import Parametre, read_choix
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.rendu import GeoJsonRenderer
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page
from zonage.calculs.noms import cle_tri

POINTS_MAX = 5_000
CODE_CPTS = re.compile(r"[a-z0-9][a-z0-9-]{1,19}", re.ASCII)
CHAMPS = (
    "pk", "nom", "type", "statut", "commune_id", "commune__nom", "departement_code", "region_code", "cpts_id",
    "finess", "finess_ej", "projet_valide_le", "ouverte_le", "aci_signe_le", "longitude", "latitude", "demonstration",
)  # fmt: skip
EXEMPLE = {
    "id": 12,
    "nom": "MSP exemple – Tournus",
    "type": "msp",
    "statut": "aci_signe",
    "etat": "Ouverte, ACI signé",
    "commune": {"code": "71543", "nom": "Tournus"},
    "departement": "71",
    "region": "27",
    "cpts": None,
    "finess": None,
    "finess_ej": None,
    "projet_valide_le": "2015-03-01",
    "ouverte_le": "2015-10-27",
    "contrat_signe_le": "2017-11-06",
    "longitude": 4.9099,
    "latitude": 46.5636,
    "demonstration": True,
}


def read_code(texte: str, forme: str, exemple: str) -> str:
    if not re.fullmatch(forme, texte, re.ASCII):
        raise ValueError(f"Ce code n'a pas la forme attendue, par exemple {exemple}.")
    return texte


def build_code(nom: str, description: str, forme: str, exemple: str) -> Parametre:
    schema = {"type": "string", "pattern": f"^{forme}$"}
    return Parametre(nom, lambda texte: read_code(texte, forme, exemple), description, schema, exemple=exemple)


def read_numero(texte: str) -> str:
    try:
        return read_finess(texte, cle=False)
    except FinessRefuse as refus:
        raise ValueError(str(refus)) from refus


def build_choix(nom: str, description: str, valeurs: list[str]) -> Parametre:
    schema = {"type": "string", "enum": valeurs}
    return Parametre(nom, lambda texte: read_choix(texte, valeurs), description, schema)


DEPARTEMENT = build_code("departement", "Code du département.", "([0-9]{2}|2[AB]|9[78][0-9])", "71")
REGION = build_code("region", "Code INSEE de la région.", "[0-9]{2,3}", "27")
TEXTE = Parametre(
    "q",
    str.strip,
    "Mots du nom, ou début du nom de la commune.",
    {"type": "string", "maxLength": 200},
    exemple="tournus",
)
FILTRES = (
    build_choix("type", "Le type de structure.", TypeStructure.values),
    build_choix(
        "statut",
        "L'état ; par défaut, tous sauf ce qui a pris fin (fermee, abandonnee, retiree).",
        StatutStructure.values,
    ),
    DEPARTEMENT,
    REGION,
    build_code("cpts", "Code de la CPTS.", CODE_CPTS.pattern, "71-chalonnais"),
    Parametre(
        "finess",
        read_numero,
        "Numéro FINESS du site ou de l'entité juridique.",
        {"type": "string", "pattern": "^([0-9]{2}|2[AB])[0-9]{7}$"},
    ),
    TEXTE,
)


def select(lus: dict[str, Any]) -> QuerySet[Structure]:
    lignes = Structure.objects.order_by("nom", "pk")
    directs = {"type": "type", "departement": "departement_code", "region": "region_code", "cpts": "cpts"}
    for nom, champ in directs.items():
        if lus[nom]:
            lignes = lignes.filter(**{champ: lus[nom]})
    lignes = lignes.filter(statut=lus["statut"]) if lus["statut"] else lignes.exclude(statut__in=FINIES)
    if lus["finess"]:
        lignes = lignes.filter(Q(finess=lus["finess"]) | Q(finess_ej=lus["finess"]))
    if lus["q"]:
        cle = cle_tri(lus["q"])
        lignes = lignes.filter(Q(nom__icontains=lus["q"]) | (Q(commune__cle_tri__startswith=cle) if cle else Q(pk=0)))
    return lignes


def dump(ligne: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ligne["pk"],
        "nom": ligne["nom"],
        "type": ligne["type"],
        "statut": ligne["statut"],
        "etat": name_statut(ligne["type"], ligne["statut"]),
        "commune": {"code": ligne["commune_id"], "nom": ligne["commune__nom"]},
        "departement": ligne["departement_code"],
        "region": ligne["region_code"],
        "cpts": ligne["cpts_id"],
        "finess": ligne["finess"] or None,
        "finess_ej": ligne["finess_ej"] or None,
        "projet_valide_le": ligne["projet_valide_le"],
        "ouverte_le": ligne["ouverte_le"],
        "contrat_signe_le": ligne["aci_signe_le"] if ligne["statut"] == StatutStructure.ACI_SIGNE else None,
        "longitude": ligne["longitude"],
        "latitude": ligne["latitude"],
        "demonstration": ligne["demonstration"],
    }


class StructuresView(ApiView):
    parametres = (*FILTRES, *PAGINATION)
    doc = Documentation(
        nom="structures_liste",
        resume="Lister les structures d'exercice coordonné",
        description="Maisons et centres de santé, équipes de soins primaires, hôpitaux de proximité, dispositifs "
        "d'appui, par ordre de nom. Aucune personne.",
        etiquette="Coordination",
        reponse=PageStructuresSerializer,
        introuvable="La page 9 n'existe pas : il y en a 2.",
        exemple={"total": 1, "page": 1, "pages": 1, "precedente": None, "suivante": None, "resultats": [EXEMPLE]},
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        page = build_page(request, select(lus).values(*CHAMPS), page=lus["page"], taille=lus["taille"])
        page["resultats"] = [dump(ligne) for ligne in page["resultats"]]
        return self.answer(page)


class PointsView(ApiView):
    renderer_classes = (GeoJsonRenderer,)
    parametres = FILTRES
    doc = Documentation(
        nom="structures_points",
        resume="Lire les structures sur une carte",
        description=f"Un point par structure, en GeoJSON (WGS 84). Au plus {POINTS_MAX} : au-delà, filtrez par région "
        "ou par département.",
        etiquette="Coordination",
        reponse=PointsSerializer,
    )

    def get(self, request: Request) -> HttpResponse:
        lues = list(select(self.lus).values(*CHAMPS)[: POINTS_MAX + 1])
        if len(lues) > POINTS_MAX:
            message = f"Plus de {POINTS_MAX} structures : donnez une région ou un département."
            raise RequeteInvalide(erreurs={"region": [message]})
        points = [ligne for ligne in lues if ligne["longitude"] is not None and ligne["latitude"] is not None]
        return self.answer(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": ligne["pk"],
                        "properties": dump(ligne),
                        "geometry": {"type": "Point", "coordinates": [ligne["longitude"], ligne["latitude"]]},
                    }
                    for ligne in points
                ],
                "sans_point": len(lues) - len(points),
            }
        )
