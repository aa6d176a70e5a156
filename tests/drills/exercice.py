"""The simplest act of the drill, and its task. Run inside Django: by the worker, the relay and the producer."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from celery import current_app, shared_task
from django.db import DatabaseError, InterfaceError, connection, transaction

from portal.core.outbox import post
from portal.core.taches import tache


def write_one(numero: int) -> None:
    """Some 20 ms of work, and one row that nothing forbids to write twice: a duplicate is seen."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO exercice_effet (numero) VALUES (%s)", [numero])
    time.sleep(0.02)


@tache("exercice.effet")
def write_effect(numero: int) -> None:
    write_one(numero)


@shared_task(name="exercice.direct", acks_late=False, ignore_result=True)
def write_effect_directly(numero: int) -> None:
    """The control: sent once, straight to the queue, acknowledged before it runs."""
    write_one(numero)


def file_act(numero: int) -> None:
    """What an act is: its row and its intent, or neither."""
    with transaction.atomic():
        _insert(numero)
        post("exercice.effet", numero)


def file_act_without_outbox(numero: int) -> None:
    with transaction.atomic():
        _insert(numero)
        transaction.on_commit(lambda: current_app.send_task("exercice.direct", [numero]), robust=True)


def _insert(numero: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO exercice_acte (numero) VALUES (%s)", [numero])


def produce(acquittes: str, debit: float, acte: Callable[[int], None], graine: int) -> None:
    """File acts until killed; write the number of each one that was acknowledged, as a person would have seen it."""
    alea = random.Random(graine)
    numero = 0
    with Path(acquittes).open("a", buffering=1) as registre:
        while True:
            numero += 1
            try:
                acte(numero)
            except (DatabaseError, InterfaceError):  # the person sees an error page: nothing was promised
                connection.close()
                time.sleep(0.1)
            else:
                registre.write(f"{numero}\n")
            time.sleep(alea.expovariate(debit))
