"""A closed season stands still, whoever asks; a figure is replaced, never changed; the secret follows each writing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from portal.core.models import Envoi, Evenement
from prevention.calculs.taux import Effectif
from prevention.enums import TRANSITIONS_ACTION, StatutAction
from prevention.lecture import list_points, read_taux, read_taux_communes
from prevention.models import ActionPrevention, Campagne, Cible, Objectif, Releve
from prevention.services.campagnes import close_campagne, open_campagne
from prevention.services.erreurs import ActeInvalide, TransitionImpossible, VersionPerimee
from prevention.services.releves import Origine, Saisie, add_releve, correct_releve, list_versions
from tests.cpts.factories import make_cpts
from tests.people import make_agent
from tests.prevention.factories import (
    AU,
    DEBUT,
    FIN,
    ORIGINE,
    ActionFactory,
    CampagneFactory,
    make_cible,
    make_territoire,
    write,
)

pytestmark = pytest.mark.django_db


def refused(constraint, act):
    """The database itself refuses, and names why."""
    with pytest.raises(IntegrityError) as refus, transaction.atomic():
        act()
    assert refus.value.__cause__.diag.constraint_name == constraint


@pytest.fixture
def close():
    """A closed season with one figure."""
    make_territoire()
    cible = make_cible()
    write(cible, ("commune", "71001", 40, 100))
    close_campagne(cible.campagne, par=None, au=AU)
    return cible


def test_a_closed_season_refuses_every_edit_even_in_sql(close):
    releve = Releve.objects.get()
    refused("releve_saison_close", lambda: Releve.objects.filter(pk=releve.pk).update(numerateur=41))
    refused("releve_saison_close", lambda: Releve.objects.filter(pk=releve.pk).update(courant=False))
    refused("releve_ne_s_efface_pas", lambda: Releve.objects.filter(pk=releve.pk).delete())
    refused("campagne_saison_close", lambda: Campagne.objects.update(nom="Autre"))
    refused("campagne_saison_close", lambda: Campagne.objects.update(statut="ouverte"))
    refused("campagne_saison_close", lambda: Cible.objects.update(denominateur="Autre"))
    refused("campagne_saison_close", lambda: Cible.objects.all()._raw_delete("default"))
    nouveau = {"territoire_type": "france", "territoire_code": "france", "taux": 75, "source": "OMS"}
    refused(
        "campagne_saison_close",
        lambda: Objectif.objects.create(campagne_id=close.campagne_id, cible=close, **nouveau),
    )


def test_the_owner_of_the_tables_is_refused_too(close):
    """The tests own the tables: raw SQL, no application in between."""

    def act():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE prevention_releve SET numerateur = 1")

    refused("releve_saison_close", act)


def test_a_new_figure_does_not_enter_a_closed_season(close):
    saisie = Saisie("commune", "71002", DEBUT, FIN, Effectif(10, 100))
    with pytest.raises(TransitionImpossible, match="close"):
        add_releve(close, saisie, ORIGINE, par=None, au=AU)


def test_a_correction_says_why_keeps_both_and_tells(close, settings):
    settings.MAILLAGE_ABONNEMENTS = {"prevention.releve": ["pilotage.essai"]}
    ancien, agent = Releve.objects.get(), make_agent("valideur", "region:27")
    with pytest.raises(ActeInvalide, match="pourquoi"):
        correct_releve(ancien, Effectif(44, 100), statut="consolide", motif=" ", par=agent, au=AU)
    nouveau = correct_releve(ancien, Effectif(44, 100), statut="consolide", motif="Double compte", par=agent, au=AU)
    ancien.refresh_from_db()
    assert (ancien.courant, ancien.numerateur, nouveau.courant) == (False, 40, True)
    assert [lu.pk for lu in list_versions(nouveau)] == [nouveau.pk, ancien.pk]
    evenement = Evenement.objects.filter(action="releve_corrige").get()
    assert (evenement.auteur, evenement.details["remplace"]) == (agent, ancien.pk)
    assert Envoi.objects.filter(tache="pilotage.essai").count() == 1


def test_two_corrections_of_the_same_figure_leave_one(close):
    ancien = Releve.objects.get()
    correct_releve(ancien, Effectif(44, 100), statut="consolide", motif="Un", par=None, au=AU)
    with pytest.raises(VersionPerimee):
        correct_releve(ancien, Effectif(45, 100), statut="consolide", motif="Deux", par=None, au=AU)
    assert Releve.objects.courants().get().numerateur == 44


def test_a_correction_without_a_reason_is_refused_by_the_database(close):
    ancien = Releve.objects.get()
    copie = Releve(**{champ.attname: getattr(ancien, champ.attname) for champ in Releve._meta.concrete_fields})
    copie.pk, copie.remplace_id, copie.motif = None, ancien.pk, ""
    refused("releve_correction_motivee", copie.save)


def test_a_figure_of_an_open_season_is_replaced_too():
    make_territoire()
    cible = make_cible()
    write(cible, ("commune", "71001", 40, 100))
    write(cible, ("commune", "71001", 40, 100))
    assert Releve.objects.count() == 1
    refused("releve_ne_change_pas", lambda: Releve.objects.update(numerateur=41))
    write(cible, ("commune", "71001", 45, 100))
    assert list(Releve.objects.order_by("pk").values_list("numerateur", "courant")) == [(40, False), (45, True)]


def test_the_numerator_never_passes_who_is_meant():
    make_territoire()
    with pytest.raises(ActeInvalide, match="Plus de personnes"):
        write(make_cible(), ("commune", "71001", 101, 100))


def test_a_target_of_another_campaign_is_refused():
    make_territoire()
    une, autre = make_cible(), make_cible()
    write(une, ("commune", "71001", 40, 100))
    releve = Releve.objects.get()
    releve.pk, releve.cible_id = None, autre.pk
    refused("releve_cible_de_la_campagne", lambda: releve.save(force_insert=True))


def test_a_campaign_needs_a_target_and_never_goes_back():
    campagne = CampagneFactory()
    with pytest.raises(TransitionImpossible, match="population cible"):
        open_campagne(campagne, par=None)
    refused("campagne_transition", lambda: Campagne.objects.update(statut="close", close_le=AU))
    cible = make_cible()
    refused("campagne_transition", lambda: Campagne.objects.filter(pk=cible.campagne_id).update(statut="brouillon"))
    avant = cible.campagne.periode.lower - timedelta(days=1)
    with pytest.raises(TransitionImpossible, match="commencé"):
        close_campagne(cible.campagne, par=None, au=avant)


def test_the_small_numbers_and_what_would_give_them_away_are_hidden():
    communes, epcis = make_territoire()
    cible = make_cible()
    valeurs = [(5, 100), (40, 100), (50, 120), (60, 150)]
    write(
        cible,
        *(("commune", commune.pk, n, d) for commune, (n, d) in zip(communes, valeurs, strict=True)),
        ("epci", epcis[0].pk, 45, 200),
        ("epci", epcis[1].pk, 110, 270),
    )
    lus = dict(Releve.objects.filter(territoire_type="commune").values_list("territoire_code", "secret"))
    assert lus == {"71001": "primaire", "71002": "secondaire", "71003": "", "71004": ""}
    assert read_taux(cible, "commune", "71002", au=AU).masque
    assert read_taux(cible, "epci", epcis[0].pk, au=AU).taux == 22.5
    vu = read_taux(cible, "commune", "71001", au=AU, voit=lambda releve: True)
    assert (vu.numerateur, vu.masque) == (5, False)
    petit = Releve.objects.get(territoire_code="71001")
    correct_releve(petit, Effectif(40, 100), statut="provisoire", motif="Saisie", par=None, au=AU)
    assert set(Releve.objects.courants().values_list("secret", flat=True)) == {""}


def test_a_set_of_communes_is_summed_only_from_what_may_be_shown():
    communes, _ = make_territoire()
    cible = make_cible()
    write(cible, *(("commune", commune.pk, 40, 100) for commune in communes[:3]))
    trois = read_taux_communes(cible, [commune.pk for commune in communes[:3]], au=AU)
    assert (trois.numerateur, trois.denominateur, trois.taux, trois.provisoire) == (120, 300, 40, True)
    quatre = read_taux_communes(cible, [commune.pk for commune in communes], au=AU)
    assert (quatre.taux, quatre.manquantes) == (None, 1)
    assert "sans relevé" in quatre.motif
    write(cible, ("commune", communes[3].pk, 3, 100))
    assert read_taux_communes(cible, [commune.pk for commune in communes], au=AU).masque


def test_a_cpts_is_the_sum_of_its_communes_when_no_figure_is_its_own():
    communes, _ = make_territoire()
    make_cpts(communes=communes[:2])
    cible = make_cible()
    write(cible, *(("commune", commune.pk, 40, 100) for commune in communes))
    (point,) = list_points(cible, "cpts", "71-chalonnais", au=AU)
    assert (point.taux, point.communes, point.fin) == (40, 2, FIN)
    write(cible, ("cpts", "71-chalonnais", 90, 180))
    assert read_taux(cible, "cpts", "71-chalonnais", au=AU).taux == 50


def test_a_count_without_population_has_no_rate():
    make_cpts()
    cible = make_cible()
    total = Saisie("cpts", "71-chalonnais", DEBUT, FIN, Effectif(19_000, None), au_moins=True)
    add_releve(cible, total, Origine("Texte"), par=None, au=AU)
    lu = read_taux(cible, "cpts", "71-chalonnais", au=AU)
    assert (lu.numerateur, lu.taux, lu.au_moins) == (19_000, None, True)
    assert "population visée" in lu.motif


def test_the_states_of_an_action_are_those_of_the_table():
    cpts = make_cpts()
    champs = {"participants": 12, "motif": "Essai"}
    for source in StatutAction:
        for cible in StatutAction:
            if cible == source:
                continue
            action = ActionFactory(cpts=cpts, statut=source, **champs)
            suite = ActionPrevention.objects.filter(pk=action.pk)
            if cible in TRANSITIONS_ACTION[source]:
                assert suite.update(statut=cible, version=1)
            else:
                refused("action_transition", lambda s=suite, c=cible: s.update(statut=c, version=1))


def test_an_action_belongs_to_somebody_and_an_announced_one_stays():
    refused("action_de_quelqu_un", ActionFactory)
    action = ActionFactory(cpts=make_cpts())
    refused("action_ne_s_efface_pas", action.delete)
    refused("action_tenue_comptee", lambda: ActionPrevention.objects.update(statut="tenue", version=1))
    assert action.statut == StatutAction.ANNONCEE
