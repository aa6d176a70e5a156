"""Bulk acts on files: the preview says which cannot and why, nothing is done unless they are ignored."""

import pytest
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.etats import Statut
from aides.dossiers.relances import TACHE, send_relance
from aides.models import ActeDossier, Demande
from portal.accounts.enums import Role
from portal.core.models import Envoi, Evenement
from tests.people import make_agent, make_commune, make_demande, make_praticien_user

pytestmark = pytest.mark.django_db
MASSE = reverse("admin:aides_demande_masse")
REQUETE = "etat=&tri=recents"


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def agent(client):
    user = make_agent(Role.INSTRUCTEUR, "departement:71", first_name="Ana", last_name="Roy")
    client.force_login(user)
    return user


@pytest.fixture
def titulaire():
    return make_praticien_user("71")


def choose(*demandes: Demande) -> list[str]:
    return [f"{demande.pk}:{demande.version}" for demande in demandes]


def send(client, acte: str, cochees: list[str], **reste):
    return client.post(MASSE, {"acte": acte, "ligne": cochees, "requete": REQUETE, **reste})


def test_nothing_is_done_while_a_row_cannot_unless_it_is_ignored(client, agent, titulaire):
    deposees = [make_demande(titulaire) for _ in range(2)]
    deja = make_demande(titulaire, statut=Statut.RECEVABLE)
    lignes = choose(*deposees, deja)
    apercu = send(client, "recevable", lignes, saisie="1").content.decode()
    assert "2 lignes" in apercu
    assert "Impossible dans l’état" in apercu or "Impossible dans l&#x27;état" in apercu
    refus = send(client, "recevable", lignes, saisie="1", confirmer="1")
    assert refus.status_code == 422
    assert not ActeDossier.objects.exists()
    fait = send(client, "recevable", lignes, saisie="1", confirmer="1", ignorer="on")
    assert fait.status_code == 200
    assert "2 lignes faites" in fait.content.decode()
    assert {d.statut for d in Demande.objects.filter(pk__in=[d.pk for d in deposees])} == {Statut.RECEVABLE}
    assert Evenement.objects.filter(action="declarer_recevable").count() == 2


def test_a_row_changed_since_is_told_and_left_alone(client, agent, titulaire):
    libre, changee = make_demande(titulaire), make_demande(titulaire)
    lignes = choose(libre, changee)
    Demande.objects.filter(pk=changee.pk).update(version=changee.version + 1, message="changé")
    collegue = make_agent(Role.INSTRUCTEUR, "departement:71")
    reste = {"saisie": "1", "instructeur": str(collegue.pk), "confirmer": "1", "ignorer": "on"}
    texte = send(client, "confier", lignes, **reste).content.decode()
    assert "Changée depuis" in texte
    libre.refresh_from_db()
    changee.refresh_from_db()
    assert (libre.instructeur_id, changee.instructeur_id) == (collegue.pk, None)
    assert ActeDossier.objects.count() == 1


def test_a_colleague_of_elsewhere_cannot_be_given_a_file(client, agent, titulaire):
    demande = make_demande(titulaire)
    ailleurs = make_agent(Role.INSTRUCTEUR, "departement:69")
    reponse = send(client, "confier", choose(demande), saisie="1", instructeur=str(ailleurs.pk), confirmer="1")
    assert reponse.status_code == 422
    demande.refresh_from_db()
    assert demande.instructeur_id is None


def test_a_row_that_is_not_seen_is_not_acted_upon_nor_told(client, agent, titulaire):
    ailleurs = make_demande(make_praticien_user("69"), commune=make_commune("69"))
    reponse = send(client, "recevable", choose(ailleurs), saisie="1", confirmer="1", ignorer="on")
    assert ailleurs.numero not in reponse.content.decode()
    ailleurs.refresh_from_db()
    assert ailleurs.statut == Statut.DEPOSEE


def test_all_the_rows_of_the_list_are_chosen_at_once(client, agent, titulaire):
    demandes = [make_demande(titulaire) for _ in range(3)]
    make_demande(titulaire, statut=Statut.RECEVABLE)
    envoi = {"acte": "recevable", "portee": "toutes", "requete": "etat=deposee&tri=recents", "saisie": "1"}
    texte = client.post(MASSE, envoi).content.decode()
    assert "3 lignes peuvent" in texte
    lignes = ",".join(choose(*demandes))
    fait = send(client, "recevable", [], lignes=lignes, saisie="1", confirmer="1").content.decode()
    assert "3 lignes faites" in fait


def test_a_reminder_leaves_once_a_week_and_only_while_it_is_awaited(client, agent, titulaire):
    demande = make_demande(titulaire, statut=Statut.INCOMPLETE)
    assert "1 ligne faite" in send(client, "relancer", choose(demande), confirmer="1").content.decode()
    assert "moins de 7 jours" in send(client, "relancer", choose(demande), confirmer="1").content.decode()
    envoi = Envoi.objects.get(tache=TACHE)
    evenement = Evenement.objects.get(action="relancer")
    assert envoi.arguments == [evenement.pk]
    assert send_relance(evenement.pk)
    Demande.objects.filter(pk=demande.pk).update(
        statut=Statut.DEPOSEE, incomplete_le=None, version=demande.version + 1, modifiee_le=timezone.now()
    )
    assert not send_relance(evenement.pk)


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.AUDITEUR])
def test_who_only_reads_has_no_bulk_act(client, titulaire, role):
    lecteur = make_agent(role, "departement:71")
    demande = make_demande(titulaire)
    client.force_login(lecteur)
    assert (
        "Agir sur plusieurs lignes"
        not in client.get(reverse("admin:aides_demande_changelist"), {"etat": ""}).content.decode()
    )
    assert send(client, "recevable", choose(demande), saisie="1", confirmer="1").status_code == 403


@pytest.mark.parametrize("lignes", [["n'importe quoi"], ["1:2"], [":"], ["a:99999999999"]])
def test_a_sending_that_is_not_ours_is_not_found(client, agent, lignes):
    assert send(client, "recevable", lignes, saisie="1").status_code == 404


def test_nothing_chosen_comes_back_to_the_list(client, agent, titulaire):
    make_demande(titulaire)
    reponse = send(client, "recevable", [])
    assert reponse.status_code == 422
    assert "Cochez au moins une ligne" in reponse.content.decode()
