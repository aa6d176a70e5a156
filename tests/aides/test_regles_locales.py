"""Local schemes: four eyes, texts that do not move, a catalogue that follows, a broken one that breaks nothing."""

import threading
import time
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from aides import catalogue as module
from aides.catalogue import catalogue, follow_locaux, list_ecartees, national, restrict
from aides.enums import TRANSITIONS_REDACTION, StatutRedaction
from aides.models import DispositifLocal, RedactionLocale
from aides.regles.canonique import digest, dump_canonique, parse_json
from aides.services import check
from aides.services_locaux import (
    ActeImpossible,
    create_redaction,
    delete_redaction,
    list_ecarts,
    propose_redaction,
    refuse_redaction,
    update_redaction,
    validate_redaction,
    withdraw_redaction,
)
from portal.core import cache
from portal.core.models import Envoi, Evenement
from tests.aides.redactions import build_texte, publish
from tests.zonage.factories import CommuneFactory, DepartementFactory
from tests.zonage.factories_zonage import UserFactory

AU = date(2026, 11, 22)


@pytest.fixture
def territoire(db):
    for departement, commune in (("71", "71076"), ("38", "38185")):
        CommuneFactory(code_insee=commune, departement=DepartementFactory(code=departement))


@pytest.fixture
def suivi():
    """The local schemes as a server reads them, the version of the data looked at each time."""
    with follow_locaux():
        yield


def proposee(brut=None):
    auteur = UserFactory()
    redaction = create_redaction(brut or build_texte(), par=auteur)
    propose_redaction(redaction, par=auteur, au=AU)
    return redaction, auteur


def test_who_proposed_does_not_validate(territoire):
    redaction, auteur = proposee()
    with pytest.raises(ActeImpossible, match="demandez à une autre personne"):
        validate_redaction(redaction, par=auteur, au=AU)
    redaction.refresh_from_db()
    assert redaction.statut == StatutRedaction.PROPOSEE


def test_the_database_itself_wants_two_persons(territoire):
    redaction, auteur = proposee()
    with pytest.raises(IntegrityError, match="redactionlocale_deux_personnes"), transaction.atomic():
        RedactionLocale.objects.filter(pk=redaction.pk).update(
            statut=StatutRedaction.VALIDEE, valide_par=auteur, valide_le="2026-01-01T00:00Z"
        )
    with pytest.raises(IntegrityError, match="redactionlocale_validee_par_quelqu_un"), transaction.atomic():
        RedactionLocale.objects.filter(pk=redaction.pk).update(statut=StatutRedaction.VALIDEE)


@pytest.mark.parametrize(
    "ecriture",
    [
        "UPDATE aides_redactionlocale SET contenu = '{}', empreinte = encode(sha256('{}'), 'hex')",
        "UPDATE aides_redactionlocale SET numero = numero + 1",
        "UPDATE aides_redactionlocale SET statut = 'brouillon'",
        "UPDATE aides_redactionlocale SET motif_passe = 'autre'",
        "UPDATE aides_redactionlocale SET propose_par_id = auteur_id + 1",
        "DELETE FROM aides_redactionlocale",
    ],
)
@pytest.mark.parametrize("statut", ["proposee", "validee", "refusee"])
def test_a_proposed_text_is_frozen_by_the_database(territoire, ecriture, statut):
    redaction, _ = proposee()
    if statut == "validee":
        validate_redaction(redaction, par=UserFactory(), au=AU)
    if statut == "refusee":
        refuse_redaction(redaction, par=UserFactory(), motif="à revoir")
    with pytest.raises(IntegrityError, match="redactionlocale"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ecriture)


def test_the_database_moves_the_state_along_the_declared_arrows_only(territoire):
    """Every pair of states, against the table of transitions (a draft may also stay one)."""
    permises = set(TRANSITIONS_REDACTION.values())
    _, auteur = proposee()
    valideur = UserFactory()
    for source in StatutRedaction:
        for cible in StatutRedaction:
            if source == cible:
                continue
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE aides_redactionlocale DISABLE TRIGGER USER")
                cursor.execute(
                    "UPDATE aides_redactionlocale SET statut = %s, propose_par_id = %s, valide_par_id = %s,"
                    " valide_le = now()",
                    [source, auteur.pk, valideur.pk],
                )
                cursor.execute("ALTER TABLE aides_redactionlocale ENABLE TRIGGER USER")
            try:
                with transaction.atomic():
                    RedactionLocale.objects.update(statut=cible)
                passee = True
            except IntegrityError:
                passee = False
            assert passee == ((source, cible) in permises), (source, cible)


def test_the_digest_is_that_of_the_text(territoire):
    redaction = create_redaction(build_texte(), par=UserFactory())
    with pytest.raises(IntegrityError, match="redactionlocale_empreinte"), transaction.atomic():
        RedactionLocale.objects.filter(pk=redaction.pk).update(contenu='{"a": 1}')


def test_validating_publishes_and_says_so_once(territoire, settings, suivi):
    settings.MAILLAGE_ABONNEMENTS = {"aides.regle": ["aides.essai"]}
    redaction = publish(build_texte(), AU)
    assert [
        e.action for e in Evenement.objects.filter(objet=f"aides.redactionlocale:{redaction.pk}").order_by("pk")
    ] == [
        "creer",
        "proposer",
        "valider",
    ]
    assert list(Envoi.objects.values_list("tache", "arguments")) == [("aides.essai", ["bourse_71"])]
    dispositif = catalogue().dispositif("bourse_71")
    assert dispositif.empreinte == redaction.empreinte
    assert catalogue().dispositifs[: len(national().dispositifs)] == national().dispositifs
    assert catalogue().empreinte != national().empreinte


def test_a_refused_act_writes_nothing(territoire, settings):
    settings.MAILLAGE_ABONNEMENTS = {"aides.regle": ["aides.essai"]}
    redaction, auteur = proposee()
    avant = Evenement.objects.count()
    with pytest.raises(ActeImpossible):
        validate_redaction(redaction, par=auteur, au=AU)
    with pytest.raises(ActeImpossible, match="quelques mots"):
        refuse_redaction(redaction, par=UserFactory(), motif=" ")
    with pytest.raises(ActeImpossible, match="Impossible de retirer"):
        withdraw_redaction(redaction, par=UserFactory(), motif="une erreur")
    assert Evenement.objects.count() == avant
    assert not Envoi.objects.exists()


@pytest.mark.parametrize(
    ("champs", "chemin"),
    [
        ({"perimetre": ["departement:99"]}, "perimetre.0"),
        ({"perimetre": []}, "perimetre"),
        ({"code": "caim"}, "un dispositif national"),
        ({"statut": "annonce"}, "statut"),
        ({"resume": ""}, "resume"),
        ({"references": {}}, "references"),
    ],
)
def test_an_incomplete_rule_is_not_proposed_and_the_fault_is_named(territoire, champs, chemin):
    auteur = UserFactory()
    with pytest.raises(ActeImpossible, match=f"(?i){chemin}"):
        propose_redaction(create_redaction(build_texte(**champs), par=auteur), par=auteur, au=AU)


def test_one_rédaction_at_a_time_and_a_draft_can_be_erased(territoire):
    auteur = UserFactory()
    premiere = create_redaction(build_texte(), par=auteur)
    with pytest.raises(ActeImpossible, match="en cours"):
        create_redaction(build_texte(), par=auteur)
    delete_redaction(premiere, par=auteur)
    seconde = create_redaction(build_texte(), par=auteur)
    propose_redaction(seconde, par=auteur, au=AU)
    with pytest.raises(ActeImpossible, match="Seul un brouillon"):
        delete_redaction(seconde, par=auteur)
    with pytest.raises(ProtectedError):
        DispositifLocal.objects.all().delete()


def test_two_writers_do_not_erase_each_other(territoire):
    auteur = UserFactory()
    redaction = create_redaction(build_texte(), par=auteur)
    lue = redaction.empreinte
    update_redaction(redaction, build_texte(sigle="Bourse A"), lue=lue, par=auteur)
    with pytest.raises(ActeImpossible, match="rechargez la page"):
        update_redaction(redaction, build_texte(sigle="Bourse B"), lue=lue, par=auteur)
    assert RedactionLocale.objects.get().brut["sigle"] == "Bourse A"


def test_a_new_text_replaces_the_former_and_the_past_is_not_rewritten_unsaid(territoire, suivi):
    publish(build_texte(), AU)
    suite = build_texte()
    suite["versions"].append({**suite["versions"][0], "code": "2027", "ouvert_du": "2027-01-01"})
    suite["versions"][0] |= {"ferme_le": "2027-01-01", "motif_fermeture": "La délibération suivante prend le relais."}
    seconde = publish(suite, AU)
    assert list_ecarts(seconde, au=AU) == ()
    assert [r.statut for r in RedactionLocale.objects.order_by("numero")] == ["remplacee", "validee"]
    retro = build_texte()
    retro["versions"][0]["montant"]["composantes"][0]["forfait"] = Decimal("9999")
    auteur = UserFactory()
    troisieme = create_redaction(retro, par=auteur)
    ecart = list_ecarts(troisieme, au=AU)[0]
    assert (ecart.du, ecart.jusqu_au, ecart.rubriques) == (date(2026, 1, 1), AU, ("montants",))
    with pytest.raises(ActeImpossible, match=r"dites pourquoi. Du 1er janvier 2026 au 21 novembre 2026 : montants"):
        propose_redaction(troisieme, par=auteur, au=AU)
    propose_redaction(troisieme, par=auteur, au=AU, motif_passe="Erreur de saisie")
    assert troisieme.motif_passe == "Erreur de saisie"


def test_periods_that_overlap_are_refused(territoire):
    brut = build_texte()
    brut["versions"].append({**brut["versions"][0], "code": "2027", "ouvert_du": "2027-01-01"})
    auteur = UserFactory()
    with pytest.raises(ActeImpossible, match=r"versions.1.ouvert_du"):
        propose_redaction(create_redaction(brut, par=auteur), par=auteur, au=AU)


def test_the_catalogue_is_the_same_object_while_nothing_changes(territoire, suivi):
    vide = catalogue()
    assert vide is national()
    publish(build_texte(), AU)
    premier = catalogue()
    assert premier is not vide
    assert catalogue() is premier
    publish(build_texte(code="autre_71"), AU)
    assert catalogue().dispositif("bourse_71") is premier.dispositif("bourse_71")
    codes = [dispositif.code for dispositif in catalogue().dispositifs]
    assert codes[-2:] == ["autre_71", "bourse_71"]
    withdraw_redaction(RedactionLocale.objects.get(dispositif__code="autre_71"), par=UserFactory(), motif="essai")
    assert catalogue().dispositif("autre_71") is None


def test_a_local_scheme_is_left_out_of_other_territories(territoire, suivi):
    publish(build_texte(), AU)
    dedans, dehors = (check(code, {"profession": "medecin"}, au=AU) for code in ("71076", "38185"))
    assert dedans.resultat("bourse_71").issue == "eligible"
    assert "1\u202f500,5" in dedans.resultat("bourse_71").montant.texte
    assert dehors.resultat("bourse_71") is None
    assert "bourse_71" not in {fermeture.dispositif.code for fermeture in dehors.fermes}
    avant = check("71076", {"profession": "medecin"}, au=date(2025, 6, 1))
    assert "bourse_71" in {fermeture.dispositif.code for fermeture in avant.fermes}
    assert check(None, {"profession": "medecin"}, au=AU).resultat("bourse_71") is None
    assert restrict(catalogue(), frozenset({"departement:71"})) is restrict(catalogue(), frozenset({"departement:71"}))


def test_a_rule_that_no_longer_loads_is_set_aside(territoire, suivi, monkeypatch, caplog):
    redaction = publish(build_texte(), AU)
    publish(build_texte(code="autre_71"), AU)
    brut = parse_json(redaction.contenu)
    brut["versions"][0]["conditions"]["tous"][0]["fait"] = "fait_disparu"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE aides_redactionlocale DISABLE TRIGGER USER")
        texte = dump_canonique(brut)
        cursor.execute(
            "UPDATE aides_redactionlocale SET contenu = %s, empreinte = %s WHERE id = %s",
            [texte, digest(texte), redaction.pk],
        )
        cursor.execute("ALTER TABLE aides_redactionlocale ENABLE TRIGGER USER")
    monkeypatch.setattr(module, "_lecture", None)
    module._locaux.clear()
    assert catalogue().dispositif("bourse_71") is None
    assert catalogue().dispositif("autre_71") is not None
    assert "fait inconnu : fait_disparu" in list_ecartees()[redaction.pk]
    assert [enregistrement.name for enregistrement in caplog.records] == ["maillage.regles"]


def test_without_the_database_the_national_rules_remain(suivi, monkeypatch):
    def fail():
        raise module.Error("no database")

    monkeypatch.setattr(module, "data_version", fail)
    assert catalogue() is national()


@pytest.mark.django_db(transaction=True)
def test_another_thread_sees_a_validation_within_six_tenths_of_a_second(suivi, monkeypatch):
    """Threads with their own connection, and the clock of the server (half a second), as in production."""
    CommuneFactory(code_insee="71076", departement=DepartementFactory(code="71"))
    monkeypatch.setattr(cache, "DUREE_VERSION", 0.5)
    monkeypatch.setattr(cache, "_version", (0.0, ""))
    vus: list[float] = []
    pret, fin = threading.Event(), threading.Event()

    def watch():
        try:
            while not fin.is_set() and not vus:
                if catalogue().dispositif("bourse_71") is not None:
                    vus.append(time.monotonic())
                pret.set()
                time.sleep(0.005)
        finally:
            connection.close()

    fils = [threading.Thread(target=watch) for _ in range(3)]
    for fil in fils:
        fil.start()
    pret.wait(5)
    publish(build_texte(), AU)
    publie = time.monotonic()
    for fil in fils:
        fil.join(5)
    fin.set()
    assert vus
    assert vus[0] - publie < 0.6
