"""How the tests of the maps and of the communes read a page."""

import re

from django.test import Client


def read_page(client: Client, adresse: str, statut: int = 200) -> str:
    """The page as text, every run of spaces being one."""
    reponse = client.get(adresse)
    assert reponse.status_code == statut, reponse.content[:500]
    return re.sub(r"(?:\s|&nbsp;)+", " ", reponse.content.decode())
