"""Retention: told at thirty days, purged on the day, by slices, never without a duration."""

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from aides.conservation import EFFACEE
from aides.dossiers.etats import Statut
from aides.models import ActeDossier, Demande, PieceDossier
from portal.core import conservation
from portal.core.ceinture import ROLE_WEB
from portal.core.conservation import (
    GelRefuse,
    find_a_prevenir,
    find_a_purger,
    freeze,
    list_categories,
    read_etats,
    run_conservation,
    set_duree,
    simulate,
    unfreeze,
)
from portal.core.conservation_nuit import run_nuit
from portal.core.documents import store_document
from portal.core.models import Evenement, PassageConservation, Preavis
from portal.core.relais import deliver_here
from portal.core.stockage import build_chemin
from tests.aides.dossiers_essai import Equipe, make_brouillon, make_dossier
from tests.people import make_agent, make_user

pytestmark = pytest.mark.django_db
JOURS = 100


@contextmanager
def tranche():
    with transaction.atomic():
        yield


@pytest.fixture
def par():
    return make_agent("administrateur", "national")


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_EFFACEMENTS = tmp_path / "effacements"


def find(code):
    return next(categorie for categorie in list_categories() if categorie.code == code)


def age(demande, jours):
    """As if its last act were that old: the life of a row forbids it, but to the owner of the table who says so."""
    quand = timezone.now() - timedelta(days=jours)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('maillage.effacement', 'oui', false)")
        Demande.objects.filter(pk=demande.pk).update(modifiee_le=quand)
        cursor.execute("SELECT set_config('maillage.effacement', '', false)")
    demande.refresh_from_db()


def _call(demande):
    with connection.cursor() as cursor:
        cursor.execute("SELECT aides_efface_dossier(%s)", [demande.pk])


def make_vieux_brouillon(jours=JOURS, **champs):
    demande = make_brouillon(make_user(), message="Un message", coordonnees={"telephone": "0102030405"}, **champs)
    document = store_document(b"octets", nom="a.pdf", type_mime="application/pdf", proprietaire=demande.proprietaire)
    PieceDossier.objects.create(demande=demande, document=document)
    age(demande, jours)
    return demande, document


def test_nothing_goes_without_a_duration(par):
    demande, _ = make_vieux_brouillon(jours=20_000)
    assert run_conservation(tranche) == {}
    assert Demande.objects.filter(pk=demande.pk).exists()
    etats = {etat.categorie.code: etat for etat in read_etats()}
    assert etats["brouillons"].duree is None
    assert etats["brouillons"].a_purger is None


@pytest.mark.parametrize(("jours", "prevenir"), [(JOURS - 31, 0), (JOURS - 29, 1), (JOURS + 1, 1)])
def test_the_owner_is_told_thirty_days_before(par, jours, prevenir):
    make_vieux_brouillon(jours)
    set_duree("brouillons", JOURS, "Décision d'essai", par=par)
    une, maintenant = find("brouillons"), timezone.now()
    assert find_a_prevenir(une, maintenant, timedelta(days=JOURS)).count() == prevenir
    assert find_a_purger(une, maintenant, timedelta(days=JOURS)).count() == 0


def test_told_then_purged_thirty_days_later(par, django_capture_on_commit_callbacks):
    demande, document = make_vieux_brouillon(JOURS - 10)
    set_duree("brouillons", JOURS, "Décision d'essai", par=par)
    debut = timezone.now()
    run_conservation(tranche)
    run_conservation(tranche)
    deliver_here()
    assert len(mail.outbox) == 1
    assert demande.proprietaire.email in mail.outbox[0].to
    assert "brouillon" in mail.outbox[0].body.lower()
    assert run_conservation(tranche, au=debut + timedelta(days=29))["brouillons"] == 0
    chemin = build_chemin(document.cle)
    assert chemin.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert run_conservation(tranche, au=debut + timedelta(days=31))["brouillons"] == 1
    assert not Demande.objects.filter(pk=demande.pk).exists()
    assert not chemin.exists()
    assert not Preavis.objects.exists()
    assert run_conservation(tranche, au=debut + timedelta(days=31))["brouillons"] == 0
    passage = PassageConservation.objects.get()
    assert passage.objets == 1
    assert passage.comptes["aides.demande"] == 1
    assert passage.comptes["core.document"] == 1
    assert Evenement.objects.filter(action="purge", objet=f"core.passageconservation:{passage.pk}").count() == 1


def test_taking_a_draft_up_again_saves_it(par):
    demande, _ = make_vieux_brouillon(JOURS - 10)
    set_duree("brouillons", JOURS, "Décision d'essai", par=par)
    run_conservation(tranche)
    deliver_here()
    Demande.objects.filter(pk=demande.pk).update(modifiee_le=timezone.now())
    assert run_conservation(tranche, au=timezone.now() + timedelta(days=60))["brouillons"] == 0
    assert Demande.objects.filter(pk=demande.pk).exists()


def test_one_told_but_not_written_to_yet_is_kept(par):
    """The thirty days run from the mail itself, not from the decision to send it."""
    make_vieux_brouillon(JOURS + 10)
    set_duree("brouillons", JOURS, "Décision d'essai", par=par)
    run_conservation(tranche)
    assert Preavis.objects.get().envoye_le is None
    assert run_conservation(tranche, au=timezone.now() + timedelta(days=400))["brouillons"] == 0


def test_a_refused_file_is_emptied_and_still_counted(par):
    demande = make_dossier(Statut.REFUSEE, message="Bonjour", coordonnees={"telephone": "0102030405"})
    age(demande, JOURS)
    montants, numero = demande.montant_maximum, demande.numero
    LogEntry.objects.create(
        user=par, content_type=ContentType.objects.get_for_model(Demande), object_id=str(demande.pk),
        object_repr="Dupont", action_flag=CHANGE, change_message="Dupont",
    )  # fmt: skip
    set_duree("dossiers_sans_suite", JOURS - 1, "Décision d'essai", par=par)
    assert run_conservation(tranche)["dossiers_sans_suite"] == 1
    demande.refresh_from_db()
    assert (demande.numero, demande.statut, demande.montant_maximum) == (numero, Statut.REFUSEE, montants)
    assert demande.preuve == EFFACEE
    assert demande.message == ""
    assert demande.coordonnees == {}
    assert demande.faits == {}
    assert "effacé" in demande.motif
    assert "effacé" in demande.voies_recours
    assert set(demande.actes.values_list("commentaire", flat=True)) == {""}
    assert LogEntry.objects.get(object_id=str(demande.pk)).object_repr == ""
    assert Evenement.objects.filter(objet=f"aides.demande:{demande.pk}", action="donnees_effacees").count() == 1
    assert run_conservation(tranche)["dossiers_sans_suite"] == 0


def test_a_hold_keeps_and_its_end_frees(par):
    demande = make_dossier(Statut.REFUSEE)
    age(demande, JOURS)
    set_duree("dossiers_sans_suite", 1, "Décision d'essai", par=par)
    gel = freeze(f"aides.demande:{demande.pk}", "Recours contentieux", par=par)
    with pytest.raises(GelRefuse):
        freeze(f"aides.demande:{demande.pk}", "Encore", par=par)
    assert run_conservation(tranche)["dossiers_sans_suite"] == 0
    with pytest.raises(IntegrityError, match="demande_effacement_gelee"), transaction.atomic():
        _call(demande)
    assert unfreeze(gel.pk, par=par)
    assert not unfreeze(gel.pk, par=par)
    assert run_conservation(tranche)["dossiers_sans_suite"] == 1


@pytest.mark.parametrize("statut", [Statut.BROUILLON, Statut.DEPOSEE, Statut.EN_INSTRUCTION, Statut.ACCORDEE])
def test_the_base_refuses_to_empty_a_file_under_way(statut):
    demande = make_dossier(statut)
    with pytest.raises(IntegrityError, match="demande_effacement_en_cours"), transaction.atomic():
        _call(demande)


def test_the_web_cannot_open_the_way_by_itself():
    """The setting means something to the owner's function alone."""
    demande = make_dossier(Statut.REFUSEE)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE_WEB}")
        cursor.execute(
            "SELECT set_config('maillage.effacement', 'oui', true), set_config('maillage.portee', 'systeme', true)"
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("UPDATE aides_demande SET preuve = 'x' WHERE id = %s", [demande.pk])
        with pytest.raises(ProgrammingError), transaction.atomic():
            cursor.execute("UPDATE aides_actedossier SET commentaire = '' WHERE demande_id = %s", [demande.pk])
        cursor.execute("SELECT aides_efface_dossier(%s)", [demande.pk])
        cursor.execute("RESET ROLE")
    demande.refresh_from_db()
    assert demande.preuve == EFFACEE


def test_the_way_is_closed_again_after_the_call():
    demande = make_dossier(Statut.REFUSEE)
    _call(demande)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        ActeDossier.objects.filter(demande=demande).update(commentaire="autre")


def test_slices_hold_few_rows_and_a_kill_loses_nothing(par, monkeypatch):
    """Killed after the second slice: those two are done, the next run does the rest and nothing twice."""
    equipe = Equipe()
    demandes = [make_dossier(Statut.REFUSEE, equipe=equipe) for _ in range(25)]
    for demande in demandes:
        age(demande, JOURS)
    set_duree("dossiers_sans_suite", 1, "Décision d'essai", par=par)
    tailles = []
    vraie = conservation.erase_slice

    def spy(categorie, cles):
        if len(tailles) == 2:
            raise KeyboardInterrupt
        comptes = vraie(categorie, cles)
        tailles.append((len(cles), sum(comptes.values())))
        return comptes

    monkeypatch.setattr(conservation, "erase_slice", spy)
    with pytest.raises(KeyboardInterrupt):
        run_conservation(tranche)
    assert Demande.objects.filter(preuve=EFFACEE).count() == 20
    assert all(lignes <= conservation.LIGNES_MAX for _, lignes in tailles)
    monkeypatch.setattr(conservation, "erase_slice", vraie)
    assert run_conservation(tranche)["dossiers_sans_suite"] == 5
    assert Evenement.objects.filter(action="donnees_effacees").count() == 25


def test_the_rehearsal_counts_and_erases_nothing(par, capsys):
    demande = make_dossier(Statut.REFUSEE)
    age(demande, JOURS)
    set_duree("dossiers_sans_suite", 1, "Décision d'essai", par=par)
    nombre, comptes = simulate(find("dossiers_sans_suite"))
    assert nombre == 1
    assert comptes["aides.demande"] == 1
    call_command("simulate_conservation")
    sortie = capsys.readouterr().out
    assert "Demandes refusées, retirées ou caduques : 1 à purger" in sortie
    assert "aides.demande : 1" in sortie
    assert "Brouillons de demande abandonnés : durée à fixer" in sortie
    demande.refresh_from_db()
    assert demande.preuve != EFFACEE
    assert not PassageConservation.objects.exists()


def test_old_copies_of_mails_go(par, settings, tmp_path):
    settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")
    (tmp_path / "courriels").mkdir()
    vieux = tmp_path / "courriels" / "vieux.eml"
    vieux.write_text("To: a@exemple.fr\n\nBonjour")
    shutil.copy(vieux, tmp_path / "courriels" / "neuf.eml")
    os.utime(vieux, (0, 0))
    run_nuit(tranche)
    assert vieux.exists()
    set_duree("courriels", 30, "Décision d'essai", par=par)
    run_nuit(tranche)
    assert not vieux.exists()
    assert (tmp_path / "courriels" / "neuf.eml").exists()
    assert PassageConservation.objects.get().comptes == Counter({"courriels": 1})
