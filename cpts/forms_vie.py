"""The forms of the life of a CPTS: an act, a document, the record; read alike by the space and the administration."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils import timezone

from cpts.enums import ActionCpts, NaturePieceCpts
from cpts.erreurs import ActeInvalide, ActeRefuse, VersionPerimee
from cpts.models import Cpts
from cpts.regles.etapes import FAITS, TRANSITIONS
from cpts.services.vie import SaisieActe, apply_acte
from cpts.services.vie_lecture import list_libres
from portal.core.examen import FichierAccepte
from portal.core.forms import DocumentField
from portal.core.models import Evenement
from zonage.models import Commune, Departement

DATE = {"class": "fr-input", "type": "date"}
DATE_FAUTES = {"required": "Choisissez un jour.", "invalid": "Écrivez une date, par exemple 27/09/2024."}
TEXTE = {"class": "fr-input"}
OBLIGATOIRE = {"required": "Ce champ est obligatoire."}
JOINT = "ARS et Assurance maladie, courrier conjoint"


class ActeForm(forms.Form):
    """The fields that an act asks for. `deposees`: natures already deposited, no longer mandatory here."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    date_acte = forms.DateField(
        label="Jour de l'acte",
        help_text="Celui du document, pas celui de la saisie.",
        error_messages=DATE_FAUTES,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )

    def __init__(self, action: ActionCpts, *args: Any, deposees: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action = action
        transition = TRANSITIONS[action]
        self.fields["date_acte"].initial = timezone.localdate
        if transition.effet:
            self.fields["effet_le"] = forms.DateField(
                label="Premier jour sans contrat",
                help_text="Les années qui suivent quittent la prévision, le périmètre est clos ce jour-là.",
                error_messages=DATE_FAUTES,
                widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            )
        for nature in transition.pieces:
            deja = nature.value in deposees
            self.fields[f"piece_{nature.value}"] = DocumentField(
                label=nature.label,
                required=not deja,
                help_text="Déjà déposé : n'en joignez un autre que s'il s'y ajoute."
                if deja
                else "PDF, JPEG ou PNG, 10 Mo au plus.",
                error_messages={"required": f"{nature.label} : joignez ce document."},
            )
        if transition.decideur:
            self.fields["decide_par"] = forms.CharField(
                label="Qui a décidé",
                help_text="Les organismes, jamais une personne.",
                max_length=160,
                initial=JOINT if action is ActionCpts.VALIDER_LETTRE else "",
                error_messages=OBLIGATOIRE,
                widget=forms.TextInput(attrs=TEXTE),
            )
        self.fields["commentaire"] = forms.CharField(
            label="Motif" if transition.motif else "Commentaire (facultatif)",
            help_text="Lu par la coordination et par les agents. N'y écrivez rien d'une personne.",
            max_length=2000,
            required=transition.motif,
            error_messages=OBLIGATOIRE,
            widget=forms.Textarea(attrs=TEXTE | {"rows": 4}),
        )

    def build_saisie(self) -> SaisieActe:
        lus = self.cleaned_data
        pieces: dict[NaturePieceCpts, FichierAccepte] = {
            nature: lus[f"piece_{nature.value}"]
            for nature in TRANSITIONS[self.action].pieces
            if lus.get(f"piece_{nature.value}")
        }
        return SaisieActe(lus["date_acte"], lus["commentaire"], lus.get("decide_par", ""), pieces, lus.get("effet_le"))

    def add_refus(self, erreurs: dict[str, str]) -> None:
        for champ, phrase in erreurs.items():
            self.add_error(champ if champ in self.fields else None, phrase)


class PieceForm(forms.Form):
    nature = forms.ChoiceField(
        label="Nature du document",
        choices=[("", "Choisissez"), *NaturePieceCpts.choices],
        error_messages={"required": "Choisissez une nature.", "invalid_choice": "Choisissez dans la liste."},
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    libelle = forms.CharField(
        label="Intitulé (facultatif)", max_length=160, required=False, widget=forms.TextInput(attrs=TEXTE)
    )
    fichier = DocumentField(label="Document", error_messages={"required": "Joignez un document."})


class FicheForm(forms.Form):
    """The record of a CPTS, as an agent corrects it. The commune of the seat is written by its INSEE code."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)
    nom = forms.CharField(label="Nom", max_length=160, error_messages=OBLIGATOIRE, widget=forms.TextInput(attrs=TEXTE))
    siege = forms.CharField(
        label="Commune du siège (code INSEE)",
        required=False,
        max_length=5,
        help_text="Par exemple 71076 ; le code postal n'est pas accepté.",
        widget=forms.TextInput(attrs=TEXTE),
    )
    finess = forms.CharField(label="FINESS", required=False, max_length=9, widget=forms.TextInput(attrs=TEXTE))
    site_web = forms.URLField(
        label="Site", required=False, max_length=200, assume_scheme="https", widget=forms.URLInput(attrs=TEXTE)
    )
    courriel = forms.EmailField(
        label="Courriel public", required=False, widget=forms.EmailInput(attrs=TEXTE | {"autocomplete": "off"})
    )
    telephone = forms.CharField(
        label="Téléphone public", required=False, max_length=20, widget=forms.TextInput(attrs=TEXTE)
    )

    def clean_siege(self) -> Commune | None:
        code = self.cleaned_data["siege"].strip().upper()
        if not code:
            return None
        commune = Commune.objects.filter(pk=code).first()
        if commune is None:
            raise forms.ValidationError("Aucune commune n'a ce code INSEE.")
        return commune

    def build_champs(self) -> dict[str, Any]:
        return {nom: self.cleaned_data[nom] for nom in ("nom", "siege", "finess", "site_web", "courriel", "telephone")}


class NouvelleForm(FicheForm):
    """`courriel_coordination`: who will coordinate, invited at once by an administrator; removed for the others."""

    departement = forms.ChoiceField(
        label="Département qui instruit",
        error_messages={"required": "Choisissez un département.", "invalid_choice": "Choisissez dans la liste."},
        widget=forms.Select(attrs={"class": "fr-select"}),
    )
    code = forms.RegexField(
        regex=r"^[a-z0-9][a-z0-9-]{1,19}$",
        label="Code (facultatif)",
        required=False,
        help_text="Vide : proposé d'après le département et le nom, par exemple 71-chalonnais. Il ne change plus.",
        error_messages={"invalid": "De 2 à 20 minuscules, chiffres ou tirets, par exemple 71-chalonnais."},
        widget=forms.TextInput(attrs=TEXTE),
    )
    courriel_coordination = forms.EmailField(
        label="Adresse de la coordination (facultatif)",
        required=False,
        help_text="Elle reçoit une invitation à coordonner cette CPTS.",
        widget=forms.EmailInput(attrs=TEXTE | {"autocomplete": "off"}),
    )
    field_order = ("departement", "nom", "code")

    def __init__(self, *args: Any, departements: list[str] | None, invite: bool, **kwargs: Any) -> None:
        """`departements`: those that the agent instructs; None: all of them."""
        super().__init__(*args, **kwargs)
        lus = Departement.objects.order_by("code")
        if departements is not None:
            lus = lus.filter(pk__in=departements)
        choix: Any = self.fields["departement"]
        choix.choices = [("", "Choisissez"), *((d.code, f"{d.code} – {d.nom}") for d in lus[:150])]
        if not invite:
            del self.fields["courriel_coordination"]


ACTES_FICHE = {"fiche": "Fiche modifiée", "creation": "Fiche créée", "piece": "Document déposé"}


def read_action(code: str) -> ActionCpts:
    if code not in ActionCpts.values:
        raise Http404
    return ActionCpts(code)


def build_form(request: HttpRequest, cpts: Cpts, action: ActionCpts) -> ActeForm:
    deposees = frozenset(piece.nature for piece in list_libres(cpts))
    if request.method == "POST":
        return ActeForm(action, request.POST, request.FILES, deposees=deposees)
    return ActeForm(action, initial={"version": cpts.version}, deposees=deposees)


def submit_acte(request: HttpRequest, cpts: Cpts, form: ActeForm) -> ActeRefuse | None:
    """Do the act of the form; why not, else. The administration does it with the same words."""
    try:
        if not form.is_valid():
            return ActeInvalide("Corrigez ce qui est signalé.")
        apply_acte(cpts, form.action, form.build_saisie(), par=request.user, version=form.cleaned_data["version"])
    except ActeInvalide as refus:
        form.add_refus(refus.erreurs)
        return refus
    except ActeRefuse as refus:
        return refus
    return None


def describe_changements(refus: ActeRefuse | None) -> list[tuple[Any, str]]:
    """What was done since the form was opened, in words."""
    if not isinstance(refus, VersionPerimee):
        return []
    libelles = {action.value: fait for action, fait in FAITS.items()} | ACTES_FICHE
    evenements: list[Evenement] = refus.actes
    return [(evenement, libelles.get(evenement.action, evenement.action)) for evenement in evenements]
