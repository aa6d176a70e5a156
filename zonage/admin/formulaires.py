"""The forms of an arrêté: each says what it needs; the acts say what they refuse."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.backends.postgresql.psycopg_any import DateRange

from zonage.enums import Profession
from zonage.models import Arrete, Region
from zonage.services.brouillons import list_classes

CHAMP = {"class": "fr-input"}
LISTE = {"class": "fr-select"}
CHAMPS_FICHE = ("numero", "date_signature", "date_publication", "source", "lien")


def build_jour(libelle: str, **options: Any) -> forms.DateField:
    """« 2026-11-21 », as a browser sends it, or « 21/11/2026 »."""
    invalide = {"invalid": "Cette date n’est pas lisible. Écrivez-la comme 21/11/2026."}
    champ = forms.DateField(label=libelle, input_formats=["%Y-%m-%d", "%d/%m/%Y"], error_messages=invalide, **options)
    champ.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **CHAMP})
    return champ


def build_texte(libelle: str, longueur: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=libelle, max_length=longueur, widget=forms.TextInput(attrs=CHAMP), **options)


def build_motif(libelle: str, **options: Any) -> forms.CharField:
    attributs = {"rows": 3, **CHAMP}
    return forms.CharField(label=libelle, max_length=300, widget=forms.Textarea(attrs=attributs), **options)


class FicheForm(forms.Form):
    """The arrêté itself. `fin` is the last day included, as an order says it; the period kept excludes its end."""

    numero = build_texte("Numéro de l’arrêté", 60, required=False, help_text="Vide s’il n’en a pas encore.")
    date_signature = build_jour("Date de signature", required=False)
    date_publication = build_jour("Date de publication", required=False)
    debut = build_jour("Prend effet le")
    fin = build_jour("Dernier jour d’effet", required=False, help_text="Vide : jusqu’à l’arrêté suivant.")
    source = build_texte("Source", 200, required=False, help_text="Producteur et millésime, montrés avec la zone.")
    lien = forms.URLField(
        label="Lien vers le texte",
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs=CHAMP),
        error_messages={"invalid": "Cette adresse n’est pas lisible. Elle commence par https://."},
    )

    def clean(self) -> dict[str, Any]:
        propres: dict[str, Any] = super().clean() or {}
        debut, fin = propres.get("debut"), propres.get("fin")
        if debut and fin and fin < debut:
            self.add_error("fin", "Le dernier jour précède le premier : corrigez l’un des deux.")
        return propres

    def build_champs(self) -> dict[str, Any]:
        propres = self.cleaned_data
        fin = propres["fin"] + timedelta(days=1) if propres["fin"] else None
        return {nom: propres[nom] for nom in CHAMPS_FICHE} | {"periode": DateRange(propres["debut"], fin)}


def read_fiche(arrete: Arrete) -> dict[str, Any]:
    fin = arrete.periode.upper
    return {nom: getattr(arrete, nom) for nom in CHAMPS_FICHE} | {
        "debut": arrete.periode.lower,
        "fin": fin - timedelta(days=1) if fin else None,
    }


class NouveauForm(FicheForm):
    """A new draft. The régions offered are those that the person writes for."""

    region = forms.ChoiceField(label="Région", widget=forms.Select(attrs=LISTE))
    profession = forms.ChoiceField(label="Profession", choices=Profession.choices, widget=forms.Select(attrs=LISTE))
    depart = forms.ChoiceField(
        label="Partir de",
        choices=[
            ("fichier", "Un fichier officiel"),
            ("vigueur", "Le zonage en vigueur la veille"),
        ],
        initial="fichier",
        widget=forms.Select(attrs=LISTE),
    )
    field_order = ["region", "profession", "depart"]

    def __init__(self, *args: Any, regions: list[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = [(region.code, region.nom) for region in regions]  # type: ignore[attr-defined]


class FichierForm(forms.Form):
    fichier = forms.FileField(
        label="Fichier",
        widget=forms.FileInput(attrs={"class": "fr-upload", "accept": ".csv,text/csv"}),
        help_text=(
            "CSV de CartoSanté, d’Atlasanté, ou deux colonnes : code INSEE ; classe. 20 Mo au plus. Il remplace "
            "toutes les lignes du brouillon."
        ),
        error_messages={"required": "Choisissez un fichier.", "empty": "Fichier vide : téléchargez-le à nouveau."},
    )
    motif = build_texte("Pourquoi le lire à nouveau", 300, required=False, help_text="Si ce fichier a déjà servi.")


class ListeForm(forms.Form):
    """Communes pasted from elsewhere."""

    liste = forms.CharField(
        label="Communes",
        widget=forms.Textarea(attrs={"rows": 6, **CHAMP}),
        help_text="Une par ligne : « 71076;ZIP », ou le code seul avec la classe choisie dessous.",
        max_length=200_000,
        error_messages={"required": "La liste est vide : collez un code INSEE par ligne."},
    )
    classe = forms.ChoiceField(
        label="Classe des lignes qui n’en donnent pas", required=False, widget=forms.Select(attrs=LISTE)
    )

    def __init__(self, *args: Any, profession: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choix = [("", "Aucune"), *list_classes(profession)]
        self.fields["classe"].choices = choix  # type: ignore[attr-defined]


class MotifForm(forms.Form):
    motif = build_motif("Motif", help_text="Sans nom de personne.")


class ComparerForm(forms.Form):
    a = forms.ChoiceField(label="Premier arrêté", widget=forms.Select(attrs=LISTE))
    b = forms.ChoiceField(label="Second arrêté", widget=forms.Select(attrs=LISTE))

    def __init__(self, *args: Any, arretes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in ("a", "b"):
            self.fields[nom].choices = arretes  # type: ignore[attr-defined]
