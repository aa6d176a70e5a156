"""The machine, on the home of the administration: what is wrong, what is under way, what was imported last."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from portal.core.accueil import Ligne, Section
from portal.core.analyses import count_retards
from portal.core.journal import read_derniere
from portal.core.models import Execution, ImportRun
from portal.core.outbox import read_etat

RETARD_ENVOIS = 300
"""Seconds: beyond, what was asked for is late."""
MONTRES = 5


def list_taches(request: HttpRequest) -> list[Section]:
    """What each may open: the alerts go to who keeps the machine."""
    sections = []
    if request.user.has_perm("core.view_envoi"):
        sections.append(
            Section(
                "Alertes",
                0,
                list_alertes(),
                lien=reverse("exploitation"),
                lien_libelle="Exploitation",
                vide="Aucune alerte.",
                alerte=True,
            )
        )
    if request.user.has_perm("core.view_execution"):
        sections.append(
            Section(
                "Travaux en cours",
                70,
                list_travaux(),
                lien=reverse("admin:core_execution_changelist"),
                vide="Aucun travail en cours.",
            )
        )
    if request.user.has_perm("core.view_importrun"):
        sections.append(
            Section(
                "Derniers imports",
                80,
                list_imports(),
                lien=reverse("admin:core_importrun_changelist"),
                vide="Aucun fichier importé.",
            )
        )
    return sections


def list_alertes() -> list[Ligne]:
    lignes = []
    etat = read_etat()
    envois = reverse("admin:core_envoi_changelist")
    if etat.quarantaine:
        lignes.append(Ligne(f"{etat.quarantaine} envoi(s) en quarantaine", f"{envois}?statut__exact=quarantaine"))
    if (etat.plus_ancien or 0) > RETARD_ENVOIS:
        minutes = int((etat.plus_ancien or 0) // 60)
        lignes.append(Ligne(f"Boîte d'envoi en retard de {minutes} minutes", envois))
    if retards := count_retards():
        lignes.append(Ligne(f"{retards} document(s) attendent l'antivirus", reverse("travaux")))
    verification = read_derniere()
    if verification is not None and verification.statut == Execution.Statut.ECHEC:
        lignes.append(Ligne(verification.erreur, reverse("admin:core_evenement_changelist")))
    return lignes


def list_travaux() -> list[Ligne]:
    vivants = Execution.objects.filter(statut=Execution.Statut.EN_COURS).order_by("-commencee_le", "-pk")[:MONTRES]
    return [
        Ligne(une.libelle, une.get_absolute_url(), f"{une.etat.label}, {une.pourcentage} %, {une.etape}")
        for une in vivants
    ]


def list_imports() -> list[Ligne]:
    """The last ones, and whether they left something to read."""
    recents = ImportRun.objects.order_by("-commence_le", "-pk").defer("rapport")
    return [
        Ligne(
            f"{un.source} : {un.fichier}",
            reverse("admin:core_importrun_change", args=[un.pk]),
            f"{un.get_statut_display()}, {un.lignes_ecrites} lignes écrites, {un.anomalies} anomalie(s)",
            le=timezone.localdate(un.commence_le),
        )
        for un in recents[:MONTRES]
    ]
