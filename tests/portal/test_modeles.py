"""The bases from which tests and measures begin: they are what the migrations make, and a change makes them again."""

import os
import shutil

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.lancement import modeles
from portal.lancement.modeles import DEMONSTRATION, MIGREE, find_modele, list_sources


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
    adresse = os.environ["DATABASE_URL"]
    premier = find_modele(MIGREE, adresse)
    assert find_modele(MIGREE, adresse) == premier
    (tmp_path / "portal" / "core" / "rls.py").write_text("un = 2\n")
    second = find_modele(MIGREE, adresse)
    shutil.copy(migration, migration.with_name("0002_x.py"))
    assert len({premier, second, find_modele(MIGREE, adresse)}) == 3
