"""The restore drill, in short: save, lose the base and the documents, restore elsewhere, compare everything."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings as reglages
from django.urls import reverse

from portal.core.ceinture import as_systeme
from portal.core.documents import store_document
from portal.core.effacements import remember
from portal.core.models import Evenement
from portal.core.sauvegarde import BASE, MANIFESTE, SauvegardeRefusee, check_sauvegarde, write_sauvegarde
from portal.embarque import find_postgres_bin
from portal.pilotage.enums import Cause
from portal.pilotage.models import Mesure
from portal.pilotage.services.calcul import compute_jour
from tests.people import make_demande, make_praticien_user, make_user

pytestmark = pytest.mark.django_db(transaction=True)
NEUVE = "maillage_restauree"


@pytest.fixture
def sauvegarde(settings, tmp_path):
    """A base with files, a document, a journal and measures, saved."""
    settings.MAILLAGE_PG_BIN = str(find_postgres_bin())
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_EFFACEMENTS = tmp_path / "effacements"
    titulaire = make_praticien_user("71")
    make_demande(titulaire)
    store_document(
        b"%PDF-1.7 essai", nom="essai.pdf", type_mime="application/pdf", region_code="27", departement_code="71",
        guichet="ars",
    )  # fmt: skip
    Evenement.objects.create(objet="core.essai:1", action="essai", auteur=titulaire)
    compute_jour(date(2026, 3, 10), cause=Cause.NUIT)
    assert Mesure.objects.exists()
    write_sauvegarde(tmp_path / "sauvegarde")
    return tmp_path / "sauvegarde"


@pytest.fixture
def base_neuve():
    """An empty base on the same server: the one that was lost had another name."""
    administer(f'DROP DATABASE IF EXISTS "{NEUVE}"', f'CREATE DATABASE "{NEUVE}" TEMPLATE template0')
    yield name_base(NEUVE)
    administer(f'DROP DATABASE IF EXISTS "{NEUVE}" WITH (FORCE)')


def name_base(nom: str) -> str:
    """The address of another base of the server of the tests, reached as that one is (a port, or a socket)."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{nom}"))


def administer(*ordres: str) -> None:
    with contextlib.closing(psycopg2.connect(name_base("postgres"))) as connexion:
        connexion.autocommit = True
        for ordre in ordres:
            connexion.cursor().execute(ordre)


def manage(url: str, media: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
        "MAILLAGE_MEDIA": str(media),
        "MAILLAGE_EFFACEMENTS": str(media.parent / "effacements"),
        "MAILLAGE_PG_BIN": str(find_postgres_bin()),
    }
    commande = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        commande, cwd=reglages.BASE_DIR, env=env, capture_output=True, text=True, timeout=240, check=False
    )


def test_what_was_lost_comes_back_as_it_was_and_the_erased_stay_erased(sauvegarde, base_neuve, tmp_path):
    efface = make_user(first_name="Camille")
    write_sauvegarde(tmp_path / "seconde")
    remember(1, {"compte": efface.pk, "inscrit_le": efface.date_joined.isoformat()})
    shutil.rmtree(tmp_path / "media")
    fini = manage(base_neuve, tmp_path / "media", "restore_sauvegarde", str(tmp_path / "seconde"))
    assert fini.returncode == 0, fini.stdout + fini.stderr
    assert "Effacements rejoués : 1." in fini.stdout
    assert "Restauré et vérifié en" in fini.stdout
    with contextlib.closing(psycopg2.connect(base_neuve)) as connexion, connexion.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user WHERE first_name = 'Camille'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pilotage_mesure")
        assert cursor.fetchone()[0] == Mesure.objects.count()
    code = (
        f"from django.test import Client; print(Client(HTTP_HOST='localhost').get({reverse('sante')!r}).status_code)"
    )
    assert manage(base_neuve, tmp_path / "media", "shell", "-v", "0", "-c", code).stdout.strip() == "200"
    autre = manage(base_neuve, tmp_path / "media", "restore_sauvegarde", str(sauvegarde))
    assert autre.returncode == 1
    assert "n'est pas vide" in autre.stderr
    assert "Rien n'a été touché" in autre.stderr


def truncate(dossier: Path) -> None:
    octets = (dossier / BASE).read_bytes()
    (dossier / BASE).write_bytes(octets[: len(octets) // 2])


def corrupt(dossier: Path) -> None:
    octets = bytearray((dossier / BASE).read_bytes())
    octets[len(octets) // 2] ^= 1
    (dossier / BASE).write_bytes(octets)


def empty(dossier: Path) -> None:
    (dossier / BASE).write_bytes(b"")


def lose_document(dossier: Path) -> None:
    next(chemin for chemin in (dossier / "documents").rglob("*") if chemin.is_file()).unlink()


def interrupt(dossier: Path) -> None:
    (dossier / MANIFESTE).unlink()


def age(dossier: Path) -> None:
    manifeste = json.loads((dossier / MANIFESTE).read_text())
    (dossier / MANIFESTE).write_text(json.dumps(manifeste | {"format": 99}))


def test_a_backup_that_is_not_whole_is_refused_before_anything_is_touched(sauvegarde, tmp_path):
    assert check_sauvegarde(sauvegarde)["documents"]
    fautes = [truncate, corrupt, empty, lose_document, interrupt, age]
    for faute in fautes:
        copie = tmp_path / faute.__name__
        shutil.copytree(sauvegarde, copie)
        faute(copie)
        with pytest.raises(SauvegardeRefusee):
            check_sauvegarde(copie)
    with pytest.raises(SauvegardeRefusee, match="n'est pas vide"), as_systeme():
        write_sauvegarde(sauvegarde)
