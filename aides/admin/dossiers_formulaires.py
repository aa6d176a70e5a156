"""The forms of the acts on a file: each says what it needs; the acts say what they refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from aides.admin.contrats_formulaires import CHAMP, build_jour, build_montant
from aides.dossiers.formulaires import check_texte
from aides.dossiers.instruction import ORGANISMES, SENS, VERDICTS, find_recours
from aides.models import Demande, PieceDossier
from aides.regles.montants import format_euros
from portal.accounts.models import User

TEXTE_MAX = 4000
ENTRE_AGENTS = "Entre agents : le demandeur ne le lit pas."
LU_DU_DEMANDEUR = "Lu par le demandeur."


@dataclass(frozen=True, slots=True)
class Cadre:
    """What the forms of a file are made with."""

    demande: Demande
    moi: User
    collegues: Sequence[User] = ()
    pieces: Sequence[PieceDossier] = ()


def build_texte(libelle: str, *, rows: int = 3, **options: Any) -> forms.CharField:
    attributs = {"rows": rows, **CHAMP}
    return forms.CharField(label=libelle, max_length=TEXTE_MAX, widget=forms.Textarea(attrs=attributs), **options)


def build_choix(libelle: str, choix: Iterable[tuple[str, str]], **options: Any) -> forms.ChoiceField:
    listes = [("", "Choisissez"), *choix]
    return forms.ChoiceField(
        label=libelle, choices=listes, widget=forms.Select(attrs={"class": "fr-select"}), **options
    )


class DossierForm(forms.Form):
    """`version`: that of the file when the page was opened; an older one is refused."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, donnees: Any = None, *, cadre: Cadre, prefix: str) -> None:
        self.cadre = cadre
        super().__init__(donnees, prefix=prefix, initial={"version": cadre.demande.version, **self.read_initial()})

    def read_initial(self) -> dict[str, Any]:
        return {}

    def clean(self) -> dict[str, Any]:
        """No number of the social security in what is kept for years."""
        donnees = super().clean() or {}
        for nom, valeur in list(donnees.items()):
            if isinstance(valeur, str) and (phrase := check_texte(valeur, TEXTE_MAX)):
                self.add_error(nom, phrase)
        return donnees

    def list_saisis(self) -> list[tuple[str, str]]:
        """What was typed, by label: shown when the act is no longer possible, so that nothing is lost."""
        lus = [(str(champ.label), str(champ.value() or "")) for champ in self.visible_fields()]
        return [(libelle, valeur) for libelle, valeur in lus if valeur.strip()]


class PiecesForm(DossierForm):
    """A verdict by document, and the comment that goes with a correction. `verdicts` is what the acts read."""

    commentaire = build_texte(
        "Message au demandeur",
        required=False,
        help_text="Obligatoire pour demander une correction : dites ce qui manque et ce qui convient. "
        "Facultatif pour déclarer le dossier recevable. Lu par le demandeur.",
    )

    def __init__(self, donnees: Any = None, *, cadre: Cadre, prefix: str) -> None:
        super().__init__(donnees, cadre=cadre, prefix=prefix)
        for piece in cadre.pieces:
            nom = piece.intitule or piece.document.nom
            self.fields[f"verdict-{piece.pk}"] = forms.ChoiceField(
                label=f"Vérification de « {nom} »",
                choices=list(VERDICTS.items()),
                widget=forms.RadioSelect,
                required=False,
                initial=piece.verdict,
            )
            self.fields[f"remarque-{piece.pk}"] = forms.CharField(
                label="Remarque sur cette pièce",
                max_length=300,
                required=False,
                initial=piece.remarque,
                widget=forms.TextInput(attrs=CHAMP),
            )

    def clean(self) -> dict[str, Any]:
        donnees = super().clean()
        propres = {nom: donnees.get(nom) for nom in ("version", "commentaire")}
        verdicts = {
            piece.pk: (
                donnees.get(f"verdict-{piece.pk}", ""),
                " ".join(donnees.get(f"remarque-{piece.pk}", "").split()),
            )
            for piece in self.cadre.pieces
        }
        return {**propres, "verdicts": verdicts}


class InstructeurForm(DossierForm):
    """`instructeur` becomes the person chosen."""

    instructeur = build_choix("Instructeur", [])
    commentaire = build_texte("Remarque", required=False, help_text=ENTRE_AGENTS)

    def __init__(self, donnees: Any = None, *, cadre: Cadre, prefix: str) -> None:
        super().__init__(donnees, cadre=cadre, prefix=prefix)
        noms = [(str(user.pk), self.name(user)) for user in cadre.collegues]
        self.fields["instructeur"] = build_choix("Instructeur", noms)

    def name(self, user: User) -> str:
        nom = name_personne(user)
        return f"{nom} (vous)" if user.pk == self.cadre.moi.pk else nom

    def clean_instructeur(self) -> User:
        choisi = self.cleaned_data["instructeur"]
        return next(user for user in self.cadre.collegues if str(user.pk) == choisi)


class PrendreForm(InstructeurForm):
    commentaire = build_texte("Remarque", required=False, help_text=LU_DU_DEMANDEUR)

    def read_initial(self) -> dict[str, Any]:
        return {"instructeur": str(self.cadre.moi.pk)}


class AvisForm(DossierForm):
    organisme = build_choix("À qui", ORGANISMES.items())
    commentaire = build_texte("Sur quoi l'avis est demandé", help_text=ENTRE_AGENTS)


class RenduForm(DossierForm):
    sens = build_choix("Sens de l'avis", SENS.items())
    commentaire = build_texte("Ce que dit l'avis", help_text=ENTRE_AGENTS)


class MontantForm(DossierForm):
    """The amount of the whole contract, within what the proof allows."""

    montant = build_montant("Montant total du contrat (€)", min_value=Decimal(0), required=False)

    def __init__(self, donnees: Any = None, *, cadre: Cadre, prefix: str) -> None:
        if donnees is not None:  # « 43 750,00 », as people write it, with any space
            saisi = "".join(donnees.get(f"{prefix}-montant", "").split())
            donnees = {**dict(donnees.items()), f"{prefix}-montant": saisi}
        super().__init__(donnees, cadre=cadre, prefix=prefix)
        self.fields["montant"].help_text = describe_bornes(cadre.demande)
        self.fields["montant"].required = cadre.demande.montant_maximum is not None


class ProposerForm(MontantForm):
    commentaire = build_texte("Pourquoi", required=False, help_text=ENTRE_AGENTS)

    def read_initial(self) -> dict[str, Any]:
        demande = self.cadre.demande
        seul = demande.montant_minimum == demande.montant_maximum
        return {"montant": demande.montant_propose or (demande.montant_maximum if seul else None)}


class AccorderForm(ProposerForm):
    decision_le = build_jour("Date de la décision", help_text="Aujourd'hui ou avant, jamais avant le dépôt.")
    commentaire = build_texte("Remarque", required=False, help_text=LU_DU_DEMANDEUR)

    def read_initial(self) -> dict[str, Any]:
        return {**super().read_initial(), "decision_le": timezone.localdate()}


class RefuserForm(DossierForm):
    motif = build_texte("Motif du refus", help_text="Écrit dans la décision, lu par le demandeur.")
    voies_recours = build_texte(
        "Voies et délais de recours",
        required=False,
        rows=4,
        help_text="Obligatoires dans un refus. Vide : le texte du modèle de courrier de la région, s'il existe.",
    )
    decision_le = build_jour("Date de la décision", help_text="Aujourd'hui ou avant, jamais avant le dépôt.")

    def read_initial(self) -> dict[str, Any]:
        jour = timezone.localdate()
        return {"decision_le": jour, "voies_recours": find_recours(self.cadre.demande.region_code, au=jour)}


class MotifForm(DossierForm):
    commentaire = build_texte("Motif", help_text=LU_DU_DEMANDEUR)


class NoteForm(DossierForm):
    commentaire = build_texte("Note", help_text=ENTRE_AGENTS)


def name_personne(user: User | None) -> str:
    """How a colleague is called on the page."""
    if user is None:
        return "le portail"
    return user.get_full_name() or user.email or f"agent {user.pk}"


def describe_bornes(demande: Demande) -> str:
    """« Entre 0 € et 50 000 € » as the proof allows, and that it is the whole contract's."""
    tout = "C'est le total de tout le contrat : l'échéancier le répartit à la signature."
    minimum, maximum = demande.montant_minimum, demande.montant_maximum
    if maximum is None:
        return (
            f"La preuve ne fixe pas de total (l'aide est versée par période, ou son montant est à instruire). {tout} "
            "Vide : celui que donne l'échéancier."
        )
    if minimum == maximum:
        return f"D'après la preuve : {format_euros(maximum)}. {tout}"
    return f"D'après la preuve : de {format_euros(minimum or Decimal(0))} à {format_euros(maximum)}. {tout}"


def read_seuil(demande: Demande) -> Decimal:
    """The threshold of the proposal, or that of today while there is none."""
    return demande.seuil if demande.seuil is not None else Decimal(settings.MAILLAGE_SEUIL_DEUX_PERSONNES)
