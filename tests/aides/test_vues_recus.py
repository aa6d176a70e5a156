"""The pages of receipts: what is kept, for whom, how it is found again, and what is refused."""

import re
import time
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from aides import rejeux, services
from aides.catalogue import catalogue
from aides.codes_recus import format_code, new_code
from aides.models import ArchiveRegle, Recu
from aides.recus import load_contenu
from aides.services_recus import (
    read_recu,
)
from aides.views import recus
from tests.aides.recus_essai import REPONSE, keep, tamper


@pytest.fixture
def sans_limite(settings):
    settings.MAILLAGE_RECUS_LIMITE = ""


@pytest.fixture(autouse=True)
def _forget_evaluations():
    yield
    services._evaluate.cache_clear()
    rejeux.load_archivee.cache_clear()


# Keeping


@pytest.mark.django_db
def test_a_receipt_holds_facts_and_no_more(territoire_verifier, client, sans_limite):
    page = client.get(f"/recus/nouveau/?{REPONSE}&lieu=12+rue+de+la+Paix+71100+Chalon")
    post(client, page)
    contenu = load_contenu(Recu.objects.get().contenu)
    assert "Paix" not in Recu.objects.get().contenu
    assert set(contenu) == {
        "format", "au", "commune", "situation", "nsp", "zones", "catalogue", "regles", "decision", "affichage"
    }  # fmt: skip
    assert set(contenu["regles"]) == {dispositif.code for dispositif in catalogue().dispositifs}
    assert ArchiveRegle.objects.filter(pk__in=contenu["regles"].values()).count() == len(contenu["regles"])


def post(client, page, envoi=None):
    return client.post(page.context["action"], {"envoi": envoi or page.context["envoi"]})


@pytest.mark.django_db
def test_sending_twice_keeps_once_and_sending_other_answers_keeps_another(territoire_verifier, client, sans_limite):
    page = client.get(f"/recus/nouveau/?{REPONSE}")
    une, deux = post(client, page), post(client, page)
    assert une.status_code == deux.status_code == 303
    assert une["Location"] == deux["Location"]
    autre = client.get(f"/recus/nouveau/?{REPONSE.replace('pdsa=oui', 'pdsa=non')}")
    assert post(client, autre, page.context["envoi"])["Location"] != une["Location"]
    assert list(Recu.objects.values_list("rang", flat=True)) == [1, 2]


@pytest.mark.django_db
def test_the_form_needs_its_token_and_sets_no_session(territoire_verifier, sans_limite):
    client = Client(enforce_csrf_checks=True)
    page = client.get(f"/recus/nouveau/?{REPONSE}")
    assert set(client.cookies) == {"csrftoken"}
    assert post(client, page).status_code == 403
    jeton = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    suite = client.post(page.context["action"], {"envoi": page.context["envoi"], "csrfmiddlewaretoken": jeton})
    assert suite.status_code == 303
    lue = client.get(suite["Location"])
    assert "no-store" in lue["Cache-Control"]
    assert "noindex" in lue["X-Robots-Tag"]
    assert set(client.cookies) == {"csrftoken"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("adresse", "statut"),
    [
        ("/recus/nouveau/", 302),
        ("/recus/nouveau/?commune=71333", 302),
        (f"/recus/nouveau/?{REPONSE}&age=abc", 400),
        (f"/recus/nouveau/?{REPONSE.replace('2025-12-31', '1900-01-01')}", 400),
    ],
)
def test_an_answer_not_complete_is_not_kept(territoire_verifier, client, sans_limite, adresse, statut):
    assert client.get(adresse).status_code == statut
    assert client.post(adresse, {"envoi": "x" * 20}).status_code == statut
    assert not Recu.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("envoi", ["", "court", "x" * 65, "é" * 20, "a\x00" * 10])
def test_a_form_without_its_key_is_refused(territoire_verifier, client, sans_limite, envoi):
    reponse = client.post(f"/recus/nouveau/?{REPONSE}", {"envoi": envoi})
    assert reponse.status_code == 400
    assert not Recu.objects.exists()


@pytest.mark.django_db
def test_an_address_keeps_a_bounded_number(territoire_verifier, client, settings):
    settings.MAILLAGE_RECUS_LIMITE = "2/h"
    recus._compteur.cache_clear()
    adresse = f"192.0.2.{int(time.time()) % 250}"
    with time_machine.travel(datetime.now(UTC), tick=False):
        statuts = []
        for rang in range(3):
            page = client.get(f"/recus/nouveau/?{REPONSE}")
            suite = client.post(
                page.context["action"], {"envoi": f"{time.time_ns()}-envoi-{rang}"}, REMOTE_ADDR=adresse
            )
            statuts.append(suite.status_code)
    assert statuts == [303, 303, 429]
    assert "Réessayez dans" in suite.content.decode()
    assert int(suite["Retry-After"]) > 0
    assert Recu.objects.count() == 2


# Reading


@pytest.mark.django_db
def test_a_code_typed_badly_still_leads_to_its_receipt(territoire_verifier, client, sans_limite):
    code = format_code(keep().code)
    for texte in (code, code.lower(), code.replace("-", " "), code.replace("0", "O").replace("1", "I")):
        reponse = client.get("/recus/", {"code": texte})
        assert (reponse.status_code, reponse["Location"]) == (302, f"/recus/{code}/")
    assert client.get(f"/recus/{code.lower().replace('-', '')}/")["Location"] == f"/recus/{code}/"


@pytest.mark.django_db
@pytest.mark.parametrize("texte", ["", "ABC", "U" * 20, "0" * 19 + "1"])
def test_a_wrong_code_is_explained(client, texte):
    page = client.get("/recus/", {"code": texte})
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()
    if texte:
        perdue = client.get(f"/recus/{texte}/")
        assert perdue.status_code == 404
        assert "Ce n&#x27;est pas un code de reçu" in perdue.content.decode()


@pytest.mark.django_db
def test_a_code_of_nobody_is_a_helpful_404(client):
    code = format_code(new_code())
    for adresse in (f"/recus/{code}/", f"/recus/{code}/pdf/"):
        page = client.get(adresse)
        assert page.status_code == 404
        assert "aucun reçu de ce portail ne le porte" in page.content.decode()


@pytest.mark.django_db
def test_an_altered_receipt_shows_nothing(territoire_verifier, client):
    recu = keep()
    code = format_code(recu.code)
    tamper("UPDATE aides_recu SET contenu = replace(contenu, '43750.00', '99999.00')")
    for adresse in (f"/recus/{code}/", f"/recus/{code}/pdf/"):
        page = client.get(adresse)
        assert page.status_code == 409
        texte = page.content.decode()
        assert "Ce reçu est refusé" in texte
        assert "99" + "\u202f" + "999" not in texte
        assert "Contrat d" not in texte
    lue = read_recu(code)
    assert not lue["juste"]
    assert "contenu" not in lue


@pytest.mark.django_db
def test_the_page_and_the_pdf_say_what_was_kept(territoire_verifier, client):
    recu = keep()
    code = format_code(recu.code)
    texte = client.get(f"/recus/{code}/").content.decode()
    attendus = [code, "Reçu authentique", "Rejeu identique", "43\u202f750", "Montceau (71)", "31 décembre 2025"]
    attendus += ["Convention médicale du 25 août 2016", "22 novembre 2026 à 2\u00a0h\u00a000", recu.empreinte]
    for attendu in attendus:
        assert attendu in texte, attendu
    pdf = client.get(f"/recus/{code}/pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert "no-store" in pdf["Cache-Control"]
    assert code not in pdf["Content-Disposition"]
    assert pdf.content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf.content)) == 1
    assert b"StructTreeRoot" in pdf.content


def test_every_answer_page_offers_to_keep_it(territoire_verifier, client):
    caches["pages"].clear()
    page = client.get(f"/aides/verifier/resultat/?{REPONSE}").content.decode()
    lien = re.search(r'href="(/recus/nouveau/\?[^"]+)"', page)[1]
    assert "commune=71333" in lien
    assert "au=2025-12-31" in lien
