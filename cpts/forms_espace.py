"""The forms of the space about missions, meetings, members and money: shape only, the services decide."""

from typing import Any

from django import forms

from cpts.enums import Instance
from cpts.models import Mission
from cpts.regles.missions import CALCULS, OPTIONNELLES
from cpts.services.missions import LIBELLES_MISSION
from portal.core.forms import DocumentField

CHAMP = {"class": "fr-input"}
CHOIX = {"class": "fr-select"}
JOUR_INVALIDE = "Écrivez un jour comme 27/09/2024."
NOMBRE_INVALIDE = "Écrivez un nombre, par exemple 12 ou 12,5."


def make_jour(label: str, *, requis: str = "", help_text: str = "") -> forms.DateField:
    """`requis`: the sentence when it is missing; empty: it may be."""
    return forms.DateField(
        label=label,
        required=bool(requis),
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={**CHAMP, "type": "date"}),
        error_messages={"required": requis, "invalid": JOUR_INVALIDE},
    )


def make_texte(label: str, longueur: int, *, requis: str = "", help_text: str = "", **attrs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longueur,
        required=bool(requis),
        help_text=help_text,
        widget=forms.TextInput(attrs={**CHAMP, "autocomplete": "off", **attrs}),
        error_messages={"required": requis, "max_length": f"{longueur} caractères au plus."},
    )


def make_long(label: str, longueur: int, *, requis: str = "", help_text: str = "", rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longueur,
        required=bool(requis),
        help_text=help_text,
        widget=forms.Textarea(attrs={**CHAMP, "rows": rows}),
        error_messages={"required": requis, "max_length": f"{longueur} caractères au plus."},
    )


def make_nombre(label: str, *, help_text: str = "", minimum: int | None = 0) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        help_text=help_text,
        localize=True,
        max_digits=12,
        decimal_places=2,
        min_value=minimum,
        widget=forms.TextInput(attrs={**CHAMP, "inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": NOMBRE_INVALIDE,
            "max_digits": "Ce nombre est trop grand.",
            "max_whole_digits": "Ce nombre est trop grand.",
            "max_decimal_places": "Deux décimales au plus.",
            "min_value": "Ce nombre n'est pas négatif.",
        },
    )


class VersionForm(forms.Form):
    """The version of what the page showed."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput())


class ReunionForm(VersionForm):
    titre = make_texte("Objet de la réunion", 200, requis="Donnez l'objet de la réunion.")
    jour = make_jour("Jour", requis="Donnez le jour de la réunion.")
    duree_minutes = forms.IntegerField(
        label="Durée, en minutes",
        required=False,
        min_value=1,
        max_value=1440,
        widget=forms.TextInput(attrs={**CHAMP, "inputmode": "numeric"}),
        error_messages={
            "invalid": "Écrivez un nombre de minutes.",
            "min_value": "Une minute au moins.",
            "max_value": "Une journée au plus.",
        },
    )
    lieu = make_texte("Lieu", 160, help_text="Ou « visioconférence ».")
    mission = forms.ModelChoiceField(
        label="Mission servie",
        queryset=Mission.objects.none(),
        required=False,
        empty_label="Aucune pour l'instant",
        help_text="La réunion tenue devient une preuve de cette mission.",
        widget=forms.Select(attrs=CHOIX),
        error_messages={"invalid_choice": "Choisissez une mission de la liste."},
    )
    ordre_du_jour = make_long("Ordre du jour", 4000, help_text="Aucune donnée de patient, même sans nom.", rows=5)

    def __init__(self, *args: Any, missions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champ: Any = self.fields["mission"]
        champ.queryset = missions
        champ.label_from_instance = lambda mission: mission.get_type_display()


class PresenceForm(forms.Form):
    nom = make_texte(
        "Nom et prénom",
        160,
        requis="Écrivez un nom.",
        help_text="Les membres vous sont proposés. Jamais un patient.",
        list="membres-proposes",
    )
    profession = make_texte("Profession", 60, help_text="Inutile pour un membre.")
    signe = forms.BooleanField(label="A signé la feuille de présence", required=False)
    indemnite = make_nombre("Indemnité (€)", help_text="Vide : aucune.")


class CollageForm(forms.Form):
    texte = make_long("Lignes collées depuis un tableur", 60_000, requis="Collez au moins une ligne.", rows=8)


class CompteRenduForm(forms.Form):
    fichier = DocumentField(label="Compte rendu", error_messages={"required": "Choisissez le fichier à joindre."})


class ActeMissionForm(VersionForm):
    jour = make_jour("Jour", requis="Donnez le jour.")


class CorrectionForm(VersionForm):
    motif = make_texte("Pourquoi revenir à l'état d'avant ?", 500, requis="Écrivez pourquoi.")


class DescriptionForm(VersionForm):
    description = make_long("Ce que la CPTS engage", 4000, help_text="Aucune donnée de patient.")


class OptionnelleForm(forms.Form):
    type = forms.ChoiceField(
        label="Mission optionnelle",
        choices=[(code, LIBELLES_MISSION[code]) for code in OPTIONNELLES],
        widget=forms.Select(attrs=CHOIX),
        error_messages={"invalid_choice": "Choisissez une mission de la liste."},
    )


class PreuveForm(forms.Form):
    libelle = make_texte("Ce que montre ce document", 200, requis="Dites ce que montre ce document.")
    jour = make_jour("Jour du fait", requis="Donnez le jour de ce que montre le document.")
    fichier = DocumentField(label="Fichier", error_messages={"required": "Choisissez le fichier à joindre."})


class IndicateurForm(VersionForm):
    libelle = make_texte("Indicateur", 200, help_text="Vide pour une valeur calculée : son nom est repris.")
    annee = forms.IntegerField(
        label="Année",
        min_value=2019,
        max_value=2100,
        help_text="Celle où commence l'exercice de l'ACI.",
        widget=forms.TextInput(attrs={**CHAMP, "inputmode": "numeric"}),
        error_messages={
            "required": "Donnez l'année.",
            "invalid": "Écrivez une année, par exemple 2025.",
            "min_value": "L'ACI des CPTS commence en 2019.",
            "max_value": "Cette année est trop lointaine.",
        },
    )
    calcul = forms.ChoiceField(
        label="D'où vient la valeur",
        required=False,
        choices=[("", "Saisie à la main"), *((code, f"Calculée : {lu.libelle}") for code, lu in CALCULS.items())],
        widget=forms.Select(attrs=CHOIX),
        error_messages={"invalid_choice": "Choisissez dans la liste."},
    )
    unite = make_texte("Unité", 30, help_text="Patients, %, actions… Inutile pour une valeur calculée.")
    depart = make_nombre("Valeur de départ", help_text="Vide : zéro.", minimum=None)
    objectif = make_nombre("Objectif", help_text="Vide : à renseigner.", minimum=None)
    valeur = make_nombre("Valeur", help_text="Vide : à renseigner. Sans objet si elle est calculée.", minimum=None)
    source = make_texte("Source", 200, help_text="Obligatoire avec une valeur saisie : qui la donne, à quelle date.")

    def clean(self) -> dict[str, Any]:
        """A name, its own or the one of its calculation; a source for what is entered."""
        lues = super().clean() or {}
        calcul = lues.get("calcul", "")
        if calcul:
            lues |= {"libelle": lues.get("libelle") or CALCULS[calcul].libelle, "unite": CALCULS[calcul].unite}
            lues["valeur"] = None
        elif "libelle" in lues and not lues["libelle"]:
            self.add_error("libelle", "Nommez l'indicateur.")
        if lues.get("valeur") is not None and not lues.get("source") and "source" in lues:
            self.add_error("source", "Dites d'où vient la valeur.")
        return lues


class RechercheForm(forms.Form):
    q = make_texte(
        "Nom ou numéro RPPS", 120, help_text="Début du nom, dans les communes du périmètre ; RPPS : partout."
    )


class MembreForm(VersionForm):
    nom = make_texte("Nom et prénom", 160)
    profession = make_texte("Profession", 60)
    commune_code = make_texte("Code INSEE de la commune d'exercice", 5)
    debut = make_jour("Membre depuis le", requis="Donnez le premier jour.")
    fin = make_jour("Jusqu'au", help_text="Dernier jour compris. Vide : encore membre.")
    instance = forms.ChoiceField(
        label="Instance",
        required=False,
        choices=Instance.choices,
        widget=forms.Select(attrs=CHOIX),
        error_messages={"invalid_choice": "Choisissez une instance de la liste."},
    )
    fonction = make_texte("Fonction", 80, help_text="Présidente, trésorier, référent d'une mission…")

    def __init__(self, *args: Any, nomme: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if nomme:
            self.fields["nom"].required = True
            self.fields["nom"].error_messages["required"] = "Écrivez un nom."
        else:
            del self.fields["nom"]


class MontantsForm(VersionForm):
    accorde = make_nombre("Montant accordé (€)", help_text="Après le dialogue de gestion. Vide : pas encore.")
    avance = make_nombre("Avance versée (€)")
    avance_le = make_jour("Versée le")
    solde = make_nombre("Solde versé (€)", help_text="Négatif : reversement.", minimum=None)
    solde_le = make_jour("Versé le")


class MotifForm(VersionForm):
    motif = make_texte("Pourquoi rouvrir cet exercice ?", 500, requis="Écrivez pourquoi.")


def read_annee(texte: str, defaut: int) -> int:
    """A civil year of an address, else the one that the page shows by itself."""
    return int(texte) if texte.isascii() and texte.isdigit() and len(texte) == 4 and texte >= "2019" else defaut
