"""The mix of requests of P43: who asks for what, drawn once, then read at a steady pace.

In a hundred requests: 50 of everybody (pages and API, as the portal is mostly read), 20 of practitioners on their own
pages, 30 of agents: home, lists in four forms, files. Fifty a second then make 54,000 pages of agents an hour, which
is every file of the base opened twice a morning. Addresses are drawn among hundreds: few are asked for twice while
a page is kept.
"""

import http.client
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CADENCE = 50.0
LECTEURS = 24
COOKIE = "__Host-session"
LISTE = "/admin/aides/demande/"
LISTES = {
    "liste": f"{LISTE}?etat=&tri=recents",
    "a_traiter": f"{LISTE}?etat=a_traiter&tri=echeance",
    "filtree": f"{LISTE}?etat=en_cours&guichet=cpam&depot=&instructeur=&tri=recents",
    "en_retard": f"{LISTE}?etat=a_traiter&delai=retard&instructeur=aucun&tri=echeance",
}
PROFESSIONS = (
    "medecin",
    "infirmier",
    "sage_femme",
    "masseur_kinesitherapeute",
    "chirurgien_dentiste",
    "orthophoniste",
)
# Requests in a hundred; the first part of a name is the kind that the figures are given by.
PARTS = {
    "public_reponse": 12,
    "public_commune": 12,
    "public_dispositifs": 8,
    "public_accueil": 4,
    "api_zones": 8,
    "api_communes": 6,
    "praticien_dossiers": 8,
    "praticien_dossier": 8,
    "praticien_compte": 4,
    "agent_accueil": 6,
    "agent_liste": 12,
    "agent_dossier": 12,
}


@dataclass(frozen=True, slots=True)
class Acces:
    """A session opened, and the files that it may open."""

    session: str
    dossiers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Public:
    """What addresses are made of."""

    communes: Sequence[str]  # forty of each département, a first one of each, then a second one…
    departements: Sequence[str]
    dispositifs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Demande:
    nature: str
    chemin: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Lue:
    """`secondes`: from the instant when its turn came, so that a queue at the door is counted."""

    demande: Demande
    statut: int
    secondes: float


def ask(port: int, chemin: str, session: str = "") -> int:
    """The status; 0 when nobody answers."""
    return read_page(port, chemin, session)[0]


def read_page(port: int, chemin: str, session: str = "") -> tuple[int, bytes]:
    """The status (0 when nobody answers) and the page."""
    try:
        liaison = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        liaison.request("GET", chemin, headers={"Cookie": f"{COOKIE}={session}"} if session else {})
        reponse = liaison.getresponse()
        page = reponse.read()
        liaison.close()
    except (OSError, http.client.HTTPException):
        return 0, b""
    return reponse.status, page


def draw(
    nature: str, tirage: random.Random, agents: Sequence[Acces], autres: Sequence[Acces], tout: Public
) -> Demande:
    if nature.startswith(("agent_", "praticien_")):
        acces = tirage.choice(agents if nature.startswith("agent_") else autres)
        dossier = tirage.choice(acces.dossiers)
        chemin = {
            "agent_accueil": "/admin/",
            "agent_liste": tirage.choice([*LISTES.values()]),
            "agent_dossier": f"{LISTE}{dossier}/change/",
            "praticien_dossiers": "/dossiers/",
            "praticien_dossier": f"/dossiers/{dossier}/",
            "praticien_compte": "/compte/",
        }[nature]
        return Demande(nature, chemin, acces.session)
    commune, profession = tirage.choice(tout.communes), tirage.choice(PROFESSIONS)
    listes = ["/aides/dispositifs/", f"/aides/dispositifs/?profession={profession}"]
    chemin = {
        "public_reponse": f"/aides/verifier/resultat/?commune={commune}&profession={profession}",
        "public_commune": f"/communes/{commune}/",
        "public_dispositifs": tirage.choice([*listes, *(f"/aides/dispositifs/{d}/" for d in tout.dispositifs)]),
        "public_accueil": "/",
        "api_zones": f"/api/v1/zones/?commune={commune}",
        "api_communes": f"/api/v1/communes/?departement={tirage.choice(tout.departements)}",
    }[nature]
    return Demande(nature, chemin)


def draw_suite(nombre: int, agents: Sequence[Acces], autres: Sequence[Acces], tout: Public) -> list[Demande]:
    """Each hundred holds the shares exactly, in an order of its own."""
    tirage = random.Random(43)
    suite: list[Demande] = []
    while len(suite) < nombre:
        centaine = [nature for nature, part in PARTS.items() for _ in range(part)]
        tirage.shuffle(centaine)
        suite += [draw(nature, tirage, agents, autres, tout) for nature in centaine]
    return suite[:nombre]


def warm(port: int, suite: Sequence[Demande], tout: Public) -> None:
    """What the first visitor of the day pays is not measured: sessions, outlines of the départements, rules."""
    for commune in tout.communes[-4 * len(tout.departements) :]:
        ask(port, f"/communes/{commune}/")
    vues: Counter[str] = Counter()
    for demande in suite:
        cle = demande.session or demande.nature
        if vues[cle] < (1 if demande.session else 4):
            vues[cle] += 1
            ask(port, demande.chemin, demande.session)


def read_suite(port: int, suite: Sequence[Demande], cadence: float = CADENCE) -> tuple[list[Lue], float]:
    """One each time its turn comes, late or not; and the seconds that it took."""
    lues: list[Lue] = []
    debut = time.perf_counter() + 0.2

    def follow(rang: int) -> None:
        for place in range(rang, len(suite), LECTEURS):
            tour = debut + place / cadence
            time.sleep(max(0.0, tour - time.perf_counter()))
            statut = ask(port, suite[place].chemin, suite[place].session)
            lues.append(Lue(suite[place], statut, time.perf_counter() - tour))

    with ThreadPoolExecutor(LECTEURS) as lecteurs:
        list(lecteurs.map(follow, range(LECTEURS)))
    return lues, time.perf_counter() - debut


def p95(lues: Sequence[Lue]) -> float:
    """In milliseconds."""
    return 1000 * sorted(lue.secondes for lue in lues)[int(0.95 * len(lues))]


def describe(lues: Sequence[Lue]) -> list[str]:
    """By kind, then by nature: how many, median, p95; then what failed, address by address."""
    groupes: dict[str, list[Lue]] = defaultdict(list)
    for nature in PARTS:
        siennes = [lue for lue in lues if lue.demande.nature == nature]
        groupes[nature.partition("_")[0]] += siennes
        groupes[nature] += siennes
    lignes = [
        f"P43 {nature} requetes={len(siennes)} mediane={1000 * statistics.median(lue.secondes for lue in siennes):.0f}"
        f"ms p95={p95(siennes):.0f}ms"
        for nature, siennes in sorted(groupes.items())
        if siennes
    ]
    ratees = Counter((lue.statut, lue.demande.nature, lue.demande.chemin) for lue in lues if lue.statut != 200)
    return lignes + [
        f"P43 erreur statut={s} {nature} {chemin} fois={n}" for (s, nature, chemin), n in ratees.most_common(20)
    ]
