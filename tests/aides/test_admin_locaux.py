"""Local schemes in the administration: a rule written by sections, without scripts, then published by two persons."""

import re
from html import unescape
from io import StringIO

import pytest
import yaml
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aides.catalogue import DOSSIER, follow_locaux
from aides.models import RedactionLocale
from aides.regles.canonique import dump_canonique, dump_lisible
from aides.regles.chargement import Lecteur
from aides.regles.ecriture import RegleInvalide
from aides.regles.lignes import Ligne, build_racine, list_racine
from aides.regles.lignes_montants import LigneMontant, build_montant, list_montant
from aides.services_locaux import create_redaction
from portal.accounts.enums import Role
from tests.aides.redactions import build_texte, publish
from tests.aides.test_regles_locales import AU
from tests.people import make_agent
from tests.zonage.factories import CommuneFactory, DepartementFactory
from tests.zonage.factories_zonage import UserFactory

pytestmark = pytest.mark.django_db
FICHIERS = sorted(fichier.stem for fichier in DOSSIER.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _suivi(db):
    CommuneFactory(code_insee="71076", departement=DepartementFactory(code="71"))
    with follow_locaux():
        yield


def connecte(client, *droits, tout=False, role=Role.LECTEUR):
    agent = make_agent(role, "national", is_superuser=tout)
    agent.user_permissions.add(*Permission.objects.filter(codename__in=droits))
    client.force_login(agent)
    return agent


def url(nom, redaction, *suite):
    return reverse(f"admin:aides_redactionlocale_{nom}", args=[redaction.pk, *suite])


def read_champs(page):
    """Every field of the first POST form of the page, as a browser would send it untouched."""
    html = page.content.decode()
    forme = html[html.index('id="regle"') : html.index("</form>", html.index('id="regle"'))]
    champs = {}
    for nom, valeur in re.findall(
        r'<input type="(?:hidden|text|number|date)" name="([^"]+)"(?: value="([^"]*)")?', forme
    ):
        champs[nom] = valeur
    for nom, corps in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', forme, re.S):
        champs[nom] = corps
    for nom, corps in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', forme, re.S):
        champs[nom] = next(
            iter(re.findall(r'value="([^"]*)" selected', corps) + re.findall(r'value="([^"]*)"', corps))
        )
    coches = re.findall(r'<input type="checkbox" name="(professions)" value="([^"]*)"[^>]*checked', forme)
    champs |= {"professions": [valeur for _, valeur in coches]} if coches else {}
    champs.pop("csrfmiddlewaretoken", None)
    return {nom: unescape(valeur) if isinstance(valeur, str) else valeur for nom, valeur in champs.items()}


@pytest.mark.parametrize("nom", ["identite", "references", "periodes", "conditions", "montants", "textes"])
def test_a_section_sent_back_untouched_changes_nothing(client, nom):
    connecte(client, tout=True)
    redaction = create_redaction(build_texte(), par=UserFactory())
    page = client.get(url("section", redaction, nom))
    assert page.status_code == 200
    reponse = client.post(url("section", redaction, nom), read_champs(page))
    assert reponse.status_code == 302, reponse.content.decode()
    avant = redaction.empreinte
    redaction.refresh_from_db()
    assert redaction.brut == build_texte()
    assert (redaction.empreinte == avant) or dump_canonique(redaction.brut) != dump_canonique(build_texte())


def test_a_rule_is_written_from_nothing_by_its_sections(client):
    """An agent without YAML: six forms, then the page says that the rule is complete, and it is proposed."""
    connecte(client, tout=True)
    client.post(reverse("admin:aides_redactionlocale_add"), {"code": "bourse_71", "nom": "Bourse du département"})
    redaction = RedactionLocale.objects.get()
    page = client.get(url("change", redaction)).content.decode()
    assert "Démarche :" in page or "Nom court" in page or "nom court" in page.lower()

    def write(nom, **champs):
        page = client.get(url("section", redaction, nom))
        reponse = client.post(url("section", redaction, nom), read_champs(page) | champs)
        assert reponse.status_code == 302, re.findall(
            r"fr-alert--error.*?</div>|fr-error-text[^<]*<", reponse.content.decode()
        )

    write(
        "identite",
        sigle="Bourse 71",
        resume="Une aide du département.",
        payeur="Département",
        guichet="collectivite",
        demarche="Écrivez au département.",
        professions=["medecin"],
        **{"lieux-0-genre": "departement", "lieux-0-cle": "71"},
    )
    write(
        "references",
        **{
            "references-0-code": "delib",
            "references-0-texte": "Délibération",
            "references-0-verifie_le": "2026-02-01",
        },
    )
    write(
        "periodes",
        **{
            "periodes-0-code": "2026",
            "periodes-0-ouvert_du": "2026-01-01",
            "periodes-0-reference_ouverture": "delib",
            "periodes-0-duree_texte": "Un seul versement.",
            "periodes-0-duree_reference": "delib",
            "periodes-0-renouvellement_texte": "Non renouvelable.",
            "periodes-0-renouvellement_reference": "delib",
        },
    )
    write(
        "conditions",
        **{
            "conditions-0-type": "zone",
            "conditions-0-valeur": "zip, zac",
            "conditions-0-libelle": "Commune en ZIP ou en ZAC",
            "conditions-0-reference": "delib",
        },
    )
    write(
        "montants",
        **{
            "montants-0-libelle": "Bourse",
            "montants-0-type": "par_zone",
            "montants-0-detail": "zip = 12 000,50\nzac = 6000",
            "montants-0-reference": "delib",
        },
    )
    page = client.get(url("change", redaction)).content.decode()
    assert "La règle est complète" in page, re.findall("fr-error-text[^<]*<", page)
    assert "12\u202f000,5" in page
    assert "(département 71)" in page
    client.post(url("acte", redaction, "proposer"))
    redaction.refresh_from_db()
    assert redaction.statut == "proposee"


def test_the_preview_writes_nothing_and_says_where_the_fault_is(client):
    connecte(client, tout=True)
    redaction = create_redaction(build_texte(), par=UserFactory())
    adresse = url("section", redaction, "conditions")
    champs = read_champs(client.get(adresse)) | {"conditions-0-libelle": "Exercer la médecine"}
    for reponse in (
        client.post(adresse, champs | {"previsualiser": "1"}),
        client.post(url("apercu", redaction, "conditions"), champs),
    ):
        assert reponse.status_code == 200
        assert "Exercer la médecine" in reponse.content.decode()
    vide = client.post(url("apercu", redaction, "conditions"), champs | {"conditions-0-libelle": ""})
    assert "Période 1, conditions, condition 1" in vide.content.decode()
    redaction.refresh_from_db()
    assert redaction.brut == build_texte()


@pytest.mark.parametrize("geste", ["valider", "refuser", "retirer"])
def test_who_may_write_may_not_decide(client, geste):
    auteur = connecte(client, role=Role.INSTRUCTEUR)
    redaction = create_redaction(build_texte(), par=auteur)
    client.post(url("acte", redaction, "proposer"))
    assert client.post(url("acte", redaction, geste), {"motif": "essai"}).status_code == 403
    redaction.refresh_from_db()
    assert redaction.statut == "proposee"


def test_who_may_only_read_writes_nothing(client):
    redaction = create_redaction(build_texte(), par=UserFactory())
    connecte(client, "add_redactionlocale", "change_redactionlocale")  # the table of roles does not read these
    assert client.get(url("change", redaction)).status_code == 200
    assert client.get(url("section", redaction, "identite")).status_code == 403
    assert client.post(url("json", redaction), {"contenu": "{}"}).status_code == 403
    assert client.post(url("acte", redaction, "proposer")).status_code == 403
    assert client.get(reverse("admin:aides_redactionlocale_add")).status_code == 403
    client.force_login(UserFactory(is_staff=True))
    assert client.get(url("change", redaction), follow=True).status_code == 403
    client.logout()
    assert client.get(url("change", redaction)).status_code == 302


def test_from_the_draft_to_the_public_page(client):
    connecte(client, tout=True)
    redaction = create_redaction(build_texte(), par=UserFactory())
    client.post(url("acte", redaction, "proposer"))
    refus = client.post(url("acte", redaction, "valider"), follow=True)
    assert "demandez à une autre personne" in refus.content.decode()
    assert client.get("/aides/dispositifs/bourse_71/").status_code == 404
    connecte(client, "validate_redactionlocale")
    client.post(url("acte", redaction, "valider"))
    assert "Bourse d&#x27;installation du département" in client.get("/aides/dispositifs/bourse_71/").content.decode()
    liste = client.get("/aides/dispositifs/?profession=medecin").content.decode()
    assert "Bourse d&#x27;installation du département" in liste
    client.post(url("acte", redaction, "retirer"), {"motif": "Publiée par erreur"})
    assert client.get("/aides/dispositifs/bourse_71/").status_code == 404


def test_a_published_rule_is_duplicated_never_edited(client):
    connecte(client, tout=True)
    redaction = publish(build_texte(), AU)
    assert client.get(url("section", redaction, "identite")).status_code == 403
    client.post(url("acte", redaction, "dupliquer"))
    suite = RedactionLocale.objects.get(numero=2)
    assert (suite.statut, suite.empreinte) == ("brouillon", redaction.empreinte)
    page = client.get(url("comparer", suite)).content.decode()
    assert "De la rédaction 1 à la rédaction 2" in page
    assert client.get(url("essai", suite), {"profession": "medecin", "au": "2026-06-01"}).status_code == 200


def test_the_trial_gives_a_verdict_and_its_proof(client):
    connecte(client, tout=True)
    redaction = create_redaction(build_texte(), par=UserFactory())
    oui = client.get(url("essai", redaction), {"profession": "medecin", "au": "2026-06-01"}).content.decode()
    assert "Éligible : 1\u202f500,5" in oui
    assert "Être médecin" in oui
    non = client.get(url("essai", redaction), {"profession": "medecin", "au": "2026-06-01", "dehors": "1"})
    assert "Non éligible" in non.content.decode()
    avant = client.get(url("essai", redaction), {"au": "2020-01-01"}).content.decode()
    assert "Aucune période n&#x27;est ouverte" in avant


def test_json_out_and_in_keeps_the_digest(client, tmp_path):
    agent = connecte(client, tout=True)
    redaction = publish(build_texte(), AU)
    corps = client.get(url("exporter", redaction)).content
    fichier = tmp_path / "bourse.json"
    sortie = StringIO()
    call_command("export_dispositif", "bourse_71", stdout=sortie)
    fichier.write_text(sortie.getvalue(), encoding="utf-8")
    assert sortie.getvalue().strip() == corps.decode().strip()
    call_command("import_dispositif", str(fichier), auteur=agent.pk, stdout=StringIO())
    assert RedactionLocale.objects.get(numero=2).empreinte == redaction.empreinte
    client.post(url("acte", RedactionLocale.objects.get(numero=2), "supprimer"))
    client.post(reverse("admin:aides_redactionlocale_add"), {"fichier": SimpleUploadedFile("b.json", corps)})
    assert RedactionLocale.objects.get(numero=2).empreinte == redaction.empreinte


@pytest.mark.parametrize(
    "contenu", ["{", "[]", '{"code": "bourse_71"}', dump_lisible(build_texte(perimetre=["departement:99"]))]
)
def test_a_bad_json_is_refused_and_nothing_is_written(client, contenu, tmp_path):
    agent = connecte(client, tout=True)
    redaction = create_redaction(build_texte(), par=agent)
    reponse = client.post(url("json", redaction), {"contenu": contenu, "lue": redaction.empreinte})
    assert reponse.status_code == 400
    assert "Rien n&#x27;est enregistré" in reponse.content.decode()
    fichier = tmp_path / "faux.json"
    fichier.write_text(contenu, encoding="utf-8")
    with pytest.raises(CommandError, match="Rien n'est écrit"):
        call_command("import_dispositif", str(fichier), auteur=agent.pk)
    assert RedactionLocale.objects.get().empreinte == redaction.empreinte


def test_the_list_costs_the_same_queries_for_one_row_and_for_four(client):
    connecte(client, tout=True)
    adresse = reverse("admin:aides_redactionlocale_changelist")
    comptes = []
    for codes in (("un_71",), ("deux_71", "trois_71", "quatre_71")):
        for code in codes:
            publish(build_texte(code=code), AU)
        client.get(adresse)
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(adresse).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1] <= 14


@pytest.mark.parametrize("code", FICHIERS)
def test_rows_lose_nothing_of_the_national_rules(code):
    brut = yaml.load((DOSSIER / f"{code}.yaml").read_text(encoding="utf-8"), Loader=Lecteur)
    for nom, definition in brut.get("definitions", {}).items():
        assert build_racine(list_racine({"tous": [definition]})) == {"tous": [definition]}, nom
    for version in brut["versions"]:
        conditions = version["conditions"]
        attendu = conditions if set(conditions) == {"tous"} else {"tous": [conditions]}
        assert build_racine(list_racine(conditions)) == attendu
        for rang, composante in enumerate(version["montant"]["composantes"]):
            assert build_montant(list_montant(composante), composante, rang) == composante


@pytest.mark.parametrize(
    ("lignes", "motif"),
    [
        ([Ligne("zone", niveau=1, valeur="zip")], "trop décalée"),
        ([Ligne("un_de")], "ce groupe est vide"),
        ([Ligne("non"), Ligne("zone", 1, valeur="zip"), Ligne("zone", 1, valeur="zac")], "une seule condition"),
        ([Ligne("est", fait="age", valeur="douze")], "n'est pas un nombre"),
        ([Ligne("est", fait="pdsa", valeur="peut-être")], "oui ou par non"),
        ([Ligne("est", valeur="oui")], "choisissez le fait"),
        ([Ligne("zone")], "écrivez la valeur"),
    ],
)
def test_a_wrong_row_is_named_in_french(lignes, motif):
    with pytest.raises(RegleInvalide, match=motif) as refus:
        build_racine(lignes)
    assert refus.value.chemin.startswith("ligne ")


@pytest.mark.parametrize(
    ("ligne", "motif"),
    [
        (LigneMontant("forfait", montant="beaucoup"), "n'est pas un nombre"),
        (LigneMontant("par_zone", detail="zip 5000"), "écrivez une ligne comme"),
        (LigneMontant("par_tranche", detail="0 = 5"), "choisissez le fait"),
        (LigneMontant(""), "comment le montant se calcule"),
    ],
)
def test_a_wrong_amount_is_named_in_french(ligne, motif):
    with pytest.raises(RegleInvalide, match=motif):
        build_montant(ligne, {}, 0)
