"""The forms of a contract: each says what it needs; the acts say what they refuse."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from aides.contrats.listes import Filtres
from aides.regles.faits import FAITS

CHAMP = {"class": "fr-input"}
AVENANT_FAITS = ("jours_semaine", "hopital_proximite", "assistant_etp", "patientele", "exercice_coordonne")


def build_jour(libelle: str, **options: Any) -> forms.DateField:
    champ = forms.DateField(label=libelle, **options)
    champ.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **CHAMP})
    return champ


def build_montant(libelle: str, **options: Any) -> forms.DecimalField:
    options.setdefault("min_value", Decimal("0.01"))
    champ = forms.DecimalField(label=libelle, max_digits=12, decimal_places=2, localize=True, **options)
    champ.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **CHAMP})
    champ.widget.is_localized = True
    return champ


def build_texte(libelle: str, **options: Any) -> forms.CharField:
    attributs = {"rows": 3, **CHAMP}
    return forms.CharField(label=libelle, max_length=2000, widget=forms.Textarea(attrs=attributs), **options)


class ActeForm(forms.Form):
    """`version`: that of the file when the page was opened; an older one is refused."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def visibles(self) -> list[forms.BoundField]:
        return [champ for champ in self if not champ.is_hidden]


class SignatureForm(ActeForm):
    date_signature = build_jour("Date de signature")
    date_effet = build_jour("Date d'effet", help_text="Le premier jour du contrat. Tout se compte depuis ce jour.")
    terme = build_jour(
        "Terme", required=False, help_text="À donner quand le dispositif n'a pas de durée fixe : premier jour après."
    )
    commentaire = build_texte("Remarque", required=False)


class PaiementForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    cle = forms.CharField(max_length=64, widget=forms.HiddenInput)
    montant = build_montant("Montant versé (€)")
    le = build_jour("Versé le")

    def __init__(self, donnees: Any = None, *, ligne: Any) -> None:
        initial = {
            "version": ligne.version,
            "cle": uuid.uuid4().hex,
            "montant": ligne.montant,
            "le": timezone.localdate(),
        }
        super().__init__(donnees, prefix=f"paiement-{ligne.pk}", initial=initial)


class ObligationForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    tenue = forms.ChoiceField(
        label="Constat",
        choices=[("oui", "Tenu"), ("non", "Non tenu")],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    le = build_jour("Constaté le")
    remarque = forms.CharField(label="Remarque", max_length=300, required=False, widget=forms.TextInput(attrs=CHAMP))

    def __init__(self, donnees: Any = None, *, ligne: Any) -> None:
        initial = {"version": ligne.version, "le": timezone.localdate()}
        super().__init__(donnees, prefix=f"obligation-{ligne.pk}", initial=initial)


class MotifForm(ActeForm):
    commentaire = build_texte("Motif")


class ReprendreForm(ActeForm):
    commentaire = build_texte("Remarque", required=False)


class NotificationForm(ActeForm):
    initiateur = forms.ChoiceField(
        label="Qui met fin au contrat",
        choices=[("", "Choisissez"), ("titulaire", "Le titulaire"), ("ars", "L'ARS"), ("cpam", "La caisse")],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    notifiee_le = build_jour("Lettre recommandée reçue le")
    effet_le = build_jour(
        "Effet de la résiliation",
        required=False,
        help_text="Vide : le premier jour que les délais du contrat permettent.",
    )
    commentaire = build_texte("Motif")


class RemboursementForm(ActeForm):
    montant = build_montant(
        "Montant dû (€)", required=False, help_text="Vide : le montant calculé, quand une seule règle s'applique."
    )
    commentaire = build_texte("Explication du calcul retenu")


class RecuForm(ActeForm):
    montant = build_montant("Montant reçu (€)")
    le = build_jour("Reçu le")


class AvenantForm(ActeForm):
    objet = build_texte("Objet de l'avenant")
    date_signature = build_jour("Date de signature")
    date_effet = build_jour("Date d'effet", help_text="Les échéances d'avant ce jour ne changent pas.")
    fait = forms.ChoiceField(
        label="Ce qui change",
        choices=[("", "Choisissez"), *((code, FAITS[code].libelle) for code in AVENANT_FAITS)],
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    valeur = forms.CharField(
        label="Nouvelle valeur",
        max_length=40,
        widget=forms.TextInput(attrs=CHAMP),
        help_text="Par exemple 3,5 pour des jours, oui ou non, un ou demi pour un temps d'assistant.",
    )


class RenouvellementForm(ActeForm):
    date_signature = build_jour("Date de signature")
    objet = build_texte("Objet", initial="Renouvellement du contrat.")


class FiltresForm(forms.Form):
    """The list of payments: by day of payment, or what is still to pay by day due."""

    etat = forms.ChoiceField(
        label="État",
        choices=[("payees", "Payées"), ("a_payer", "À payer")],
        required=False,
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    du = build_jour("Du", required=False)
    au = build_jour("Au (inclus)", required=False)
    guichet = forms.ChoiceField(
        label="Guichet",
        choices=[("", "Tous"), ("ars", "ARS"), ("cpam", "Caisse"), ("collectivite", "Collectivité"), ("paps", "PAPS")],
        required=False,
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    dispositif = forms.CharField(
        label="Dispositif (code)", max_length=60, required=False, widget=forms.TextInput(attrs=CHAMP)
    )
    departement = forms.CharField(
        label="Département", max_length=3, required=False, widget=forms.TextInput(attrs=CHAMP)
    )

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or {}
        du, au = donnees.get("du"), donnees.get("au")
        if du and au and du > au:
            self.add_error("au", "La fin de la période vient après son début.")
        return donnees

    def build_filtres(self) -> Filtres:
        """The year under way by default."""
        jour = timezone.localdate()
        donnees = self.cleaned_data
        return Filtres(
            du=donnees.get("du") or jour.replace(month=1, day=1),
            au=donnees.get("au") or jour.replace(month=12, day=31),
            etat=donnees.get("etat") or "payees",
            guichet=donnees.get("guichet") or "",
            dispositif=(donnees.get("dispositif") or "").strip().lower(),
            departement=(donnees.get("departement") or "").strip().upper(),
        )
