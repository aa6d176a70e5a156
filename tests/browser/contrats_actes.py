"""A contract whose year is over and a campaign that settles it, made in a process apart for the tests in a browser."""

from datetime import timedelta

from aides.contrats.campagnes import refresh_campagne
from aides.models import Campagne, Echeance
from portal.accounts.enums import Role
from tests.aides.campagnes_essai import ANNEE, make_annuel, make_campagne
from tests.aides.contrats_essai import aujourdhui
from tests.aides.dossiers_essai import Equipe
from tests.people import make_agent, make_user
from zonage.models import Commune


def prepare(titulaire: str, valideur: str) -> None:
    """`titulaire` holds a contract with a late duty; `valideur` opened the campaign of the year before."""
    assert Commune.objects.filter(departement_id="71").exists()
    equipe = Equipe.__new__(Equipe)  # addresses of this journey: the base serves several
    equipe.instructeur = make_agent(Role.INSTRUCTEUR, "departement:71", courriel=f"instructeur-{valideur}")
    equipe.valideur = make_agent(Role.VALIDEUR, "region:27", courriel=valideur)
    equipe.second = make_agent(Role.VALIDEUR, "region:27", courriel=f"second-{valideur}")
    contrat, _ = make_annuel(equipe, titulaire=make_user(titulaire))
    retard = contrat.echeances.filter(nature="obligation").order_by("le", "pk")[0]
    Echeance.objects.filter(pk=retard.pk).update(le=aujourdhui() - timedelta(days=5))
    deja = Campagne.objects.filter(dispositif="cotram", annee=ANNEE, region_id="27").first()
    refresh_campagne(deja or make_campagne(equipe.valideur), par=equipe.valideur)
