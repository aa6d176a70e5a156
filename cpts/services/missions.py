"""The missions of a CPTS: opened with its ACI, started and deployed by its coordinators, evaluated by the ARS."""

from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from cpts.droits import is_coordinateur, may_edit, may_instruct
from cpts.enums import GenrePreuve, StatutMission, TypeMission
from cpts.erreurs import CHANGE, ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee
from cpts.models import Cpts, Mission, Preuve
from cpts.regles.missions import CHAMP_DATE, OPTIONNELLES, RETOUR, SOCLE, SUITE, compute_limites
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.missions_refus import act, refuse_nir, write_evenement
from portal.accounts.portee import read_portee
from portal.core.documents import erase_document
from portal.core.models import Document

ACTES: dict[str, str] = {
    StatutMission.DEMARREE: "Démarrer la mission",
    StatutMission.DEPLOYEE: "Déclarer la mission déployée",
    StatutMission.EVALUEE: "Enregistrer l'évaluation",
}


def open_missions(cpts: Cpts) -> int:
    """Open the socle missions and the years of the money of a signed ACI. Returns the missions created: 0 again.

    The deadlines of what has not begun follow the day of the signature.
    """
    if cpts.aci_signe_le is None:
        return 0
    with act():
        connues = {mission.type: mission for mission in Mission.objects.filter(cpts=cpts).order_by("pk")[:20]}
        nouvelles = []
        for type_mission in SOCLE:
            limites = compute_limites(type_mission, cpts.aci_signe_le)
            connue = connues.get(type_mission)
            if connue is None:
                nouvelles.append(
                    Mission(cpts=cpts, type=type_mission, demarrage_limite=limites[0], deploiement_limite=limites[1])
                )
            elif (connue.demarrage_limite, connue.deploiement_limite) != limites:
                valeurs = {"demarrage_limite": limites[0], "deploiement_limite": limites[1]}
                Mission.objects.filter(pk=connue.pk).update(**valeurs)
        Mission.objects.bulk_create(nouvelles, ignore_conflicts=True)
        creees = len(nouvelles)
        refresh_argent(cpts)
        if creees:
            write_evenement(cpts, "missions_ouvertes", None, nombre=creees)
    return creees


def open_optionnelle(cpts: Cpts, type_mission: str, *, par: Any) -> Mission:
    """An optional mission, with a free calendar. Raises DroitRefuse, ActeInvalide."""
    check_ecriture(par, cpts)
    if type_mission not in OPTIONNELLES:
        raise ActeInvalide("Choisissez une mission optionnelle.", {"type": "Choisissez une mission optionnelle."})
    if cpts.aci_signe_le is None:
        raise ActeInvalide("Les missions s'ouvrent à la signature de l'ACI.")
    with act():
        mission = Mission.objects.create(cpts=cpts, type=type_mission)
        write_evenement(cpts, "mission_ouverte", par, mission=type_mission)
        refresh_argent(cpts)
    return mission


def list_suites(mission: Mission, user: Any) -> list[tuple[str, str]]:
    """The acts that this person may do now: (state aimed at, its label)."""
    cible = SUITE.get(mission.statut)
    if cible is None or not may_advance(user, mission.cpts, cible):
        return []
    return [(cible, ACTES[cible])]


def may_advance(user: Any, cpts: Cpts, cible: str) -> bool:
    """Coordinators start and deploy; only the ARS evaluates, and never one's own coordination."""
    if cible != StatutMission.EVALUEE:
        return may_edit(user, cpts)
    return may_instruct(user, cpts) and not is_coordinateur(read_portee(user), cpts)


def may_correct(user: Any, cpts: Cpts) -> bool:
    return may_advance(user, cpts, StatutMission.EVALUEE)


def advance_mission(mission: Mission, cible: str, *, jour: date, par: Any, version: int) -> Mission:
    """One step forward on that day. Raises DroitRefuse, ActeInvalide, VersionPerimee, TransitionImpossible."""
    if not may_advance(par, mission.cpts, cible):
        raise DroitRefuse("Cet acte revient à l'ARS, jamais à une personne qui coordonne cette CPTS.")
    if jour > timezone.localdate():
        raise ActeInvalide("Ce jour est à venir.", {"jour": "Choisissez aujourd'hui ou un jour passé."})
    if SUITE.get(mission.statut) != cible:
        raise TransitionImpossible(
            f"Cette mission est « {mission.get_statut_display()} » : l'acte n'est plus possible."
        )
    with act():
        _move(mission, version, statut=cible, **{CHAMP_DATE[cible]: jour})
        write_evenement(mission.cpts, f"mission_{cible}", par, mission=mission.type, jour=jour.isoformat())
        refresh_argent(mission.cpts)
    return mission


def revert_mission(mission: Mission, *, motif: str, par: Any, version: int) -> Mission:
    """One step back, to correct a date or an act done too early; the ARS, with its reason."""
    if not may_correct(par, mission.cpts):
        raise DroitRefuse("Une correction revient à l'ARS, jamais à une personne qui coordonne cette CPTS.")
    if not motif.strip():
        raise ActeInvalide("Écrivez pourquoi.", {"motif": "Écrivez pourquoi cet état est corrigé."})
    refuse_nir(motif=motif)
    source = mission.statut
    if source not in RETOUR:
        raise TransitionImpossible("Cette mission n'a pas démarré : rien n'est à corriger.")
    with act():
        _move(mission, version, statut=RETOUR[source], **{CHAMP_DATE[source]: None})
        write_evenement(mission.cpts, "mission_corrigee", par, mission=mission.type, de=source, motif=motif[:500])
        refresh_argent(mission.cpts)
    return mission


def describe_mission(mission: Mission, description: str, *, par: Any, version: int) -> Mission:
    """What the CPTS undertakes, in its words."""
    check_ecriture(par, mission.cpts)
    refuse_nir(description=description)
    with act():
        _move(mission, version, description=description[:4000])
        write_evenement(mission.cpts, "mission_decrite", par, mission=mission.type)
    return mission


def _move(mission: Mission, version: int, **valeurs: Any) -> None:
    """The row, if nobody changed it since the page was opened."""
    if not Mission.objects.filter(pk=mission.pk, version=version, statut=mission.statut).update(
        version=F("version") + 1, **valeurs
    ):
        raise VersionPerimee(CHANGE)
    mission.refresh_from_db()


def check_ecriture(user: Any, cpts: Cpts) -> None:
    if not may_edit(user, cpts):
        raise DroitRefuse("Cette CPTS est ouverte en lecture : demandez à un de ses coordinateurs, ou à l'ARS.")


def add_preuve(
    mission: Mission,
    *,
    genre: str,
    libelle: str,
    jour: date,
    objet: str = "",
    document: Document | None = None,
    par: Any = None,
) -> Preuve:
    """What shows that a mission is carried out. The same `objet` (« cpts.reunion:12 ») serves again, updated.

    The caller has checked the right on what the proof speaks of. Inside a transaction.
    """
    if genre not in GenrePreuve.values:
        raise ValueError(genre)
    valeurs = {"genre": genre, "libelle": libelle[:200], "jour": jour, "document": document}
    if objet:
        Preuve.objects.filter(objet=objet).exclude(mission=mission).delete()
        preuve, creee = Preuve.objects.update_or_create(
            mission=mission, objet=objet, defaults=valeurs, create_defaults={**valeurs, "ajoutee_par": par}
        )
    else:
        preuve, creee = Preuve.objects.create(mission=mission, ajoutee_par=par, **valeurs), True
    if creee:
        write_evenement(mission.cpts_id, "preuve_ajoutee", par, mission=mission.type, genre=genre, objet=objet)
    return preuve


def remove_preuve(objet: str, *, par: Any = None) -> int:
    """Whatever mission it served: the meeting or the action is gone, or serves none. Inside a transaction."""
    retirees = list(Preuve.objects.filter(objet=objet).select_related("mission").order_by("pk")[:20])
    for preuve in retirees:
        preuve.delete()
        write_evenement(preuve.mission.cpts_id, "preuve_retiree", par, mission=preuve.mission.type, objet=objet)
    return len(retirees)


def delete_document(preuve: Preuve, *, par: Any) -> None:
    """Take away a document given as a proof; a meeting or an action goes from its own page."""
    check_ecriture(par, preuve.mission.cpts)
    if preuve.genre != GenrePreuve.DOCUMENT:
        raise ActeInvalide("Cette preuve suit sa réunion ou son action : retirez-la de là.")
    with act():
        document, mission = preuve.document, preuve.mission
        preuve.delete()
        if document is not None:
            erase_document(document)
        write_evenement(mission.cpts, "preuve_retiree", par, mission=mission.type, objet="document")


def list_a_ouvrir(limite: int = 500) -> list[Cpts]:
    """The signed ACI without a socle mission or a year of money: what an act before this table left, or a loading."""
    sans = Q(missions=None) | Q(exerciceacis=None)
    return list(Cpts.objects.filter(sans, aci_signe_le__isnull=False).distinct().order_by("code")[:limite])


LIBELLES_MISSION: dict[str, str] = {str(code): str(libelle) for code, libelle in TypeMission.choices}
