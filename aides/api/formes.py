"""The shape of each answer, for the schema. Amounts are decimal texts: « 50000.00 »."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aides.regles.conditions import Etat
from aides.regles.dispositifs import JourReference
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS, Fait, TypeFait
from aides.regles.montants import Periodicite
from zonage.api.formes import AncienneSerializer, ReferenceSerializer, ZoneSerializer

Serializer = serializers.Serializer  # type: ignore[type-arg]
TYPES_CONDITION = (
    "tous",
    "un_de",
    "non",
    "parmi",
    "comparaison",
    "anciennete",
    "dans_zone",
    "dans_liste",
    "dans_perimetre",
    "a_instruire",
    "ouverture",
)
DECIMAL = r"^-?\d+(\.\d+)?$"


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Condition"}})
class BranchesConditionField(serializers.Field):  # type: ignore[type-arg]
    pass


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Preuve"}})
class BranchesPreuveField(serializers.Field):  # type: ignore[type-arg]
    pass


def _decimal(**options: Any) -> serializers.RegexField:
    return serializers.RegexField(DECIMAL, **options)


def _textes(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **options)


class TexteDeLoiSerializer(Serializer):
    texte = serializers.CharField(help_text="Le texte et son article.")
    lien = serializers.CharField(allow_blank=True)
    verifie_le = serializers.DateField(allow_null=True, help_text="Le jour où la valeur a été relue ; null : jamais.")


class EnonceSerializer(Serializer):
    texte = serializers.CharField(allow_blank=True)
    reference = TexteDeLoiSerializer()


class ConditionSerializer(Serializer):
    type = serializers.ChoiceField(choices=TYPES_CONDITION)
    libelle = serializers.CharField()
    reference = TexteDeLoiSerializer(allow_null=True)
    parametres = serializers.DictField(help_text="Fait lu, opérateur, seuil, valeurs ou niveaux, selon le type.")
    branches = BranchesConditionField()


class CalculSerializer(Serializer):
    type = serializers.CharField(help_text="forfait, par_tranche, par_zone, pourcentage, par_unite, jusqu_a…")
    parametres = serializers.DictField()


class ComposanteSerializer(Serializer):
    code = serializers.CharField()
    libelle = serializers.CharField()
    periodicite = serializers.ChoiceField(choices=[valeur.value for valeur in Periodicite])
    calcul = CalculSerializer()
    si = ConditionSerializer(allow_null=True, help_text="Versée seulement quand cette condition tient.")
    reference = TexteDeLoiSerializer()


class VersementSerializer(Serializer):
    part = _decimal()
    libelle = serializers.CharField()
    mois = serializers.IntegerField(help_text="Mois après le jour de référence.")
    reference = TexteDeLoiSerializer()


class BaremeSerializer(Serializer):
    composantes = ComposanteSerializer(many=True)
    versements = VersementSerializer(many=True)


class IncertitudeSerializer(Serializer):
    du = serializers.DateField()
    jusqu_au = serializers.DateField(help_text="Exclu.")
    raison = serializers.CharField()


class VersionResumeSerializer(Serializer):
    code = serializers.CharField()
    ouvert_du = serializers.DateField()
    ferme_le = serializers.DateField(allow_null=True, help_text="Premier jour fermé ; null : encore ouvert.")


class VersionSerializer(VersionResumeSerializer):
    motif_fermeture = serializers.CharField(allow_blank=True)
    jour_reference = serializers.ChoiceField(choices=[jour.value for jour in JourReference])
    note = serializers.CharField(allow_blank=True)
    conditions = ConditionSerializer()
    faits = _textes(help_text="Les faits que les conditions lisent (voir /faits/).")
    bareme = BaremeSerializer()
    duree = EnonceSerializer()
    renouvellement = EnonceSerializer()
    obligations = EnonceSerializer(many=True)
    documents = EnonceSerializer(many=True)
    cumul = EnonceSerializer(many=True)
    incertitudes = IncertitudeSerializer(many=True)
    references = TexteDeLoiSerializer(many=True)


class DispositifResumeSerializer(Serializer):
    code = serializers.CharField()
    sigle = serializers.CharField(allow_blank=True)
    nom = serializers.CharField()
    resume = serializers.CharField()
    payeur = serializers.CharField()
    professions = _textes()
    ouvert = serializers.BooleanField(help_text="Ouvert à de nouveaux contrats ce jour-là.")
    version = serializers.CharField(allow_null=True, help_text="La version ouverte ce jour-là.")
    versions = VersionResumeSerializer(many=True)


class PageDispositifsSerializer(Serializer):
    au = serializers.DateField()
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True)
    suivante = serializers.CharField(allow_null=True)
    resultats = DispositifResumeSerializer(many=True)


class DispositifSerializer(DispositifResumeSerializer):
    au = serializers.DateField()
    guichet = serializers.CharField(allow_blank=True, help_text="À qui s'adresser.")
    demarche = serializers.CharField(allow_blank=True, help_text="Comment demander.")
    regle = VersionSerializer(allow_null=True, help_text="La règle de la version ouverte ; null : fermé ce jour-là.")


class ChoixSerializer(Serializer):
    valeur = serializers.CharField()
    libelle = serializers.CharField()


class FaitSerializer(Serializer):
    code = serializers.CharField()
    type = serializers.ChoiceField(choices=[genre.value for genre in TypeFait])
    libelle = serializers.CharField()
    question = serializers.CharField()
    aide = serializers.CharField(allow_blank=True)
    choix = ChoixSerializer(many=True, help_text="Les valeurs admises d'un fait de type « choix ».")
    unite = serializers.CharField(allow_blank=True)
    minimum = _decimal(allow_null=True)
    maximum = _decimal(allow_null=True)
    pas = _decimal()
    modifiable = serializers.BooleanField(help_text="Que la personne peut décider de changer.")


class FaitsSerializer(Serializer):
    total = serializers.IntegerField()
    resultats = FaitSerializer(many=True)


class PreuveSerializer(Serializer):
    libelle = serializers.CharField()
    etat = serializers.ChoiceField(choices=[etat.value for etat in Etat])
    constat = serializers.CharField(allow_blank=True, help_text="Ce qui a été lu.")
    reference = TexteDeLoiSerializer(allow_null=True)
    manquants = _textes()
    branches = BranchesPreuveField()


class LigneMontantSerializer(Serializer):
    code = serializers.CharField()
    libelle = serializers.CharField()
    periodicite = serializers.ChoiceField(choices=[valeur.value for valeur in Periodicite])
    minimum = _decimal()
    maximum = _decimal(allow_null=True, help_text="Null : à préciser.")
    texte = serializers.CharField()
    precision = serializers.CharField(allow_blank=True)
    reference = TexteDeLoiSerializer()


class VersementDateSerializer(Serializer):
    libelle = serializers.CharField()
    montant = _decimal()
    jour = serializers.DateField(allow_null=True)


class MontantSerializer(Serializer):
    minimum = _decimal(help_text="En euros.")
    maximum = _decimal(allow_null=True, help_text="Null : à préciser.")
    periodicite = serializers.ChoiceField(choices=[valeur.value for valeur in Periodicite])
    exact = serializers.BooleanField()
    texte = serializers.CharField(help_text="Tel qu'une page l'affiche.")
    lignes = LigneMontantSerializer(many=True)
    versements = VersementDateSerializer(many=True)
    manquants = _textes(help_text="Les faits qui resserreraient la fourchette.")


class ResultatSerializer(Serializer):
    dispositif = serializers.CharField()
    version = serializers.CharField()
    issue = serializers.ChoiceField(choices=[issue.value for issue in Issue])
    montant = MontantSerializer(allow_null=True)
    preuve = PreuveSerializer()
    manquants = _textes(help_text="Les faits, ou « commune » et « zone », sans lesquels l'issue reste ouverte.")


class EvaluationSerializer(Serializer):
    au = serializers.DateField()
    commune = ReferenceSerializer(allow_null=True)
    code_demande = AncienneSerializer(allow_null=True, help_text="Quand un ancien code a été demandé.")
    zone = ZoneSerializer(allow_null=True, help_text="Pour la profession de la personne.")
    demonstration = serializers.BooleanField(help_text="Vrai : la zone vient du zonage de démonstration.")
    resultats = ResultatSerializer(many=True, help_text="Un par dispositif ouvert, le plus favorable d'abord.")
    questions = _textes(help_text="Les faits à donner ensuite, le plus utile d'abord.")
    avertissements = _textes(help_text="Ce qui ne va pas ensemble dans les faits donnés.")


def describe_fait(fait: Fait) -> dict[str, Any]:
    """The JSON schema of one fact; null is « je ne sais pas »."""
    schema: dict[str, Any] = {"nullable": True, "description": fait.libelle}
    match fait.type:
        case TypeFait.BOOL:
            return schema | {"type": "boolean"}
        case TypeFait.CHOIX:
            return schema | {"type": "string", "enum": [*(valeur for valeur, _ in fait.choix), None]}
        case TypeFait.DATE:
            return schema | {"type": "string", "format": "date"}
    bornes = {"minimum": fait.minimum, "maximum": fait.maximum, "multipleOf": fait.pas}
    genre = "integer" if fait.type is TypeFait.ENTIER else "number"
    exactes = {nom: borne for nom, borne in bornes.items() if borne is not None}
    return schema | {"type": genre} | {n: int(b) if b == int(b) else float(b) for n, b in exactes.items()}


@extend_schema_field(
    {
        "type": "object",
        "properties": {code: describe_fait(fait) for code, fait in FAITS.items()},
        "additionalProperties": False,
        "nullable": True,
    }
)
class FaitsDonnesField(serializers.Field):  # type: ignore[type-arg]
    pass


class DemandeEvaluationSerializer(Serializer):
    au = serializers.DateField(required=False, help_text="Aujourd'hui à Paris par défaut.")
    commune = serializers.RegexField(
        r"^([013-9][0-9]|2[0-9AB])[0-9]{3}$", required=False, allow_null=True, help_text="Code INSEE."
    )
    faits = FaitsDonnesField(required=False, help_text="Voir /faits/. Un fait absent ou null est inconnu.")
