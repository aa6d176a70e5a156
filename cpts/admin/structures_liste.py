"""What the list of structures shows, keeps and sorts: one declaration for the page and the export."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from cpts.enums import StatutStructure, TypeStructure
from cpts.models import Structure
from cpts.regles.vie_structures import CENTRES, FINIES, OUVERTES, VALIDEES
from portal.accounts.enums import ROLES_AGENT
from portal.accounts.portee import read_portee
from portal.core.admin_listes import Choix, Colonne, Tri
from portal.core.keyset import Ordre
from zonage.calculs.noms import cle_tri
from zonage.models import Departement

GROUPES: dict[str, tuple[str, Sequence[str]]] = {
    "a_ouvrir": ("Validé, non ouvert", (StatutStructure.PROJET_VALIDE,)),
    "validees": ("Projet validé, ouvert ou non", VALIDEES),
    "ouvertes": ("Ouvert, avec contrat ou non", OUVERTES),
    "finies": ("Fermé, abandonné ou retiré", FINIES),
}
TYPES_GROUPES: dict[str, tuple[str, Sequence[str]]] = {"cds": ("Centres de santé, tous types", CENTRES)}


def list_departements(request: HttpRequest) -> list[tuple[str, str]]:
    """Those of the perimeter."""
    cles = read_portee(request.user).cles(ROLES_AGENT)
    lus = Departement.objects.order_by("code")
    if "national" not in cles:
        regions = [cle[7:] for cle in cles if cle.startswith("region:")]
        codes = [cle[12:] for cle in cles if cle.startswith("departement:")]
        lus = lus.filter(Q(region_id__in=sorted(regions)) | Q(code__in=sorted(codes)))
    return [(code, f"{code} – {nom}") for code, nom in lus.values_list("code", "nom")[:150]]


def list_etats(request: HttpRequest) -> list[tuple[str, str]]:
    groupes = [(code, libelle) for code, (libelle, _) in GROUPES.items()]
    return [*groupes, *((statut.value, str(statut.label)) for statut in StatutStructure)]


def list_types(request: HttpRequest) -> list[tuple[str, str]]:
    groupes = [(code, libelle) for code, (libelle, _) in TYPES_GROUPES.items()]
    return [*((type_.value, str(type_.label)) for type_ in TypeStructure), *groupes]


def keep_etat(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    return lignes.filter(statut__in=GROUPES[valeur][1]) if valeur in GROUPES else lignes.filter(statut=valeur)


def keep_type(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    return lignes.filter(type__in=TYPES_GROUPES[valeur][1]) if valeur in TYPES_GROUPES else lignes.filter(type=valeur)


def keep_manque(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    if valeur == "finess":
        return lignes.filter(finess="")
    return lignes.filter(cpts=None) if valeur == "cpts" else lignes.filter(longitude=None)


COLONNES: Sequence[Colonne] = (
    Colonne("Nom", lambda s: s.nom, lien=True, alerte=lambda s: "exemple inventé" if s.demonstration else ""),
    Colonne("Type", lambda s: s.get_type_display()),
    Colonne("État", lambda s: s.etat),
    Colonne("Commune", lambda s: s.commune.nom),
    Colonne("Département", lambda s: s.departement_code),
    Colonne("CPTS", lambda s: s.cpts.nom if s.cpts else None),
    Colonne("FINESS", lambda s: s.finess or None),
    Colonne("Projet validé le", lambda s: s.projet_valide_le),
    Colonne("Ouverte le", lambda s: s.ouverte_le),
    Colonne("Contrat signé le", lambda s: s.aci_signe_le if s.statut == StatutStructure.ACI_SIGNE else None),
    Colonne("Exemple inventé", lambda s: "oui" if s.demonstration else "non"),
)
FILTRES = (
    Choix("type", "Type", list_types, keep_type),
    Choix("etat", "État", list_etats, keep_etat),
    Choix(
        "departement",
        "Département",
        list_departements,
        lambda lignes, valeur, request: lignes.filter(departement_code=valeur),
    ),
    Choix(
        "manque",
        "Il manque",
        lambda request: [("finess", "Le numéro FINESS"), ("cpts", "La CPTS"), ("point", "Le point sur la carte")],
        keep_manque,
    ),
)
TRIS = (
    Tri("nom", "Par nom", Ordre("nom")),
    Tri("recentes", "Entrées en dernier", Ordre("cree_le", descend=True)),
    Tri("ouverture", "Ouvertes en premier", Ordre("ouverte_le", nul=True)),
)


def search(lignes: QuerySet[Structure], texte: str) -> QuerySet[Structure]:
    """A FINESS number, or words of the name, or the beginning of the name of the commune."""
    compact = "".join(texte.split()).upper()
    if len(compact) == 9 and compact[2:].isdecimal():
        return lignes.filter(Q(finess=compact) | Q(finess_ej=compact))
    cle = cle_tri(texte)
    if len(cle) < 2:
        return lignes.none()
    return lignes.filter(Q(nom__icontains=texte) | Q(commune__cle_tri__startswith=cle))
