"""The shape of each answer, for the schema: what is described here is what the tests hold the answers to."""

from rest_framework import serializers

from zonage.enums import Origine, Profession, StatutZone, TypeCommune, TypeTerritoire

Serializer = serializers.Serializer  # type: ignore[type-arg]


class ReferenceSerializer(Serializer):
    code = serializers.CharField()
    nom = serializers.CharField()


class EpciSerializer(ReferenceSerializer):
    nature = serializers.CharField(help_text="CC, CA, CU, METRO…")


class PointSerializer(Serializer):
    longitude = serializers.FloatField(help_text="Degrés, WGS 84.")
    latitude = serializers.FloatField(help_text="Degrés, WGS 84.")


class PopulationSerializer(Serializer):
    municipale = serializers.IntegerField(allow_null=True, help_text="Population municipale (INSEE).")
    millesime = serializers.IntegerField(allow_null=True, help_text="Année de la population municipale.")
    age_0_19 = serializers.IntegerField(allow_null=True, help_text="Millésime 2021, à ne pas ajouter au total.")
    age_20_64 = serializers.IntegerField(allow_null=True)
    age_65_plus = serializers.IntegerField(allow_null=True)


class AncienneSerializer(Serializer):
    code = serializers.CharField(help_text="Ancien code INSEE.")
    nom = serializers.CharField(allow_blank=True)
    depuis = serializers.DateField(
        allow_null=True, help_text="Premier jour où le code n'était plus celui d'une commune ; null si inconnu."
    )


class CommuneResumeSerializer(Serializer):
    code = serializers.CharField(help_text="Code INSEE.")
    nom = serializers.CharField()
    type = serializers.ChoiceField(
        choices=TypeCommune.choices, help_text="COM : commune. ARM : arrondissement municipal."
    )
    departement = ReferenceSerializer()
    region = ReferenceSerializer()
    codes_postaux = serializers.ListField(child=serializers.CharField())
    population = serializers.IntegerField(allow_null=True, help_text="Population municipale (INSEE).")
    via = serializers.CharField(
        allow_null=True, help_text="Avec « q » : l'ancien nom ou l'ancien code qui a fait trouver la commune."
    )
    depuis = serializers.DateField(allow_null=True, help_text="Avec « via » : depuis quand la commune n'existe plus.")


class PageCommunesSerializer(Serializer):
    total = serializers.IntegerField(help_text="Nombre de communes trouvées.")
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True, help_text="Adresse de la page précédente.")
    suivante = serializers.CharField(allow_null=True, help_text="Adresse de la page suivante.")
    resultats = CommuneResumeSerializer(many=True)


class CommuneSerializer(Serializer):
    code = serializers.CharField(help_text="Code INSEE d'aujourd'hui.")
    nom = serializers.CharField()
    type = serializers.ChoiceField(choices=TypeCommune.choices)
    departement = ReferenceSerializer()
    region = ReferenceSerializer()
    epci = EpciSerializer(allow_null=True)
    commune_mere = serializers.CharField(allow_null=True, help_text="D'un arrondissement : le code de sa commune.")
    codes_postaux = serializers.ListField(child=serializers.CharField())
    population = PopulationSerializer()
    centre = PointSerializer(allow_null=True)
    mairie = PointSerializer(allow_null=True)
    voisines = serializers.ListField(child=serializers.CharField(), help_text="Codes des communes limitrophes.")
    anciennes = AncienneSerializer(many=True, help_text="Les anciennes communes réunies dans celle-ci.")
    code_demande = AncienneSerializer(
        allow_null=True, help_text="Quand l'adresse portait un ancien code : lequel, et depuis quand il n'est plus."
    )


class GeometrieSerializer(Serializer):
    type = serializers.ChoiceField(choices=["Polygon", "MultiPolygon"])
    coordinates = serializers.ListField(child=serializers.JSONField(), help_text="Longitude et latitude, WGS 84.")


class ProprietesContourSerializer(ReferenceSerializer):
    departement = serializers.CharField()


class ContourSerializer(Serializer):
    """A GeoJSON Feature (RFC 7946)."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.CharField()
    properties = ProprietesContourSerializer()
    geometry = GeometrieSerializer()


class ArreteSerializer(Serializer):
    id = serializers.IntegerField()
    numero = serializers.CharField(allow_blank=True, help_text="Vide quand la source n'en donne pas.")
    titre = serializers.CharField()
    date_publication = serializers.DateField(allow_null=True)
    debut = serializers.DateField(allow_null=True, help_text="Premier jour d'effet.")
    fin = serializers.DateField(allow_null=True, help_text="Premier jour sans effet ; null : encore en vigueur.")
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="Producteur et millésime."
    )
    lien = serializers.CharField(allow_blank=True)


class TerritoireSerializer(Serializer):
    type = serializers.ChoiceField(choices=TypeTerritoire.choices)
    type_libelle = serializers.CharField()
    code = serializers.CharField()
    libelle = serializers.CharField()


class LectureSerializer(Serializer):
    profession = serializers.ChoiceField(choices=Profession.choices)
    au = serializers.DateField(help_text="Le jour lu.")
    statut = serializers.ChoiceField(
        choices=StatutZone.choices,
        help_text="connu ; adresse_requise : un quartier de la commune a un autre classement ; inconnu ce jour-là.",
    )
    niveau = serializers.CharField(allow_null=True, help_text="Null quand le statut n'est pas « connu ».")
    libelle = serializers.CharField(allow_null=True)
    origine = serializers.ChoiceField(choices=Origine.choices, allow_null=True)
    arrete = ArreteSerializer(allow_null=True)
    territoire = TerritoireSerializer(allow_null=True)


class ZoneSerializer(LectureSerializer):
    dernier_connu = LectureSerializer(
        allow_null=True, help_text="Quand le statut est « inconnu » : le dernier classement connu avant ce jour."
    )


class ZonesSerializer(Serializer):
    commune = ReferenceSerializer(help_text="La commune d'aujourd'hui.")
    code_demande = AncienneSerializer(allow_null=True, help_text="Quand un ancien code a été demandé.")
    au = serializers.DateField()
    demonstration = serializers.BooleanField(
        help_text="Vrai : un classement vient du zonage de démonstration (offre modélisée), sans valeur juridique."
    )
    zones = ZoneSerializer(many=True)
