"""What holds in a commune beside the zoning: lists, regional amounts, places; and what a check costs with them."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.db.backends.postgresql.psycopg_any import DateRange

from aides import situations
from aides.archives import RegleNonArchivee, archive_catalogue, load_archive
from aides.catalogue import DOSSIER, catalogue
from aides.locaux import SQL_PARAMETRES, read_locaux
from aides.models import ArchiveRegle, ParametreRegional, StatutParametre
from aides.parametres import ValidationImpossible, dismiss_parametre, propose_parametre, validate_parametre
from aides.regles.chargement import load_texte
from aides.regles.conditions import DansListe
from aides.regles.ecriture import RegleInvalide
from aides.regles.parametres import PARAMETRES
from aides.regles.situation import ZoneLue
from aides.services import check
from aides.situations import read_situation
from portal.accounts.models import User
from portal.core import cache, gardes
from portal.core.models import Envoi, Evenement
from tests.zonage.factories import CommuneFactory, RegionFactory
from zonage import listes
from zonage.models import AppartenanceListe, ListeCommunes, PeriodeListe

LE = date(2025, 3, 1)

pytestmark = pytest.mark.usefixtures("locaux_relus")


@pytest.fixture
def deux(db):
    return [User.objects.create_user(f"p{rang}@essai.invalid", "x") for rang in range(2)]


def draft(valeur=10_000, debut=date(2024, 1, 1), fin=None, code="majoration_caim_4j"):
    return ParametreRegional.objects.create(
        region=RegionFactory(),
        code=code,
        valeur=valeur,
        periode=DateRange(debut, fin),
        reference="Contrat-type régional d'essai",
        verifie_le=date(2026, 1, 5),
    )


def validated(deux, *args, **champs):
    parametre = draft(*args, **champs)
    propose_parametre(parametre, par=deux[0])
    validate_parametre(parametre, par=deux[1])
    return parametre


def in_liste(commune, code="frr", debut=date(2024, 7, 1), fin=None, *, certaine=True):
    liste, _ = ListeCommunes.objects.get_or_create(code=code, defaults={"libelle": code, "reference": "essai"})
    PeriodeListe.objects.get_or_create(liste=liste, periode=DateRange(debut, fin))
    if commune:
        AppartenanceListe.objects.create(
            liste=liste, commune=commune, periode=DateRange(debut, fin), certaine=certaine
        )


def test_two_persons_make_a_regional_amount_and_the_second_closes_the_first(deux):
    CommuneFactory(code_insee="71076")
    premier = validated(deux, 8_000)
    second = validated(deux, 10_000, date(2025, 1, 1))
    premier.refresh_from_db()
    assert premier.periode == DateRange(date(2024, 1, 1), date(2025, 1, 1))
    assert second.statut == StatutParametre.VALIDE
    assert [e.action for e in Evenement.objects.order_by("pk")] == ["proposer", "valider"] * 2
    for jour, attendu in ((date(2023, 12, 31), None), (date(2024, 12, 31), 8_000), (date(2025, 1, 1), 10_000)):
        assert read_locaux("71076", jour, catalogue()).parametre("majoration_caim_4j") == attendu


def test_nobody_validates_what_they_proposed(deux):
    parametre = draft()
    with pytest.raises(ValidationImpossible, match="d'abord proposer"):
        validate_parametre(parametre, par=deux[1])
    propose_parametre(parametre, par=deux[0])
    with pytest.raises(ValidationImpossible, match="autre personne"):
        validate_parametre(parametre, par=deux[0])
    parametre.refresh_from_db()
    assert parametre.statut == StatutParametre.PROPOSE
    with pytest.raises(ValidationImpossible, match="brouillon"):
        propose_parametre(parametre, par=deux[1])


def test_the_database_refuses_one_person_for_both_acts(deux):
    parametre = draft()
    with pytest.raises(IntegrityError, match="deux_personnes"):
        ParametreRegional.objects.filter(pk=parametre.pk).update(
            statut=StatutParametre.VALIDE, propose_par=deux[0], valide_par=deux[0]
        )


def test_a_value_that_begins_before_a_validated_one_must_end_before_it(deux):
    validated(deux, 8_000, date(2025, 1, 1))
    tardif = draft(9_000, date(2024, 1, 1))
    propose_parametre(tardif, par=deux[0])
    with pytest.raises(ValidationImpossible, match="01/01/2025"):
        validate_parametre(tardif, par=deux[1])
    dismiss_parametre(tardif, par=deux[1])
    ferme = validated(deux, 9_000, date(2024, 1, 1), date(2025, 1, 1))
    assert ferme.periode.upper == date(2025, 1, 1)


def test_a_validated_amount_posts_the_tasks_that_wait_for_it(deux, settings):
    settings.MAILLAGE_ABONNEMENTS = {"aides.parametre": ["essai.tache"]}
    validated(deux)
    envoi = Envoi.objects.get()
    assert (envoi.tache, envoi.arguments) == ("essai.tache", ["27"])


def test_every_parameter_named_by_a_rule_is_declared():
    assert catalogue().parametres <= set(PARAMETRES)


def test_a_rule_that_names_an_unknown_parameter_is_refused():
    texte = (DOSSIER / "ipa.yaml").read_text(encoding="utf-8")
    with pytest.raises(RegleInvalide, match="paramètre régional inconnu : formation_ipo"):
        load_texte(texte.replace("{code: formation_ipa}", "{code: formation_ipo}"))


def test_a_regional_amount_is_shown_beside_the_aid_and_never_counted_in_it(deux, classe_zip):
    faits = {"profession": "medecin", "statut": "projet", "premiere_installation": "oui", "jours_semaine": "4"}
    sans = check("71076", faits, au=LE).resultat("caim").montant
    validated(deux)
    avec = check("71076", faits, au=LE).resultat("caim").montant
    assert (sans.minimum, sans.maximum) == (avec.minimum, avec.maximum) == (50_000, 50_000)
    ligne = next(ligne for ligne in avec.lignes if ligne.code == "majoration_regionale")
    assert (ligne.minimum, ligne.maximum, ligne.en_plus) == (0, Decimal(10_000), True)
    absente = next(ligne for ligne in sans.lignes if ligne.code == "majoration_regionale")
    assert absente.maximum is None


@pytest.fixture
def classe_zip(db, monkeypatch):
    """Chalon is ZIP for doctors, whatever the zoning in the database."""
    CommuneFactory(code_insee="71076")
    monkeypatch.setattr(situations, "read_zone", lambda lue: ZoneLue("zip", "ZIP"))


def test_a_list_that_is_not_loaded_that_day_is_unknown(db):
    dedans, dehors = CommuneFactory(code_insee="71001"), CommuneFactory(code_insee="71002")
    in_liste(dedans, fin=date(2030, 1, 1))
    for jour, attendus in (
        (date(2024, 6, 30), (None, None)),
        (date(2024, 7, 1), (True, False)),
        (date(2029, 12, 31), (True, False)),
        (date(2030, 1, 1), (None, None)),
    ):
        lus = tuple(dict(listes.listes_du(commune.pk, jour)).get("frr") for commune in (dedans, dehors))
        assert lus == attendus, jour


def test_a_commune_classed_in_part_is_neither_in_nor_out(db):
    commune = CommuneFactory(code_insee="71001")
    in_liste(commune, certaine=False)
    assert listes.listes_du("71001", LE) == ()
    assert listes.known_listes(LE) == ("frr",)


def test_the_reading_by_sets_says_the_same_as_the_reading_of_one_commune(db, deux):
    communes = [CommuneFactory(code_insee=f"71{rang:03d}") for rang in range(1, 5)]
    in_liste(communes[0])
    in_liste(communes[1], certaine=False)
    in_liste(communes[2], "zrr", date(2015, 7, 1), date(2024, 7, 1))
    in_liste(communes[0], "frr_plus")
    jours = [date(2014, 1, 1), date(2020, 1, 1), date(2024, 7, 1), date(2026, 1, 1)]
    with connection.cursor() as cursor:
        cursor.execute(listes.SQL_LISTES, {"jours": jours})
        colonnes = [colonne.name for colonne in cursor.description]
        lignes = [dict(zip(colonnes, ligne, strict=True)) for ligne in cursor.fetchall()]
        assert len(lignes) == len(jours) * len(communes)
        for ligne in lignes:
            assert json.loads(ligne["listes"]) == dict(listes.listes_du(ligne["commune_id"], ligne["jour"]))
        validated(deux)
        cursor.execute(SQL_PARAMETRES, {"jours": [date(2023, 1, 1), LE]})
        assert [ligne[:2] for ligne in cursor.fetchall()] == [(LE, "27")]


def test_the_places_of_a_commune_are_those_that_a_scheme_names(db):
    mere = CommuneFactory(code_insee="71076")
    CommuneFactory(code_insee="71077", arrondissement=True, parent=mere)
    nommes = frozenset({"departement:71", "departement:21", "commune:71076", "region:27", "commune:71999"})
    attendus = frozenset({"departement:71", "commune:71076", "region:27"})
    assert listes.lieux_du("71076", nommes) == attendus
    assert listes.lieux_du("71077", nommes) == attendus
    assert listes.lieux_du("71076", frozenset()) == frozenset()
    assert listes.lieux_du("71999", nommes) == frozenset()


def test_only_what_a_rule_names_enters_the_situation(db):
    commune = CommuneFactory(code_insee="71001")
    in_liste(commune)
    in_liste(commune, "sans_regle")
    lecture = read_situation("71001", {}, {}, au=LE)
    nommees = {
        n.liste for d in catalogue().dispositifs for v in d.versions for n in v.noeuds() if isinstance(n, DansListe)
    }
    assert nommees == catalogue().listes
    assert {code for lus in lecture.situation.locaux.values() for code, _ in lus.listes} == {"frr"} & nommees


def test_a_check_costs_no_query_more(db, monkeypatch, django_assert_num_queries):
    in_liste(CommuneFactory(code_insee="71001"))
    CommuneFactory(code_insee="71002")
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)
    check("71001", {"profession": "medecin"}, au=LE)
    with django_assert_num_queries(2):  # the commune, its zone
        check("71002", {"profession": "medecin"}, au=LE)


def test_a_changed_version_of_the_data_is_read_again(db, monkeypatch):
    commune = CommuneFactory(code_insee="71001")
    monkeypatch.setattr(gardes, "data_version", lambda: "1")
    assert listes.listes_du("71001", LE) == ()
    in_liste(commune)
    assert listes.listes_du("71001", LE) == ()
    monkeypatch.setattr(gardes, "data_version", lambda: "2")
    assert listes.listes_du("71001", LE) == (("frr", True),)


def test_the_archive_keeps_each_text_once_and_loads_it_again(db):
    assert archive_catalogue() == len(catalogue().dispositifs)
    assert archive_catalogue() == 0
    caim = catalogue().dispositif("caim")
    relu = load_archive(caim.empreinte)
    assert (relu.code, relu.empreinte) == ("caim", caim.empreinte)
    ArchiveRegle.objects.filter(pk=caim.empreinte).update(texte="code: autre")
    with pytest.raises(RegleNonArchivee):
        load_archive(caim.empreinte)
