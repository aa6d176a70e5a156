"""Two relays, two workers, two acts at once. Each race has its control: without the lock, the fault is seen."""

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from portal.core import relais as module
from portal.core.creneaux import Periodique, claim, read_periodiques
from portal.core.models import Creneau, Envoi
from portal.core.outbox import post
from portal.core.relais import take
from portal.core.taches import perform

pytestmark = pytest.mark.django_db(transaction=True)


def together(nombre, fonction):
    """Run the function in `nombre` threads that start at the same instant. Returns what each returned."""
    barriere, rendus, erreurs = threading.Barrier(nombre), [], []

    def run():
        try:
            connection.ensure_connection()
            barriere.wait(10)
            rendus.append(fonction())
        except Exception as erreur:
            erreurs.append(erreur)
        finally:
            connection.close()

    fils = [threading.Thread(target=run) for _ in range(nombre)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    assert erreurs == []
    return rendus


def post_many(nombre):
    with transaction.atomic():
        return [post("essai.tache", numero).pk for numero in range(nombre)]


def take_all():
    pris = []
    while lot := take(7):
        pris += [ligne[0] for ligne in lot]
    return pris


def test_relays_side_by_side_never_take_the_same_row():
    cles = post_many(300)
    pris = [cle for lot in together(4, take_all) for cle in lot]
    assert sorted(pris) == cles


def test_control_without_the_lock_two_relays_take_the_same_row(monkeypatch):
    """The reading that locks nothing, then the mark: what SKIP LOCKED is there for."""
    post_many(40)

    def take_without_lock():
        vus = list(Envoi.objects.filter(statut="a_envoyer").order_by("pk").values_list("pk", flat=True))
        barriere.wait(10)
        Envoi.objects.filter(pk__in=vus).update(statut="envoye")
        return vus

    barriere = threading.Barrier(2)
    pris = Counter(cle for lot in together(2, take_without_lock) for cle in lot)
    assert max(pris.values()) == 2


def test_a_turn_is_taken_by_one_relay():
    instant = datetime(2026, 11, 22, 10, tzinfo=UTC)
    for minute in range(20):
        periodique = Periodique(f"essai-{minute}", "core.purge", periode=60)
        assert sum(together(3, lambda p=periodique: claim(p, instant))) == 1
    assert Creneau.objects.count() == Envoi.objects.count() == 20
    periodiques = read_periodiques()  # those of the portal: two beats make one run of each
    for periodique in periodiques:
        assert sum(together(2, lambda p=periodique: claim(p, instant))) == 1
    assert Creneau.objects.count() == Envoi.objects.count() == 20 + len(periodiques)


def test_control_without_the_key_a_turn_is_taken_twice():
    def claim_without_key():
        libre = not Creneau.objects.filter(nom="essai").exists()
        barriere.wait(10)
        if libre:
            Creneau.objects.create(nom="essai", creneau=str(threading.get_ident()))
        return libre

    barriere = threading.Barrier(2)
    assert sum(together(2, claim_without_key)) == 2


def test_the_same_message_delivered_to_three_workers_has_one_effect():
    for tour in range(15):
        post_many(1)
        ((envoi_id, _tache, jeton, _envois),) = take(1)

        def write(_numero, tour=tour):
            Creneau.objects.bulk_create([Creneau(nom=f"effet-{tour}", creneau=str(threading.get_ident()))])

        faits = together(3, lambda e=envoi_id, j=jeton, w=write: perform(w, e, j, rendu=True))
        assert sum(faits) == 1
    assert Creneau.objects.count() == 15


def test_an_intent_held_by_an_act_is_not_sent_before_the_act_is_seen():
    """A second act shares the row of the first: the relay leaves it until the second act is committed."""
    with transaction.atomic():
        premier = post("essai.tache", 1, cle="zones:1")
    with transaction.atomic():
        assert post("essai.tache", 1, cle="zones:1").pk == premier.pk
        assert together(1, lambda: take(10)) == [[]]
    assert [ligne[0] for ligne in take(10)] == [premier.pk]


def test_an_act_never_waits_for_another_that_holds_the_same_key():
    with transaction.atomic():
        premier = post("essai.tache", 1, cle="zones:1")

    def act():
        with transaction.atomic():
            return post("essai.tache", 1, cle="zones:1").pk

    with transaction.atomic():
        post("essai.tache", 1, cle="zones:1")
        (second,) = together(1, act)
    assert second != premier.pk


def test_a_row_at_work_is_left_alone_by_the_relay(settings):
    settings.MAILLAGE_RELAIS = settings.MAILLAGE_RELAIS | {"bail": 0}
    post_many(1)
    ((envoi_id, _tache, jeton, _envois),) = take(1)
    repris = []

    def slow(_numero):
        repris.extend(together(1, lambda: take(10)))

    assert perform(slow, envoi_id, jeton)
    assert repris == [[]]
    assert module.take(10) == []
