"""The API that a team writes first: the zones of a commune on a day, by nested ModelSerializers.

Same tables, same fields as /api/v1/zones/, relations selected, the defaults of Django REST framework. It neither
checks its parameters strictly, nor limits requests, nor gives an ETag: it does less.
"""

import os
from datetime import date
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.pairs.reglages_drf"
application = get_wsgi_application()

from rest_framework import generics, serializers  # noqa: E402 - after the settings

from zonage.models import Arrete, Commune, Niveau, Territoire, ZoneCommune  # noqa: E402


class CommuneSerializer(serializers.ModelSerializer):
    class Meta:
        model = Commune
        fields = ("code_insee", "nom")


class NiveauSerializer(serializers.ModelSerializer):
    class Meta:
        model = Niveau
        fields = ("code", "libelle")


class ArreteSerializer(serializers.ModelSerializer):
    titre = serializers.CharField(source="__str__")
    debut = serializers.DateField(source="periode.lower")
    fin = serializers.DateField(source="periode.upper")

    class Meta:
        model = Arrete
        fields = ("id", "numero", "titre", "date_publication", "debut", "fin", "source", "lien")


class TerritoireSerializer(serializers.ModelSerializer):
    type_libelle = serializers.CharField(source="get_type_display")

    class Meta:
        model = Territoire
        fields = ("type", "type_libelle", "code", "libelle")


class ZoneSerializer(serializers.ModelSerializer):
    commune = CommuneSerializer()
    niveau = NiveauSerializer()
    arrete = ArreteSerializer()
    territoire = TerritoireSerializer()

    class Meta:
        model = ZoneCommune
        fields = ("commune", "profession", "statut", "niveau", "origine", "arrete", "territoire")


class ZonesView(generics.ListAPIView):
    serializer_class = ZoneSerializer

    def get_queryset(self) -> Any:
        au = date.fromisoformat(self.request.query_params["au"])
        return (
            ZoneCommune.objects.filter(commune=self.request.query_params["commune"], periode__contains=au)
            .select_related("commune", "niveau", "arrete", "territoire")
            .order_by("profession")
        )


urlpatterns = [path("zones/", ZonesView.as_view())]
