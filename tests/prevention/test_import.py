"""Files of uptake: read whole or not at all, named by line and column, odd figures confirmed on screen."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core.models import ImportRun
from prevention.calculs.taux import Effectif
from prevention.enums import StatutFichierReleves
from prevention.models import FichierReleves, Releve
from prevention.services.campagnes import close_campagne
from prevention.services.erreurs import TransitionImpossible
from prevention.services.import_releves import abandon_fichier, confirm_fichier, receive_fichier
from prevention.services.releves import Saisie, write_releves
from tests.people import make_agent, make_commune
from tests.prevention.factories import AU, ORIGINE, CampagneFactory, make_cible, make_territoire, write

pytestmark = pytest.mark.django_db
ENTETE = "territoire;code;debut;fin;numerateur;denominateur;exclusions;statut"
JOURS = "2024-10-15;2025-01-31"


def receive(cible, *lignes, nom="releves.csv", par=None):
    texte = "\n".join([ENTETE, *lignes])
    return receive_fichier(
        cible, nom=nom, octets=texte.encode(), source="Caisse d'essai", millesime="2024", par=par, au=AU
    )


def errors(fichier):
    return [(a["ligne"], a["colonne"]) for a in fichier.import_run.rapport if a["gravite"] == "erreur"]


def test_a_right_file_is_loaded_then_known():
    make_territoire()
    cible, agent = make_cible(), make_agent("instructeur", "region:27")
    lignes = [f"commune;71001;{JOURS};40;100;0;provisoire", "commune;71002;15/10/2024;31/01/2025;45;100;5;consolide"]
    fichier = receive(cible, *lignes, par=agent)
    assert fichier.statut == StatutFichierReleves.IMPORTE
    assert (fichier.import_run.lignes_ecrites, fichier.import_run.auteur) == (2, agent)
    releve = Releve.objects.get(territoire_code="71002")
    assert (releve.exclusions, releve.statut, releve.departement_code) == (5, "consolide", "71")
    assert (releve.periode.lower, releve.periode.upper) == (date(2024, 10, 15), date(2025, 2, 1))
    encore = receive(cible, *lignes)
    assert (encore.import_run.lignes_ecrites, encore.import_run.lignes_identiques) == (0, 2)


def test_every_fault_is_named_and_nothing_is_written():
    make_territoire()
    fichier = receive(
        make_cible(),
        f"canton;71001;{JOURS};40;100;0;provisoire",
        f"commune;71999;{JOURS};40;100;0;provisoire",
        f"commune;71001;{JOURS};140;100;0;provisoire",
        f"commune;71002;{JOURS};95;100;10;provisoire",
        f"commune;71003;{JOURS};;100;0;provisoire",
        f"commune;71004;{JOURS};4,5;100;0;provisoire",
        "commune;71001;2024-13-15;2025-01-31;40;100;0;provisoire",
        f"commune;71001;{JOURS};40;100;0;certain",
        f"commune;71002;{JOURS};=1+1;100;0;provisoire",
    )
    assert fichier.statut == StatutFichierReleves.REFUSE
    assert {(2, "territoire"), (4, "numerateur"), (5, "numerateur"), (6, "numerateur"), (7, "numerateur")} <= set(
        errors(fichier)
    )
    assert {(8, "debut"), (9, "statut"), (10, "numerateur")} <= set(errors(fichier))
    assert not Releve.objects.exists()


def test_an_unknown_territory_or_a_day_out_of_the_season_is_refused():
    make_territoire()
    fichier = receive(
        make_cible(),
        f"commune;71999;{JOURS};40;100;0;provisoire",
        "commune;71001;2023-10-15;2024-01-31;40;100;0;provisoire",
    )
    assert errors(fichier) == [(2, "code"), (3, "debut")]


def test_parts_that_are_all_there_must_make_their_total():
    communes, epcis = make_territoire()
    cible = make_cible()
    lignes = [f"commune;{commune.pk};{JOURS};40;100;0;provisoire" for commune in communes]
    faux = [*lignes, f"epci;{epcis[0].pk};{JOURS};81;200;0;provisoire", f"departement;71;{JOURS};160;400;0;provisoire"]
    fichier = receive(cible, *faux)
    assert errors(fichier) == [(6, "numerateur")]
    assert (
        "81 personnes comptées, mais les parties du territoire en font 80" in fichier.import_run.rapport[0]["message"]
    )
    justes = [
        *lignes,
        f"epci;{epcis[0].pk};{JOURS};80;200;0;provisoire",
        f"departement;71;{JOURS};160;400;0;provisoire",
    ]
    assert receive(cible, *justes).statut == StatutFichierReleves.IMPORTE
    partiel = [lignes[0], f"epci;{epcis[0].pk};{JOURS};99;200;0;provisoire"]
    assert receive(make_cible(), *partiel).statut == StatutFichierReleves.IMPORTE


@pytest.fixture
def odd():
    """Eight communes at 50 % last season; this season's file says 52 % and, for one, 90 %."""
    communes = [make_commune(code_insee=f"7101{rang}") for rang in range(8)]
    avant = make_cible(campagne=CampagneFactory(code="avant", periode=DateRange(date(2023, 10, 1), date(2024, 3, 1))))
    write_avant(avant, communes)
    cible = make_cible(campagne=CampagneFactory(precedente=avant.campagne))
    lignes = [f"commune;{c.pk};{JOURS};{90 if c is communes[3] else 52};100;0;provisoire" for c in communes]
    return cible, communes, lignes


def write_avant(cible, communes):
    saisies = [Saisie("commune", c.pk, date(2023, 10, 15), date(2024, 1, 31), Effectif(50, 100)) for c in communes]
    write_releves(cible, saisies, ORIGINE, par=None, au=AU)


def test_an_odd_figure_waits_for_somebody(odd):
    cible, communes, lignes = odd
    fichier = receive(cible, *lignes)
    assert fichier.statut == StatutFichierReleves.A_CONFIRMER
    (ecart,) = fichier.ecarts
    assert (ecart["code"], ecart["taux"], ecart["avant"]) == (communes[3].pk, 90.0, 50.0)
    assert not Releve.objects.filter(cible=cible).exists()
    confirm_fichier(fichier, confirmees={ecart["cle"]}, par=None, au=AU)
    assert Releve.objects.filter(cible=cible).count() == 8
    with pytest.raises(TransitionImpossible):
        confirm_fichier(fichier, confirmees=set(), par=None, au=AU)


def test_an_odd_figure_that_nobody_confirms_is_named_and_left_out(odd):
    cible, communes, lignes = odd
    fichier = confirm_fichier(receive(cible, *lignes), confirmees=set(), par=None, au=AU)
    run = fichier.import_run
    assert (fichier.statut, run.lignes_ecrites, run.lignes_ignorees) == ("importe", 7, 1)
    assert "mise de côté" in run.rapport[0]["message"]
    assert not Releve.objects.filter(cible=cible, territoire_code=communes[3].pk).exists()


def test_a_file_may_be_given_up(odd):
    cible, _, lignes = odd
    fichier = receive(cible, *lignes)
    abandon_fichier(fichier)
    assert not Releve.objects.filter(cible=cible).exists()
    assert FichierReleves.objects.get().statut == "abandonne"


def test_a_closed_season_takes_no_file():
    make_territoire()
    cible = make_cible()
    close_campagne(cible.campagne, par=None, au=AU)
    with pytest.raises(TransitionImpossible, match="close"):
        receive(cible, f"commune;71001;{JOURS};40;100;0;provisoire")
    assert not ImportRun.objects.exists()
    with pytest.raises(TransitionImpossible):
        write(cible, ("commune", "71001", 40, 100))
