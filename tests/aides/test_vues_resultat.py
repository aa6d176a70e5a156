"""The answer: dated, explained, shareable, and honest about what is not known."""

import re
from datetime import date
from html import unescape

import pytest
import time_machine
from django.utils.html import escape

from aides.pdf import build_donnees
from aides.regles.evaluation import Issue
from aides.views import resultat
from portal.core import cache
from tests.profils import JEUNE_GENERALISTE
from zonage import lecture
from zonage.models import ZoneCommune

RESULTAT = "/aides/verifier/resultat/"
PDF = "/aides/verifier/pdf/"
MEDECIN = {"commune": "71333", **JEUNE_GENERALISTE}

pytestmark = pytest.mark.usefixtures("territoire_verifier")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-21 12:00+01:00", tick=False):
        yield


def read(client, **parametres):
    page = client.get(RESULTAT, MEDECIN | parametres)
    assert page.status_code == 200
    return page.context["bilan"], page.content.decode()


@pytest.mark.parametrize(
    ("au", "ouvert", "ferme"),
    [
        ("2019-06-06", {"ptmg", "caim"}, {"cde", "primo_installation"}),
        ("2022-06-01", {"cde", "caim"}, {"primo_installation"}),
        ("2025-12-31", {"caim"}, {"primo_installation"}),
        ("2026-01-01", {"primo_installation"}, {"caim", "cde"}),
    ],
)
def test_the_page_reads_the_law_of_the_day(client, au, ouvert, ferme):
    bilan, texte = read(client, au=au)
    montres = set(re.findall(r'<article class="m-resultat m-resultat--\w+" id="(\w+)"', texte))
    assert ouvert <= montres
    assert not ferme & montres
    assert montres == {resultat.dispositif.code for resultat in bilan.concernes}


def test_the_schemes_of_other_professions_are_left_out_of_the_page(client):
    bilan, texte = read(client, au="2026-01-01")
    ecartes = [resultat for resultat in bilan.resultats if resultat not in bilan.concernes]
    assert ecartes
    assert {resultat.issue for resultat in ecartes} == {Issue.NON_ELIGIBLE}
    assert not [resultat for resultat in ecartes if resultat.dispositif.nom in texte]


def test_what_is_not_eligible_is_folded_after_the_rest(client):
    bilan, texte = read(client, au="2026-01-01")
    avant, plie = texte.split('id="non-eligibles"')
    assert 'm-resultat--non_eligible"' not in avant
    assert 'm-resultat--eligible"' in avant
    assert 'm-resultat--eligible"' not in plie
    combien = sum(resultat.issue is Issue.NON_ELIGIBLE for resultat in bilan.concernes)
    assert f"{combien} dispositifs non éligibles" in plie


@pytest.mark.parametrize(
    ("au", "code", "montant"), [("2025-12-31", "caim", "43"), ("2026-01-01", "primo_installation", "10")]
)
def test_the_amount_is_the_one_of_the_facts(client, au, code, montant):
    bilan, texte = read(client, au=au)
    resultat = bilan.resultat(code)
    assert resultat.issue is Issue.ELIGIBLE
    assert resultat.montant.texte in texte
    assert resultat.montant.texte.startswith(montant)


def test_the_proof_names_each_criterion_its_sign_and_its_text(client):
    bilan, texte = read(client, au="2025-12-31", secteur="secteur_2")
    caim = bilan.resultat("caim")
    carte = texte[texte.index('id="caim"') :].split("</article>")[0]
    lignes = list(caim.preuve.lignes())[1:]
    assert carte.count('class="m-signe ') == len(lignes)
    for mot in ("Rempli", "Non rempli"):
        assert f'<span class="m-cache">{mot} : </span>' in carte
    assert all(ligne.reference.texte.split("'")[0] in carte for ligne in lignes if ligne.reference)
    assert "Ce qui vous rendrait éligible" in carte
    assert escape(caim.changements[0].phrase) in carte


def test_what_is_missing_can_be_answered_from_the_answer(client):
    page = client.get(RESULTAT, {"commune": "71333", "profession": "medecin", "au": "2025-12-31"})
    texte = page.content.decode()
    assert "Ce qui manque" in texte
    assert 'form="preciser" name="modifier" value="secteur"' in texte
    assert all(resultat.issue is not Issue.ELIGIBLE for resultat in page.context["bilan"].resultats)


def test_the_demonstration_is_said_wherever_its_zone_is_shown(client):
    _, montceau = read(client, au="2025-12-31")
    _, chalon = read(client, au="2025-06-01", commune="71076")
    assert "zonage de démonstration" in montceau
    assert "zonage de démonstration" not in chalon
    assert "Arrêté ARSBFC/2024/12" in chalon


def test_an_unknown_zone_says_what_was_last_known(client):
    bilan, texte = read(client, au="2025-12-31", commune="71076")
    assert "Aucun zonage connu à cette date" in texte
    assert "jusqu’au 31 octobre 2025" in texte
    assert bilan.resultat("caim").issue is Issue.A_INSTRUIRE


def test_a_commune_of_several_classes_asks_for_the_address(client):
    bilan, texte = read(client, au="2025-12-31", commune="21231")
    assert "l’adresse est nécessaire" in texte
    assert bilan.resultat("caim").issue is Issue.A_INSTRUIRE


def test_another_day_says_so_and_what_changes(client):
    _, texte = read(client, au="2025-12-31")
    assert "Réponse lue au 31 décembre 2025, et non à aujourd’hui" in texte
    assert "plus ouvert le 21 novembre 2026" in texte
    _, aujourd_hui = read(client)
    assert "et non à aujourd’hui" not in aujourd_hui


def test_the_link_to_keep_names_the_day(client):
    page = client.get(RESULTAT, MEDECIN)
    lien = unescape(re.search(r'href="([^"]+)">Lien vers cette réponse', page.content.decode())[1])
    assert "au=2026-11-21" in lien
    assert "commune=71333" in lien
    with time_machine.travel("2030-01-01 12:00+01:00", tick=False):
        assert client.get(lien).context["lecture"].au == date(2026, 11, 21)


def test_closed_schemes_are_there_on_demand(client):
    _, texte = read(client, au="2026-06-01")
    fermes = texte[texte.index("fermés ou pas encore") :].split("</details>")[0]
    assert "/aides/dispositifs/caim/" in fermes


@pytest.mark.parametrize("manque", ["commune", "profession"])
def test_without_commune_or_profession_the_questionnaire_comes_first(client, manque):
    parametres = {nom: valeur for nom, valeur in MEDECIN.items() if nom != manque}
    reponse = client.get(RESULTAT, parametres)
    assert reponse.status_code == 302
    assert reponse["Location"].startswith("/aides/verifier/?")
    assert "secteur=secteur_1" in reponse["Location"]


def test_a_profession_without_any_scheme_is_told(client):
    page = client.get(RESULTAT, {"commune": "71333", "profession": "orthophoniste", "au": "2026-06-01"})
    assert page.status_code == 200
    assert "éligible" in page.content.decode()


def test_a_kept_page_forgets_what_a_publication_changes(client):
    _, avant = read(client, au="2025-12-31")
    zone = ZoneCommune.objects.get(commune="71333")
    zone.delete()
    _, apres = read(client, au="2025-12-31")
    assert "Zone d&#x27;intervention prioritaire" in avant
    assert "Aucun zonage connu à cette date" in apres


def test_a_kept_page_costs_the_reading_of_the_version_alone(client, django_assert_num_queries):
    read(client)
    with django_assert_num_queries(1):
        client.get(RESULTAT, MEDECIN)


@pytest.mark.parametrize(("au", "requetes"), [(None, 2), ("2025-12-31", 3)])
def test_the_answer_costs_few_queries(client, monkeypatch, django_assert_max_num_queries, au, requetes):
    """The commune, then its zone on the day asked for and today; the version of the data was just read."""
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)
    monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
    client.get(RESULTAT, MEDECIN)
    with django_assert_max_num_queries(requetes):
        client.get(RESULTAT, MEDECIN | {"commune": "71106"} | ({"au": au} if au else {}))


def test_the_pdf_is_one_tagged_page_whose_name_says_nothing_of_the_person(client):
    reponse = client.get(PDF, MEDECIN | {"au": "2019-06-06"})
    assert reponse.status_code == 200
    assert reponse["Content-Type"] == "application/pdf"
    assert reponse["Content-Disposition"] == 'inline; filename="maillage-71333-2019-06-06.pdf"'
    corps = reponse.content
    assert corps.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page[^s]", corps)) == 1
    assert b"/MarkInfo" in corps
    assert b"/FontFile" in corps
    assert b"/Lang" in corps


def test_the_pdf_says_what_the_page_says(client, monkeypatch):
    monkeypatch.setattr(resultat, "is_common", lambda lecture: False)  # the context then has this very commune
    bilan = client.get(RESULTAT, MEDECIN | {"au": "2025-12-31"}).context["bilan"]
    donnees = build_donnees(bilan, [("Profession", "Médecin")], edite_le=date(2026, 11, 21))
    assert donnees["titre"] == "Aides à Montceau (71), au 31 décembre 2025"
    assert donnees["zone"]["demonstration"] is True
    assert [v["issue"] for v in donnees["verdicts"]] == [r.issue.value for r in bilan.concernes]
    assert all(verdict["pourquoi"] for verdict in donnees["verdicts"])
    assert {ferme.split(" ")[0] for ferme in donnees["fermes"]} == {
        f.dispositif.sigle.split(" ")[0] for f in bilan.fermes_concernes
    }


@pytest.mark.parametrize("faux", [{"au": "2041-01-01"}, {"secteur": "zzz"}])
def test_the_pdf_of_a_wrong_address_is_a_page_that_says_why(client, faux):
    reponse = client.get(PDF, MEDECIN | faux)
    assert reponse.status_code == 400
    assert "Demande illisible" in reponse.content.decode()
