"""The lists of the agencies: read by their columns, matched, completed on the screen, drawn once."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import Workbook

from cpts.enums import StatutListe, StatutPerimetre
from cpts.lecture_perimetres import list_codes
from cpts.models import Cpts, CptsListe, LigneListe, ListeCpts, Perimetre
from cpts.services.import_perimetres import (
    ListeDejaLue,
    ListeRefusee,
    drop_liste,
    finish_liste,
    list_a_completer,
    list_nommees,
    receive_liste,
    settle_ligne,
    settle_nommee,
)
from cpts.sources.listing_cpts import read_listing
from portal.core.fichiers import FichierRefuse
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory, DepartementFactory, RegionFactory
from zonage.services.territoire import refresh_cles

LISTE = """Listing CPTS (fichier d'essai)
Nom CPTS;Territoire CPTS;dpt;Président-e;Coordonnateur-rice;Contact de la CPTS;Site Internet
CPTS du Chalonnais;CHALON SUR SAONE;71;Mme Personne;M. Quelqu'un;x@exemple.fr;
CPTS du Chalonnais;Saint-Rémy;71;Mme Personne;;;
CPTS du Chalonnais;Saint-Rémy;71;Mme Personne;;;
CPTS du Chalonnais;Saint-Jean-des-Vignes;71;Mme Personne;;;
CPTS Sud Bourgogne;Saint-Martin;;;;;
CPTS Sud Bourgogne;Xyzzt;71;;;;
CPTS Sud Bourgogne;Mâcon;71;;;;
"""


@pytest.fixture
def communes(db):
    faites = [
        CommuneFactory(code_insee=code, nom=nom)
        for code, nom in (("71076", "Chalon-sur-Saône"), ("71475", "Saint-Rémy"), ("71270", "Mâcon"))
    ]
    DepartementFactory(code="21", nom="Côte-d'Or")
    for code, departement in (("21499", "21"), ("71499", "71")):
        CommuneFactory(code_insee=code, nom="Saint-Martin", departement_id=departement)
    AncienneCommuneFactory(code_insee="71900", nom="Saint-Jean-des-Vignes", commune=faites[0])
    refresh_cles()
    return faites


@pytest.fixture
def agent(communes):
    return make_agent("instructeur", "region:27")


@pytest.fixture
def liste(communes, agent):
    make_cpts(communes=communes[2:])
    return receive_liste(LISTE.encode(), nom="essai.csv", region="27", par=agent)


# --- reading


def _classeur(*rangees):
    classeur, sortie = Workbook(), io.BytesIO()
    classeur.active.title = "À lire"
    feuille = classeur.create_sheet("Liste")
    for rangee in rangees:
        feuille.append(rangee)
    classeur.save(sortie)
    return sortie.getvalue()


def test_columns_are_found_by_their_names_and_people_are_not_read():
    lu = read_listing(LISTE.encode())
    assert [(une.ligne, une.colonne, une.cpts, une.commune, une.departement) for une in lu.lignes[:2]] == [
        (3, "Territoire CPTS", "CPTS du Chalonnais", "CHALON SUR SAONE", "71"),
        (4, "Territoire CPTS", "CPTS du Chalonnais", "Saint-Rémy", "71"),
    ]
    assert "Personne" not in repr(lu)
    assert "Quelqu" not in repr(lu)


def test_a_workbook_is_read_under_its_titles():
    octets = _classeur(
        ["Un titre"], ["Département", "Commune", "CPTS"], [71, "Mâcon", "CPTS A"], [], ["2A", "Afa", "CPTS B"]
    )
    assert [(une.ligne, une.cpts, une.commune, une.departement) for une in read_listing(octets).lignes] == [
        (3, "CPTS A", "Mâcon", "71"),
        (5, "CPTS B", "Afa", "2A"),
    ]


def test_a_code_is_surer_than_a_name():
    lu = read_listing("CPTS,Commune,Code INSEE\nCPTS A,Bourg,1053\nCPTS A,Mâcon,\n".encode())
    assert [(une.colonne, une.commune) for une in lu.lignes] == [("Code INSEE", "01053"), ("Commune", "Mâcon")]


def test_a_geojson_reads_arrondissements_instead_of_their_city():
    features = [
        {"properties": {"nom": "CPTS A", "communes": ["13055", "13001"], "arrondissements": ["13214"]}},
        {"nom": "CPTS B", "communes": ["13055"]},
    ]
    lu = read_listing(json.dumps({"features": features}).encode())
    assert [(une.cpts, une.commune) for une in lu.lignes] == [
        ("CPTS A", "13001"),
        ("CPTS A", "13214"),
        ("CPTS B", "13055"),
    ]


@pytest.mark.parametrize(
    ("octets", "phrase"),
    [
        (b"", "vide"),
        (b"a;b\n1;2\n", "Colonnes introuvables"),
        (b"CPTS;Commune\n", "Aucune ligne"),
        (b"CPTS;Commune\n;Givry\n", "le nom de la CPTS manque"),
        (b"CPTS;Commune\nCPTS A;\n", "la commune manque"),
        (b"%PDF-1.7", "PDF"),
        (b"{", "GeoJSON"),
        (b'{"features": [{"nom": "A"}]}', "communes"),
        (b"PK\x03\x04", "tronqué"),
    ],
)
def test_a_file_that_is_not_one_is_refused_with_what_to_do(octets, phrase):
    with pytest.raises(FichierRefuse, match=phrase):
        read_listing(octets)


def test_a_workbook_without_the_columns_is_refused():
    with pytest.raises(FichierRefuse, match="Colonnes introuvables"):
        read_listing(_classeur(["Nom", "Prénom"], ["a", "b"]))


# --- matched and completed


def test_a_list_is_matched_line_by_line(liste):
    assert (liste.lignes_lues, liste.lignes_repetees) == (7, 2)  # Saint-Jean-des-Vignes is Chalon, already named
    nommees = {nommee.nom: nommee for nommee in list_nommees(liste)}
    assert nommees["CPTS du Chalonnais"].cpts_id == CODE
    assert nommees["CPTS Sud Bourgogne"].cpts is None
    assert (nommees["CPTS du Chalonnais"].retenues, nommees["CPTS Sud Bourgogne"].restantes) == (2, 2)
    homonyme, inconnue = list_a_completer(liste)
    assert (homonyme.ligne, homonyme.colonne, homonyme.nature) == (7, "Territoire CPTS", "homonyme")
    assert set(homonyme.choix) == {"21499", "71499"}
    assert (inconnue.ligne, inconnue.lue, inconnue.nature) == (8, "Xyzzt", "inconnue")


def test_the_same_file_twice_writes_nothing(liste, agent):
    with pytest.raises(ListeDejaLue) as deja:
        receive_liste(LISTE.encode(), nom="autre-nom.csv", region="27", par=agent)
    assert deja.value.liste == liste
    assert (ListeCpts.objects.count(), LigneListe.objects.count()) == (1, 5)


def test_people_are_in_no_table(liste):
    for modele in (ListeCpts, CptsListe, LigneListe):
        assert "Personne" not in repr(list(modele.objects.order_by("pk").values()))


def _complete(liste, agent):
    homonyme, inconnue = list_a_completer(liste)
    settle_ligne(liste, homonyme.pk, commune="71499", motif="", par=agent)
    settle_ligne(liste, inconnue.pk, commune="", motif="Lieu-dit", par=agent)


def test_a_list_is_completed_then_drawn(liste, agent):
    with pytest.raises(ListeRefusee, match="encore à compléter : 2"):
        finish_liste(liste, par=agent, creer=True)
    _complete(liste, agent)
    with pytest.raises(ListeRefusee, match="Sud Bourgogne"):
        finish_liste(liste, par=agent, creer=False)
    assert not Perimetre.objects.filter(statut=StatutPerimetre.BROUILLON).exists()
    bilan = finish_liste(liste, par=agent, creer=True)
    assert (bilan["brouillons"], bilan["creees"], bilan["identiques"]) == (2, 1, 0)
    nouvelle = Cpts.objects.get(nom="CPTS Sud Bourgogne")
    assert (nouvelle.departement_code, nouvelle.region_code, nouvelle.statut) == ("71", "27", "emergence")
    brouillon = Perimetre.objects.get(cpts=nouvelle)
    assert (list_codes(brouillon), brouillon.statut) == (["71270", "71499"], "brouillon")
    assert brouillon.source.startswith("Liste « essai.csv » du ")
    assert list_codes(Perimetre.objects.get(cpts=CODE, statut="brouillon")) == ["71076", "71475"]
    liste.refresh_from_db()
    assert liste.statut == StatutListe.TERMINEE
    with pytest.raises(ListeRefusee, match="close"):
        finish_liste(liste, par=agent, creer=True)


def test_another_file_that_says_the_same_draws_nothing_new(liste, agent):
    _complete(liste, agent)
    finish_liste(liste, par=agent, creer=True)
    seconde = "Nom CPTS;Commune;dpt\nChalonnais;Chalon-sur-Saône;71\nChalonnais;Saint-Rémy;71\n"
    autre = receive_liste(seconde.encode(), nom="autre.csv", region="27", par=agent)
    bilan = finish_liste(autre, par=agent, creer=False)
    assert (bilan["brouillons"], bilan["identiques"]) == (0, 1)


def test_a_cpts_left_aside_asks_nothing(liste, agent):
    sud = liste.nommees.get(nom="CPTS Sud Bourgogne")
    settle_nommee(liste, sud.pk, cpts="", ecartee=True, par=agent)
    assert list(list_a_completer(liste)) == []
    assert finish_liste(liste, par=agent, creer=False)["brouillons"] == 1


def test_a_line_needs_a_commune_that_exists_or_a_reason(liste, agent):
    homonyme, _ = list_a_completer(liste)
    with pytest.raises(ListeRefusee, match="Aucune commune"):
        settle_ligne(liste, homonyme.pk, commune="99999", motif="", par=agent)
    with pytest.raises(ListeRefusee, match="Choisissez"):
        settle_ligne(liste, homonyme.pk, commune="", motif=" ", par=agent)
    settle_ligne(liste, homonyme.pk, commune="71499", motif="", par=agent)
    with pytest.raises(ListeRefusee, match="déjà été traitée"):
        settle_ligne(liste, homonyme.pk, commune="71499", motif="", par=agent)


def test_a_file_of_another_kind_is_refused_whole(agent):
    lignes = "\n".join(f"CPTS A;Xyzzt{rang}" for rang in range(2_100))
    with pytest.raises(FichierRefuse, match="2100 communes ne se reconnaissent pas"):
        receive_liste(f"CPTS;Commune\n{lignes}\n".encode(), nom="essai.csv", region="27", par=agent)
    assert not ListeCpts.objects.exists()


def test_a_list_given_up_draws_nothing_and_may_be_read_again(liste, agent):
    drop_liste(liste, par=agent)
    with pytest.raises(ListeRefusee, match="close"):
        settle_ligne(liste, LigneListe.objects.first().pk, commune="71076", motif="", par=agent)
    assert receive_liste(LISTE.encode(), nom="essai.csv", region="27", par=agent) != liste


# --- the command and the administration


def test_the_command_reads_and_can_be_rehearsed(communes, tmp_path, capsys):
    fichier = tmp_path / "essai.csv"
    fichier.write_text(LISTE)
    call_command("import_perimetres", str(fichier), region="27", dry_run=True)
    assert "rien n'est enregistré" in capsys.readouterr().out
    assert not ListeCpts.objects.exists()
    call_command("import_perimetres", str(fichier), region="27")
    assert "Ligne 8, colonne Territoire CPTS : « Xyzzt »" in capsys.readouterr().out
    call_command("import_perimetres", str(fichier), region="27")
    assert "déjà été lu" in capsys.readouterr().out
    fichier.write_text("a;b\n")
    with pytest.raises(CommandError, match="Rien n'est enregistré"):
        call_command("import_perimetres", str(fichier), region="27")
    with pytest.raises(CommandError, match="région"):
        call_command("import_perimetres", str(fichier), region="999")


def test_a_list_is_handed_in_and_completed_in_the_administration(client, agent, communes):
    client.force_login(agent)
    depot = reverse("admin:cpts_listecpts_add")
    assert "Bourgogne-Franche-Comté" in client.get(depot).text
    envoi = {"territoire": "region:27", "fichier": SimpleUploadedFile("essai.csv", LISTE.encode())}
    reponse = client.post(depot, envoi)
    liste = ListeCpts.objects.get()
    page = reverse("admin:cpts_listecpts_change", args=[liste.pk])
    assert reponse.headers["Location"] == page
    assert "Lignes à compléter : 2" in client.get(page).text
    homonyme, inconnue = list_a_completer(liste)
    assert client.post(page, {"acte": "ligne", "ligne": homonyme.pk, "choix": "71499"}).status_code == 302
    refus = client.post(page, {"acte": "ligne", "ligne": inconnue.pk, "commune": "00000"})
    assert refus.status_code == 422
    assert 'value="00000"' in refus.text
    assert client.post(page, {"acte": "ligne", "ligne": inconnue.pk, "motif": "Lieu-dit"}).status_code == 302
    assert client.post(page, {"acte": "terminer"}).status_code == 422
    assert client.post(page, {"acte": "terminer", "creer": "oui"}).status_code == 302
    assert Perimetre.objects.filter(statut="brouillon").count() == 2
    assert client.post(depot, {**envoi, "fichier": SimpleUploadedFile("b.csv", LISTE.encode())}).status_code == 302
    assert client.post(depot, {**envoi, "fichier": SimpleUploadedFile("b.csv", b"a;b")}).status_code == 422


def test_a_list_of_another_region_is_not_found(client, liste):
    RegionFactory(code="84", nom="Auvergne-Rhône-Alpes")
    client.force_login(make_agent("instructeur", "region:84"))
    page = reverse("admin:cpts_listecpts_change", args=[liste.pk])
    assert client.get(page).status_code == 404
    assert client.post(page, {"acte": "abandonner"}).status_code == 404


def test_a_reader_changes_nothing(client, liste):
    client.force_login(make_agent("lecteur", "region:27"))
    page = reverse("admin:cpts_listecpts_change", args=[liste.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"acte": "abandonner"}).status_code == 403
    assert client.get(reverse("admin:cpts_listecpts_add")).status_code == 403


def test_overlaps_and_white_zones_are_pages_and_files(client, communes):
    make_cpts(communes=communes[:2])
    make_cpts("71-autre", communes=communes[1:2], nom="=CPTS autre")
    client.force_login(make_agent("lecteur", "departement:71"))
    blanches, chevauchements = (reverse(f"admin:cpts_perimetre_{nom}") for nom in ("blanches", "chevauchements"))
    page = client.get(blanches, {"territoire": "departement:71", "au": "2026-01-01"}).text
    assert "2 communes" in page
    assert "Mâcon" in page
    assert "Saint-Rémy" in client.get(chevauchements, {"territoire": "region:27", "au": "2026-01-01"}).text
    fichier = client.get(chevauchements, {"territoire": "region:27", "au": "2026-01-01", "format": "csv"})
    contenu = b"".join(fichier.streaming_content).decode("utf-8-sig")
    assert contenu.splitlines()[0] == "code;commune;département;population;CPTS"
    assert "71475;Saint-Rémy;71;1000;" in contenu
    assert ";=CPTS" not in contenu
    sans = client.get(blanches, {"territoire": "departement:71", "au": "2026-01-01", "format": "csv"})
    assert b"71270;M" in b"".join(sans.streaming_content)
    assert client.get(blanches, {"au": "jamais"}).status_code == 200
