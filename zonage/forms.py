"""What the address of a page of the territory may say, checked, with French errors that say what to do."""

from datetime import date
from typing import Any

from django import forms

from zonage.enums import Profession

AU_MIN, AU_MAX = date(2010, 1, 1), date(2040, 12, 31)
ERREUR_DATE = "Cette date n’est pas lisible. Écrivez-la comme 2026-11-21 (année-mois-jour)."


class LectureForm(forms.Form):
    """A profession and a day. Both may be missing: the page then takes the doctors, and today."""

    profession = forms.ChoiceField(
        label="Profession",
        choices=Profession.choices,
        required=False,
        error_messages={
            "invalid_choice": "« %(value)s » n’est pas une profession qui a un zonage. Choisissez-la dans la liste."
        },
    )
    au = forms.DateField(
        label="Date de lecture",
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": ERREUR_DATE},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": str(AU_MIN), "max": str(AU_MAX)}),
    )

    def clean_au(self) -> date | None:
        au: date | None = self.cleaned_data["au"]
        if au and not AU_MIN <= au <= AU_MAX:
            raise forms.ValidationError("Choisissez une date entre le 1er janvier 2010 et le 31 décembre 2040.")
        return au

    def lecture(self, *, aujourdhui: date) -> tuple[str, date]:
        """What can be read: each valid answer, the default for each other one."""
        propres: dict[str, Any] = getattr(self, "cleaned_data", {})
        return propres.get("profession") or Profession.MEDECIN.value, propres.get("au") or aujourdhui


class CarteForm(LectureForm):
    """The map: the same, and a perimeter. Codes are checked against the territory by the view."""

    region = forms.CharField(label="Région", required=False, max_length=3)
    departement = forms.CharField(label="Département", required=False, max_length=3)
    tri = forms.CharField(required=False, max_length=30)
    page = forms.CharField(required=False, max_length=6)
