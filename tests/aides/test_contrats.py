"""From the signature to the last cent: acts, their refusals, and what the database holds by itself."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from aides.contrats.avenants import add_avenant, renew_contrat
from aides.contrats.fin import (
    cancel_echeances,
    claim_remboursement,
    close_contrat,
    notify_resiliation,
    record_remboursement,
    resume_contrat,
    simulate_fin,
    suspend_contrat,
    terminate_contrat,
)
from aides.contrats.paiements import open_paiements, pay_echeance, record_obligation
from aides.contrats.signature import reach_termes, sign_contrat, start_contrats
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Statut
from aides.models import ActeDossier, Contrat, Echeance
from aides.regles.calendrier import add_mois
from portal.core.models import Evenement
from tests.aides.contrats_essai import (
    aujourdhui,
    make_accordee,
    make_contrat,
    new_cle,
    obligations,
    versements,
)
from tests.aides.dossiers_essai import Equipe, make_piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def pay(ligne, equipe, **champs):
    valeurs = {"montant": None, "le": aujourdhui(), "cle": new_cle(), "version": ligne.version, **champs}
    return pay_echeance(ligne, par=valeurs.pop("par", equipe.instructeur), **valeurs)


def move_effet(contrat, jours):
    """As if it had begun that many days ago (the first day of a contract does not change otherwise)."""
    depuis = contrat.periode.lower - timedelta(days=jours)
    terme = add_mois(depuis, 60)
    with asleep():
        Contrat.objects.filter(pk=contrat.pk).update(periode=(depuis, terme), terme_initial=terme)
    contrat.refresh_from_db()


@contextmanager
def asleep():
    """Without the trigger of the contracts."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE aides_contrat DISABLE TRIGGER contrat_vie")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE aides_contrat ENABLE TRIGGER contrat_vie")


def test_a_signature_makes_the_contract_and_its_schedule(equipe):
    contrat = make_contrat(equipe)
    contrat.demande.refresh_from_db()
    assert contrat.demande.statut == Statut.EN_COURS
    assert contrat.numero == f"C-{contrat.demande.numero}"
    assert contrat.montant == Decimal("43750.00")
    assert contrat.periode.upper == add_mois(aujourdhui(), 60)
    assert [ligne.montant for ligne in versements(contrat)] == [Decimal("21875.00")] * 2
    assert [ligne.le for ligne in versements(contrat)] == [aujourdhui(), add_mois(aujourdhui(), 12)]
    assert [ligne.le for ligne in obligations(contrat, "exercice_coordonne")] == [add_mois(aujourdhui(), 24)]
    assert all(ligne.reference for ligne in contrat.echeances.all())


def test_a_contract_begins_on_its_day_and_not_before(equipe):
    contrat = make_contrat(equipe, effet=10)
    assert contrat.demande.statut == Statut.SIGNEE
    assert start_contrats(aujourdhui() + timedelta(days=9)) == 0
    assert start_contrats(aujourdhui() + timedelta(days=10)) == 1
    assert start_contrats(aujourdhui() + timedelta(days=10)) == 0
    contrat.demande.refresh_from_db()
    assert contrat.demande.statut == Statut.EN_COURS


def test_a_term_is_reached_on_its_day(equipe):
    contrat = make_contrat(equipe)
    assert reach_termes(contrat.periode.upper - timedelta(days=1)) == 0
    assert reach_termes(contrat.periode.upper) == 1
    contrat.demande.refresh_from_db()
    assert contrat.demande.statut == Statut.A_L_ECHEANCE


@pytest.mark.parametrize(
    ("signature", "effet", "champ"), [(1, 1, "date_signature"), (-1, 0, "date_signature"), (0, -1, "date_effet")]
)
def test_days_that_do_not_follow_are_refused(equipe, signature, effet, champ):
    demande = make_accordee(equipe)
    jour = aujourdhui()
    with pytest.raises(ActeInvalide) as refus:
        sign_contrat(
            demande,
            par=equipe.instructeur,
            date_signature=jour + timedelta(days=signature),
            date_effet=jour + timedelta(days=effet),
        )
    assert champ in refus.value.erreurs
    assert not Contrat.objects.exists()


def test_a_caim_is_signed_once(equipe):
    make_contrat(equipe)
    with pytest.raises(ActeInvalide, match="qu'une fois"):
        make_contrat(equipe)
    assert Contrat.objects.count() == 1


def test_a_contract_that_another_excludes_is_refused(equipe):
    make_contrat(equipe)
    with pytest.raises(ActeInvalide, match="ne se cumule pas"):
        make_contrat(equipe, dispositif="cotram", montant=None, maximum=None)


def test_the_applicant_signs_nothing_alone(equipe):
    demande = make_accordee(equipe)
    with pytest.raises(DroitRefuse):
        sign_contrat(demande, par=equipe.demandeur, date_signature=aujourdhui(), date_effet=aujourdhui())


def test_a_payment_is_recorded_once(equipe):
    contrat = make_contrat(equipe)
    ligne = versements(contrat)[0]
    cle = new_cle()
    payee = pay(ligne, equipe, cle=cle)
    assert (payee.statut, payee.montant, payee.payee_par) == ("payee", Decimal("21875.00"), equipe.instructeur)
    actes = ActeDossier.objects.filter(demande=contrat.demande, action="payer")
    assert pay(ligne, equipe, cle=cle).pk == payee.pk  # the same sending again
    assert actes.count() == 1
    assert Evenement.objects.filter(objet=f"aides.demande:{contrat.demande_id}", action="payer").count() == 1
    with pytest.raises((TransitionImpossible, VersionPerimee)) as refus:
        pay(ligne, equipe)
    assert refus.value.statut_http == 409
    assert actes.count() == 1


def test_the_same_key_pays_no_other_line_nor_amount(equipe):
    contrat = make_contrat(equipe)
    premiere, seconde = versements(contrat)
    cle = new_cle()
    pay(premiere, equipe, cle=cle)
    with pytest.raises(TransitionImpossible, match="autre échéance"):
        pay(seconde, equipe, cle=cle)
    with pytest.raises(TransitionImpossible, match="autre montant"):
        pay(premiere, equipe, cle=cle, montant=Decimal("1.00"))


@pytest.mark.parametrize("montant", ["21875.01", "0", "-5", "0.001"])
def test_an_impossible_amount_is_refused(equipe, montant):
    contrat = make_contrat(equipe)
    with pytest.raises(ActeInvalide):
        pay(versements(contrat)[0], equipe, montant=Decimal(montant))
    assert versements(contrat)[0].statut == "prevue"


def test_a_stale_form_is_refused(equipe):
    ligne = versements(make_contrat(equipe))[0]
    with pytest.raises(VersionPerimee):
        pay(ligne, equipe, version=ligne.version + 1)


def test_nobody_pays_oneself_nor_out_of_the_perimeter(equipe):
    ligne = versements(make_contrat(equipe))[0]
    ailleurs = Equipe("departement:69")
    for qui in (equipe.demandeur, ailleurs.instructeur):
        with pytest.raises(DroitRefuse):
            pay(ligne, equipe, par=qui)


def test_nothing_is_paid_before_the_contract_begins_nor_while_suspended(equipe):
    contrat = make_contrat(equipe, effet=10)
    with pytest.raises(TransitionImpossible):
        pay(versements(contrat)[0], equipe)
    start_contrats(aujourdhui() + timedelta(days=10))
    contrat.demande.refresh_from_db()
    suspend_contrat(contrat, par=equipe.instructeur, commentaire="Congé.")
    with pytest.raises(TransitionImpossible):
        pay(versements(contrat)[0], equipe)
    resume_contrat(contrat, par=equipe.instructeur)
    assert pay(versements(contrat)[0], equipe).statut == "payee"


def update_payee(ligne, equipe, montant):
    with transaction.atomic():
        Echeance.objects.filter(pk=ligne.pk).update(
            statut="payee", montant=montant, plafond=montant, payee_le=aujourdhui(), payee_par=equipe.instructeur
        )


def test_the_database_alone_refuses_to_pay_more_than_granted(equipe):
    contrat = make_contrat(equipe)
    premiere, seconde = versements(contrat)
    update_payee(premiere, equipe, Decimal("21875.00"))
    with pytest.raises(IntegrityError, match="paiement_sous_accorde"):
        update_payee(seconde, equipe, Decimal("21875.01"))
    update_payee(seconde, equipe, Decimal("21875.00"))
    assert {ligne.statut for ligne in versements(contrat)} == {"payee"}


def test_the_database_alone_refuses_a_payment_without_a_running_contract(equipe):
    ligne = versements(make_contrat(equipe, effet=10))[0]
    with pytest.raises(IntegrityError, match="paiement_contrat_en_cours"):
        update_payee(ligne, equipe, Decimal("1.00"))


def test_the_database_alone_keeps_what_is_paid_and_what_is_signed(equipe):
    contrat = make_contrat(equipe)
    ligne = pay(versements(contrat)[0], equipe)
    for champs in ({"montant": Decimal("1.00")}, {"statut": "prevue"}, {"payee_le": aujourdhui() - timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="echeance_payee_figee"), transaction.atomic():
            Echeance.objects.filter(pk=ligne.pk).update(**champs)
    with pytest.raises(IntegrityError, match="echeance_payee_figee"), transaction.atomic():
        Echeance.objects.filter(pk=ligne.pk)._raw_delete("default")
    with pytest.raises(IntegrityError, match="contrat_ne_s_efface_pas"), transaction.atomic():
        Contrat.objects.filter(pk=contrat.pk)._raw_delete("default")
    with pytest.raises(IntegrityError, match="contrat_fige"), transaction.atomic():
        Contrat.objects.filter(pk=contrat.pk).update(numero="autre")


def test_a_contract_is_born_of_a_signed_file_alone(equipe):
    demande = make_accordee(equipe)
    with pytest.raises(IntegrityError, match="contrat_dossier_signe"), transaction.atomic():
        Contrat.objects.create(
            demande=demande,
            proprietaire=demande.proprietaire,
            region_code="27",
            departement_code="71",
            guichet="ars",
            numero="X",
            dispositif=demande.dispositif,
            dispositif_version="2025",
            date_signature=aujourdhui(),
            periode=(aujourdhui(), None),
        )


def test_payments_fall_due_in_running_contracts(equipe):
    contrat = make_contrat(equipe)
    assert open_paiements(aujourdhui() - timedelta(days=1)) == 0
    assert open_paiements(aujourdhui()) == 1
    assert open_paiements(aujourdhui()) == 0
    assert [ligne.statut for ligne in versements(contrat)] == ["a_payer", "prevue"]


def test_a_duty_is_kept_or_not_with_its_proof(equipe):
    contrat = make_contrat(equipe)
    ligne = obligations(contrat, "pdsa")[0]
    piece = make_piece(contrat.demande)
    tenue = record_obligation(ligne, par=equipe.instructeur, tenue=True, le=aujourdhui(), piece=piece)
    assert (tenue.statut, tenue.piece, tenue.version) == ("tenue", piece, 2)
    autre = obligations(contrat, "pdsa")[1]
    with pytest.raises(ActeInvalide, match="pas tenu"):
        record_obligation(autre, par=equipe.instructeur, tenue=False, le=aujourdhui())
    with pytest.raises(VersionPerimee):
        record_obligation(ligne, par=equipe.instructeur, tenue=True, le=aujourdhui(), version=1)
    with pytest.raises(DroitRefuse):
        record_obligation(autre, par=equipe.demandeur, tenue=True, le=aujourdhui())


def test_an_early_end_from_the_letter_to_the_last_cent(equipe):
    """Begun 100 days ago, one instalment paid, ended today: what remains is given back, in both units."""
    contrat = make_contrat(equipe)
    move_effet(contrat, 100)
    pay(versements(contrat)[0], equipe)
    notify_resiliation(
        contrat, par=equipe.instructeur, initiateur="titulaire", notifiee_le=aujourdhui(), commentaire="Départ."
    )
    with pytest.raises(DroitRefuse):
        terminate_contrat(contrat, par=equipe.instructeur, commentaire="Fin.")
    rendu = terminate_contrat(contrat, par=equipe.valideur, commentaire="Fin.")
    assert contrat.periode.upper == aujourdhui()
    total = (contrat.terme_initial - contrat.periode.lower).days
    assert rendu.montant is None
    assert rendu.calculs[0].montant == (Decimal(21_875) * (total - 100) / total).quantize(Decimal("0.01"))
    assert [ligne.statut for ligne in versements(contrat)] == ["payee", "annulee"]
    assert not contrat.echeances.filter(nature="obligation", statut="prevue", le__gt=aujourdhui()).exists()
    with pytest.raises(ActeInvalide, match="Donnez le montant"):
        claim_remboursement(contrat, par=equipe.valideur, commentaire="Prorata.")
    claim_remboursement(contrat, par=equipe.valideur, commentaire="Prorata en mois.", montant=Decimal("13125.00"))
    record_remboursement(contrat, par=equipe.instructeur, montant=Decimal("3125.00"), le=aujourdhui())
    with pytest.raises(ActeInvalide, match="restent dus"):
        close_contrat(contrat, par=equipe.instructeur)
    with pytest.raises(ActeInvalide, match="dépasserait"):
        record_remboursement(contrat, par=equipe.instructeur, montant=Decimal("10000.01"), le=aujourdhui())
    record_remboursement(contrat, par=equipe.instructeur, montant=Decimal("10000.00"), le=aujourdhui())
    close_contrat(contrat, par=equipe.instructeur)
    contrat.demande.refresh_from_db()
    assert (contrat.demande.statut, contrat.rembourse) == (Statut.SOLDEE, Decimal("13125.00"))


def test_the_setting_settles_the_unit_of_the_pro_rata(equipe, settings):
    contrat = make_contrat(equipe)
    pay(versements(contrat)[0], equipe)
    fin = add_mois(aujourdhui(), 12)
    assert simulate_fin(contrat, fin).montant is None
    settings.MAILLAGE_PRORATAS = {"caim": "mois"}
    assert simulate_fin(contrat, fin).montant == Decimal("17500.00")  # 21 875 × 48 ÷ 60


def test_a_termination_waits_for_its_letter_and_its_day(equipe):
    contrat = make_contrat(equipe)
    with pytest.raises(ActeInvalide, match="Enregistrez d'abord"):
        terminate_contrat(contrat, par=equipe.valideur, commentaire="Fin.")
    notify_resiliation(
        contrat,
        par=equipe.instructeur,
        initiateur="ars",
        notifiee_le=aujourdhui(),
        effet_le=aujourdhui() + timedelta(days=30),
        commentaire="Cabinet fermé.",
    )
    with pytest.raises(ActeInvalide, match="prend effet le"):
        terminate_contrat(contrat, par=equipe.valideur, commentaire="Fin.")


def test_the_notice_of_the_scheme_is_kept(equipe):
    contrat = make_contrat(equipe, dispositif="cde", dispositif_version="2021", montant=None, maximum=None)
    with pytest.raises(ActeInvalide) as refus:
        notify_resiliation(
            contrat,
            par=equipe.demandeur,
            initiateur="titulaire",
            notifiee_le=aujourdhui(),
            effet_le=aujourdhui(),
            commentaire="Je pars.",
        )
    assert "effet_le" in refus.value.erreurs
    notify_resiliation(
        contrat, par=equipe.demandeur, initiateur="titulaire", notifiee_le=aujourdhui(), commentaire="Je pars."
    )
    assert contrat.resiliation_effet_le == add_mois(aujourdhui(), 2)


def test_a_holder_does_not_speak_for_the_agency(equipe):
    contrat = make_contrat(equipe)
    with pytest.raises(DroitRefuse):
        notify_resiliation(
            contrat, par=equipe.demandeur, initiateur="ars", notifiee_le=aujourdhui(), commentaire="Fin."
        )


def test_fewer_days_a_week_change_the_payments_to_come(equipe):
    contrat = make_contrat(equipe)
    pay(versements(contrat)[0], equipe)
    avenant = add_avenant(
        contrat,
        par=equipe.valideur,
        objet="Trois jours par semaine.",
        date_signature=aujourdhui(),
        date_effet=aujourdhui() + timedelta(days=30),
        faits={"jours_semaine": "3"},
    )
    assert avenant.changements["faits"]["jours_semaine"][1] == {"decimal": "3"}
    payee, a_venir = versements(contrat)
    assert (payee.montant, payee.statut) == (Decimal("21875.00"), "payee")
    assert a_venir.montant == Decimal("18750.00")  # 37 500 ÷ 2
    assert contrat.montant == Decimal("40625.00")


def test_an_avenant_never_pays_more_than_granted(equipe):
    contrat = make_contrat(equipe)
    with pytest.raises(ActeInvalide, match="nouvelle décision"):
        add_avenant(
            contrat,
            par=equipe.valideur,
            objet="Quatre jours par semaine.",
            date_signature=aujourdhui(),
            date_effet=aujourdhui(),
            faits={"jours_semaine": "4"},
        )
    assert contrat.avenants.count() == 0
    assert versements(contrat)[1].montant == Decimal("21875.00")


def test_a_caim_is_not_renewed(equipe):
    contrat = make_contrat(equipe)
    with pytest.raises(ActeInvalide, match="Non renouvelable"):
        renew_contrat(contrat, par=equipe.valideur, date_signature=aujourdhui(), objet="Encore.")


def test_a_contract_whose_scheme_goes_on_is_renewed(equipe):
    contrat = make_contrat(
        equipe,
        dispositif="camcd",
        profession="chirurgien_dentiste",
        dispositif_version="2025",
        montant=None,
        maximum=None,
        faits={},
    )
    terme = contrat.periode.upper
    renew_contrat(contrat, par=equipe.valideur, date_signature=aujourdhui(), objet="Trois ans de plus.")
    assert contrat.periode.upper == add_mois(terme, 36)
    assert contrat.renouvellements == 1
    assert len(versements(contrat)) == 6
    assert contrat.montant == Decimal("24000.00")


def test_open_payments_of_an_ended_contract_are_given_up_with_a_reason(equipe):
    contrat = make_contrat(equipe)
    reach_termes(contrat.periode.upper)
    contrat.demande.refresh_from_db()
    with pytest.raises(ActeInvalide, match="restent ouverts"):
        close_contrat(contrat, par=equipe.instructeur)
    assert cancel_echeances(contrat, par=equipe.instructeur, commentaire="Jamais demandés.") == 2
    contrat.demande.refresh_from_db()
    close_contrat(contrat, par=equipe.instructeur)
    contrat.demande.refresh_from_db()
    assert contrat.demande.statut == Statut.SOLDEE


def test_every_act_writes_one_line_of_the_journal(equipe):
    contrat = make_contrat(equipe)
    avant = Evenement.objects.filter(objet=f"aides.demande:{contrat.demande_id}").count()
    for act in (
        lambda: pay(versements(contrat)[0], equipe),
        lambda: record_obligation(
            obligations(contrat, "pdsa")[0], par=equipe.instructeur, tenue=True, le=aujourdhui()
        ),
    ):
        act()
        avant += 1
        assert Evenement.objects.filter(objet=f"aides.demande:{contrat.demande_id}").count() == avant


def test_a_refused_act_writes_nothing(equipe):
    demande = make_accordee(equipe, dispositif_version="jamais")
    actes = ActeDossier.objects.filter(demande=demande).count()
    with pytest.raises(ActeRefuse, match="n'est plus lisible"):
        sign_contrat(demande, par=equipe.instructeur, date_signature=aujourdhui(), date_effet=aujourdhui())
    demande.refresh_from_db()
    assert (demande.statut, ActeDossier.objects.filter(demande=demande).count()) == (Statut.ACCORDEE, actes)
