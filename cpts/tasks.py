"""What claims, missions and answers of the ARS ask of the workers."""

from cpts.models import Cpts
from cpts.services.argent import list_signees
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.courriels_rattachement import announce_decision, announce_demande
from cpts.services.missions import list_a_ouvrir, open_missions
from cpts.services.vie_courriels import TACHE, TACHE_COURRIEL, post_courriels, send_reponse
from portal.core.taches import Course, tache

LOT = 20


@tache("cpts.rattachement_demande")
def rattachement_demande(identifiant: int) -> None:
    announce_demande(identifiant)


@tache("cpts.rattachement_decide")
def rattachement_decide(identifiant: int) -> None:
    announce_decision(identifiant)


@tache(TACHE)
def reponse(genre: str, cle: int) -> None:
    """The ARS answered: one mail a coordinator."""
    post_courriels(genre, cle)


@tache(TACHE_COURRIEL)
def courriel_reponse(genre: str, cle: int, coordinateur: int) -> None:
    send_reponse(genre, cle, coordinateur)


@tache("cpts.missions_cpts")
def missions_cpts(code: str) -> None:
    """An ACI was signed or renewed, or a perimeter approved: missions, years and expected amounts follow."""
    for cpts in Cpts.objects.filter(pk=code).order_by("pk")[:1]:
        open_missions(cpts)


@tache("cpts.missions_jour", atomique=False)
def missions_jour(course: Course) -> None:
    """What an act before these tables, or a loading, left without missions."""
    for cpts in list_a_ouvrir():
        with course.tranche():
            open_missions(cpts)


@tache("cpts.missions_parametres", atomique=False, duree=180)
def missions_parametres(course: Course, region: str) -> None:
    """A parameter changed: the expected amounts of the contracts of the région (« »: of all) are written again."""
    signees = list_signees(region)
    for debut in range(0, len(signees), LOT):
        with course.tranche():
            for cpts in signees[debut : debut + LOT]:
                refresh_argent(cpts)
