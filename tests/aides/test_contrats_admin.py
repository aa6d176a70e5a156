"""The contract in the administration: paid from the page, refused with a sentence, listed and exported to the cent."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from aides.contrats.listes import Filtres, list_echeances, list_paiements, sum_lignes, sum_paiements
from aides.contrats.paiements import pay_echeance
from aides.models import Contrat
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from tests.aides.contrats_essai import aujourdhui, make_accordee, make_contrat, new_cle, versements
from tests.aides.dossiers_essai import Equipe
from tests.people import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def page(contrat: Contrat) -> str:
    return reverse("admin:aides_contrat_change", args=[contrat.pk])


def read_form(texte: str, prefixe: str) -> dict[str, str]:
    """The values that a form of the page holds."""
    champs = {}
    for balise in re.findall(r"<input[^>]+>", texte):
        nom, valeur = re.search(r'name="([^"]+)"', balise), re.search(r'value="([^"]*)"', balise)
        if nom and nom[1].startswith(f"{prefixe}-"):
            champs[nom[1]] = valeur[1] if valeur else ""
    return champs


def test_a_payment_from_the_page(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(equipe.instructeur)
    reponse = client.get(page(contrat))
    assert reponse.status_code == 200
    assert "no-store" in reponse["Cache-Control"]
    ligne = versements(contrat)[0]
    envoi = read_form(reponse.content.decode(), f"paiement-{ligne.pk}")
    assert envoi[f"paiement-{ligne.pk}-montant"].replace("\u202f", "").replace("\xa0", "") == "21875,00"
    adresse = reverse("admin:aides_contrat_payer", args=[contrat.pk, ligne.pk])
    assert client.post(adresse, envoi).status_code == 302
    ligne.refresh_from_db()
    assert (ligne.statut, ligne.montant) == ("payee", Decimal("21875.00"))
    assert client.post(adresse, envoi).status_code == 302  # the same sending: nothing more
    envoi[f"paiement-{ligne.pk}-cle"] = "autre"
    perdant = client.post(adresse, envoi)
    assert perdant.status_code == 409
    assert "Rien n’est enregistré" in perdant.content.decode()


def test_a_refused_payment_keeps_what_was_typed(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(equipe.instructeur)
    ligne = versements(contrat)[0]
    envoi = read_form(client.get(page(contrat)).content.decode(), f"paiement-{ligne.pk}")
    envoi[f"paiement-{ligne.pk}-montant"] = "99999,99"
    reponse = client.post(reverse("admin:aides_contrat_payer", args=[contrat.pk, ligne.pk]), envoi)
    assert reponse.status_code == 422
    assert "99999,99" in reponse.content.decode().replace("\u202f", "").replace("\xa0", "")
    assert "plafond de cette échéance" in reponse.content.decode()


def test_missing_and_forbidden_answer_alike(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:69"))
    assert client.get(page(contrat)).status_code == 404
    assert client.get(page(Contrat(pk="00000000-0000-0000-0000-000000000000"))).status_code == 404
    ligne = versements(contrat)[0]
    for nom, cles in (("payer", [ligne.pk]), ("constater", [ligne.pk]), ("acte", ["suspendre"])):
        assert client.post(reverse(f"admin:aides_contrat_{nom}", args=[contrat.pk, *cles])).status_code == 404


def test_a_reader_sees_no_form(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(make_agent(Role.LECTEUR, "departement:71"))
    texte = client.get(page(contrat)).content.decode()
    assert "21 875,00" in texte.replace("\u202f", " ").replace("\xa0", " ")
    assert "Enregistrer le versement" not in texte
    assert "Suspendre" not in texte


def test_an_act_from_the_page(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(equipe.instructeur)
    adresse = reverse("admin:aides_contrat_acte", args=[contrat.pk, "suspendre"])
    version = contrat.demande.version
    vide = client.post(adresse, {"suspendre-version": version, "suspendre-commentaire": ""})
    assert vide.status_code == 422
    fait = client.post(adresse, {"suspendre-version": version, "suspendre-commentaire": "Congé."})
    assert fait.status_code == 302
    perime = client.post(adresse, {"suspendre-version": version, "suspendre-commentaire": "Encore."})
    assert perime.status_code == 409
    assert "Encore." in perime.content.decode()


def test_the_end_is_simulated_and_writes_nothing(client, equipe):
    contrat = make_contrat(equipe)
    pay_echeance(
        versements(contrat)[0], par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle(), version=1
    )
    client.force_login(equipe.instructeur)
    fin = contrat.periode.lower + timedelta(days=30)
    texte = client.get(page(contrat), {"fin": fin.isoformat()}).content.decode()
    assert "Prorata en jours" in texte
    assert "Prorata en mois" in texte
    assert "à instruire" in texte
    assert "écrivez" in client.get(page(contrat), {"fin": "demain"}).content.decode().lower()


def test_a_signature_from_the_page_shows_the_schedule_first(client, equipe):
    demande = make_accordee(equipe)
    client.force_login(equipe.instructeur)
    adresse = reverse("admin:aides_contrat_signer", args=[demande.pk])
    jour = aujourdhui().isoformat()
    envoi = {"version": demande.version, "date_signature": jour, "date_effet": jour}
    assert "21 875,00" in client.post(adresse, {**envoi, "apercu": "1"}).content.decode().replace(
        "\u202f", " "
    ).replace("\xa0", " ")
    assert not Contrat.objects.exists()
    assert client.post(adresse, envoi).status_code == 302
    assert Contrat.objects.get().demande == demande


def test_totals_reconcile_and_the_export_says_the_same(client, equipe):
    contrat = make_contrat(equipe)
    autre = make_contrat(Equipe(), dispositif="camcd", dispositif_version="2025", montant=Decimal("9999.99"), faits={})
    pay_echeance(versements(contrat)[0], par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle())
    pay_echeance(versements(autre)[0], par=equipe.instructeur, montant=Decimal("0.07"), le=aujourdhui(), cle=new_cle())
    filtres = Filtres(du=aujourdhui(), au=aujourdhui())
    lignes = list_paiements(read_portee(equipe.instructeur), filtres)
    totaux = sum_paiements(lignes)
    assert totaux.montant == Decimal("21875.07")
    assert totaux == sum_lignes(lignes)
    assert totaux.reconciles()
    assert {t.cle: t.montant for t in totaux.par_dispositif} == {"caim": Decimal("21875.00"), "camcd": Decimal("0.07")}
    client.force_login(equipe.instructeur)
    adresse = reverse("admin:aides_contrat_paiements")
    periode = {"du": aujourdhui().isoformat(), "au": aujourdhui().isoformat()}
    assert client.get(adresse, periode).status_code == 200
    csv = b"".join(client.get(adresse, {**periode, "format": "csv"}).streaming_content).decode()
    assert "21875,07" in csv
    classeur = client.get(adresse, {**periode, "format": "xlsx"})
    feuille = load_workbook(BytesIO(b"".join(classeur.streaming_content)))["Données"]
    assert Decimal(str(feuille.cell(feuille.max_row, feuille.max_column).value)) == Decimal("21875.07")
    exports = Evenement.objects.filter(action="exporter", objet="aides.echeance:liste")
    assert [e.details["total"] for e in exports] == ["21875.07", "21875.07"]


def test_another_perimeter_lists_nothing(equipe):
    contrat = make_contrat(equipe)
    pay_echeance(versements(contrat)[0], par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle())
    filtres = Filtres(du=aujourdhui(), au=aujourdhui())
    ailleurs = read_portee(make_agent(Role.INSTRUCTEUR, "departement:69"))
    caisse = read_portee(make_agent(Role.AGENT_CPAM, "departement:71"))
    for portee in (ailleurs, caisse):  # the file is instructed by the ARS
        assert sum_paiements(list_paiements(portee, filtres)).nombre == 0
        assert not list_echeances(portee)


def test_a_period_upside_down_is_refused(client, equipe):
    client.force_login(equipe.instructeur)
    reponse = client.get(reverse("admin:aides_contrat_paiements"), {"du": "2026-02-01", "au": "2026-01-01"})
    assert reponse.status_code == 422
    assert "vient après son début" in reponse.content.decode()


def test_the_list_of_contracts_has_a_bounded_number_of_queries(client, equipe, django_assert_max_num_queries):
    make_contrat(equipe)
    client.force_login(equipe.instructeur)
    with django_assert_max_num_queries(25):
        reponse = client.get(reverse("admin:aides_contrat_changelist"))
    assert reponse.status_code == 200
    assert "C-27-" in reponse.content.decode()
