"""The list of the files: whose it is, page by page, filtered, searched, kept, exported as it is shown."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.etats import Statut
from aides.models import Demande
from cpts.models import Praticien
from portal.accounts.enums import Role
from portal.accounts.models import Mandat
from portal.core.keyset import Curseur, Ordre, count_rows, load_curseur, read_page, write_curseur
from portal.core.models import Evenement, FiltreEnregistre
from tests.people import make_agent, make_commune, make_demande, make_praticien_user, make_user

pytestmark = pytest.mark.django_db
LISTE = reverse("admin:aides_demande_changelist")
TOUT = {"etat": "", "tri": "recents"}


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def agent():
    return make_agent(Role.INSTRUCTEUR, "departement:71", first_name="Ana", last_name="Roy")


@pytest.fixture
def titulaire():
    return make_praticien_user("71")


def read_numeros(texte: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', texte)


def show(client, **filtres) -> str:
    reponse = client.get(LISTE, filtres or TOUT)
    assert reponse.status_code == 200
    return reponse.content.decode()


@pytest.mark.parametrize(
    "ordre", [Ordre("deposee_le", descend=True), Ordre("deposee_le"), Ordre("a_traiter_le", nul=True)]
)
def test_pages_forward_then_back_show_every_row_once(titulaire, ordre):
    jour = timezone.localdate()
    for rang in range(11):  # days that repeat, and days that are missing
        make_demande(titulaire, a_traiter_le=None if rang % 4 == 3 else jour + timedelta(days=rang // 3))
    toutes = Demande.objects.all()
    attendues = [d.pk for d in read_page(toutes, ordre, taille=50).lignes]
    assert len(attendues) == 11
    vues, curseur = [], None
    for _ in range(4):
        page = read_page(toutes, ordre, apres=curseur, taille=3)
        vues += [d.pk for d in page.lignes]
        curseur = load_curseur(Demande, ordre, write_curseur(page.lignes[-1], ordre))
    assert vues == attendues
    assert not page.suivante
    recul = read_page(toutes, ordre, avant=Curseur(getattr(page.lignes[0], ordre.champ), page.lignes[0].pk), taille=3)
    assert [d.pk for d in recul.lignes] == attendues[6:9]
    assert recul.precedente
    assert recul.suivante


def test_the_count_stops_at_its_bound_and_at_its_delay(titulaire):
    for _ in range(4):
        make_demande(titulaire)
    toutes = Demande.objects.all()
    assert str(count_rows(toutes)) == "4"
    assert str(count_rows(toutes, maximum=3)) == "plus de 3"
    lente = toutes.extra(where=["pg_sleep(0.05) IS NOT NULL"])
    assert count_rows(lente, delai_ms=40).nombre is None
    assert count_rows(toutes).nombre == 4  # the connection is whole


def test_an_agent_lists_the_files_of_the_territory_and_never_ones_own(client, agent, titulaire):
    ici = make_demande(titulaire)
    make_demande(make_praticien_user("69"), commune=make_commune("69"))
    make_demande(agent)
    make_demande(titulaire, statut=Statut.BROUILLON)
    client.force_login(agent)
    assert read_numeros(show(client)) == [ici.numero]


@pytest.mark.parametrize(
    ("role", "perimetre"),
    [
        (Role.INSTRUCTEUR, "departement:71"),
        (Role.VALIDEUR, "region:27"),
        (Role.AGENT_CPAM, "departement:71"),
        (Role.LECTEUR, "national"),
        (Role.AUDITEUR, "departement:69"),
    ],
)
def test_the_list_is_what_one_may_read_less_ones_own(role, perimetre, titulaire):
    agent = make_agent(role, perimetre)
    make_demande(titulaire)
    make_demande(titulaire, guichet="cpam")
    make_demande(make_praticien_user("69"), commune=make_commune("69"))
    make_demande(agent)
    lues = set(Demande.objects.for_agent(agent).values_list("pk", flat=True))
    assert lues == set(Demande.objects.for_user(agent).exclude(proprietaire=agent).values_list("pk", flat=True))


def test_filters_keep_what_they_say(client, agent, titulaire):
    hier = timezone.localdate() - timedelta(days=1)
    retard = make_demande(titulaire, statut=Statut.EN_INSTRUCTION, a_traiter_le=hier, instructeur=agent)
    libre = make_demande(titulaire, a_traiter_le=hier + timedelta(days=5))
    suspendue = make_demande(titulaire, statut=Statut.INCOMPLETE, a_traiter_le=hier, guichet="cpam")
    refusee = make_demande(titulaire, statut=Statut.REFUSEE, dispositif="caim")
    client.force_login(agent)
    attendus = {
        ("etat", "a_traiter"): {retard, libre, suspendue},
        ("etat", "refusee"): {refusee},
        ("instructeur", "moi"): {retard},
        ("instructeur", "aucun"): {libre, suspendue, refusee},
        ("delai", "retard"): {retard},
        ("delai", "7j"): {libre},
        ("delai", "suspendu"): {suspendue},
        ("guichet", "cpam"): {suspendue},
        ("dispositif", "caim"): {refusee},
        ("depot", "30j"): {retard, libre, suspendue, refusee},
        ("depot", str(timezone.localdate().year - 1)): set(),
        ("departement", "71"): {retard, libre, suspendue, refusee},
    }
    for (nom, valeur), demandes in attendus.items():
        vus = set(read_numeros(show(client, **{nom: valeur, "tri": "recents"})))
        assert vus == {demande.numero for demande in demandes}, (nom, valeur)


def test_the_first_list_is_mine_to_deal_with(client, agent, titulaire):
    mien = make_demande(titulaire, statut=Statut.EN_INSTRUCTION, instructeur=agent)
    make_demande(titulaire)
    client.force_login(agent)
    assert read_numeros(client.get(LISTE).content.decode()) == [mien.numero]


def test_a_value_of_another_territory_is_not_a_filter(client, agent, titulaire):
    make_demande(titulaire)
    client.force_login(agent)
    assert client.get(LISTE, {"departement": "69"}).status_code == 404


def test_a_page_that_cannot_be_read_gives_the_beginning(client, agent, titulaire):
    demande = make_demande(titulaire)
    client.force_login(agent)
    texte = show(client, **TOUT, apres="2026-99-99~rien")
    assert read_numeros(texte) == [demande.numero]
    assert "en voici le début" in texte


def test_a_search_never_puts_the_words_in_the_address(client, agent, titulaire):
    praticien = Praticien.objects.create(
        rpps="10000000017", profession="medecin", nom="Dupré", prenom="Zoé", cle_nom="dupre zoe", vu_le="2026-09-01"
    )
    demande = make_demande(titulaire, praticien=praticien)
    make_demande(titulaire)
    make_demande(make_praticien_user("69"), commune=make_commune("69"), praticien=praticien)
    client.force_login(agent)
    for texte in ("dupré", "Dupre Z", "10000000017", demande.numero):
        reponse = client.post(LISTE, {"recherche": texte, "requete": "etat=&tri=recents"})
        assert reponse.status_code == 302
        assert texte.lower() not in reponse["Location"].lower()
        assert read_numeros(client.get(reponse["Location"]).content.decode()) == [demande.numero], texte
    reponse = client.post(LISTE, {"recherche": "inconnu", "requete": "etat=&tri=recents"})
    assert "Aucune ligne" in client.get(reponse["Location"]).content.decode()


def test_a_filter_is_kept_shared_and_dropped_by_its_owner_alone(client, agent):
    collegue = make_agent(Role.VALIDEUR, "departement:71")
    organisation = agent.mandats.get().organisation
    Mandat.objects.filter(user=collegue).update(organisation=organisation)
    client.force_login(agent)
    envoi = {"nom": "En retard chez moi", "requete": "etat=a_traiter&delai=retard&tri=echeance"}
    assert client.post(LISTE, envoi).status_code == 302
    assert client.post(LISTE, envoi).status_code == 422
    assert client.post(LISTE, {**envoi, "nom": "À nous tous", "partage": "on"}).status_code == 302
    filtre = FiltreEnregistre.objects.get(nom="En retard chez moi")
    assert "delai=retard" in filtre.requete
    client.force_login(collegue)
    texte = show(client)
    assert "À nous tous" in texte
    assert "En retard chez moi" not in texte
    partage = FiltreEnregistre.objects.get(nom="À nous tous")
    assert client.post(LISTE, {"supprimer": str(partage.pk), "requete": ""}).status_code == 422
    client.force_login(agent)
    assert client.post(LISTE, {"supprimer": str(partage.pk), "requete": ""}).status_code == 302
    assert not FiltreEnregistre.objects.filter(pk=partage.pk).exists()


def test_the_file_is_what_the_screen_shows(client, agent, titulaire):
    for _ in range(3):
        make_demande(titulaire, statut=Statut.RECEVABLE)
    make_demande(titulaire)
    make_demande(make_praticien_user("69"), commune=make_commune("69"), statut=Statut.RECEVABLE)
    client.force_login(agent)
    ecran = show(client, etat="recevable", tri="recents")
    adresse = reverse("admin:aides_demande_export")
    reponse = client.post(adresse, {"format": "csv", "requete": "etat=recevable&tri=recents"})
    lignes = list(csv.reader(io.StringIO(reponse.getvalue().decode("utf-8-sig")), delimiter=";"))
    assert [ligne[0] for ligne in lignes[1:]] == read_numeros(ecran)
    assert lignes[0] == re.findall(r'<th scope="col">([^<]+)</th>', ecran)
    evenement = Evenement.objects.get(action="exporter", objet="aides.demande:liste")
    assert evenement.details["filtres"] == {"etat": "recevable"}
    assert client.get(adresse).status_code == 405


def test_a_file_of_many_persons_asks_who_is_there(client, agent, titulaire, monkeypatch):
    monkeypatch.setattr("portal.core.admin_listes.PERSONNES_SANS_PREUVE", 1)
    make_demande(titulaire)
    make_demande(titulaire)
    client.force_login(agent)
    reponse = client.post(reverse("admin:aides_demande_export"), {"format": "csv", "requete": "etat=&tri=recents"})
    assert reponse.status_code == 403
    assert not Evenement.objects.filter(action="exporter").exists()


def test_the_list_asks_as_many_queries_for_one_file_as_for_forty(
    client, agent, titulaire, django_assert_max_num_queries
):
    for _ in range(40):
        make_demande(titulaire)
    client.force_login(agent)
    show(client)
    with django_assert_max_num_queries(24):
        assert len(read_numeros(show(client))) == 40


def test_somebody_who_is_no_agent_has_no_list(client):
    client.force_login(make_user())
    assert client.get(LISTE).status_code in (302, 403)
