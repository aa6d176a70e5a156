"""The runs of long jobs: told as they go, stopped when somebody asks, never left « en cours » (docs/adr/0085).

    with run_execution("aides.eligibilite", "Éligibilités…", cause="zonage.zones medecin 27", etapes=4) as marche:
        with transaction.atomic():
            marche.begin("Classes de communes")       # raises ExecutionAnnulee when somebody asked to stop
            marche.add(lues=..., ecrites=...)

The work is one transaction, so that nobody reads half of it; what is told of it is written beside that transaction, on
a connection of its own. Called inside a transaction already open, it has none beside: it is then told at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from portal.core.models import SILENCE_MAX, Evenement, Execution

PROGRES = """
UPDATE core_execution SET etape = %s, etapes_faites = %s, lignes_lues = %s, lignes_ecrites = %s, battement_le = now()
 WHERE id = %s RETURNING annulation_demandee
"""


class ExecutionAnnulee(Exception):
    """Somebody asked this run to stop: what it had begun is undone."""


class Marche:
    """A run under way, as its job sees it."""

    def __init__(self, execution: Execution, journal: BaseDatabaseWrapper) -> None:
        self.execution = execution
        self.journal = journal

    @property
    def numero(self) -> int:
        return int(self.execution.pk)

    def begin(self, etape: str) -> None:
        """Say which step begins. Raises ExecutionAnnulee when somebody asked to stop."""
        une = self.execution
        une.etapes_faites += bool(une.etape)
        une.etape = etape[:80]
        with self.journal.cursor() as cursor:
            cursor.execute(PROGRES, [une.etape, une.etapes_faites, une.lignes_lues, une.lignes_ecrites, une.pk])
            lue = cursor.fetchone()
        if lue and lue[0]:
            raise ExecutionAnnulee

    def add(self, *, lues: int = 0, ecrites: int = 0) -> None:
        self.execution.lignes_lues += lues
        self.execution.lignes_ecrites += ecrites


@contextmanager
def run_execution(nature: str, libelle: str, *, cause: str, etapes: int) -> Iterator[Marche]:
    """Open a run and close it whatever happens. A run that is stopped on demand ends here, without an exception.

    What fails is raised again, for the outbox to try later; the row keeps the kind of error, never its text, which may
    quote a datum.
    """
    close_silent()
    execution = Execution.objects.create(
        nature=nature, libelle=libelle[:200], cause=cause[:200], etapes_prevues=etapes
    )
    dedans = connection.in_atomic_block
    journal = connection if dedans else connection.copy()
    marche = Marche(execution, journal)
    try:
        yield marche
    except ExecutionAnnulee:
        execution.lignes_ecrites = 0
        _close(execution, Execution.Statut.ANNULEE)
    except BaseException as erreur:
        if not (dedans and connection.needs_rollback):
            execution.lignes_ecrites = 0
            execution.erreur = f"Erreur interne ({type(erreur).__name__}) : rien n'a été écrit."
            _close(execution, Execution.Statut.ECHEC)
        raise
    else:
        execution.etapes_faites = execution.etapes_prevues
        _close(execution, Execution.Statut.TERMINEE)
    finally:
        if not dedans:
            journal.close()


def _close(execution: Execution, statut: Execution.Statut) -> None:
    """What the run says of itself at its end prevails over whoever thought it dead."""
    execution.statut = statut
    execution.terminee_le = execution.battement_le = timezone.now()
    Execution.objects.filter(pk=execution.pk).update(
        statut=statut,
        etapes_faites=execution.etapes_faites,
        lignes_lues=execution.lignes_lues,
        lignes_ecrites=execution.lignes_ecrites,
        erreur=execution.erreur,
        battement_le=execution.battement_le,
        terminee_le=execution.terminee_le,
    )


def close_silent() -> int:
    """Write « interrompue » on the runs that gave no sign of life for too long. Returns how many."""
    maintenant = timezone.now()
    muettes = Execution.objects.filter(statut=Execution.Statut.EN_COURS, battement_le__lt=maintenant - SILENCE_MAX)
    return muettes.update(statut=Execution.Statut.INTERROMPUE, terminee_le=maintenant)


@transaction.atomic
def ask_cancel(execution: Execution, *, par: Any) -> bool:
    """Ask a run to stop at its next step, and journal who asked. False when it is no longer under way."""
    vivante = Execution.objects.filter(pk=execution.pk, statut=Execution.Statut.EN_COURS, annulation_demandee=False)
    if not vivante.update(annulation_demandee=True):
        return False
    Evenement.objects.create(objet=f"core.execution:{execution.pk}", action="annulation", auteur=par)
    return True
