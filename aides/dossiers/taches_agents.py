"""The files, on the home of the administration: what is due first, and what only somebody else may do.

Each list follows an index and is cut; each link leads to the list of the files with the same filters.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from aides.catalogue import catalogue
from aides.dossiers.droits import GUICHET_CPAM
from aides.dossiers.etats import OUVERTES, Action, Statut
from aides.models import ActeDossier, Anomalie, Demande, Echeance, StatutEcheance
from portal.accounts.enums import Role
from portal.accounts.portee import AUCUN, Portee, read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, read_tasks

INSTRUCTEURS = (Role.INSTRUCTEUR, Role.VALIDEUR)
PAIEMENTS_JOURS = 30


def list_taches(request: HttpRequest) -> list[Section]:
    """Nothing for who only reads."""
    portee = read_portee(request.user)
    if not portee.has_role(*INSTRUCTEURS, Role.AGENT_CPAM):
        return []
    ouvertes = (
        Demande.objects.for_agent(request.user)
        .filter(filter_instruction(portee), statut__in=OUVERTES)
        .only("id", "numero", "dispositif", "statut", "departement_code", "a_traiter_le", "instructeur_id")
    )
    return [
        *list_miennes(ouvertes, request),
        *list_a_prendre(ouvertes),
        *list_corrections(ouvertes),
        *list_a_confirmer(request, portee),
        *list_paiements(request, portee),
        *list_anomalies(request, portee),
    ]


def filter_instruction(portee: Portee, prefixe: str = "") -> Q:
    """Where one instructs: the column alone, that an index follows."""
    filtre = portee.filter_territoire(*INSTRUCTEURS, prefixe=prefixe)
    caisse = portee.filter_territoire(Role.AGENT_CPAM, prefixe=prefixe)
    return filtre if caisse == AUCUN or not filtre else filtre | caisse & Q(**{f"{prefixe}guichet": GUICHET_CPAM})


def list_miennes(ouvertes: QuerySet[Demande], request: HttpRequest) -> list[Section]:
    miennes = ouvertes.filter(instructeur_id=request.user.pk).exclude(statut=Statut.INCOMPLETE)
    lues, nombre = read_tasks(miennes.order_by("a_traiter_le", "id"))
    lien = build_lien(etat="a_traiter", instructeur="moi", tri="echeance")
    titre = "Mes dossiers, par échéance"
    return [Section(titre, 10, build_lignes(lues), nombre, lien, vide="Aucun dossier à traiter.")]


def list_a_prendre(ouvertes: QuerySet[Demande]) -> list[Section]:
    libres = ouvertes.filter(instructeur__isnull=True, statut__in=[Statut.DEPOSEE, Statut.RECEVABLE])
    lues, nombre = read_tasks(libres.order_by("a_traiter_le", "id"))
    lien = build_lien(etat="a_prendre", instructeur="aucun", tri="echeance")
    return [Section("Dossiers à prendre", 20, build_lignes(lues), nombre, lien, vide="Aucun dossier à prendre.")]


def list_corrections(ouvertes: QuerySet[Demande]) -> list[Section]:
    """Answered by the applicant, to be read again."""
    reponses = ActeDossier.objects.filter(demande_id=OuterRef("pk"), action=Action.COMPLETER)
    lues = list(ouvertes.filter(Exists(reponses), statut=Statut.DEPOSEE).order_by("a_traiter_le", "id")[:LISTE_MAX])
    return [Section("Réponses à une correction", 25, build_lignes(lues))]


def list_a_confirmer(request: HttpRequest, portee: Portee) -> list[Section]:
    """Proposed by somebody else: the second person decides."""
    lieu = portee.filter_territoire(Role.VALIDEUR)
    if lieu == AUCUN:
        return []
    proposees = (
        Demande.objects.for_agent(request.user)
        .filter(lieu, statut=Statut.EN_INSTRUCTION, propose_par__isnull=False)
        .exclude(propose_par_id=request.user.pk)
        .only("id", "numero", "dispositif", "statut", "departement_code", "a_traiter_le")
    )
    lues = list(proposees.order_by("a_traiter_le", "id")[:LISTE_MAX])
    return [Section("Décisions à confirmer par une seconde personne", 15, build_lignes(lues))]


def list_paiements(request: HttpRequest, portee: Portee) -> list[Section]:
    """Payments due, and those of the month that comes."""
    jour = timezone.localdate()
    # Where one instructs is within what one reads: the territory alone, that an index follows.
    dues = Echeance.objects.filter(
        filter_instruction(portee),
        nature="versement",
        statut__in=[StatutEcheance.PREVUE, StatutEcheance.A_PAYER],
        le__lte=jour + timedelta(days=PAIEMENTS_JOURS),
    )
    montrees = dues.select_related("contrat").only("libelle", "le", "contrat__numero")
    lues, nombre = read_tasks(montrees.order_by("le", "pk"))
    lignes = [
        Ligne(
            f"{ligne.contrat.numero} : {ligne.libelle}",
            reverse("admin:aides_contrat_change", args=[ligne.contrat_id]),
            le=ligne.le,
            retard=ligne.le < jour,
        )
        for ligne in lues
    ]
    lien = f"{reverse('admin:aides_contrat_paiements')}?{urlencode({'etat': 'a_payer'})}"
    return [Section("Versements à payer", 30, lignes, nombre, lien)]


def list_anomalies(request: HttpRequest, portee: Portee) -> list[Section]:
    """What the controls found and nobody mended."""
    ouvertes = Anomalie.objects.filter(filter_instruction(portee), close_le__isnull=True)
    lues, nombre = read_tasks(ouvertes.only("constat", "demande_id").order_by("-vue_le", "-pk"))
    lignes = [
        Ligne(une.constat, reverse("admin:aides_demande_change", args=[une.demande_id]), retard=True) for une in lues
    ]
    return [Section("Incohérences trouvées par les contrôles", 35, lignes, nombre)]


def build_lien(**filtres: str) -> str:
    return f"{reverse('admin:aides_demande_changelist')}?{urlencode(filtres)}"


def build_lignes(demandes: Iterable[Any]) -> list[Ligne]:
    jour = timezone.localdate()
    sigles = {dispositif.code: dispositif.sigle for dispositif in catalogue().dispositifs}
    return [
        Ligne(
            f"{demande.numero}",
            reverse("admin:aides_demande_change", args=[demande.pk]),
            f"{sigles.get(demande.dispositif, demande.dispositif)}, {demande.departement_code}, "
            f"{demande.get_statut_display().lower()}",
            le=demande.a_traiter_le,
            retard=demande.a_traiter_le is not None and demande.a_traiter_le < jour,
        )
        for demande in demandes
    ]
