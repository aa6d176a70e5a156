"""What somebody writes to open the account that an invitation offers."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from portal.accounts.forms import REGLES_MOT_DE_PASSE, ChampsDsfr
from portal.accounts.models import User


class OuvertureForm(ChampsDsfr, forms.Form):
    prenom = forms.CharField(
        label="Prénom", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    nom = forms.CharField(label="Nom", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    mot_de_passe = forms.CharField(
        label="Mot de passe",
        strip=False,
        help_text=REGLES_MOT_DE_PASSE,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    confirmation = forms.CharField(
        label="Le même mot de passe, une seconde fois",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, courriel: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.courriel = courriel
        self.style()

    def clean(self) -> dict[str, Any]:
        saisi: dict[str, Any] = super().clean() or self.cleaned_data
        mot_de_passe = saisi.get("mot_de_passe")
        if mot_de_passe and saisi.get("confirmation") and mot_de_passe != saisi["confirmation"]:
            self.add_error("confirmation", "Les deux mots de passe diffèrent : écrivez deux fois le même.")
        if mot_de_passe:
            personne = User(email=self.courriel, first_name=saisi.get("prenom", ""), last_name=saisi.get("nom", ""))
            try:
                password_validation.validate_password(mot_de_passe, personne)
            except ValidationError as erreur:
                self.add_error("mot_de_passe", erreur)
        return saisi
