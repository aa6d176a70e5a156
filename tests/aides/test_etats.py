"""The life of a file as the database holds it: whatever writes, by a bulk update or in SQL, is held the same way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from aides.dossiers.actes import apply_action
from aides.dossiers.erreurs import REFUS_BASE, ActeRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import TRANSITIONS, Action, Statut, list_couples
from aides.models import ActeDossier, Demande, Transition
from tests.aides.dossiers_essai import Equipe, make_brouillon, make_dossier, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipe():
    return Equipe()


def refuses(nom, ecrit):
    """The write is refused by this constraint, which has its sentence."""
    with pytest.raises(IntegrityError) as refus, transaction.atomic():
        ecrit()
    assert refus.value.__cause__.diag.constraint_name == nom
    assert nom in REFUS_BASE


def write(demande, **valeurs):
    return Demande.objects.filter(pk=demande.pk).update(**{"version": F("version") + 1, **valeurs})


def test_the_table_of_the_database_is_the_table_of_the_code():
    assert set(Transition.objects.values_list("source", "cible")) == list_couples()


def test_every_state_but_the_draft_is_reached_and_only_the_ends_have_no_way_out():
    departs = {source for source, _ in list_couples()}
    assert {cible for _, cible in list_couples()} == set(Statut.values) - {"brouillon"}
    assert set(Statut.values) - departs == {"refusee", "retiree", "caduque", "soldee"}


def test_every_act_but_the_first_has_a_line_in_the_table():
    assert set(TRANSITIONS) == set(Action) - {Action.CREER}


def test_a_bulk_update_cannot_skip_a_state(equipe):
    demande = make_dossier(equipe=equipe)
    refuses("demande_transition", lambda: write(demande, statut="en_instruction"))
    demande.refresh_from_db()
    assert demande.statut == "deposee"


def test_raw_sql_cannot_skip_a_state(equipe):
    demande = make_dossier(equipe=equipe)

    def ecrit():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE aides_demande SET statut = 'retiree', version = version + 1 WHERE id = %s", [demande.pk]
            )
            cursor.execute(
                "UPDATE aides_demande SET statut = 'deposee', version = version + 1 WHERE id = %s", [demande.pk]
            )

    refuses("demande_transition", ecrit)


@pytest.mark.parametrize("couple", sorted((a, b) for a in Statut.values for b in Statut.values if a != b))
def test_each_couple_of_states_is_allowed_by_the_trigger_or_refused_by_it(couple):
    """The trigger alone, on a row as bare as it may be: 17 × 16 couples."""
    avant, apres = couple
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE vie (LIKE aides_demande) ON COMMIT DROP")
        cursor.execute("ALTER TABLE vie ALTER COLUMN numero DROP NOT NULL")
        cursor.execute(
            "INSERT INTO vie SELECT * FROM jsonb_populate_record(NULL::aides_demande, %s::jsonb)",
            [
                '{"id": "00000000-0000-0000-0000-000000000001", "statut": "%s", "version": 1, "preuve": "", '  # noqa: UP031
                '"cle": "x", "dispositif": "x", "dispositif_version": "x", "profession": "medecin", "faits": {}, '
                '"coordonnees": {}, "declarations": {}, "message": "", "preuve_empreinte": "", "zone_niveau": "", '
                '"suspendue_jours": 0, "motif": "", "voies_recours": "", "cree_le": "2026-01-01T00:00:00Z", '
                '"modifiee_le": "2026-01-01T00:00:00Z", "commune_id": "71076", "proprietaire_id": 1, '
                '"region_code": "27", "departement_code": "71", "guichet": "ars"}' % avant
            ],
        )
        cursor.execute("CREATE TRIGGER t BEFORE UPDATE ON vie FOR EACH ROW EXECUTE FUNCTION aides_demande_vie()")
        if couple in list_couples():
            cursor.execute("UPDATE vie SET statut = %s, version = 2", [apres])
        else:
            refuses("demande_transition", lambda: cursor.execute("UPDATE vie SET statut = %s, version = 2", [apres]))


def test_a_file_begins_as_a_draft(equipe):
    refuses("demande_nait_brouillon", lambda: make_brouillon(equipe.demandeur, statut="deposee"))


def test_a_draft_is_erased_and_nothing_else_is(equipe):
    make_brouillon(equipe.demandeur).delete()
    assert not Demande.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM aides_demande WHERE id = %s", [make_dossier(equipe=equipe).pk])


@pytest.mark.parametrize("version", [F("version"), F("version") + 2, F("version") - 1])
def test_the_version_grows_by_one(equipe, version):
    demande = make_dossier(equipe=equipe)
    refuses("demande_version", lambda: write(demande, message="autre", version=version))


def test_a_draft_may_be_saved_without_a_version(equipe):
    demande = make_brouillon(equipe.demandeur)
    assert write(demande, message="autre", version=F("version")) == 1
    refuses("demande_version", lambda: write(demande, version=F("version") + 3))


@pytest.mark.parametrize(
    ("champ", "valeur", "nom"),
    [
        ("numero", "27-2020-000001", "demande_figee"),
        ("deposee_le", timezone.now(), "demande_figee"),
        ("dispositif", "cotram", "demande_figee"),
        ("preuve", '{"autre": 1}', "demande_preuve_figee"),
        ("preuve_empreinte", "f" * 64, "demande_preuve_figee"),
        ("montant_maximum", Decimal(90_000), "demande_preuve_figee"),
        ("zone_niveau", "zac", "demande_preuve_figee"),
        ("decision_le", timezone.localdate(), "demande_decision_hors_acte"),
        ("montant_accorde", Decimal(1), "demande_decision_hors_acte"),
    ],
)
def test_what_the_deposit_froze_no_longer_moves(equipe, champ, valeur, nom):
    demande = make_dossier(equipe=equipe)
    refuses(nom, lambda: write(demande, **{champ: valeur}))


def test_another_person_never_becomes_the_owner(equipe):
    demande = make_brouillon(equipe.demandeur)
    refuses("demande_figee", lambda: write(demande, proprietaire=equipe.second))


def test_a_correction_may_bring_a_new_proof(equipe):
    """The applicant answers three days and a half instead of four: the proof is read again with the answer."""
    demande = make_dossier(Statut.INCOMPLETE, equipe=equipe)
    apply_action(
        demande, Action.COMPLETER, par=equipe.demandeur, preuve='{"jours": "3.5"}', montant_maximum=Decimal(43_750)
    )
    assert demande.montant_maximum == Decimal(43_750)
    refuses("demande_preuve_figee", lambda: write(demande, preuve="{}"))


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [("montant_accorde", Decimal(1)), ("motif", "autre"), ("seuil", Decimal(1)), ("montant_propose", None)],
)
def test_a_decision_no_longer_moves(equipe, champ, valeur):
    demande = make_dossier(Statut.ACCORDEE, equipe=equipe)
    refuses("demande_decision_figee", lambda: write(demande, **{champ: valeur}))
    refuses("demande_decision_figee", lambda: write(demande, decide_par=equipe.second))


@pytest.mark.parametrize(
    "valeurs",
    [
        {"propose_le": timezone.now() - timedelta(days=400)},
        {"suspendue_jours": -1},
        {"statut": "incomplete", "incomplete_le": timezone.now() - timedelta(days=400)},
    ],
)
def test_dates_follow_one_another(equipe, valeurs):
    demande = make_dossier(equipe=equipe)
    with pytest.raises(IntegrityError) as refus, transaction.atomic():
        write(demande, **valeurs)
    assert refus.value.__cause__.diag.constraint_name in (
        "demande_dates_ordonnees",
        "aides_demande_suspendue_jours_check",
    )


def test_a_decision_never_comes_before_the_deposit(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    veille = timezone.localdate(demande.deposee_le) - timedelta(days=1)
    refuses(
        "demande_dates_ordonnees",
        lambda: write(
            demande, statut="refusee", decide_par=equipe.valideur, decision_le=veille, motif="m", voies_recours="v"
        ),
    )


def test_two_persons_decide_above_the_threshold_even_in_sql(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    seule = {"decide_par": equipe.valideur, "propose_par": equipe.valideur, "decision_le": timezone.localdate()}
    for montant, seuil in ((Decimal(43_750), Decimal(10_000)), (None, Decimal(10_000)), (Decimal(5), None)):
        refuses(
            "demande_deux_personnes",
            lambda m=montant, s=seuil: write(demande, statut="accordee", montant_accorde=m, seuil=s, **seule),
        )
    assert write(demande, statut="accordee", montant_accorde=Decimal(10_000), seuil=Decimal(10_000), **seule) == 1


def test_an_amount_above_the_rule_is_refused_even_in_sql(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    refuses(
        "demande_montant_du_bareme",
        lambda: write(
            demande,
            statut="accordee",
            montant_accorde=Decimal("50000.01"),
            seuil=Decimal(10_000),
            propose_par=equipe.instructeur,
            decide_par=equipe.valideur,
            decision_le=timezone.localdate(),
        ),
    )


def test_what_the_database_refuses_is_said_in_french(equipe, monkeypatch):
    """An act that forgot a rule: the belt holds, and the person reads a sentence."""
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    with pytest.raises(ActeRefuse, match="Au-dessus du seuil"):
        apply_action(
            demande,
            Action.ACCORDER,
            par=equipe.valideur,
            decide_par=equipe.valideur,
            decision_le=timezone.localdate(),
            montant_accorde=Decimal(50_000),
            seuil=Decimal(10_000),
        )
    assert ActeDossier.objects.filter(demande=demande).count() == 3


def test_a_stale_form_is_refused_with_what_changed(equipe):
    demande = make_dossier(equipe=equipe)
    ouverte = demande.version
    apply_action(demande, Action.DECLARER_RECEVABLE, par=equipe.instructeur)
    with pytest.raises(VersionPerimee) as refus:
        apply_action(demande, Action.INSTRUIRE, par=equipe.second, version=ouverte)
    assert [acte.action for acte in refus.value.actes] == ["declarer_recevable"]
    assert refus.value.statut_http == 409


def test_an_act_that_does_not_start_from_this_state_says_which_it_needs(equipe):
    demande = make_dossier(equipe=equipe)
    with pytest.raises(TransitionImpossible, match="« Recevable »"):
        apply_action(demande, Action.INSTRUIRE, par=equipe.instructeur)


def test_a_list_of_files_is_read_without_the_trigger(equipe, django_assert_num_queries):
    demande = make_brouillon(equipe.demandeur)
    submit(demande)
    with django_assert_num_queries(1):
        assert list(Demande.objects.values_list("statut", flat=True)) == ["deposee"]
