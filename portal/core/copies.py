"""The copies of mails that the file back end leaves: erased by age, or with the address they went to."""

from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings
from django.db import transaction

COURRIELS = "courriels"
FICHIERS = "portal.core.courriels.FichiersBackend"


def list_courriels() -> list[Path]:
    if settings.EMAIL_BACKEND != FICHIERS:
        return []
    return sorted(Path(settings.EMAIL_FILE_PATH).glob("*.eml"))


def list_vieux_courriels(limite: datetime) -> list[Path]:
    return [chemin for chemin in list_courriels() if _read_age(chemin) < limite.timestamp()]


def forget_courriels(adresse: str) -> int:
    """Erase those that went to this address, once the transaction is done. Returns how many."""
    trouves = _find(adresse.lower())
    transaction.on_commit(lambda: _unlink(trouves))
    return len(trouves)


def _unlink(chemins: list[Path]) -> None:
    for chemin in chemins:
        chemin.unlink(missing_ok=True)


def _find(adresse: str) -> list[Path]:
    trouves = []
    for chemin in list_courriels():
        try:
            with chemin.open("rb") as entree:
                entetes = BytesHeaderParser().parse(entree)
        except FileNotFoundError:
            continue
        destinataires = {lue.lower() for _, lue in getaddresses(entetes.get_all("To", []))}
        if adresse in destinataires:
            trouves.append(chemin)
    return trouves


def _read_age(chemin: Path) -> float:
    try:
        return chemin.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
