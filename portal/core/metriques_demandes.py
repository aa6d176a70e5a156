"""How many requests, of which class of answer, and how long: counted in each process, summed in Valkey.

A request adds to a table of its process and that is all; a thread carries what was added to Valkey every few seconds,
in one pipeline, so that the processes of all the machines are read as one. Valkey away: the table waits, bounded by
its keys, and no request is the slower. Nobody's data: a family is the first word of an address that this portal
declares, never what somebody typed.
"""

import atexit
import os
import re
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import redis
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from redis.backoff import NoBackoff
from redis.retry import Retry

CLE = "maillage:metriques:demandes"
SEUILS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram, in seconds; one more is infinite."""
AUTRE = "autre"
ACCUEIL = "accueil"
ENVOI = 5.0
"""Seconds between two pipelines of a process."""
LIAISON_MAX = 0.5


def list_familles() -> frozenset[str]:
    """The first words of the addresses that are declared: what is counted apart. Bounded by the code."""
    return frozenset({*_first_words(get_resolver().url_patterns), settings.STATIC_URL.strip("/")} - {""})


def _first_words(motifs: "list[URLPattern | URLResolver]") -> Iterator[str]:
    for motif in motifs:
        mot, barre, _ = str(motif.pattern).partition("/")
        mot = mot.removeprefix("^")
        if mot and re.fullmatch(r"[a-z0-9-]+", mot):
            yield mot
        elif not mot and not barre and isinstance(motif, URLResolver):
            yield from _first_words(motif.url_patterns)


def find_famille(chemin: str, familles: frozenset[str]) -> str:
    mot = chemin[1:].partition("/")[0]
    return mot if mot in familles else ACCUEIL if not mot else AUTRE


class Compteurs:
    """The table of one process, and the thread that empties it. Started with the first request: after the fork."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.verrou = threading.Lock()
        self.comptes: Counter[str] = Counter()
        self.durees: dict[str, float] = {}
        self.pid = 0
        self.client: Any = None

    def add(self, famille: str, statut: int, secondes: float) -> None:
        rang = bisect_left(SEUILS, secondes)
        with self.verrou:
            self.comptes[f"n|{famille}|{statut // 100}xx"] += 1
            self.comptes[f"h|{famille}|{rang}"] += 1
            self.durees[famille] = self.durees.get(famille, 0.0) + secondes
        if self.pid != os.getpid():
            self.start()

    def start(self) -> None:
        with self.verrou:
            if self.pid == os.getpid():
                return
            self.pid = os.getpid()
            self.client = None
        threading.Thread(target=self._carry, name="metriques", daemon=True).start()
        atexit.register(self.flush)

    def _carry(self) -> None:
        while True:
            time.sleep(ENVOI)
            self.flush()

    def flush(self) -> bool:
        """Carry to Valkey what was added since. False when it does not answer: nothing is lost, nothing is doubled.

        A pipeline is one transaction; only an answer lost on its way back could count its few seconds twice.
        """
        with self.verrou:
            comptes, self.comptes = self.comptes, Counter()
            durees, self.durees = self.durees, {}
        if not comptes:
            return True
        try:
            tube = self.connect().pipeline(transaction=True)
            for champ, nombre in comptes.items():
                tube.hincrby(CLE, champ, nombre)
            for famille, secondes in durees.items():
                tube.hincrbyfloat(CLE, f"s|{famille}", secondes)
            tube.execute()
        except (redis.RedisError, OSError):
            with self.verrou:
                self.comptes.update(comptes)
                for famille, secondes in durees.items():
                    self.durees[famille] = self.durees.get(famille, 0.0) + secondes
            return False
        return True

    def read(self) -> dict[str, float] | None:
        """The table of all the processes, with what this one has not carried yet. None when Valkey does not answer."""
        self.flush()
        try:
            return {champ.decode(): float(valeur) for champ, valeur in self.connect().hgetall(CLE).items()}
        except (redis.RedisError, OSError, ValueError):
            return None

    def connect(self) -> Any:
        if self.client is None:
            self.client = redis.Redis.from_url(
                self.url,
                socket_timeout=LIAISON_MAX,
                socket_connect_timeout=LIAISON_MAX,
                retry=Retry(NoBackoff(), 0),
            )
        return self.client


compteurs = Compteurs(settings.REDIS_URL)


class DemandesMiddleware:
    """Outermost: pages kept in memory are counted too. Not there at all while no supervision has a token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.MAILLAGE_METRIQUES_JETON:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.familles: frozenset[str] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        debut = time.perf_counter()
        reponse = self.get_response(request)
        if self.familles is None:  # the addresses are read once the portal is up
            self.familles = list_familles()
        compteurs.add(find_famille(request.path_info, self.familles), reponse.status_code, time.perf_counter() - debut)
        return reponse


def write_demandes(lus: Mapping[str, float]) -> list[str]:
    """The families of Prometheus: a counter by class of answer, a histogram of durations."""
    comptes: list[str] = []
    rangs: dict[str, dict[int, float]] = {}
    for champ, valeur in sorted(lus.items()):
        sorte, famille, reste = [*champ.split("|"), ""][:3]
        if sorte == "n":
            comptes.append(f'maillage_demandes_total{{famille="{famille}",classe="{reste}"}} {valeur:.0f}')
        elif sorte == "h":
            rangs.setdefault(famille, {})[int(reste)] = valeur
    lignes = ["# HELP maillage_demandes_total Réponses données, par famille d'adresses et classe de statut."]
    lignes += ["# TYPE maillage_demandes_total counter", *comptes]
    lignes += ["# HELP maillage_demande_secondes Durée d'une réponse, par famille d'adresses."]
    lignes += ["# TYPE maillage_demande_secondes histogram"]
    for famille, par_rang in sorted(rangs.items()):
        cumul = 0.0
        for rang, borne in enumerate([*(f"{seuil:g}" for seuil in SEUILS), "+Inf"]):
            cumul += par_rang.get(rang, 0.0)
            lignes.append(f'maillage_demande_secondes_bucket{{famille="{famille}",le="{borne}"}} {cumul:.0f}')
        lignes.append(f'maillage_demande_secondes_sum{{famille="{famille}"}} {lus.get(f"s|{famille}", 0.0):.6f}')
        lignes.append(f'maillage_demande_secondes_count{{famille="{famille}"}} {cumul:.0f}')
    return lignes
