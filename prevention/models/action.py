"""What is done on the ground: a screening day, a vaccination stand, a talk. Participants are counts, never persons."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from cpts.models import Cpts, Mission, Structure
from portal.core.historique import historise
from prevention.enums import StatutAction, Theme
from prevention.models.campagne import Campagne
from prevention.querysets import ActionQuerySet
from zonage.models import Commune


@historise()
class ActionPrevention(models.Model):
    """An action of a CPTS, or of a structure. `publique`: shown on the public calendar once announced.

    `places`: appointments offered. `participants` and `orientes` (people sent on to a doctor or to an examination) are
    written when it is held. `mission`: the mission of the ACI that it serves, and then proves.
    """

    cpts = models.ForeignKey(
        Cpts, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="CPTS"
    )
    structure = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="structure"
    )
    campagne = models.ForeignKey(
        Campagne, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="campagne"
    )
    mission = models.ForeignKey(
        Mission, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="mission"
    )
    theme = models.CharField("thème", max_length=20, choices=Theme)
    titre = models.CharField("titre", max_length=160)
    description = models.TextField("ce qui est proposé", max_length=3000, blank=True)
    publics = models.CharField("public visé", max_length=200, blank=True)
    lieu = models.CharField("lieu", max_length=200, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="actions_prevention")
    region_code = models.CharField("région", max_length=3)
    departement_code = models.CharField("département", max_length=3)
    jour = models.DateField("jour")
    debut = models.TimeField("de", null=True, blank=True)
    fin = models.TimeField("à", null=True, blank=True)
    places = models.PositiveIntegerField("créneaux offerts", null=True, blank=True)
    inscription = models.CharField("comment s'inscrire", max_length=200, blank=True)
    moyens = models.CharField("moyens", max_length=300, blank=True)
    partenaires = models.CharField("partenaires", max_length=300, blank=True)
    publique = models.BooleanField("au calendrier public", default=True)
    statut = models.CharField("état", max_length=9, choices=StatutAction, default=StatutAction.BROUILLON)
    participants = models.PositiveIntegerField("participants", null=True, blank=True)
    orientes = models.PositiveIntegerField("personnes orientées", null=True, blank=True)
    bilan = models.TextField("bilan", max_length=3000, blank=True)
    motif = models.CharField("motif d'annulation", max_length=300, blank=True)
    demonstration = models.BooleanField("exemple inventé", default=False)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    version = models.PositiveIntegerField("version", default=0)

    objects = ActionQuerySet.as_manager()

    class Meta:
        verbose_name = "action de prévention"
        verbose_name_plural = "actions de prévention"
        ordering = ["-jour", "pk"]
        constraints = [
            models.CheckConstraint(name="action_theme_connu", condition=Q(theme__in=Theme.values)),
            models.CheckConstraint(name="action_statut_connu", condition=Q(statut__in=StatutAction.values)),
            models.CheckConstraint(
                name="action_de_quelqu_un",
                condition=Q(cpts__isnull=False) | Q(structure__isnull=False),
                violation_error_message="Une action est celle d'une CPTS ou d'une structure.",
            ),
            models.CheckConstraint(
                name="action_heures_ordonnees",
                condition=Q(debut__isnull=True) | Q(fin__isnull=True) | Q(debut__lt=F("fin")),
                violation_error_message="L'heure de fin précède celle du début.",
            ),
            models.CheckConstraint(
                name="action_tenue_comptee",
                condition=~Q(statut="tenue") | Q(participants__isnull=False),
                violation_error_message="Une action tenue porte son nombre de participants.",
            ),
            models.CheckConstraint(
                name="action_orientes_bornes",
                condition=Q(orientes__isnull=True) | Q(orientes__lte=F("participants")),
                violation_error_message="Plus de personnes orientées que de participants.",
            ),
            models.CheckConstraint(
                name="action_annulee_motivee",
                condition=~Q(statut="annulee") | ~Q(motif=""),
                violation_error_message="Dites pourquoi l'action est annulée.",
            ),
        ]
        indexes = [
            models.Index(fields=["departement_code", "jour"], name="action_par_departement"),
            models.Index(fields=["cpts", "-jour"], name="action_par_cpts"),
            models.Index(
                fields=["jour", "id"], name="action_publique", condition=Q(publique=True) & ~Q(statut="brouillon")
            ),
        ]

    def __str__(self) -> str:
        return f"Action {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("prevention_action", args=[self.pk])

    @property
    def objet(self) -> str:
        """Its name in the journal and among the proofs."""
        return f"prevention.actionprevention:{self.pk}"
