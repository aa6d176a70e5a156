"""The first view of the map of France against the same map drawn in the browser from every commune: goal P11.

    DATABASE_URL=… REDIS_URL=… python bench/carte.py [--quick] [--tours N]

Both pages are loaded by one headless Chromium, in turn, through a line of 9 Mbit/s and 60 ms, with an empty cache; the
reading is the median of the rounds. « Painted » is the second frame after the drawing is in the page, counted from the
start of the navigation; « wire » is what the network carried until it was quiet: page, styles, scripts, icons, all.
The peer is what a team writes first: one GeoJSON of the 34,900 communes (the contours of this portal, gzipped as they
are), a file of values and a canvas. Data: `load_referentiel` then `load_demonstration`.

P11  wire ≤ 300 kB, painted < 1 s (< 1.5 s with a processor four times slower), ≥ 5 times sooner than the peer.
`--quick`: one round, the ratio loosened to 3 and both durations doubled, for a machine that does something else at the
same time; the weight is never loosened.
"""

import argparse
import contextlib
import functools
import gzip
import http.server
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

RACINE = Path(__file__).resolve().parent.parent
CONTOURS = RACINE / "zonage" / "referentiel" / "contours"
PORT, PORT_PAIR = 21_190, 21_191
DEBIT, LATENCE = 9_000_000 / 8, 60
OCTETS_MAX, PEINT_MAX, PEINT_LENT_MAX = 300_000, 1000, 1500
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
# Two frames after the legend, which follows the drawing, is in the document: what the reader sees then has the map. A
# frame cannot come while style sheets are awaited; scripts that are deferred are not waited for, they paint nothing.
OBSERVATEUR = """
const guette = () => {
  if (!document.querySelector(".m-legende")) return requestAnimationFrame(guette);
  requestAnimationFrame(() => requestAnimationFrame(() => { window.PEINT = performance.now(); }));
};
requestAnimationFrame(guette);
"""
PAGE_PAIR = """<!doctype html><meta charset="utf-8"><title>Pair</title><canvas width="1000" height="1000"></canvas>
<script type="module">
const lit = (adresse) => fetch(adresse).then((reponse) => reponse.json());
const [carte, valeurs] = await Promise.all(["communes.json", "valeurs.json"].map(lit));
const c = document.querySelector("canvas").getContext("2d");
const couleurs = ["#1d1147", "#721f81", "#cd4071", "#fcfdbf"];
for (const { properties, geometry } of carte.features) {
  c.beginPath();
  const polygones = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  for (const anneau of polygones.flat()) {
    anneau.forEach(([x, y], i) => c[i ? "lineTo" : "moveTo"]((x + 5.5) * 65, (51.5 - y) * 95));
    c.closePath();
  }
  c.fillStyle = couleurs[valeurs[properties.code]];
  c.fill("evenodd");
  c.stroke();
}
requestAnimationFrame(() => requestAnimationFrame(() => { window.PEINT = performance.now(); }));
</script>"""


class Fichiers(http.server.SimpleHTTPRequestHandler):
    """The files of the peer, already gzipped."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        if self.path.endswith(".json"):
            self.send_header("Content-Encoding", "gzip")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent: the lines of this bench are its figures."""


def write_pair(dossier: Path) -> int:
    """The page and its two files. Returns how many communes it draws."""
    features = []
    for fichier in sorted(CONTOURS.glob("*.json.gz")):
        if not fichier.name.startswith(("departements", "regions", "arrondissements")):
            features += json.loads(gzip.decompress(fichier.read_bytes()))["features"]
    tirage = random.Random(71)
    valeurs = {feature["properties"]["code"]: tirage.randrange(4) for feature in features}
    carte = {"type": "FeatureCollection", "features": features}
    for nom, objet in (("communes", carte), ("valeurs", valeurs)):
        brut = json.dumps(objet, separators=(",", ":"), ensure_ascii=False).encode()
        (dossier / f"{nom}.json").write_bytes(gzip.compress(brut, 9))
    (dossier / "index.html").write_text(PAGE_PAIR, encoding="utf-8")
    return len(features)


@contextlib.contextmanager
def start_pair() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="maillage-carte-") as dossier:
        communes = write_pair(Path(dossier))
        if communes < 34_000:
            sys.exit("Les contours livrés sont incomplets.")
        serveur = http.server.ThreadingHTTPServer(
            ("127.0.0.1", PORT_PAIR), functools.partial(Fichiers, directory=dossier)
        )
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{PORT_PAIR}/"
        finally:
            serveur.shutdown()


@contextlib.contextmanager
def start_portail() -> Iterator[str]:
    """The portal as `./maillage run` serves it: gunicorn, settings `dev`, one process of four threads."""
    adresse = f"http://127.0.0.1:{PORT}/zones/carte/"
    commande = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "1", "--threads", "4", "--log-level"]
    commande += ["error", "-b", f"127.0.0.1:{PORT}", "portal.wsgi"]
    environnement = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings.dev", "PYTHONWARNINGS": "ignore"}
    serveur = subprocess.Popen(
        commande, cwd=RACINE, env=environnement, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        fin = time.monotonic() + 40
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(adresse, timeout=20) as reponse:
                if "Zone d" not in reponse.read().decode():
                    sys.exit("Les données manquent : lancez d'abord load_referentiel puis load_demonstration.")
                break
            if serveur.poll() is not None or time.monotonic() > fin:
                sys.exit("Le portail n'a pas démarré : vérifiez DATABASE_URL et REDIS_URL.")
            time.sleep(0.2)
        yield adresse
    finally:
        os.killpg(serveur.pid, signal.SIGTERM)
        serveur.wait(20)


def measure(navigateur: Browser, adresse: str, ralenti: int) -> tuple[float, int]:
    """(milliseconds to the painted drawing, bytes on the wire) of one visit with nothing kept."""
    contexte = navigateur.new_context(viewport={"width": 1280, "height": 900})
    page = contexte.new_page()
    if adresse.endswith("carte/"):
        page.add_init_script(OBSERVATEUR)
    session = contexte.new_cdp_session(page)
    octets: list[int] = []
    session.on("Network.loadingFinished", lambda evenement: octets.append(int(evenement["encodedDataLength"])))
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCE, "downloadThroughput": DEBIT, "uploadThroughput": DEBIT / 3},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": ralenti})
    page.goto(adresse, wait_until="commit", timeout=60_000)
    fin = time.monotonic() + 60
    while (peint := page.evaluate("window.PEINT || 0")) == 0:
        if time.monotonic() > fin:
            sys.exit(f"Rien n'a été peint en une minute : {adresse}")
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle", timeout=60_000)
    contexte.close()
    return float(peint), sum(octets)


def report(nom: str, mesure: str, but: str, tenu: bool) -> bool:
    sys.stdout.write(f"P11 {nom} {mesure} goal{but} {'PASS' if tenu else 'FAIL'}\n")
    return tenu


def main() -> int:
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--quick", action="store_true")
    lecteur.add_argument("--tours", type=int, default=0)
    options = lecteur.parse_args()
    chromium = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.stdout.write("P11 carte : Chromium absent, mesure non lancée.\n")
        return 1 if os.environ.get("CI") else 0
    tours, rapport, marge = options.tours or (1 if options.quick else 5), *((3, 2) if options.quick else (5, 1))
    peints: dict[tuple[str, int], list[float]] = {}
    poids: dict[str, int] = {}
    with start_portail() as carte, start_pair() as pair, sync_playwright() as outil:
        navigateur = outil.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        measure(navigateur, carte, 1)  # what a process and a browser do once
        for _ in range(tours):
            for nom, adresse in (("carte", carte), ("pair", pair)):
                for ralenti in (1, 4):
                    duree, octets = measure(navigateur, adresse, ralenti)
                    peints.setdefault((nom, ralenti), []).append(duree)
                    poids[nom] = max(octets, poids.get(nom, 0))
        navigateur.close()
    medianes = {cle: statistics.median(durees) for cle, durees in peints.items()}
    vite, lent, eux = medianes["carte", 1], medianes["carte", 4], medianes["pair", 1]
    tenus = [
        report("wire", f"ours={poids['carte'] / 1000:.0f}kB peer={poids['pair'] / 1000:.0f}kB", "<=300kB",
               poids["carte"] <= OCTETS_MAX),
        report("painted", f"ours={vite:.0f}ms", f"<{PEINT_MAX * marge}ms", vite < PEINT_MAX * marge),
        report("painted_cpu_x4", f"ours={lent:.0f}ms", f"<{PEINT_LENT_MAX * marge}ms", lent < PEINT_LENT_MAX * marge),
        report("map_vs_geojson", f"ours={vite:.0f}ms peer={eux:.0f}ms ratio={eux / vite:.1f}", f">={rapport}",
               eux / vite >= rapport),
    ]  # fmt: skip
    return 0 if all(tenus) else 1


if __name__ == "__main__":
    sys.exit(main())
