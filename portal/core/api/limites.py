"""How many requests an address may make. Counted in Valkey by lots; when Valkey is down, counted in the process alone.

A process takes several requests at once from the shared counter (`LOTS` lots a window), so most requests cost no round
trip. The first lot of a window is counted when it is used up, together with the second: most callers make few requests
and cost none at all. The price: a caller served by n processes may be refused up to n × (lot - 1) requests early, or
n × lot requests late; with one process the count is exact.
"""

import hashlib
import logging
import threading
import time
from ipaddress import IPv6Address, ip_address
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework import exceptions
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger("maillage.api")

LOTS = 60
DELAI_VALKEY = 0.25
PAUSE_APRES_PANNE = 10
CLES_MAX = 20_000
DUREES = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Compteur:
    """The requests of each key in the current window. `take` never raises and never waits more than `DELAI_VALKEY`."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(
            url, socket_timeout=DELAI_VALKEY, socket_connect_timeout=DELAI_VALKEY, retry=Retry(NoBackoff(), 0)
        )
        self.verrou = threading.Lock()
        self.restes: dict[tuple[str, int], int] = {}
        self.locaux: dict[tuple[str, int], int] = {}
        self.dus: dict[tuple[str, int], int] = {}
        self.sature = -1
        self.panne_jusque = 0.0

    def take(self, cle: str, *, limite: int, duree: int) -> float | None:
        """None: allowed. A number: refused, seconds to wait."""
        maintenant = time.time()
        fenetre = int(maintenant // duree)
        attente = (fenetre + 1) * duree - maintenant
        with self.verrou:
            reste = self.restes.get((cle, fenetre))
            if reste is None:
                return self._open(cle, fenetre, limite, duree, attente)
            if reste > 0:
                self.restes[cle, fenetre] = reste - 1
                return None
            if reste < 0:
                return attente
            return self._take_lot(cle, fenetre, limite, duree, attente)

    def _open(self, cle: str, fenetre: int, limite: int, duree: int, attente: float) -> float | None:
        """The first request of a window: its lot is owed to the shared counter, unless the memory was just emptied."""
        if len(self.restes) >= CLES_MAX or len(self.locaux) >= CLES_MAX:
            self._forget(fenetre)
        lot = limite // LOTS
        if lot < 2 or fenetre <= self.sature:
            return self._take_lot(cle, fenetre, limite, duree, attente)
        self.restes[cle, fenetre] = lot - 1
        self.dus[cle, fenetre] = lot
        return None

    def _take_lot(self, cle: str, fenetre: int, limite: int, duree: int, attente: float) -> float | None:
        lot = max(1, limite // LOTS)
        total = self._increment(cle, fenetre, lot + self.dus.pop((cle, fenetre), 0), duree)
        accordes = min(lot, limite - (total - lot))
        self.restes[cle, fenetre] = accordes - 1 if accordes > 0 else -1
        return None if accordes > 0 else attente

    def _increment(self, cle: str, fenetre: int, lot: int, duree: int) -> int:
        if time.monotonic() >= self.panne_jusque:
            try:
                with self.client.pipeline(transaction=False) as tube:
                    tube.incrby(f"maillage:limite:{cle}:{fenetre}", lot)
                    tube.expire(f"maillage:limite:{cle}:{fenetre}", duree + 5)
                    return int(tube.execute()[0])
            except redis.RedisError as erreur:
                self.panne_jusque = time.monotonic() + PAUSE_APRES_PANNE
                logger.warning("Valkey does not answer (%s): requests are counted by process", type(erreur).__name__)
        self.locaux[cle, fenetre] = total = self.locaux.get((cle, fenetre), 0) + lot
        return total

    def _forget(self, fenetre: int) -> None:
        """Bound the memory: past windows and, under a flood of addresses, everything; then lend nothing."""
        if any(ouverte == fenetre for _, ouverte in self.restes):
            self.sature = fenetre
        self.restes.clear()
        self.locaux.clear()
        self.dus.clear()


class LimiteParAdresse(BaseThrottle):
    """The limit of `DEFAULT_THROTTLE_RATES["anon"]` for one IPv4 address or one IPv6 /64."""

    _compteurs: dict[str, Compteur] = {}

    def __init__(self) -> None:
        self.attente: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        taux = api_settings.DEFAULT_THROTTLE_RATES["anon"]
        if not taux:
            return True
        nombre, periode = str(taux).split("/")
        compteur = self._compteurs.get(settings.REDIS_URL) or self._compteurs.setdefault(
            settings.REDIS_URL, Compteur(settings.REDIS_URL)
        )
        duree = DUREES[periode[0]]
        self.attente = compteur.take(build_cle(self.get_ident(request)), limite=int(nombre), duree=duree)
        return self.attente is None

    def charge(self, request: Any, poids: int) -> None:
        """Count a heavy request as several: `poids` more, never beyond the whole limit. Raises Throttled."""
        taux = api_settings.DEFAULT_THROTTLE_RATES["anon"]
        maximum = int(str(taux).split("/")[0]) - 1 if taux else 0
        for _ in range(min(poids, maximum)):
            if not self.allow_request(request, None):
                raise exceptions.Throttled(self.attente)

    def get_ident(self, request: Any) -> str:
        """The address of the caller, as the framework reads it, without parsing every header."""
        meta = request._request.META
        mandataires = api_settings.NUM_PROXIES
        if not mandataires or "HTTP_X_FORWARDED_FOR" not in meta:
            return str(meta.get("REMOTE_ADDR", ""))
        adresses = meta["HTTP_X_FORWARDED_FOR"].split(",")
        return str(adresses[-min(mandataires, len(adresses))]).strip()

    def wait(self) -> float | None:
        return self.attente


def build_cle(adresse: str | None) -> str:
    """A keyed digest: the counter never holds an address in clear."""
    try:
        ip = ip_address((adresse or "").strip())
    except ValueError:
        reseau = "inconnue"
    else:
        reseau = str(int(ip) >> 64) if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None else str(ip)
    return hashlib.blake2b(reseau.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=12).hexdigest()
