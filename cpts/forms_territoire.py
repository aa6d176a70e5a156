"""The forms of the territory in the space: a sourced figure, a saved territory, an invitation."""

from typing import Any

from django import forms

from cpts.regles.donnees_territoire import DEFINITIONS

TEXTE = {"class": "fr-input", "autocomplete": "off"}
OBLIGATOIRE = {"required": "Ce champ est obligatoire."}
NOMBRE = {"invalid": "Écrivez un nombre, par exemple 7,8.", "required": "Écrivez un nombre, par exemple 7,8."}


class Nombre(forms.DecimalField):
    """A number as French writes it: « 12 500,5 »."""

    widget = forms.TextInput

    def to_python(self, value: object) -> object:  # type: ignore[override]
        if isinstance(value, str):
            value = value.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        return super().to_python(value)


class DonneeForm(forms.Form):
    code = forms.ChoiceField(
        label="Chiffre",
        choices=[(une.code, f"{une.libelle} ({une.unite})") for une in DEFINITIONS.values()],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    jour = forms.DateField(
        label="Au",
        help_text="Le jour que la source donne, pas celui de la saisie.",
        error_messages={"required": "Choisissez un jour.", "invalid": "Écrivez une date, par exemple 27/09/2024."},
        widget=forms.DateInput(attrs=TEXTE | {"type": "date"}, format="%Y-%m-%d"),
    )
    valeur = Nombre(
        label="Valeur", max_digits=14, decimal_places=4, error_messages=NOMBRE,
        widget=forms.TextInput(attrs=TEXTE | {"inputmode": "decimal"}),
    )  # fmt: skip
    source = forms.CharField(
        label="Source",
        help_text="Le document, sa date et son auteur. Exemple : Assurance Maladie, tableau de bord de la CPTS, 2024.",
        max_length=300,
        error_messages={"required": "Dites d’où vient ce chiffre."},
        widget=forms.TextInput(attrs=TEXTE),
    )
    producteur = forms.CharField(
        label="Producteur (facultatif)", max_length=120, required=False, widget=forms.TextInput(attrs=TEXTE)
    )
    numerateur = Nombre(
        label="Personnes comptées (facultatif)", max_digits=14, decimal_places=2, min_value=0, required=False,
        error_messages=NOMBRE, widget=forms.TextInput(attrs=TEXTE | {"inputmode": "decimal"}),
    )  # fmt: skip
    denominateur = Nombre(
        label="Population concernée (facultatif)", max_digits=14, decimal_places=2, min_value=0, required=False,
        error_messages=NOMBRE, widget=forms.TextInput(attrs=TEXTE | {"inputmode": "decimal"}),
    )  # fmt: skip

    def __init__(self, *args: Any, instruit: bool, **kwargs: Any) -> None:
        """`instruit`: an agent also enters the figure of the département, which the others are compared with."""
        super().__init__(*args, **kwargs)
        if instruit:
            self.fields["territoire"] = forms.ChoiceField(
                label="Territoire",
                choices=[("cpts", "Cette CPTS"), ("departement", "Son département")],
                widget=forms.Select(attrs={"class": "fr-select"}),
                required=False,
            )

    def clean_territoire(self) -> str:
        return self.cleaned_data["territoire"] or "cpts"


class TerritoireForm(forms.Form):
    nom = forms.CharField(
        label="Nom du territoire",
        help_text="Qui reçoit l’adresse du diagnostic lit ce nom.",
        max_length=120,
        error_messages=OBLIGATOIRE,
        widget=forms.TextInput(attrs=TEXTE),
    )
    texte = forms.CharField(
        label="Communes",
        help_text="Des noms ou des codes, un par ligne, collés depuis un tableur si vous voulez.",
        max_length=60_000,
        error_messages={"required": "Écrivez au moins une commune."},
        widget=forms.Textarea(attrs=TEXTE | {"rows": 8}),
    )


class InvitationForm(forms.Form):
    courriel = forms.EmailField(
        label="Adresse électronique",
        help_text="Cette personne recevra un lien, valable sept jours, et écrira comme vous dans cet espace.",
        max_length=254,
        error_messages={
            "required": "Écrivez une adresse.",
            "invalid": "Écrivez une adresse, par exemple nom@exemple.fr.",
        },
        widget=forms.EmailInput(attrs=TEXTE | {"autocomplete": "off"}),
    )
