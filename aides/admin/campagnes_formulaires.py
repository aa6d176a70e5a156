"""The forms of the campaigns and of the envelopes."""

from typing import Any

from django import forms
from django.utils import timezone

from aides.admin.contrats_formulaires import CHAMP, build_jour, build_montant, build_texte
from portal.accounts.enums import Role
from portal.accounts.portee import Portee
from zonage.models import Region

ETATS = {
    "": "Toutes",
    "a_declarer": "À déclarer",
    "a_accorder": "À accorder",
    "accordees": "Accordées",
    "ecarts": "Accordées pour moins que demandé",
}
REGIONS_MAX = 30
SELECT = {"class": "fr-select"}


def list_regions(portee: Portee, *roles: Role) -> list[Region]:
    """The régions over which one of these roles is held whole."""
    voulus = roles or (Role.ADMINISTRATEUR, Role.VALIDEUR)
    toutes = Region.objects.order_by("nom")[:REGIONS_MAX]
    return [region for region in toutes if portee.covers(region.pk, "", *voulus)]


def build_choix(libelle: str, choix: list[tuple[str, str]], **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=libelle, choices=[("", "Choisissez"), *choix], widget=forms.Select(attrs=SELECT), **options
    )


def build_annee(libelle: str, initial: int) -> forms.IntegerField:
    attributs = {**CHAMP, "inputmode": "numeric", "autocomplete": "off"}
    return forms.IntegerField(
        label=libelle, min_value=2010, max_value=2100, initial=initial, widget=forms.TextInput(attrs=attributs)
    )


class OuvertureForm(forms.Form):
    debut = build_jour("Premier jour des déclarations")
    fin = build_jour("Dernier jour des déclarations (inclus)")

    def __init__(
        self, donnees: Any = None, *, regions: list[Region], dispositifs: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(donnees, **options)
        self.regions = {region.pk: region for region in regions}
        self.fields["region"] = build_choix("Région", [(region.pk, region.nom) for region in regions])
        self.fields["dispositif"] = build_choix("Dispositif", dispositifs)
        self.fields["annee"] = build_annee("Année civile à régler", timezone.localdate().year - 1)
        self.order_fields(["region", "dispositif", "annee", "debut", "fin"])

    def clean_region(self) -> Region:
        return self.regions[self.cleaned_data["region"]]


class ReouvertureForm(forms.Form):
    fin = build_jour("Nouveau dernier jour (inclus)")
    motif = build_texte("Motif de la réouverture", help_text="Il reste écrit : n'y nommez personne.")


class AccordForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    montant = build_montant("Montant accordé (€)", min_value=0)
    motif = forms.CharField(
        label="Motif, si vous accordez moins que demandé",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs=CHAMP),
    )

    def __init__(self, donnees: Any = None, *, ligne: Any) -> None:
        propose = ligne.accorde if ligne.accorde is not None else ligne.demande
        initial = {"version": ligne.version, "montant": propose, "motif": ligne.motif}
        super().__init__(donnees, prefix=f"accord-{ligne.pk}", initial=initial)


class EnveloppeForm(forms.Form):
    libelle = forms.CharField(label="Libellé", max_length=120, widget=forms.TextInput(attrs=CHAMP))
    montant = build_montant("Montant ouvert (€)")

    def __init__(
        self, donnees: Any = None, *, regions: list[Region], dispositifs: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(donnees, **options)
        self.regions = {region.pk: region for region in regions}
        self.fields["region"] = build_choix("Région", [(region.pk, region.nom) for region in regions])
        self.fields["annee"] = build_annee("Année", timezone.localdate().year)
        self.fields["dispositifs"] = forms.MultipleChoiceField(
            label="Dispositifs payés par l'enveloppe",
            choices=dispositifs,
            widget=forms.SelectMultiple(attrs={**SELECT, "size": 8}),
            help_text="Plusieurs choix : touche Ctrl (ou Cmd) enfoncée.",
        )
        self.order_fields(["region", "annee", "libelle", "dispositifs", "montant"])

    def clean_region(self) -> Region:
        return self.regions[self.cleaned_data["region"]]


class MontantForm(forms.Form):
    """The new amount of an envelope; `avant`: the one that the page showed."""

    avant = forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.HiddenInput)
    montant = build_montant("Nouveau montant (€)")
    motif = build_texte("Motif", help_text="Il reste écrit : n'y nommez personne.")
