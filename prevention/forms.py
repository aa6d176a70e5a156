"""The forms of prevention: an action, its counts, a paste; and what the public pages read from their address."""

from datetime import date
from typing import Any

from django import forms

from cpts.models import Cpts, Mission, Structure
from cpts.services.perimetres_rapprochement import Ecrit, match_ecrits
from prevention.enums import Theme
from prevention.models import ActionPrevention, Campagne
from zonage.models import Commune, Departement

CHAMP = {"class": "fr-input"}
LISTE = {"class": "fr-select"}
OBLIGATOIRE = {"required": "Ce champ est obligatoire."}
NOMBRE_MAX = 1_000_000


def build_nombre(libelle: str, aide: str = "", *, requis: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=libelle,
        help_text=aide,
        required=requis,
        min_value=0,
        max_value=NOMBRE_MAX,
        error_messages={"required": "Écrivez un nombre, zéro compris.", "invalid": "Écrivez un nombre entier."},
        widget=forms.NumberInput(attrs={**CHAMP, "inputmode": "numeric"}),
    )


def build_texte(libelle: str, longueur: int, aide: str = "", *, requis: bool = False) -> forms.CharField:
    return forms.CharField(
        label=libelle,
        help_text=aide,
        max_length=longueur,
        required=requis,
        error_messages=OBLIGATOIRE,
        widget=forms.TextInput(attrs=CHAMP),
    )


def build_jour(libelle: str) -> forms.DateField:
    return forms.DateField(
        label=libelle,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"required": "Choisissez un jour.", "invalid": "Écrivez une date, par exemple 27/09/2026."},
        widget=forms.DateInput(attrs={**CHAMP, "type": "date"}, format="%Y-%m-%d"),
    )


def build_heure(libelle: str) -> forms.TimeField:
    return forms.TimeField(
        label=libelle,
        required=False,
        input_formats=["%H:%M", "%Hh%M", "%Hh"],
        error_messages={"invalid": "Écrivez une heure, par exemple 14:30."},
        widget=forms.TimeInput(attrs={**CHAMP, "type": "time"}, format="%H:%M"),
    )


class ActionForm(forms.Form):
    """An action of a CPTS or of a structure, which has no mission. Nothing of a person is asked, ever."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    titre = build_texte(
        "Titre", 160, "Ce que le public lira, par exemple « Journée de dépistage du diabète ».", requis=True
    )
    theme = forms.ChoiceField(label="Thème", choices=Theme.choices, widget=forms.Select(attrs=LISTE))
    campagne = forms.ChoiceField(label="Campagne", required=False, widget=forms.Select(attrs=LISTE))
    mission = forms.ChoiceField(
        label="Mission de l'ACI",
        required=False,
        help_text="Une action tenue en devient une preuve.",
        widget=forms.Select(attrs=LISTE),
    )
    jour = build_jour("Jour")
    debut = build_heure("De")
    fin = build_heure("À")
    commune = build_texte("Commune", 120, "Nom ou code INSEE.", requis=True)
    lieu = build_texte("Lieu", 200, "Salle et adresse.")
    publics = build_texte("Public visé", 200, "Un groupe, jamais une personne : « 50 à 74 ans », « lycéens »…")
    places = build_nombre("Créneaux offerts")
    inscription = build_texte("Comment s'inscrire", 200, "Numéro ou adresse d'un organisme, jamais d'un particulier.")
    description = forms.CharField(
        label="Ce qui est proposé",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={**CHAMP, "rows": 4}),
    )
    moyens = build_texte("Moyens", 300, "Professionnels présents, matériel. Non publié.")
    partenaires = build_texte("Partenaires", 300)
    publique = forms.BooleanField(label="Montrer au calendrier public une fois annoncée", required=False, initial=True)

    def __init__(
        self, porteur: Cpts | Structure, *args: Any, action: ActionPrevention | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.porteur = porteur
        self.campagnes = {str(lue.pk): lue for lue in Campagne.objects.filter(statut="ouverte").order_by("nom")[:100]}
        if action is not None and action.campagne is not None:
            self.campagnes.setdefault(str(action.campagne_id), action.campagne)
        siennes = Mission.objects.filter(cpts=porteur) if isinstance(porteur, Cpts) else Mission.objects.none()
        self.missions = {str(lue.pk): lue for lue in siennes.order_by("type")[:20]}
        self._offer("campagne", "Aucune", [(cle, lue.nom) for cle, lue in self.campagnes.items()])
        self._offer("mission", "Aucune", [(cle, lue.get_type_display()) for cle, lue in self.missions.items()])
        if isinstance(porteur, Structure):
            del self.fields["mission"]

    def _offer(self, nom: str, vide: str, choix: list[tuple[str, str]]) -> None:
        self.fields[nom].choices = [("", vide), *choix]  # type: ignore[attr-defined]

    def clean_commune(self) -> Commune:
        texte = self.cleaned_data["commune"]
        trouve = match_ecrits([Ecrit(1, texte)], departements=[self.porteur.departement_code])[0]
        code = trouve.code or trouve.propose
        if not code:
            raise forms.ValidationError(
                trouve.message or "Aucune commune de ce nom : écrivez-le autrement, ou son code."
            )
        return Commune.objects.select_related("departement").get(pk=code)

    def build_champs(self) -> dict[str, Any]:
        lus = dict(self.cleaned_data)
        lus.pop("version")
        lus["campagne"] = self.campagnes.get(lus["campagne"])
        lus["mission"] = self.missions.get(lus.get("mission", ""))
        return lus


def read_action(action: ActionPrevention) -> dict[str, Any]:
    """The initial values of the form of an action."""
    champs = [nom for nom in ActionForm.base_fields if nom not in ("commune", "campagne", "mission")]
    return {nom: getattr(action, nom) for nom in champs} | {
        "commune": f"{action.commune.nom} ({action.commune_id})",
        "campagne": str(action.campagne_id or ""),
        "mission": str(action.mission_id or ""),
    }


class BulletinForm(forms.Form):
    """A few lines to the members of a CPTS; what is published is read by everybody."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    campagne = forms.ChoiceField(
        label="Campagne",
        error_messages={"required": "Choisissez une campagne.", "invalid_choice": "Choisissez une campagne."},
        widget=forms.Select(attrs=LISTE),
    )
    objet = build_texte("Objet", 120, "La première chose que lira chacun.", requis=True)
    texte = forms.CharField(
        label="Texte",
        help_text="Sans nom de personne. Les chiffres du jour et leurs reçus s'ajoutent d'eux-mêmes.",
        max_length=3000,
        error_messages=OBLIGATOIRE,
        widget=forms.Textarea(attrs={**CHAMP, "rows": 8}),
    )

    def __init__(self, cpts: Cpts, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lues = Campagne.objects.publiques().filter(region_code__in=["", cpts.region_code])
        self.campagnes = {str(lue.pk): lue for lue in lues.order_by("-periode", "nom", "pk")[:100]}
        choix = [("", "Choisir…"), *((cle, lue.nom) for cle, lue in self.campagnes.items())]
        self.fields["campagne"].choices = choix  # type: ignore[attr-defined]


class TenueForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    participants = build_nombre("Participants", "Un nombre de personnes, jamais leurs noms.", requis=True)
    orientes = build_nombre("Personnes orientées", "Vers un médecin, un examen, un accompagnement.")
    bilan = forms.CharField(
        label="Bilan",
        required=False,
        max_length=3000,
        help_text="N'y écrivez rien d'une personne.",
        widget=forms.Textarea(attrs={**CHAMP, "rows": 4}),
    )


class AnnulationForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    motif = build_texte("Motif de l'annulation", 300, "Publié avec l'action.", requis=True)


class CollageForm(forms.Form):
    texte = forms.CharField(
        label="Lignes copiées du tableur",
        max_length=60_000,
        error_messages={"required": "Collez au moins une ligne."},
        help_text="Colonnes : date, titre, commune, lieu, thème, public, créneaux. La première ligne peut les nommer.",
        widget=forms.Textarea(attrs={**CHAMP, "rows": 8}),
    )


class CalendrierForm(forms.Form):
    """What the address of the calendar may say. A wrong value is named, the rest is kept."""

    theme = forms.ChoiceField(
        label="Thème",
        choices=[("", "Tous les thèmes"), *Theme.choices],
        required=False,
        error_messages={"invalid_choice": "« %(value)s » n’est pas un thème : choisissez-le dans la liste."},
        widget=forms.Select(attrs=LISTE),
    )
    departement = forms.CharField(label="Département", required=False, max_length=3)
    depuis = forms.DateField(
        label="À partir du",
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": "Cette date n’est pas lisible : écrivez-la comme 2026-11-21."},
        widget=forms.DateInput(attrs={**CHAMP, "type": "date"}, format="%Y-%m-%d"),
    )
    page = forms.CharField(required=False, max_length=6)

    def clean_departement(self) -> str:
        code: str = self.cleaned_data["departement"]
        if code and not Departement.objects.filter(code=code).exists():
            raise forms.ValidationError(f"Le département « {code} » n’existe pas : choisissez-le dans la liste.")
        return code

    def read(self, *, aujourdhui: date) -> dict[str, Any]:
        lus: dict[str, Any] = getattr(self, "cleaned_data", {})
        return {
            "theme": lus.get("theme") or "",
            "departement": lus.get("departement") or "",
            "depuis": lus.get("depuis") or aujourdhui,
        }
