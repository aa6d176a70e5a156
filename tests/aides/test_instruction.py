"""The acts of the agents: what each writes, whom it tells, what it refuses."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from aides.dossiers import annonces
from aides.dossiers.actes import apply_action
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, EnveloppeEpuisee
from aides.dossiers.etats import Action, Statut
from aides.dossiers.horloge import count_jours
from aides.dossiers.instruction import (
    add_note,
    ask_pieces,
    assign_demande,
    declare_recevable,
    find_recours,
    grant_demande,
    list_affectables,
    mark_caduque,
    propose_decision,
    record_avis,
    refuse_demande,
    take_en_charge,
)
from aides.models import ModeleCourrier
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.models import Envoi, Evenement
from tests.aides.dossiers_essai import RECOURS, Equipe, make_dossier, make_enveloppe, make_piece
from tests.people import make_agent, make_mandat

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipe():
    return Equipe()


def test_each_act_has_one_line_in_the_file_one_in_the_journal_and_one_message(equipe):
    demande = make_dossier(Statut.ACCORDEE, equipe=equipe)
    actes = list(demande.actes.order_by("version"))
    assert [acte.version for acte in actes] == list(range(2, demande.version + 1))
    assert Evenement.objects.filter(objet=f"aides.demande:{demande.pk}").count() == len(actes)
    annonces_dues = [a.pk for a in actes if a.visible and a.auteur_id != demande.proprietaire_id]
    envois = Envoi.objects.filter(tache="aides.courriel_dossier").order_by("pk")
    assert [envoi.arguments for envoi in envois] == [[pk] for pk in annonces_dues]


def test_the_message_says_the_state_and_never_what_was_written(equipe, mailoutbox):
    demande = make_dossier(Statut.INCOMPLETE, equipe=equipe)
    assert annonces.send_annonce(demande.actes.get(action="demander_pieces").pk)
    (courriel,) = mailoutbox
    assert courriel.to == [equipe.demandeur.email]
    assert "correction est demandée" in courriel.body
    assert "attestation" not in courriel.body


def test_a_note_between_agents_is_told_to_nobody(equipe):
    demande = make_dossier(equipe=equipe)
    acte = add_note(demande, par=equipe.instructeur, commentaire="Appelée ce matin.")
    assert not acte.visible
    assert not annonces.send_annonce(acte.pk)
    assert "Appelée" not in str(acte.evenement.details)


def test_the_clock_stops_while_the_file_is_incomplete(equipe, settings):
    settings.MAILLAGE_OBJECTIF_INSTRUCTION_JOURS = 60
    with time_machine.travel(datetime(2027, 1, 10, 9, tzinfo=UTC), tick=False) as horloge:
        # mandats of the tests began a year before today: all of this happens within them
        demande = make_dossier(equipe=Equipe())
        assert demande.a_traiter_le == date(2027, 3, 11)
        demandeur = demande.proprietaire
        agent = make_agent(Role.INSTRUCTEUR)
        ask_pieces(demande, par=agent, commentaire="Il manque l'attestation.")
        horloge.move_to(datetime(2027, 1, 25, 9, tzinfo=UTC))
        assert count_jours(demande, au=date(2027, 1, 25)) == 0
        apply_action(demande, Action.COMPLETER, par=demandeur, commentaire="La voici.")
        assert (demande.suspendue_jours, demande.incomplete_le) == (15, None)
        assert demande.a_traiter_le == date(2027, 3, 26)
        assert count_jours(demande, au=date(2027, 1, 26)) == 1


def test_a_correction_says_what_to_correct(equipe):
    demande = make_dossier(equipe=equipe)
    with pytest.raises(ActeInvalide, match="écrivez pourquoi"):
        ask_pieces(demande, par=equipe.instructeur, commentaire="  ")


def test_a_file_with_a_document_to_replace_is_not_recevable(equipe):
    demande = make_dossier(equipe=equipe)
    piece = make_piece(demande)
    with pytest.raises(ActeInvalide, match="À remplacer"):
        declare_recevable(demande, par=equipe.instructeur, verdicts={piece.pk: ("refusee", "Illisible")})
    piece.refresh_from_db()
    assert piece.verdict == ""
    declare_recevable(demande, par=equipe.instructeur, verdicts={piece.pk: ("conforme", "")})
    piece.refresh_from_db()
    assert piece.verdict == "conforme"


def test_a_file_is_handed_to_a_colleague_of_the_territory_only(equipe):
    demande = make_dossier(Statut.RECEVABLE, equipe=equipe)
    ailleurs = make_agent(Role.INSTRUCTEUR, "departement:69")
    with pytest.raises(ActeInvalide, match="ce territoire"):
        take_en_charge(demande, par=equipe.instructeur, instructeur=ailleurs)
    take_en_charge(demande, par=equipe.instructeur)
    assign_demande(demande, par=equipe.instructeur, instructeur=equipe.second)
    assert demande.instructeur == equipe.second
    assert ailleurs not in list_affectables(demande)
    assert equipe.second in list_affectables(demande)


def test_nobody_decides_their_own_file(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    make_mandat(equipe.demandeur, Role.VALIDEUR, "national")
    with pytest.raises(DroitRefuse, match=r"propre dossier|pas ce droit"):
        grant_demande(demande, par=equipe.demandeur, montant=Decimal(5_000))


@pytest.mark.parametrize(("montant", "admis"), [("10000.00", True), ("10000.01", False)])
def test_one_person_decides_up_to_the_threshold(equipe, montant, admis):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    propose_decision(demande, par=equipe.valideur, montant=Decimal(montant))
    if admis:
        grant_demande(demande, par=equipe.valideur, montant=Decimal(montant))
        assert demande.statut == "accordee"
    else:
        with pytest.raises(DroitRefuse, match="un autre valideur"):
            grant_demande(demande, par=equipe.valideur, montant=Decimal(montant))
        grant_demande(demande, par=equipe.second, montant=Decimal(montant))


def test_an_amount_not_known_is_above_the_threshold(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe, maximum=None)
    with pytest.raises(ActeInvalide, match="une personne propose"):
        grant_demande(demande, par=equipe.valideur, montant=None)


@pytest.mark.parametrize("montant", ["50000.01", "-1"])
def test_an_amount_stays_within_the_frozen_proof(equipe, montant):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    with pytest.raises(ActeInvalide, match="preuve figée"):
        propose_decision(demande, par=equipe.instructeur, montant=Decimal(montant))


def test_a_refusal_carries_the_remedies_of_the_region(equipe):
    demande = make_dossier(equipe=equipe)
    with pytest.raises(ActeInvalide) as refus:
        refuse_demande(demande, par=equipe.valideur, motif="")
    assert set(refus.value.erreurs) == {"motif", "voies_recours"}
    jour = timezone.localdate()
    for debut, texte in ((jour - timedelta(days=9), RECOURS), (jour + timedelta(days=9), "Plus tard")):
        ModeleCourrier.objects.create(
            region_id="27",
            type="refus",
            a_partir_du=debut,
            expediteur="ARS",
            adresse="x",
            recours=texte,
            signataire="x",
        )
    assert find_recours("27", au=jour) == RECOURS
    refuse_demande(demande, par=equipe.valideur, motif="Hors zone.")
    assert (demande.statut, demande.voies_recours) == ("refusee", RECOURS)


def test_a_grant_takes_its_money_and_a_lapse_gives_it_back(equipe):
    enveloppe = make_enveloppe(80_000)
    demande = make_dossier(Statut.ACCORDEE, equipe=equipe)
    enveloppe.refresh_from_db()
    assert (demande.enveloppe, enveloppe.engage) == (enveloppe, Decimal(43_750))
    autre = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    propose_decision(autre, par=equipe.instructeur, montant=Decimal(43_750))
    with pytest.raises(EnveloppeEpuisee, match="il reste"):
        grant_demande(autre, par=equipe.valideur, montant=Decimal(43_750))
    mark_caduque(demande, par=equipe.valideur, commentaire="Jamais signée.")
    grant_demande(autre, par=equipe.valideur, montant=Decimal(43_750))
    enveloppe.refresh_from_db()
    assert enveloppe.engage == Decimal(43_750)


def test_an_opinion_comes_back_with_its_sense(equipe):
    demande = make_dossier(Statut.AVIS, equipe=equipe)
    with pytest.raises(ActeInvalide, match="sens"):
        record_avis(demande, par=equipe.instructeur, sens="peut-être", commentaire="…")
    acte = record_avis(demande, par=equipe.instructeur, sens="favorable", commentaire="Avis favorable de l'URPS.")
    assert (demande.statut, acte.details) == ("en_instruction", {"sens": "favorable"})


@pytest.mark.parametrize("guichet", ["ars", "cpam"])
def test_the_list_of_colleagues_is_that_of_who_may_instruct(equipe, guichet):
    demande = make_dossier(Statut.RECEVABLE, equipe=equipe, guichet=guichet)
    lieux = ["national", "region:27", "region:84", "departement:71", "departement:21"]
    roles = [role for role in Role if role is not Role.COORDINATEUR_CPTS]
    agents = [make_agent(role, lieu) for role in roles for lieu in lieux]
    agents += [make_agent(Role.INSTRUCTEUR, "departement:71", is_active=False)]
    proposes = list_affectables(demande)
    for agent in agents:
        assert (agent in proposes) is may_act(Action.INSTRUIRE, demande, read_portee(agent))
    assert equipe.demandeur not in proposes
