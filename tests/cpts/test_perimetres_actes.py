"""Perimeters moved by their acts: drafts, two persons, freezing; and what the database refuses."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import ActionCpts, StatutPerimetre
from cpts.lecture_perimetres import (
    find_perimetre,
    list_blanches,
    list_codes,
    read_perimetre,
)
from cpts.models import ActeCpts, CommunePerimetre, Perimetre
from cpts.services.perimetres import (
    PerimetreModifie,
    PerimetreRefuse,
    approve_perimetre,
    edit_brouillon,
    end_perimetre,
    note_brouillon,
    open_brouillon,
    refuse_perimetre,
    remove_brouillon,
    resume_brouillon,
    submit_perimetre,
)
from cpts.services.vie import SaisieActe, apply_acte
from portal.accounts.enums import Role
from portal.accounts.middleware import bind_ceinture
from portal.accounts.models import User
from portal.core.models import Envoi, Evenement
from tests.cpts.factories import CODE, make_cpts, make_perimetre
from tests.cpts.perimetres_essai import EFFET, JOUR, make_communes, merge, submit
from tests.people import make_agent, make_mandat
from tests.portal.test_ceinture import as_web
from zonage.models import Commune

pytestmark = pytest.mark.django_db


@pytest.fixture
def communes():
    return make_communes()


@pytest.fixture
def cpts(communes):
    return make_cpts(communes=communes[:3])


@pytest.fixture
def coordinateur(cpts):
    return make_agent("coordinateur_cpts", f"cpts:{CODE}")


@pytest.fixture
def valideur():
    return make_agent("valideur", "departement:71")


# --- acts


def test_a_draft_begins_with_the_perimeter_in_force(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    assert list_codes(brouillon) == ["71001", "71002", "71003"]
    edition = edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"], retire=["71001"])
    assert (edition.ajoutees, edition.retirees, edition.version) == (("71004",), ("71001",), 1)
    assert find_perimetre(CODE, JOUR).pk != brouillon.pk
    note_brouillon(brouillon, version=1, motif=" Pourquoi ", effet_le=EFFET)
    assert (brouillon.motif, brouillon.effet_le, brouillon.version) == ("Pourquoi", EFFET, 2)


def test_an_edit_of_an_older_version_is_refused_and_writes_nothing(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"])
    with pytest.raises(PerimetreModifie, match="a changé"):
        edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71005"])
    assert list_codes(brouillon) == ["71001", "71002", "71003", "71004"]


def test_an_edit_writes_today_s_communes(cpts, communes, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    merge(communes[2], communes[3])
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71006"])
    assert list_codes(brouillon) == ["71001", "71002", "71004", "71006"]


def test_the_approval_closes_the_one_before_and_freezes_the_population(cpts, coordinateur, valideur):
    ancien = find_perimetre(CODE, JOUR)
    nouveau = submit(cpts, coordinateur, ajoute=["71004", "71005"], retire=["71001"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version, commentaire="D'accord")
    ancien.refresh_from_db()
    assert (ancien.periode.upper, nouveau.periode) == (EFFET, DateRange(EFFET, None))
    assert (nouveau.population, nouveau.millesime_population, nouveau.taille) == (14_000, 2023, 1)
    assert set(read_perimetre(CODE, date(2026, 2, 28))) == {"71001", "71002", "71003"}
    assert set(read_perimetre(CODE, EFFET)) == {"71002", "71003", "71004", "71005"}
    assert [une.code for une in list_blanches("", EFFET)] == ["71001", "71006"]
    actes = Evenement.objects.filter(objet=f"cpts.cpts:{CODE}").order_by("pk").values_list("action", flat=True)
    assert list(actes) == ["perimetre_ouvert", "perimetre_modifie", "perimetre_soumis", "perimetre_approuve"]


def test_the_approval_tells_the_outbox(cpts, coordinateur, valideur, settings):
    settings.MAILLAGE_ABONNEMENTS = {"cpts.perimetre": ["core.battement"]}
    nouveau = submit(cpts, coordinateur, ajoute=["71004"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version)
    assert Envoi.objects.get(cle=CODE).arguments == [CODE]


def test_nobody_answers_what_they_submitted(cpts, valideur):
    soumis = submit(cpts, valideur, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match="une autre personne"):
        approve_perimetre(soumis, par=valideur, version=soumis.version)
    with pytest.raises(IntegrityError, match="perimetre_deux_personnes"), transaction.atomic():
        Perimetre.objects.filter(pk=soumis.pk).update(decide_par=valideur)


def test_a_refusal_says_why_and_lets_another_draft_come(cpts, coordinateur, valideur):
    soumis = submit(cpts, coordinateur, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match="Dites pourquoi"):
        refuse_perimetre(soumis, par=valideur, version=soumis.version, commentaire=" ")
    refuse_perimetre(soumis, par=valideur, version=soumis.version, commentaire="Trop loin")
    assert (soumis.statut, soumis.commentaire) == (StatutPerimetre.REFUSE, "Trop loin")
    assert set(read_perimetre(CODE, EFFET)) == {"71001", "71002", "71003"}
    assert submit(cpts, coordinateur, ajoute=["71005"]).statut == StatutPerimetre.SOUMIS


def test_what_waits_can_be_taken_back(cpts, coordinateur):
    soumis = submit(cpts, coordinateur, ajoute=["71004"])
    with pytest.raises(PerimetreModifie):
        edit_brouillon(soumis, par=coordinateur, version=soumis.version, ajoute=["71005"])
    resume_brouillon(soumis, par=coordinateur, version=soumis.version)
    edit_brouillon(soumis, par=coordinateur, version=soumis.version, ajoute=["71005"])
    remove_brouillon(soumis, par=coordinateur, version=soumis.version)
    assert soumis.statut == StatutPerimetre.RETIRE


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"motif": " "}, "pourquoi"),
        ({"effet_le": None}, "le jour"),
        ({"effet_le": date(2018, 12, 31)}, "le jour"),
        ({"effet_le": date(2024, 1, 1)}, "postérieur"),
        ({"effet_le": date(2023, 6, 1)}, "postérieur"),
    ],
)
def test_what_is_missing_is_said_before_the_submission(cpts, coordinateur, champs, phrase):
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match=phrase):
        submit_perimetre(brouillon, par=coordinateur, version=1, **{"motif": "Essai", "effet_le": EFFET, **champs})
    assert brouillon.statut == StatutPerimetre.BROUILLON


def test_an_empty_or_unchanged_perimeter_is_not_submitted(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    with pytest.raises(PerimetreRefuse, match="rien à soumettre"):
        submit_perimetre(brouillon, par=coordinateur, version=0, motif="Essai", effet_le=EFFET)
    edit_brouillon(brouillon, par=coordinateur, version=0, retire=["71001", "71002", "71003"])
    with pytest.raises(PerimetreRefuse, match="aucune commune"):
        submit_perimetre(brouillon, par=coordinateur, version=1, motif="Essai", effet_le=EFFET)


def test_one_perimeter_waits_at_a_time(cpts, coordinateur):
    submit(cpts, coordinateur, ajoute=["71004"])
    autre = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(autre, par=coordinateur, version=0, ajoute=["71005"])
    with pytest.raises(PerimetreRefuse, match="attend déjà"):
        submit_perimetre(autre, par=coordinateur, version=1, motif="Essai", effet_le=EFFET)


def test_drafts_are_bounded(cpts, coordinateur):
    for _ in range(10):
        open_brouillon(cpts, par=coordinateur)
    with pytest.raises(PerimetreRefuse, match="10 brouillons"):
        open_brouillon(cpts, par=coordinateur)


def test_a_cpts_that_ends_leaves_its_communes_white(cpts, communes):
    assert end_perimetre(cpts, le=date(2026, 6, 1), par=None)
    assert read_perimetre(CODE, date(2026, 5, 31))
    assert read_perimetre(CODE, date(2026, 6, 1)) == {}
    assert {une.code for une in list_blanches("", date(2026, 6, 1))} == {une.pk for une in communes}
    assert not end_perimetre(cpts, le=date(2026, 6, 1), par=None)


@pytest.mark.parametrize(
    ("statut", "action", "effet_le", "fin"),
    [
        ("aci_signe", ActionCpts.RESILIER, date(2026, 2, 1), date(2026, 2, 1)),
        ("projet_valide", ActionCpts.ABANDONNER, None, date(2026, 1, 15)),
    ],
)
def test_the_end_of_a_cpts_closes_its_perimeters_by_itself(
    cpts, coordinateur, valideur, statut, action, effet_le, fin
):
    dates = {"aci_signe_le": date(2024, 9, 27), "aci_fin_le": date(2029, 9, 27)} if statut == "aci_signe" else {}
    cpts = make_cpts("71-finie", statut, [Commune.objects.get(pk="71006")], **dates)
    suivant = open_brouillon(cpts, par=None, codes=["71005"])
    submit_perimetre(suivant, par=coordinateur, version=0, motif="Essai", effet_le=date(2026, 6, 1))
    approve_perimetre(suivant, par=valideur, version=1)
    saisie = SaisieActe(date(2026, 1, 15), "Fin", "ARS", effet_le=effet_le)
    apply_acte(cpts, action, saisie, par=valideur if effet_le else make_agent("instructeur", "departement:71"))
    suivant.refresh_from_db()
    assert suivant.statut == StatutPerimetre.RETIRE
    assert set(read_perimetre("71-finie", fin - timedelta(days=1))) == {"71006"}
    assert read_perimetre("71-finie", fin) == read_perimetre("71-finie", date(2026, 6, 1)) == {}
    assert "71006" in {une.code for une in list_blanches("", fin)}
    assert list_codes(open_brouillon(cpts, par=None)) == ["71006"]


def test_a_cpts_that_ended_gets_no_perimeter(cpts, coordinateur, valideur):
    soumis = submit(cpts, coordinateur, ajoute=["71004"])
    type(cpts).objects.filter(pk=cpts.pk).update(statut="abandonne", version=1)
    with pytest.raises(PerimetreRefuse, match="Projet abandonné"):
        approve_perimetre(soumis, par=valideur, version=soumis.version)
    ActeCpts.objects.create(cpts=cpts, action="abandonner", source="emergence", cible="abandonne", date_acte=JOUR)


# --- what the database refuses


@pytest.mark.parametrize(
    ("changement", "contrainte"),
    [
        ({"statut": "brouillon", "version": 99}, "perimetre_transition"),
        ({"population": 1}, "perimetre_fige"),
        ({"periode": DateRange(date(2020, 1, 1), None)}, "perimetre_fige"),
        ({"periode": None}, "perimetre_fige"),
        ({"statut": "retire", "version": 3}, "perimetre_transition"),
    ],
)
def test_what_was_decided_is_frozen_in_the_database(cpts, coordinateur, valideur, changement, contrainte):
    nouveau = submit(cpts, coordinateur, ajoute=["71004"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version)
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        Perimetre.objects.filter(pk=nouveau.pk).update(**changement)
    with pytest.raises(IntegrityError, match="communeperimetre_figee"), transaction.atomic():
        CommunePerimetre.objects.create(perimetre=nouveau, commune_id="71006")
    with pytest.raises(IntegrityError, match="communeperimetre_figee"), transaction.atomic():
        CommunePerimetre.objects.filter(perimetre=nouveau).delete()
    effacement = pytest.raises(IntegrityError, match="perimetre_ne_s_efface_pas")
    with effacement, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM cpts_perimetre WHERE id = %s", [nouveau.pk])


def test_a_draft_is_never_approved_without_its_submission(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    with pytest.raises(IntegrityError, match="perimetre_transition"), transaction.atomic():
        Perimetre.objects.filter(pk=brouillon.pk).update(statut="approuve", periode=DateRange(EFFET, None), version=1)


def test_the_web_never_writes_the_communes_of_another_cpts(communes, coordinateur):
    autre = make_perimetre(make_cpts("71-autre"), communes[:1])
    siens = open_brouillon(make_cpts("71-essai-b"), par=None)
    make_mandat(coordinateur, Role.COORDINATEUR_CPTS, "cpts:71-essai-b")
    with as_web():
        bind_ceinture(User.objects.get(pk=coordinateur.pk))
        CommunePerimetre.objects.create(perimetre_id=siens.pk, commune_id="71006")
        assert CommunePerimetre.objects.filter(perimetre_id=autre.pk).count() == 1
        assert CommunePerimetre.objects.filter(perimetre_id=autre.pk).delete()[0] == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            CommunePerimetre.objects.create(perimetre_id=autre.pk, commune_id="71006")
