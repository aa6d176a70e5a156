"""What communes offer, what the rules cover and the receipts, as data."""

import csv
import io
from datetime import date

import pytest
from django.db import connection

from aides.api import couverture as api_couverture
from aides.api import eligibilites, ou_obtenir
from aides.api.eligibilites import COLONNES, neutralize
from aides.codes_recus import format_code
from aides.couverture import count_totaux, couverture
from aides.eligibilite.calcul import refresh_eligibilite
from aides.models import JeuEligibilite
from aides.regles.evaluation import Issue
from aides.services import check
from aides.services_recus import keep_recu
from tests.aides.recus_essai import INSTANT, MEDECIN
from zonage.models import Commune, Niveau, ZoneCommune

AU = date(2025, 6, 1)
ADRESSE = "/api/v1/eligibilites/"
COUVERTURE = "/api/v1/couverture/"
OU = "/api/v1/ou-obtenir/"


@pytest.fixture
def calculees(territoire_verifier):
    """One commune is in a zone that most schemes leave out: without it nothing is « non éligible »."""
    zac = Niveau.objects.create(code="zac", libelle="Zone d'action complémentaire", famille="medecin", rang=2)
    ZoneCommune.objects.filter(commune_id="71333").update(niveau=zac)
    refresh_eligibilite(au=AU, cause="essai")


def get(client, adresse=ADRESSE, attendu=200, **parametres):
    reponse = client.get(adresse, parametres)
    assert reponse.status_code == attendu, reponse.content[:500]
    return reponse.json()


def walk(client, adresse):
    while adresse:
        page = get(client, adresse)
        yield page
        adresse = page["suivante"]


def test_nothing_computed_yet_is_said(client, db):
    page = get(client)
    assert (page["au"], page["execution"], page["resultats"], page["suivante"]) == (None, None, [], None)


def test_the_pages_put_together_are_the_whole(client, calculees):
    entier = get(client, taille=1000)
    assert entier["suivante"] is None
    assert entier["couples"] == Commune.objects.count() * 6
    for taille in (1, 7):
        pages = list(walk(client, f"{ADRESSE}?taille={taille}"))
        assert [ligne for page in pages for ligne in page["resultats"]] == entier["resultats"]
        assert sum(page["couples"] for page in pages) == entier["couples"]


def test_a_commune_offers_what_its_check_shows(client, calculees):
    page = get(client, commune="71333", profession="medecin")
    bilan = check("71333", {"profession": "medecin"}, au=AU)
    assert page["au"] == AU.isoformat()
    assert page["execution"] == JeuEligibilite.objects.get().execution_id
    assert {(une["dispositif"], une["version"], une["issue"]) for une in page["resultats"]} == {
        (resultat.dispositif.code, resultat.version.code, resultat.issue.value) for resultat in bilan.concernes
    }


@pytest.mark.parametrize(
    ("parametres", "communes"),
    [
        ({"commune": "71076"}, {"71076"}),
        ({"departement": "38"}, {"38066", "38430"}),
        ({"region": "11"}, {"75056", "75101"}),
        ({"commune": "71076", "departement": "38"}, set()),
        ({"commune": "71999"}, set()),
    ],
)
def test_a_filter_keeps_its_communes_alone(client, calculees, parametres, communes):
    page = get(client, taille=1000, **parametres)
    assert {ligne["commune"] for ligne in page["resultats"]} == communes


def test_an_outcome_is_filtered_with_or_without_a_scheme(client, calculees):
    entier = get(client, taille=1000)["resultats"]
    ouvertes = [ligne for ligne in entier if ligne["issue"] == "a_instruire"]
    assert ouvertes
    assert len(ouvertes) < len(entier)
    assert get(client, taille=1000, issue="a_instruire")["resultats"] == ouvertes
    code = ouvertes[0]["dispositif"]
    for issue in ("a_instruire", "non_eligible"):
        pages = list(walk(client, f"{ADRESSE}?taille=3&issue={issue}&dispositif={code}"))
        lues = [ligne for page in pages for ligne in page["resultats"]]
        assert [une for une in entier if (une["dispositif"], une["issue"]) == (code, issue)] == [
            une for une in lues if une in entier
        ]
        assert all((une["dispositif"], une["issue"]) == (code, issue) for une in lues)


@pytest.mark.parametrize(
    ("parametres", "champ"),
    [
        ({"commune": "7107"}, "commune"),
        ({"departement": "7"}, "departement"),
        ({"region": "BFC"}, "region"),
        ({"profession": "pharmacien"}, "profession"),
        ({"dispositif": "cainm"}, "dispositif"),
        ({"issue": "oui"}, "issue"),
        ({"apres": "71076"}, "apres"),
        ({"taille": 1001}, "taille"),
        ({"format": "xlsx"}, "format"),
        ({"page": 2}, "page"),
    ],
)
def test_a_wrong_parameter_is_named(client, db, parametres, champ):
    assert list(get(client, attendu=400, **parametres)["erreurs"]) == [champ]


@pytest.mark.parametrize("demande", [{"query": {"format": "csv"}}, {"headers": {"accept": "text/csv"}}])
def test_the_table_says_what_the_data_say(client, calculees, demande):
    reponse = client.get(ADRESSE, {"taille": 1000, **demande.get("query", {})}, headers=demande.get("headers", {}))
    assert reponse["Content-Type"] == "text/csv; charset=utf-8"
    assert reponse["Vary"] == "Accept"
    lignes = list(csv.DictReader(io.StringIO(reponse.content.decode())))
    assert tuple(lignes[0]) == COLONNES
    page = get(client, taille=1000)
    attendues = [
        {
            "au": page["au"],
            "execution": str(page["execution"]),
            **{nom: "" if valeur is None else valeur for nom, valeur in une.items()},
        }
        for une in page["resultats"]
    ]
    assert lignes == attendues


def test_the_next_table_is_in_a_header(client, calculees):
    lus, adresse = [], f"{ADRESSE}?format=csv&taille=10"
    while adresse:
        reponse = client.get(adresse)
        lus += list(csv.DictReader(io.StringIO(reponse.content.decode())))
        lien = reponse.get("Link", "")
        assert not lien or lien.endswith('>; rel="next"')
        adresse = lien.partition(">")[0].removeprefix("<")
    assert len(lus) == len(get(client, taille=1000)["resultats"])


def test_json_and_table_have_their_own_digest(client, calculees):
    etags = {}
    for forme in ("json", "csv"):
        etags[forme] = client.get(ADRESSE, {"format": forme})["ETag"]
        entetes = {"if-none-match": etags[forme]}
        assert client.get(ADRESSE, {"format": forme}, headers=entetes).status_code == 304
    assert etags["json"] != etags["csv"]


@pytest.mark.parametrize("texte", ["=1+1", "+33", "-2", "@a", "\tx"])
def test_a_text_is_never_a_formula(texte):
    assert neutralize(texte) == f"'{texte}"
    assert neutralize("71076") == "71076"


FAITS = {"profession": "medecin", "statut": "projet", "premiere_installation": "oui", "jours_semaine": "4"}


@pytest.mark.parametrize("dispositif", ["caim", ""])
def test_where_to_have_a_scheme_is_what_each_check_says(client, territoire_verifier, dispositif):
    lus = {"au": AU.isoformat(), "dispositif": dispositif, "taille": 100, **FAITS}
    vues = {}
    for issue in Issue:
        page = get(client, OU, issue=issue.value, **lus)
        assert {une["issue"] for une in page["resultats"]} <= {issue.value}
        vues |= {une["commune"]["code"]: une for une in page["resultats"]}
        assert sum(compte["communes"] for compte in page["comptes"]) == len(Commune.objects.all()) - 1  # Paris
    assert set(vues) == set(Commune.objects.exclude(pk="75056").values_list("pk", flat=True))
    for code, une in vues.items():
        bilan = check(code, {**FAITS, "premiere_installation": True}, au=AU)
        assert une["demonstration"] is bilan.demonstration
        if dispositif:
            resultat = bilan.resultat(dispositif)
            assert (une["issue"], une["manquants"]) == (resultat.issue.value, list(resultat.manquants))
            assert une["texte"] == (resultat.montant.texte if resultat.montant else resultat.issue.libelle)


def test_the_nearest_come_first_and_the_farthest_stay_out(client, territoire_verifier):
    Commune.objects.filter(pk="71333").update(longitude=4.37, latitude=46.67)
    lus = {"au": AU.isoformat(), "profession": "medecin", "dispositif": "caim", "issue": "a_instruire"}
    page = get(client, OU, commune="71076", tri="distance", **lus)
    km = {une["commune"]["code"]: une["km"] for une in page["resultats"]}
    assert next(iter(km)) == "71076"
    assert km["71076"] == 0
    assert 38 < km["71333"] < 40
    proches = get(client, OU, commune="71429", km=30, **lus)["resultats"]
    assert "71333" not in {une["commune"]["code"] for une in proches}


@pytest.mark.parametrize(
    ("parametres", "champ"),
    [
        ({"profession": ""}, "profession"),
        ({"profession": "nsp"}, "profession"),
        ({"km": 10}, "km"),
        ({"tri": "distance"}, "tri"),
        ({"commune": "71999"}, "commune"),
        ({"departement": "99"}, "departement"),
        ({"departement": "71", "region": "27"}, "region"),
        ({"premiere_installation": "true"}, "premiere_installation"),
        ({"jours_semaine": "9"}, "jours_semaine"),
        ({"dispositif": "caimm"}, "dispositif"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(client, territoire_verifier, parametres, champ):
    corps = get(client, OU, attendu=400, **{"profession": "medecin", **parametres})
    assert list(corps["erreurs"]) == [champ]


@pytest.mark.parametrize(
    ("adresse", "exemple", "parametres"),
    [
        (ADRESSE, eligibilites.EXEMPLE, {}),
        (COUVERTURE, api_couverture.EXEMPLE, {}),
        (OU, ou_obtenir.EXEMPLE, {"profession": "medecin", "issue": "a_instruire", "au": "2025-06-01"}),
    ],
)
def test_the_examples_of_the_page_have_the_shape_of_an_answer(client, calculees, adresse, exemple, parametres):
    lue = get(client, adresse, **parametres)
    assert set(lue) == set(exemple)
    assert set(lue["resultats"][0]) == set(exemple["resultats"][0])
    for nom in ("totaux", "comptes"):
        if nom in lue:
            assert set(lue[nom][0] if nom == "comptes" else lue[nom]) == set(
                exemple[nom][0] if nom == "comptes" else exemple[nom]
            )


def test_the_coverage_is_that_of_the_page(client, db):
    au = date(2026, 6, 1)
    page = get(client, COUVERTURE, au=au.isoformat(), taille=100)
    lignes = couverture(au=au)
    assert page["total"] == len(lignes)
    assert [(une["dispositif"], une["version"]) for une in page["resultats"]] == [
        (ligne.dispositif.code, ligne.version.code) for ligne in lignes[:100]
    ]
    assert page["totaux"]["conditions"] == count_totaux(lignes).conditions
    ouvertes = get(client, COUVERTURE, au=au.isoformat(), etat="ouvert", profession="infirmier", taille=100)
    assert ouvertes["total"] == sum(
        ligne.etat == "ouvert" and "infirmier" in ligne.dispositif.professions for ligne in lignes
    )
    assert 0 < ouvertes["total"] < page["total"]


def test_a_receipt_is_read_and_played_again(client, territoire_verifier):
    recu = keep_recu(check("71333", MEDECIN, au=date(2025, 12, 31)), envoi="api", connu_le=INSTANT)
    reponse = client.get(f"/api/v1/recus/{format_code(recu.code).lower()}/")
    lu = reponse.json()
    assert reponse["Cache-Control"] == "no-store"
    assert (lu["juste"], lu["empreinte"]) == (True, recu.empreinte)
    assert lu["contenu"]["commune"]["code"] == "71333"
    assert lu["tel_que_connu"]["identique"]
    assert lu["aujourd_hui"]["identique"]


def test_an_altered_receipt_shows_nothing(client, territoire_verifier):
    recu = keep_recu(check("71333", MEDECIN, au=date(2025, 12, 31)), envoi="api", connu_le=INSTANT)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_recu DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE aides_recu SET contenu = replace(contenu, '71333', '71076') WHERE rang = %s", [recu.rang]
        )
    lu = get(client, f"/api/v1/recus/{recu.code}/")
    assert not lu["juste"]
    assert lu["anomalies"]
    assert "contenu" not in lu


@pytest.mark.parametrize(("code", "statut"), [("0000-0000-0000-0000-0000", 404), ("123", 400), ("U" * 20, 400)])
def test_a_code_that_names_no_receipt_says_so(client, db, code, statut):
    assert get(client, f"/api/v1/recus/{code}/", statut)["status"] == statut
