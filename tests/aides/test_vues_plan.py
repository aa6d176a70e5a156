"""The page of the plan: dated, explained, with its careful and its wider reading, and an answer to every address."""

import re
from datetime import date
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core import cache
from zonage.models import ZoneCommune

PLAN = "/aides/plan/"
MEDECIN = {
    "commune": "71333",
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "type_cabinet": "principal",
    "premiere_installation": "oui",
    "secteur": "secteur_1",
    "jours_semaine": "3.5",
    "exercice_coordonne": "groupe",
    "pdsa": "oui",
    "contrat_etat": "aucun",
    "fmt_socle": "20000",
}

pytestmark = pytest.mark.usefixtures("territoire_verifier")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-21 12:00+01:00", tick=False):
        yield


def read(client, attendu=200, **parametres):
    page = client.get(PLAN, MEDECIN | parametres)
    assert page.status_code == attendu
    texte = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))
    return page, texte.replace("\u202f", " ")


def test_the_page_gives_the_contracts_their_order_their_deadline_and_the_euros(client):
    page, texte = read(client, au="2025-12-01")
    assert [etape.candidat.dispositif.code for etape in page.context["etapes"]] == ["caim"]
    assert "Dès le 1er décembre 2025 , au plus tard le 31 décembre 2025" in texte
    assert "2025 : 21 875 € ; 2026 : 21 875 €" in texte
    assert "CAIM et Majoration FMT ne se cumulent pas." in texte
    assert "33 916,67 € de moins, de façon certaine" in texte
    assert "C’est une estimation" in texte
    assert "style=" not in page.content.decode()


def test_a_cumulation_that_nobody_verified_is_taken_only_when_asked_for(client):
    prudent, texte = read(client, au="2026-01-15")
    codes = {etape.candidat.dispositif.code for etape in prudent.context["etapes"]}
    assert codes == {"primo_installation", "fmt_majoration"}
    assert "À ajouter si le cumul vous est confirmé" in texte
    assert "aucun texte lu ne dit si ces deux aides se cumulent" in texte
    large, texte = read(client, au="2026-01-15", cumul="possible")
    assert {etape.candidat.dispositif.code for etape in large.context["etapes"]} == codes | {"pdsa_151ter"}
    assert "Non vérifié" in texte


def test_the_plan_reads_the_zone_of_each_day(client):
    """The commune leaves the zone in 2027: the page says until when to ask, and from when nothing is known."""
    zone = ZoneCommune.objects.get(commune_id="71333", profession="medecin")
    zone.periode = DateRange(date(2017, 12, 1), date(2027, 3, 1))
    zone.save()
    page, texte = read(client, au="2026-12-01")
    assert page.context["etude"].limites["fmt_majoration"].jour == date(2027, 2, 28)
    assert "puis, à partir du 1er mars 2027, zone non connue" in texte


def test_nothing_certain_says_what_to_do_next(client):
    _, texte = read(client, au="2026-01-15", statut="", specialite="", secteur="")
    assert "Aucune aide certaine à mettre dans un plan" in texte
    assert "Il manque :" in texte


@pytest.mark.parametrize("sans", ["commune", "profession"])
def test_without_a_commune_or_a_profession_the_questions_come_first(client, sans):
    parametres = {nom: valeur for nom, valeur in MEDECIN.items() if nom != sans}
    reponse = client.get(PLAN, parametres)
    assert reponse.status_code == 302
    assert reponse["Location"] == f"/aides/verifier/?{urlencode(parametres)}"


@pytest.mark.parametrize(
    ("parametres", "message"),
    [
        ({"cumul": "tout"}, "Cette valeur n'est pas proposée"),
        ({"secteur": "secteur_9"}, "choisissez une valeur parmi"),
        ({"au": "2026-02-30"}, "Écrivez une date qui existe"),
        ({"inconnu": "1"}, "Le portail ne connaît pas cette information"),
    ],
)
def test_a_wrong_value_is_named_and_the_rest_is_kept(client, parametres, message):
    page, texte = read(client, attendu=400, **parametres)
    assert message in texte
    assert page.context["lecture"].demande.profession == "medecin"


def test_the_answer_leads_to_the_plan_and_back_with_the_same_address(client):
    reponse = client.get("/aides/verifier/resultat/", MEDECIN | {"au": "2026-01-15"}).content.decode()
    lien = unescape(re.search(r'href="(/aides/plan/[^"]+)"', reponse)[1])
    page = client.get(lien)
    retour = unescape(re.search(r'href="(/aides/verifier/resultat/[^"]+)"', page.content.decode())[1])
    assert retour.split("?")[1] == lien.split("?")[1]


def test_the_page_asks_few_queries_whatever_the_days_and_none_the_second_time(
    client, monkeypatch, django_assert_max_num_queries
):
    """The version of the data is trusted as in production: the tests read it again each time."""
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)
    cache.forget_version()
    with django_assert_max_num_queries(12):
        read(client, au="2026-01-15")
    with django_assert_max_num_queries(2):
        client.get(PLAN, MEDECIN | {"au": "2026-01-15"})
