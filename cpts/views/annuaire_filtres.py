"""What an address of the directory may ask: filters, order, page. A wrong value is named, the rest is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.urls import reverse

from cpts.cartes_espace import read_heritages
from cpts.enums import StatutCpts, StatutStructure, TypeStructure
from cpts.models import Cpts, Structure
from cpts.regles.vie_structures import CENTRES, FINIES, OUVERTES, VALIDEES
from zonage.calculs.noms import cle_tri
from zonage.models import Commune, Departement

PAR_PAGE = 50
PAGES_MAX = 1_000
Q_MAX = 100
PROJETS = (StatutStructure.REPEREE, StatutStructure.PROJET_DEPOSE, StatutStructure.CANDIDATE)
ETATS: dict[str, tuple[str, Sequence[str]]] = {
    "projets": ("En projet", PROJETS),
    "a_ouvrir": ("Validé, non ouvert", (StatutStructure.PROJET_VALIDE,)),
    "ouvertes": ("Ouvert", OUVERTES),
    "aci": ("Ouvert, avec ACI ou accord national", (StatutStructure.ACI_SIGNE,)),
    "validees": ("Projet validé, ouvert ou non", VALIDEES),
    "labellisees": ("Labellisé", (StatutStructure.LABELLISEE,)),
    "finies": ("Fermé, abandonné ou retiré", FINIES),
}
TYPES = [*TypeStructure.choices, ("cds", "Centre de santé, tous types")]
TRIS_STRUCTURES: dict[str, tuple[str, ...]] = {
    "nom": ("nom", "pk"),
    "type": ("type", "nom", "pk"),
    "etat": ("statut", "nom", "pk"),
    "commune": ("commune__cle_tri", "nom", "pk"),
    "ouverture": ("ouverte_le", "nom", "pk"),
}
TRIS_CPTS: dict[str, tuple[str, ...]] = {
    "nom": ("nom", "code"),
    "etat": ("statut", "nom", "code"),
    "departement": ("departement_code", "nom", "code"),
    "aci": ("aci_signe_le", "nom", "code"),
}
ETATS_CPTS: dict[str, tuple[str, Sequence[str]]] = {
    "aci": ("ACI signé", (StatutCpts.ACI_SIGNE,)),
    "validees": ("Projet de santé validé, sans ACI", (StatutCpts.PROJET_VALIDE,)),
    "projets": (
        "En projet",
        (
            StatutCpts.EMERGENCE,
            StatutCpts.LETTRE_DEPOSEE,
            StatutCpts.LETTRE_VALIDEE,
            StatutCpts.PROJET_REDACTION,
            StatutCpts.PROJET_DEPOSE,
        ),
    ),
    "finies": ("ACI résilié ou projet abandonné", (StatutCpts.RESILIE, StatutCpts.ABANDONNE)),
}


class AnnuaireForm(forms.Form):
    region = forms.CharField(label="Région", required=False, max_length=3)
    departement = forms.CharField(label="Département", required=False, max_length=3)
    q = forms.CharField(label="Nom ou commune", required=False, max_length=Q_MAX)
    tri = forms.CharField(required=False, max_length=30)
    page = forms.CharField(required=False, max_length=6)

    def __init__(self, donnees: Mapping[str, Any], *, departements: Mapping[str, Departement]) -> None:
        super().__init__(donnees)
        self.departements = departements

    def clean_region(self) -> str:
        code = str(self.cleaned_data["region"])
        if code and code not in {departement.region_id for departement in self.departements.values()}:
            raise forms.ValidationError("Cette région n'existe pas : choisissez-la dans la liste.")
        return code

    def clean_departement(self) -> str:
        code = str(self.cleaned_data["departement"]).upper()
        if code and code not in self.departements:
            raise forms.ValidationError("Ce département n'existe pas : choisissez-le dans la liste.")
        return code

    def clean_q(self) -> str:
        return " ".join(str(self.cleaned_data["q"]).split())


class StructuresForm(AnnuaireForm):
    type = forms.ChoiceField(
        label="Type",
        required=False,
        choices=TYPES,
        error_messages={"invalid_choice": "Ce type n'existe pas : choisissez-le dans la liste."},
    )
    etat = forms.ChoiceField(
        label="État",
        required=False,
        choices=[(code, libelle) for code, (libelle, _) in ETATS.items()],
        error_messages={"invalid_choice": "Cet état n'existe pas : choisissez-le dans la liste."},
    )
    cpts = forms.CharField(label="CPTS", required=False, max_length=20)
    commune = forms.CharField(label="Commune", required=False, max_length=5)
    autour = forms.CharField(required=False, max_length=1)

    def clean_commune(self) -> str:
        """Today's code: whoever has an old one is told so."""
        code = str(self.cleaned_data["commune"]).upper()
        if code and not Commune.objects.filter(pk=code).exists():
            raise forms.ValidationError("Aucune commune n'a ce code INSEE : cherchez-la par son nom.")
        return code


class CptsForm(AnnuaireForm):
    etat = forms.ChoiceField(
        label="État",
        required=False,
        choices=[(code, libelle) for code, (libelle, _) in ETATS_CPTS.items()],
        error_messages={"invalid_choice": "Cet état n'existe pas : choisissez-le dans la liste."},
    )


@dataclass(frozen=True, slots=True)
class Demande:
    """What the address asks for, once read: every link of the page is written from it.

    `communes`: those asked by `commune`, with its neighbours when `autour` is there; None: not asked.
    """

    route: str
    valeurs: Mapping[str, str]
    departement: Departement | None
    region_code: str
    region_nom: str
    departements: tuple[str, ...]
    communes: frozenset[str] | None = None
    commune_nom: str = ""

    def read(self, nom: str) -> str:
        """A value as it was written; "" when it is absent or wrong."""
        return self.valeurs.get(nom, "")

    @property
    def filtre(self) -> bool:
        return any(self.valeurs.get(nom) for nom in ("type", "etat", "q", "cpts", "commune"))

    @property
    def lieu(self) -> str:
        if self.commune_nom:
            return f"{self.commune_nom} et communes voisines" if self.read("autour") else self.commune_nom
        return self.departement.nom if self.departement else self.region_nom or "France entière"

    def url(self, **changes: str) -> str:
        presents = [(nom, valeur) for nom, valeur in {**self.valeurs, "page": "", **changes}.items() if valeur]
        return f"{reverse(self.route)}?{urlencode(presents)}" if presents else reverse(self.route)

    def csv(self) -> str:
        presents = [(nom, valeur) for nom, valeur in self.valeurs.items() if valeur and nom not in ("page", "tri")]
        adresse = reverse(f"{self.route}_csv")
        return f"{adresse}?{urlencode(presents)}" if presents else adresse


@dataclass(frozen=True, slots=True)
class Colonne:
    """A column of a table that sorts by links. `sens` is what `aria-sort` says."""

    cle: str
    libelle: str
    url: str
    sens: str
    nombre: bool = False


def read_departements() -> dict[str, Departement]:
    lus = Departement.objects.select_related("region").order_by("code")[:150]
    return {departement.code: departement for departement in lus}


def read_demande(form: AnnuaireForm, route: str) -> Demande:
    """From what is right in the form. A département decides its région."""
    form.is_valid()
    propres = {nom: str(valeur) for nom, valeur in form.cleaned_data.items() if valeur}
    departement = form.departements.get(propres.get("departement", ""))
    if departement is not None:
        propres["region"] = departement.region_id
    region = propres.get("region", "")
    siens = [d for d in form.departements.values() if d.region_id == region]
    nom = siens[0].region.nom if siens else ""
    codes = (departement.code,) if departement else tuple(d.code for d in siens)
    if not propres.get("commune"):
        return Demande(route, propres, departement, region, nom, codes)
    commune = Commune.objects.only("nom", "voisines", "departement").get(pk=propres["commune"])
    communes = read_heritages().expand([commune.pk]) | {commune.pk}
    if propres.get("autour"):
        communes |= set(commune.voisines)
        codes = tuple(sorted({_read_departement(code) for code in communes} & form.departements.keys()))
    else:
        codes = (str(commune.departement_id),)
    return Demande(route, propres, departement, region, nom, codes, communes, commune.nom)


def _read_departement(code: str) -> str:
    """Of a commune or an arrondissement, by its code."""
    return code[:3] if code.startswith("97") else code[:2]


def select_structures(demande: Demande) -> QuerySet[Structure]:
    """Those that live, unless an ended state is asked for."""
    lignes = Structure.objects.select_related("commune", "cpts")
    if demande.departement:
        lignes = lignes.filter(departement_code=demande.departement.code)
    elif demande.region_code:
        lignes = lignes.filter(region_code=demande.region_code)
    if type_ := demande.read("type"):
        lignes = lignes.filter(type__in=CENTRES) if type_ == "cds" else lignes.filter(type=type_)
    etat = demande.read("etat")
    lignes = lignes.filter(statut__in=ETATS[etat][1]) if etat else lignes.exclude(statut__in=FINIES)
    if demande.communes is not None:
        lignes = lignes.filter(commune__in=sorted(demande.communes))
    if demande.read("cpts"):
        lignes = lignes.filter(cpts=demande.read("cpts"))
    if texte := demande.read("q"):
        cle = cle_tri(texte)
        commune = Q(commune__cle_tri__startswith=cle) if cle else Q()
        lignes = lignes.filter(Q(nom__icontains=texte) | Q(finess=texte) | commune)
    return lignes.order_by(*sort(TRIS_STRUCTURES, demande.read("tri")))


def select_cpts(demande: Demande) -> QuerySet[Cpts]:
    lignes = Cpts.objects.all()
    if demande.departement:
        lignes = lignes.filter(departement_code=demande.departement.code)
    elif demande.region_code:
        lignes = lignes.filter(region_code=demande.region_code)
    etat = demande.read("etat")
    if etat:
        lignes = lignes.filter(statut__in=ETATS_CPTS[etat][1])
    else:
        lignes = lignes.exclude(statut__in=ETATS_CPTS["finies"][1])
    if texte := demande.read("q"):
        lignes = lignes.filter(Q(nom__icontains=texte) | Q(siege__cle_tri__startswith=cle_tri(texte) or texte))
    return lignes.order_by(*sort(TRIS_CPTS, demande.read("tri")))


def sort(tris: Mapping[str, Sequence[str]], tri: str) -> list[str]:
    """The order asked, reversed with « - » on its first column alone: what follows stays in the order of names."""
    cle = tri.removeprefix("-")
    premier, *reste = tris.get(cle, tris["nom"])
    return [f"-{premier}" if tri.startswith("-") and cle in tris else premier, *reste]


def build_colonnes(demande: Demande, colonnes: Iterable[tuple[str, str]]) -> list[Colonne]:
    """Each header links to its own order; the one in use links to the reverse."""
    tri = demande.read("tri") or "nom"
    return [
        Colonne(
            cle,
            libelle,
            demande.url(tri=f"-{cle}" if tri == cle else cle),
            "ascending" if tri == cle else "descending" if tri == f"-{cle}" else "none",
        )
        for cle, libelle in colonnes
    ]


def read_page(lignes: QuerySet[Any] | Sequence[Any], page: str) -> Page[Any]:
    """The page asked, the first or the last one when the number is not a page."""
    numero = int(page) if page.isascii() and page.isdigit() else 1
    return Paginator(lignes, PAR_PAGE).get_page(min(numero, PAGES_MAX))


def build_pages(demande: Demande, page: Page[Any]) -> list[tuple[Any, str]]:
    return [
        (numero, demande.url(page=str(numero) if isinstance(numero, int) and numero > 1 else ""))
        for numero in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
