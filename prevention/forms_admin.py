"""The forms of the agents: a campaign, a target, an objective, a file, a figure and its correction."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.backends.postgresql.psycopg_any import DateRange

from prevention.calculs.taux import Effectif
from prevention.enums import CODE_FRANCE, Formule, NiveauTerritoire, Sexe, StatutReleve, Theme
from prevention.forms import CHAMP, LISTE, NOMBRE_MAX, build_jour, build_nombre, build_texte
from prevention.models import Campagne, Cible, Releve
from prevention.services.releves import Saisie
from prevention.territoires import locate
from zonage.models import Region

GRAND = 1_000 * NOMBRE_MAX
CODE = r"^[a-z0-9][a-z0-9-]*$"
CODE_FAUX = "Des minuscules, des chiffres et des tirets, par exemple grippe-2026-2027."


def build_choix(libelle: str, choix: Any, *, requis: bool = True, aide: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=libelle, choices=choix, required=requis, help_text=aide, widget=forms.Select(attrs=LISTE)
    )


def build_paragraphe(libelle: str, longueur: int, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={**CHAMP, "rows": 4})
    return forms.CharField(label=libelle, max_length=longueur, widget=widget, **options)


def build_code(libelle: str, longueur: int, aide: str) -> forms.RegexField:
    return forms.RegexField(
        CODE,
        label=libelle,
        max_length=longueur,
        help_text=aide,
        widget=forms.TextInput(attrs=CHAMP),
        error_messages={"invalid": CODE_FAUX, "required": CODE_FAUX},
    )


class CampagneForm(forms.Form):
    """`regions`: those that the person writes for; empty: all France, for a national mandat only."""

    code = build_code("Code", 40, "Il est dans l'adresse de la page publique et ne change plus.")
    nom = build_texte("Nom", 120, "Avec sa saison, par exemple « Grippe 2026-2027 ».", requis=True)
    theme = build_choix("Thème", Theme.choices)
    region = build_choix("Région", [], requis=False)
    debut = build_jour("Premier jour de la saison")
    fin = build_jour("Dernier jour de la saison")
    precedente = build_choix("Saison d'avant", [], requis=False, aide="Ses taux servent à repérer les écarts.")
    description = build_paragraphe("Description", 4000, required=False)
    partenaires = build_texte("Partenaires", 500)
    source = build_texte("Source", 300)

    def __init__(self, *args: Any, regions: list[Region], nationale: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choix = [(region.code, region.nom) for region in regions]
        self.fields["region"].choices = [("", "France entière"), *choix] if nationale else choix  # type: ignore[attr-defined]
        self.precedentes = {str(lue.pk): lue for lue in Campagne.objects.order_by("-periode", "pk")[:200]}
        self.fields["precedente"].choices = [  # type: ignore[attr-defined]
            ("", "Aucune"),
            *((cle, lue.nom) for cle, lue in self.precedentes.items()),
        ]

    def clean(self) -> dict[str, Any]:
        lus: dict[str, Any] = super().clean() or {}
        if lus.get("debut") and lus.get("fin") and lus["fin"] < lus["debut"]:
            self.add_error("fin", "Le dernier jour précède le premier.")
        return lus

    def build_champs(self) -> dict[str, Any]:
        lus = dict(self.cleaned_data)
        periode = DateRange(lus.pop("debut"), lus.pop("fin") + timedelta(days=1))
        precedente = self.precedentes.get(lus.pop("precedente"))
        region_code = lus.pop("region")
        return {**lus, "region_code": region_code, "periode": periode, "precedente": precedente}


def read_campagne(campagne: Campagne) -> dict[str, Any]:
    champs = ("code", "nom", "theme", "description", "partenaires", "source")
    return {nom: getattr(campagne, nom) for nom in champs} | {
        "region": campagne.region_code,
        "debut": campagne.periode.lower,
        "fin": campagne.periode.upper - timedelta(days=1),
        "precedente": str(campagne.precedente_id or ""),
    }


class CibleForm(forms.Form):
    code = build_code("Code", 30, "Le même d'une saison à l'autre, par exemple 65-plus.")
    libelle = build_texte("Public visé", 160, requis=True)
    rang = build_nombre("Rang", "1 : la cible montrée d'abord.", requis=True)
    formule = build_choix("Formule", Formule.choices, aide="La participation n'est pas la couverture.")
    annees = build_nombre("Années couvertes par le taux", "2 pour un dépistage tous les deux ans.", requis=True)
    age_min = build_nombre("Âge minimum")
    age_max = build_nombre("Âge maximum, inclus")
    sexe = build_choix("Sexe", Sexe.choices, requis=False)
    numerateur = build_texte("Ce qui est compté", 300, requis=True)
    denominateur = build_texte("Population visée", 300, "Qui est compté au dénominateur.", requis=True)
    exclusions = build_texte("Exclusions", 300, "Qui en est retiré.")
    source = build_texte("Source de la population", 300, requis=True)
    millesime = build_texte("Millésime", 30, requis=True)

    def clean(self) -> dict[str, Any]:
        lus: dict[str, Any] = super().clean() or {}
        bas, haut = lus.get("age_min"), lus.get("age_max")
        if bas is not None and haut is not None and bas > haut:
            self.add_error("age_max", "L'âge minimum dépasse l'âge maximum.")
        if lus.get("annees") is not None and not 1 <= lus["annees"] <= 10:
            self.add_error("annees", "De 1 à 10 ans.")
        return lus


class TerritoireForm(forms.Form):
    """A level and a code that exists."""

    niveau = build_choix("Territoire", NiveauTerritoire.choices)
    code = build_texte("Code", 20, "INSEE, SIREN de l'EPCI, département, région, code de CPTS ; rien pour la France.")

    def clean(self) -> dict[str, Any]:
        lus: dict[str, Any] = super().clean() or {}
        if lus.get("niveau") == NiveauTerritoire.FRANCE:
            lus["code"] = CODE_FRANCE
        cle = (lus.get("niveau", ""), lus.get("code", ""))
        if cle[0] and cle not in locate([cle]):
            self.add_error("code", "Aucun territoire n'a ce code.")
        return lus


class ObjectifForm(TerritoireForm):
    cible = build_choix("Population visée", [])
    taux = forms.DecimalField(
        label="Objectif (%)",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={**CHAMP, "inputmode": "decimal"}),
        error_messages={"required": "Écrivez un taux.", "invalid": "Écrivez un nombre, par exemple 75 ou 29,5."},
    )
    source = build_texte("D'où il vient", 300, requis=True)
    field_order = ["cible", "niveau", "code", "taux", "source"]

    def __init__(self, campagne: Campagne, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cibles = {str(cible.pk): cible for cible in campagne.cibles.order_by("rang", "code")[:20]}
        self.fields["cible"].choices = [(cle, cible.libelle) for cle, cible in self.cibles.items()]  # type: ignore[attr-defined]

    @property
    def cible_choisie(self) -> Cible:
        return self.cibles[self.cleaned_data["cible"]]


class FichierForm(forms.Form):
    cible = build_choix("Population visée", [])
    fichier = forms.FileField(
        label="Fichier CSV",
        help_text="territoire;code;debut;fin;numerateur;denominateur;exclusions;statut",
        widget=forms.FileInput(attrs={"class": "fr-upload", "accept": ".csv,text/csv"}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )
    source = build_texte("Source", 300, "Le producteur et le jour d'extraction.", requis=True)
    millesime = build_texte("Millésime", 30, requis=True)

    def __init__(self, campagne: Campagne, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cibles = {str(cible.pk): cible for cible in campagne.cibles.order_by("rang", "code")[:20]}
        self.fields["cible"].choices = [(cle, cible.libelle) for cle, cible in self.cibles.items()]  # type: ignore[attr-defined]

    @property
    def cible_choisie(self) -> Cible:
        return self.cibles[self.cleaned_data["cible"]]


class EffectifForm(forms.Form):
    numerateur = build_nombre("Personnes comptées", requis=True)
    denominateur = build_nombre("Population visée", "Vide si la source ne la donne pas : aucun taux n'est alors tiré.")
    exclusions = build_nombre("Exclusions")
    statut = build_choix("État", StatutReleve.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in ("numerateur", "denominateur", "exclusions"):
            self.fields[nom].max_value = GRAND  # type: ignore[attr-defined]

    def build_effectif(self) -> Effectif:
        lus = self.cleaned_data
        return Effectif(lus["numerateur"], lus["denominateur"], lus["exclusions"] or 0)


class SaisieForm(TerritoireForm, EffectifForm):
    debut = build_jour("Compté à partir du")
    fin = build_jour("Jusqu'au, inclus")
    cible = build_choix("Population visée", [])
    source = build_texte("Source", 300, requis=True)
    millesime = build_texte("Millésime", 30)
    field_order = ["cible", "niveau", "code", "debut", "fin", "numerateur", "denominateur", "exclusions", "statut"]

    def __init__(self, campagne: Campagne, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campagne = campagne
        self.cibles = {str(cible.pk): cible for cible in campagne.cibles.order_by("rang", "code")[:20]}
        self.fields["cible"].choices = [(cle, cible.libelle) for cle, cible in self.cibles.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        lus = super().clean()
        debut, fin = lus.get("debut"), lus.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "Le dernier jour précède le premier.")
        if (debut and debut < self.campagne.periode.lower) or (fin and fin >= self.campagne.periode.upper):
            self.add_error("debut", "La période sort de la saison.")
        return lus

    @property
    def cible_choisie(self) -> Cible:
        return self.cibles[self.cleaned_data["cible"]]

    def build_saisie(self) -> Saisie:
        lus = self.cleaned_data
        return Saisie(lus["niveau"], lus["code"], lus["debut"], lus["fin"], self.build_effectif(), lus["statut"])


class CorrectionForm(EffectifForm):
    motif = build_texte("Motif de la correction", 300, "Publié avec le relevé ; l'ancien est gardé.", requis=True)


def read_releve(releve: Releve) -> dict[str, Any]:
    return {nom: getattr(releve, nom) for nom in ("numerateur", "denominateur", "exclusions", "statut")}
