"""A CPTS just under 175,000 inhabitants, its neighbour and its people, made in a process apart for the browser."""

from cpts.enums import StatutCpts
from portal.accounts.enums import Role
from tests.cpts.factories import make_cpts
from tests.people import make_agent
from zonage.models import Commune

SIENNES = ("49007", "49267", "49129")
VOISINES = ("49015", "49055")


def prepare(code: str, coordinateur: str, valideur: str) -> None:
    """Angers, Saint-Barthélemy-d'Anjou and Écouflant: 173,491 inhabitants. The neighbour has Avrillé."""
    communes = {commune.pk: commune for commune in Commune.objects.filter(pk__in=SIENNES + VOISINES)}
    make_cpts(
        code, StatutCpts.ACI_SIGNE, [communes[cle] for cle in SIENNES], departement="49", nom=f"CPTS engendrée {code}"
    )
    voisine = f"v{code}"
    make_cpts(voisine, communes=[communes[cle] for cle in VOISINES], departement="49", nom=f"CPTS voisine {code}")
    make_agent(Role.COORDINATEUR_CPTS, f"cpts:{code}", courriel=coordinateur)
    make_agent(Role.VALIDEUR, "region:52", courriel=valideur)


def prepare_seule(code: str, coordinateur: str) -> None:
    """Angers alone: what the other journey counts as white stays so."""
    make_cpts(code, StatutCpts.EMERGENCE, [Commune.objects.get(pk="49007")], departement="49")
    make_agent(Role.COORDINATEUR_CPTS, f"cpts:{code}", courriel=coordinateur)
