"""The forms of a claim."""

from typing import Any

from django import forms

from cpts.sources.rpps import RPPS
from portal.core.forms import DocumentField
from zonage.models import Departement


class RppsForm(forms.Form):
    rpps = forms.CharField(
        label="Votre numéro RPPS",
        help_text="Onze chiffres, sur votre carte CPS ou dans l'Annuaire santé.",
        max_length=30,
        error_messages={"required": "Saisissez votre numéro RPPS."},
        widget=forms.TextInput(attrs={"class": "fr-input", "inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_rpps(self) -> str:
        rpps = "".join(self.cleaned_data["rpps"].split())
        if not RPPS.fullmatch(rpps):
            raise forms.ValidationError(f"Un numéro RPPS a onze chiffres ; celui-ci a {len(rpps)} caractères.")
        return rpps


class RattachementForm(RppsForm):
    """The proof, and the département when no place of practice is known."""

    preuve = DocumentField(
        label="Votre justificatif",
        error_messages={"required": "Joignez un justificatif : sans lui, votre demande ne peut pas être étudiée."},
    )
    departement = forms.ChoiceField(
        label="Votre département d'exercice",
        error_messages={
            "required": "Choisissez votre département.",
            "invalid_choice": "Choisissez votre département dans la liste.",
        },
        widget=forms.Select(attrs={"class": "fr-select"}),
    )

    def __init__(self, *args: Any, demande_departement: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rpps"].widget = forms.HiddenInput()
        if not demande_departement:
            del self.fields["departement"]
            return
        lus = Departement.objects.order_by("code").values_list("code", "nom")[:150]
        choix: Any = self.fields["departement"]
        choix.choices = [("", "Choisissez"), *((code, f"{code} – {nom}") for code, nom in lus)]
