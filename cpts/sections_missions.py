"""What missions, meetings and money ask: on the home of the space of a CPTS, and on the home of the administration."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format

from cpts.enums import StatutCpts, StatutMission
from cpts.models import Cpts, Mission
from cpts.regles.etapes import is_aci_en_cours
from cpts.regles.missions import RISQUE_JOURS, Alerte, compute_avancement
from cpts.services.argent import build_livre
from cpts.services.argent_actes import list_versements
from cpts.services.missions import LIBELLES_MISSION
from cpts.services.reunions import list_manques, list_reunions
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, count_up_to

REUNIONS_LUES = 60
VERSEMENTS_MONTRES = 4


def list_sections(request: HttpRequest, cpts: Cpts) -> list[Section]:
    """Nothing before the ACI is signed: the missions do not exist yet."""
    if cpts.aci_signe_le is None:
        return [list_preuves(cpts)]
    return [list_missions(cpts), list_preuves(cpts), list_argent(cpts)]


def list_missions(cpts: Cpts) -> Section:
    au = timezone.localdate()
    lignes = []
    en_cours = is_aci_en_cours(cpts.statut, cpts.aci_fin_le, au)
    for mission in Mission.objects.filter(cpts=cpts).order_by("type", "pk")[:20]:
        lu = compute_avancement(
            mission.statut, mission.demarrage_limite, mission.deploiement_limite, au=au, en_cours=en_cours
        )
        if lu.alerte not in (Alerte.RETARD, Alerte.RISQUE):
            continue
        lien = reverse("espace_mission", args=[cpts.code, mission.type])
        libelle = f"{mission.get_type_display()}, {lu.attendu}"
        retard = lu.alerte is Alerte.RETARD  # the badge says it
        lignes.append(Ligne(libelle, lien, "" if retard else lu.alerte.libelle, lu.limite, retard))
    lignes.sort(key=lambda ligne: (ligne.le or au, ligne.libelle))
    lien = reverse("espace_missions", args=[cpts.code])
    return Section("Missions", 20, lignes, lien=lien, vide="Aucune échéance proche.")


def list_preuves(cpts: Cpts) -> Section:
    """The meetings that lack something, the latest first; drafts of days gone by are meetings to finish."""
    au = timezone.localdate()
    lignes = []
    for reunion in list_reunions(cpts, limite=REUNIONS_LUES):
        manques = list_manques(reunion)
        if not manques and not reunion.brouillon:
            continue
        detail = "brouillon à terminer" if reunion.brouillon else f"il manque : {', '.join(manques)}"
        lien = reverse("espace_reunion", args=[cpts.code, reunion.pk])
        lignes.append(Ligne(reunion.titre, lien, f"{reunion.jour:%d/%m/%Y}, {detail}", retard=reunion.jour < au))
    lien = reverse("espace_reunions", args=[cpts.code])
    return Section("Preuves qui manquent", 30, lignes[:LISTE_MAX], lien=lien, vide="Aucune preuve ne manque.")


def list_argent(cpts: Cpts) -> Section:
    """The payments expected and not entered, late ones first."""
    au = timezone.localdate()
    livre = build_livre(cpts, au=None)
    lien = reverse("espace_argent", args=[cpts.code])
    trop = sum(ligne.trop_percu is not None for exercice in livre for ligne in exercice.lignes)
    trops = [Ligne("Trop-perçu à instruire", f"{lien}#trop-percu", count_postes(trop), retard=True)] if trop else []
    lignes = []
    for versement in list_versements(livre):
        if versement.fait_le is not None or versement.montant == 0 or versement.ligne.ligne is None:
            continue
        inconnu = "à instruire" if versement.ligne.fini else "à renseigner"
        montant = (
            inconnu if versement.montant is None else f"{number_format(versement.montant, 2, force_grouping=True)} €"
        )
        lignes.append(
            Ligne(
                f"{versement.nature}, {LIBELLES_MISSION.get(versement.ligne.mission, 'fonctionnement')}",
                reverse("espace_argent_ligne", args=[cpts.code, versement.ligne.ligne.pk]),
                montant,
                versement.le,
                versement.is_retard(au),
            )
        )
    vide = "Aucun versement n'est attendu."
    proches = [ligne for ligne in lignes if ligne.retard][-VERSEMENTS_MONTRES:]
    proches += [ligne for ligne in lignes if not ligne.retard][:VERSEMENTS_MONTRES]
    return Section("Argent de l'ACI", 40, trops + proches, lien=lien, vide=vide)


def count_postes(nombre: int) -> str:
    return f"{nombre} postes" if nombre > 1 else "1 poste"


def list_taches(request: HttpRequest) -> list[Section]:
    """The missions whose deadline is gone or near, over the territory of the agent: the earliest first."""
    if not read_portee(request.user).has_role(Role.INSTRUCTEUR, Role.VALIDEUR):
        return []
    au = timezone.localdate()
    horizon = au + timedelta(days=RISQUE_JOURS)
    dues = Q(statut=StatutMission.A_DEMARRER, demarrage_limite__lte=horizon)
    dues |= Q(statut=StatutMission.DEMARREE, deploiement_limite__lte=horizon)
    en_cours = Q(cpts__statut=StatutCpts.ACI_SIGNE) | Q(cpts__statut=StatutCpts.RESILIE, cpts__aci_fin_le__gt=au)
    visibles = Mission.objects.for_user(request.user).filter(dues & en_cours)
    lignes = []
    for mission in visibles.select_related("cpts").order_by("demarrage_limite", "cpts", "type")[:LISTE_MAX]:
        lu = compute_avancement(mission.statut, mission.demarrage_limite, mission.deploiement_limite, au=au)
        lien = reverse("espace_mission", args=[mission.cpts_id, mission.type])
        libelle = f"{mission.cpts.nom} : {mission.get_type_display()}, {lu.attendu}"
        lignes.append(Ligne(libelle, lien, "", lu.limite, lu.alerte is Alerte.RETARD))
    nombre = count_up_to(visibles) if lignes else None
    vide = "Aucune mission en retard ni proche de son échéance."
    return [Section("Missions des CPTS", 45, lignes, nombre, vide=vide)]
