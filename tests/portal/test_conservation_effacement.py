"""Erasing a person: twelve unusual values spread everywhere, then looked for in every table, file, message and key."""

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings as reglages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from aides.dossiers.etats import Statut
from aides.models import Anomalie, Avenant, Contrat, Courrier, Demande, Destinataire, Echeance, PieceDossier
from aides.suivi.depot import file_suivi
from cpts.models import Rattachement
from portal.accounts.models import CodeSecours, IdentiteExterne, Invitation, User
from portal.core.conservation import set_duree
from portal.core.conservation_nuit import run_nuit
from portal.core.copies import list_courriels
from portal.core.courriels import build_message_id, send_courriel
from portal.core.documents import store_document
from portal.core.effacements import (
    EffacementRefuse,
    ask_effacement,
    execute_effacement,
    is_certificat,
    list_a_rejouer,
    rehearse_effacement,
)
from portal.core.models import Effacement, FiltreEnregistre, StatutEffacement
from portal.core.relais import deliver_here
from portal.pilotage.models import Vue
from tests.accounts.connexion_essai import give_device
from tests.aides.contrats_essai import make_contrat
from tests.aides.dossiers_essai import Equipe, make_brouillon, make_dossier
from tests.people import make_agent, make_commune, make_mandat, make_praticien
from tests.portal.test_conservation import age, tranche

pytestmark = pytest.mark.django_db
CANARIS = {
    "courriel": "zorglub.quetzal@exemple.fr",
    "prenom": "Xylophène",
    "nom": "Wqartzmann",
    "telephone": "0799887711",
    "rue": "Impasse du Kiwi-Bleu",
    "sujet": "sujet-psc-7f3q9",
    "message": "Message kraken-du-nord",
    "commentaire": "Note phlogistique-42",
    "fichier": "ornithorynque-perso.pdf",
    "octets": "octets-canari-91827",
    "motif": "Motif brontosaure-vert",
    "filtre": "Filtre axolotl-mauve",
}


@pytest.fixture(autouse=True)
def _dossiers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_EFFACEMENTS = tmp_path / "effacements"
    settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")


@pytest.fixture
def admin_national():
    return make_agent("administrateur", "national")


def search_base(valeur: str) -> list[str]:
    """The tables where a value is, whatever the column: what a dump of the base would show."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        tables = [nom for (nom,) in cursor.fetchall()]
        trouvees = []
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE position(%s IN t::text) > 0)', [valeur])
            trouvees += [table] if cursor.fetchone()[0] else []
    return sorted(trouvees)


def search_files(valeur: str) -> list[str]:
    racines = [Path(reglages.MEDIA_ROOT), Path(reglages.MAILLAGE_EFFACEMENTS), Path(reglages.EMAIL_FILE_PATH)]
    fichiers = [chemin for racine in racines for chemin in racine.rglob("*") if chemin.is_file()]
    return [str(chemin) for chemin in fichiers if valeur.encode() in chemin.read_bytes()]


def search_valkey(valeur: str) -> list[str]:
    client = redis.Redis.from_url(reglages.REDIS_URL)
    lectures = {
        b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
        b"list": lambda cle: client.lrange(cle, 0, -1), b"zset": lambda cle: client.zrange(cle, 0, -1),
    }  # fmt: skip
    trouvees = []
    for cle in client.scan_iter(count=1000):
        contenu = lectures.get(client.type(cle), lambda _: b"")(cle)
        if valeur.encode() in cle + repr(contenu).encode():
            trouvees.append(repr(cle))
    return trouvees


def search(valeur: str) -> dict[str, list[str]]:
    """Escaped too: JSON and quoted-printable write accents in their own way."""
    formes = {valeur, json.dumps(valeur)[1:-1], valeur.replace("è", "=C3=A8")}
    lus = {"base": search_base, "fichiers": search_files, "valkey": search_valkey}
    return {ou: sorted({lieu for forme in formes for lieu in lire(forme)}) for ou, lire in lus.items()}


def spread(equipe: Equipe) -> User:
    """The twelve values, in every place where the portal may keep one."""
    qui = equipe.demandeur
    qui.email, qui.first_name, qui.last_name = CANARIS["courriel"], CANARIS["prenom"], CANARIS["nom"]
    qui.save()
    dits = {
        "coordonnees": {"telephone": CANARIS["telephone"], "adresse": CANARIS["rue"], "nom": CANARIS["nom"]},
        "message": CANARIS["message"],
        "declarations": {"sans_objet": {"piece-1": CANARIS["motif"]}},
        "faits": {"note": CANARIS["commentaire"]},
    }
    refusee = make_dossier(Statut.REFUSEE, equipe=equipe, **dits)
    make_brouillon(qui, **dits)
    retiree = make_brouillon(qui, **dits)
    Demande.objects.filter(pk=retiree.pk).update(statut=Statut.RETIREE, version=F("version") + 1)
    contrat = make_contrat(equipe, coordonnees=dits["coordonnees"], message=CANARIS["message"])
    Contrat.objects.filter(pk=contrat.pk).update(faits={"x": CANARIS["commentaire"]}, notes=[CANARIS["motif"]])
    Echeance.objects.filter(contrat=contrat).update(remarque=CANARIS["motif"])
    Avenant.objects.create(
        contrat=contrat, rang=1, date_signature=timezone.localdate(), date_effet=timezone.localdate(),
        objet=CANARIS["motif"], changements={"note": CANARIS["commentaire"]},
    )  # fmt: skip
    for statut in (Statut.RESILIEE, Statut.SOLDEE):
        Demande.objects.filter(pk=contrat.demande_id).update(statut=statut, version=F("version") + 1)
    with connection.cursor() as cursor:  # what agents wrote, in acts that nobody may change any more
        cursor.execute("SELECT set_config('maillage.effacement', 'oui', false)")
        refusee.actes.update(commentaire=CANARIS["commentaire"], details={"n": CANARIS["motif"]})
        Demande.objects.filter(pk=refusee.pk).update(motif=CANARIS["motif"])
        cursor.execute("SELECT set_config('maillage.effacement', '', false)")
    spread_around(refusee, qui)
    return qui


def spread_around(demande: Demande, qui: User) -> None:
    """Documents, letters, findings, the account and what surrounds it."""
    for sorte in ("piece", "courrier", "preuve", "seul"):
        document = store_document(
            f"{sorte} {CANARIS['octets']}".encode(),
            nom=CANARIS["fichier"],
            type_mime="application/pdf",
            proprietaire=qui,
        )
        if sorte == "piece":
            PieceDossier.objects.create(demande=demande, document=document, remarque=CANARIS["motif"])
        elif sorte == "courrier":
            Courrier.objects.create(
                demande=demande, type="refus", numero="27-2026-R-1", code="ABCDEFGH", document=document,
                empreinte="1" * 64, donnees={"nom": CANARIS["nom"]},
            )  # fmt: skip
        elif sorte == "preuve":
            Rattachement.objects.create(
                proprietaire=qui, praticien=make_praticien(), region_code="27", departement_code="71", guichet="ars",
                statut="refuse", document=document, motif=CANARIS["motif"],
            )  # fmt: skip
    lieu = {"region_code": "27", "departement_code": "71", "guichet": "ars", "proprietaire": qui}
    Anomalie.objects.create(demande=demande, controle="x", cle="y", constat=CANARIS["motif"], **lieu)
    IdentiteExterne.objects.create(user=qui, fournisseur="psc", sujet=CANARIS["sujet"], rpps="10101010101")
    CodeSecours.objects.create(user=qui, empreinte="a" * 64)
    FiltreEnregistre.objects.create(proprietaire=qui, liste="x", nom=CANARIS["filtre"], requete=CANARIS["nom"])
    Vue.objects.create(proprietaire=qui, nom=CANARIS["filtre"], requete=CANARIS["nom"])
    give_device(qui)
    Invitation.objects.create(
        courriel=CANARIS["courriel"], empreinte="b" * 64, invite_par=make_agent("administrateur", "national"),
        expire_le=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    LogEntry.objects.create(
        user=demande.decide_par, content_type=ContentType.objects.get_for_model(User), object_id=str(qui.pk),
        object_repr=CANARIS["nom"], action_flag=CHANGE, change_message=CANARIS["courriel"],
    )  # fmt: skip
    file_suivi(make_commune("71").code_insee, {"profession": "medecin"}, adresse=CANARIS["courriel"])
    deliver_here()
    contexte = {"libelle": CANARIS["nom"], "effet": "", "le": timezone.localdate(), "lien": ""}
    send_courriel(CANARIS["courriel"], "core/preavis", contexte, message_id=build_message_id("essai", 1))


def test_nothing_is_left_of_the_twelve_canaries(client, admin_national, caplog, django_capture_on_commit_callbacks):
    caplog.set_level(logging.DEBUG)
    client.force_login((equipe := Equipe()).demandeur)
    client.get("/compte/")
    with django_capture_on_commit_callbacks(execute=True):
        qui = spread(equipe)
    for nom, valeur in CANARIS.items():
        trouves = search(valeur)
        assert any(trouves.values()), f"{nom} was never spread"
        assert not trouves["valkey"]
        assert not {"core_evenement", "core_envoi", "core_execution"} & set(trouves["base"]), nom
        assert valeur not in caplog.text.replace("Subject", ""), nom
    demande = ask_effacement(qui.pk, par=qui)
    with django_capture_on_commit_callbacks(execute=True):
        fait = execute_effacement(demande.pk, par=admin_national)
    assert fait.retenues == []
    for nom, valeur in CANARIS.items():
        assert search(valeur) == {"base": [], "fichiers": [], "valkey": []}, nom
    assert is_certificat(Effacement.objects.get(pk=fait.pk))
    assert client.get("/compte/").status_code == 302
    qui.refresh_from_db()
    assert (qui.email, qui.first_name, qui.last_name, qui.is_active) == (None, "", "", False)
    assert Destinataire.objects.get().adresse == ""
    assert not list_courriels()
    assert Demande.objects.filter(proprietaire=qui, statut=Statut.REFUSEE, numero__isnull=False).exists()


def test_the_rehearsal_is_the_act_and_changes_nothing(admin_national, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        qui = spread(Equipe())
    avant = {valeur: search(valeur) for valeur in CANARIS.values()}
    bilan = rehearse_effacement(qui.pk)
    assert {valeur: search(valeur) for valeur in CANARIS.values()} == avant
    fait = execute_effacement(ask_effacement(qui.pk, par=qui).pk, par=admin_national)
    assert fait.bilan == bilan.lignes
    assert fait.bilan["core.document"] >= 4


def test_a_file_under_way_forbids_it(admin_national):
    demande = make_dossier(Statut.DEPOSEE)
    effacement = ask_effacement(demande.proprietaire_id, par=demande.proprietaire)
    with pytest.raises(EffacementRefuse, match="un dossier est en cours"):
        execute_effacement(effacement.pk, par=admin_national)
    assert rehearse_effacement(demande.proprietaire_id).lignes == {}
    demande.proprietaire.refresh_from_db()
    assert demande.proprietaire.is_active


def test_an_agent_in_charge_and_oneself_are_refused(admin_national):
    agent = make_agent("instructeur", "departement:71")
    with pytest.raises(EffacementRefuse, match="mandat en vigueur"):
        execute_effacement(ask_effacement(agent.pk, par=agent).pk, par=admin_national)
    with pytest.raises(EffacementRefuse, match="son propre compte"):
        execute_effacement(ask_effacement(admin_national.pk, par=admin_national).pk, par=admin_national)


def make_soldee_payee(equipe: Equipe) -> Contrat:
    contrat = make_contrat(equipe, coordonnees={"nom": CANARIS["nom"]})
    Demande.objects.filter(pk=contrat.demande_id).update(statut=Statut.EN_COURS, version=F("version") + 1)
    premier = contrat.echeances.filter(nature="versement").order_by("le", "pk").first()
    Echeance.objects.filter(pk=premier.pk).update(
        statut="payee", montant=100, payee_le=timezone.localdate(), payee_par=equipe.instructeur, plafond=None
    )
    for statut in (Statut.RESILIEE, Statut.SOLDEE):
        Demande.objects.filter(pk=contrat.demande_id).update(statut=statut, version=F("version") + 1)
    return contrat


def test_a_paid_contract_is_held_until_its_duration_ends(admin_national):
    equipe = Equipe()
    contrat = make_soldee_payee(equipe)
    qui = equipe.demandeur
    qui.last_name = CANARIS["nom"]
    qui.save()
    set_duree("contrats_termines", 100, "Décision d'essai", par=admin_national)
    effacement = execute_effacement(ask_effacement(qui.pk, par=qui).pk, par=admin_national)
    assert [retenue["objets"] for retenue in effacement.retenues] == [1]
    assert effacement.retenues[0]["jusqu_au"] == (timezone.localdate() + timedelta(days=100)).isoformat()
    qui.refresh_from_db()
    assert (qui.last_name, qui.email, qui.is_active) == (CANARIS["nom"], None, False)
    assert Demande.objects.get(pk=contrat.demande_id).coordonnees == {"nom": CANARIS["nom"]}
    age(contrat.demande, 101)
    run_nuit(tranche)
    effacement.refresh_from_db()
    assert effacement.statut == StatutEffacement.COMPLETE
    assert is_certificat(effacement)
    assert search_base(CANARIS["nom"]) == []
    assert Echeance.objects.filter(contrat=contrat, statut="payee", montant=100).count() == 1


def test_a_restore_brings_nobody_back(admin_national, django_capture_on_commit_callbacks, capsys):
    """The backup has the person whole: the files beside the base have the erasure, and it is done again."""
    with django_capture_on_commit_callbacks(execute=True):
        qui = spread(Equipe())
    avant = User.objects.filter(pk=qui.pk).values().get()
    with django_capture_on_commit_callbacks(execute=True):
        execute_effacement(ask_effacement(qui.pk, par=qui).pk, par=admin_national)
    assert list(list_a_rejouer()) == []
    Effacement.objects.all().delete()
    User.objects.filter(pk=qui.pk).update(**avant)
    assert search_base(CANARIS["courriel"])
    with django_capture_on_commit_callbacks(execute=True):
        call_command("replay_effacements")
    assert "Effacements rejoués : 1." in capsys.readouterr().out
    assert search_base(CANARIS["courriel"]) == []
    Effacement.objects.all().delete()
    User.objects.filter(pk=qui.pk).update(date_joined=timezone.now())
    assert list(list_a_rejouer()) == [], "another person who was given the same number"


def test_a_certificate_that_was_changed_says_so(admin_national):
    qui = Equipe().demandeur
    fait = execute_effacement(ask_effacement(qui.pk, par=qui).pk, par=admin_national)
    fait.bilan = {"accounts.user": 2}
    assert not is_certificat(fait)


def test_the_number_of_an_old_agent_still_signs(admin_national):
    equipe = Equipe()
    demande = make_dossier(Statut.REFUSEE, equipe=equipe)
    equipe.valideur.mandats.all().delete()
    execute_effacement(ask_effacement(equipe.valideur.pk, par=equipe.valideur).pk, par=admin_national)
    demande.refresh_from_db()
    assert demande.decide_par_id == equipe.valideur.pk
    make_mandat(admin_national, "lecteur", "departement:71")
