"""Drafts of arrêtés: read from a file, copied, mended row by row; nothing half-written, nothing lost."""

import os
import zlib
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core.fichiers import FichierRefuse
from portal.core.models import Envoi, Evenement, Execution
from portal.core.relais import deliver_here
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    CompositionFactory,
    NiveauFactory,
    TerritoireFactory,
    UserFactory,
)
from zonage.enums import SortRejet, StatutArrete, StatutFichier
from zonage.models import AncienneCommune, Arrete, Classement, Commune, FichierArrete, RejetArrete
from zonage.services import PublicationImpossible, propose_arrete, refresh_zones
from zonage.services.brouillons import (
    Ligne,
    SaisieRefusee,
    change_fiche,
    complete_absentes,
    copy_en_vigueur,
    create_brouillon,
    list_absentes,
    parse_liste,
    remove_ligne,
    set_lignes,
)
from zonage.services.brouillons_fichier import FichierDejaRecu, close_interrompus, load_fichier, receive_fichier
from zonage.services.brouillons_rejets import apply_fusions, drop_rejet, list_rejets, mend_rejet
from zonage.services.comparaison_arretes import compare_arretes, list_annexe, list_colonnes
from zonage.services.niveaux import ensure_niveaux
from zonage.sources.brouillon import read_classe, read_code, read_fichier

pytestmark = pytest.mark.django_db
NOUVEAU = date(2027, 1, 1)
FICHIER = """CartoSanté; ;\r
Code;Libellé;Zonage médecins\r
71076;Chalon-sur-Saône;1_ZIP\r
71270;Mâcon;2_ZAC\r
71014;Autun;3_QPV_ZIP\r
38185;Grenoble;2_ZAC\r
99999;Nulle-Part;1_ZIP\r
71900;Ancienne;1_ZIP\r
71270;Mâcon;1_ZIP\r
71076;Chalon-sur-Saône;1_ZIP\r
71153;Le Creusot;9_ROUGE\r
"""


@pytest.fixture
def territoire():
    ensure_niveaux()
    for code, nom in (("71076", "Chalon-sur-Saône"), ("71270", "Mâcon"), ("71014", "Autun"), ("71153", "Le Creusot")):
        CommuneFactory(code_insee=code, nom=nom)
    heritiere = CommuneFactory(code_insee="71580", nom="Héritière")
    AncienneCommune.objects.create(code_insee="71900", nom="Ancienne", commune=heritiere)
    isere = DepartementFactory(code="38", nom="Isère", region=RegionFactory(code="84", nom="Auvergne-Rhône-Alpes"))
    CommuneFactory(code_insee="38185", nom="Grenoble", departement=isere)


@pytest.fixture
def agent():
    return UserFactory()


@pytest.fixture
def brouillon(territoire, agent):
    champs = {"region_id": "27", "profession": "medecin", "numero": "2027-1", "periode": DateRange(NOUVEAU, None)}
    return create_brouillon(champs, par=agent)


def read(arrete):
    """code → class of the rows of an arrêté."""
    lignes = Classement.objects.filter(arrete=arrete).order_by("territoire__code")
    return {code: niveau or statut for code, niveau, statut in lignes.values_list(
        "territoire__code", "niveau_id", "statut"
    )}  # fmt: skip


def hand_in(arrete, agent, contenu=FICHIER, **options):
    fichier = receive_fichier(arrete, nom="zonage.csv", octets=contenu.encode(), par=agent, **options)
    deliver_here()
    fichier.refresh_from_db()
    return fichier


# --- the file


def test_a_file_gives_the_rows_of_the_region_and_keeps_the_others_to_mend(brouillon, agent):
    fichier = hand_in(brouillon, agent)
    assert (fichier.statut, fichier.lignes_lues, fichier.lignes_retenues, fichier.lignes_ailleurs) == ("lu", 9, 3, 1)
    assert read(brouillon) == {"71014": "adresse_requise", "71076": "zip", "71270": "zac"}
    rejets = list(list_rejets(brouillon).values_list("ligne", "colonne", "nature", "code", "proposition"))
    assert rejets == [
        (7, "Code", "commune_inconnue", "99999", None),
        (8, "Code", "commune_fusionnee", "71900", "71580"),
        (9, "Code", "doublon", "71270", "71270"),
        (11, "Zonage médecins", "classe_inconnue", "71153", "71153"),
    ]
    assert zlib.decompress(bytes(fichier.octets)) == FICHIER.encode()
    assert "répètent" in fichier.avertissements[0]
    assert not Classement.objects.filter(publie=True).exists()


def test_the_reading_is_a_run_that_says_how_far_it_is(brouillon, agent):
    fichier = hand_in(brouillon, agent)
    execution = Execution.objects.get(pk=fichier.execution_id)
    assert (execution.statut, execution.lignes_lues, execution.cause) == (
        "terminee",
        9,
        f"zonage.fichier:{fichier.pk}",
    )


def test_each_rejected_row_is_mended_and_the_draft_is_whole(brouillon, agent):
    hand_in(brouillon, agent)
    inconnue, fusion, doublon, classe = list_rejets(brouillon)
    mend_rejet(inconnue, commune="71153", classe="zac", par=agent)
    with pytest.raises(SaisieRefusee, match="a déjà une ligne"):
        mend_rejet(classe, commune="71153", classe="zip", par=agent)
    assert apply_fusions(brouillon, par=agent) == (1, 0)
    mend_rejet(doublon, commune="71270", classe="zip", par=agent)
    drop_rejet(classe, motif="La ligne 7 la remplace.", par=agent)
    assert not list_rejets(brouillon).exists()
    assert read(brouillon) == {
        "71014": "adresse_requise",
        "71076": "zip",
        "71153": "zac",
        "71270": "zip",
        "71580": "zip",
    }
    sorts = dict(RejetArrete.objects.values_list("ligne", "sort"))
    assert sorts == {7: "corrigee", 8: "corrigee", 9: "corrigee", 11: "ecartee"}
    assert RejetArrete.objects.filter(decide_par=agent, decide_le__isnull=False).count() == 4
    fusion.refresh_from_db()
    assert fusion.commune_id == "71580"


def test_a_merged_commune_whose_heir_has_its_own_row_is_dropped_with_that_reason(brouillon, agent):
    hand_in(brouillon, agent, FICHIER + "71580;Héritière;2_ZAC\r\n")
    assert apply_fusions(brouillon, par=agent) == (0, 1)
    assert read(brouillon)["71580"] == "zac"
    assert RejetArrete.objects.get(sort=SortRejet.ECARTEE).motif == "La commune a sa propre ligne dans le fichier."


@pytest.mark.parametrize(
    ("commune", "classe", "phrase"),
    [
        ("99998", "zip", "commune inconnue"),
        ("71900", "zip", "n’est plus une commune : écrivez 71580"),
        ("38185", "zip", "pas dans la région"),
        ("71153", "", "choisissez sa classe"),
        ("71153", "tres_sous_dotee", "classe « tres_sous_dotee » inconnue"),
    ],
)
def test_a_row_is_not_mended_with_something_wrong(brouillon, agent, commune, classe, phrase):
    hand_in(brouillon, agent)
    avant = read(brouillon)
    rejet = list_rejets(brouillon)[0]
    with pytest.raises(SaisieRefusee, match=phrase):
        mend_rejet(rejet, commune=commune, classe=classe, par=agent)
    rejet.refresh_from_db()
    assert (rejet.sort, read(brouillon)) == (SortRejet.A_CORRIGER, avant)


def test_a_row_is_dropped_with_a_reason_only_and_once(brouillon, agent):
    hand_in(brouillon, agent)
    rejet = list_rejets(brouillon)[0]
    with pytest.raises(SaisieRefusee, match="pourquoi"):
        drop_rejet(rejet, motif="  ", par=agent)
    with pytest.raises(IntegrityError, match="rejetarrete_ecart_motive"), transaction.atomic():
        RejetArrete.objects.filter(pk=rejet.pk).update(sort=SortRejet.ECARTEE)
    drop_rejet(rejet, motif="hors de la région", par=agent)
    with pytest.raises(PublicationImpossible, match="déjà été traitée"):
        drop_rejet(rejet, motif="encore", par=agent)


@pytest.mark.parametrize(
    ("contenu", "phrase"),
    [
        ("", "vide"),
        ("a;b\n1;2\n", "Aucune colonne de codes"),
        ("Code;Libellé\n71076;Chalon\n", "Aucune colonne de classes"),
        ("Code;Libellé;Zonage infirmiers\n71076;Chalon;1_TRES_SOUS_DOTEE\n", "une autre profession"),
        ("Code;classe;classe\n71076;ZIP;ZIP\n", "Colonne en double"),
        ("Code;classe\n", "aucune ligne"),
        ("Code;classe\n38185;ZIP\n", "Aucune commune de la région"),
        ("Code;classe\n71076;ZI\x00P\n", "caractère nul"),
    ],
)
def test_a_file_that_is_not_one_is_refused_and_writes_nothing(brouillon, agent, contenu, phrase):
    if contenu:
        fichier = hand_in(brouillon, agent, contenu)
        assert fichier.statut == StatutFichier.REFUSE
        assert phrase in fichier.erreur
    else:
        with pytest.raises(FichierRefuse, match=phrase):
            hand_in(brouillon, agent, contenu)
    assert not read(brouillon)
    assert not RejetArrete.objects.exists()


def test_a_plain_table_is_read_by_the_names_of_the_classes(brouillon, agent):
    fichier = hand_in(brouillon, agent, "code INSEE,classe\n71076,Zone d'intervention prioritaire\n71270,zac\n")
    assert fichier.statut == StatutFichier.LU
    assert read(brouillon) == {"71076": "zip", "71270": "zac"}


def test_atlasante_is_read_by_the_column_of_the_profession_and_its_communes_alone(brouillon, agent):
    contenu = (
        '"com_code","com_lib","niveau","zmed_niveau","zide_niveau"\n'
        '"71076","Chalon","COM","1_ZIP","2_sous_dotee"\n'
        '"71270","Mâcon","COM","NC","NC"\n"71014","Autun","QUARTIER","1_ZIP","NC"\n'
    )
    fichier = hand_in(brouillon, agent, contenu)
    assert fichier.statut == StatutFichier.LU, fichier.erreur
    assert read(brouillon) == {"71076": "zip", "71270": "inconnu"}


def test_a_short_row_and_a_formula_are_to_be_mended_not_read(brouillon, agent):
    hand_in(brouillon, agent, "code INSEE;classe\n71076;ZIP\n71270\n71153;=1+1\n")
    assert list(list_rejets(brouillon).values_list("ligne", "nature")) == [(3, "illisible"), (4, "illisible")]
    assert read(brouillon) == {"71076": "zip"}


def test_too_many_bad_rows_refuse_the_file(brouillon, agent, monkeypatch):
    monkeypatch.setattr("zonage.services.brouillons_fichier.REJETS_MAX", 3)
    fichier = hand_in(brouillon, agent)
    assert (fichier.statut, read(brouillon)) == (StatutFichier.REFUSE, {})
    assert "4 lignes ne se lisent pas" in fichier.erreur


def test_the_same_bytes_are_read_again_only_with_a_reason(brouillon, agent):
    premier = hand_in(brouillon, agent)
    autre = ArreteFactory(brouillon=True)
    with pytest.raises(FichierDejaRecu, match="déjà été importé le") as refus:
        hand_in(autre, agent)
    assert refus.value.arrete == brouillon.pk
    assert FichierArrete.objects.get() == premier
    second = hand_in(autre, agent, motif="L’arrêté est refait.")
    assert (second.statut, second.motif) == (StatutFichier.LU, "L’arrêté est refait.")


def test_one_reading_at_a_time_and_a_lost_one_is_said_interrupted(brouillon, agent):
    receive_fichier(brouillon, nom="a.csv", octets=b"Code;classe\n71076;ZIP\n", par=agent)
    with pytest.raises(PublicationImpossible, match="déjà en cours"):
        receive_fichier(brouillon, nom="b.csv", octets=b"Code;classe\n71076;ZAC\n", par=agent)
    Envoi.objects.filter(tache="zonage.fichier_arrete").update(statut=Envoi.Statut.QUARANTAINE)
    assert close_interrompus(brouillon) == 1
    assert FichierArrete.objects.get().statut == StatutFichier.INTERROMPU
    receive_fichier(brouillon, nom="b.csv", octets=b"Code;classe\n71076;ZAC\n", par=agent)


def test_a_reading_killed_at_any_piece_leaves_nothing_and_begins_again(brouillon, agent, monkeypatch):
    """Each step of the writing is cut once; the draft then holds what it held, and the next run all of the file."""
    set_lignes(brouillon, [Ligne("71014", "zac")], par=agent)
    fichier = receive_fichier(brouillon, nom="a.csv", octets=FICHIER.encode(), par=agent)
    module = "zonage.services.brouillons_fichier"
    for coupe in ("write_lignes", "_close", "sort_lignes", "read_fichier"):
        with monkeypatch.context() as une:
            une.setattr(f"{module}.{coupe}", cut)
            with pytest.raises(KeyboardInterrupt), transaction.atomic():
                load_fichier(fichier.pk)
        assert read(brouillon) == {"71014": "zac"}
        assert not RejetArrete.objects.exists()
        fichier.refresh_from_db()
        assert fichier.statut == StatutFichier.EN_ATTENTE
    load_fichier(fichier.pk)
    fichier.refresh_from_db()
    assert (fichier.statut, len(read(brouillon)), list_rejets(brouillon).count()) == (StatutFichier.LU, 3, 4)
    load_fichier(fichier.pk)
    assert list_rejets(brouillon).count() == 4


def cut(*arguments, **options):
    raise KeyboardInterrupt


def test_a_draft_proposed_meanwhile_is_not_written_by_its_file(brouillon, agent):
    set_lignes(brouillon, [Ligne("71014", "zac")], par=agent)
    fichier = receive_fichier(brouillon, nom="a.csv", octets=FICHIER.encode(), par=agent)
    propose_arrete(brouillon, par=agent)
    deliver_here()
    fichier.refresh_from_db()
    assert (fichier.statut, read(brouillon)) == (StatutFichier.REFUSE, {"71014": "zac"})


# --- the rows


def test_the_zoning_in_force_is_copied_and_the_demonstration_is_not(brouillon, agent):
    arrete = ArreteFactory(region_id="27")
    ClassementFactory(territoire=TerritoireFactory(code="71076"), arrete=arrete, niveau=NiveauFactory(code="zac"))
    bassin = TerritoireFactory(type="tvs", code="27001", libelle="Un bassin")
    ClassementFactory(territoire=bassin, arrete=arrete, niveau=NiveauFactory(code="zip"))
    refresh_zones()
    assert copy_en_vigueur(brouillon, au=date(2026, 12, 31), par=agent) == 2
    assert read(brouillon) == {"27001": "zip", "71076": "zac"}
    assert set(brouillon.classements.values_list("publie", "periode")) == {(False, brouillon.periode)}
    with pytest.raises(SaisieRefusee, match="Aucun zonage publié"):
        copy_en_vigueur(brouillon, au=date(2020, 1, 1), par=agent)
    ArreteFactory(region_id="27", demonstration=True)
    Arrete.objects.filter(origine="demonstration").update(profession="infirmier")
    demonstration = Arrete.objects.get(origine="demonstration")
    ClassementFactory(territoire=bassin, arrete=demonstration, niveau=NiveauFactory(code="sous_dotee"))
    autre = ArreteFactory(brouillon=True, profession="infirmier", region_id="27")
    with pytest.raises(SaisieRefusee, match="démonstration"):
        copy_en_vigueur(autre, au=date(2026, 12, 31), par=agent)
    assert read(brouillon) == {"27001": "zip", "71076": "zac"}


def test_a_pasted_list_is_read_whole_or_refused_line_by_line(brouillon, agent):
    lues = parse_liste("71076;ZIP\n\n 71270 ZAC \n71014\n", "hors_zonage", "medecin")
    assert set_lignes(brouillon, lues, par=agent) == 3
    assert read(brouillon) == {"71014": "hors_zonage", "71076": "zip", "71270": "zac"}
    with pytest.raises(SaisieRefusee) as refus:
        parse_liste("71076;ROUGE\n71270\n71014;ZIP\n71014;ZAC", "", "medecin")
    assert [faute[:8] for faute in refus.value.fautes] == ["Ligne 1 ", "Ligne 2 ", "Ligne 4 "]
    with pytest.raises(SaisieRefusee, match="38185 n’est pas dans la région"):
        set_lignes(brouillon, parse_liste("71076;ZAC\n38185;ZIP", "", "medecin"), par=agent)
    assert read(brouillon)["71076"] == "zip"
    assert set_lignes(brouillon, [Ligne("71076", "zip")], par=agent) == 0


def test_absent_communes_are_those_that_no_row_and_no_territoire_holds(brouillon, agent):
    ville = CommuneFactory(code_insee="71999", nom="Ville")
    for code in ("71991", "71992"):
        CommuneFactory(code_insee=code, type="ARM", parent=ville)
    bassin = TerritoireFactory(type="tvs", code="27001", libelle="Un bassin")
    CompositionFactory(territoire=bassin, commune=Commune.objects.get(pk="71014"))
    ClassementFactory(
        territoire=bassin, arrete=brouillon, niveau=NiveauFactory(code="zip"), publie=False, profession="medecin"
    )
    set_lignes(brouillon, [Ligne("71076", "zip"), Ligne("71991", "zac"), Ligne("71992", "zac")], par=agent)
    assert [commune.pk for commune in list_absentes(brouillon)] == ["71153", "71270", "71580"]
    assert complete_absentes(brouillon, "hors_zonage", par=agent) == 3
    assert not list_absentes(brouillon).exists()


def test_only_a_draft_is_written(brouillon, agent):
    set_lignes(brouillon, [Ligne("71076", "zip")], par=agent)
    ligne = brouillon.classements.get()
    fichier = hand_in(ArreteFactory(brouillon=True), agent)
    propose_arrete(brouillon, par=agent)
    actes = [
        lambda: set_lignes(brouillon, [Ligne("71270", "zip")], par=agent),
        lambda: remove_ligne(brouillon, ligne.pk, par=agent),
        lambda: complete_absentes(brouillon, "zip", par=agent),
        lambda: copy_en_vigueur(brouillon, au=NOUVEAU, par=agent),
        lambda: receive_fichier(brouillon, nom="a.csv", octets=b"x", par=agent),
        lambda: change_fiche(brouillon, {"numero": "autre"}, par=agent),
        lambda: apply_fusions(brouillon, par=agent),
    ]
    for acte in actes:
        with pytest.raises(PublicationImpossible, match="plus un brouillon"):
            acte()
    assert read(brouillon) == {"71076": "zip"}
    assert fichier.statut == StatutFichier.LU


def test_each_act_leaves_a_row_in_the_journal_without_a_name(brouillon, agent):
    hand_in(brouillon, agent)
    drop_rejet(list_rejets(brouillon)[0], motif="inconnue", par=agent)
    remove_ligne(brouillon, brouillon.classements.order_by("pk").first().pk, par=agent)
    change_fiche(brouillon, {"numero": "2027-2", "periode": DateRange(date(2027, 2, 1), None)}, par=agent)
    actes = Evenement.objects.filter(objet=f"zonage.arrete:{brouillon.pk}").order_by("pk")
    assert list(actes.values_list("action", flat=True)) == [
        "creer",
        "deposer_fichier",
        "ecarter_ligne",
        "retirer_ligne",
        "modifier",
    ]
    assert agent.email not in str(list(actes.values_list("details", flat=True)))
    assert set(brouillon.classements.values_list("periode", flat=True)) == {DateRange(date(2027, 2, 1), None)}


# --- the annex and the difference


def test_the_annex_read_again_gives_the_same_draft(brouillon, agent):
    lues = "71076;ZIP\n71270;ZAC\n71153;hors_zonage\n71580;inconnu\n71014;adresse_requise"
    set_lignes(brouillon, parse_liste(lues, "", "medecin"), par=agent)
    texte = "\n".join(";".join(str(cellule) for cellule in ligne) for ligne in list_annexe(brouillon))
    assert list_colonnes(brouillon)[:3] == ["Code", "Libellé", "Zonage médecins"]
    autre = ArreteFactory(brouillon=True)
    hand_in(autre, agent, ";".join(list_colonnes(brouillon)) + "\n" + texte)
    assert read(autre) == read(brouillon)
    assert compare_arretes(brouillon, autre) == []


def test_two_arretes_are_compared_territoire_by_territoire(brouillon, agent):
    autre = ArreteFactory(brouillon=True)
    set_lignes(brouillon, parse_liste("71076;ZIP\n71270;ZAC\n71153;ZIP", "", "medecin"), par=agent)
    set_lignes(autre, parse_liste("71076;ZIP\n71270;ZIP\n71014;ZAC", "", "medecin"), par=agent)
    ecarts = [(un.code, un.avant, un.apres) for un in compare_arretes(brouillon, autre)]
    assert ecarts == [("71014", "", "zac"), ("71153", "zip", ""), ("71270", "zac", "zip")]


# --- the reader alone


@pytest.mark.parametrize(
    ("texte", "lu"), [("71076", "71076"), ("1004", "01004"), ("2a004", "2A004"), ("7.1E4", None), ("", None)]
)
def test_a_code_is_never_guessed_but_for_its_lost_zero(texte, lu):
    assert read_code(texte) == lu


@pytest.mark.parametrize(
    ("mot", "classe"), [("N/A - résultat", "inconnu"), ("NC", "inconnu"), ("NCZ", None), ("Zip", "zip"), ("", None)]
)
def test_a_class_is_a_known_word_or_nothing(mot, classe):
    assert read_classe(mot, {"zip": "zip"}) == classe


def test_old_producer_codes_of_other_professions_are_read():
    lu = read_fichier(b"Code;Zonage infirmiers\n71076;1_TRES_SOUS_DOTEE\n71270;5_SUR_DOTEE\n", "infirmier", {})
    assert [ligne.classe for ligne in lu.lignes] == ["tres_sous_dotee", "sur_dotee"]


def test_an_author_never_publishes_even_in_the_database(brouillon, agent):
    assert brouillon.auteur == agent
    with pytest.raises(IntegrityError, match="arrete_auteur_ne_publie_pas"), transaction.atomic():
        Arrete.objects.filter(pk=brouillon.pk).update(statut=StatutArrete.PUBLIE, publie_par=agent)
    brouillon.publie_par = agent
    with pytest.raises(ValidationError, match="n'est pas celle qui a écrit"):
        brouillon.validate_constraints()


@pytest.mark.donnees
@pytest.mark.parametrize(
    ("nom", "profession", "lignes"),
    [("zonage_medecins_2025.csv", "medecin", 34_875), ("zonage_infirmiers_2026.csv", "infirmier", 34_919)],
)
def test_the_official_exports_are_read_whole_and_every_class_is_known(nom, profession, lignes):
    if not os.environ.get("MAILLAGE_DONNEES"):
        pytest.skip("MAILLAGE_DONNEES ne nomme pas de dossier")
    octets = (Path(os.environ["MAILLAGE_DONNEES"]) / "cartosante" / nom).read_bytes()
    lu = read_fichier(octets, profession, {})
    assert len(lu.lignes) == lignes
    assert all(ligne.code and ligne.classe and not ligne.faute for ligne in lu.lignes)
