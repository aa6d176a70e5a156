"""One cell of the matrix: send a request, say in one word what was answered, and whether a refusal wrote anything."""

import re
from typing import Any

from django.db import connection, transaction
from django.http.response import HttpResponseBase

from tests.matrix.routes import Route
from tests.matrix.scene import Scene
from tests.matrix.seances import put_back

# What a session writes of itself, whatever it asks.
ORDINAIRES = ("django_session", "accounts_sessionouverte", "axes_", "accounts_tentative")
ECRITURE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\s+"?(\w+)"?', re.IGNORECASE)
REFUS = ("connexion", "interdit", "absent", "methode")
VARIABLES = re.compile(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|\d{2}:\d{2}(:\d{2})?')


class Annule(Exception):
    """What a cell wrote is undone."""


class Ecrits:
    """The tables that the statements of a request write."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        for trouve in ECRITURE.finditer(sql):
            if not trouve[1].startswith(ORDINAIRES):
                self.tables.add(trouve[1])
        return execute(sql, params, many, context)


def send(scene: Scene, acteur: str, verbe: str, chemin: str) -> tuple[str, str, set[str]]:
    """(word, text of the answer, tables written), everything undone afterwards."""
    client = scene.clients[acteur]
    cookies = client.cookies.copy()
    ecrits = Ecrits()
    mot, texte = "", ""
    try:
        with put_back(), transaction.atomic(), connection.execute_wrapper(ecrits):
            reponse = client.generic(verbe, chemin, content_type="application/x-www-form-urlencoded")
            mot = describe(reponse, verbe)
            texte = read_texte(reponse) if mot in REFUS else ""
            raise Annule
    except Annule:
        pass
    client.cookies = cookies
    return mot, texte, ecrits.tables if mot in REFUS else set()


def describe(reponse: HttpResponseBase, verbe: str) -> str:
    """« oui »: it was done, shown, or the input was refused after the right was given."""
    statut = reponse.status_code
    adresse = reponse.headers.get("Location", "")
    if statut in (301, 302) and ("/compte/connexion/" in adresse or "/admin/login/" in adresse):
        return "connexion"
    if statut in (301, 302) and adresse == "/admin/":
        return "absent"  # the administration: « n'existe pas », by a message on its home
    if statut >= 500:
        return f"erreur {statut}"
    return {403: "interdit", 404: "absent", 405: "methode"}.get(statut, "oui")


def read_texte(reponse: HttpResponseBase) -> str:
    """The answer without what changes from one request to the next."""
    contenu: Any = getattr(reponse, "content", b"")
    return VARIABLES.sub("", contenu.decode(errors="replace"))


def build_path(route: Route, scene: Scene, regle: dict[str, Any], relation: str, acteur: str) -> str | None:
    """None: this actor has nothing in this relation."""
    if relation in ("-", "inexistant"):
        return route.build_path({})
    cle = scene.find_cle(regle["objet"], relation, acteur)
    arguments = regle.get("argument", "object_id").split()
    return None if cle is None else route.build_path(dict(zip(arguments, cle.split(), strict=True)))
