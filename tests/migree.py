"""The base that the migrations make, once for all the processes of the tests: each of them clones it."""

from portal.lancement.modeles import MIGREE, fill_base, taking_turns
from tests.browser.base import administer, build_url, drop_base


def name_migree(pid: int) -> str:
    """`pid`: of the process that shares the tests out, or of the only one."""
    return f"maillage_migree_{pid}"


def make_migree(pid: int) -> str:
    """Its name. The first that comes makes it, the others wait."""
    base = name_migree(pid)
    with taking_turns("essais"), administer() as curseur:
        curseur.execute("SELECT 1 FROM pg_database WHERE datname = %s", [base])
        if not curseur.fetchone():
            curseur.execute(f'CREATE DATABASE "{base}"')
            try:
                fill_base(MIGREE, build_url(base))
            except BaseException:
                drop_base(base)
                raise
    return base


def drop_migree(pid: int) -> None:
    drop_base(name_migree(pid))
