"""What a CPTS undertakes and shows: missions, indicators, meetings, proofs, members, and the money of its ACI."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from cpts.enums import GenrePreuve, Instance, StatutMission, TypeMission, VoletAci
from cpts.models.cpts import DeCpts
from cpts.models.praticien import Praticien
from cpts.models.structure import Structure
from cpts.querysets import DeMissionQuerySet, DeReunionQuerySet, DExerciceQuerySet
from portal.core.historique import historise
from portal.core.models import Document


@historise()
class Mission(DeCpts):
    """A mission of the ACI, its two deadlines (last days, NULL: free calendar) and where it stands."""

    type = models.CharField("mission", max_length=14, choices=TypeMission)
    statut = models.CharField("état", max_length=10, choices=StatutMission, default=StatutMission.A_DEMARRER)
    demarrage_limite = models.DateField("à démarrer au plus tard le", null=True, blank=True)
    deploiement_limite = models.DateField("à déployer au plus tard le", null=True, blank=True)
    demarree_le = models.DateField("démarrée le", null=True, blank=True)
    deployee_le = models.DateField("déployée le", null=True, blank=True)
    evaluee_le = models.DateField("évaluée le", null=True, blank=True)
    description = models.TextField("ce qui est engagé", max_length=4000, blank=True)
    version = models.PositiveIntegerField("version", default=0)

    class Meta:
        verbose_name = "mission"
        ordering = ["cpts", "type"]
        constraints = [
            models.CheckConstraint(name="mission_type_connu", condition=Q(type__in=TypeMission.values)),
            models.CheckConstraint(name="mission_statut_connu", condition=Q(statut__in=StatutMission.values)),
            models.UniqueConstraint(fields=["cpts", "type"], name="mission_une_par_type"),
            models.CheckConstraint(
                name="mission_dates_de_l_etat",
                condition=Q(statut="a_demarrer", demarree_le=None, deployee_le=None, evaluee_le=None)
                | Q(statut="demarree", demarree_le__isnull=False, deployee_le=None, evaluee_le=None)
                | Q(statut="deployee", demarree_le__isnull=False, deployee_le__isnull=False, evaluee_le=None)
                | Q(statut="evaluee", demarree_le__isnull=False, deployee_le__isnull=False, evaluee_le__isnull=False),
                violation_error_message="Une mission porte le jour de chacun des états qu'elle a passés.",
            ),
            models.CheckConstraint(
                name="mission_dates_ordonnees",
                condition=(Q(deployee_le=None) | Q(deployee_le__gte=F("demarree_le")))
                & (Q(evaluee_le=None) | Q(evaluee_le__gte=F("deployee_le"))),
                violation_error_message="Une mission démarre, se déploie, s'évalue : ces jours ne se suivent pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"Mission {self.pk}"


@historise()
class IndicateurMission(models.Model):
    """An indicator of the dialogue de gestion for a year: objective and value, NULL while not filled.

    `calcul`: empty, entered by hand; else the name of a count over the proofs (`cpts.regles`).
    """

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="indicateurs")
    annee = models.PositiveSmallIntegerField("année")
    libelle = models.CharField("indicateur", max_length=200)
    unite = models.CharField("unité", max_length=30, blank=True)
    calcul = models.CharField("calcul", max_length=30, blank=True)
    depart = models.DecimalField("valeur de départ", max_digits=12, decimal_places=2, null=True, blank=True)
    objectif = models.DecimalField("objectif", max_digits=12, decimal_places=2, null=True, blank=True)
    valeur = models.DecimalField("valeur", max_digits=12, decimal_places=2, null=True, blank=True)
    source = models.CharField("source", max_length=200, blank=True)
    version = models.PositiveIntegerField("version", default=0)

    objects = DeMissionQuerySet.as_manager()

    class Meta:
        verbose_name = "indicateur d'une mission"
        verbose_name_plural = "indicateurs d'une mission"
        ordering = ["mission", "-annee", "libelle", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "annee", "libelle"],
                name="indicateurmission_unique",
                violation_error_message="Cette mission a déjà cet indicateur cette année-là.",
            ),
            models.CheckConstraint(
                name="indicateurmission_source",
                condition=Q(valeur=None) | ~Q(source=""),
                violation_error_message="Une valeur saisie dit d'où elle vient.",
            ),
            models.CheckConstraint(name="indicateurmission_saisi_ou_calcule", condition=Q(valeur=None) | Q(calcul="")),
        ]

    def __str__(self) -> str:
        return f"Indicateur {self.pk}"


@historise()
class Membre(DeCpts):
    """A practitioner (of the Annuaire santé or named), or a structure, member over a period."""

    praticien = models.ForeignKey(Praticien, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, null=True, blank=True, related_name="adhesions")
    nom = models.CharField("nom", max_length=160, blank=True)
    profession = models.CharField("profession", max_length=60, blank=True)
    commune_code = models.CharField("commune d'exercice", max_length=5, blank=True)
    instance = models.CharField("instance", max_length=7, choices=Instance, blank=True)
    fonction = models.CharField("fonction", max_length=80, blank=True)
    periode = DateRangeField("période", help_text="Début inclus, fin exclue.")
    version = models.PositiveIntegerField("version", default=0)

    class Meta:
        verbose_name = "membre"
        ordering = ["cpts", "nom", "pk"]
        constraints = [
            models.CheckConstraint(
                name="membre_un_seul",
                condition=Q(praticien__isnull=True) | Q(structure__isnull=True),
                violation_error_message="Un membre est un professionnel ou une structure.",
            ),
            models.CheckConstraint(
                name="membre_quelqu_un",
                condition=Q(praticien__isnull=False) | Q(structure__isnull=False) | ~Q(nom=""),
                violation_error_message="Choisissez un professionnel ou une structure, ou écrivez un nom.",
            ),
            models.CheckConstraint(
                name="membre_periode",
                condition=Q(periode__isempty=False, periode__startswith__isnull=False),
                violation_error_message="La période d'un membre commence un jour, et finit après lui.",
            ),
            ExclusionConstraint(
                name="membre_praticien_une_fois",
                expressions=[
                    ("cpts", RangeOperators.EQUAL),
                    ("praticien", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Ce professionnel est déjà membre sur une partie de la période.",
            ),
            ExclusionConstraint(
                name="membre_structure_une_fois",
                expressions=[
                    ("cpts", RangeOperators.EQUAL),
                    ("structure", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Cette structure est déjà membre sur une partie de la période.",
            ),
        ]

    def __str__(self) -> str:
        return f"Membre {self.pk}"


@historise()
class Reunion(DeCpts):
    """A meeting of the CPTS: attendance and minutes make it a proof of the mission that it serves."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, null=True, blank=True, related_name="reunions")
    titre = models.CharField("objet", max_length=200)
    jour = models.DateField("jour")
    duree_minutes = models.PositiveSmallIntegerField("durée (minutes)", null=True, blank=True)
    lieu = models.CharField("lieu", max_length=160, blank=True)
    ordre_du_jour = models.TextField("ordre du jour", max_length=4000, blank=True)
    compte_rendu = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    brouillon = models.BooleanField("brouillon", default=True)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField("version", default=0)

    class Meta:
        verbose_name = "réunion"
        ordering = ["cpts", "-jour", "pk"]
        indexes = [models.Index(fields=["cpts", "-jour"], name="reunion_par_jour")]

    def __str__(self) -> str:
        return f"Réunion {self.pk}"


@historise()
class Presence(models.Model):
    """Somebody at a meeting. `signe`: on the attendance sheet. `indemnite`: euros paid for it, NULL when none."""

    reunion = models.ForeignKey(Reunion, on_delete=models.CASCADE, related_name="presences")
    membre = models.ForeignKey(Membre, on_delete=models.PROTECT, null=True, blank=True, related_name="presences")
    nom = models.CharField("nom", max_length=160, blank=True)
    profession = models.CharField("profession", max_length=60, blank=True)
    signe = models.BooleanField("a signé", default=False)
    indemnite = models.DecimalField("indemnité (€)", max_digits=9, decimal_places=2, null=True, blank=True)

    objects = DeReunionQuerySet.as_manager()

    class Meta:
        verbose_name = "présence"
        ordering = ["reunion", "nom", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["reunion", "membre"], name="presence_une_par_membre"),
            models.CheckConstraint(name="presence_quelqu_un", condition=Q(membre__isnull=False) | ~Q(nom="")),
            models.CheckConstraint(name="presence_indemnite", condition=Q(indemnite=None) | Q(indemnite__gte=0)),
        ]

    def __str__(self) -> str:
        return f"Présence {self.pk}"


class Preuve(models.Model):
    """What shows that a mission is carried out. `objet`: « cpts.reunion:12 », « prevention.actionprevention:3 »."""

    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="preuves")
    genre = models.CharField("genre", max_length=8, choices=GenrePreuve)
    objet = models.CharField("objet", max_length=80, blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    libelle = models.CharField("libellé", max_length=200)
    jour = models.DateField("jour")
    ajoutee_le = models.DateTimeField("ajoutée le", default=timezone.now)
    ajoutee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DeMissionQuerySet.as_manager()

    class Meta:
        verbose_name = "preuve"
        ordering = ["mission", "-jour", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "objet"], condition=~Q(objet=""), name="preuve_une_fois_par_objet"
            ),
            models.CheckConstraint(name="preuve_genre_connu", condition=Q(genre__in=GenrePreuve.values)),
        ]

    def __str__(self) -> str:
        return f"Preuve {self.pk}"


class ParametreAci(models.Model):
    """A regional parameter of the ACI, with its text: what no national text gives is NULL, « à renseigner ».

    `code`: « fonctionnement », « mission_fixe », « mission_variable », « frontiere_taille », « plafond_indemnites »…;
    `taille` 1 to 4, 0: whatever; `mission`: empty, whatever. Euros a year, unless the code says otherwise.
    `demonstration`: invented, read for the CPTS of the demonstration alone.
    """

    region_code = models.CharField("région", max_length=3, blank=True, help_text="Vide : France entière.")
    code = models.CharField("paramètre", max_length=30)
    taille = models.PositiveSmallIntegerField("taille", default=0)
    mission = models.CharField("mission", max_length=14, choices=TypeMission, blank=True)
    periode = DateRangeField("période")
    valeur = models.DecimalField("valeur", max_digits=12, decimal_places=2, null=True, blank=True)
    texte = models.CharField("choix", max_length=40, blank=True)
    reference = models.CharField("référence", max_length=300, blank=True)
    verifie_le = models.DateField("vérifié le", null=True, blank=True)
    demonstration = models.BooleanField("exemple inventé", default=False)

    class Meta:
        verbose_name = "paramètre de l'ACI"
        verbose_name_plural = "paramètres de l'ACI"
        ordering = ["code", "region_code", "taille", "mission", "pk"]
        constraints = [
            ExclusionConstraint(
                name="parametreaci_un_par_jour",
                expressions=[
                    ("region_code", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("taille", RangeOperators.EQUAL),
                    ("mission", RangeOperators.EQUAL),
                    (Cast("demonstration", models.IntegerField()), RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Ce paramètre a déjà une valeur sur une partie de la période.",
            ),
            models.CheckConstraint(
                name="parametreaci_reference",
                condition=Q(valeur=None, texte="") | ~Q(reference=""),
                violation_error_message="Une valeur entre avec sa référence.",
            ),
            models.CheckConstraint(name="parametreaci_positif", condition=Q(valeur=None) | Q(valeur__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region_code or 'France'}"


@historise()
class ExerciceAci(DeCpts):
    """A year of the ACI, between two anniversaries; size and population of the perimeter in force at its start."""

    rang = models.PositiveSmallIntegerField("année du contrat")
    periode = DateRangeField("période")
    taille = models.PositiveSmallIntegerField("taille", null=True, blank=True)
    population = models.PositiveIntegerField("population", null=True, blank=True)
    clos_le = models.DateField("clos le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=0)

    class Meta:
        verbose_name = "exercice de l'ACI"
        verbose_name_plural = "exercices de l'ACI"
        ordering = ["cpts", "rang"]
        constraints = [models.UniqueConstraint(fields=["cpts", "rang"], name="exerciceaci_un_par_rang")]

    def __str__(self) -> str:
        return f"Exercice {self.pk}"


@historise()
class LigneAci(models.Model):
    """Money of a year: the functioning (`mission` empty) or a mission; fixed or variable part, in euros.

    `prevu` NULL: « à renseigner ». `accorde`: after the dialogue de gestion. `avance`, `solde`: paid on their day.
    """

    exercice = models.ForeignKey(ExerciceAci, on_delete=models.CASCADE, related_name="lignes")
    mission = models.CharField("mission", max_length=14, choices=TypeMission, blank=True)
    volet = models.CharField("volet", max_length=8, choices=VoletAci)
    prevu = models.DecimalField("prévu", max_digits=12, decimal_places=2, null=True, blank=True)
    accorde = models.DecimalField("accordé", max_digits=12, decimal_places=2, null=True, blank=True)
    avance = models.DecimalField("avance versée", max_digits=12, decimal_places=2, null=True, blank=True)
    avance_le = models.DateField("avance versée le", null=True, blank=True)
    solde = models.DecimalField("solde versé", max_digits=12, decimal_places=2, null=True, blank=True)
    solde_le = models.DateField("solde versé le", null=True, blank=True)
    origine = models.CharField("origine du montant", max_length=200, blank=True)

    objects = DExerciceQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne de l'ACI"
        verbose_name_plural = "lignes de l'ACI"
        ordering = ["exercice", "mission", "volet"]
        constraints = [
            models.UniqueConstraint(fields=["exercice", "mission", "volet"], name="ligneaci_unique"),
            models.CheckConstraint(name="ligneaci_volet_connu", condition=Q(volet__in=VoletAci.values)),
            models.CheckConstraint(
                name="ligneaci_positive",
                condition=(Q(prevu=None) | Q(prevu__gte=0))
                & (Q(accorde=None) | Q(accorde__gte=0))
                & (Q(avance=None) | Q(avance__gte=0)),
                violation_error_message="Un montant prévu, accordé ou avancé n'est jamais négatif.",
            ),
            models.CheckConstraint(
                name="ligneaci_verse_date",
                condition=Q(avance__isnull=True, avance_le__isnull=True)
                | Q(avance__isnull=False, avance_le__isnull=False),
                violation_error_message="Une avance versée porte son montant et son jour.",
            ),
            models.CheckConstraint(
                name="ligneaci_solde_date",
                condition=Q(solde__isnull=True, solde_le__isnull=True)
                | Q(solde__isnull=False, solde_le__isnull=False),
                violation_error_message="Un solde versé porte son montant et son jour.",
            ),
            models.CheckConstraint(
                name="ligneaci_pas_plus_que_l_accorde",
                condition=Q(accorde=None)
                | Q(solde=None)
                | Q(accorde__gte=Coalesce(F("avance"), Decimal(0)) + F("solde")),
                violation_error_message="L'avance et le solde versés dépassent le montant accordé.",
            ),
        ]

    def __str__(self) -> str:
        return f"Ligne {self.pk}"
