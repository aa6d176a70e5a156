"""The shape of the answers that are lists: lots, éligibilités, coverage, receipts."""

from rest_framework import serializers

from aides.api.formes import DECIMAL, DemandeEvaluationSerializer
from aides.regles.evaluation import Issue
from aides.regles.montants import Periodicite
from zonage.api.formes import AncienneSerializer, ReferenceSerializer
from zonage.enums import Profession, StatutZone

Serializer = serializers.Serializer  # type: ignore[type-arg]
ISSUES = [issue.value for issue in Issue]
PERIODICITES = [valeur.value for valeur in Periodicite]


class DemandeLotSerializer(Serializer):
    evaluations = serializers.ListField(child=DemandeEvaluationSerializer(), min_length=1, max_length=1000)


class MontantCourtSerializer(Serializer):
    minimum = serializers.RegexField(DECIMAL, help_text="En euros.")
    maximum = serializers.RegexField(DECIMAL, allow_null=True, help_text="Null : à préciser.")
    periodicite = serializers.ChoiceField(choices=PERIODICITES)
    texte = serializers.CharField(help_text="Tel qu'une page l'affiche.")


class VerdictSerializer(Serializer):
    dispositif = serializers.CharField()
    version = serializers.CharField()
    issue = serializers.ChoiceField(choices=ISSUES)
    montant = MontantCourtSerializer(allow_null=True)
    manquants = serializers.ListField(child=serializers.CharField())


class ZoneCourteSerializer(Serializer):
    statut = serializers.ChoiceField(choices=StatutZone.values)
    niveau = serializers.CharField(allow_null=True)
    libelle = serializers.CharField(allow_null=True)


class VerdictsSerializer(Serializer):
    au = serializers.DateField()
    commune = ReferenceSerializer(allow_null=True)
    code_demande = AncienneSerializer(allow_null=True)
    zone = ZoneCourteSerializer(allow_null=True, help_text="Pour la profession de la personne.")
    demonstration = serializers.BooleanField(help_text="Vrai : la zone vient du zonage de démonstration.")
    resultats = VerdictSerializer(many=True, help_text="Le plus favorable d'abord.")


class LigneLotSerializer(Serializer):
    rang = serializers.IntegerField(help_text="Rang de la demande, à partir de 0.")
    reponse = VerdictsSerializer(allow_null=True, help_text="Null : la demande est fautive.")
    erreurs = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Les raisons, champ par champ."
    )


class LotSerializer(Serializer):
    total = serializers.IntegerField(help_text="Nombre de demandes reçues.")
    reussies = serializers.IntegerField(help_text="Nombre de demandes qui ont une réponse.")
    evaluations = LigneLotSerializer(many=True, help_text="Une ligne par demande, dans le même ordre.")


class OffreSerializer(Serializer):
    commune = serializers.CharField()
    profession = serializers.ChoiceField(choices=Profession.values)
    dispositif = serializers.CharField()
    version = serializers.CharField()
    issue = serializers.ChoiceField(choices=ISSUES)
    minimum = serializers.RegexField(DECIMAL, allow_null=True, help_text="En euros. Null : rien n'est versé.")
    maximum = serializers.RegexField(DECIMAL, allow_null=True, help_text="Null avec une périodicité : à préciser.")
    periodicite = serializers.ChoiceField(choices=PERIODICITES, allow_null=True)


class EligibilitesSerializer(Serializer):
    au = serializers.DateField(allow_null=True, help_text="Le jour de la règle lue. Null : rien n'est encore calculé.")
    change_le = serializers.DateTimeField(allow_null=True, help_text="Fin du dernier calcul qui a changé la table.")
    execution = serializers.IntegerField(allow_null=True, help_text="Numéro de ce calcul (voir /travaux/).")
    couples = serializers.IntegerField(help_text="Couples d'une commune et d'une profession lus pour cette page.")
    suivante = serializers.CharField(allow_null=True, help_text="Adresse de la page suivante ; null : c'est la fin.")
    resultats = OffreSerializer(many=True)


class PointCouvertureSerializer(Serializer):
    libelle = serializers.CharField()
    raison = serializers.CharField(allow_blank=True)


class CouvertureLigneSerializer(Serializer):
    dispositif = serializers.CharField()
    nom = serializers.CharField()
    nature = serializers.CharField(help_text="national, local, historique ou annonce.")
    professions = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField()
    ouvert_du = serializers.DateField()
    ferme_le = serializers.DateField(allow_null=True)
    etat = serializers.CharField(help_text="ouvert, ferme ou a_venir, ce jour-là.")
    conditions = serializers.IntegerField(help_text="Conditions de la version, montants compris.")
    conditions_verifiees = serializers.IntegerField()
    a_instruire = PointCouvertureSerializer(many=True, help_text="Ce que le portail ne décide pas, et pourquoi.")
    montants = serializers.IntegerField(help_text="Lignes du barème.")
    montants_a_preciser = PointCouvertureSerializer(many=True)
    montants_regionaux = serializers.IntegerField()
    textes = serializers.IntegerField()
    textes_non_relus = serializers.ListField(child=serializers.CharField())
    releve_le = serializers.DateField(allow_null=True, help_text="La plus ancienne relecture ; null : jamais relu.")
    jours_de_doute = serializers.IntegerField()


class TotauxCouvertureSerializer(Serializer):
    dispositifs = serializers.IntegerField()
    versions = serializers.IntegerField()
    conditions = serializers.IntegerField()
    conditions_verifiees = serializers.IntegerField()
    montants = serializers.IntegerField()
    montants_a_preciser = serializers.IntegerField()
    textes = serializers.IntegerField()
    textes_non_relus = serializers.IntegerField()


class CouvertureSerializer(Serializer):
    au = serializers.DateField()
    totaux = TotauxCouvertureSerializer(help_text="De tout ce qui répond au filtre, au-delà de la page.")
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True)
    suivante = serializers.CharField(allow_null=True)
    resultats = CouvertureLigneSerializer(many=True)


class EcartSerializer(Serializer):
    nature = serializers.CharField()
    code = serializers.CharField(allow_blank=True, allow_null=True)
    phrase = serializers.CharField()


class RejeuSerializer(Serializer):
    identique = serializers.BooleanField()
    empreinte = serializers.CharField(allow_blank=True)
    empechement = serializers.CharField(allow_blank=True, help_text="Pourquoi la réponse n'a pas pu être rejouée.")
    ecarts = EcartSerializer(many=True)


class RecuSerializer(Serializer):
    code = serializers.CharField(help_text="Cinq groupes de quatre caractères.")
    juste = serializers.BooleanField(help_text="Faux : le reçu a été altéré, son contenu n'est pas montré.")
    anomalies = serializers.ListField(child=serializers.CharField())
    rang = serializers.IntegerField(help_text="Place dans la chaîne.")
    empreinte = serializers.CharField(help_text="SHA-256 du reçu.")
    precedente = serializers.CharField(help_text="SHA-256 du reçu qui précède.")
    connu_le = serializers.DateTimeField()
    contenu = serializers.DictField(required=False, help_text="La demande, ce qui a été lu et la décision.")
    tel_que_connu = RejeuSerializer(required=False, help_text="Rejoué avec ce qui était connu ce jour-là.")
    aujourd_hui = RejeuSerializer(required=False, help_text="Rejoué avec ce qui est connu aujourd'hui.")


class CompteSerializer(Serializer):
    issue = serializers.ChoiceField(choices=ISSUES)
    texte = serializers.CharField()
    euros = serializers.RegexField(DECIMAL, help_text="Ce qui est certain d'être versé la première année, au plus.")
    communes = serializers.IntegerField()
    habitants = serializers.IntegerField()


class LieuSerializer(Serializer):
    commune = ReferenceSerializer()
    departement = serializers.CharField()
    population = serializers.IntegerField()
    issue = serializers.ChoiceField(choices=ISSUES)
    texte = serializers.CharField(help_text="Le montant, ou l'issue quand rien n'est fixé.")
    euros = serializers.RegexField(DECIMAL)
    manquants = serializers.ListField(child=serializers.CharField())
    km = serializers.FloatField(allow_null=True, help_text="À vol d'oiseau. Null : sans commune d'où mesurer.")
    minutes = serializers.IntegerField(allow_null=True, help_text="Estimées sur la distance.")
    demonstration = serializers.BooleanField(help_text="Vrai : la zone vient du zonage de démonstration.")


class OuObtenirSerializer(Serializer):
    au = serializers.DateField()
    dispositif = serializers.CharField(allow_null=True, help_text="Null : toutes les aides de la profession.")
    issue = serializers.ChoiceField(choices=ISSUES)
    comptes = CompteSerializer(many=True, help_text="Le périmètre entier, du plus favorable au moins favorable.")
    questions = serializers.ListField(child=serializers.CharField(), help_text="Les faits à donner ensuite.")
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    precedente = serializers.CharField(allow_null=True)
    suivante = serializers.CharField(allow_null=True)
    resultats = LieuSerializer(many=True)
