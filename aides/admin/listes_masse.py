"""Bulk acts on files: each row goes through the service of its act, with the version that was chosen."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from aides.admin.listes_choix import list_personnes
from aides.dossiers.controles import record_controles
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeRefuse, VersionPerimee
from aides.dossiers.etats import TRANSITIONS, Action
from aides.dossiers.instruction import assign_demande, declare_recevable
from aides.dossiers.relances import explain_relance, remind_demandeur
from aides.models import Demande
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.admin_masse import ActeEnMasse, RangeeRefusee


class ConfierForm(forms.Form):
    """To whom. Whether that person may instruct each file is looked at row by row."""

    instructeur = forms.TypedChoiceField(label="Confier à", coerce=int)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moi = (str(request.user.pk), "Moi")
        champ: Any = self.fields["instructeur"]
        champ.choices = [("", "Choisissez une personne"), moi, *list_personnes(request)]

    def clean_instructeur(self) -> User:
        """Raises ValidationError for somebody whose account was closed meanwhile."""
        trouve = User.objects.filter(pk=self.cleaned_data["instructeur"], is_active=True).first()
        if trouve is None:
            raise forms.ValidationError("Ce compte est fermé : choisissez une autre personne.")
        return trouve


class CommentaireForm(forms.Form):
    """What the applicant reads with the act, if anything."""

    commentaire = forms.CharField(
        label="Message joint à l'acte (facultatif, lu par chaque demandeur)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


def explain_action(action: Action) -> Callable[[Any, Any, dict[str, Any]], str]:
    def explain(demande: Demande, user: Any, donnees: dict[str, Any]) -> str:
        return explain_etat(demande, action) or explain_droit(demande, action, user)

    return explain


def explain_etat(demande: Demande, action: Action) -> str:
    if demande.statut in TRANSITIONS[action].sources:
        return ""
    return f"Impossible dans l'état « {demande.get_statut_display()} »."


def explain_droit(demande: Demande, action: Action, user: Any) -> str:
    portee = read_portee(user)
    if portee.personne == demande.proprietaire_id:
        return "C'est votre propre dossier : personne n'instruit le sien."
    return "" if may_act(action, demande, portee) else "Vous n'avez pas ce droit sur ce dossier."


def explain_confier(demande: Demande, user: Any, donnees: dict[str, Any]) -> str:
    if phrase := explain_etat(demande, Action.AFFECTER) or explain_droit(demande, Action.AFFECTER, user):
        return phrase
    instructeur = donnees.get("instructeur")
    if instructeur is None:
        return ""
    if instructeur.pk == demande.instructeur_id:
        return "Cette personne l'instruit déjà."
    # One reading of the mandats for all the rows: it is kept on the object.
    if not may_act(Action.INSTRUIRE, demande, read_portee(instructeur)):
        return "Cette personne ne peut pas instruire ce dossier (territoire, guichet, ou c'est le sien)."
    return ""


def run_acte(acte: Callable[..., Any]) -> Callable[[Any, Any, int, dict[str, Any]], str]:
    """A service as a row of a bulk act: its refusal is the sentence of the row."""

    def run(demande: Demande, user: Any, version: int, donnees: dict[str, Any]) -> str:
        try:
            acte(demande, par=user, version=version, **donnees)
        except ActeRefuse as refus:
            raise RangeeRefusee(str(refus), perimee=isinstance(refus, VersionPerimee)) from refus
        return ""

    return run


def run_controles(demande: Demande, user: Any, version: int, donnees: dict[str, Any]) -> str:
    """Run the checks over one file, and say what they leave open."""
    bilan = record_controles([demande.pk])
    trouvees = bilan.ouvertes + bilan.confirmees
    return f"Contrôlé : {trouvees} incohérence(s) à regarder" if trouvees else "Contrôlé : rien à signaler"


ACTES_EN_MASSE = (
    ActeEnMasse(
        "confier", "Confier à un instructeur", explain_confier, run_acte(assign_demande), ConfierForm, "Confié"
    ),
    ActeEnMasse(
        "recevable",
        "Déclarer recevables",
        explain_action(Action.DECLARER_RECEVABLE),
        run_acte(declare_recevable),
        CommentaireForm,
        "Déclaré recevable",
    ),
    ActeEnMasse(
        "relancer",
        "Relancer les demandeurs",
        lambda demande, user, donnees: explain_relance(demande) or explain_droit(demande, Action.NOTER, user),
        run_acte(remind_demandeur),
        None,
        "Relance envoyée",
    ),
    ActeEnMasse(
        "controler",
        "Lancer les contrôles",
        lambda demande, user, donnees: explain_droit(demande, Action.NOTER, user),
        run_controles,
        None,
        "Contrôlé",
    ),
)
