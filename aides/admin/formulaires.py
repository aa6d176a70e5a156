"""The forms of a local scheme, one a section: few fields at a time, no script needed, the same rule behind."""

from typing import Any

from django import forms

from aides.regles.canonique import TAILLE_MAX
from aides.regles.ecriture import RegleInvalide
from aides.regles.faits import FAITS
from aides.regles.lignes import AVEC_FAIT, NIVEAU_MAX, TYPES, Ligne
from aides.regles.lignes_montants import CONSERVEE, TOUJOURS, LigneMontant
from aides.regles.lignes_montants import TYPES as TYPES_MONTANT
from aides.views.dispositifs import LIBELLES_GUICHET

CONDITIONS_MAX = 28
"""Nine fields a row: a page stays under the 300 fields that the portal accepts."""
LIEUX = [("", "—"), ("commune", "Commune"), ("epci", "EPCI"), ("departement", "Département"), ("region", "Région")]
JOURS = [
    ("demande", "Le jour de la demande"),
    ("installation", "Le jour de l'installation"),
    ("ouverture_secondaire", "Le jour de l'ouverture du cabinet secondaire"),
]
PERIODICITES = [("unique", "Une fois"), ("an", "Par an"), ("mois", "Par mois")]
NATURES = [("documents", "Pièce demandée"), ("obligations", "Engagement"), ("cumul", "Règle de cumul")]
CHOIX_FAIT = [("", "—"), *((code, f"{fait.libelle} ({code})") for code, fait in FAITS.items())]
JOUR = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Formulaire(forms.Form):
    """The classes of the design system on every field; the first error of a field is tied to it."""

    use_required_attribute = False

    def __init__(
        self, *args: Any, references: list[str] | None = None, definitions: list[str] | None = None, **kwargs
    ):
        super().__init__(*args, **kwargs)
        textes = [("", "—"), *((code, code) for code in references or ())]
        nommees = [(nom, f"Si : {nom}") for nom in definitions or ()]
        conservee = (CONSERVEE, "Condition écrite dans le JSON (conservée)")
        for nom, champ in self.fields.items():
            if isinstance(champ, forms.ChoiceField) and "reference" in nom and nom != "jour_reference":
                champ.choices = textes
            elif isinstance(champ, forms.ChoiceField) and nom == "si":
                champ.choices = [(TOUJOURS, "Toujours"), *nommees, conservee]
            choix = isinstance(champ.widget, forms.Select)
            if not isinstance(champ.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                champ.widget.attrs.setdefault("class", "fr-select" if choix else "fr-input")

    def champs(self) -> list[Any]:
        """The visible fields, without the box that removes a row."""
        return [champ for champ in self.visible_fields() if champ.name != "DELETE"]


def text_field(libelle: str, aide: str = "", *, lignes: int = 0, maximum: int = 900) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": lignes}) if lignes else forms.TextInput
    return forms.CharField(label=libelle, help_text=aide, required=False, max_length=maximum, widget=widget)


def choice_field(libelle: str, valeurs: Any = (), aide: str = "", initial: str = "") -> forms.ChoiceField:
    """`initial`: what an untouched row sends, when the list has no empty choice."""
    return forms.ChoiceField(label=libelle, choices=valeurs, help_text=aide, required=False, initial=initial)


def day_field(libelle: str, aide: str = "") -> forms.DateField:
    erreurs = {"invalid": "Écrivez une date qui existe, par exemple 2026-12-31."}
    return forms.DateField(label=libelle, help_text=aide, required=False, widget=JOUR, error_messages=erreurs)


class CreationForm(Formulaire):
    code = forms.RegexField(
        r"^[a-z][a-z0-9_]{2,59}$",
        label="Code",
        required=False,
        help_text="Minuscules sans accent, chiffres et tirets bas, par exemple bourse_71. Il ne changera plus.",
        error_messages={"invalid": "Écrivez des minuscules sans accent, des chiffres et des tirets bas."},
    )
    nom = text_field("Nom du dispositif")
    fichier = forms.FileField(
        label="Ou un fichier JSON exporté",
        required=False,
        help_text="Il contient tout, code compris ; 200 ko au plus.",
    )

    def clean(self) -> dict[str, Any]:
        propres = super().clean() or {}
        if not propres.get("fichier") and not (propres.get("code") and propres.get("nom")) and not self.errors:
            raise forms.ValidationError("Donnez un code et un nom, ou un fichier.")
        return propres


class IdentiteForm(Formulaire):
    sigle = text_field("Nom court", "Deux à trois mots, par exemple « Bourse 71 ».")
    nom = text_field("Nom complet")
    resume = text_field("Résumé", "Deux phrases simples : quelle aide, pour qui.", lignes=3)
    payeur = text_field("Qui verse l'aide")
    guichet = choice_field("À qui s'adresser", [("", "—"), *LIBELLES_GUICHET.items()])
    demarche = text_field("Démarche", "Ce que la personne fait pour demander l'aide.", lignes=3)
    professions = forms.MultipleChoiceField(
        label="Professions",
        choices=FAITS["profession"].choix,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class LieuForm(Formulaire):
    genre = choice_field("Type de lieu", LIEUX)
    cle = text_field("Code", "71, 27, 247100589 ou 71076", maximum=12)


class ReferenceForm(Formulaire):
    code = forms.RegexField(
        r"^[a-z0-9_]+$",
        label="Nom du texte dans la règle",
        required=False,
        help_text="Par exemple deliberation_2026.",
        error_messages={"invalid": "Écrivez des minuscules sans accent, des chiffres et des tirets bas."},
    )
    texte = text_field("Titre du texte, avec son article et sa date", lignes=2)
    verifie_le = day_field(
        "Relu le", "Le jour où vous avez lu la valeur dans ce texte. Vide : rien ne peut s'y appuyer."
    )
    lien = text_field("Adresse (https://…)")


class PeriodeForm(Formulaire):
    code = text_field("Nom de la période", "Par exemple 2026.", maximum=40)
    ouvert_du = day_field("Ouvert aux demandes à partir du")
    ferme_le = day_field("Fermé à partir du", "Vide : encore ouvert.")
    motif_fermeture = text_field("Pourquoi il ferme", lignes=2)
    reference_ouverture = choice_field("Texte qui l'ouvre")
    jour_reference = choice_field("Zone et durées se lisent", JOURS, initial="demande")
    duree_texte = text_field("Durée")
    duree_reference = choice_field("Texte de la durée")
    renouvellement_texte = text_field("Renouvellement")
    renouvellement_reference = choice_field("Texte du renouvellement")
    note = text_field("Note", lignes=2)


class ConditionForm(Formulaire):
    ordre = forms.IntegerField(label="Ordre", required=False, min_value=0, max_value=999)
    niveau = forms.TypedChoiceField(
        label="Décalage",
        required=False,
        coerce=int,
        empty_value="0",
        initial=0,
        choices=[(n, "Premier niveau" if n == 0 else f"Dans un groupe, rang {n}") for n in range(NIVEAU_MAX + 1)],
    )
    type = choice_field("Type", [("", "—"), *TYPES.items()])
    fait = choice_field("Fait", CHOIX_FAIT)
    valeur = text_field("Valeur", "oui, non, un code, un nombre ou une date ; plusieurs : séparées par des virgules")
    libelle = text_field("Ce que la personne lit")
    reference = choice_field("Texte")
    raison = text_field("Pas encore vérifié : pourquoi", "Rempli : la condition reste « à instruire ».")

    def build(self) -> Ligne:
        lus = self.cleaned_data
        fait = lus["fait"] if lus["type"] in AVEC_FAIT else ""
        champs = {nom: lus[nom].strip() for nom in ("valeur", "libelle", "reference", "raison")}
        return Ligne(lus["type"], int(lus["niveau"]), fait, **champs)


class MontantForm(Formulaire):
    rang = forms.IntegerField(required=False, widget=forms.HiddenInput)
    libelle = text_field("Ce que la personne lit")
    code = text_field("Nom dans la règle", "Minuscules et tirets bas ; vide : donné par le portail.", maximum=40)
    type = choice_field("Calcul", [("", "—"), *TYPES_MONTANT.items()])
    periodicite = choice_field("Versé", PERIODICITES, initial="unique")
    montant = text_field("Montant ou plafond (€)", maximum=20)
    second = text_field("Taux (%) ou nombre maximum", maximum=20)
    fait = choice_field("Fait", CHOIX_FAIT)
    detail = text_field("Détail", "Une ligne par zone, tranche ou réponse : « zip = 5000 ». Ou la raison.", lignes=3)
    reference = choice_field("Texte")
    si = choice_field("Condition")

    def build(self) -> LigneMontant:
        lus = self.cleaned_data
        noms = ("type", "libelle", "code", "periodicite", "montant", "second", "fait", "detail", "reference", "si")
        return LigneMontant(**{nom: lus[nom].strip() for nom in noms})


class EnonceForm(Formulaire):
    nature = choice_field("Nature", [("", "—"), *NATURES])
    texte = text_field("Ce que la personne lit", lignes=2)
    reference = choice_field("Texte")


class AvanceForm(Formulaire):
    contenu = forms.CharField(
        label="La règle entière, en JSON",
        required=False,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false"}),
        help_text="La même structure que les dispositifs nationaux. Un fichier choisi ci-dessous la remplace.",
    )
    fichier = forms.FileField(label="Fichier JSON", required=False)


def read_fichier(propres: dict[str, Any]) -> str:
    """The text of the file, or "" without one. Raises RegleInvalide."""
    fichier = propres.get("fichier")
    if not fichier:
        return ""
    if fichier.size > TAILLE_MAX:
        raise RegleInvalide("", f"fichier trop grand ({TAILLE_MAX} octets au plus)")
    try:
        return fichier.read().decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        raise RegleInvalide("", "le fichier n'est pas en UTF-8") from erreur
