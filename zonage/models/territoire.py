"""The territory of the Code officiel géographique and what groups its communes. Codes are strings, and the keys."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from zonage.enums import GenreCle, TypeCommune, TypeTerritoire
from zonage.querysets import CommuneQuerySet


class Region(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=60)

    class Meta:
        verbose_name = "région"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom


class Departement(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=60)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="departements", verbose_name="région")

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.nom} ({self.code})"


class Epci(models.Model):
    code = models.CharField("numéro SIREN", max_length=9, primary_key=True)
    nom = models.CharField("nom", max_length=150)
    nature = models.CharField("nature", max_length=10, help_text="CC, CA, CU, METRO…")

    class Meta:
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom


class Commune(models.Model):
    """A commune of the current COG, or an arrondissement municipal of Paris, Lyon or Marseille (`parent`).

    Populations are municipal (INSEE, `millesime_population`); the three age bands come from the IRIS file of 2021 and
    are shares of another vintage: never add them to `population`. Coordinates are WGS84 degrees.
    """

    code_insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    type = models.CharField("type", max_length=3, choices=TypeCommune, default=TypeCommune.COMMUNE)
    nom = models.CharField("nom", max_length=100)
    cle_tri = models.CharField(
        "clé de tri", max_length=110, help_text="Nom sans accent ni casse : même ordre partout."
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, related_name="communes", verbose_name="département"
    )
    epci = models.ForeignKey(
        Epci, on_delete=models.PROTECT, null=True, blank=True, related_name="communes", verbose_name="EPCI"
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="arrondissements",
        verbose_name="commune mère",
    )
    codes_postaux = ArrayField(models.CharField(max_length=5), default=list, blank=True, verbose_name="codes postaux")
    population = models.PositiveIntegerField("population municipale", null=True, blank=True)
    millesime_population = models.PositiveSmallIntegerField("millésime de la population", null=True, blank=True)
    population_0_19 = models.PositiveIntegerField("0 à 19 ans", null=True, blank=True)
    population_20_64 = models.PositiveIntegerField("20 à 64 ans", null=True, blank=True)
    population_65_plus = models.PositiveIntegerField("65 ans ou plus", null=True, blank=True)
    longitude = models.FloatField("longitude du centre", null=True, blank=True)
    latitude = models.FloatField("latitude du centre", null=True, blank=True)
    mairie_longitude = models.FloatField("longitude de la mairie", null=True, blank=True)
    mairie_latitude = models.FloatField("latitude de la mairie", null=True, blank=True)
    voisines = ArrayField(
        models.CharField(max_length=5), default=list, blank=True, verbose_name="communes limitrophes (codes INSEE)"
    )

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ["cle_tri", "code_insee"]
        constraints = [
            models.CheckConstraint(
                name="commune_code_insee_valide",
                condition=Q(code_insee__regex=r"^([013-9][0-9]|2[0-9AB])[0-9]{3}$"),
                violation_error_message="Un code INSEE a cinq caractères, par exemple 71076 ou 2A004.",
            ),
            models.CheckConstraint(
                name="commune_arrondissement_a_une_mere",
                condition=Q(type=TypeCommune.COMMUNE, parent__isnull=True)
                | Q(type=TypeCommune.ARRONDISSEMENT, parent__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["departement", "cle_tri"], name="commune_par_departement")]

    def __str__(self) -> str:
        return f"{self.nom} ({self.code_insee})"

    def get_absolute_url(self) -> str:
        return reverse("commune_detail", args=[self.code_insee])


class AncienneCommune(models.Model):
    """A code that is no longer a commune, or a former name, and today's commune that took it over.

    `depuis` is the first day the code stopped being a commune; NULL while no movements file gave it.
    """

    code_insee = models.CharField("ancien code INSEE", max_length=5)
    nom = models.CharField("ancien nom", max_length=100, blank=True)
    commune = models.ForeignKey(
        Commune, on_delete=models.CASCADE, related_name="anciennes", verbose_name="commune actuelle"
    )
    depuis = models.DateField("depuis le", null=True, blank=True)

    class Meta:
        verbose_name = "ancienne commune"
        verbose_name_plural = "anciennes communes"
        ordering = ["code_insee", "commune"]
        constraints = [
            models.UniqueConstraint(fields=["code_insee", "commune", "nom"], name="anciennecommune_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.nom or self.code_insee} ({self.code_insee})"


class CleCommune(models.Model):
    """One way to find a commune: its name, a former name, a code or a postal code, folded (`zonage.calculs.noms`).

    Derived: written only by `zonage.services.territoire.refresh_cles`, as a set (no unique key to pay for). `cle`
    starts with a space, so that « % chal% » finds the words that start so. `departement` and `population` are copies,
    for ranking.
    """

    genre = models.CharField("genre", max_length=12, choices=GenreCle)
    cle = models.CharField("clé", max_length=130)
    article = models.CharField("article", max_length=3, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="cles", db_index=False)
    via = models.CharField(
        "par", max_length=120, blank=True, help_text="Ancien nom et ancien code ; vide pour l'actuel."
    )
    depuis = models.DateField("depuis le", null=True, blank=True)
    departement = models.CharField("département", max_length=3)
    population = models.PositiveIntegerField("population", default=0)

    class Meta:
        verbose_name = "clé de recherche"
        verbose_name_plural = "clés de recherche"
        ordering = ["cle", "genre", "commune", "via"]
        indexes = [
            models.Index(OpClass("cle", name="text_pattern_ops"), name="clecommune_prefixe"),
            GinIndex(
                OpClass("cle", name="gin_trgm_ops"),
                name="clecommune_trigrammes",
                condition=Q(genre__in=[GenreCle.NOM, GenreCle.ANCIEN_NOM]),
                fastupdate=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cle.strip()} → {self.commune_id}"


class PopulationLegale(models.Model):
    """The legal population of a code for one vintage (INSEE). `code_publie` may since have joined another commune."""

    code_publie = models.CharField("code publié", max_length=5)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="populations")
    millesime = models.PositiveSmallIntegerField("millésime")
    municipale = models.PositiveIntegerField("population municipale")
    comptee_a_part = models.PositiveIntegerField("population comptée à part")
    totale = models.PositiveIntegerField("population totale")

    class Meta:
        verbose_name = "population légale"
        verbose_name_plural = "populations légales"
        ordering = ["-millesime", "code_publie"]
        constraints = [
            models.UniqueConstraint(fields=["millesime", "code_publie"], name="populationlegale_unique"),
            models.CheckConstraint(
                name="populationlegale_somme", condition=Q(totale=F("municipale") + F("comptee_a_part"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_publie}, {self.millesime}"


class Mouvement(models.Model):
    """One line of INSEE's movements file (v_mvtcommune): what a code became, and on which day."""

    date_effet = models.DateField("date d'effet")
    modalite = models.CharField(
        "modalité", max_length=2, help_text="Code INSEE du type d'événement (10, 20, 21, 31, 32…)."
    )
    type_avant = models.CharField("type avant", max_length=4)
    code_avant = models.CharField("code avant", max_length=5, db_index=True)
    nom_avant = models.CharField("nom avant", max_length=100)
    type_apres = models.CharField("type après", max_length=4)
    code_apres = models.CharField("code après", max_length=5, db_index=True)
    nom_apres = models.CharField("nom après", max_length=100)

    class Meta:
        verbose_name = "mouvement de commune"
        verbose_name_plural = "mouvements de communes"
        ordering = ["-date_effet", "code_avant", "code_apres"]
        constraints = [
            models.UniqueConstraint(
                fields=["date_effet", "modalite", "type_avant", "code_avant", "type_apres", "code_apres"],
                name="mouvement_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code_avant} → {self.code_apres} ({self.date_effet})"


class Territoire(models.Model):
    """What a niveau is given to: TVS, BVCV, bassin de vie, commune or QPV, by its official code."""

    type = models.CharField("type", max_length=8, choices=TypeTerritoire)
    code = models.CharField("code", max_length=12)
    libelle = models.CharField("libellé", max_length=150)
    region_attribution = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="région d'attribution",
        help_text="Un BVCV à cheval sur deux régions est classé par celle que désigne son code.",
    )
    source = models.CharField("source et attribution", max_length=200, blank=True)

    class Meta:
        verbose_name = "territoire"
        ordering = ["type", "code"]
        constraints = [
            models.UniqueConstraint(fields=["type", "code"], name="territoire_unique"),
            models.CheckConstraint(name="territoire_type_connu", condition=Q(type__in=TypeTerritoire.values)),
        ]

    def __str__(self) -> str:
        return f"{self.libelle} ({self.code})"


class Composition(models.Model):
    """A commune belongs to a territoire, as published for a COG vintage: one of a type per commune and vintage.

    `type` repeats the territoire's so that the database can hold that rule; `code_publie` is the code the file wrote.
    """

    territoire = models.ForeignKey(Territoire, on_delete=models.CASCADE, related_name="compositions")
    type = models.CharField("type", max_length=8, choices=TypeTerritoire)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="compositions")
    code_publie = models.CharField("code publié", max_length=5)
    millesime = models.PositiveSmallIntegerField("millésime du COG")

    class Meta:
        verbose_name = "composition"
        ordering = ["territoire", "code_publie"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "millesime", "code_publie"],
                condition=~Q(type=TypeTerritoire.QPV),
                name="composition_un_territoire_par_commune",
                violation_error_message="La commune appartient déjà à un territoire de ce type pour ce millésime.",
            ),
            models.UniqueConstraint(fields=["territoire", "millesime", "code_publie"], name="composition_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.code_publie} ∈ territoire {self.territoire_id} ({self.millesime})"
