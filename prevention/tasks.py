"""What the bulletins ask of the workers."""

from portal.core.taches import tache
from prevention.services.bulletins import TACHE, TACHE_COURRIEL, post_courriels, send_bulletin


@tache(TACHE)
def bulletin(pk: int) -> None:
    """It was published: one mail a person."""
    post_courriels(pk)


@tache(TACHE_COURRIEL)
def courriel_bulletin(pk: int, compte: int) -> None:
    send_bulletin(pk, compte)
