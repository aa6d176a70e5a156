"""What an administrator writes: an organisation, a mandat to give or to end, an invitation."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.models import Organisation, User
from portal.accounts.organisations import MandatRefuse, Proposition, check_proposition
from portal.accounts.portee import read_portee

ORGANISATIONS_MAX = 1000


def build_jour(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class PropositionForm(forms.Form):
    """A mandat for an address; `par` gives it, in the name of an organisation of their perimeter."""

    courriel = forms.EmailField(
        label="Adresse électronique", max_length=254, help_text="Sous la forme nom@exemple.fr."
    )
    organisation = forms.ModelChoiceField(
        label="Organisation", queryset=Organisation.objects.none(), empty_label="Choisir…"
    )
    role = forms.ChoiceField(label="Rôle", choices=[("", "Choisir…"), *Role.choices])
    perimetre = forms.ChoiceField(label="Périmètre", choices=[("", "Choisir…"), *TypePerimetre.choices])
    perimetre_code = forms.CharField(
        label="Code du périmètre",
        max_length=20,
        required=False,
        help_text="Région : 27. Département : 71. CPTS : le code de l'organisation. France entière : rien.",
    )
    debut = build_jour("Premier jour", initial=timezone.localdate)
    fin = build_jour("Premier jour sans ce mandat", required=False, help_text="Vide : sans fin prévue.")

    def __init__(self, *args: Any, par: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.par = par
        gerees = Organisation.objects.filter(read_portee(par).filter_territoire(Role.ADMINISTRATEUR), active=True)
        champ: Any = self.fields["organisation"]
        champ.queryset = Organisation.objects.filter(pk__in=gerees.order_by("pk").values("pk")[:ORGANISATIONS_MAX])

    def clean_debut(self) -> date:
        debut: date = self.cleaned_data["debut"]
        if debut < timezone.localdate():
            raise forms.ValidationError("Un mandat commence aujourd'hui ou plus tard : le passé ne se réécrit pas.")
        return debut

    def clean(self) -> dict[str, Any]:
        saisi: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_proposition(read_portee(self.par), self.read_proposition())
            except MandatRefuse as faute:
                self.add_error(faute.champ if faute.champ in self.fields else None, str(faute))
        return saisi

    def read_proposition(self) -> Proposition:
        saisi = self.cleaned_data
        return Proposition(
            organisation=saisi["organisation"],
            role=Role(saisi["role"]),
            perimetre=TypePerimetre(saisi["perimetre"]),
            perimetre_code=saisi["perimetre_code"].strip(),
            debut=saisi["debut"],
            fin=saisi["fin"],
        )


class MandatForm(PropositionForm):
    """For somebody who has an account that `par` sees."""

    def clean_courriel(self) -> str:
        adresse = self.cleaned_data["courriel"].strip().lower()
        self.user = User.objects.for_user(self.par).filter(email=adresse, is_active=True).order_by("pk").first()
        if self.user is None:
            raise forms.ValidationError(
                "Aucun compte ouvert de votre périmètre n'a cette adresse : envoyez une invitation, "
                "que peut aussi accepter qui a déjà un compte."
            )
        return str(adresse)


class FinForm(forms.Form):
    fin = build_jour("Premier jour sans ce mandat", help_text="Aujourd'hui : le mandat s'arrête à l'instant.")


class ConfirmationForm(forms.Form):
    """Nothing to write: a button."""


class OrganisationForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ["type", "nom", "code", "region_code", "departement_code", "courriel", "active"]
        help_texts = {
            "code": "SIRET, FINESS ou numéro de la CPTS ; vide si elle n'en a pas.",
            "region_code": "Code INSEE, par exemple 27. Vide : toute la France.",
            "departement_code": "Code INSEE, par exemple 71. Vide : toute la région.",
            "active": "Une organisation inactive ne donne plus de mandat, et les siens ne comptent plus.",
        }

    type = forms.ChoiceField(label="Type", choices=[("", "Choisir…"), *TypeOrganisation.choices])
