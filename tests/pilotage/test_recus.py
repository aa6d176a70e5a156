"""The receipt of a figure: whole, for those who may read it, with the rows behind it and nobody else's."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts.enums import Role
from portal.pilotage.enums import Cause
from portal.pilotage.lecture import find_indicateur, find_territoire
from portal.pilotage.models import Passage, PassageIndicateur
from portal.pilotage.recus import read_lignes, read_objets, read_recu
from portal.pilotage.services.calcul import compute_jour
from tests.people import make_agent, make_demande
from tests.pilotage.scene import JOUR, run
from zonage.models import Commune

pytestmark = pytest.mark.django_db


def get(client, page, *chiffre, **question):
    return client.get(reverse(page, args=chiffre), question)


def read_page(client, page, *chiffre, **question):
    reponse = get(client, page, *chiffre, **question)
    assert reponse.status_code == 200
    return reponse.content.decode().replace("\xa0", " ")


def sign_in(client, role=Role.INSTRUCTEUR, perimetre="departement:71", **champs):
    user = make_agent(role, perimetre, **champs)
    client.force_login(user)
    return user


def test_a_public_figure_says_everything(client, pays):
    passage = run()
    page = read_page(client, "chiffre_recu", "part_population_zip", "departement", "71", au=JOUR)
    attendus = (
        "16,7 %",
        "Habitants des communes en zone d&#x27;intervention prioritaire",
        "<strong>1 000</strong>",
        "<strong>6 000</strong>",
        "Département 71 (Département, code 71)",
        f"Passage n° {passage.pk}",
        "population du millésime 2023",
        "1 en vigueur, le plus récent du 01/01/2020",
        "Bourgogne-Franche-Comté</a> : 50,0 %",
        "DATE &#x27;2026-03-10&#x27;",
        find_indicateur("part_population_zip").empreinte,
        "Commune-d&#x27;Essai",
    )
    assert [mot for mot in attendus if mot not in page] == []
    assert "Modifié depuis" not in page
    assert "Démonstration" not in page


def test_the_last_of_two_runs_of_a_day_is_said(client, pays):
    run()
    second = run()
    assert second is not None
    page = read_page(client, "chiffre_recu", "part_population_zip", "departement", "71", au=JOUR)
    assert f"Passage n° {second.pk}, jour mesuré" in page


def test_the_page_needs_no_session_and_few_queries(client, pays, django_assert_max_num_queries):
    run()
    with django_assert_max_num_queries(20):
        reponse = get(client, "chiffre_recu", "part_population_zip", "departement", "71")
    assert not reponse.cookies


def test_a_change_of_a_source_is_said_and_forgotten(client, pays):
    jour = timezone.localdate()
    compute_jour(jour, cause=Cause.NUIT)
    Commune.objects.filter(pk="71001").update(population=10)
    page = read_page(client, "chiffre_recu", "population", "departement", "71")
    assert "Modifié depuis" in page
    assert "6 000 habitants" in page
    compute_jour(jour, cause=Cause.CHANGEMENT)
    page = read_page(client, "chiffre_recu", "population", "departement", "71")
    assert "Modifié depuis" not in page
    assert "5 010 habitants" in page
    assert f"inchangé depuis le {jour.year}" not in page


def test_a_past_day_is_not_stale_and_keeps_its_run(client, pays):
    run(JOUR - timedelta(days=3))
    dernier = run()
    Commune.objects.update(population=1)
    page = read_page(client, "chiffre_recu", "population", "departement", "71", au=JOUR - timedelta(days=1))
    assert "Modifié depuis" not in page
    assert f"Passage n° {dernier.pk}" not in page
    page = read_page(client, "chiffre_recu", "population", "departement", "71", au=JOUR)
    assert f"Passage n° {dernier.pk}" in page
    assert "elle n’a pas changé depuis" in page


def test_a_figure_entered_gives_its_text_and_says_demonstration(client, pays):
    run()
    page = read_page(client, "chiffre_recu", "sans_medecin_traitant_17", "cpts", "71-chalonnais", au=JOUR)
    assert "12,0 %" in page
    assert "Texte d&#x27;essai ; au 27/09/2024" in page
    assert "Ce qui est compté" not in page


def test_a_figure_that_was_never_computed_says_so(client, pays):
    run(codes=["communes"])
    page = read_page(client, "chiffre_recu", "population", "departement", "71", au=JOUR)
    assert "non renseigné" in page
    assert "Pas encore fait pour ce jour" in page


def test_a_new_definition_is_said(client, pays):
    run()
    PassageIndicateur.objects.update(empreinte="ancienne")
    assert "La définition a changé" in read_page(client, "chiffre_recu", "population", "departement", "71", au=JOUR)


@pytest.mark.parametrize("au", ["2010-01-01", "demain", "2026-3-1", "2999-01-01", "2026-02-30"])
def test_a_day_that_is_not_one_is_refused_in_french(client, pays, au):
    run()
    page = read_page(client, "chiffre_recu", "population", "departement", "71", au=au)
    assert "Une valeur est à corriger" in page


@pytest.mark.parametrize(
    "chiffre",
    [
        ("rien", "departement", "71"),
        ("population", "departement", "99"),
        ("population", "commune", "71001"),
        ("cpts_aci", "epci", "247100589"),  # not measured there
        ("montant_verse", "region", "27"),  # not public
        ("demandes_deposees", "departement", "71"),  # public for a région only
    ],
)
def test_what_is_not_public_is_missing(client, pays, chiffre):
    run()
    assert get(client, "chiffre_recu", *chiffre).status_code == 404
    assert get(client, "chiffre_recu_csv", *chiffre).status_code == 404


def test_the_rows_come_in_a_file_with_their_total(client, pays):
    run()
    reponse = get(client, "chiffre_recu_csv", "part_population_zip", "departement", "71", au=JOUR)
    lignes = b"".join(reponse.streaming_content).decode("utf-8-sig").splitlines()
    assert lignes[0] == "Code;Nom;Numérateur;Dénominateur;Démonstration"
    assert lignes[-1] == "Total;;1000;6000;"
    assert sorted(ligne.split(";")[0] for ligne in lignes[1:-1]) == ["71001", "71002", "71003"]


def test_the_rows_of_the_aids_are_not_public(client, pays):
    run()
    assert get(client, "chiffre_recu", "demandes_deposees", "region", "27").status_code == 200
    assert get(client, "chiffre_recu_csv", "demandes_deposees", "region", "27").status_code == 404


@pytest.mark.parametrize(
    ("role", "perimetre", "chiffre", "statut"),
    [
        (Role.INSTRUCTEUR, "departement:71", ("montant_verse", "departement", "71"), 200),
        (Role.INSTRUCTEUR, "departement:71", ("montant_verse", "region", "27"), 200),
        (Role.INSTRUCTEUR, "departement:71", ("montant_verse", "france", "france"), 200),
        (Role.INSTRUCTEUR, "departement:71", ("montant_verse", "departement", "21"), 404),
        (Role.INSTRUCTEUR, "departement:71", ("montant_verse", "region", "84"), 404),
        (Role.VALIDEUR, "region:27", ("montant_verse", "departement", "21"), 200),
        (Role.VALIDEUR, "region:27", ("montant_verse", "departement", "69"), 404),
        (Role.LECTEUR, "national", ("montant_verse", "departement", "69"), 200),
        (Role.COORDINATEUR_CPTS, "cpts:71-chalonnais", ("missions_deployees", "cpts", "71-chalonnais"), 200),
        (Role.COORDINATEUR_CPTS, "cpts:71-chalonnais", ("missions_deployees", "departement", "71"), 200),
        (Role.COORDINATEUR_CPTS, "cpts:71-autre", ("missions_deployees", "cpts", "71-chalonnais"), 404),
        (Role.COORDINATEUR_CPTS, "cpts:71-chalonnais", ("missions_deployees", "departement", "21"), 404),
    ],
)
def test_the_others_are_for_those_of_the_territory(client, pays, role, perimetre, chiffre, statut):
    run()
    sign_in(client, role, perimetre)
    assert get(client, "pilotage_recu", *chiffre).status_code == statut


def test_somebody_without_mandate_reads_what_is_public_alone(client, pays):
    run()
    user = make_agent(Role.LECTEUR, "national")
    user.mandats.all().delete()
    client.force_login(user)
    assert get(client, "pilotage_recu", "population", "departement", "71").status_code == 200
    assert get(client, "pilotage_recu", "montant_verse", "departement", "71").status_code == 404


def test_the_files_behind_a_figure_are_those_that_one_may_read(client, pays):
    demandes = {code: make_demande(commune=pays[code]) for code in ("71001", "71002", "21001")}
    jour = timezone.localdate()
    run(jour)
    agent = sign_in(client, is_staff=True)
    recu = read_recu(find_indicateur("demandes_deposees"), find_territoire("region", "27"), jour)
    assert {objet.pk for objet in read_objets(recu, agent)} == {demandes["71001"].pk, demandes["71002"].pk}
    page = read_page(client, "pilotage_recu", "demandes_deposees", "departement", "71")
    assert demandes["71001"].numero in page
    assert demandes["21001"].numero not in page
    page = read_page(client, "pilotage_recu", "demandes_deposees", "region", "27")
    assert "3 dossiers" in page
    assert "d’autres peuvent compter" in page
    assert "Ce qui est compté" not in page  # commune by commune: only for one's own territory


def test_a_caisse_reads_its_own_files_alone(client, pays):
    ars, cpam = make_demande(commune=pays["71001"]), make_demande(commune=pays["71001"], guichet="cpam")
    jour = timezone.localdate()
    run(jour)
    agent = sign_in(client, Role.AGENT_CPAM)
    recu = read_recu(find_indicateur("demandes_deposees"), find_territoire("departement", "71"), jour)
    assert [objet.pk for objet in read_objets(recu, agent)] == [cpam.pk]
    assert str(ars.numero) not in read_page(client, "pilotage_recu", "demandes_deposees", "departement", "71")


def test_a_variant_shows_its_own_rows(pays):
    make_demande(commune=pays["71001"], dispositif="caim")
    make_demande(commune=pays["71002"], dispositif="cotram")
    jour = timezone.localdate()
    run(jour)
    recu = read_recu(find_indicateur("demandes_deposees.caim"), find_territoire("departement", "71"), jour)
    assert [ligne.code for ligne in read_lignes(recu)] == ["71001"]


def test_the_rows_add_up_to_the_figure(pays):
    run()
    for code in ("population", "communes_zip", "msp_validees", "part_population_cpts"):
        recu = read_recu(find_indicateur(code), find_territoire("region", "27"), JOUR)
        lignes = read_lignes(recu)
        assert sum(ligne.numerateur for ligne in lignes) == recu.valeur.numerateur
        assert Passage.objects.filter(pk=recu.valeur.passage, jour=date(2026, 3, 10)).exists()
