"""The portal's own background work: the sign of life, and the end of what is done."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.db import connection

from portal.core.analyses import analyse, ask_missing, find_document, record_analyse, send_rejet, sweep
from portal.core.antivirus import AntivirusMuet
from portal.core.conservation_nuit import run_nuit
from portal.core.courriels import EN_PANNE
from portal.core.journal import record_verification
from portal.core.mes_donnees import make_export
from portal.core.preavis import send_preavis
from portal.core.taches import Course, Reporte, tache, write_heartbeat

ANALYSE_DUREE = 45
PANNE_COURRIEL = timedelta(minutes=1)

# Bounded: a purge that is late takes several turns, and never holds many rows at once.
PURGES = (
    """DELETE FROM core_envoi WHERE id IN (SELECT id FROM core_envoi
        WHERE statut = 'fait' AND fait_le < now() - %(jours)s * interval '1 day'
        ORDER BY fait_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_envoi WHERE id IN (SELECT id FROM core_envoi
        WHERE statut = 'fait' AND tache = 'core.battement' AND fait_le < now() - interval '1 hour'
        ORDER BY fait_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_creneau WHERE id IN (SELECT id FROM core_creneau WHERE pris_le < now() - interval '40 days'
        ORDER BY pris_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_creneau WHERE id IN (SELECT id FROM core_creneau
        WHERE nom = 'battement' AND pris_le < now() - interval '1 hour' ORDER BY pris_le LIMIT 10000
        FOR UPDATE SKIP LOCKED)""",
)


@tache("core.battement")
def beat() -> None:
    """Prove the whole way: turn, row, relay, queue, worker, base. It leaves the time in Valkey for the supervisor."""
    write_heartbeat()


@tache("core.purge")
def purge() -> int:
    """Erase what was done more than `garde_jours` days ago. What waits, failed or was dropped stays."""
    with connection.cursor() as cursor:
        lignes = 0
        for requete in PURGES:
            cursor.execute(requete, {"jours": settings.MAILLAGE_RELAIS["garde_jours"]})
            lignes += cursor.rowcount
    return lignes


@tache("core.analyse_document", atomique=False, duree=ANALYSE_DUREE, entre=ANALYSE_DUREE)
def analyse_document(course: Course, identifiant: str) -> None:
    """Ask the antivirus outside any transaction, then write its answer. Silent or down: later, not counted."""
    document = find_document(identifiant)
    if document is None:
        return
    try:
        statut = analyse(document)
    except AntivirusMuet as muet:
        raise Reporte(muet.delai, str(muet)) from None
    with course.tranche():
        record_analyse(document, statut)


@tache("core.previent_rejet")
def tell_rejet(identifiant: str) -> None:
    """Tell who handed in an infected document that it was taken away."""
    try:
        send_rejet(identifiant)
    except EN_PANNE as erreur:
        raise Reporte(PANNE_COURRIEL, f"le courrier n'est pas parti ({type(erreur).__name__})") from None


@tache("core.analyses")
def ask_analyses() -> None:
    """Ask again for the documents that still wait."""
    ask_missing()


@tache("core.balayage")
def sweep_octets() -> None:
    """Erase the bytes that no document names."""
    sweep()


@tache("core.journal", atomique=False, duree=180, entre=180)
def check_journal(course: Course) -> None:
    """Compute every seal of the journal again."""
    record_verification()


@tache("core.conservation", atomique=False, duree=190, entre=190)
def conservation(course: Course) -> None:
    """Tell who is concerned, then purge what is over, slice after slice."""
    run_nuit(course.tranche)


@tache("core.preavis")
def preavis(identifiant: int) -> None:
    """Tell somebody that something of theirs goes in thirty days."""
    try:
        send_preavis(identifiant)
    except SMTPRecipientsRefused:
        return
    except EN_PANNE as erreur:
        raise Reporte(PANNE_COURRIEL, f"le courrier n'est pas parti ({type(erreur).__name__})") from None


@tache("core.export_donnees", duree=180)
def export_donnees(identifiant: str) -> None:
    """Make the copy of one's data that somebody asked for."""
    make_export(identifiant)
