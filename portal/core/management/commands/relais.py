"""`manage.py relais`: send to the queue what acts asked for, and take the turns of the periodic jobs."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.core.outbox import read_etat
from portal.core.relais import deliver_here, hold


class Command(BaseCommand):
    help = (
        "Relaie les travaux demandés vers la file, et tient l'horaire des travaux périodiques. "
        "Plusieurs relais peuvent tourner ensemble. Ctrl-C ou SIGTERM l'arrête."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--etat", action="store_true", help="dit ce qui attend ; code 1 si quelque chose est bloqué"
        )
        parser.add_argument("--ici", action="store_true", help="exécute ici, sans file, ce qui est dû, puis s'arrête")
        parser.add_argument(
            "--retard", type=int, default=600, metavar="SECONDES", help="avec --etat : attente tolérée (600)"
        )

    def handle(self, *, etat: bool, ici: bool, retard: int, **options: Any) -> None:
        if etat:
            self.tell(retard)
        elif ici:
            self.stdout.write(f"{deliver_here()} travaux faits")
        else:
            demandes: list[int] = []

            def stop(numero: int, cadre: FrameType | None) -> None:
                demandes.append(numero)

            for numero in (signal.SIGINT, signal.SIGTERM):
                signal.signal(numero, stop)
            hold(lambda: bool(demandes))

    def tell(self, retard: int) -> None:
        lu = read_etat()
        age = int(lu.plus_ancien or 0)
        self.stdout.write(
            f"À envoyer : {lu.a_envoyer}. Envoyés, pas encore faits : {lu.envoyes}. "
            f"Le plus ancien attend depuis {age} s. En quarantaine : {lu.quarantaine}."
        )
        if lu.quarantaine:
            raise CommandError(
                "Des travaux sont en quarantaine : voir « Envois » dans l'administration, puis relancer."
            )
        if age > retard:
            raise CommandError("Les travaux ne s'écoulent plus : vérifier le relais, la file et le travailleur.")
