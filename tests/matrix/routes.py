"""Every route of the portal, read from the URL resolver: its name, its pattern and the names of its arguments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

VIDES = {
    "int": "999999999",
    "str": "absent",
    "slug": "absent",
    "path": "999999999",
    "uuid": f"{0:08d}-0000-4000-8000-{0:012d}",
}
ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
REGEX = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Route:
    """`nom` with its namespace; a route without a name is known by its pattern."""

    nom: str
    motif: str

    def build_path(self, valeurs: dict[str, str]) -> str:
        """The address with these arguments; those that are not given name nothing that exists."""

        def read(trouve: re.Match[str]) -> str:
            return valeurs.get(trouve[2], VIDES[trouve[1] or "str"])

        chemin = REGEX.sub(lambda t: valeurs.get(t[1], "00000"), self.motif)
        chemin = ARGUMENT.sub(read, chemin)
        return "/" + re.sub(r"[\^$]|\\Z|\\", "", chemin)


def list_routes() -> list[Route]:
    return sorted(set(_walk(get_resolver(), "", "")), key=lambda route: (route.nom, route.motif))


def _walk(resolveur: URLResolver, espace: str, prefixe: str) -> Iterator[Route]:
    for element in resolveur.url_patterns:
        motif = prefixe + str(element.pattern)
        if isinstance(element, URLResolver):
            suite = f"{espace}{element.namespace}:" if element.namespace else espace
            yield from _walk(element, suite, motif)
        elif isinstance(element, URLPattern):
            yield Route(espace + (element.name or f"/{motif}"), motif)
