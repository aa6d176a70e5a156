"""The options of `./maillage run`, checked before anything starts."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.lancement.pannes import Panne

BOUCLE_LOCALE = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Options:
    port: int = 8000
    bind: str = "127.0.0.1"
    demo: bool = True
    donnees: Path | None = None

    @property
    def ouvert(self) -> bool:
        """Whether other machines can reach the portal."""
        return self.bind not in BOUCLE_LOCALE

    @property
    def adresse(self) -> str:
        hote = f"[{self.bind}]" if ":" in self.bind else self.bind
        return f"http://{hote}:{self.port}/"


class Analyseur(argparse.ArgumentParser):
    """argparse whose errors are a Panne, in French where the launcher words them."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise Panne(f"Option refusée ({message}). Les options de « run » : --port, --bind, --sans-demo, --donnees.")


def read_port(texte: str) -> int:
    if not texte.isascii() or not texte.isdigit() or not 1 <= int(texte) <= 65535:
        raise Panne(f"Port refusé : « {texte} ». Donnez un nombre de 1 à 65535, par exemple --port 8080.")
    return int(texte)


def find_donnees(demande: str | None) -> Path | None:
    """The folder of official files: `--donnees`, else MAILLAGE_DONNEES; relative to where the command was typed."""
    texte = demande if demande is not None else os.environ.get("MAILLAGE_DONNEES", "")
    if not texte:
        return None
    dossier = Path(os.environ.get("MAILLAGE_DEPART", "."), texte).resolve()
    if not dossier.is_dir():
        raise Panne(f"Le dossier de données n'existe pas : {dossier}. Vérifiez --donnees ou MAILLAGE_DONNEES.")
    return dossier


def read_options(arguments: Sequence[str]) -> Options:
    """Raises Panne with one sentence when an option cannot be honoured."""
    analyseur = Analyseur(prog="./maillage run", allow_abbrev=False)
    analyseur.add_argument("--port", type=str, default=os.environ.get("PORT", "8000"), help="port d'écoute (8000)")
    analyseur.add_argument("--bind", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    analyseur.add_argument("--sans-demo", action="store_true", help="sans zonage ni comptes de démonstration")
    analyseur.add_argument("--donnees", metavar="DOSSIER", help="dossier des fichiers officiels à importer")
    lus = analyseur.parse_args(arguments)
    options = Options(read_port(lus.port), lus.bind, not lus.sans_demo, find_donnees(lus.donnees))
    if options.ouvert and not os.environ.get("DJANGO_ALLOWED_HOSTS"):
        raise Panne(
            f"--bind {options.bind} ouvre le portail à d'autres machines : indiquez sous quels noms on l'appellera, "
            "par exemple DJANGO_ALLOWED_HOSTS=portail.exemple.fr ./maillage run --bind 0.0.0.0"
        )
    return options
