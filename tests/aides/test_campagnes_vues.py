"""Campaigns and envelopes by their pages: declared, granted, refused with what was typed kept."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from aides.contrats.campagnes import close_campagne
from aides.contrats.reglements import declare_ligne, grant_ligne
from aides.models import Campagne, Enveloppe
from portal.accounts.enums import Role
from portal.core.models import Evenement
from tests.aides.campagnes_essai import ANNEE, find_ligne, make_annuel, make_campagne, make_responsable
from tests.aides.contrats_essai import aujourdhui
from tests.aides.dossiers_essai import Equipe, make_dossier, make_enveloppe
from tests.aides.test_radar import make_pdf
from tests.people import make_agent, make_commune, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    settings.MAILLAGE_ANTIVIRUS = ""


@pytest.fixture
def equipe() -> Equipe:
    make_commune("71")
    return Equipe()


@pytest.fixture
def responsable(equipe):
    return make_responsable()


def lire(reponse) -> str:
    return unescape(reponse.content.decode())


def envoi(ligne, base, **plus):
    return {"ligne": ligne.pk, "version": ligne.version, "base": base, **plus}


def test_a_holder_declares_with_a_proof(client, equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    campagne = make_campagne(responsable)
    ligne = find_ligne(echeance)
    client.force_login(contrat.proprietaire)
    assert f"année {ANNEE}" in lire(client.get(reverse("contrat_list")))
    adresse = reverse("campagne_declaration", args=[campagne.pk])
    page = client.get(adresse)
    assert "no-store" in page["Cache-Control"]
    assert "Honoraires conventionnels annuels" in lire(page)
    assert client.post(adresse, envoi(ligne, "123 457", fichier=make_pdf())).status_code == 302
    ligne.refresh_from_db()
    assert (ligne.demande, ligne.piece.demande_id) == (Decimal("12345.70"), contrat.demande_id)
    assert "12 345,70" in lire(client.get(adresse)).replace("\u202f", " ").replace("\xa0", " ")


def test_what_is_wrong_keeps_what_was_typed(client, equipe, responsable):
    contrat, echeance = make_annuel(equipe)
    campagne = make_campagne(responsable)
    ligne = find_ligne(echeance)
    client.force_login(contrat.proprietaire)
    adresse = reverse("campagne_declaration", args=[campagne.pk])
    for base in ("douze", "-4", "NaN", "1e9999", ""):
        refus = client.post(adresse, envoi(ligne, base))
        assert refus.status_code == 422
        assert "Rien n’est enregistré" in lire(refus)
        assert f'value="{base}"' in lire(refus) or not base
    perime = client.post(adresse, envoi(ligne, "1000") | {"version": 77})
    assert perime.status_code == 409
    close_campagne(campagne, par=responsable)
    tard = client.post(adresse, envoi(ligne, "1000"))
    assert tard.status_code == 409
    assert "close le" in lire(tard)
    assert find_ligne(echeance).demande is None


def test_a_campaign_of_others_is_not_found(client, equipe, responsable):
    make_annuel(equipe)
    campagne = make_campagne(responsable)
    for qui in (make_user(), equipe.valideur):
        client.force_login(qui)
        assert client.get(reverse("campagne_declaration", args=[campagne.pk])).status_code == 404
    client.force_login(make_agent(Role.VALIDEUR, "departement:69"))
    assert client.get(reverse("admin:aides_campagne_change", args=[campagne.pk])).status_code == 404
    client.force_login(make_user())
    assert client.get(reverse("admin:aides_campagne_changelist")).status_code in (302, 403)


def test_opening_granting_and_closing_from_the_pages(client, equipe, responsable):
    lus = [make_annuel(equipe) for _ in range(3)]
    client.force_login(responsable)
    ouverture = {
        "region": "27",
        "dispositif": "cotram",
        "annee": ANNEE,
        "debut": aujourdhui().isoformat(),
        "fin": aujourdhui().isoformat(),
    }
    refus = client.post(reverse("admin:aides_campagne_ouvrir"), ouverture | {"annee": ANNEE + 1})
    assert refus.status_code == 422
    assert client.post(reverse("admin:aides_campagne_ouvrir"), ouverture).status_code == 302
    campagne = Campagne.objects.get()
    for contrat, echeance in lus[:2]:
        declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    page = reverse("admin:aides_campagne_change", args=[campagne.pk])
    texte = lire(client.get(page)).replace("\u202f", " ").replace("\xa0", " ")
    assert "60 000,00" in texte
    assert "20 000,00" in texte
    assert lire(client.get(page, {"etat": "a_declarer"})).count("rien encore") == 1
    premiere, seconde, sans = (find_ligne(echeance) for _, echeance in lus)
    adresse = reverse("admin:aides_campagne_accorder", args=[campagne.pk, premiere.pk])
    champs = {f"accord-{premiere.pk}-{nom}": "" for nom in ("motif",)}
    champs |= {f"accord-{premiere.pk}-version": premiere.version, f"accord-{premiere.pk}-montant": "9999,99"}
    motif = client.post(adresse, champs)
    assert motif.status_code == 422
    assert "dites pourquoi" in lire(motif)
    assert "9999,99" in lire(motif).replace("\u202f", "").replace("\xa0", "")
    assert client.post(adresse, champs | {f"accord-{premiere.pk}-motif": "Hors zone."}).status_code == 302
    lot = reverse("admin:aides_campagne_lot", args=[campagne.pk])
    cochees = [f"{seconde.pk}:{seconde.version}", f"{sans.pk}:{sans.version}"]
    apercu = lire(client.post(lot, {"ligne": cochees}))
    assert "rien n'est déclaré" in apercu
    assert find_ligne(lus[1][1]).accorde is None
    fait = lire(client.post(lot, {"ligne": cochees, "confirmer": "1"}))
    assert "non accordée" in fait
    assert find_ligne(lus[1][1]).accorde == Decimal(10_000)
    assert client.post(lot, {}).status_code == 422
    actes = {nom: reverse("admin:aides_campagne_acte", args=[campagne.pk, nom]) for nom in ("clore", "rouvrir")}
    assert client.post(actes["clore"]).status_code == 302
    assert client.post(actes["clore"]).status_code == 409
    demain = (aujourdhui() + timedelta(days=1)).isoformat()
    assert client.post(actes["rouvrir"], {"rouvrir-fin": demain}).status_code == 422
    assert client.post(actes["rouvrir"], {"rouvrir-fin": demain, "rouvrir-motif": "Panne."}).status_code == 302
    assert client.post(reverse("admin:aides_campagne_acte", args=[campagne.pk, "effacer"])).status_code == 404


def test_the_totals_of_a_territory_reconcile(client, equipe, responsable):
    for rang in range(3):
        contrat, echeance = make_annuel(equipe)
        if rang == 0:
            make_campagne(responsable)
            ligne = find_ligne(echeance)
            declare_ligne(ligne, par=contrat.proprietaire, base=Decimal(33_333))
            grant_ligne(ligne, par=equipe.valideur, montant=Decimal("3333.01"), motif="Arrondi.")
    client.force_login(equipe.valideur)
    texte = lire(client.get(reverse("admin:aides_campagne_changelist"))).replace("\u202f", " ").replace("\xa0", " ")
    assert "3 333,30" in texte
    assert "3 333,01" in texte
    assert "ne tombent pas juste" not in texte


def test_an_envelope_is_opened_raised_and_never_under_what_it_holds(client, equipe):
    administrateur = make_agent(Role.ADMINISTRATEUR, "region:27")
    client.force_login(administrateur)
    valeurs = {"region": "27", "annee": 2026, "libelle": "Installation", "dispositifs": ["caim"], "montant": "100000"}
    assert client.post(reverse("admin:aides_enveloppe_add"), valeurs).status_code == 302
    doublon = client.post(reverse("admin:aides_enveloppe_add"), valeurs)
    assert doublon.status_code == 422
    assert "existe déjà" in lire(doublon)
    enveloppe = Enveloppe.objects.get()
    Enveloppe.objects.filter(pk=enveloppe.pk).update(annee=aujourdhui().year)
    dossier = make_dossier("accordee", equipe=equipe)
    page = reverse("admin:aides_enveloppe_change", args=[enveloppe.pk])
    texte = lire(client.get(page))
    assert dossier.numero in texte
    sans_motif = client.post(page, {"avant": "100000.00", "montant": "120000"})
    assert sans_motif.status_code == 422
    dessous = client.post(page, {"avant": "100000.00", "montant": "40000", "motif": "Baisse."})
    assert dessous.status_code == 422
    assert "déjà engagés" in lire(dessous)
    assert client.post(page, {"avant": "100000.00", "montant": "120000", "motif": "Besoin."}).status_code == 302
    perime = client.post(page, {"avant": "100000.00", "montant": "130000", "motif": "Besoin."})
    assert perime.status_code == 409
    enveloppe.refresh_from_db()
    assert (enveloppe.montant, enveloppe.engage) == (Decimal(120_000), Decimal(43_750))
    ecrits = Evenement.objects.filter(objet=f"aides.enveloppe:{enveloppe.pk}").order_by("pk")
    assert [ecrit.action for ecrit in ecrits] == ["ouvrir", "changer_montant"]


def test_who_reads_and_who_writes_envelopes(client, equipe):
    enveloppe = make_enveloppe(1000)
    page = reverse("admin:aides_enveloppe_change", args=[enveloppe.pk])
    client.force_login(equipe.valideur)
    assert client.get(page).status_code == 200
    assert client.post(page, {"avant": "1000.00", "montant": "2000", "motif": "Non."}).status_code == 403
    assert client.get(reverse("admin:aides_enveloppe_add")).status_code == 403
    client.force_login(make_agent(Role.VALIDEUR, "departement:69"))
    assert client.get(page).status_code == 404
    enveloppe.refresh_from_db()
    assert enveloppe.montant == Decimal(1000)
