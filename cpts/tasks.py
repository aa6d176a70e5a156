"""What claims ask of the workers."""

from cpts.services.courriels_rattachement import announce_decision, announce_demande
from portal.core.taches import tache


@tache("cpts.rattachement_demande")
def rattachement_demande(identifiant: int) -> None:
    announce_demande(identifiant)


@tache("cpts.rattachement_decide")
def rattachement_decide(identifiant: int) -> None:
    announce_decision(identifiant)
