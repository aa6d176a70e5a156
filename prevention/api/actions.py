"""The actions of prevention announced to all: counts, never persons."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from portal.core.api.parametres import Parametre, read_choix, read_jour
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page
from prevention.enums import StatutAction, Theme
from prevention.models import ActionPrevention
from zonage.api.formes import ReferenceSerializer, Serializer
from zonage.models import Departement


class ActionSerializer(Serializer):
    id = serializers.IntegerField()
    titre = serializers.CharField()
    theme = serializers.ChoiceField(choices=Theme.choices)
    statut = serializers.ChoiceField(choices=StatutAction.choices, help_text="Une action annulée reste dans la liste.")
    jour = serializers.DateField()
    debut = serializers.TimeField(allow_null=True, help_text="Heure de Paris.")
    fin = serializers.TimeField(allow_null=True)
    commune = ReferenceSerializer()
    departement = serializers.CharField()
    lieu = serializers.CharField(allow_blank=True)
    publics = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    inscription = serializers.CharField(allow_blank=True)
    places = serializers.IntegerField(allow_null=True)
    cpts = ReferenceSerializer(allow_null=True)
    structure = serializers.CharField(allow_null=True)
    campagne = ReferenceSerializer(allow_null=True)
    adresse = serializers.CharField(help_text="Page de l'action, relative au portail.")
    demonstration = serializers.BooleanField(help_text="Exemple inventé.")


class PageActionsSerializer(Serializer):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True)
    suivante = serializers.CharField(allow_null=True)
    resultats = ActionSerializer(many=True)


def read_departement(texte: str) -> str:
    if not Departement.objects.filter(code=texte).exists():
        raise ValueError("Aucun département n'a ce code. Exemple : 71.")
    return texte


class ActionsPreventionView(ApiView):
    parametres = (
        Parametre(
            "theme",
            lambda texte: read_choix(texte, Theme.values),
            "Le thème ; tous par défaut.",
            {"type": "string", "enum": Theme.values},
            exemple="vaccination",
        ),
        Parametre(
            "departement",
            read_departement,
            "Code d'un département ; tous par défaut.",
            {"type": "string", "pattern": "^([0-9][0-9AB]|97[1-8]|98[46-8])$"},
            exemple="71",
        ),
        Parametre(
            "depuis",
            read_jour,
            "Le premier jour (aujourd'hui à Paris par défaut).",
            {"type": "string", "format": "date"},
            exemple="2026-01-01",
            defaut=timezone.localdate,
        ),
        *PAGINATION,
    )
    doc = Documentation(
        nom="actions_prevention_list",
        resume="Lister les actions de prévention",
        description="Les actions annoncées au public par les CPTS et les structures, par jour.",
        etiquette="Prévention",
        reponse=PageActionsSerializer,
        introuvable="La page 9 n'existe pas : il y en a 1.",
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        actions = ActionPrevention.objects.publiques().filter(jour__gte=lus["depuis"])
        if lus["theme"]:
            actions = actions.filter(theme=lus["theme"])
        if lus["departement"]:
            actions = actions.filter(departement_code=lus["departement"])
        actions = actions.select_related("commune", "cpts", "structure", "campagne").order_by("jour", "pk")
        page = build_page(request, actions, page=lus["page"], taille=lus["taille"])
        page["resultats"] = [build_action(action) for action in page["resultats"]]
        return self.answer(page)


def build_action(action: ActionPrevention) -> dict[str, Any]:
    campagne, cpts = action.campagne, action.cpts
    return {
        "id": action.pk,
        "titre": action.titre,
        "theme": action.theme,
        "statut": action.statut,
        "jour": action.jour,
        "debut": action.debut,
        "fin": action.fin,
        "commune": {"code": action.commune_id, "nom": action.commune.nom},
        "departement": action.departement_code,
        "lieu": action.lieu,
        "publics": action.publics,
        "description": action.description,
        "inscription": action.inscription,
        "places": action.places,
        "cpts": {"code": cpts.code, "nom": cpts.nom} if cpts else None,
        "structure": action.structure.nom if action.structure else None,
        "campagne": {"code": campagne.code, "nom": campagne.nom} if campagne else None,
        "adresse": action.get_absolute_url(),
        "demonstration": action.demonstration,
    }
