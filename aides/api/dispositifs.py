"""The schemes and the vocabulary of facts, as data."""

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from aides.api.formes import DispositifSerializer, FaitsSerializer, PageDispositifsSerializer
from aides.catalogue import catalogue
from aides.publication import dump_dispositif, dump_fait, dump_version
from aides.regles.faits import FAITS
from portal.core.api.corps import display_nom
from portal.core.api.parametres import AU
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page


class DispositifsView(ApiView):
    parametres = (AU, *PAGINATION)
    doc = Documentation(
        nom="dispositifs_liste",
        resume="Lister les dispositifs d'aide",
        description="Tous les dispositifs connus, ouverts ou fermés ce jour-là, dans l'ordre de leur code.",
        etiquette="Aides",
        reponse=PageDispositifsSerializer,
        introuvable="La page 9 n'existe pas : il y en a 1.",
    )

    def get(self, request: Request) -> HttpResponse:
        au = self.lus["au"]
        dispositifs = sorted(catalogue().dispositifs, key=lambda dispositif: dispositif.code)
        page = build_page(request, dispositifs, page=self.lus["page"], taille=self.lus["taille"])
        page["resultats"] = [dump_dispositif(dispositif, au) for dispositif in page["resultats"]]
        return self.answer({"au": au, **page})


class DispositifView(ApiView):
    parametres = (AU,)
    doc = Documentation(
        nom="dispositif_detail",
        resume="Lire la règle d'un dispositif",
        description="La règle en données : l'arbre des conditions, le barème, les obligations, chaque valeur avec sa "
        "référence. « regle » est null quand le dispositif est fermé ce jour-là.",
        etiquette="Aides",
        reponse=DispositifSerializer,
        chemin={
            "code": ("Code du dispositif.", {"type": "string", "pattern": "^[a-z0-9_]{1,40}$"}, "primo_installation")
        },
        introuvable="Aucun dispositif n'a le code « xyz ». La liste est à /api/v1/dispositifs/.",
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        dispositif = catalogue().dispositif(code)
        if dispositif is None:
            raise exceptions.NotFound(
                f"Aucun dispositif n'a le code « {display_nom(code)} ». La liste est à /api/v1/dispositifs/."
            )
        au = self.lus["au"]
        version = dispositif.version_au(au)
        return self.answer(
            {
                **dump_dispositif(dispositif, au),
                "au": au,
                "guichet": dispositif.guichet,
                "demarche": dispositif.demarche,
                "regle": dump_version(version) if version else None,
            }
        )


class FaitsView(ApiView):
    doc = Documentation(
        nom="faits_liste",
        resume="Lire le vocabulaire des faits",
        description="Ce qu'une évaluation peut savoir d'une personne : nom, type, question, valeurs admises. "
        "Aucun fait n'identifie personne.",
        etiquette="Aides",
        reponse=FaitsSerializer,
    )

    def get(self, request: Request) -> HttpResponse:
        return self.answer({"total": len(FAITS), "resultats": [dump_fait(fait) for fait in FAITS.values()]})
