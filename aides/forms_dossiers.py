"""The small forms of the applicant, with a file or a free text; the draft itself is `aides.dossiers.formulaires`."""

from django import forms
from django.core.exceptions import ValidationError

from aides.dossiers.depot import MOTIF_MAX, REPONSE_MAX
from aides.dossiers.formulaires import check_texte
from portal.core.forms import DocumentField


class PieceForm(forms.Form):
    """A document and which of those asked it is. Nothing chosen is not an error: the form around it is saved."""

    nature = forms.CharField(max_length=20, required=False)
    fichier = DocumentField(required=False)


class ReponseForm(forms.Form):
    """The answer to what was asked."""

    reponse = forms.CharField(
        max_length=REPONSE_MAX,
        error_messages={
            "required": "Dites ce que vous avez corrigé ou ajouté.",
            "max_length": f"Votre réponse est trop longue : {REPONSE_MAX} caractères au plus.",
        },
    )

    def clean_reponse(self) -> str:
        return refuse_nir(str(self.cleaned_data["reponse"]), REPONSE_MAX)


class RetraitForm(forms.Form):
    motif = forms.CharField(
        max_length=MOTIF_MAX,
        required=False,
        error_messages={"max_length": f"Ce texte est trop long : {MOTIF_MAX} caractères au plus."},
    )

    def clean_motif(self) -> str:
        return refuse_nir(str(self.cleaned_data["motif"]), MOTIF_MAX)


def refuse_nir(texte: str, longueur: int) -> str:
    if phrase := check_texte(texte, longueur):
        raise ValidationError(phrase)
    return texte


def describe_erreurs(formulaire: forms.Form, champ: str) -> str:
    """What is wrong with a field, in one line."""
    return " ".join(str(erreur) for erreur in formulaire.errors.get(champ, []))
