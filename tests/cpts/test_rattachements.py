"""Claiming a record: the proof, the decision by another person, and answers that tell nothing of other accounts."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from pypdf import PdfWriter

from cpts.enums import StatutRattachement
from cpts.models import LieuExercice, Rattachement
from cpts.services.rattachements import (
    RattachementImpossible,
    ask_rattachement,
    attach_by_psc,
    read_praticien_of,
    refuse_rattachement,
    revoke_rattachement,
    validate_rattachement,
    withdraw_rattachement,
)
from cpts.tasks import rattachement_decide, rattachement_demande
from portal.accounts.enums import Role
from portal.core.models import Document, Envoi, Evenement
from portal.core.models.documents import StatutAnalyse
from tests.people import make_agent, make_commune, make_praticien, make_user

MOI, NEW, RETIRE = "/praticiens/moi/", "/praticiens/moi/demande/", "/praticiens/moi/retirer/"


def make_preuve(nom="preuve.pdf"):
    tampon = BytesIO()
    ecrit = PdfWriter()
    ecrit.add_blank_page(200, 200)
    ecrit.write(tampon)
    return SimpleUploadedFile(nom, tampon.getvalue(), content_type="application/pdf")


@pytest.fixture(autouse=True)
def _reglages(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.MAILLAGE_RATTACHEMENTS_LIMITE = ""


@pytest.fixture
def praticien(db):
    trouve = make_praticien(nom="ESSAI", prenom="Camille")
    LieuExercice.objects.create(
        praticien=trouve, commune=make_commune("71"), cle="R1", mode_exercice="L",
        periode=DateRange(date(2026, 1, 5), None),
    )  # fmt: skip
    return trouve


@pytest.fixture
def user(db):
    return make_user("camille@exemple.fr")


@pytest.fixture
def agent(db):
    return make_agent(Role.INSTRUCTEUR, "departement:71")


def _ask(user, praticien, **champs):
    return ask_rattachement(user, rpps=praticien.pk, preuve=make_preuve(), **champs)


def test_from_the_number_to_the_record(client, user, praticien, agent):
    client.force_login(user)
    reponse = client.post(MOI, {"rpps": f"{praticien.pk[:5]} {praticien.pk[5:]}"})
    assert reponse.status_code == 200
    texte = reponse.content.decode()
    assert "Camille ESSAI" in texte
    assert "Médecin" in texte
    assert "no-store" in reponse["Cache-Control"]
    reponse = client.post(NEW, {"rpps": praticien.pk, "preuve": make_preuve()})
    assert reponse.status_code == 303
    rattachement = Rattachement.objects.get()
    assert (rattachement.statut, rattachement.region_code, rattachement.departement_code) == ("demande", "27", "71")
    assert rattachement.document.proprietaire == user
    assert "à l’étude" in client.get(MOI).content.decode()
    assert read_praticien_of(user) is None
    validate_rattachement(rattachement.pk, par=agent)
    assert read_praticien_of(user) == praticien
    assert "Votre compte est rattaché" in client.get(MOI).content.decode()
    actes = Evenement.objects.filter(objet=f"cpts.rattachement:{rattachement.pk}").order_by("pk")
    assert list(actes.values_list("action", "auteur")) == [("demande", user.pk), ("valide", agent.pk)]
    assert set(Envoi.objects.values_list("tache", flat=True)) == {
        "cpts.rattachement_demande",
        "cpts.rattachement_decide",
    }


def test_the_same_answer_whether_or_not_somebody_else_holds_the_record(client, user, praticien, agent):
    def answers():
        client.force_login(user)
        fiche = client.post(MOI, {"rpps": praticien.pk})
        demande = client.post(NEW, {"rpps": praticien.pk, "preuve": make_preuve()})
        moi = client.get(MOI)
        retour = client.post(RETIRE)
        client.get(MOI)  # the message of the withdrawal is read
        propre = [re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", r.content) for r in (fiche, moi)]
        return propre, demande.status_code, demande["Location"], retour.status_code

    libre = answers()
    autre = make_user()
    validate_rattachement(_ask(autre, praticien).pk, par=agent)
    assert answers() == libre


def test_a_second_holder_is_refused_to_the_agent_with_what_to_do(user, praticien, agent):
    autre = make_user()
    validate_rattachement(_ask(autre, praticien).pk, par=agent)
    seconde = _ask(user, praticien)
    with pytest.raises(RattachementImpossible, match="rattaché à un autre compte"):
        validate_rattachement(seconde.pk, par=agent)
    assert Rattachement.objects.get(pk=seconde.pk).statut == StatutRattachement.DEMANDE
    premiere = Rattachement.objects.get(statut="valide")
    revoke_rattachement(premiere.pk, par=agent, motif="Usurpation signalée")
    validate_rattachement(seconde.pk, par=agent)
    assert (read_praticien_of(user), read_praticien_of(autre)) == (praticien, None)


def test_nobody_decides_their_own(praticien):
    agent = make_agent(Role.INSTRUCTEUR, "departement:71")
    sienne = _ask(agent, praticien)
    with pytest.raises(RattachementImpossible, match="propre demande"):
        validate_rattachement(sienne.pk, par=agent)
    with pytest.raises(RattachementImpossible, match="propre demande"):
        refuse_rattachement(sienne.pk, par=agent, motif="x")


@pytest.mark.parametrize(
    ("role", "perimetre", "message"),
    [
        (Role.INSTRUCTEUR, "departement:21", "n'existe pas, ou n'est pas de votre territoire"),
        (Role.AGENT_CPAM, "departement:71", "n'existe pas, ou n'est pas de votre territoire"),
        (Role.LECTEUR, "departement:71", "Seul un instructeur ou un valideur"),
    ],
)
def test_only_the_agents_of_the_territory_decide(user, praticien, role, perimetre, message):
    demande = _ask(user, praticien)
    with pytest.raises(RattachementImpossible, match=message):
        validate_rattachement(demande.pk, par=make_agent(role, perimetre))
    assert Rattachement.objects.get().statut == "demande"


def test_a_refusal_needs_a_reason_and_another_claim_may_follow(client, user, praticien, agent):
    demande = _ask(user, praticien)
    with pytest.raises(RattachementImpossible, match="Écrivez le motif"):
        refuse_rattachement(demande.pk, par=agent, motif="  ")
    refuse_rattachement(demande.pk, par=agent, motif="Justificatif illisible")
    with pytest.raises(RattachementImpossible, match="plus en attente"):
        validate_rattachement(demande.pk, par=agent)
    client.force_login(user)
    assert "Justificatif illisible" in client.get(MOI).content.decode()
    assert _ask(user, praticien).statut == "demande"


def test_one_claim_at_a_time(client, user, praticien):
    _ask(user, praticien)
    with pytest.raises(RattachementImpossible, match="déjà une demande"):
        _ask(user, make_praticien(), departement="71")
    client.force_login(user)
    assert client.post(NEW, {"rpps": praticien.pk, "preuve": make_preuve()}).status_code == 409
    assert Document.objects.count() == 1
    withdraw_rattachement(user)
    assert Rattachement.objects.get().statut == "retire"
    with pytest.raises(RattachementImpossible):
        withdraw_rattachement(user)


def test_an_infected_proof_is_never_validated(user, praticien, agent):
    demande = _ask(user, praticien)
    Document.objects.update(statut=StatutAnalyse.INFECTE)
    with pytest.raises(RattachementImpossible, match="n'est pas lisible"):
        validate_rattachement(demande.pk, par=agent)


def test_without_a_known_place_the_departement_is_asked(client, user):
    make_commune("71")
    inconnu = make_praticien()
    client.force_login(user)
    assert "Votre département d’exercice" in client.post(MOI, {"rpps": inconnu.pk}).content.decode().replace(
        "&#x27;", "’"
    )
    reponse = client.post(NEW, {"rpps": inconnu.pk, "preuve": make_preuve()})
    assert reponse.status_code == 400
    assert "Choisissez votre département" in reponse.content.decode()
    assert inconnu.pk in reponse.content.decode()
    assert client.post(NEW, {"rpps": inconnu.pk, "preuve": make_preuve(), "departement": "71"}).status_code == 303
    assert Rattachement.objects.get().departement_code == "71"


@pytest.mark.parametrize(
    ("rpps", "message"),
    [
        ("", "Saisissez votre numéro"),
        ("123", "onze chiffres"),
        ("1000000000a", "onze chiffres"),
        ("99999999999", "d’aucun"),
    ],
)
def test_a_number_that_is_not_one_is_said_and_kept(client, user, rpps, message):
    client.force_login(user)
    reponse = client.post(MOI, {"rpps": rpps})
    texte = reponse.content.decode().replace("&#x27;", "’").replace("d'aucun", "d’aucun")
    assert reponse.status_code == 400
    assert message in texte
    assert not rpps or f'value="{rpps}"' in texte


def test_a_file_that_is_not_a_proof_is_refused(client, user, praticien):
    client.force_login(user)
    piege = SimpleUploadedFile("preuve.pdf", b"MZ\x90programme", content_type="application/pdf")
    reponse = client.post(NEW, {"rpps": praticien.pk, "preuve": piege})
    assert reponse.status_code == 400
    assert not Rattachement.objects.exists()
    assert not Document.objects.exists()
    assert "Joignez un justificatif" in client.post(NEW, {"rpps": praticien.pk}).content.decode()


def test_ten_numbers_an_hour(client, user, settings):
    settings.MAILLAGE_RATTACHEMENTS_LIMITE = "10/h"
    client.force_login(user)
    statuts = [client.post(MOI, {"rpps": f"9000000000{rang % 10}"}).status_code for rang in range(11)]
    assert statuts == [400] * 10 + [429]
    reponse = client.post(NEW, {"rpps": "90000000000"})
    assert reponse.status_code == 429
    assert int(reponse["Retry-After"]) > 0
    client.force_login(make_user())
    assert client.post(MOI, {"rpps": "90000000000"}).status_code == 400


def test_signing_in_is_asked_for(client, db):
    for adresse in (MOI, NEW):
        assert client.get(adresse).status_code == 302
    assert client.post(RETIRE).status_code == 302


# --- Pro Santé Connect


def test_psc_attaches_at_once_and_writes_once(user, praticien):
    premier = attach_by_psc(user, rpps=praticien.pk, professions=["10"])
    assert (premier.statut, premier.document, premier.departement_code) == ("valide", None, "71")
    assert attach_by_psc(user, rpps=praticien.pk) == premier
    assert Evenement.objects.count() == 1


def test_psc_takes_the_place_of_a_claim_that_waits(user, praticien):
    _ask(user, make_praticien(), departement=make_commune("71").departement_id)
    assert attach_by_psc(user, rpps=praticien.pk).statut == "valide"
    assert sorted(Rattachement.objects.values_list("statut", flat=True)) == ["retire", "valide"]


def test_psc_never_takes_the_record_of_another_account(user, praticien):
    autre = make_user()
    attach_by_psc(autre, rpps=praticien.pk)
    assert attach_by_psc(user, rpps=praticien.pk) is None
    assert attach_by_psc(user, rpps=praticien.pk) is None
    assert (read_praticien_of(user), read_praticien_of(autre)) == (None, praticien)
    refus = Evenement.objects.get(action="rattachement_refuse")
    assert refus.details == {"moyen": "psc", "raison": "praticien_deja_rattache"}
    assert attach_by_psc(autre, rpps=make_praticien().pk) is None
    assert attach_by_psc(user, rpps="90000000000") is None


# --- mail


def test_the_agents_then_the_person_are_told_without_a_name(user, praticien, agent):
    make_agent(Role.INSTRUCTEUR, "departement:21")
    demande = _ask(user, praticien)
    rattachement_demande.fonction(demande.pk)
    assert [m.to for m in mail.outbox] == [[agent.email]]
    refuse_rattachement(demande.pk, par=agent, motif="Photo floue")
    rattachement_decide.fonction(demande.pk)
    assert mail.outbox[1].to == [user.email]
    assert "Photo floue" in mail.outbox[1].body
    rattachement_demande.fonction(demande.pk)
    assert len(mail.outbox) == 2
    for courriel in mail.outbox:
        assert praticien.pk not in courriel.body
        assert "ESSAI" not in courriel.body


# --- administration


def test_the_agent_reads_the_proof_and_decides_in_the_administration(client, user, praticien, agent):
    demande = _ask(user, praticien)
    client.force_login(agent)
    liste = client.get(reverse("admin:cpts_rattachement_changelist")).content.decode()
    assert praticien.pk in liste
    adresse = reverse("admin:cpts_rattachement_change", args=[demande.pk])
    page = client.get(adresse).content.decode()
    assert "Camille ESSAI" in page
    assert "camille@exemple.fr" in page
    preuve = client.get(reverse("admin:cpts_rattachement_preuve", args=[demande.pk]))
    assert preuve.status_code == 200
    assert preuve.content.startswith(b"%PDF")
    refus = client.post(adresse, {"acte": "refuser", "motif": ""})
    assert refus.status_code == 409
    assert "Écrivez le motif" in refus.content.decode()
    refus = client.post(adresse, {"acte": "refuser", "motif": "m" * 301})
    assert refus.status_code == 409
    assert "m" * 301 in refus.content.decode()
    assert client.post(adresse, {"acte": "valider"}).status_code == 302
    assert read_praticien_of(user) == praticien
    assert praticien.pk not in client.get(reverse("admin:cpts_rattachement_changelist")).content.decode()
    assert (
        praticien.pk in client.get(reverse("admin:cpts_rattachement_changelist") + "?statut=toutes").content.decode()
    )


@pytest.mark.parametrize("perimetre", ["departement:21", "region:84"])
def test_what_is_elsewhere_does_not_exist(client, user, praticien, perimetre):
    demande = _ask(user, praticien)
    client.force_login(make_agent(Role.VALIDEUR, perimetre))
    for nom in ("change", "preuve"):
        assert client.get(reverse(f"admin:cpts_rattachement_{nom}", args=[demande.pk])).status_code == 404
    adresse = reverse("admin:cpts_rattachement_change", args=[demande.pk])
    assert client.post(adresse, {"acte": "valider"}).status_code == 404
    assert client.get(reverse("admin:cpts_rattachement_change", args=[demande.pk + 1000])).status_code == 404
    assert praticien.pk not in client.get(reverse("admin:cpts_rattachement_changelist")).content.decode()


def test_a_reader_sees_neither_the_proof_nor_the_buttons(client, user, praticien):
    demande = _ask(user, praticien)
    client.force_login(make_agent(Role.LECTEUR, "departement:71"))
    page = client.get(reverse("admin:cpts_rattachement_change", args=[demande.pk]))
    assert page.status_code == 200
    assert 'value="valider"' not in page.content.decode()
    assert client.get(reverse("admin:cpts_rattachement_preuve", args=[demande.pk])).status_code == 404
