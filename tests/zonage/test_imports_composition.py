"""Which commune belongs to which bassin: by difference, with the attribution of its licence."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core.models import ImportRun
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from tests.zonage.factories_zonage import ArreteFactory, ClassementFactory, NiveauFactory
from zonage.lecture import zone
from zonage.models import Composition, Territoire
from zonage.services import refresh_zones

pytestmark = pytest.mark.django_db
ENTETE = "CODGEO;LIBGEO;DEP;REG;EPCI;CANOV;BV2012;BV2022;bvcv\n"
LIGNES = (
    "71076;Chalon-sur-Saône;71;27;200;7199;71076;71076;7106\n"
    "71100;Châtenoy;71;27;200;7199;71076;71076;01305\n"
    "71429;Saint-Cosme;71;27;200;7199;71076;71076;7106\n"
    "97617;Tsingoni;976;06;200;ZZZZZ;ZZZZZ;;\n"
    ";;;;;;;;\n"
)


@pytest.fixture
def fichier(tmp_path):
    chalon = CommuneFactory(code_insee="71076", nom="Chalon-sur-Saône", population=45_000)
    for code in ("71100", "97617"):
        CommuneFactory(code_insee=code)
    AncienneCommuneFactory(code_insee="71429", commune=chalon)
    chemin = tmp_path / "appartenance.csv"
    chemin.write_text(ENTETE + LIGNES)
    return chemin


def charge(chemin, millesime=2024):
    sortie = io.StringIO()
    call_command("import_composition", str(chemin), millesime=millesime, stdout=sortie)
    return sortie.getvalue()


def test_every_line_is_loaded_or_named_and_the_attribution_stays_with_the_rows(fichier):
    sortie = charge(fichier)
    assert "lignes lues 5, écrites 3, déjà connues 0, écartées et nommées 2" in sortie
    assert "97617 n'a aucun territoire" in sortie
    assert "71429 n'est plus une commune : rattaché à 71076" in sortie
    assert set(Territoire.objects.values_list("source", flat=True)) == {
        "Code officiel géographique (Insee), package R COGugaison, licence ODbL"
    }
    bvcv = Territoire.objects.get(type="bvcv", code="7106")
    assert (bvcv.libelle, bvcv.region_attribution_id) == ("Canton-ou-ville 7106", "27")
    assert Territoire.objects.get(type="bv2012", code="71076").libelle == "Chalon-sur-Saône"
    canton = Territoire.objects.get(type="canton")
    assert (canton.code, canton.libelle) == ("7199", "Chalon-sur-Saône et son canton (7199)")
    assert set(canton.compositions.values_list("code_publie", flat=True)) == {"71076", "71100", "71429"}


def test_a_second_run_writes_nothing_and_a_change_writes_its_line_only(fichier):
    charge(fichier)
    avant = Composition.objects.count()
    charge(fichier)
    assert ImportRun.objects.latest("pk").lignes_ecrites == 0
    fichier.write_text((ENTETE + LIGNES).replace("71076;71076;01305", "71076;71076;7106"))
    charge(fichier)
    assert ImportRun.objects.latest("pk").lignes_ecrites == 1
    assert Composition.objects.count() == avant


def test_a_class_given_to_a_bassin_is_read_through_the_composition_of_its_cog(fichier):
    charge(fichier)
    arrete = ArreteFactory(profession="infirmier", millesime_cog=2024, periode=DateRange(date(2024, 1, 1), None))
    bvcv = Territoire.objects.get(type="bvcv", code="01305")
    ClassementFactory(territoire=bvcv, arrete=arrete, niveau=NiveauFactory(code="sous_dotee"))
    refresh_zones()
    assert zone("71100", "infirmier", au=date(2025, 1, 1)).niveau == "sous_dotee"
    fichier.write_text((ENTETE + LIGNES).replace("71076;71076;01305", "71076;71076;7106"))
    charge(fichier, millesime=2026)
    assert zone("71100", "infirmier", au=date(2025, 1, 1)).niveau == "sous_dotee"


def test_an_unknown_commune_refuses_the_whole_file(fichier):
    fichier.write_text(ENTETE + LIGNES + "71999;Nulle-Part;71;27;200;1;71076;71076;7106\n")
    with pytest.raises(CommandError, match="Ligne 7, colonne CODGEO : commune inconnue : 71999"):
        charge(fichier)
    assert not Composition.objects.exists()
