"""What the list of the files shows, keeps and sorts: one declaration for the page, the export and the bulk acts.

Who reads which rows is told by `for_agent`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from aides.admin.listes_choix import (
    A_TRAITER,
    GROUPES,
    list_departements,
    list_depots,
    list_dispositifs,
    list_etats,
    list_instructeurs,
)
from aides.admin.listes_masse import ACTES_EN_MASSE
from aides.catalogue import catalogue
from aides.dossiers.etats import OUVERTES, Statut
from aides.models import Demande
from cpts.models import Praticien
from portal.accounts.securite import demand_sudo
from portal.core.admin_listes import Choix, Colonne, ListeRapide, Tri
from portal.core.keyset import Ordre
from zonage.calculs.noms import cle_tri

GUICHETS = (("ars", "ARS"), ("cpam", "CPAM"))
NOMS_MAX = 300
LOURDES = (
    "preuve", "faits", "coordonnees", "declarations", "message", "motif", "voies_recours", "praticien__cle_nom",
    "proprietaire__password", "instructeur__password", "commune__voisines", "commune__codes_postaux",
)  # fmt: skip


def keep_etat(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    return lignes.filter(statut__in=GROUPES[valeur][1]) if valeur in GROUPES else lignes.filter(statut=valeur)


def keep_instructeur(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    if valeur == "aucun":
        return lignes.filter(instructeur__isnull=True)
    return lignes.filter(instructeur_id=request.user.pk if valeur == "moi" else int(valeur))


def keep_delai(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    """Late and due soon: of the clock that runs. Suspended: waiting for the applicant."""
    jour = timezone.localdate()
    if valeur == "suspendu":
        return lignes.filter(statut=Statut.INCOMPLETE)
    courent = lignes.filter(statut__in=OUVERTES).exclude(statut=Statut.INCOMPLETE)
    if valeur == "retard":
        return courent.filter(a_traiter_le__lt=jour)
    return courent.filter(a_traiter_le__range=(jour, jour + timedelta(days=7)))


def keep_depot(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    if valeur.endswith("j"):
        return lignes.filter(deposee_le__gte=timezone.now() - timedelta(days=int(valeur[:-1])))
    return lignes.filter(deposee_le__year=int(valeur))


def name_titulaire(demande: Demande) -> str:
    """Who asks: as the Annuaire santé names them, or as they named themselves."""
    praticien = demande.praticien
    if praticien is not None:
        return f"{praticien.prenom} {praticien.nom}".strip()
    return demande.proprietaire.get_full_name() or "—"


def name_dispositif(demande: Demande) -> str:
    dispositif = catalogue().dispositif(demande.dispositif)
    return (dispositif.sigle or dispositif.nom) if dispositif else demande.dispositif


def name_instructeur(demande: Demande) -> str:
    qui = demande.instructeur
    return (qui.get_full_name() or f"compte {qui.pk}") if qui is not None else "—"


def read_echeance(demande: Demande) -> date | None:
    return demande.a_traiter_le if demande.statut in OUVERTES else None


def tell_retard(demande: Demande) -> str:
    """What the list says beside the due day."""
    if demande.statut == Statut.INCOMPLETE:
        return "délai suspendu"
    echeance = read_echeance(demande)
    return "en retard" if echeance is not None and echeance < timezone.localdate() else ""


def read_depot(demande: Demande) -> date | None:
    return timezone.localdate(demande.deposee_le) if demande.deposee_le else None


def read_montant(demande: Demande) -> Any:
    """What was granted; before that, what is proposed."""
    return demande.montant_accorde if demande.montant_accorde is not None else demande.montant_propose


COLONNES: Sequence[Colonne] = (
    Colonne("Numéro", lambda d: d.numero or "", lien=True),
    Colonne("Demandeur", name_titulaire),
    Colonne("Dispositif", name_dispositif),
    Colonne("Commune", lambda d: d.commune.nom),
    Colonne("Département", lambda d: d.departement_code),
    Colonne("Guichet", lambda d: d.guichet.upper()),
    Colonne("État", lambda d: d.get_statut_display()),
    Colonne("À traiter avant le", read_echeance, alerte=tell_retard),
    Colonne("Instructeur", name_instructeur),
    Colonne("Déposée le", read_depot),
    Colonne("Montant (€)", read_montant),
)


class ListeDemandes(ListeRapide):
    """The list part of the administration of the files."""

    titre = "Dossiers"
    nom_export = "dossiers"
    colonnes = COLONNES
    recherche_aide = "Numéro de dossier entier, numéro RPPS, ou début du nom (puis du prénom) du praticien."
    defaut = {"etat": A_TRAITER, "instructeur": "moi", "tri": "echeance"}
    actes_en_masse = ACTES_EN_MASSE
    filtres = (
        Choix("etat", "État", list_etats, keep_etat),
        Choix("instructeur", "Instructeur", list_instructeurs, keep_instructeur),
        Choix(
            "delai",
            "Délai",
            lambda request: [("retard", "En retard"), ("7j", "À traiter sous 7 jours"), ("suspendu", "Suspendu")],
            keep_delai,
        ),
        Choix(
            "departement",
            "Département",
            list_departements,
            lambda lignes, valeur, request: lignes.filter(departement_code=valeur),
        ),
        Choix(
            "dispositif",
            "Dispositif",
            list_dispositifs,
            lambda lignes, valeur, request: lignes.filter(dispositif=valeur),
        ),
        Choix(
            "guichet",
            "Guichet",
            lambda request: GUICHETS,
            lambda lignes, valeur, request: lignes.filter(guichet=valeur),
        ),
        Choix("depot", "Dépôt", list_depots, keep_depot),
    )
    tris = (
        Tri("echeance", "À traiter d'abord", Ordre("a_traiter_le", nul=True)),
        Tri("recents", "Déposées en dernier", Ordre("deposee_le", descend=True)),
        Tri("anciens", "Déposées en premier", Ordre("deposee_le")),
    )

    def read_rows(self, request: HttpRequest) -> QuerySet[Demande]:
        lues: QuerySet[Demande] = Demande.objects.for_agent(request.user)
        return lues.select_related("commune", "praticien", "proprietaire", "instructeur").defer(*LOURDES)

    def search_rows(self, lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
        """A number, a RPPS, or the beginning of a name: each is answered by an index, within the territory."""
        compact = "".join(texte.split())
        if compact.isdecimal() and len(compact) == 11:
            return lignes.filter(praticien_id=compact)
        if any(signe.isdecimal() for signe in compact):
            return lignes.filter(numero=compact)
        cle = cle_tri(texte)
        if len(cle) < 2:
            return lignes.none()
        trouves = Praticien.objects.filter(cle_nom__startswith=cle).order_by("cle_nom", "rpps")
        return lignes.filter(praticien_id__in=list(trouves.values_list("pk", flat=True)[:NOMS_MAX]))

    def name_row(self, demande: Demande) -> str:
        return f"{demande.numero} · {name_titulaire(demande)} · {name_dispositif(demande)}"

    def may_act(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("aides.change_demande"))

    def demand_proof(self, request: HttpRequest) -> HttpResponse | None:
        return demand_sudo(request)
