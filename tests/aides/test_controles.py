"""The checks: each finds its fault, none finds anything in clean files, what is mended is closed and kept."""

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.controles import list_anomalies, record_controles
from aides.dossiers.controles_regles import CONTROLES
from aides.dossiers.etats import Statut
from aides.models import Anomalie, Echeance
from portal.accounts.enums import Role
from portal.accounts.models import Mandat
from portal.core.models import Document, Envoi
from portal.core.outbox import post
from portal.core.relais import deliver_here
from tests.aides.contrats_essai import make_contrat
from tests.aides.dossiers_essai import Equipe, make_dossier, make_piece
from tests.people import make_agent, make_commune
from zonage.models import AncienneCommune, Arrete

pytestmark = pytest.mark.django_db
JOUR = timedelta(days=1)


def force(objet, **champs):
    """Write what the triggers refuse, as a fault of the base or of a restored backup would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        type(objet)._base_manager.filter(pk=objet.pk).update(**champs)
        cursor.execute("SET LOCAL session_replication_role = origin")
    objet.refresh_from_db()


@pytest.fixture
def equipe(db):
    return Equipe()


def clean(demande):
    force(demande, preuve_empreinte=hashlib.sha256(demande.preuve.encode()).hexdigest())
    return demande


@pytest.fixture
def dossier(equipe):
    """Under instruction, nothing wrong."""
    return clean(make_dossier(Statut.EN_INSTRUCTION, equipe=equipe))


@pytest.fixture
def contrat(equipe):
    """Running, nothing wrong."""
    contrat = make_contrat(equipe)
    clean(contrat.demande)
    return contrat


def age(demande, **champs):
    """The last act of a file, long ago."""
    for acte in demande.actes.order_by("pk"):
        force(acte, **champs)


def lose_mandat(dossier, contrat):
    Mandat.objects.filter(user=dossier.instructeur).delete()


def forget(dossier, contrat):
    age(dossier, survenu_le=timezone.now() - 90 * JOUR)


def leave_incomplete(dossier, contrat):
    ancien = timezone.now() - 100 * JOUR
    force(dossier, statut="incomplete", incomplete_le=ancien, deposee_le=ancien, cree_le=ancien)


def never_sign(dossier, contrat):
    ancienne = timezone.localdate() - 200 * JOUR
    montants = {"montant_accorde": Decimal(5_000), "seuil": Decimal(10_000)}
    force(dossier, statut="accordee", decision_le=ancienne, decide_par=dossier.instructeur, **montants)


def merge(dossier, contrat):
    AncienneCommune.objects.create(
        code_insee=dossier.commune_id, nom="Fusionnée", commune=make_commune("71", code_insee="71999")
    )


def retract(dossier, contrat):
    arrete = Arrete.objects.create(
        region_id="27", profession="medecin", periode=("2020-01-01", None), statut="brouillon", origine="demonstration"
    )
    force(dossier, zone_arrete=arrete.pk)


def alter(dossier, contrat):
    force(dossier, preuve='{"montant": "90000"}')


def write_apart(dossier, contrat):
    force(dossier, version=dossier.version + 1)


def grant_more(dossier, contrat):
    force(contrat.demande, montant_propose=Decimal(20_000))


def infect(dossier, contrat):
    Document.objects.filter(pk=make_piece(dossier).document_id).update(statut="infecte")


def move_ligne(contrat, nature, **champs):
    ligne = contrat.echeances.filter(nature=nature).order_by("le", "pk").first()
    force(ligne, **champs)


def pay_late(dossier, contrat):
    move_ligne(contrat, "versement", le=timezone.localdate() - 61 * JOUR)


def observe_late(dossier, contrat):
    move_ligne(contrat, "obligation", le=timezone.localdate() - 61 * JOUR)


def fail_duty(dossier, contrat):
    move_ligne(contrat, "obligation", statut="non_tenue", constatee_le=timezone.localdate() - 31 * JOUR)


def end_late(dossier, contrat):
    hier = timezone.localdate() - JOUR
    force(contrat, resiliation_notifiee_le=hier, resiliation_effet_le=hier)


def outlive(dossier, contrat):
    force(contrat, periode=("2020-01-01", timezone.localdate() - JOUR))


def claim_more(dossier, contrat):
    force(contrat, remboursement_du=Decimal(50))


def close_open(dossier, contrat):
    force(contrat.demande, statut="soldee")


SCENES = {
    "instructeur_sans_mandat": lose_mandat,
    "immobile": forget,
    "incomplet_ancien": leave_incomplete,
    "accord_non_signe": never_sign,
    "commune_disparue": merge,
    "arrete_retire": retract,
    "preuve_alteree": alter,
    "acte_manquant": write_apart,
    "montant_autre_que_propose": grant_more,
    "piece_infectee": infect,
    "versement_en_retard": pay_late,
    "engagement_sans_constat": observe_late,
    "manquement_sans_suite": fail_duty,
    "resiliation_en_attente": end_late,
    "terme_depasse": outlive,
    "remboursement_excessif": claim_more,
    "solde_ouvert": close_open,
}


@pytest.fixture
def separes(dossier, contrat, equipe):
    """The running contract is of somebody else, so that both files are clean side by side."""
    autre = Equipe().demandeur
    for objet in (contrat.demande, contrat, *Echeance.objects.filter(contrat=contrat)):
        force(objet, proprietaire=autre)
    return dossier, contrat


def test_every_check_has_its_scene():
    assert SCENES.keys() | {"double"} == CONTROLES.keys()


def test_clean_files_have_no_finding(separes, equipe):
    for statut in (Statut.DEPOSEE, Statut.INCOMPLETE, Statut.AVIS, Statut.ACCORDEE, Statut.REFUSEE, Statut.CADUQUE):
        clean(make_dossier(statut, equipe=Equipe()))
    record_controles()
    assert [(a.controle, a.constat) for a in Anomalie.objects.all()] == []


@pytest.mark.parametrize("code", sorted(SCENES))
def test_a_check_finds_its_fault_and_nothing_else(code, separes):
    dossier, contrat = separes
    SCENES[code](dossier, contrat)
    lues = {c.controle.code for demande in (dossier, contrat.demande) for c in list_anomalies(demande)}
    assert lues == {code}
    record_controles()
    assert set(Anomalie.objects.values_list("controle", flat=True)) == lues
    for anomalie in Anomalie.objects.all():
        assert anomalie.constat.endswith(".")


def test_two_open_files_for_one_scheme(dossier, equipe):
    autre = clean(make_dossier(equipe=equipe))
    assert [c.controle.code for c in list_anomalies(autre)] == ["double"]
    assert list_anomalies(dossier)[0].lien == reverse("admin:aides_demande_change", args=[dossier.pk])


def test_a_finding_is_written_once_then_closed_and_kept(separes, equipe):
    dossier, _ = separes
    lose_mandat(dossier, None)
    premier = record_controles([dossier.pk])
    second = record_controles()
    assert (premier.ouvertes, second.ouvertes, second.confirmees) == (1, 0, 1)
    force(dossier, instructeur=equipe.valideur)
    assert record_controles().closes == 1
    anomalie = Anomalie.objects.get()
    assert anomalie.close_le is not None
    lose_mandat(dossier, None)
    assert record_controles().ouvertes == 1
    assert Anomalie.objects.count() == 2


def test_checking_one_file_closes_nothing_elsewhere(separes):
    dossier, contrat = separes
    pay_late(dossier, contrat)
    record_controles()
    record_controles([dossier.pk])
    assert Anomalie.objects.get().close_le is None


def test_the_nightly_task_writes_what_it_finds(separes):
    pay_late(*separes)
    Envoi.objects.all().delete()
    post("aides.controles_jour")
    deliver_here()
    assert Anomalie.objects.filter(controle="versement_en_retard", close_le=None).count() == 1


def test_a_finding_is_read_in_its_territory_alone(client, separes):
    pay_late(*separes)
    record_controles()
    adresse = reverse("admin:aides_anomalie_changelist")
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    page = client.get(adresse).content.decode()
    assert "Versement en retard de 60 jours" in page
    assert reverse("admin:aides_contrat_change", args=[separes[1].pk]) in page
    assert "Versement en retard de 60 jours" in client.get(adresse, {"gravite": "forte"}).content.decode()
    assert "0 anomalie" in client.get(adresse, {"etat": "closes"}).content.decode()
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:21"))
    assert separes[1].demande.numero not in client.get(adresse).content.decode()


def test_an_agent_runs_the_checks_again(client, separes):
    pay_late(*separes)
    record_controles()
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    move_ligne(separes[1], "versement", le=timezone.localdate() + JOUR)
    donnees = {"action": "run_again", "_selected_action": [Anomalie.objects.get().pk]}
    page = client.post(reverse("admin:aides_anomalie_changelist"), donnees, follow=True).content.decode()
    assert "1 close(s)" in page
    assert Anomalie.objects.get().close_le is not None
