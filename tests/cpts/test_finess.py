"""FINESS: the key, the projections, the two kinds of records, and proposals that overwrite nothing."""

from datetime import date
from io import StringIO
from math import atanh, cos, exp, log, pi, radians, sin, tan

import pytest
from django.core.management import CommandError, call_command

from cpts.calculs.projections import EXCENTRICITE, X0, Y0, C, N, to_degrees, utm_to_degrees
from cpts.models import PropositionFiness, Structure
from cpts.regles.finess import FinessRefuse, compute_cle, has_cle, is_finess, read_finess
from cpts.services.structures import edit_structure
from cpts.services.structures_finess import accept_proposition, reject_proposition
from cpts.services.structures_refus import ActeImpossible, DroitRefuse, StructureRefusee
from cpts.sources.finess import build_commune
from portal.core.models import Evenement, ImportRun
from tests.cpts.structures_essai import make_finess, make_structure, write_finess, write_point, write_site
from tests.people import make_agent
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from zonage.models import Commune

# Hospitals, and the two numbers of Corsica known to the guidance.
CONNUS = ("210780581", "250000015", "710780263", "2A0000014", "2B0000020")


@pytest.mark.parametrize("finess", CONNUS)
def test_known_numbers_have_their_key_and_no_other(finess):
    assert has_cle(finess)
    assert compute_cle(finess[:8]) == finess[8]
    assert sum(has_cle(finess[:8] + cle) for cle in "0123456789") == 1


def test_a_number_is_read_with_its_spaces_and_its_letter():
    assert read_finess(" 2a 000 0014 ") == "2A0000014"
    assert is_finess("71 078 026 3")
    assert read_finess("710780264", cle=False) == "710780264"


@pytest.mark.parametrize(
    ("texte", "mot"),
    [
        ("710780264", "clé"),
        ("10780263", "huit"),
        ("7,10780263E+08", "tableur"),
        ("2C0000014", "neuf"),
        ("", "neuf"),
        ("71078026３", "neuf"),
        ("7107802630", "neuf"),
    ],
)
def test_what_is_no_number_says_why(texte, mot):
    with pytest.raises(FinessRefuse, match=mot):
        read_finess(texte)


def project_lambert93(longitude: float, latitude: float) -> tuple[float, float]:
    """The direct formula, written apart from the inverse one."""
    phi = radians(latitude)
    isometrique = log(tan(pi / 4 + phi / 2)) - EXCENTRICITE * atanh(EXCENTRICITE * sin(phi))
    rayon, gamma = C * exp(-N * isometrique), N * radians(longitude - 3)
    return X0 + rayon * sin(gamma), Y0 - rayon * cos(gamma)


@pytest.mark.parametrize("lieu", [(2.3522, 48.8566), (-4.4861, 48.3904), (9.45, 42.7), (7.75, 48.58), (3.0, 46.5)])
def test_lambert_93_comes_back_to_degrees(lieu):
    assert to_degrees(*project_lambert93(*lieu), "LAMBERT_93") == pytest.approx(lieu, abs=2e-7)


def test_the_projections_know_their_origins_and_refuse_what_is_nowhere():
    assert to_degrees(700_000, 6_600_000, "LAMBERT_93") == (3.0, 46.5)
    assert utm_to_degrees(448_251.795, 5_411_932.678, 31, sud=False) == pytest.approx((2.2945, 48.8582), abs=1e-8)
    longitude, latitude = to_degrees(339_000, 7_690_000, "UTM_S40") or (0, 0)  # La Réunion
    assert (55.2 < longitude < 55.9, -21.5 < latitude < -20.8) == (True, True)
    longitude, latitude = to_degrees(655_000, 1_797_000, "UTM_N20") or (0, 0)  # Guadeloupe
    assert (-61.9 < longitude < -60.9, 15.8 < latitude < 16.6) == (True, True)
    assert to_degrees(0, 0, "LAMBERT_93") is None
    assert to_degrees(700_000, 6_600_000, "") is None
    assert to_degrees(float("nan"), 6_600_000, "LAMBERT_93") is None
    assert to_degrees(500_000, 1_000_000, "UTM_N99") is None


@pytest.mark.parametrize(
    ("departement", "commune", "code"),
    [("71", "543", "71543"), ("2A", "004", "2A004"), ("9A", "101", "97101"), ("9D", "411", "97411"), ("71", "", "")],
)
def test_two_columns_make_the_code_of_a_commune(departement, commune, code):
    assert build_commune(departement, commune) == code


@pytest.fixture
def tournus(db) -> Commune:
    region = RegionFactory(code="27", nom="Bourgogne-Franche-Comté")
    departement = DepartementFactory(code="71", nom="Saône-et-Loire", region=region)
    return CommuneFactory(code_insee="71543", nom="Tournus", departement=departement)


def load(chemin, *options: str) -> ImportRun:
    call_command("import_finess", str(chemin), *options, verbosity=0, stdout=StringIO())
    return ImportRun.objects.latest("pk")


@pytest.mark.parametrize("codage", ["utf-8", "latin-1"])
def test_a_site_unknown_is_proposed_with_its_point_and_not_created(tournus, tmp_path, codage):
    finess = make_finess(1)
    chemin = write_finess(
        tmp_path, write_site(finess), write_point(finess), write_site(make_finess(2), categetab="355"), codage=codage
    )
    run = load(chemin)
    assert (run.lignes_lues, run.lignes_ecrites, run.lignes_ignorees, run.millesime) == (3, 1, 2, "2026-05-12")
    assert not Structure.objects.exists()
    proposition = PropositionFiness.objects.get()
    assert (proposition.genre, proposition.departement_code, proposition.import_run) == ("creation", "71", run)
    assert proposition.apres["nom"] == "MAISON DE SANTE D'ESSAI ÉLÉONORE"
    assert proposition.apres["longitude"] == pytest.approx(4.89, abs=0.05)
    assert proposition.apres["ouverte_le"] == "2018-01-01"
    assert (load(chemin).lignes_ecrites, PropositionFiness.objects.count()) == (0, 1)


def test_the_point_may_come_before_its_site(tournus, tmp_path):
    finess = make_finess(1)
    load(write_finess(tmp_path, write_point(finess), write_site(finess)))
    assert "latitude" in PropositionFiness.objects.get().apres


def test_a_rehearsal_and_a_refused_file_write_nothing(tournus, tmp_path):
    load(write_finess(tmp_path, write_site(make_finess(1))), "--dry-run")
    assert not PropositionFiness.objects.exists()
    sites = [write_site(make_finess(1)), write_site("12"), write_site(make_finess(3), dateouv="2018-13-01")]
    chemin = write_finess(tmp_path, *sites, "structureet;71;x", write_point(make_finess(1), x="abc"))
    with pytest.raises(CommandError) as refus:
        load(chemin)
    message = str(refus.value)
    for attendu in ("Ligne 3, colonne nofinesset", "Ligne 4, colonne dateouv", "Ligne 5", "Ligne 6, colonne coordxet"):
        assert attendu in message
    assert not PropositionFiness.objects.exists()


@pytest.mark.parametrize(
    ("contenu", "mot"),
    [
        (b"nofinesset;rs\n1;2\n", "finess;etalab"),
        (b"finess;etalab;111\nx;y\n", "jour"),
        (b"finess;etalab;111;2026-05-12\n", "sans aucun"),
        (b"finess;etalab;111;2099-05-12\nstructureet;\n", "à venir"),
        (b"PK\x03\x04", "texte"),
        (b"", "vide"),
        (b"finess;etalab;111;2026-05-12\n\x00\n", "nul"),
    ],
)
def test_what_is_not_the_file_is_refused(db, tmp_path, contenu, mot):
    chemin = tmp_path / "finess.csv"
    chemin.write_bytes(contenu)
    with pytest.raises(CommandError, match=mot):
        load(chemin)


def test_an_older_extraction_is_refused(tournus, tmp_path):
    load(write_finess(tmp_path, write_site(make_finess(1))))
    with pytest.raises(CommandError, match="plus ancienne"):
        load(write_finess(tmp_path, write_site(make_finess(1)), jour="2026-05-11"))


def test_accepting_a_creation_makes_an_open_structure_that_an_import_may_still_change(tournus, tmp_path):
    par, finess = make_agent("instructeur"), make_finess(1)
    load(write_finess(tmp_path, write_site(finess)))
    proposition = PropositionFiness.objects.get()
    accept_proposition(proposition.pk, par=par)
    structure = Structure.objects.get()
    assert (structure.statut, structure.ouverte_le, structure.saisi) == ("ouverte", date(2018, 1, 1), [])
    assert (structure.commune_id, structure.code_postal, structure.source) == ("71543", "71700", "FINESS")
    assert Evenement.objects.filter(objet=f"cpts.propositionfiness:{proposition.pk}", auteur=par).exists()
    with pytest.raises(ActeImpossible, match="déjà acceptée"):
        accept_proposition(proposition.pk, par=par)
    assert load(write_finess(tmp_path, write_site(finess))).lignes_ecrites == 0


def test_a_centre_needs_its_type_from_the_agent(tournus, tmp_path):
    par = make_agent("instructeur")
    load(write_finess(tmp_path, write_site(make_finess(1), categetab="124")))
    proposition = PropositionFiness.objects.get()
    with pytest.raises(StructureRefusee, match="choisissez-le"):
        accept_proposition(proposition.pk, par=par)
    with pytest.raises(StructureRefusee, match="choisissez-le"):
        accept_proposition(proposition.pk, par=par, type_="msp")
    accept_proposition(proposition.pk, par=par, type_="cds_medical")
    assert Structure.objects.get().type == "cds_medical"


def test_nothing_that_an_agent_wrote_is_changed(tournus, tmp_path):
    """Neither what was written before the import, nor what is written between the proposal and its acceptance."""
    par, finess = make_agent("instructeur"), make_finess(1)
    msp = make_structure("ouverte", finess=finess, commune=tournus, nom="Ancien", telephone="0100000000")
    edit_structure(msp, {"nom": "Nom de l'agent"}, par=par, version=0)
    load(write_finess(tmp_path, write_site(finess)))
    proposition = PropositionFiness.objects.get()
    assert proposition.genre == "changement"
    assert "nom" not in proposition.apres
    assert proposition.avant["telephone"] == "0100000000"
    edit_structure(msp, {"telephone": "0200000000"}, par=par, version=1)
    assert "téléphone" in accept_proposition(proposition.pk, par=par)
    msp.refresh_from_db()
    assert (msp.nom, msp.telephone, msp.adresse) == ("Nom de l'agent", "0200000000", "1 RUE DE L ESSAI")


def test_a_point_that_hardly_moved_is_the_same(tournus, tmp_path):
    finess = make_finess(1)
    load(write_finess(tmp_path, write_site(finess), write_point(finess)))
    accept_proposition(PropositionFiness.objects.get().pk, par=make_agent("instructeur"))
    load(write_finess(tmp_path, write_site(finess), write_point(finess, x="843730.0")))
    assert PropositionFiness.objects.filter(statut="a_traiter").count() == 0
    load(write_finess(tmp_path, write_site(finess), write_point(finess, x="843800.0")))
    assert set(PropositionFiness.objects.get(statut="a_traiter").apres) == {"longitude", "latitude"}


def test_only_a_full_file_closes_and_a_file_cut_short_closes_nothing(tournus, tmp_path):
    par = make_agent("instructeur")
    msp = make_structure("ouverte", finess=make_finess(1), commune=tournus)
    autres = [write_site(make_finess(2))]
    load(write_finess(tmp_path, *autres))
    assert not PropositionFiness.objects.filter(genre="fermeture").exists()
    load(write_finess(tmp_path, *autres), "--complet")
    fermeture = PropositionFiness.objects.get(genre="fermeture")
    accept_proposition(fermeture.pk, par=par)
    msp.refresh_from_db()
    assert (msp.statut, msp.fermee_le) == ("fermee", date(2026, 5, 12))
    for rang in range(10, 35):
        make_structure("ouverte", finess=make_finess(rang), commune=tournus)
    with pytest.raises(CommandError, match="tronqué"):
        load(write_finess(tmp_path, *autres), "--complet")
    load(write_finess(tmp_path, *autres), "--complet", "--accepter-baisse")
    assert PropositionFiness.objects.filter(genre="fermeture", statut="a_traiter").count() == 25


def test_what_was_put_aside_is_not_proposed_again_and_what_is_no_longer_said_is_closed(tournus, tmp_path):
    par, finess = make_agent("instructeur"), make_finess(1)
    make_structure("ouverte", finess=make_finess(2), commune=tournus, nom="Connue")
    load(write_finess(tmp_path, write_site(finess), write_site(make_finess(2), rslongue="AUTRE NOM")))
    creation = PropositionFiness.objects.get(genre="creation")
    with pytest.raises(StructureRefusee, match="pourquoi"):
        reject_proposition(creation.pk, par=par, motif=" ")
    reject_proposition(creation.pk, par=par, motif="Doublon")
    Structure.objects.filter(finess=make_finess(2)).update(nom="AUTRE NOM")
    identique = {"adresse": "1 RUE DE L ESSAI", "code_postal": "71700", "telephone": "0385000000"}
    Structure.objects.filter(finess=make_finess(2)).update(**identique)
    load(write_finess(tmp_path, write_site(finess), write_site(make_finess(2), rslongue="AUTRE NOM")))
    assert not PropositionFiness.objects.filter(statut="a_traiter").exists()
    assert "ne le dit plus" in PropositionFiness.objects.get(genre="changement").motif


@pytest.mark.parametrize(("role", "perimetre"), [("instructeur", "departement:21"), ("lecteur", "national")])
def test_a_proposal_is_decided_by_who_instructs_there(tournus, tmp_path, role, perimetre):
    load(write_finess(tmp_path, write_site(make_finess(1))))
    with pytest.raises(DroitRefuse):
        accept_proposition(PropositionFiness.objects.get().pk, par=make_agent(role, perimetre))


def test_the_report_names_what_it_could_not_place(tournus, tmp_path):
    cpts = write_site(make_finess(5), categetab="604")
    ailleurs = write_site(make_finess(6), commune="999")
    fausse = write_site(f"{make_finess(7)[:8]}{(int(make_finess(7)[8]) + 1) % 10}")
    point = write_point(make_finess(7), projection="")
    run = load(write_finess(tmp_path, cpts, ailleurs, fausse, point, "autre;x"))
    textes = " / ".join(anomalie["message"] for anomalie in run.rapport)
    for attendu in ("aucune fiche ne porte ce numéro", "71999", "clé de contrôle", "projection non dite", "autre"):
        assert attendu in textes
