"""The journal: nobody changes it, each act is sealed to the one before, and a change of one byte is named."""

import itertools
import threading
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone

from portal.accounts.enums import Role
from portal.core.journal import Verification, read_derniere, record_verification, verify_journal
from portal.core.models import Evenement, Execution, Scelle
from tests.people import make_agent

FILS, ACTES = 20, 15


def seal():
    """What the commit does."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def execute_as_superuser(ordre, *valeurs):
    """Somebody who holds the server, and sets the triggers aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(ordre, valeurs)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def evenements(db):
    crees = [
        Evenement.objects.create(
            objet=f"essai:{rang}", action="essai", details={"b": rang, "a": "é", "n": 1.50, "liste": [1, None, True]}
        )
        for rang in range(5)
    ]
    seal()
    return crees


def test_each_event_is_sealed_to_the_one_before(evenements):
    scelles = list(Scelle.objects.order_by("rang"))[-5:]
    assert [s.evenement_id for s in scelles] == [e.pk for e in evenements]
    assert all(apres.precedente == avant.empreinte for avant, apres in itertools.pairwise(scelles))
    lue = verify_journal()
    assert (lue.anomalies, lue.empreinte) == ((), scelles[-1].empreinte)


def test_what_is_rolled_back_leaves_no_gap(evenements):
    avant = verify_journal()
    point = transaction.savepoint()
    Evenement.objects.create(objet="essai:perdu", action="essai")
    seal()
    transaction.savepoint_rollback(point)
    Evenement.objects.create(objet="essai:suite", action="essai")
    seal()
    apres = verify_journal()
    assert (apres.rang, apres.anomalies) == (avant.rang + 1, ())


@pytest.mark.parametrize("table", ["core_evenement", "core_scelle"])
@pytest.mark.parametrize("ordre", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_its_owner_itself_changes_nothing(evenements, table, ordre):
    colonne = {"core_evenement": "action", "core_scelle": "empreinte"}[table]
    refus = pytest.raises(Error, match="on y ajoute")
    with refus, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ordre.format(table, colonne, "'x'"))


def test_nobody_empties_it_outside_the_tests(evenements):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maillage.essais = ''")
        with pytest.raises(Error, match="on y ajoute"), transaction.atomic():
            cursor.execute("TRUNCATE core_evenement CASCADE")


CHANGEMENTS = {
    "action": ("UPDATE core_evenement SET action = 'essaj' WHERE id = %s", "evenement_change"),
    "objet": ("UPDATE core_evenement SET objet = objet || ' ' WHERE id = %s", "evenement_change"),
    "details": ("""UPDATE core_evenement SET details = details || '{"b": 9}' WHERE id = %s""", "evenement_change"),
    "instant": (
        "UPDATE core_evenement SET survenu_le = survenu_le + interval '1 microsecond' WHERE id = %s",
        "evenement_change",
    ),
    "empreinte": ("UPDATE core_scelle SET empreinte = 'f' || substr(empreinte, 2, 62) || 'z' WHERE evenement_id = %s",
                  "evenement_change"),
    "evenement": ("DELETE FROM core_evenement WHERE id = %s", "evenement_absent"),
    "scelle": ("DELETE FROM core_scelle WHERE evenement_id = %s", None),
}  # fmt: skip


@pytest.mark.parametrize("nom", CHANGEMENTS)
def test_one_change_in_a_copy_names_the_row(evenements, nom):
    ordre, nature = CHANGEMENTS[nom]
    vise = evenements[2]
    execute_as_superuser(ordre, vise.pk)
    anomalies = verify_journal().anomalies
    if nature is None:  # the seal is gone: the chain is broken after it, and the event has none
        assert {a.nature for a in anomalies} == {"rang_absent", "sans_scelle"}
        assert vise.pk in {a.evenement for a in anomalies}
    else:
        assert (anomalies[0].evenement, anomalies[0].nature) == (vise.pk, nature)
        assert str(vise.pk) in str(anomalies[0])
    with pytest.raises(CommandError, match="altéré"):
        call_command("verify_journal", stderr=StringIO())


def test_a_row_sealed_again_after_a_change_breaks_the_chain_behind_it(evenements):
    """Whoever rewrites one row and its seal still has every following seal against them."""
    vise = evenements[2]
    execute_as_superuser("UPDATE core_evenement SET action = 'autre' WHERE id = %s", vise.pk)
    execute_as_superuser(
        """UPDATE core_scelle s SET empreinte = core_empreinte(s.precedente, core_evenement_texte(
               e.id, e.objet, e.action, e.auteur_id, e.survenu_le, e.details))
             FROM core_evenement e WHERE e.id = s.evenement_id AND e.id = %s""",
        vise.pk,
    )
    anomalies = verify_journal().anomalies
    assert [(a.evenement, a.nature) for a in anomalies] == [(evenements[3].pk, "chaine_rompue")]


def test_the_command_gives_the_head_of_the_chain(evenements):
    sortie = StringIO()
    call_command("verify_journal", stdout=sortie)
    assert verify_journal().empreinte in sortie.getvalue()


def test_the_settings_of_the_session_change_no_seal(evenements):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Pacific/Auckland'")
        cursor.execute("SET LOCAL DateStyle = 'German'")
        cursor.execute("SET LOCAL extra_float_digits = 0")
    assert verify_journal().anomalies == ()


def test_the_nightly_run_is_shown(client, evenements):
    record_verification()
    assert read_derniere().statut == Execution.Statut.TERMINEE
    execute_as_superuser("UPDATE core_evenement SET action = 'essaj' WHERE id = %s", evenements[1].pk)
    assert len(record_verification().anomalies) == 1
    assert read_derniere().statut == Execution.Statut.ECHEC
    assert "Journal altéré" in client.get(reverse("travail", args=[read_derniere().pk])).content.decode()
    client.force_login(make_agent(Role.AUDITEUR, "national", is_staff=True))
    page = client.get(reverse("admin:core_evenement_changelist")).content.decode()
    assert f"l&#x27;événement {evenements[1].pk}" in page


def test_ten_thousand_events_are_verified_in_five_seconds(db):
    maintenant = timezone.now()
    Evenement.objects.bulk_create(
        Evenement(objet=f"aides.demande:{n}", action="essai", survenu_le=maintenant, details={"version": n})
        for n in range(10_000)
    )
    seal()
    debut = time.perf_counter()
    lue = verify_journal()
    verifie = time.perf_counter() - debut
    assert (lue.evenements, lue.anomalies) == (10_000, ())
    assert verifie < 5


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_make_no_fork_and_no_gap():
    fautes = []

    def run(rang):
        try:
            for numero in range(ACTES):
                with transaction.atomic():
                    Evenement.objects.create(objet=f"fil:{rang}", action="essai", details={"numero": numero})
                    if numero % 5 == 4:
                        Evenement.objects.create(objet=f"fil:{rang}", action="second")
        except Exception as erreur:
            fautes.append(erreur)
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=(rang,)) for rang in range(FILS)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    attendus = FILS * (ACTES + ACTES // 5)
    lue = verify_journal()
    assert fautes == []
    assert lue == Verification(attendus, attendus, lue.empreinte, ())
    assert list(Scelle.objects.order_by("rang").values_list("rang", flat=True)) == list(range(1, attendus + 1))
