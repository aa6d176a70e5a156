"""What somebody types to sign in. A page shows each field with `accounts/_champ.html`."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm

from portal.accounts.models import User

REGLES_MOT_DE_PASSE = (
    "Douze caractères au moins, pas seulement des chiffres, ni votre nom, ni un mot de passe répandu. "
    "Une phrase de quatre mots convient très bien."
)


class ChampsDsfr:
    """The classes of the DSFR on every field."""

    fields: dict[str, forms.Field]

    def style(self) -> None:
        for champ in self.fields.values():
            champ.widget.attrs.setdefault("class", "fr-input")


class ConnexionForm(ChampsDsfr, AuthenticationForm):
    error_messages = {
        "invalid_login": (
            "L'adresse ou le mot de passe n'est pas le bon. Vérifiez l'adresse, les majuscules, puis réessayez ; "
            "ou choisissez « Mot de passe oublié »."
        ),
        "inactive": "Ce compte est fermé.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adresse = self.fields["username"]
        adresse.label = "Adresse électronique"
        adresse.help_text = "Sous la forme nom@exemple.fr."
        adresse.widget = forms.EmailInput(attrs={"autocomplete": "username", "maxlength": 254})
        self.fields["password"].label = "Mot de passe"
        self.style()

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class CodeForm(ChampsDsfr, forms.Form):
    """The code of the application, or a recovery code: `verify` tells which."""

    code = forms.CharField(
        label="Code à six chiffres",
        help_text="Celui que votre application montre maintenant. Sans votre téléphone : un code de secours.",
        max_length=40,
        error_messages={"required": "Écrivez le code à six chiffres de votre application."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()


class EnrolementForm(CodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "Celui que l’application affiche après avoir lu l’image ou la clé."
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class OubliForm(ChampsDsfr, forms.Form):
    courriel = forms.EmailField(
        label="Adresse électronique de votre compte",
        help_text="Sous la forme nom@exemple.fr.",
        error_messages={
            "required": "Écrivez l'adresse de votre compte.",
            "invalid": "Cette adresse n'est pas complète : écrivez-la sous la forme nom@exemple.fr.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "maxlength": 254}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()

    def clean_courriel(self) -> str:
        return str(self.cleaned_data["courriel"]).strip().lower()


class NouveauMotDePasseForm(ChampsDsfr, SetPasswordForm):
    error_messages = {"password_mismatch": "Les deux mots de passe sont différents : écrivez deux fois le même."}

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].label = "Nouveau mot de passe"
        self.fields["new_password1"].help_text = REGLES_MOT_DE_PASSE
        self.fields["new_password2"].label = "Le même, une seconde fois"
        self.fields["new_password2"].help_text = ""
        self.style()


class ChangementForm(ChampsDsfr, PasswordChangeForm):
    """The former password is looked at by the view, which counts the tries."""

    error_messages = {
        **NouveauMotDePasseForm.error_messages,
        "password_incorrect": "Le mot de passe actuel n'est pas le bon.",
    }
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].label = "Mot de passe actuel"
        self.fields["new_password1"].label = "Nouveau mot de passe"
        self.fields["new_password1"].help_text = REGLES_MOT_DE_PASSE
        self.fields["new_password2"].label = "Le même, une seconde fois"
        self.fields["new_password2"].help_text = ""
        self.style()

    def clean(self) -> dict[str, Any]:
        valeurs: dict[str, Any] = super().clean() or self.cleaned_data
        nouveau = valeurs.get("new_password1")
        if nouveau and nouveau == valeurs.get("old_password"):
            self.add_error("new_password1", "Ce mot de passe est celui que vous avez déjà : choisissez-en un autre.")
        return valeurs
