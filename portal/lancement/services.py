"""PostgreSQL and Valkey for one command: those of DATABASE_URL and REDIS_URL, else the embedded ones."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator

from portal.embarque import Postgres, Valkey
from portal.lancement.chemins import SERVICES, VAR
from portal.lancement.controles import check_folder, end_leftovers, is_locked, read_secret_key, take_lock

Dire = Callable[[str], None]


class Services:
    """What is embedded here (nothing when both addresses are given), and the environment that every child receives."""

    def __init__(self) -> None:
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.env = dict(os.environ)
        self.env.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

    @property
    def base_embarquee(self) -> bool:
        return self.postgres is not None

    def start(self, dire: Dire) -> None:
        """Start what is missing and write the addresses for `./maillage manage`. Raises Panne."""
        self.env.setdefault("DJANGO_SECRET_KEY", read_secret_key())
        if not self.env.get("DATABASE_URL"):
            self.postgres = Postgres(VAR)
            self.env["DATABASE_URL"] = self.postgres.start()
            dire("PostgreSQL embarqué démarré")
        if not self.env.get("REDIS_URL"):
            self.valkey = Valkey(VAR)
            self.env["REDIS_URL"] = self.valkey.start()
            dire("Valkey embarqué démarré")
        SERVICES.unlink(missing_ok=True)
        SERVICES.touch(mode=0o600)
        SERVICES.write_text(
            json.dumps({nom: self.env[nom] for nom in ("DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY")})
        )

    def stop(self) -> None:
        SERVICES.unlink(missing_ok=True)
        for service in (self.valkey, self.postgres):
            if service is not None:
                service.stop()

    def restart_dead(self) -> list[str]:
        """Start again the embedded servers that ended by themselves, at the same addresses. Returns their names."""
        morts = []
        for nom, service in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if service is not None and (service.processus is None or service.processus.poll() is not None):
                service.start()
                morts.append(nom)
        return morts

    def pids(self) -> list[int]:
        return [service.processus.pid for service in (self.valkey,) if service and service.processus]


@contextlib.contextmanager
def open_services(dire: Dire) -> Iterator[dict[str, str]]:
    """The environment for one command: the services of the running portal, else some of our own for its duration."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield Services().env
        return
    check_folder()
    if is_locked() and SERVICES.exists():
        env = {"DJANGO_SETTINGS_MODULE": "portal.settings.dev"} | json.loads(SERVICES.read_text())
        yield env | dict(os.environ)
        return
    with take_lock():
        end_leftovers()
        services = Services()
        try:
            services.start(dire)
            yield services.env
        finally:
            services.stop()
