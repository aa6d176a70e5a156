"""The acts of the applicant: what is refused and why, what is frozen, what happens once however often it is sent."""

import json
import threading
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from aides.dossiers.depot import (
    CleDejaUtilisee,
    DepotRefuse,
    ZoneChangee,
    complete_demande,
    delete_brouillon,
    file_brouillon,
    open_brouillon,
    read_version,
    retire_demande,
    save_brouillon,
    submit_demande,
)
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Statut
from aides.dossiers.formulaires import Saisie, read_saisie
from aides.dossiers.instruction import ask_pieces, declare_recevable
from aides.dossiers.pieces import remove_piece
from aides.dossiers.preuves import read_regle
from aides.models import ActeDossier, CompteurDossier, Demande
from aides.recus import digest
from portal.core.models import Document, Envoi, Evenement
from tests.aides.depot_essai import (
    COTRAM,
    FAITS,
    OUVERT,
    asked,
    count_everything,
    filed,
    fill,
    join,
    make_zac,
    open_caim,
)
from tests.people import make_agent, make_demande, make_user
from zonage.models import Niveau, ZoneCommune


@pytest.fixture(autouse=True)
def _disque(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def juin(territoire_verifier):
    """A day of 2025 on which the CAIM is open and Montceau is ZIP."""
    with time_machine.travel(OUVERT, tick=False):
        yield


@pytest.fixture
def demandeur(db):
    return make_user("demandeur@exemple.fr", first_name="Camille", last_name="Essai")


@pytest.mark.usefixtures("juin")
class TestOuverture:
    def test_a_draft_holds_the_answers_and_the_zone_shown(self, demandeur):
        demande = open_caim(demandeur)
        assert demande.statut == Statut.BROUILLON
        assert (demande.zone_niveau, demande.region_code, demande.departement_code) == ("zip", "27", "71")
        assert demande.guichet == "cpam"
        assert demande.faits["profession"] == "medecin"
        assert demande.coordonnees == {"nom": "Essai", "prenom": "Camille", "courriel": "demandeur@exemple.fr"}
        assert Evenement.objects.get(objet=f"aides.demande:{demande.pk}").action == "creer"
        assert not demande.actes.exists()

    def test_the_same_key_opens_one_draft_and_never_another(self, demandeur):
        premiere = open_caim(demandeur)
        assert open_caim(demandeur).pk == premiere.pk
        with pytest.raises(CleDejaUtilisee):
            open_brouillon(demandeur, dispositif="cotram", commune="71333", faits=FAITS, cle="cle-1")
        assert open_caim(make_user()).pk != premiere.pk

    @pytest.mark.parametrize(
        ("dispositif", "faits", "phrase"),
        [
            ("rien", FAITS, "n'existe pas"),
            ("zrr", FAITS, "ne se demande pas sur ce portail"),
            ("primo_installation", FAITS, "n'est pas ouvert aux demandes aujourd'hui"),
            ("caim", {}, "Indiquez votre profession"),
            ("caim", {"profession": "infirmier"}, "ne s'adresse pas à votre profession"),
        ],
    )
    def test_what_cannot_be_asked_here_says_why(self, demandeur, dispositif, faits, phrase):
        avant = count_everything()
        with pytest.raises(ActeInvalide, match=phrase):
            open_brouillon(demandeur, dispositif=dispositif, commune="71333", faits=faits, cle="x")
        assert count_everything() == avant


@pytest.mark.usefixtures("juin")
class TestBrouillon:
    def test_saving_the_same_again_writes_nothing(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        assert demande.version == 2
        assert fill(demande, demandeur).version == 2
        assert not ActeDossier.objects.exists()

    def test_a_stale_form_is_refused_and_changes_nothing(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        with pytest.raises(VersionPerimee, match="enregistré ailleurs"):
            save_brouillon(demande, par=demandeur, version=1, saisie=Saisie({}, {}, "perdu", {}))
        demande.refresh_from_db()
        assert demande.message == ""

    def test_somebody_else_does_not_reach_it(self, demandeur):
        demande = open_caim(demandeur)
        with pytest.raises(Demande.DoesNotExist):
            fill(demande, make_user())

    def test_deleting_a_draft_erases_it_with_its_documents(self, demandeur):
        demande = open_caim(demandeur)
        join(demande, demandeur)
        delete_brouillon(demande, par=demandeur)
        assert not Demande.objects.exists()
        assert not Document.objects.exists()

    def test_a_document_is_removed_from_a_draft_and_never_after(self, demandeur):
        demande = open_caim(demandeur)
        piece = join(demande, demandeur)
        remove_piece(demande, par=demandeur, piece=piece.pk)
        piece.refresh_from_db()
        assert piece.retiree_le is not None
        deposee = filed(demandeur, "cle-2")
        with pytest.raises(TransitionImpossible):
            remove_piece(deposee, par=demandeur, piece=piece.pk)
        with pytest.raises(TransitionImpossible):
            join(deposee, demandeur)


@pytest.mark.usefixtures("juin")
class TestDepot:
    def test_the_proof_is_frozen_with_its_digest(self, demandeur):
        demande = filed(demandeur)
        assert demande.statut == Statut.DEPOSEE
        assert demande.numero == "27-2025-000001"
        assert demande.preuve_empreinte == digest(demande.preuve)
        preuve = json.loads(demande.preuve)
        assert preuve["decision"]["verdicts"]["caim"]["issue"] in ("eligible", "a_instruire")
        assert preuve["commune"]["code"] == "71333"
        assert "Camille" not in demande.preuve
        assert "exemple.fr" not in demande.preuve
        assert demande.montant_maximum == Decimal(43_750)

    def test_numbers_have_no_hole_when_a_deposit_fails(self, demandeur, monkeypatch):
        demande = fill(open_caim(demandeur), demandeur)

        def fail(*args, **kwargs):
            raise RuntimeError

        with monkeypatch.context() as panne:
            panne.setattr("aides.dossiers.depot.apply_action", fail)
            with pytest.raises(RuntimeError):
                submit_demande(demande, par=demandeur, version=demande.version)
        submit_demande(demande, par=demandeur, version=demande.version)
        autre = filed(demandeur, "cle-2")
        demande.refresh_from_db()
        assert (demande.numero, autre.numero) == ("27-2025-000001", "27-2025-000002")

    def test_filing_twice_gives_the_same_receipt_and_one_message(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        acte = submit_demande(demande, par=demandeur, version=2)
        assert submit_demande(demande, par=demandeur, version=2).pk == acte.pk
        saisie = Saisie(demande.faits, {}, "", {})
        assert file_brouillon(demande, par=demandeur, version=2, saisie=saisie).pk == acte.pk
        assert ActeDossier.objects.count() == 1
        assert Envoi.objects.filter(tache="aides.courriel_dossier").count() == 1

    def test_what_is_missing_is_said_by_field(self, demandeur):
        demande = open_caim(demandeur)
        avant = count_everything()
        with pytest.raises(ActeInvalide) as refus:
            submit_demande(demande, par=demandeur, version=1)
        assert {"adresse", "piece-1", "atteste-exactitude", "atteste-dix_ans"} <= set(refus.value.erreurs)
        assert "nom" not in refus.value.erreurs
        assert count_everything() == avant

    def test_a_document_replaces_the_reason_why_it_is_missing(self, demandeur):
        demande = open_caim(demandeur)
        join(demande, demandeur)
        with pytest.raises(ActeInvalide) as refus:
            submit_demande(demande, par=demandeur, version=1)
        assert "piece-1" not in refus.value.erreurs

    def test_who_is_not_eligible_is_refused_with_the_reason(self, demandeur):
        demande = fill(open_caim(demandeur, secteur="non_conventionne"), demandeur)
        with pytest.raises(DepotRefuse) as refus:
            submit_demande(demande, par=demandeur, version=demande.version)
        assert any("Condition non remplie" in raison for raison in refus.value.raisons)
        demande.refresh_from_db()
        assert (demande.statut, demande.numero) == (Statut.BROUILLON, None)

    @pytest.mark.parametrize(("age", "entre"), [(61, True), (59, False)])
    def test_the_deposit_answers_as_the_check_does(self, demandeur, age, entre):
        """61 years old with a successor of 48: the Cotram; 59: not yet, and the page says when."""
        faits = {**COTRAM, "age": age}
        demande = open_brouillon(demandeur, dispositif="cotram", commune="71333", faits=faits, cle="c")
        demande = fill(demande, demandeur)
        if entre:
            submit_demande(demande, par=demandeur, version=demande.version)
            preuve = json.loads(Demande.objects.get().preuve)
            assert preuve["decision"]["verdicts"]["cotram"]["issue"] == "eligible"
            return
        with pytest.raises(DepotRefuse):
            submit_demande(demande, par=demandeur, version=demande.version)
        regle = read_regle(demande, au=date(2025, 6, 2))
        assert any("mois" in c.phrase or "ans" in c.phrase for c in regle.resultat.changements)

    def test_a_scheme_closed_since_is_refused(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        with (
            time_machine.travel("2026-01-02 10:00+01:00", tick=False),
            pytest.raises(DepotRefuse) as refus,
        ):
            submit_demande(demande, par=demandeur, version=demande.version)
        assert "fermé depuis le 1er janvier 2026" in refus.value.raisons[0]

    def test_a_zone_changed_meanwhile_is_shown_before_it_is_filed(self, demandeur):
        """E07. The CAIM asks for a ZIP: the ZAC is refused with the change; back to ZIP, it is filed."""
        demande = fill(open_caim(demandeur), demandeur)
        zones = ZoneCommune.objects.filter(commune_id="71333")
        zones.update(niveau=make_zac())
        with pytest.raises(DepotRefuse) as refus:
            submit_demande(demande, par=demandeur, version=demande.version)
        assert "passée de « ZIP » à « ZAC »" in refus.value.changements[0]
        zones.update(niveau=Niveau.objects.get(code="zip"))
        submit_demande(demande, par=demandeur, version=demande.version)

    def test_another_zone_that_still_lets_it_in_is_looked_at_first(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        Demande.objects.filter(pk=demande.pk).update(zone_niveau=make_zac().pk)
        with pytest.raises(ZoneChangee, match="« ZAC » à « ZIP »") as refus:
            submit_demande(demande, par=demandeur, version=demande.version)
        assert refus.value.statut_http == 409
        submit_demande(demande, par=demandeur, version=demande.version)

    def test_a_stale_form_is_not_filed(self, demandeur):
        demande = fill(open_caim(demandeur), demandeur)
        with pytest.raises(VersionPerimee):
            submit_demande(demande, par=demandeur, version=1)


@pytest.mark.usefixtures("juin")
class TestSuite:
    def test_an_answer_starts_the_clock_again(self, demandeur):
        agent = make_agent("instructeur")
        demande = filed(demandeur)
        ask_pieces(demande, par=agent, version=demande.version, commentaire="Le contrat manque.")
        demande.refresh_from_db()
        with time_machine.travel("2025-06-12 10:00+02:00", tick=False):
            piece = join(demande, demandeur, "autre")
            demande.refresh_from_db()
            with pytest.raises(ActeInvalide):
                complete_demande(demande, par=demandeur, version=demande.version, commentaire="  ")
            complete_demande(demande, par=demandeur, version=demande.version, commentaire="Le voici.")
        demande.refresh_from_db()
        assert (demande.statut, demande.suspendue_jours, demande.incomplete_le) == (Statut.DEPOSEE, 10, None)
        assert piece.demande_id == demande.pk

    def test_a_corrected_answer_freezes_the_proof_again(self, demandeur):
        """On the day of the deposit: an answer given later is judged by the rule of that day."""
        demande = asked(demandeur)
        propose = {"propose_par": make_agent("instructeur"), "propose_le": timezone.now(), "montant_propose": 1000}
        Demande.objects.filter(pk=demande.pk).update(version=demande.version + 1, seuil=500, **propose)
        demande.refresh_from_db()
        avant, numero = json.loads(demande.preuve), demande.numero
        with time_machine.travel("2026-06-12 10:00+02:00", tick=False):
            faits = {**demande.faits, "jours_semaine": "3"}
            complete_demande(demande, par=demandeur, version=demande.version, commentaire="Trois.", faits=faits)
        demande.refresh_from_db()
        apres = json.loads(demande.preuve)
        assert demande.faits["jours_semaine"] == "3"
        assert avant["situation"]["faits"]["jours_semaine"] == {"decimal": "3.5"}
        assert apres["situation"]["faits"]["jours_semaine"] == {"decimal": "3"}
        assert digest(demande.preuve) == demande.preuve_empreinte
        assert (apres["au"], demande.numero) == (avant["au"], numero)
        assert (demande.montant_maximum, demande.propose_par, demande.montant_propose) == (Decimal(37500), None, None)
        acte = demande.actes.latest("version")
        assert acte.details == {"preuve_sha256": demande.preuve_empreinte, "reponses_corrigees": ["jours_semaine"]}

    def test_corrected_answers_that_the_rule_refuses_write_nothing(self, demandeur):
        demande = asked(demandeur)
        avant = count_everything()
        faits = {**demande.faits, "jours_semaine": "1"}
        with pytest.raises(ActeInvalide, match="l'agent décidera"):
            complete_demande(demande, par=demandeur, version=demande.version, commentaire="Un.", faits=faits)
        demande.refresh_from_db()
        assert (demande.statut, count_everything()) == (Statut.INCOMPLETE, avant)

    def test_a_new_document_enters_the_proof_and_nothing_else_changes(self, demandeur):
        demande = asked(demandeur)
        avant = json.loads(demande.preuve)
        piece = join(demande, demandeur, "autre")
        demande.refresh_from_db()
        complete_demande(demande, par=demandeur, version=demande.version, commentaire="Voici.", faits=demande.faits)
        demande.refresh_from_db()
        apres = json.loads(demande.preuve)
        assert ["autre", piece.document.empreinte] in apres.pop("pieces")
        avant.pop("pieces")
        assert apres == avant

    def test_who_did_not_ask_does_not_answer(self, demandeur):
        demande = make_demande(demandeur, statut=Statut.INCOMPLETE)
        with pytest.raises(Demande.DoesNotExist):
            complete_demande(demande, par=make_user(), version=demande.version, commentaire="Moi.")

    def test_withdrawing_ends_it_once(self, demandeur):
        demande = filed(demandeur)
        declare_recevable(demande, par=make_agent("instructeur"), version=demande.version)
        with pytest.raises(VersionPerimee):
            retire_demande(demande, par=demandeur, version=2)
        demande.refresh_from_db()
        retire_demande(demande, par=demandeur, version=demande.version)
        with pytest.raises(TransitionImpossible):
            retire_demande(demande, par=demandeur, version=demande.version)

    def test_an_agent_does_not_withdraw_for_somebody(self, demandeur):
        demande = filed(demandeur)
        with pytest.raises(DroitRefuse):
            retire_demande(demande, par=make_agent("valideur"), version=demande.version)


def test_wrong_fields_are_named_and_the_others_are_read(juin, demandeur):
    demande = open_caim(demandeur)
    version = read_version(demande, au=date(2025, 6, 2))
    saisie, erreurs = read_saisie(
        {
            "age": "vieux",
            "courriel": "x",
            "telephone": "abc",
            "rpps": "12",
            "message": "NIR 184127107645189",
            "nom": "É",
        },
        demande,
        version,
    )
    assert set(erreurs) == {"age", "courriel", "telephone", "rpps", "message"}
    assert saisie.coordonnees["nom"] == "É"


@pytest.mark.django_db(transaction=True)
def test_fifty_sendings_at_once_make_one_file(juin, demandeur):
    """W01: the same form posted by fifty connections at once."""
    demande = fill(open_caim(demandeur), demandeur)
    saisie = Saisie(demande.faits, demande.coordonnees, demande.message, demande.declarations)
    barriere, actes, fautes = threading.Barrier(10), [], []

    def send():
        try:
            barriere.wait(30)
            for _ in range(5):
                acte = file_brouillon(
                    SimpleNamespace(pk=demande.pk), par=demandeur, version=demande.version, saisie=saisie
                )
                actes.append(acte.pk)
        except Exception as erreur:
            fautes.append(repr(erreur))
        finally:
            connection.close()

    fils = [threading.Thread(target=send) for _ in range(10)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    assert fautes == []
    assert len(actes) == 50
    assert len(set(actes)) == 1
    assert ActeDossier.objects.count() == 1
    assert CompteurDossier.objects.get().dernier == 1
    assert Envoi.objects.filter(tache="aides.courriel_dossier").count() == 1
