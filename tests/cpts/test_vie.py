"""The life of a CPTS: acts, documents, days, rights; held by the service and by the database."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cpts.enums import ActeurCpts, ActionCpts, NaturePieceCpts, StatutCpts
from cpts.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee, explain_base
from cpts.models import ActeCpts, Cpts, PieceCpts
from cpts.regles.etapes import (
    CHEMIN,
    TRANSITIONS,
    Faits,
    add_annees,
    check_jour,
    list_couples,
    list_manques,
)
from cpts.services import vie_lecture
from cpts.services.vie import SaisieActe, add_piece, apply_acte
from cpts.services.vie_creation import create_cpts, propose_code, update_fiche
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.models import Organisation
from portal.core.examen import FichierAccepte
from portal.core.models import Evenement
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent, make_commune, make_mandat
from tests.zonage.factories import DepartementFactory

A, S, P = ActionCpts, StatutCpts, NaturePieceCpts
JOUR = date(2024, 9, 27)
PDF = FichierAccepte("essai.pdf", "application/pdf", b"%PDF-1.7 essai")


def _saisie(action, jour=JOUR, **champs):
    effet_le = jour + timedelta(days=1) if TRANSITIONS[action].effet else None
    valeurs = {"commentaire": "Motif d'essai", "decide_par": "ARS et CPAM", "effet_le": effet_le}
    pieces = dict.fromkeys(TRANSITIONS[action].pieces, PDF)
    return SaisieActe(jour, **{**valeurs, "pieces": pieces, **champs})


def _end_transaction(ecrites):
    """What is checked at the end, now: the transaction of a test never ends."""
    assert ecrites == 1
    connection.check_constraints()


@pytest.fixture
def coordinatrice(db):
    return make_agent(Role.COORDINATEUR_CPTS, f"cpts:{CODE}")


@pytest.fixture
def valideur(db):
    return make_agent(Role.VALIDEUR, "region:27")


class TestRules:
    def test_the_table_of_the_database_is_the_table_of_the_rules(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT source, cible FROM cpts_transition")
            assert set(cursor.fetchall()) == list_couples()

    def test_every_state_but_none_can_be_left_and_reached(self):
        couples = list_couples()
        assert {source for source, _ in couples} == set(S)
        assert {cible for _, cible in couples} == set(S)
        for (statut, action), (suivant, _) in pairwise(CHEMIN):
            assert TRANSITIONS[action].cible == suivant
            assert statut in TRANSITIONS[action].sources

    @pytest.mark.parametrize(
        ("jour", "fin"),
        [
            (date(2024, 9, 27), date(2029, 9, 27)),
            (date(2024, 2, 29), date(2029, 3, 1)),
            (date(2023, 2, 28), date(2028, 2, 28)),
        ],
    )
    def test_an_aci_lasts_five_years_and_loses_no_day(self, jour, fin):
        assert add_annees(jour, 5) == fin

    @pytest.mark.parametrize(
        ("jour", "permis"),
        [(date(2024, 9, 26), False), (JOUR, True), (date(2024, 9, 28), True), (date(2024, 9, 29), False)],
    )
    def test_an_act_is_dated_between_the_previous_one_and_today(self, jour, permis):
        assert (check_jour(jour, precedent=JOUR, au=date(2024, 9, 28)) == "") is permis

    def test_what_is_missing_names_who_can_bring_it(self):
        vide = Faits(S.PROJET_VALIDE, frozenset(), perimetre_approuve=False, perimetre_soumis=False, missions=0)
        lus = list_manques(vide, au=JOUR)
        assert [(m.code, m.acteur) for m in lus] == [
            ("piece:aci", ActeurCpts.VALIDEUR),
            ("perimetre", ActeurCpts.COORDINATEUR),
            ("decision", ActeurCpts.VALIDEUR),
        ]
        pret = Faits(S.PROJET_VALIDE, frozenset({"aci"}), perimetre_approuve=True, perimetre_soumis=False, missions=0)
        assert [m.code for m in list_manques(pret, au=JOUR)] == ["decision"]
        signe = Faits(S.ACI_SIGNE, frozenset(), True, False, 4, aci_fin_le=JOUR)
        assert [m.code for m in list_manques(signe, au=JOUR - timedelta(days=1))] == []
        assert [m.code for m in list_manques(signe, au=JOUR)] == ["terme"]


class TestActs:
    def test_from_the_letter_to_the_contract_and_its_end(self, coordinatrice, valideur):
        cpts = make_cpts(communes=[make_commune("71")])
        jour = date(2023, 1, 10)
        for action in [action for _statut, action in CHEMIN if action]:
            qui = coordinatrice if ActeurCpts.COORDINATEUR in TRANSITIONS[action].acteurs else valideur
            jour = JOUR if action is A.SIGNER_ACI else jour + timedelta(days=30)
            apply_acte(cpts, action, _saisie(action, jour), par=qui)
        assert (cpts.statut, cpts.aci_signe_le, cpts.aci_fin_le) == ("aci_signe", JOUR, date(2029, 9, 27))
        apply_acte(cpts, A.AVENANT, _saisie(A.AVENANT), par=valideur)
        assert cpts.aci_fin_le == date(2029, 9, 27)
        apply_acte(cpts, A.RENOUVELER, _saisie(A.RENOUVELER), par=valideur)
        assert cpts.aci_fin_le == date(2034, 9, 27)
        apply_acte(cpts, A.RESILIER, _saisie(A.RESILIER), par=valideur)
        assert (cpts.statut, cpts.version) == ("resilie", 9)
        assert PieceCpts.objects.filter(cpts=cpts, acte=None).count() == 0
        assert Evenement.objects.filter(objet=f"cpts.cpts:{CODE}", details__version__gte=1).count() == 9
        parcours = vie_lecture.read_parcours(cpts, valideur, au=date(2026, 1, 1))
        assert [etape.le for etape in parcours.etapes][-1] == JOUR
        assert parcours.manques == []

    def test_only_the_acts_of_the_state_are_possible(self, coordinatrice, valideur):
        for statut in S:
            cpts = make_cpts(code=f"71-{statut.value.replace('_', '-')}"[:20], statut=statut)
            for action in A:
                possible = statut in TRANSITIONS[action].sources and action not in (A.SIGNER_ACI, A.RENOUVELER)
                if possible or action in (A.SIGNER_ACI, A.RENOUVELER):
                    continue
                with pytest.raises(TransitionImpossible):
                    apply_acte(cpts, action, _saisie(action), par=valideur)
            assert ActeCpts.objects.filter(cpts=cpts).count() == 0

    def test_each_missing_value_is_said_at_once_and_nothing_is_written(self, valideur):
        cpts = make_cpts(statut=S.LETTRE_DEPOSEE)
        with pytest.raises(ActeInvalide) as refus:
            apply_acte(cpts, A.VALIDER_LETTRE, SaisieActe(timezone.localdate() + timedelta(days=1)), par=valideur)
        assert set(refus.value.erreurs) == {"date_acte", "decide_par", "piece_courrier_conjoint"}
        assert Cpts.objects.get().version == 0
        assert not ActeCpts.objects.exists()

    def test_a_document_deposited_before_serves_the_act(self, coordinatrice, valideur):
        cpts = make_cpts(statut=S.LETTRE_DEPOSEE)
        piece = add_piece(cpts, PDF, P.COURRIER_CONJOINT, par=coordinatrice)
        assert [m.code for m in vie_lecture.list_manques(cpts, au=JOUR)] == ["decision"]
        acte = apply_acte(cpts, A.VALIDER_LETTRE, _saisie(A.VALIDER_LETTRE, pieces={}), par=valideur)
        piece.refresh_from_db()
        assert piece.acte == acte
        assert piece.document.perimetre == f"cpts:{CODE}"

    def test_no_contract_without_a_perimeter(self, valideur):
        cpts = make_cpts(statut=S.PROJET_VALIDE)
        with pytest.raises(ActeInvalide, match="périmètre"):
            apply_acte(cpts, A.SIGNER_ACI, _saisie(A.SIGNER_ACI), par=valideur)

    def test_a_stale_form_is_told_what_changed(self, coordinatrice, valideur):
        cpts = make_cpts()
        autre = Cpts.objects.get()
        apply_acte(cpts, A.DEPOSER_LETTRE, _saisie(A.DEPOSER_LETTRE), par=coordinatrice)
        with pytest.raises(VersionPerimee, match="Lettre d'intention déposée") as refus:
            apply_acte(autre, A.ABANDONNER, _saisie(A.ABANDONNER), par=coordinatrice)
        assert [evenement.action for evenement in refus.value.actes] == ["deposer_lettre"]

    def test_a_resumed_cpts_starts_again_without_its_former_contract(self, valideur):
        cpts = make_cpts(statut=S.RESILIE)
        apply_acte(cpts, A.REPRENDRE, _saisie(A.REPRENDRE), par=valideur)
        assert (cpts.statut, cpts.aci_signe_le, cpts.aci_fin_le) == ("emergence", None, None)


class TestWho:
    def test_coordinators_prepare_and_the_agency_decides(self, coordinatrice, valideur):
        instructeur = make_agent(Role.INSTRUCTEUR, "departement:71")
        ailleurs = make_agent(Role.VALIDEUR, "region:84")
        lecteur = make_agent(Role.LECTEUR, "national")
        voisine = make_agent(Role.COORDINATEUR_CPTS, "cpts:71-voisine")
        cpts = make_cpts()
        possibles = vie_lecture.list_possibles
        assert possibles(coordinatrice, cpts) == possibles(instructeur, cpts) == [A.DEPOSER_LETTRE, A.ABANDONNER]
        assert possibles(ailleurs, cpts) == possibles(lecteur, cpts) == possibles(voisine, cpts) == []
        cpts.statut = S.LETTRE_DEPOSEE
        assert possibles(coordinatrice, cpts) == possibles(instructeur, cpts) == [A.ABANDONNER]
        assert A.VALIDER_LETTRE in possibles(valideur, cpts)

    def test_nobody_decides_on_the_cpts_that_they_coordinate(self, valideur):
        make_mandat(valideur, Role.COORDINATEUR_CPTS, f"cpts:{CODE}")
        cpts = make_cpts(statut=S.LETTRE_DEPOSEE)
        with pytest.raises(DroitRefuse):
            apply_acte(cpts, A.VALIDER_LETTRE, _saisie(A.VALIDER_LETTRE), par=valideur)


class TestDatabase:
    """What the base refuses when an act let something through."""

    @pytest.mark.parametrize(
        ("valeurs", "nom"),
        [
            ({"statut": "aci_signe", "version": 1, "aci_signe_le": JOUR}, "cpts_transition_permise"),
            ({"statut": "lettre_deposee"}, "cpts_version_suivante"),
            ({"version": 2}, "cpts_version_suivante"),
            ({"aci_signe_le": JOUR}, "cpts_aci_hors_acte"),
            ({"version": 1, "aci_signe_le": JOUR, "aci_fin_le": JOUR}, "cpts_aci_terme"),
            ({"code": "71-autre"}, "cpts_figee"),
        ],
    )
    def test_a_way_round_the_acts_is_refused(self, db, valeurs, nom):
        make_cpts()
        with pytest.raises(IntegrityError) as erreur, transaction.atomic():
            Cpts.objects.update(**valeurs)
        assert erreur.value.__cause__.diag.constraint_name == nom
        assert explain_base(erreur.value)

    def test_a_state_without_its_act_is_refused_at_the_end(self, db):
        make_cpts()
        with pytest.raises(IntegrityError) as erreur, transaction.atomic():
            _end_transaction(Cpts.objects.update(statut="lettre_deposee", version=1))
        assert erreur.value.__cause__.diag.constraint_name == "cpts_etat_par_acte"

    @pytest.mark.parametrize(
        ("champs", "nom"),
        [
            ({"date_acte": date(2024, 9, 26)}, "actecpts_jour_ordonne"),
            ({"date_acte": date(2999, 1, 1)}, "actecpts_jour_passe"),
            ({"cible": "aci_signe"}, "actecpts_transition_permise"),
        ],
    )
    def test_an_act_out_of_order_is_refused(self, db, champs, nom):
        cpts = make_cpts()
        valeurs = {"cpts": cpts, "action": "deposer_lettre", "source": "emergence", "cible": "lettre_deposee"}
        ActeCpts.objects.create(**valeurs, date_acte=JOUR)
        with pytest.raises(IntegrityError) as erreur, transaction.atomic():
            ActeCpts.objects.create(**{**valeurs, "date_acte": JOUR, **champs})
        assert erreur.value.__cause__.diag.constraint_name == nom
        with pytest.raises(IntegrityError) as erreur, transaction.atomic():
            ActeCpts.objects.update(commentaire="autre")
        assert erreur.value.__cause__.diag.constraint_name == "actecpts_fige"


class TestCreation:
    def test_the_code_comes_from_the_departement_and_the_name(self, db):
        assert propose_code("71", "CPTS du Chalonnais") == CODE
        make_cpts()
        assert propose_code("71", "CPTS du Chalonnais") == "71-chalonnais-2"
        assert propose_code("2A", "Cpts") == "2a-cpts"
        assert propose_code("71", "CPTS de la Bresse bourguignonne et du Louhannais") == "71-bresse"
        assert propose_code("71", "Anticonstitutionnellement") == "71-anticonstitutionn"

    def test_an_agent_opens_a_cpts_with_its_organisation(self, db):
        DepartementFactory(code="71")
        agent = make_agent(Role.INSTRUCTEUR, "departement:71")
        cpts = create_cpts(par=agent, departement="71", nom="CPTS du Chalonnais")
        organisation = Organisation.objects.get(type=TypeOrganisation.CPTS)
        assert (cpts.statut, cpts.organisation, organisation.code) == ("emergence", organisation, CODE)
        with pytest.raises(ActeInvalide, match="déjà"):
            create_cpts(par=agent, departement="71", nom="Autre", code=CODE)
        with pytest.raises(DroitRefuse):
            create_cpts(par=make_agent(Role.INSTRUCTEUR, "departement:21"), departement="71", nom="Autre")

    def test_two_people_do_not_overwrite_each_other(self, db):
        agent = make_agent(Role.INSTRUCTEUR, "departement:71")
        cpts = make_cpts()
        update_fiche(cpts, par=agent, version=0, nom="CPTS du Grand Chalon")
        assert (cpts.nom, cpts.version) == ("CPTS du Grand Chalon", 1)
        with pytest.raises(VersionPerimee):
            update_fiche(cpts, par=agent, version=0, nom="Autre")
        assert Cpts.objects.get().nom == "CPTS du Grand Chalon"
        with pytest.raises(DroitRefuse):
            update_fiche(cpts, par=make_agent(Role.COORDINATEUR_CPTS, f"cpts:{CODE}"), version=1, nom="X")
