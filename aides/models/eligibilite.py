"""What each commune offers to each profession, computed for all France."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.core.champs import MasqueField
from zonage.enums import Profession
from zonage.models import Commune


class JeuEligibilite(models.Model):
    """What the table below was computed for: one row, changed in the transaction that changes the table.

    `versions` gives the ranks: a list of [scheme, version, digest], rank 0 first. `sequence` is the number of the last
    run that computed the whole country: an older one that wakes up later has nothing to add, and writes nothing.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    jour = models.DateField("jour")
    versions = models.JSONField("versions, par rang", default=list)
    catalogue = models.CharField("empreinte des règles", max_length=64)
    lignes = models.PositiveIntegerField("lignes", default=0)
    sequence = models.BigIntegerField("dernier calcul complet", default=0)
    execution = models.ForeignKey(
        "core.Execution",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="dernière exécution qui a écrit",
    )
    verifie_le = models.DateTimeField("vérifié le", help_text="Fin du dernier calcul, qu'il ait écrit ou non.")
    change_le = models.DateTimeField("changé le", help_text="Fin du dernier calcul qui a écrit.")

    class Meta:
        verbose_name = "jeu d'éligibilités"
        verbose_name_plural = "jeu d'éligibilités"
        constraints = [models.CheckConstraint(name="jeueligibilite_un_seul", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"éligibilités du {self.jour:%d/%m/%Y}"


class Eligibilite(models.Model):
    """What a commune offers to a profession, whoever the person is: the check that knows only these two.

    Bits and cells by the ranks of `JeuEligibilite.versions`; neither bit set: not eligible. Amounts are in cents, as
    the check shows them first: both NULL, nothing is paid; `maximums` alone NULL, no upper bound is known.
    `periodicites`: one letter a rank, « u » once, « a » a year, « m » a month, « - » no amount,
    « x » the scheme of another territory, which the check does not show there.

    Derived and rebuilt by swap: the key of the commune is not checked by the database. Read it with
    `aides.eligibilite.lecture`, never without its JeuEligibilite.
    """

    pk = models.CompositePrimaryKey("commune_id", "profession")
    commune = models.ForeignKey(
        Commune, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    profession = models.CharField("profession", max_length=24, choices=Profession)
    eligibles = MasqueField("éligible")
    a_instruire = MasqueField("à instruire")
    minimums = ArrayField(models.IntegerField(null=True), verbose_name="minimums, en centimes")
    maximums = ArrayField(models.IntegerField(null=True), verbose_name="maximums, en centimes")
    periodicites = models.TextField("périodicités")

    class Meta:
        verbose_name = "éligibilité"
        ordering = ["commune_id", "profession"]

    def __str__(self) -> str:
        return f"{self.commune_id}, {self.profession}"
