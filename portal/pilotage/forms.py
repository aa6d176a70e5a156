"""What people write of the steering: a target and its end, a view of the dashboard."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import Truncator

from portal.accounts.models import Organisation
from portal.accounts.portee import read_portee
from portal.pilotage.droits import may_set_objectif
from portal.pilotage.enums import Maille
from portal.pilotage.lecture import find_indicateur, find_territoire
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.services.objectifs import Saisie
from portal.pilotage.services.vues import NOM_MAX
from portal.pilotage.sources.definitions import list_indicateurs
from portal.pilotage.sources.objectifs import find_faute

JOUR = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
PREMIER = date(2017, 1, 1)
PLUS_LOIN = timedelta(days=366 * 20)


def list_choix_indicateurs() -> list[tuple[str, str]]:
    lus = sorted((un.libelle, un.code) for un in list_indicateurs().values())
    return [
        ("", "Choisissez un indicateur"),
        *((code, f"{Truncator(libelle).chars(70)} ({code})") for libelle, code in lus),
    ]


class ObjectifForm(forms.ModelForm):
    """A target. The territory is named by its size and its official code: every size fits, without a long list."""

    indicateur = forms.ChoiceField(label="Indicateur", choices=list_choix_indicateurs)
    maille = forms.ChoiceField(label="Maille", choices=Maille.choices)
    code = forms.CharField(
        label="Code du territoire",
        max_length=20,
        help_text="27 (région), 71 (département), 247100589 (EPCI), 71-chalonnais (CPTS) ; france pour la France.",
    )
    valeur = forms.DecimalField(
        label="Valeur visée", max_digits=20, decimal_places=4, help_text="Dans l'unité de l'indicateur."
    )
    debut = forms.DateField(
        label="Fixé le", widget=JOUR, help_text="L'objectif en vigueur ce jour-là finit : il reste dans l'historique."
    )
    echeance = forms.DateField(
        label="À atteindre au", widget=JOUR, required=False, help_text="Vide : le texte ne donne pas de jour."
    )

    class Meta:
        model = Objectif
        fields = ["indicateur", "debut", "valeur", "echeance", "source", "reference"]
        widgets = {
            "source": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
            "reference": forms.TextInput(attrs={"class": "vTextField"}),
        }

    field_order = ["indicateur", "maille", "code", "valeur", "debut", "echeance", "source", "reference"]
    user: Any = None
    territoire: Territoire | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["debut"].initial = timezone.localdate()
        self.fields["source"].help_text = "Obligatoire : la phrase ou l'article qui le dit."
        self.fields["reference"].help_text = "Où se lit ce texte : titre, date, page, adresse."

    def clean_source(self) -> str:
        source = " ".join(str(self.cleaned_data["source"]).split())
        if len(source) < 10:
            raise forms.ValidationError("Dites quel texte fixe cet objectif, en dix caractères au moins.")
        return source

    def clean_debut(self) -> date:
        jour: date = self.cleaned_data["debut"]
        if not PREMIER <= jour <= timezone.localdate() + PLUS_LOIN:
            raise forms.ValidationError(f"Choisissez un jour à partir du {PREMIER:%d/%m/%Y}.")
        return jour

    def clean(self) -> dict[str, Any]:
        lues = super().clean() or {}
        maille, code = lues.get("maille", ""), str(lues.get("code", "")).strip()
        self.territoire = find_territoire(maille, code) if maille and code else None
        if code and (self.territoire is None or not may_set_objectif(self.user, self.territoire)):
            self.add_error("code", "Aucun territoire de votre périmètre n'a ce code à cette maille.")
        valeur: Decimal | None = lues.get("valeur")
        if self.territoire and valeur is not None and lues.get("indicateur"):
            un = find_indicateur(lues["indicateur"])
            if faute := find_faute(un, maille, valeur):
                self.add_error("maille" if un and maille not in un.mailles else "valeur", faute)
        debut, echeance = lues.get("debut"), lues.get("echeance")
        if debut and echeance and not debut <= echeance <= debut + PLUS_LOIN:
            self.add_error("echeance", "L'échéance vient après le jour où l'objectif est fixé, vingt ans au plus.")
        return lues

    def _post_clean(self) -> None:
        """The act writes the row, under its lock: what the model would check before it is not yet true."""

    def build_saisie(self) -> Saisie:
        lues = self.cleaned_data
        assert self.territoire is not None  # noqa: S101 - the form is valid
        return Saisie(
            indicateur=lues["indicateur"],
            territoire=self.territoire,
            debut=lues["debut"],
            valeur=lues["valeur"],
            source=lues["source"],
            echeance=lues["echeance"],
            reference=lues["reference"],
        )


class FinObjectifForm(forms.ModelForm):
    """The end of a target: nothing else of it changes."""

    fin = forms.DateField(label="Ne vaut plus à partir du", widget=JOUR)
    motif_fin = forms.CharField(
        label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text="Gardé avec l'objectif."
    )

    class Meta:
        model = Objectif
        fields = ["fin", "motif_fin"]

    def clean_fin(self) -> date:
        fin: date = self.cleaned_data["fin"]
        if fin < self.instance.debut:
            raise forms.ValidationError(f"Cet objectif commence le {self.instance.debut:%d/%m/%Y}.")
        if self.fin_actuelle is not None and fin >= self.fin_actuelle:
            raise forms.ValidationError(f"Cet objectif finit déjà le {self.fin_actuelle:%d/%m/%Y}.")
        return fin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fin_actuelle: date | None = self.instance.fin

    def _post_clean(self) -> None:
        """As above: `end_objectif` writes."""


class VueForm(forms.Form):
    """A view of the dashboard: its name, who reads it, whether one's dashboard opens on it."""

    nom = forms.CharField(
        label="Nom de la vue",
        max_length=NOM_MAX,
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off"}),
        error_messages={"required": "Donnez un nom à cette vue.", "max_length": f"{NOM_MAX} caractères au plus."},
    )
    organisation = forms.ChoiceField(
        label="Qui la lit",
        required=False,
        widget=forms.Select(attrs={"class": "fr-select"}),
        error_messages={"invalid_choice": "Choisissez une organisation dont vous êtes."},
    )
    defaut = forms.ChoiceField(
        label="Ouvrir mon tableau de bord dessus",
        required=False,
        choices=[("", "Non"), ("oui", "Oui")],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "vue-%s", **kwargs})
        cles = sorted(read_portee(user).organisations)
        self.organisations = {
            str(une.pk): une for une in Organisation.objects.filter(pk__in=cles).order_by("pk")[:100]
        }
        choix: Any = self.fields["organisation"]
        choix.choices = [("", "Moi"), *((cle, f"{une.nom} et moi") for cle, une in self.organisations.items())]

    def build(self) -> dict[str, Any]:
        lues = self.cleaned_data
        return {"organisation": self.organisations.get(lues["organisation"]), "defaut": bool(lues["defaut"])}
