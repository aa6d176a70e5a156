"""The home of the space of a CPTS: what the contract asks, what the next step waits for, what changed.

Its parts, by the rank of a section: 10-29 and 40-49 due, 30-39 missing, 50-59 changed, 60 and more to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from cpts.enums import ActeurCpts, ActionCpts, StatutCpts, StatutPerimetre
from cpts.models import Cpts, Perimetre
from cpts.regles.etapes import add_annees
from cpts.services.vie_lecture import list_manques
from portal.core.accueil import Ligne, Section
from portal.core.models import Evenement

ECHEANCE = timedelta(days=120)
ACTES_LUS, ACTES_MONTRES, REPONSES_MONTREES = 60, 6, 3
ACTES = {
    "creation": "CPTS créée",
    "fiche": "Fiche modifiée",
    "piece": "Document déposé",
    "aci_montants": "Montants de l’ACI modifiés",
    "aci_exercice_clos": "Exercice de l’ACI clos",
    "aci_exercice_rouvert": "Exercice de l’ACI rouvert",
    "indicateur_ajoute": "Indicateur ajouté",
    "indicateur_modifie": "Indicateur modifié",
    "indicateur_retire": "Indicateur retiré",
    "membre_ajoute": "Membre ajouté",
    "membre_modifie": "Membre modifié",
    "membre_retire": "Membre retiré",
    "membres_ajoutes": "Membres ajoutés",
    "mission_corrigee": "Mission corrigée",
    "mission_decrite": "Mission décrite",
    "mission_ouverte": "Mission ouverte",
    "missions_ouvertes": "Missions ouvertes",
    "perimetre_approuve": "Périmètre approuvé par l’ARS",
    "perimetre_clos": "Périmètre clos",
    "perimetre_refuse": "Périmètre refusé par l’ARS",
    "perimetre_repris": "Périmètre repris",
    "perimetre_soumis": "Périmètre soumis à l’ARS",
    "presences_ajoutees": "Présences ajoutées",
    "presences_signees": "Présences signées",
    "preuve_ajoutee": "Preuve ajoutée",
    "preuve_retiree": "Preuve retirée",
    "reunion_compte_rendu": "Compte rendu déposé",
    "reunion_compte_rendu_retire": "Compte rendu retiré",
    "reunion_supprimee": "Réunion supprimée",
    "reunion_tenue": "Réunion tenue",
    "donnee_saisie": "Chiffre du territoire saisi",
    "territoire_enregistre": "Territoire enregistré",
    "territoire_retire": "Territoire enregistré retiré",
    "structure_proposee": "Rattachement d’une structure proposé à l’ARS",
    "coediteur_invite": "Personne invitée à coordonner",
    "coediteur_fini": "Accès d’un coordinateur terminé",
} | {str(code): str(libelle) for code, libelle in ActionCpts.choices}
GROUPES = (
    ("du", "Ce qui est dû", lambda rang: rang < 30 or 40 <= rang < 50),
    ("manque", "Ce qui manque", lambda rang: 30 <= rang < 40),
    ("change", "Ce qui a changé", lambda rang: 50 <= rang < 60),
    ("vient", "Ce qui vient", lambda rang: rang >= 60),
)


@dataclass(frozen=True, slots=True)
class Groupe:
    code: str
    titre: str
    sections: Sequence[Section]

    @property
    def nombre(self) -> int:
        """What is late, near or missing: not what is due in a year."""
        bientot = timezone.localdate() + ECHEANCE
        lignes = [ligne for section in self.sections for ligne in section.lignes]
        return sum(ligne.retard or ligne.le is None or ligne.le <= bientot for ligne in lignes)


def list_groupes(request: HttpRequest, cpts: Cpts) -> list[Groupe]:
    """The sections of `MAILLAGE_SECTIONS_ESPACE` that have something to say, by part of the home."""
    sections = [
        section for chemin in settings.MAILLAGE_SECTIONS_ESPACE for section in import_string(chemin)(request, cpts)
    ]
    utiles = sorted((s for s in sections if s.lignes or s.vide), key=lambda s: (s.rang, s.titre))
    return [
        Groupe(code, titre, siennes)
        for code, titre, est_du in GROUPES
        if (siennes := [section for section in utiles if est_du(section.rang)])
    ]


def list_sections(request: HttpRequest, cpts: Cpts) -> list[Section]:
    au = timezone.localdate()
    return [list_echeances(cpts, au), list_attentes(cpts, au), list_reponses(cpts), list_changements(cpts)]


def list_echeances(cpts: Cpts, au: date) -> Section:
    """The anniversary of the ACI (balance of the year, advance of the next) and its term."""
    lignes = []
    argent = reverse("espace_argent", args=[cpts.code])
    if cpts.statut == StatutCpts.ACI_SIGNE and cpts.aci_signe_le:
        prochain = find_anniversaire(cpts.aci_signe_le, au)
        if prochain <= au + ECHEANCE and (cpts.aci_fin_le is None or prochain < cpts.aci_fin_le):
            lignes.append(
                Ligne("Anniversaire de l’ACI", argent, "solde de l’année et avance de la suivante", prochain)
            )
    if cpts.statut == StatutCpts.ACI_SIGNE and cpts.aci_fin_le and cpts.aci_fin_le <= au + ECHEANCE * 2:
        parcours = reverse("espace_parcours", args=[cpts.code])
        detail = "renouvellement à préparer avec l’ARS et la caisse"
        lignes.append(Ligne("Terme de l’ACI", parcours, detail, cpts.aci_fin_le, cpts.aci_fin_le <= au))
    return Section("Contrat", 10, lignes)


def find_anniversaire(signe_le: date, au: date) -> date:
    """The first anniversary on or after a day."""
    annees = max(1, au.year - signe_le.year)
    prochain = add_annees(signe_le, annees)
    return prochain if prochain >= au else add_annees(signe_le, annees + 1)


def list_attentes(cpts: Cpts, au: date) -> Section:
    lien = reverse("espace_parcours", args=[cpts.code])
    lignes = [
        Ligne(manque.libelle, lien, f"attendu de : {ActeurCpts(manque.acteur).label}")
        for manque in list_manques(cpts, au=au)
    ]
    titre = "Contrat et territoire" if cpts.statut == StatutCpts.ACI_SIGNE else "Pour l’étape suivante"
    return Section(titre, 31, lignes, vide="Rien ne manque au contrat." if cpts.aci_signe_le else "")


def list_reponses(cpts: Cpts) -> Section:
    """What waits for an answer of the ARS on a perimeter, and its last answers."""
    lus = Perimetre.objects.filter(
        cpts=cpts, statut__in=[StatutPerimetre.SOUMIS, StatutPerimetre.APPROUVE, StatutPerimetre.REFUSE]
    )
    lignes = []
    for perimetre in lus.order_by("-pk")[:REPONSES_MONTREES]:
        le = perimetre.decide_le or perimetre.soumis_le
        lien = reverse("espace_perimetre_detail", args=[cpts.code, perimetre.pk])
        detail = f"le {timezone.localdate(le):%d/%m/%Y}" if le else ""
        lignes.append(Ligne(f"Périmètre : {perimetre.get_statut_display().lower()}", lien, detail))
    return Section("Réponses de l’ARS", 50, lignes)


def list_changements(cpts: Cpts) -> Section:
    """The last acts on this CPTS, one line by kind and day: thirty presences are one line."""
    lus = Evenement.objects.filter(objet=f"cpts.cpts:{cpts.code}").order_by("-survenu_le", "-pk")
    comptes: dict[tuple[str, date], int] = {}
    for action, survenu_le in lus.values_list("action", "survenu_le")[:ACTES_LUS]:
        if action in ACTES:
            cle = (ACTES[action], timezone.localdate(survenu_le))
            comptes[cle] = comptes.get(cle, 0) + 1
    lignes = [
        Ligne(libelle, detail=f"le {jour:%d/%m/%Y}{f', {nombre} fois' if nombre > 1 else ''}")
        for (libelle, jour), nombre in list(comptes.items())[:ACTES_MONTRES]
    ]
    return Section("Derniers actes", 51, lignes, vide="Aucun acte n’est encore enregistré sur cette CPTS.")
