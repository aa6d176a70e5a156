"""Measures: an indicator, a territory, a day. Written by the runs of `portal.pilotage.services.calcul` alone."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q

from portal.pilotage.enums import Cause, GenreObjet, Maille


class Territoire(models.Model):
    """The dimension of the measures, derived from the communes and the CPTS. One that goes is kept, `actif` off.

    `region_code` and `departement_code`: where it lies (the département of most of its communes), for who may read it.
    """

    type = models.CharField("maille", max_length=12, choices=Maille)
    code = models.CharField("code", max_length=20)
    nom = models.CharField("nom", max_length=160)
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    actif = models.BooleanField("actif", default=True)

    class Meta:
        verbose_name = "territoire mesuré"
        verbose_name_plural = "territoires mesurés"
        ordering = ["type", "code"]
        constraints = [
            models.UniqueConstraint(fields=["type", "code"], name="pilotage_territoire_unique"),
            models.CheckConstraint(name="pilotage_territoire_maille", condition=Q(type__in=Maille.values)),
        ]
        indexes = [
            models.Index(fields=["region_code", "type", "code"], name="pilotage_territoire_region"),
            models.Index(fields=["departement_code", "type", "code"], name="pilotage_territoire_dep"),
        ]

    def __str__(self) -> str:
        return self.nom


class Appartenance(models.Model):
    """An object (a commune, a département, a CPTS) counts in a territory; NULL `periode`: on any day."""

    genre = models.CharField("genre", max_length=12, choices=GenreObjet)
    objet = models.CharField("objet", max_length=40)
    territoire = models.ForeignKey(Territoire, on_delete=models.CASCADE, related_name="appartenances")
    periode = DateRangeField("période", null=True, blank=True)

    class Meta:
        verbose_name = "appartenance à un territoire"
        verbose_name_plural = "appartenances aux territoires"
        ordering = ["genre", "objet", "territoire", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["genre", "objet", "territoire", "periode"], name="appartenance_unique", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["territoire", "genre"], name="appartenance_du_territoire")]

    def __str__(self) -> str:
        return f"{self.genre} {self.objet} ∈ {self.territoire_id}"


class Passage(models.Model):
    """A run: every figure that it wrote was committed with it, at once.

    `instantane`: what its only snapshot of the base had seen (`pg_snapshot`); `transaction`: its own. A change of a
    source is newer than the run when the snapshot does not see it, whatever the clocks say.
    """

    jour = models.DateField("jour mesuré")
    cause = models.CharField("cause", max_length=12, choices=Cause)
    detail = models.CharField("détail", max_length=200, blank=True)
    debut = models.DateTimeField("début")
    fin = models.DateTimeField("fin", null=True)
    empreinte = models.CharField("empreinte des définitions", max_length=12)
    indicateurs = models.PositiveSmallIntegerField("indicateurs")
    lignes = models.PositiveIntegerField("mesures écrites", default=0)
    instantane = models.TextField("instantané")
    transaction = models.BigIntegerField("transaction")

    class Meta:
        verbose_name = "passage"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="passage_cause_connue", condition=Q(cause__in=Cause.values))]
        indexes = [models.Index(fields=["jour", "id"], name="passage_par_jour")]

    def __str__(self) -> str:
        return f"Passage {self.pk} du {self.jour}"


class PassageIndicateur(models.Model):
    """A run computed this indicator for that day: which definition, and how many measures moved."""

    passage = models.ForeignKey(Passage, on_delete=models.CASCADE, related_name="parts")
    indicateur = models.CharField("indicateur", max_length=80)
    jour = models.DateField("jour mesuré")
    empreinte = models.CharField("empreinte de la définition", max_length=12)
    lignes = models.PositiveIntegerField("mesures écrites", default=0)

    class Meta:
        verbose_name = "indicateur d'un passage"
        verbose_name_plural = "indicateurs d'un passage"
        ordering = ["passage", "indicateur"]
        constraints = [
            models.UniqueConstraint(fields=["indicateur", "jour", "passage"], name="passageindicateur_unique")
        ]

    def __str__(self) -> str:
        return f"{self.indicateur}, passage {self.passage_id}"


class Mesure(models.Model):
    """A row only on the days when the figure changed: the value of a day is that of the last row until that day.

    All NULL: from that day the figure does not exist. `demonstration`: something it was made of is invented.
    """

    indicateur = models.CharField("indicateur", max_length=80)
    territoire = models.ForeignKey(Territoire, on_delete=models.PROTECT, related_name="mesures", db_index=False)
    jour = models.DateField("jour")
    numerateur = models.DecimalField("numérateur", max_digits=20, decimal_places=4, null=True)
    denominateur = models.DecimalField("dénominateur", max_digits=20, decimal_places=4, null=True)
    valeur = models.DecimalField("valeur", max_digits=20, decimal_places=4, null=True)
    demonstration = models.BooleanField("démonstration", default=False)
    passage = models.ForeignKey(Passage, on_delete=models.PROTECT, related_name="mesures", db_index=False)

    class Meta:
        verbose_name = "mesure"
        ordering = ["indicateur", "territoire", "jour"]
        constraints = [
            models.UniqueConstraint(fields=["indicateur", "territoire", "jour"], name="mesure_une_par_jour")
        ]

    def __str__(self) -> str:
        return f"{self.indicateur}, territoire {self.territoire_id}, {self.jour}"


class Modification(models.Model):
    """A transaction changed rows of a source table: written by a trigger of that table, once a transaction.

    Removed by the run of the night that has seen it: the table holds a day of changes.
    """

    source = models.CharField("table", max_length=63)
    transaction = models.BigIntegerField("transaction")
    survenue_le = models.DateTimeField("survenue le")

    class Meta:
        verbose_name = "modification d'une source"
        verbose_name_plural = "modifications des sources"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["source", "transaction"], name="modification_une_par_acte")]

    def __str__(self) -> str:
        return f"{self.source}, {self.transaction}"
