"""Structures of coordinated practice: MSP, CDS, ESP, hôpitaux de proximité, DAC."""

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cpts.enums import GenreProposition, StatutProposition, StatutStructure, TypeStructure
from cpts.models.cpts import Cpts
from cpts.models.praticien import Praticien
from cpts.querysets import DeStructureQuerySet, StructureQuerySet
from cpts.regles.vie_structures import name_statut
from portal.core.historique import historise
from portal.core.models import Document, ImportRun
from zonage.models import Commune


def vide_ou(champ: str, suivant: str) -> Q:
    """The second date is not before the first, when both are known."""
    egale = Q(**{f"{suivant}__gte": models.F(champ)})
    return Q(**{f"{champ}__isnull": True}) | Q(**{f"{suivant}__isnull": True}) | egale


@historise()
class Structure(models.Model):
    """`finess`: of the site (ET); `finess_ej`: of who runs it. `parent`: the structure whose site this is.

    `saisi`: the fields that an agent wrote, which no import changes. Coordinates are WGS84 degrees.
    """

    type = models.CharField("type", max_length=17, choices=TypeStructure)
    nom = models.CharField("nom", max_length=160)
    statut = models.CharField("état", max_length=13, choices=StatutStructure)
    forme_juridique = models.CharField("forme juridique", max_length=40, blank=True, help_text="SISA, association…")
    finess = models.CharField("FINESS du site", max_length=9, blank=True)
    finess_ej = models.CharField("FINESS de l'entité juridique", max_length=9, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="sites")
    cpts = models.ForeignKey(
        Cpts, on_delete=models.PROTECT, null=True, blank=True, related_name="structures", verbose_name="CPTS"
    )
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="structures", verbose_name="commune")
    region_code = models.CharField("région", max_length=3)
    departement_code = models.CharField("département", max_length=3)
    adresse = models.CharField("adresse", max_length=200, blank=True)
    code_postal = models.CharField("code postal", max_length=5, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    telephone = models.CharField("téléphone public", max_length=20, blank=True)
    courriel = models.EmailField("courriel public", blank=True)
    site_web = models.CharField("site", max_length=200, blank=True, validators=[URLValidator(["https", "http"])])
    projet_valide_le = models.DateField("projet validé le", null=True, blank=True)
    ouverte_le = models.DateField("ouverte le", null=True, blank=True)
    aci_signe_le = models.DateField("ACI signé le", null=True, blank=True)
    fermee_le = models.DateField("fermée le", null=True, blank=True)
    source = models.CharField("source", max_length=160, blank=True)
    saisi = models.JSONField("champs saisis par un agent", default=list, blank=True)
    demonstration = models.BooleanField("exemple inventé", default=False)
    version = models.PositiveIntegerField("version", default=0)
    cree_le = models.DateTimeField("créée le", default=timezone.now)

    objects = StructureQuerySet.as_manager()

    class Meta:
        verbose_name = "structure"
        ordering = ["nom", "pk"]
        constraints = [
            models.CheckConstraint(name="structure_type_connu", condition=Q(type__in=TypeStructure.values)),
            models.CheckConstraint(name="structure_statut_connu", condition=Q(statut__in=StatutStructure.values)),
            models.UniqueConstraint(
                fields=["finess"],
                condition=~Q(finess=""),
                name="structure_finess_unique",
                violation_error_message="Une autre structure a déjà ce numéro FINESS.",
            ),
            models.CheckConstraint(
                name="structure_aci_date",
                condition=~Q(statut="aci_signe") | Q(aci_signe_le__isnull=False),
                violation_error_message="Un contrat signé a un jour de signature.",
            ),
            models.CheckConstraint(
                name="structure_ouverte_date",
                condition=~Q(statut__in=["ouverte", "aci_signe", "labellisee"]) | Q(ouverte_le__isnull=False),
                violation_error_message="Une structure ouverte a un jour d'ouverture.",
            ),
            models.CheckConstraint(
                name="structure_fermee_date",
                condition=~Q(statut__in=["fermee", "retiree"]) | Q(fermee_le__isnull=False),
                violation_error_message="Une structure fermée a un jour de fermeture.",
            ),
            models.CheckConstraint(
                name="structure_dates_ordonnees",
                condition=vide_ou("projet_valide_le", "ouverte_le")
                & vide_ou("ouverte_le", "aci_signe_le")
                & vide_ou("ouverte_le", "fermee_le")
                & vide_ou("aci_signe_le", "fermee_le"),
                violation_error_message="Ces dates ne se suivent pas : validation, ouverture, contrat, fermeture.",
            ),
        ]
        indexes = [
            models.Index(fields=["region_code", "type", "statut"], name="structure_par_region"),
            models.Index(fields=["departement_code", "type"], name="structure_par_departement"),
            models.Index(fields=["nom", "id"], name="structure_par_nom"),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def etat(self) -> str:
        """The state in the words of its type."""
        return name_statut(self.type, self.statut)


class DeStructure(models.Model):
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="%(class)ss")

    objects = DeStructureQuerySet.as_manager()

    class Meta:
        abstract = True


class ActeStructure(DeStructure):
    """One step of the life of a structure; as `ActeCpts`."""

    action = models.CharField("acte", max_length=30)
    source = models.CharField("état avant", max_length=13, blank=True)
    cible = models.CharField("état après", max_length=13)
    date_acte = models.DateField("date de l'acte")
    survenu_le = models.DateTimeField("enregistré le", default=timezone.now)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    commentaire = models.TextField("commentaire", max_length=2000, blank=True)

    class Meta:
        verbose_name = "acte d'une structure"
        verbose_name_plural = "actes d'une structure"
        ordering = ["structure", "survenu_le", "pk"]

    def __str__(self) -> str:
        return f"Acte {self.pk}"


class PieceStructure(DeStructure):
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    acte = models.ForeignKey(ActeStructure, on_delete=models.PROTECT, null=True, blank=True, related_name="pieces")
    nature = models.CharField("nature", max_length=30)
    libelle = models.CharField("libellé", max_length=160, blank=True)
    depose_le = models.DateTimeField("déposé le", default=timezone.now)

    class Meta:
        verbose_name = "pièce d'une structure"
        verbose_name_plural = "pièces d'une structure"
        ordering = ["structure", "-depose_le", "pk"]

    def __str__(self) -> str:
        return f"Pièce {self.pk}"


@historise()
class Equipier(DeStructure):
    """Somebody of the team, over a period; a practitioner of the Annuaire santé, or a profession and a count."""

    praticien = models.ForeignKey(Praticien, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    profession = models.CharField("profession", max_length=60)
    nombre = models.PositiveSmallIntegerField("nombre", default=1)
    etp = models.DecimalField("équivalent temps plein", max_digits=5, decimal_places=2, null=True, blank=True)
    periode = DateRangeField("période")

    class Meta:
        verbose_name = "membre de l'équipe"
        verbose_name_plural = "membres de l'équipe"
        ordering = ["structure", "profession", "pk"]

    def __str__(self) -> str:
        return f"Équipier {self.pk}"


class PropositionFiness(models.Model):
    """What an extraction of FINESS would change; an agent accepts it or puts it aside, nothing is overwritten.

    `import_run` is written when the import has ended. `structure`: of a change or of a closure.
    """

    import_run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, null=True, related_name="+")
    structure = models.ForeignKey(
        Structure, on_delete=models.CASCADE, null=True, blank=True, related_name="propositions"
    )
    genre = models.CharField("genre", max_length=10, choices=GenreProposition)
    finess = models.CharField("FINESS", max_length=9)
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    avant = models.JSONField("avant", default=dict, blank=True)
    apres = models.JSONField("après", default=dict, blank=True)
    statut = models.CharField("état", max_length=9, choices=StatutProposition, default=StatutProposition.A_TRAITER)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)
    motif = models.CharField("motif", max_length=300, blank=True)

    class Meta:
        verbose_name = "proposition FINESS"
        verbose_name_plural = "propositions FINESS"
        ordering = ["statut", "genre", "finess", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["finess", "genre"], condition=Q(statut="a_traiter"), name="propositionfiness_une_ouverte"
            )
        ]

    def __str__(self) -> str:
        return f"Proposition {self.pk}"

    @property
    def version(self) -> int:
        """What a form of several rows holds: it changes once, when somebody decides."""
        return int(self.statut != StatutProposition.A_TRAITER)
