"""The work of the zoning that nobody waits for. Called by the outbox: keys only."""

from portal.core.taches import Course, tache
from zonage.services.brouillons_fichier import load_fichier

DUREE = 120


@tache("zonage.fichier_arrete", atomique=False, duree=DUREE, entre=60)
def read_fichier_arrete(course: Course, fichier: int) -> None:
    """Read the file of a draft; killed, it begins again and the draft holds all of it or nothing."""
    load_fichier(fichier, ouvre=course.tranche)
