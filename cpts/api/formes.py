"""The shape of each answer, for the schema: what is described here is what the tests hold the answers to."""

from rest_framework import serializers

from cpts.enums import StatutCpts, StatutStructure, TypeStructure
from zonage.api.formes import ReferenceSerializer

Serializer = serializers.Serializer  # type: ignore[type-arg]


class StructureSerializer(Serializer):
    id = serializers.IntegerField()
    nom = serializers.CharField()
    type = serializers.ChoiceField(choices=TypeStructure.choices)
    statut = serializers.ChoiceField(choices=StatutStructure.choices)
    etat = serializers.CharField(help_text="L'état, dans les mots de ce type de structure.")
    commune = ReferenceSerializer()
    departement = serializers.CharField()
    region = serializers.CharField()
    cpts = serializers.CharField(allow_null=True, help_text="Code de la CPTS à laquelle elle est rattachée.")
    finess = serializers.CharField(allow_null=True, help_text="Numéro du site (ET) ; null : à renseigner.")
    finess_ej = serializers.CharField(allow_null=True, help_text="Numéro de l'entité juridique.")
    projet_valide_le = serializers.DateField(allow_null=True)
    ouverte_le = serializers.DateField(allow_null=True)
    contrat_signe_le = serializers.DateField(
        allow_null=True, help_text="ACI ou accord national ; null quand il n'y en a pas, ou qu'il a pris fin."
    )
    longitude = serializers.FloatField(allow_null=True, help_text="Degrés, WGS 84.")
    latitude = serializers.FloatField(allow_null=True, help_text="Degrés, WGS 84.")
    demonstration = serializers.BooleanField(help_text="Vrai : exemple inventé, sans valeur.")


class PageSerializer(Serializer):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True, help_text="Adresse de la page précédente.")
    suivante = serializers.CharField(allow_null=True, help_text="Adresse de la page suivante.")


class PageStructuresSerializer(PageSerializer):
    resultats = StructureSerializer(many=True)


class GeometriePointSerializer(Serializer):
    type = serializers.ChoiceField(choices=["Point"])
    coordinates = serializers.ListField(child=serializers.FloatField(), help_text="Longitude, latitude (WGS 84).")


class PointStructureSerializer(Serializer):
    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.IntegerField()
    properties = StructureSerializer()
    geometry = GeometriePointSerializer()


class PointsSerializer(Serializer):
    """A GeoJSON FeatureCollection (RFC 7946)."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = PointStructureSerializer(many=True)
    sans_point = serializers.IntegerField(help_text="Structures du filtre dont le lieu n'est pas connu.")


class PerimetreSerializer(Serializer):
    depuis = serializers.DateField(help_text="Premier jour du périmètre en vigueur.")
    population = serializers.IntegerField(allow_null=True, help_text="Municipale, au jour de l'approbation.")
    millesime = serializers.IntegerField(allow_null=True)
    taille = serializers.IntegerField(allow_null=True, help_text="Au sens de l'ACI, de 1 à 4.")


class CptsResumeSerializer(Serializer):
    code = serializers.CharField()
    nom = serializers.CharField()
    statut = serializers.ChoiceField(choices=StatutCpts.choices)
    departement = serializers.CharField(help_text="De l'ARS qui l'instruit ; ses communes peuvent être d'autres.")
    region = serializers.CharField()
    aci_signe_le = serializers.DateField(allow_null=True)
    aci_fin_le = serializers.DateField(allow_null=True, help_text="Premier jour sans contrat.")
    perimetre = PerimetreSerializer(allow_null=True, help_text="Null : aucun n'est en vigueur ce jour-là.")
    demonstration = serializers.BooleanField(help_text="Vrai : exemple inventé, sans valeur.")


class PageCptsSerializer(PageSerializer):
    resultats = CptsResumeSerializer(many=True)


class CptsSerializer(CptsResumeSerializer):
    au = serializers.DateField(help_text="Le jour lu.")
    communes = serializers.ListField(child=serializers.CharField(), help_text="Codes INSEE d'aujourd'hui.")
    structures = serializers.ListField(child=serializers.IntegerField(), help_text="Identifiants des structures.")


class GeometrieCommuneSerializer(Serializer):
    type = serializers.ChoiceField(choices=["Polygon", "MultiPolygon"])
    coordinates = serializers.ListField(child=serializers.JSONField(), help_text="Longitude et latitude, WGS 84.")


class ContourCommuneSerializer(Serializer):
    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.CharField()
    properties = ReferenceSerializer()
    geometry = GeometrieCommuneSerializer()


class ContourCptsSerializer(Serializer):
    """A GeoJSON FeatureCollection (RFC 7946): one feature a commune."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = ContourCommuneSerializer(many=True)
    sans_contour = serializers.ListField(
        child=serializers.CharField(), help_text="Communes dont aucune source embarquée ne donne le contour."
    )
