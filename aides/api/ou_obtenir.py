"""Where a scheme, or all those of a person, may be had: the check read backwards, as data."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from aides.api.eligibilites import ISSUES, read_departement, read_dispositif, read_region
from aides.api.formes import describe_fait
from aides.api.formes_listes import OuObtenirSerializer
from aides.ou_obtenir import (
    Inverse,
    count_offres,
    estimate_minutes,
    find_offres,
    read_distances,
    select_places,
    sort_places,
)
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS, Fait, TypeFait, clean_fait
from aides.regles.situation import Valeur
from portal.core.api.parametres import AU, Parametre, read_choix, read_nombre
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page
from zonage.api.communes import CODE_INSEE
from zonage.api.zones import read_commune
from zonage.comparaisons import read_perimetre
from zonage.recherche import CommuneInconnue, Resolution, resolve_commune

KM_MAX = 300
TRIS = ("montant", "distance", "nom", "population", "-montant", "-distance", "-nom", "-population")
EXEMPLE = {
    "au": "2025-12-20",
    "dispositif": "caim",
    "issue": "a_instruire",
    "comptes": [
        {"issue": "a_instruire", "texte": "50 000 €", "euros": "50000", "communes": 2, "habitants": 62102},
    ],
    "questions": ["exercice_coordonne"],
    "total": 1,
    "page": 1,
    "pages": 1,
    "precedente": None,
    "suivante": None,
    "resultats": [
        {
            "commune": {"code": "71076", "nom": "Chalon-sur-Saône"},
            "departement": "71",
            "population": 45102,
            "issue": "a_instruire",
            "texte": "50 000 €",
            "euros": "50000",
            "manquants": ["exercice_coordonne"],
            "km": 12.4,
            "minutes": 10,
            "demonstration": False,
        }
    ],
}


def build_parametre(fait: Fait) -> Parametre:
    """A fact as a parameter of the address: « oui » and « non » rather than JSON values."""
    schema = {nom: valeur for nom, valeur in describe_fait(fait).items() if nom not in ("nullable", "description")}
    if fait.type is TypeFait.BOOL:
        schema = {"type": "string", "enum": ["oui", "non"]}
    elif fait.type is TypeFait.CHOIX:
        schema["enum"] = [valeur for valeur, _ in fait.choix]
    requis = fait.code == "profession"
    exemple = "medecin" if requis else None
    return Parametre(fait.code, lambda texte: clean_fait(fait, texte), fait.libelle, schema, exemple, requis)


PROPRES = (
    AU,
    Parametre(
        "dispositif",
        read_dispositif,
        "Code d'un dispositif (voir /dispositifs/) ; sans lui, le meilleur total des aides de la profession.",
        {"type": "string", "pattern": "^[a-z0-9_]{1,40}$"},
        exemple="caim",
    ),
    Parametre(
        "issue",
        lambda texte: Issue(read_choix(texte, ISSUES)),
        "Les communes qui ont cette issue ; « eligible » par défaut.",
        {"type": "string", "enum": list(ISSUES), "default": Issue.ELIGIBLE.value},
        exemple="eligible",
        defaut=lambda: Issue.ELIGIBLE,
    ),
    Parametre(
        "departement", read_departement, "Dans ce département.", {"type": "string", "maxLength": 3}, exemple="71"
    ),
    Parametre("region", read_region, "Dans cette région.", {"type": "string", "maxLength": 3}, exemple="27"),
    Parametre(
        "commune",
        read_commune,
        "La commune d'où les distances se mesurent, à vol d'oiseau, de mairie à mairie.",
        {"type": "string", "pattern": f"^{CODE_INSEE.pattern}$"},
        exemple="71076",
    ),
    Parametre(
        "km",
        lambda texte: read_nombre(texte, minimum=1, maximum=KM_MAX),
        "À moins de tant de kilomètres de cette commune.",
        {"type": "integer", "minimum": 1, "maximum": KM_MAX},
        exemple="50",
    ),
    Parametre(
        "tri",
        lambda texte: read_choix(texte, TRIS),
        "L'ordre ; « montant » par défaut : le plus grand d'abord, puis le plus proche, puis par nom.",
        {"type": "string", "enum": list(TRIS), "default": "montant"},
        exemple="montant",
        defaut=lambda: "montant",
    ),
)


class OuObtenirView(ApiView):
    parametres = (*PROPRES, *(build_parametre(fait) for fait in FAITS.values()), *PAGINATION)
    doc = Documentation(
        nom="ou_obtenir_liste",
        resume="Chercher où obtenir une aide",
        description="Les communes où un dispositif, ou l'ensemble des aides, a l'issue voulue pour la personne que "
        "décrivent les faits : même réponse que l'évaluation de chaque commune. « comptes » résume le périmètre, "
        "toutes issues comprises ; « questions » donne les faits qui resserreraient la réponse. Les minutes sont "
        "estimées.",
        etiquette="Aides",
        reponse=OuObtenirSerializer,
        exemple=EXEMPLE,
        introuvable="La page 9 n'existe pas : il y en a 2.",
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        faits: dict[str, Valeur] = {code: lus[code] for code in FAITS if lus[code] is not None}
        if "profession" not in faits:
            raise RequeteInvalide(erreurs={"profession": ["Choisissez une profession : sans elle, aucune zone."]})
        departements, origine = self.read_lieux()
        inverse = find_offres(faits, lus["dispositif"], au=lus["au"])
        code = origine.commune.code_insee if origine else None
        distances = read_distances(inverse.communes, code) if code else None
        places = select_places(inverse.communes, departements, distances, lus["km"])
        retenues: list[int] = []
        if inverse.offres:
            bonnes = [place for place in places if inverse.offre(place).issue is lus["issue"]]
            retenues = sort_places(inverse, bonnes, distances, lus["tri"])
        page = build_page(request, retenues, page=lus["page"], taille=lus["taille"])
        page["resultats"] = [dump_place(inverse, place, distances) for place in page["resultats"]]
        return self.answer(
            {
                "au": lus["au"],
                "dispositif": lus["dispositif"],
                "issue": lus["issue"],
                "comptes": dump_comptes(inverse, places) if inverse.offres else [],
                "questions": [fait.code for fait in inverse.questions],
                **page,
            }
        )

    def read_lieux(self) -> tuple[Sequence[str] | None, Resolution | None]:
        """The départements that count (None: all), and where to measure from."""
        lus, erreurs = self.lus, {}
        departements, origine = None, None
        if lus["departement"] and lus["region"]:
            erreurs["region"] = ["Donnez un département ou une région, pas les deux."]
        elif lus["departement"] or lus["region"]:
            nom = "departement" if lus["departement"] else "region"
            try:
                departements = list(read_perimetre(**{nom: lus[nom]})[0].departements)
            except LookupError as erreur:
                erreurs[nom] = [str(erreur)]
        if lus["commune"]:
            try:
                origine = resolve_commune(lus["commune"])
            except CommuneInconnue as erreur:
                erreurs["commune"] = [str(erreur)]
        elif lus["km"]:
            erreurs["km"] = ["Indiquez la commune autour de laquelle chercher, avec « commune »."]
        elif lus["tri"].endswith("distance"):
            erreurs["tri"] = ["Indiquez la commune d'où mesurer les distances, avec « commune »."]
        if erreurs:
            raise RequeteInvalide(erreurs=erreurs)
        return departements, origine


def dump_place(inverse: Inverse, place: int, distances: Sequence[float] | None) -> dict[str, Any]:
    communes, offre = inverse.communes, inverse.offre(place)
    km = None if distances is None or distances[place] == float("inf") else round(distances[place], 1)
    return {
        "commune": {"code": communes.codes[place], "nom": communes.noms[place]},
        "departement": communes.departements[place],
        "population": communes.populations[place],
        "issue": offre.issue,
        "texte": offre.texte,
        "euros": offre.euros,
        "manquants": offre.manquants,
        "km": km,
        "minutes": None if km is None else estimate_minutes(km),
        "demonstration": bool(inverse.partition.demonstration[place]),
    }


def dump_comptes(inverse: Inverse, places: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "issue": offre.issue,
            "texte": offre.texte,
            "euros": offre.euros,
            "communes": compte.communes,
            "habitants": compte.habitants,
        }
        for offre, compte in count_offres(inverse, places).items()
    ]
