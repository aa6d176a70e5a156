"""The forms of a structure: each says what it needs; the services say what they refuse."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from cpts.enums import TypeStructure
from cpts.models import Cpts, Structure
from cpts.regles.vie_structures import DATES, Etape, list_statuts, name_statut
from cpts.services.structures import MODIFIABLES, propose_cpts
from cpts.services.structures_equipe import NATURES
from portal.core.forms import DocumentField
from zonage.models import Commune
from zonage.recherche import CommuneInconnue, resolve_commune, search_communes

CHAMP = {"class": "fr-input"}
CPTS_MAX = 300
OBLIGATOIRE = "Ce champ est obligatoire."


def build_jour(libelle: str, **options: Any) -> forms.DateField:
    champ = forms.DateField(label=libelle, **options)
    champ.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **CHAMP})
    champ.error_messages |= {"required": OBLIGATOIRE, "invalid": "Écrivez un jour, par exemple 2026-11-21."}
    return champ


def build_texte(libelle: str, maximum: int, **options: Any) -> forms.CharField:
    champ = forms.CharField(label=libelle, max_length=maximum, widget=forms.TextInput(attrs=CHAMP), **options)
    champ.error_messages |= {"required": OBLIGATOIRE}
    return champ


def build_choix(libelle: str, choix: Any, **options: Any) -> forms.ChoiceField:
    champ = forms.ChoiceField(
        label=libelle, choices=choix, widget=forms.Select(attrs={"class": "fr-select"}), **options
    )
    champ.error_messages |= {"required": OBLIGATOIRE, "invalid_choice": "Choisissez dans la liste."}
    return champ


class SaisieForm(forms.Form):
    """`version`: that of the structure when the page was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def explain(self, erreurs: dict[str, str]) -> None:
        """The faults that a service found, beside their fields."""
        for nom, phrase in erreurs.items():
            self.add_error(nom if nom in self.fields else None, phrase)


class ActeForm(SaisieForm):
    """What one act of the life of a structure asks. The document is optional: the law does not list them here."""

    def __init__(self, donnees: Any = None, fichiers: Any = None, *, structure: Structure, code: str, etape: Etape):
        super().__init__(donnees, fichiers, prefix=code, initial={"version": structure.version})
        self.fields["jour"] = build_jour("Jour de l'acte", initial=timezone.localdate())
        if etape.finess:
            aide = "Neuf signes, celui du site (ET). La clé est vérifiée."
            self.fields["finess"] = build_texte(
                "Numéro FINESS du site", 20, help_text=aide, required=False, initial=structure.finess
            )
        self.fields["commentaire"] = forms.CharField(
            label="Motif" if etape.motif else "Remarque",
            max_length=2000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3, **CHAMP}),
        )
        self.fields["document"] = DocumentField(label="Document (facultatif)", required=False)


class StructureForm(SaisieForm):
    """What an agent writes of a structure. A field written here is never changed by an import."""

    type = build_choix("Type", [("", "Choisissez"), *TypeStructure.choices])
    nom = build_texte("Nom", 160)
    lieu = build_texte("Commune", 200, help_text="Nom et département, ou code INSEE. Exemple : Tournus 71, ou 71543.")
    commune = forms.CharField(widget=forms.HiddenInput, required=False, max_length=5)
    cpts = build_choix("CPTS", (), required=False)
    parent = build_texte(
        "Structure principale", 20, required=False, help_text="Si c'est un site : FINESS ou numéro de la principale."
    )
    forme_juridique = build_texte("Forme juridique", 40, required=False, help_text="SISA, association, SCIC…")
    finess = build_texte("FINESS du site (ET)", 20, required=False)
    finess_ej = build_texte("FINESS de l'entité juridique (EJ)", 20, required=False)
    siret = build_texte("SIRET", 20, required=False)
    adresse = build_texte("Adresse", 200, required=False)
    code_postal = build_texte("Code postal", 5, required=False)
    longitude = forms.FloatField(label="Longitude (degrés)", required=False, min_value=-180, max_value=180)
    latitude = forms.FloatField(label="Latitude (degrés)", required=False, min_value=-90, max_value=90)
    telephone = build_texte("Téléphone public", 20, required=False)
    courriel = forms.EmailField(label="Courriel public", required=False)
    site_web = forms.URLField(label="Site", required=False, max_length=200, assume_scheme="https")

    def __init__(self, donnees: Any = None, *, structure: Structure | None = None, regions: list[str]) -> None:
        super().__init__(donnees, initial=read_initial(structure))
        self.structure = structure
        self.trouvee: Commune | None = None
        lues = Cpts.objects.filter(region_code__in=regions) if regions else Cpts.objects.all()
        choix = list(lues.order_by("nom", "code").values_list("code", "nom")[:CPTS_MAX])
        sienne = structure.cpts if structure is not None else None
        if sienne is not None and sienne.pk not in dict(choix):
            choix.append((sienne.pk, sienne.nom))
        champ: Any = self.fields["cpts"]
        champ.choices = [("", "Aucune"), *choix]
        for nom in ("longitude", "latitude"):
            self.fields[nom].widget = forms.TextInput(attrs={"inputmode": "decimal", **CHAMP})
        for nom in ("courriel", "site_web"):
            self.fields[nom].widget.attrs |= CHAMP

    def clean_siret(self) -> str:
        siret = "".join(self.cleaned_data["siret"].split())
        if siret and not (len(siret) == 14 and siret.isascii() and siret.isdigit()):
            raise forms.ValidationError("Un SIRET a quatorze chiffres.")
        return siret

    def clean_code_postal(self) -> str:
        code = str(self.cleaned_data["code_postal"])
        if code and not (len(code) == 5 and code.isascii() and code.isdigit()):
            raise forms.ValidationError("Un code postal a cinq chiffres.")
        return code

    def clean_parent(self) -> Structure | None:
        texte = "".join(self.cleaned_data["parent"].split()).upper()
        if not texte:
            return None
        trouvees = Structure.objects.filter(finess=texte) if len(texte) == 9 else Structure.objects.none()
        if texte.isdecimal() and len(texte) < 9:
            trouvees = Structure.objects.filter(pk=int(texte))
        trouvee = trouvees.first()
        if trouvee is None:
            raise forms.ValidationError("Aucune structure n'a ce numéro.")
        return trouvee

    def clean(self) -> dict[str, Any]:
        propres: dict[str, Any] = super().clean() or {}
        lieu = propres.get("lieu", "")
        if lieu:
            try:
                self.trouvee = find_commune(lieu, self._read_code(lieu, propres.get("commune", "")))
            except forms.ValidationError as refus:
                self.add_error("lieu", refus)
        if (propres.get("longitude") is None) != (propres.get("latitude") is None):
            self.add_error("latitude", "Donnez les deux coordonnées, ou aucune.")
        return propres

    def _read_code(self, lieu: str, code: str) -> str:
        """The code beside the words; not the one of before, when only the words were changed (no script)."""
        initial = read_initial(self.structure)
        return "" if self.structure and code == initial["commune"] and lieu != initial["lieu"] else code

    def read_champs(self) -> dict[str, Any]:
        """What the service writes."""
        champs = {nom: self.cleaned_data[nom] for nom in MODIFIABLES if nom not in ("commune", "cpts")}
        cpts = self.cleaned_data["cpts"]
        return champs | {"commune": self.trouvee, "cpts": Cpts.objects.get(pk=cpts) if cpts else None}


class CreationForm(StructureForm):
    """A new one; one that already lived enters with its state and its dates."""

    statut = build_choix(
        "État de départ",
        (),
        required=False,
        help_text="Laissez vide pour une structure nouvelle ; sinon, l'état qu'elle a déjà, avec ses dates.",
    )
    projet_valide_le = build_jour("Projet validé le", required=False)
    ouverte_le = build_jour("Ouverte (ou labellisée) le", required=False)
    aci_signe_le = build_jour("Contrat signé le", required=False)

    def __init__(self, donnees: Any = None, *, regions: list[str]) -> None:
        super().__init__(donnees, regions=regions)
        self.fields["version"].required = False
        libelles: dict[str, str] = {}
        for type_ in TypeStructure:
            for statut in list_statuts(type_):
                libelles.setdefault(statut.value, name_statut(type_, statut))
        champ: Any = self.fields["statut"]
        champ.choices = [("", "Nouvelle"), *libelles.items()]

    def read_jours(self) -> dict[str, date]:
        return {nom: self.cleaned_data[nom] for nom in DATES if self.cleaned_data.get(nom)}


class EquipierForm(forms.Form):
    rpps = build_texte(
        "Numéro RPPS", 20, required=False, help_text="D'un praticien de l'annuaire ; sinon, sa profession."
    )
    profession = build_texte("Profession", 60, required=False, help_text="Coordination, secrétariat, infirmier…")
    nombre = forms.IntegerField(label="Nombre", min_value=1, max_value=999, initial=1)
    etp = forms.DecimalField(
        label="Équivalent temps plein", required=False, max_digits=5, decimal_places=2, min_value=0
    )
    debut = build_jour("Dans l'équipe depuis le")

    def __init__(self, donnees: Any = None) -> None:
        super().__init__(donnees, prefix="equipe")
        for nom in ("nombre", "etp"):
            self.fields[nom].widget.attrs |= CHAMP

    def clean(self) -> dict[str, Any]:
        propres: dict[str, Any] = super().clean() or {}
        if not propres.get("rpps") and not propres.get("profession"):
            self.add_error("profession", "Donnez un numéro RPPS ou une profession.")
        return propres


class DepartForm(forms.Form):
    le = build_jour("Premier jour sans cette personne")

    def __init__(self, donnees: Any = None, *, cle: int) -> None:
        super().__init__(donnees, prefix=f"depart-{cle}", initial={"le": timezone.localdate()})


class PieceForm(forms.Form):
    nature = build_choix("Nature", [("", "Choisissez"), *NATURES.items()])
    libelle = build_texte("Intitulé", 160, required=False)
    document = DocumentField(label="Document", error_messages={"required": "Joignez le document."})

    def __init__(self, donnees: Any = None, fichiers: Any = None) -> None:
        super().__init__(donnees, fichiers, prefix="piece")


def read_initial(structure: Structure | None) -> dict[str, Any]:
    if structure is None:
        return {"version": 0}
    lus = {nom: getattr(structure, nom) for nom in MODIFIABLES if nom not in ("commune", "cpts", "parent")}
    principale = structure.parent
    return lus | {
        "version": structure.version,
        "lieu": f"{structure.commune.nom} ({structure.departement_code})",
        "commune": structure.commune_id,
        "cpts": structure.cpts_id or "",
        "parent": (principale.finess or str(principale.pk)) if principale else "",
    }


def find_commune(lieu: str, code: str) -> Commune:
    """The commune chosen in the list, or the only one that the words name. Raises ValidationError."""
    if code or (len(lieu) == 5 and lieu[1:].replace("A", "0").replace("B", "0").isdecimal()):
        try:
            trouvee = resolve_commune(code or lieu.upper()).commune
        except CommuneInconnue as refus:
            raise forms.ValidationError(str(refus)) from refus
        return Commune.objects.select_related("departement").get(pk=trouvee.pk)
    lues = search_communes(lieu.replace("(", " ").replace(")", " "), limite=6)
    if not lues:
        raise forms.ValidationError("Aucune commune trouvée : vérifiez l'orthographe, ou donnez le code INSEE.")
    if len(lues) > 1:
        noms = ", ".join(f"{lue.nom} {lue.code}" for lue in lues)
        raise forms.ValidationError(f"Plusieurs communes : écrivez le code INSEE de la bonne ({noms}).")
    return Commune.objects.select_related("departement").get(pk=lues[0].code)


def suggest_cpts(structure: Structure) -> Cpts | None:
    """The CPTS whose perimeter holds the commune, when the structure has none or another."""
    proposee = propose_cpts(structure.commune_id, au=timezone.localdate())
    return proposee if proposee is not None and proposee.pk != structure.cpts_id else None
