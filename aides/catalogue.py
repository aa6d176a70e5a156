"""The schemes: national ones from `aides/dispositifs/`, then the local ones that two persons validated.

One clock: the version of the published data (`portal.core.cache.data_version`, read at most twice a second). While it
stands still the catalogue is the same object; when it moves, the list of the validated rédactions is read, and only
those never met are parsed. A page kept under a version is therefore never made with rules older than it.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.db.utils import Error

from aides.enums import StatutRedaction
from aides.models import RedactionLocale
from aides.regles.canonique import parse_json
from aides.regles.chargement import load_dossier, load_objet
from aides.regles.dispositifs import Catalogue, Dispositif
from aides.regles.ecriture import RegleInvalide
from portal.core.cache import data_version

DOSSIER = Path(__file__).resolve().parent / "dispositifs"
LOCAUX_MAX = 2000

journal = logging.getLogger("maillage.regles")


@cache
def national() -> Catalogue:
    """The schemes of the files. Raises RegleInvalide when one is wrong: the portal then refuses to start."""
    return load_dossier(DOSSIER)


@dataclass(frozen=True, slots=True)
class Lecture:
    """A catalogue, what it was made of, and the validated rédactions set aside with the reason."""

    version: str
    publiees: tuple[tuple[int, str], ...]
    catalogue: Catalogue
    ecartees: Mapping[int, str]


_verrou = threading.Lock()
_lecture: Lecture | None = None
_locaux: dict[str, Dispositif] = {}
_tenu: Catalogue | None = None


def catalogue() -> Catalogue:
    """National schemes first, then local ones by code. The last one read while the database does not answer."""
    if _tenu is not None:
        return _tenu
    lecture = _lecture
    try:
        version = data_version()
        if lecture is None or lecture.version != version:
            lecture = _refresh(version)
    except Error:
        return lecture.catalogue if lecture else national()
    return lecture.catalogue


def list_ecartees() -> Mapping[int, str]:
    """The validated rédactions that this version of the portal cannot read: their key, and why, in French."""
    catalogue()
    return _lecture.ecartees if _lecture and _tenu is None else {}


@contextmanager
def hold_national() -> Iterator[None]:
    """Without the database: benches, and tests of the rules themselves."""
    global _tenu
    avant, _tenu = _tenu, national()
    try:
        yield
    finally:
        _tenu = avant


@contextmanager
def follow_locaux() -> Iterator[None]:
    """The contrary, for the time of a test: the local schemes are read again from nothing, before and after."""
    global _tenu, _lecture
    avant, _tenu, _lecture = _tenu, None, None
    try:
        yield
    finally:
        _tenu, _lecture = avant, None


@lru_cache(maxsize=256)
def restrict(schemes: Catalogue, lieux: frozenset[str]) -> Catalogue:
    """Without the schemes of other territories: they would only clutter the answer. Same object when none is."""
    retenus = tuple(d for d in schemes.dispositifs if not d.perimetre or not lieux.isdisjoint(d.perimetre))
    return schemes if len(retenus) == len(schemes.dispositifs) else Catalogue(retenus, schemes.empreinte)


def _refresh(version: str) -> Lecture:
    """Read the list again; the catalogue stays the same object when the validated rédactions are the same."""
    global _lecture
    with _verrou:
        lecture = _lecture
        if lecture is not None and lecture.version == version:
            return lecture
        publiees = _read_publiees()
        if lecture is not None and lecture.publiees == publiees:
            lecture = Lecture(version, publiees, lecture.catalogue, lecture.ecartees)
        else:
            lecture = _load(version, publiees)
        _lecture = lecture
        return lecture


def _read_publiees() -> tuple[tuple[int, str], ...]:
    redactions = RedactionLocale.objects.filter(statut=StatutRedaction.VALIDEE).order_by("dispositif__code")
    return tuple(redactions.values_list("pk", "empreinte")[:LOCAUX_MAX])


def _load(version: str, publiees: Sequence[tuple[int, str]]) -> Lecture:
    nouvelles = [cle for cle, empreinte in publiees if empreinte not in _locaux]
    textes = dict(RedactionLocale.objects.filter(pk__in=nouvelles).order_by("pk").values_list("pk", "contenu"))
    gardes: dict[str, Dispositif] = {}
    ecartees: dict[int, str] = {}
    codes = {dispositif.code for dispositif in national().dispositifs}
    for cle, empreinte in publiees:
        try:
            dispositif = _locaux.get(empreinte) or load_objet(parse_json(textes[cle]), empreinte)
            if dispositif.code in codes:
                raise RegleInvalide("code", f"un dispositif national s'appelle déjà {dispositif.code}")
        except (RegleInvalide, KeyError) as erreur:
            ecartees[cle] = str(erreur)
            journal.error("La règle locale %s est écartée : %s", cle, erreur)
        else:
            gardes[empreinte] = dispositif
    _locaux.clear()
    _locaux.update(gardes)
    return Lecture(version, tuple(publiees), _join(tuple(gardes.values())), ecartees)


def _join(locaux: tuple[Dispositif, ...]) -> Catalogue:
    """The national catalogue itself when there is nothing to add."""
    if not locaux:
        return national()
    empreinte = hashlib.sha256(national().empreinte.encode())
    for dispositif in locaux:
        empreinte.update(dispositif.empreinte.encode())
    return Catalogue((*national().dispositifs, *locaux), empreinte.hexdigest()[:12])
