"""What a visitor sees when the queue freezes or disappears, and when the base stops. Run by `tests/drills/tuer.py`.

Every public page answers under a second and acts are accepted while Valkey is frozen, then absent; what was asked
meanwhile is done by itself afterwards. When PostgreSQL stops, only the requests made while it is down may fail.
"""

import contextlib
import http.client
import http.cookiejar
import json
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from portal.embarque import find_free_port
from tests.drills.scene import SHELL, Scene
from tests.drills.suivis import COUPLES, COUPLES_BREFS, RESTE, tell

REPONSE_MAX = 1.0
PAUSE_APRES_PANNE = 10  # portal.core.api.limites
REPRISE_MAX = 60.0
GUNICORN = [sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--preload", "--no-control-socket"]
GUNICORN += ["--workers", "2", "--threads", "4", "--timeout", "60", "--log-level", "warning"]
JETON = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ENVOI = re.compile(r'name="envoi" value="([^"]+)"')
OUVRIERES = ("/", "/aides/dispositifs/", "/aides/ou-obtenir/?profession=medecin", "/api/v1/dispositifs/", "/travaux/")


@dataclass(frozen=True, slots=True)
class Reponse:
    statut: int
    debut: float
    fin: float
    corps: str = ""

    @property
    def duree(self) -> float:
        return self.fin - self.debut


class Visiteur:
    """A browser without scripts: it keeps its cookies and follows no redirection."""

    def __init__(self, port: int) -> None:
        temoins = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.base = f"http://127.0.0.1:{port}"
        self.ouvreur = urllib.request.build_opener(urllib.request.ProxyHandler({}), temoins, SansRedirection())

    def ask(self, chemin: str, champs: dict[str, str] | None = None) -> Reponse:
        """0: the connection itself was refused or cut."""
        debut = time.monotonic()
        donnees = urllib.parse.urlencode(champs).encode() if champs else None
        demande = urllib.request.Request(self.base + chemin, donnees, {"Referer": self.base + chemin})
        try:
            with self.ouvreur.open(demande, timeout=30) as reponse:
                corps = reponse.read().decode("utf-8", "replace")
                return Reponse(reponse.status, debut, time.monotonic(), corps)
        except urllib.error.HTTPError as erreur:
            return Reponse(erreur.code, debut, time.monotonic(), erreur.read().decode("utf-8", "replace"))
        except (OSError, http.client.HTTPException):
            return Reponse(0, debut, time.monotonic())

    def send_form(self, chemin: str, champs: dict[str, str]) -> Reponse:
        """Open a page, then send its form. The status is that of the sending, the time that of the longer."""
        page = self.ask(chemin)
        jeton, envoi = JETON.search(page.corps), ENVOI.search(page.corps)
        if jeton is None:
            return page if page.statut != 200 else Reponse(599, page.debut, page.fin)
        caches = {"csrfmiddlewaretoken": jeton[1]} | ({"envoi": envoi[1]} if envoi else {})
        envoye = self.ask(chemin, caches | champs)
        return Reponse(envoye.statut, 0.0, max(page.duree, envoye.duree))


class SansRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass
class ScenePannes(Scene):
    fautes: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.port = find_free_port()
        # Counted, as everywhere, but the drill itself must not be refused.
        self.env["MAILLAGE_API_LIMITE"] = "600/min"
        self.web = self.program("web", [*GUNICORN, "--bind", f"127.0.0.1:{self.port}"])

    def prepare(self, *, quick: bool) -> None:
        self.migrate()
        couples = COUPLES_BREFS if quick else COUPLES
        dossier = str(self.dossier)
        code = "from tests.drills.preparation import prepare; from tests.drills.adresses import write_exemples; "
        self.manage(
            "shell",
            "-v",
            "0",
            "-c",
            f"{code}prepare({dossier!r}, {couples!r}, entier={not quick}); write_exemples({dossier!r})",
        )
        lus = json.loads((self.dossier / "adresses.json").read_text())
        self.adresses, self.requete = lus["adresses"], lus["requete"]
        self.programmes.append(self.web)
        for programme in self.programmes:
            programme.start()
        limite = time.monotonic() + 60
        while Visiteur(self.port).ask("/sante/").statut != 200:
            if time.monotonic() > limite:
                raise SystemExit(f"Le site ne démarre pas.\n{self.read_logs()}")
            time.sleep(0.2)

    def walk(self, parmi: Container[str] | None = None) -> dict[str, Reponse]:
        """Every public address, each as somebody who just arrived."""
        choisies = {nom: chemin for nom, chemin in self.adresses.items() if parmi is None or nom in parmi}
        return {nom: Visiteur(self.port).ask(chemin) for nom, chemin in choisies.items()}

    @contextlib.contextmanager
    def absent(self) -> Iterator[None]:
        self.valkey.processus.kill()
        self.valkey.processus.wait()
        try:
            yield
        finally:
            self.valkey.start()

    def blame(self, phrase: str) -> None:
        self.fautes.append(phrase)

    def is_drained(self) -> bool:
        return not self.query(RESTE)[0][0]

    def wait_drained(self, quoi: str) -> float:
        debut = time.monotonic()
        while not self.is_drained():
            self.tend(0.2)
            if time.monotonic() - debut > REPRISE_MAX:
                self.blame(f"{quoi} : le travail n'a pas repris en {REPRISE_MAX:.0f} s")
                break
        return time.monotonic() - debut


def run(scene: ScenePannes, *, quick: bool) -> int:
    scene.prepare(quick=quick)
    scene.walk()  # what is compiled or read once a process is not what is measured
    avant = scene.walk()
    for nom, reponse in avant.items():
        if reponse.statut == 0 or reponse.statut >= 500:
            scene.blame(f"{nom} : {reponse.statut} avant toute panne")
    tell(f"{len(avant)} adresses publiques ; au calme, la plus lente : {describe_slowest(avant)}")
    for rang, (quoi, panne) in enumerate({"Valkey gelé": scene.frozen, "Valkey absent": scene.absent}.items()):
        scene.wait_drained("avant la panne")
        break_queue(scene, quoi, panne, avant, rang)
        tell(f"{quoi} puis rendu : tout est fait {scene.wait_drained(quoi):.1f} s après")
    check_mails(scene)
    stop_base(scene)
    for faute in scene.fautes:
        tell(f"  {faute}")
    tell(f"Fautes {len(scene.fautes)}")
    if scene.fautes:
        sys.stdout.write(scene.read_logs())
    return int(bool(scene.fautes))


def break_queue(
    scene: ScenePannes,
    quoi: str,
    panne: Callable[[], AbstractContextManager[None]],
    avant: dict[str, Reponse],
    rang: int,
) -> None:
    with panne():
        pages = scene.walk()
        actes = act(scene, rang)
        lentes = {nom for nom, reponse in pages.items() if reponse.duree > REPONSE_MAX}
        if lentes:  # a busy machine, or the queue? Asked again once the queue is no longer thought to be away
            tell(f"{quoi} : au-delà d'une seconde, redemandées plus tard : {', '.join(sorted(lentes))}")
            time.sleep(PAUSE_APRES_PANNE + 1)
            pages |= scene.walk(lentes)
        if scene.is_drained():
            scene.blame(f"{quoi} : rien n'attend, l'exercice ne prouve rien")
    for nom, reponse in pages.items():
        if reponse.statut != avant[nom].statut or reponse.duree > REPONSE_MAX:
            scene.blame(f"{quoi}, {nom} : {reponse.statut} (au calme {avant[nom].statut}) en {reponse.duree:.2f} s")
    for nom, reponse in actes.items():
        if reponse.statut != 303 or reponse.duree > REPONSE_MAX:
            scene.blame(f"{quoi}, {nom} : {reponse.statut} en {reponse.duree:.2f} s")
    tell(f"{quoi} : page la plus lente {describe_slowest(pages)} ; acte le plus lent {describe_slowest(actes)}")


def act(scene: ScenePannes, rang: int) -> dict[str, Reponse]:
    """Keep an answer, follow it, publish an arrêté."""
    visiteur = Visiteur(scene.port)
    adresse = {"adresse": f"panne{rang}@exemple.invalid"}
    code = f"from tests.drills.acteurs import publish_one; publish_one({str(scene.dossier)!r}, {rang})"
    scene.manage(*SHELL, code)
    duree = float((scene.dossier / "publication").read_text())
    return {
        "garder la réponse": visiteur.send_form(f"/recus/nouveau/?{scene.requete}", {}),
        "suivre": visiteur.send_form(f"/suivi/nouveau/?{scene.requete}", adresse),
        "publier un arrêté": Reponse(303, 0.0, duree),
    }


def check_mails(scene: ScenePannes) -> None:
    """The two follow-ups filed during the breakdowns, and that of the examples, got their confirmation."""
    ecrits = len(list((scene.dossier / "courriels").glob("suivi-confirmation-*.eml")))
    if ecrits != 3:
        scene.blame(f"{ecrits} confirmations écrites au lieu de 3")


def stop_base(scene: ScenePannes) -> None:
    """PostgreSQL stops at once under readers: errors while it is down, none after."""
    vues: list[Reponse] = []
    fin = threading.Event()
    lecteurs = [threading.Thread(target=read_on, args=(scene, chemin, vues, fin)) for chemin in OUVRIERES]
    for lecteur in lecteurs:
        lecteur.start()
    time.sleep(2)
    bas = time.monotonic()
    scene.kill_postgres()
    haut = time.monotonic()
    premiere = Visiteur(scene.port).ask(OUVRIERES[0])
    time.sleep(3)
    fin.set()
    for lecteur in lecteurs:
        lecteur.join()
    erreurs = [reponse for reponse in vues if reponse.statut != 200]
    dehors = [reponse for reponse in erreurs if reponse.fin < bas or reponse.debut > haut]
    if premiere.statut != 200:
        scene.blame(f"première demande après le retour de la base : {premiere.statut}")
    if dehors:
        scene.blame(f"{len(dehors)} erreurs hors de la panne de la base")
    apres = sum(reponse.debut > haut for reponse in vues)
    tell(
        f"PostgreSQL arrêté {haut - bas:.1f} s sous {len(lecteurs)} lecteurs : {len(vues)} demandes, "
        f"{len(erreurs)} erreurs pendant la panne, {len(dehors)} en dehors ({apres} demandes après)"
    )
    tell(f"  reprise du travail : {scene.wait_drained('base arrêtée'):.1f} s")


def read_on(scene: ScenePannes, chemin: str, vues: list[Reponse], fin: threading.Event) -> None:
    visiteur = Visiteur(scene.port)
    while not fin.is_set():
        reponse = visiteur.ask(chemin)
        vues.append(Reponse(reponse.statut, reponse.debut, reponse.fin))
        time.sleep(0.05)


def describe_slowest(reponses: dict[str, Reponse]) -> str:
    nom = max(reponses, key=lambda un: reponses[un].duree)
    return f"{nom}, {reponses[nom].duree * 1000:.0f} ms"
