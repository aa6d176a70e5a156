"""The control: no outbox. A task is sent once, straight to the queue after the commit, acknowledged before it runs."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from celery import current_app, shared_task
from django.db import transaction

from aides.suivi import depot, messages
from portal.core import outbox


@dataclass(frozen=True)
class CourseLibre:
    """A run without a fence: nothing tells two of them apart."""

    id: int

    def tranche(self) -> AbstractContextManager[None]:
        return transaction.atomic()


@shared_task(name="temoin.direct", acks_late=False, reject_on_worker_lost=False, ignore_result=True)
def run_directly(nom: str, arguments: list[int | str]) -> None:
    tache = current_app.tasks[nom]
    if tache.atomique:
        with transaction.atomic():
            tache.fonction(*arguments)
    else:
        tache.fonction(CourseLibre(time.time_ns()), *arguments)


def send_directly(tache: str, *arguments: int | str, cle: str = "", dans: timedelta = timedelta(0)) -> None:
    transaction.on_commit(lambda: current_app.send_task("temoin.direct", [tache, list(arguments)]), robust=True)


def install() -> None:
    """In the place of `post`, in this process."""
    for module in (depot, messages, outbox):
        module.post = send_directly


install()
