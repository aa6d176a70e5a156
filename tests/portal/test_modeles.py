"""The bases from which tests and measures begin: they are what the migrations make, and a change makes them again."""

import shutil

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.lancement import modeles
from portal.lancement.modeles import DEMONSTRATION, ETAPES, MIGREE, find_modele, list_sources
from portal.lancement.options import Options
from portal.lancement.preparation import list_steps
from tests.browser.base import build_url


@pytest.mark.django_db
def test_the_base_of_the_tests_has_every_migration_and_its_belt():
    executant = MigrationExecutor(connection)
    assert executant.migration_plan(executant.loader.graph.leaf_nodes()) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_policy), has_table_privilege('maillage_web', 'aides_demande', 'SELECT')"
        )
        politiques, lu = cursor.fetchone()
    assert politiques > 20
    assert lu


def test_what_migrations_import_counts():
    noms = {fichier.name for fichier in list_sources(MIGREE)}
    assert {"0001_extensions.py", "rls.py", "octrois.py", "base.py"} <= noms
    assert "views.py" not in noms
    assert set(list_sources(MIGREE)) < set(list_sources(DEMONSTRATION))


def test_another_migration_makes_another_base(tmp_path, monkeypatch):
    for dossier in ("zonage/migrations", "portal/core", "portal/settings"):
        (tmp_path / dossier).mkdir(parents=True)
    monkeypatch.setattr(modeles, "RACINE", tmp_path)
    monkeypatch.setattr(modeles, "APRES", ())
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "portal" / "core" / "rls.py").write_text("un = 1\n")
    migration = tmp_path / "zonage" / "migrations" / "0001_x.py"
    migration.write_text("from portal.core.rls import un\n")
    adresse = build_url("postgres")
    premier = find_modele(MIGREE, adresse)
    assert find_modele(MIGREE, adresse) == premier
    (tmp_path / "portal" / "core" / "rls.py").write_text("un = 2\n")
    second = find_modele(MIGREE, adresse)
    shutil.copy(migration, migration.with_name("0002_x.py"))
    assert len({premier, second, find_modele(MIGREE, adresse)}) == 3


def test_the_steps_are_those_of_a_start():
    """A base kept by `./maillage bench` after its own preparation is the one that the tests would have made."""
    depart = [commande for _, commande in list_steps(Options())]
    suite = [commande[0] for nom in (MIGREE, DEMONSTRATION) for commande in ETAPES[nom]]
    assert [commande[0] for commande in depart][: len(suite)] == suite
