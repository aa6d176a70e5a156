"""The pages of arrêtés: who may do what, what is refused and how, what a preview says, what a publication does."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from aides.models import MessageSuivi
from aides.suivi.causes import describe_zones, evaluate_cause
from portal.accounts.enums import Role
from portal.core.models import Envoi
from portal.core.relais import deliver_here
from tests.accounts.connexion_essai import verify_otp
from tests.aides.contrats_essai import make_contrat
from tests.aides.dossiers_essai import Equipe
from tests.aides.suivis_essai import CHANGE, INCHANGE, bientot, build_territoire, follow
from tests.people import make_agent, make_mandat
from tests.zonage.factories_zonage import ArreteFactory
from zonage.enums import StatutArrete
from zonage.lecture import zone
from zonage.models import ApercuArrete, Arrete
from zonage.services import publish_arrete
from zonage.services.apercu_arrete import compute_apercu
from zonage.services.brouillons import Ligne, set_lignes
from zonage.services.brouillons_rejets import list_rejets
from zonage.services.niveaux import ensure_niveaux
from zonage.services.publication import propose_brouillon

pytestmark = pytest.mark.django_db
MOTIF = "Arrêté d’essai."


@pytest.fixture
def territoire():
    ensure_niveaux()
    build_territoire()


@pytest.fixture
def auteur(territoire):
    return make_agent(Role.INSTRUCTEUR, "region:27")


@pytest.fixture
def valideur(territoire):
    return make_agent(Role.VALIDEUR, "region:27")


@pytest.fixture
def brouillon(auteur):
    """From next month CHANGE is ZIP; INCHANGE stays as it was."""
    arrete = ArreteFactory(brouillon=True, numero="2027-9", auteur=auteur, periode=DateRange(bientot(), None))
    set_lignes(arrete, [Ligne(CHANGE, "zip"), Ligne(INCHANGE, "zac")], par=auteur)
    return arrete


@pytest.fixture
def propose(brouillon, auteur):
    propose_brouillon(brouillon, par=auteur, motif=MOTIF)
    compute_apercu(brouillon, par=auteur)
    brouillon.refresh_from_db()
    return brouillon


def url(page, arrete, *cles):
    return reverse(f"admin:zonage_arrete_{page}", args=[arrete.pk, *cles])


def sign_in(client, user):
    verify_otp(client, user)
    return client


def read(reponse):
    return reponse.content.decode()


# --- the whole way, through the pages


def test_from_an_upload_to_a_publication_by_somebody_else(client, auteur, valideur):
    sign_in(client, auteur)
    donnees = {"region": "27", "profession": "medecin", "depart": "fichier", "numero": "2027-3", "debut": bientot()}
    page = client.post(reverse("admin:zonage_arrete_add"), donnees, follow=True)
    arrete = Arrete.objects.get(numero="2027-3")
    assert (arrete.statut, arrete.auteur, arrete.periode.upper) == (StatutArrete.BROUILLON, auteur, None)
    assert "Déposer un fichier officiel" in read(page)
    contenu = f"code INSEE;classe\n{CHANGE};ZIP\n{INCHANGE};ZAC\n99999;ZIP\n".encode()
    fichier = SimpleUploadedFile("zonage.csv", contenu, content_type="text/csv")
    page = client.post(url("fichier", arrete), {"fichier": fichier}, follow=True)
    assert "Actualiser" in read(page)
    deliver_here()
    page = client.get(url("change", arrete))
    assert "Lignes du fichier à corriger : 1" in read(page)
    assert client.get(url("octets", arrete, arrete.fichiers.get().pk)).content == contenu
    page = client.post(url("proposer", arrete), follow=True)
    assert (page.status_code, "Lignes du fichier à corriger ou à écarter : 1" in read(page)) == (422, True)
    rejet = list_rejets(arrete).get()
    page = client.post(url("rejets", arrete), {"acte": "ecarter", "rejet": rejet.pk, "motif": ""})
    assert (page.status_code, "Dites pourquoi" in read(page)) == (422, True)
    client.post(url("rejets", arrete), {"acte": "ecarter", "rejet": rejet.pk, "motif": "Code inexistant"})
    page = client.post(url("apercu", arrete), follow=True)
    assert "Chalon-sur-Saône (71076)" in read(page)
    assert client.post(url("proposer", arrete), follow=True).status_code == 200
    assert client.get(url("publier", arrete)).status_code == 403  # an instructor does not publish

    sign_in(client, valideur)
    page = client.get(url("publier", arrete))
    client.post(url("apercu", arrete))
    page = client.get(url("publier", arrete))
    entree = ApercuArrete.objects.get(arrete=arrete).entree
    assert f'value="{entree}"' in read(page)
    page = client.post(url("publier", arrete), {"entree": entree}, follow=True)
    assert "Publié" in read(page)
    arrete.refresh_from_db()
    assert (arrete.statut, arrete.propose_par, arrete.publie_par) == (StatutArrete.PUBLIE, auteur, valideur)
    assert zone(CHANGE, "medecin", au=bientot() - timedelta(days=1)).niveau == "zac"
    assert zone(CHANGE, "medecin", au=bientot()).niveau == "zip"
    assert client.post(url("publier", arrete), {"entree": entree}).status_code == 409
    page = client.post(url("retirer", arrete), {"motif": "Erreur"}, follow=True)
    arrete.refresh_from_db()
    assert (page.status_code, arrete.statut) == (200, StatutArrete.BROUILLON)
    assert zone(CHANGE, "medecin", au=bientot()).niveau == "zac"


def test_a_draft_may_begin_from_the_zoning_in_force(client, auteur):
    sign_in(client, auteur)
    donnees = {"region": "27", "profession": "medecin", "depart": "vigueur", "debut": bientot()}
    page = client.post(reverse("admin:zonage_arrete_add"), donnees, follow=True)
    assert "Lignes copiées du zonage en vigueur" in read(page)
    arrete = Arrete.objects.order_by("-pk").first()
    assert set(arrete.classements.values_list("territoire__code", "niveau")) == {(CHANGE, "zac"), (INCHANGE, "zac")}
    client.post(url("lignes", arrete), {"acte": "classer", "code": CHANGE, "classe": "zip"})
    client.post(url("lignes", arrete), {"acte": "retirer", "ligne": arrete.classements.get(niveau="zac").pk})
    assert list(arrete.classements.values_list("territoire__code", "niveau")) == [(CHANGE, "zip")]
    page = client.get(url("lignes", arrete))
    assert "Communes de la région sans classe : 1" in read(page)
    client.post(url("lignes", arrete), {"acte": "completer", "classe": "zac"})
    saisie = {"acte": "liste", "liste": f"{CHANGE};ZAC\n{INCHANGE};BLEU", "classe": ""}
    page = client.post(url("lignes", arrete), saisie)
    assert page.status_code == 422
    assert "Ligne 2 : classe « bleu » inconnue" in read(page)
    assert f"{INCHANGE};BLEU</textarea>" in read(page)
    client.post(url("lignes", arrete), saisie | {"liste": f"{CHANGE};ZAC"})
    assert set(arrete.classements.values_list("niveau", flat=True)) == {"zac"}


def test_the_same_file_twice_answers_409_and_leads_to_the_first(client, auteur, brouillon):
    sign_in(client, auteur)
    contenu = f"code INSEE;classe\n{CHANGE};ZIP\n".encode()
    client.post(url("fichier", brouillon), {"fichier": SimpleUploadedFile("a.csv", contenu)})
    page = client.post(url("fichier", brouillon), {"fichier": SimpleUploadedFile("b.csv", b"code;classe\n71076;ZIP")})
    assert (page.status_code, "déjà en cours" in read(page)) == (409, True)
    deliver_here()
    page = client.post(url("fichier", brouillon), {"fichier": SimpleUploadedFile("a.csv", contenu)})
    assert (page.status_code, "a déjà été importé le" in read(page)) == (409, True)
    assert f'href="{url("change", brouillon)}">Ouvrir' in read(page)
    page = client.post(url("fichier", brouillon), {"fichier": SimpleUploadedFile("a.csv", contenu), "motif": MOTIF})
    assert page.status_code == 302


# --- what is asked before


def test_a_period_that_meets_a_later_arrete_is_refused(client, auteur, brouillon):
    ArreteFactory(region_id="27", numero="2028-1", periode=DateRange(bientot() + timedelta(days=30), None))
    sign_in(client, auteur)
    page = client.post(url("proposer", brouillon), {"motif": MOTIF})
    assert page.status_code == 422
    assert "Période en conflit" in read(page)
    assert f"{MOTIF}</textarea>" in read(page)
    page = client.post(url("apercu", brouillon))
    assert (page.status_code, "donnez à celui-ci une date de fin" in read(page)) == (409, True)


@pytest.mark.parametrize("cas", ["passe", "intervalle", "absente"])
def test_the_past_an_interval_or_an_absent_commune_asks_for_a_reason(client, auteur, brouillon, cas):
    if cas == "passe":
        Arrete.objects.filter(pk=brouillon.pk).update(
            periode=DateRange(timezone.localdate() - timedelta(days=1), None)
        )
    elif cas == "intervalle":
        fin = bientot() - timedelta(days=1)
        Arrete.objects.filter(numero="2024-1").update(periode=DateRange(date(2024, 1, 1), fin))
    else:
        brouillon.classements.filter(niveau="zac").delete()
    sign_in(client, auteur)
    page = client.post(url("proposer", brouillon))
    phrases = {
        "passe": "dans le passé",
        "intervalle": "Le zonage précédent se termine",
        "absente": "sans aucune classe",
    }
    assert (page.status_code, phrases[cas] in read(page)) == (422, True)
    brouillon.refresh_from_db()
    assert brouillon.statut == StatutArrete.BROUILLON
    client.post(url("proposer", brouillon), {"motif": MOTIF})
    brouillon.refresh_from_db()
    assert (brouillon.statut, brouillon.motif) == (StatutArrete.PROPOSE, MOTIF)


def test_dates_the_wrong_way_round_are_refused_and_kept(client, auteur, brouillon):
    sign_in(client, auteur)
    page = client.post(url("fiche", brouillon), {"numero": "2027-X", "debut": "2027-03-01", "fin": "2027-02-28"})
    assert page.status_code == 422
    assert "Le dernier jour précède le premier" in read(page)
    assert 'value="2027-X"' in read(page)
    client.post(url("fiche", brouillon), {"numero": "2027-X", "debut": "2027-03-01", "fin": "2027-03-01"})
    brouillon.refresh_from_db()
    assert brouillon.periode == DateRange(date(2027, 3, 1), date(2027, 3, 2))


# --- the preview


def test_the_preview_says_what_the_publication_does(client, auteur, valideur, propose):
    apercu = ApercuArrete.objects.get(arrete=propose).contenu
    assert [(un["code"], un["avant"], un["apres"]) for un in apercu["changements"]] == [(CHANGE, "zac", "zip")]
    region = apercu["parts"][0]
    assert region["communes"] == {"zac": [2, 1], "zip": [0, 1]}
    habitants = region["habitants"]
    assert sum(lus[0] for lus in habitants.values()) == sum(lus[1] for lus in habitants.values())
    assert [part["nom"] for part in apercu["parts"]] == ["Toute la région", "Saône-et-Loire"]
    assert [ferme["nom"] for ferme in apercu["fermes"]] == ["Arrêté 2024-1 (Médecin, région 27)"]
    avant = zone(CHANGE, "medecin", au=bientot()).niveau
    assert avant == "zac"  # nothing of the rehearsal stays
    publish_arrete(propose, par=valideur)
    assert zone(CHANGE, "medecin", au=bientot()).niveau == "zip"


def test_schemes_contracts_and_people_are_counted_on_what_would_be(auteur, brouillon, valideur):
    for numero in range(3):
        follow(f"suivi{numero}@exemple.test", CHANGE, statut="projet")
    follow("ailleurs@exemple.test", INCHANGE, statut="projet")
    follow("autre@exemple.test", "38185", statut="projet")
    propose_brouillon(brouillon, par=auteur, motif=MOTIF)
    sections = {lue["titre"]: lue for lue in compute_apercu(brouillon, par=auteur).contenu["sections"]}
    assert MessageSuivi.objects.count() == 0
    assert sections["Suivis à prévenir"]["nombres"] | {"droits": 0} == {"suivis": 4, "personnes": 3, "droits": 0}
    moves = sections["Dispositifs ouverts et fermés"]["lignes"]
    assert [ligne[:3] for ligne in moves] == [["Zone d'action complémentaire", "Zone d'intervention prioritaire", "1"]]
    publish_arrete(brouillon, par=valideur)
    evaluate_cause("essai", describe_zones("medecin", "27"), au=timezone.localdate())
    assert MessageSuivi.objects.filter(statut="a_envoyer").count() == 3


def count_contrats(arrete, agent):
    sections = {lue["titre"]: lue for lue in compute_apercu(arrete, par=agent).contenu["sections"]}
    return sections["Contrats en cours protégés"]["nombres"]["contrats"]


def test_running_contracts_of_the_communes_that_change_are_counted(auteur, brouillon):
    contrat = make_contrat(Equipe())
    assert contrat.demande.commune_id == CHANGE
    assert count_contrats(brouillon, auteur) == 1
    assert count_contrats(brouillon, make_agent(Role.VALIDEUR, "region:84")) == 0  # out of sight: not counted
    set_lignes(brouillon, [Ligne(CHANGE, "zac"), Ligne(INCHANGE, "zip")], par=auteur)
    assert count_contrats(brouillon, auteur) == 0


def test_the_list_of_the_preview_is_exported_and_holds_no_formula(client, auteur, propose):
    sign_in(client, auteur)
    reponse = client.get(url("apercu", propose), {"format": "csv"})
    texte = b"".join(reponse.streaming_content).decode("utf-8-sig")
    lignes = list(csv.reader(io.StringIO(texte), delimiter=";"))
    assert lignes[0][:2] == ["Code", "Commune"]
    assert (lignes[1][0], lignes[1][4:]) == (
        CHANGE,
        ["Zone d'action complémentaire", "Zone d'intervention prioritaire"],
    )
    annexe = b"".join(client.get(url("annexe", propose)).streaming_content).decode("utf-8-sig")
    assert annexe.splitlines()[0].startswith("Code;Libellé;Zonage médecins")
    assert f"{CHANGE};{CHANGE};1_ZIP" in annexe


def test_two_arretes_are_compared_on_a_page_and_in_a_file(client, auteur, propose):
    sign_in(client, auteur)
    ancien = Arrete.objects.get(numero="2024-1")
    adresse = reverse("admin:zonage_arrete_comparer")
    page = client.get(adresse, {"a": ancien.pk, "b": propose.pk})
    assert "même classe : 1" in read(page)
    fichier = client.get(adresse, {"a": ancien.pk, "b": propose.pk, "format": "csv"})
    assert b"".join(fichier.streaming_content).decode().count("\r\n") == 2
    page = client.get(adresse, {"a": propose.pk, "b": propose.pk})
    assert "classent tout de la même façon" in read(page)
    assert client.get(adresse, {"a": "999999", "b": propose.pk}).status_code == 422


# --- what is confirmed


def test_what_changed_since_the_preview_is_not_published(client, auteur, valideur, propose):
    entree = ApercuArrete.objects.get(arrete=propose).entree
    sign_in(client, valideur)
    page = client.post(url("publier", propose), {"entree": "0" * 64})
    assert (page.status_code, "L’aperçu ne correspond plus" in read(page)) == (409, True)
    ArreteFactory(region_id="27", periode=DateRange(date(2020, 1, 1), date(2021, 1, 1)))
    page = client.post(url("publier", propose), {"entree": entree})
    assert (page.status_code, "L’aperçu ne correspond plus" in read(page)) == (409, True)
    propose.refresh_from_db()
    assert propose.statut == StatutArrete.PROPOSE


def test_who_wrote_or_proposed_does_not_publish_whatever_the_mandats(client, auteur, propose):
    make_mandat(auteur, Role.ADMINISTRATEUR, "national")
    sign_in(client, auteur)
    entree = ApercuArrete.objects.get(arrete=propose).entree
    page = client.post(url("publier", propose), {"entree": entree})
    assert (page.status_code, "une autre personne le publie" in read(page)) == (409, True)
    second = make_agent(Role.ADMINISTRATEUR, "national")
    Arrete.objects.filter(pk=propose.pk).update(auteur=second)
    page = client.post(url("publier", propose), {"entree": entree})
    assert page.status_code == 409
    propose.refresh_from_db()
    assert propose.statut == StatutArrete.PROPOSE


def test_publishing_asks_for_a_fresh_proof(client, valideur, propose):
    client.force_login(valideur)
    entree = ApercuArrete.objects.get(arrete=propose).entree
    page = client.post(url("publier", propose), {"entree": entree})
    assert (page.status_code, "Confirmez que c’est vous" in read(page)) == (403, True)
    propose.refresh_from_db()
    assert propose.statut == StatutArrete.PROPOSE


def test_a_proposal_is_sent_back_with_a_reason(client, auteur, valideur, propose):
    sign_in(client, valideur)
    assert client.post(url("reprendre", propose), {"motif": " "}).status_code == 422
    client.post(url("reprendre", propose), {"motif": "Une commune manque."})
    propose.refresh_from_db()
    assert (propose.statut, propose.propose_par) == (StatutArrete.BROUILLON, None)
    assert client.post(url("reprendre", propose), {"motif": "Encore"}).status_code == 409
    assert "Une commune manque." in read(client.get(url("change", propose)))


def test_publishing_again_sends_nothing_more(client, valideur, propose):
    sign_in(client, valideur)
    entree = ApercuArrete.objects.get(arrete=propose).entree
    envois = Envoi.objects.filter(tache="aides.suivi_zones")
    client.post(url("publier", propose), {"entree": entree})
    assert envois.count() == 1
    assert client.post(url("publier", propose), {"entree": entree}).status_code == 409
    assert envois.count() == 1


# --- who


ACTES = ["fiche", "fichier", "copie", "lignes", "rejets", "apercu", "proposer", "reprendre"]


@pytest.mark.parametrize(
    ("role", "cle"),
    [
        (Role.LECTEUR, "national"),
        (Role.AUDITEUR, "national"),
        (Role.INSTRUCTEUR, "departement:71"),
        (Role.AGENT_CPAM, "departement:71"),
    ],
)
def test_who_does_not_write_for_the_region_reads_and_changes_nothing(client, brouillon, role, cle):
    sign_in(client, make_agent(role, cle))
    for page in ("change", "lignes", "rejets", "apercu", "annexe"):
        assert client.get(url(page, brouillon)).status_code == 200, page
    for page in (*ACTES, "publier", "retirer"):
        assert client.post(url(page, brouillon), {"motif": MOTIF}).status_code == 403, page
    assert client.get(reverse("admin:zonage_arrete_add")).status_code == 403
    brouillon.refresh_from_db()
    assert brouillon.statut == StatutArrete.BROUILLON


def test_the_draft_of_another_region_is_as_if_it_did_not_exist(client, brouillon):
    sign_in(client, make_agent(Role.ADMINISTRATEUR, "region:84"))
    for page in ("change", "lignes", "annexe", "publier"):
        absente = client.get(reverse(f"admin:zonage_arrete_{page}", args=[999_999]))
        assert client.get(url(page, brouillon)).status_code == absente.status_code == 404
    publie = Arrete.objects.get(numero="2024-1")
    assert client.get(url("change", publie)).status_code == 200
    assert "2027-9" not in read(client.get(reverse("admin:zonage_arrete_changelist")))


def test_an_instructor_offers_only_the_regions_of_the_mandat(client, auteur):
    sign_in(client, auteur)
    page = read(client.get(reverse("admin:zonage_arrete_add")))
    assert '<option value="27"' in page
    assert '<option value="84"' not in page
    donnees = {"region": "84", "profession": "medecin", "depart": "fichier", "debut": bientot()}
    assert client.post(reverse("admin:zonage_arrete_add"), donnees).status_code == 422


def test_a_published_arrete_is_rewritten_by_no_page(client, territoire):
    sign_in(client, make_agent(Role.ADMINISTRATEUR, "national"))
    publie = Arrete.objects.get(numero="2024-1")
    adresse = url("lignes", publie)
    assert client.post(adresse, {"acte": "classer", "code": CHANGE, "classe": "zip"}).status_code == 409
    assert client.post(url("fiche", publie), {"numero": "faux", "debut": "2026-01-01"}).status_code == 409
    assert client.post(url("retirer", publie), {"motif": MOTIF}).status_code == 409  # imported, not published here
    assert set(publie.classements.values_list("niveau", flat=True)) == {"zac"}
