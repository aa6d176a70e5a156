"""A real Chromium before a real server: gunicorn, its own database, all of France, a zoning written for the tests.

The server is a process apart (no ORM here), so that what is tested is what `./maillage run` starts.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connections

from tests.browser.atelier import Atelier, Geste
from tests.browser.base import (
    RACINE,
    build_url,
    clone,
    drop_base,
    find_journal,
    name_base,
    name_modele,
    start_filling,
    wait_filled,
)

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
except ImportError:  # the test lock alone: the plugin of the services says in one line that these tests are not run
    collect_ignore_glob = ["test_*.py"]

CHROMIUM = os.environ.get("MAILLAGE_CHROMIUM") or next(
    (trouve for nom in ("chromium", "chromium-browser", "google-chrome") if (trouve := shutil.which(nom))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LARGEURS = (360, 1280)
ECRANS = {(360, False), (1280, True)}
"""A phone without JavaScript, a desk with it. MAILLAGE_ECRANS=tous plays the two others too."""
# The browser's event loop lives in the thread of the tests that follow on the same worker; they are not asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
_SANS_SCRIPT: "set[Page]" = set()
_REMPLISSAGES: "list[subprocess.Popen[bytes]]" = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without Chromium the tests are skipped, as the plugin of the services says; except in CI, where they fail."""
    for item in items:
        if "tests/browser/" in item.path.as_posix() and CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="Chromium absent : tests de navigateur non lancés"))
    if os.environ.get("MAILLAGE_ECRANS") != "tous" and (redites := {item for item in items if _est_redite(item)}):
        config.hook.pytest_deselected(items=list(redites))
        items[:] = [item for item in items if item not in redites]


def _est_redite(item: pytest.Item) -> bool:
    """One of the four screens, in a test that did not choose its own."""
    parametres = getattr(item, "callspec", None) and item.callspec.params  # type: ignore[attr-defined]
    if not parametres or not {"largeur", "javascript"} <= parametres.keys():
        return False
    choisis = " ".join(str(marque.args[0]) for marque in item.iter_markers("parametrize"))
    choisit = "largeur" in choisis or "javascript" in choisis
    return not choisit and (parametres["largeur"], parametres["javascript"]) not in ECRANS


def _port_libre() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return int(prise.getsockname()[1])


@pytest.fixture(scope="session")
def portail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running portal, without the trailing slash.

    MAILLAGE_NAVIGATEUR_URL names one that runs already (same data), for a developer who is writing pages.
    """
    if deja := os.environ.get("MAILLAGE_NAVIGATEUR_URL"):
        yield deja
        return
    base, port = name_base(), _port_libre()
    dossier = tmp_path_factory.mktemp("serveur")
    serveur = None
    try:
        _make_base(base, dossier)
        commande = [
            sys.executable,
            "-m",
            "gunicorn",
            "portal.wsgi",
            "--no-control-socket",
            "-w",
            "1",
            "--threads",
            "4",
        ]
        journal = dossier / "gunicorn.log"
        with journal.open("wb") as sortie:
            serveur = subprocess.Popen(
                [*commande, "-b", f"127.0.0.1:{port}"],
                cwd=RACINE,
                env=build_env(dossier / "courriels") | {"MAILLAGE_ROLE": "maillage_web"},  # as ./maillage run does
                stdout=sortie,
                stderr=sortie,
            )
        _attendre(f"http://127.0.0.1:{port}/sante/", serveur, journal)
        yield f"http://127.0.0.1:{port}"
    finally:
        if serveur is not None:
            serveur.terminate()
            serveur.wait(20)
        drop_base(base)


def pytest_collection_finish(session: pytest.Session) -> None:
    """The first of the processes of xdist makes the base of all of them, beside its first tests."""
    if os.environ.get("PYTEST_XDIST_WORKER") != "gw0" or "MAILLAGE_NAVIGATEUR_URL" in os.environ:
        return
    if CHROMIUM and any("tests/browser/" in item.path.as_posix() for item in session.items):
        _REMPLISSAGES.append(start_filling(name_modele(os.getppid()), find_journal(os.getppid())))


def pytest_sessionfinish() -> None:
    """An interrupted session leaves nothing at work."""
    for remplissage in _REMPLISSAGES:
        remplissage.terminate()
        remplissage.wait()


def _make_base(base: str, dossier: Path) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        modele = name_modele(os.getppid())
        wait_filled(modele, find_journal(os.getppid()))
        clone(modele, base)
    else:
        start_filling(base, dossier / "base.log").wait()
        wait_filled(base, dossier / "base.log")


def build_env(courriels: Path) -> dict[str, str]:
    """Of the server and of what acts beside it: their own base, their own part of Valkey."""
    env = {
        **os.environ,
        "DATABASE_URL": build_url(name_base()),
        "DJANGO_SETTINGS_MODULE": "tests.browser.reglages",
        "MAILLAGE_DONNEES": "",
        "MAILLAGE_COURRIELS": str(courriels),
    }
    rang = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    valkey = urlsplit(os.environ["REDIS_URL"])
    if valkey.path in ("", "/", "/0"):  # those of the tests that count requests in it
        env["REDIS_URL"] = urlunsplit(valkey._replace(path=f"/{1 + int(rang) % 15}"))
    return env


@pytest.fixture(scope="session")
def atelier(portail: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Atelier]:
    env = build_env(tmp_path_factory.mktemp("atelier")) | {"MAILLAGE_ADRESSE": portail}
    ouvert = Atelier(env, RACINE)
    yield ouvert
    ouvert.close()


@pytest.fixture
def boite(tmp_path: Path) -> Path:
    """Where the mails of this test are written."""
    return tmp_path / "courriels"


@pytest.fixture
def geste(atelier: Atelier, boite: Path) -> Geste:
    """Something done beside the browser, given as Python code; returns what it prints."""
    return lambda code: atelier.do(code, boite)


def _attendre(adresse: str, serveur: "subprocess.Popen[bytes]", journal: Path) -> None:
    fin = time.monotonic() + 40
    while time.monotonic() < fin and serveur.poll() is None:
        try:
            with urllib.request.urlopen(adresse, timeout=15) as reponse:
                assert reponse.status == 200
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"Le serveur d'essai n'a pas répondu :\n{journal.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    if CHROMIUM is None:
        pytest.fail("Chromium est absent : en intégration continue, les tests de navigateur doivent être lancés.")
    connections.close_all()  # Django keeps apart the connections opened while a loop runs, as playwright's does
    with sync_playwright() as playwright:
        navigateur = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield navigateur
        navigateur.close()
        connections.close_all()  # … and loses sight of them when it stops: the test database could not be dropped


@pytest.fixture(params=LARGEURS, ids=lambda largeur: f"{largeur}px")
def largeur(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=[True, False], ids=["js", "sans-js"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(chromium: "Browser", portail: str, largeur: int, javascript: bool) -> "Iterator[Page]":
    """A page of that width, with or without JavaScript. Fails on a console error, a CSP report, a foreign request."""
    contexte = chromium.new_context(
        base_url=portail, viewport={"width": largeur, "height": 900}, java_script_enabled=javascript, locale="fr-FR"
    )
    contexte.set_default_timeout(20_000)  # a machine that others use too
    ecran = contexte.new_page()
    if not javascript:
        _SANS_SCRIPT.add(ecran)
    fautes: list[str] = []
    ecran.on("console", lambda message: fautes.append(message.text) if _est_faute(message, ecran) else None)
    ecran.on("pageerror", lambda erreur: fautes.append(str(erreur)))
    ecran.on("request", lambda requete: fautes.append(requete.url) if _etrangere(requete.url, portail) else None)
    yield ecran
    _SANS_SCRIPT.discard(ecran)
    contexte.close()
    assert fautes == []


def _est_faute(message: "ConsoleMessage", ecran: "Page") -> bool:
    """An error of the console, except Chromium's line about a page that refused: its test looks at the page."""
    refuse = any(f"status of {statut}" in message.text for statut in (400, 409, 422))
    refus = refuse and message.location["url"] == ecran.url
    return message.type == "error" and not refus


def _etrangere(adresse: str, portail: str) -> bool:
    return not adresse.startswith((portail, "data:", "blob:"))


def assert_accessible(page: "Page") -> None:
    """No axe violation (WCAG 2.1 A and AA, best practices), one h1, a title, nothing wider than the screen.

    axe is itself a script, and its timers never fire where scripts are disabled: there, the page is opened again with
    every script file refused, which under the portal's CSP (no inline script) is the same page.
    """
    page.wait_for_load_state()
    page.locator("h1").first.wait_for(state="attached")
    assert page.locator("h1").count() == 1
    assert page.title().strip() != ""
    if page in _SANS_SCRIPT:
        contexte = _browser(page).new_context(base_url=page.url, viewport=page.viewport_size, locale="fr-FR")
        contexte.route("**/*.js", lambda route: route.abort())
        contexte.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        sans_script = contexte.new_page()
        sans_script.goto(page.url)
        _assert_axe(sans_script)
        contexte.close()
    else:
        _assert_axe(page)


def _browser(page: "Page") -> "Browser":
    navigateur = page.context.browser
    assert navigateur is not None
    return navigateur


def _assert_axe(page: "Page") -> None:
    violations = [
        f"{v['id']} : {v['help']} — {[noeud['html'][:160] for noeud in v['nodes'][:3]]}"
        for v in Axe().run(page).response["violations"]
    ]
    assert violations == [], f"{page.url} : {violations}"
    debord = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert debord <= 0, f"{page.url} : {debord} px de trop en largeur"
