"""What happens below, and the part of the table that it concerns. Called by the outbox: keys, days and codes only."""

import time

from django.utils import timezone

from aides.catalogue import catalogue
from aides.contrats.campagnes import close_finies
from aides.contrats.paiements import open_paiements
from aides.contrats.rappels import LOT as RAPPELS_LOT
from aides.contrats.rappels import ask_rappels, send_rappel
from aides.contrats.signature import reach_termes, start_contrats
from aides.courriers.emission import make_pdf
from aides.dossiers import annonces, relances
from aides.dossiers.controles import record_controles
from aides.eligibilite.calcul import is_due, refresh_eligibilite
from aides.eligibilite.classes import PARTOUT, Portee, list_professions
from aides.models import EtatSuivi, Suivi
from aides.open_data import is_due as is_package_due
from aides.open_data import publish_package
from aides.suivi import causes, envois
from aides.suivi.depot import purge_non_confirmes
from aides.suivi.messages import ask_to_send, open_echeances
from portal.core.cache import forget_version
from portal.core.taches import Course, tache

DUREE = 120
"""Seconds: the whole country takes one or two; the rest is waiting for the run under way."""


@tache("aides.eligibilite_zones", atomique=False, duree=DUREE)
def refresh_zones_eligibilite(course: Course, profession: str, region: str) -> None:
    """The zones of a profession changed in a région (empty: in all of them)."""
    portee = Portee((profession,), (region,) if region else None)
    refresh_eligibilite(
        portee, au=timezone.localdate(), ouvre=course.tranche, cause=f"zonage.zones {profession} {region}".strip()
    )


@tache("aides.eligibilite_territoire", atomique=False, duree=DUREE)
def refresh_territoire_eligibilite(course: Course, cle: str) -> None:
    """Communes, places or lists changed: everything is considered, only what differs is written."""
    refresh_eligibilite(PARTOUT, au=timezone.localdate(), ouvre=course.tranche, cause=f"zonage.territoire {cle}")


@tache("aides.eligibilite_regle", atomique=False, duree=DUREE)
def refresh_regle_eligibilite(course: Course, code: str) -> None:
    """A rule changed: its professions (empty: all of them), everywhere."""
    dispositif = catalogue().dispositif(code)
    professions = list_professions(dispositif.professions) if dispositif else None
    refresh_eligibilite(
        Portee(professions), au=timezone.localdate(), ouvre=course.tranche, cause=f"aides.regle {code}".strip()
    )


@tache("aides.eligibilite_parametre", atomique=False, duree=DUREE)
def refresh_parametre_eligibilite(course: Course, region: str) -> None:
    """A regional amount changed: that région, every profession."""
    refresh_eligibilite(
        Portee(None, (region,)), au=timezone.localdate(), ouvre=course.tranche, cause=f"aides.parametre {region}"
    )


@tache("aides.eligibilite_jour", atomique=False, duree=DUREE)
def refresh_jour_eligibilite(course: Course) -> None:
    """The day turned, or a release brought other rules: periods begin and end. No run when nothing of it moved."""
    au = timezone.localdate()
    if is_due(au):
        refresh_eligibilite(PARTOUT, au=au, ouvre=course.tranche, cause=f"jour {au:%Y-%m-%d}")


DUREE_ENVOIS = 60.0
"""Seconds that one intent writes mails; the rest is asked for again."""


def _evaluate(course: Course, fait: causes.Fait) -> None:
    causes.evaluate_cause(f"envoi:{course.id}", fait, au=timezone.localdate(), ouvre=course.tranche)


@tache("aides.suivi_zones", atomique=False, duree=DUREE)
def read_zones_suivis(course: Course, profession: str, region: str) -> None:
    """Whose rights changed with the zones of a profession in a région."""
    _evaluate(course, causes.describe_zones(profession, region))


@tache("aides.suivi_territoire", atomique=False, duree=DUREE)
def read_territoire_suivis(course: Course, cle: str) -> None:
    """Whose rights changed with the communes, their territoires or the lists."""
    _evaluate(course, causes.describe_territoire(cle))


@tache("aides.suivi_regle", atomique=False, duree=DUREE)
def read_regle_suivis(course: Course, code: str) -> None:
    """Whose rights changed with a local scheme."""
    forget_version()
    _evaluate(course, causes.describe_regle(code))


@tache("aides.suivi_parametre", atomique=False, duree=DUREE)
def read_parametre_suivis(course: Course, region: str) -> None:
    """Whose rights changed with a regional amount."""
    _evaluate(course, causes.describe_parametre(region))


@tache("aides.suivi_messages", atomique=False, duree=DUREE)
def send_cause_messages(course: Course, cause: int) -> None:
    """Write what waits about a cause; what does not fit in a minute is asked for again."""
    limite = time.monotonic() + DUREE_ENVOIS
    if not envois.send_messages(cause, ouvre=course.tranche, encore=lambda: time.monotonic() < limite):
        with course.tranche():
            ask_to_send(cause)


@tache("aides.suivi_confirmation")
def send_suivi_confirmation(suivi: int) -> None:
    envois.send_confirmation(suivi)


@tache("aides.suivi_jour", atomique=False, duree=DUREE)
def read_jour_suivis(course: Course) -> None:
    """What takes effect today is due; what a release of the rules changes is read; what nobody confirmed is erased."""
    with course.tranche():
        open_echeances(au=timezone.localdate())
    with course.tranche():
        purge_non_confirmes(le=timezone.now())
    forget_version()
    empreinte = catalogue().empreinte
    if Suivi.objects.filter(etat=EtatSuivi.ACTIF).exclude(regles=empreinte).exists():
        causes.evaluate_cause(
            f"envoi:{course.id}", causes.describe_portail(empreinte), au=timezone.localdate(), ouvre=course.tranche
        )


DUREE_DONNEES = 200


@tache("aides.donnees_ouvertes", atomique=False, duree=DUREE_DONNEES, entre=DUREE_DONNEES)
def publish_donnees_ouvertes(course: Course) -> None:
    """The files of the open data, when what they come from changed since the last ones."""
    if is_package_due():
        publish_package(course.tranche)


@tache("aides.courriel_dossier")
def send_courriel_dossier(acte: int) -> None:
    """An agent acted on a file: its applicant is told."""
    annonces.send_annonce(acte)


@tache("aides.courrier_pdf")
def write_courrier_pdf(courrier: int) -> None:
    """The PDF of a letter already decided: tried again until it is there."""
    make_pdf(courrier)


@tache("aides.courriel_relance")
def send_courriel_relance(evenement: int) -> None:
    """A correction is awaited: its applicant is reminded."""
    relances.send_relance(evenement)


@tache("aides.contrats_jour", atomique=False, duree=DUREE)
def advance_contrats(course: Course) -> None:
    """The day turned: contracts begin, payments fall due, terms are reached. Nothing to do the second time."""
    au = timezone.localdate()
    for act in (start_contrats, open_paiements, reach_termes, close_finies):
        with course.tranche():
            act(au)


@tache("aides.rappels_jour", atomique=False, duree=DUREE)
def remind_echeances(course: Course) -> None:
    """Each night, what falls due or is late is said once to each person, a piece at a time."""
    ecrits = RAPPELS_LOT
    while ecrits >= RAPPELS_LOT:
        with course.tranche():
            ecrits = ask_rappels(timezone.localdate())


@tache("aides.courriel_rappel")
def send_courriel_rappel(rappel: int) -> None:
    """One message about one line, one threshold and one person."""
    send_rappel(rappel)


@tache("aides.controles_jour", atomique=False, duree=DUREE_DONNEES)
def check_dossiers(course: Course) -> None:
    """Every check over every file: what is new is opened, what is mended is closed."""
    record_controles(ouvre=course.tranche)
