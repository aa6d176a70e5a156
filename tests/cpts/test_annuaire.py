"""The public directory and the administration of structures: what is shown, to whom, at what cost."""

import re

import pytest
from django.urls import reverse

from cpts.models import PropositionFiness, Structure
from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import make_finess, make_structure
from tests.people import make_agent, make_commune


@pytest.fixture
def tournus(db):
    return make_commune(code_insee="71543", nom="Tournus", longitude=4.91, latitude=46.56, population=5_500)


def test_the_list_shows_what_lives_and_filters_the_rest(client, tournus):
    vue = make_structure("ouverte", nom="MSP des Essais", commune=tournus, longitude=4.91, latitude=46.56)
    make_structure("projet_valide", nom="MSP à ouvrir", commune=tournus)
    make_structure("fermee", nom="MSP close", commune=tournus)
    make_structure("candidate", "hopital_proximite", nom="Hôpital", commune=tournus)
    page = client.get("/structures/").content.decode()
    assert "MSP des Essais" in page
    assert "MSP close" not in page
    for requete, noms in {
        "etat=a_ouvrir": ["MSP à ouvrir"],
        "etat=ouvertes": ["MSP des Essais"],
        "etat=finies": ["MSP close"],
        "type=hopital_proximite": ["Hôpital"],
        "q=tourn": ["Hôpital", "MSP des Essais", "MSP à ouvrir"],
        "q=essais&departement=71": ["MSP des Essais"],
        "departement=71&tri=-nom": ["MSP à ouvrir", "MSP des Essais", "Hôpital"],
    }.items():
        page = client.get(f"/structures/?{requete}").content.decode()
        trouves = re.findall(r'<th scope="row"><a href="/structures/\d+/">([^<]+)</a>', page)
        assert sorted(trouves) == sorted(noms), requete
    page = client.get("/structures/?departement=71").content.decode()
    assert f'href="/structures/{vue.pk}/" aria-label="MSP des Essais, Tournus : ouvert"' in page
    assert "2 de la liste" in page


@pytest.mark.parametrize("requete", ["region=99", "departement=7", "type=hotel", "etat=perdu", "q=" + "a" * 101])
def test_a_wrong_value_is_named_and_the_list_is_shown(client, tournus, requete):
    reponse = client.get(f"/structures/?{requete}")
    assert reponse.status_code == 400
    assert "n’a pas été comprise" in reponse.content.decode()
    assert client.get(f"/structures/liste.csv?{requete}").status_code == 400


@pytest.mark.parametrize(
    "requete", ["page=abc", "page=0", "page=999999", "tri=drop", "q=%25", "cpts=absente", "page="]
)
def test_an_odd_address_is_answered(client, tournus, requete):
    assert client.get(f"/structures/?{requete}").status_code == 200


def test_no_session_no_cookie_and_the_same_page_for_all(client, tournus):
    make_structure("ouverte", commune=tournus)
    cpts = make_cpts("71-essai", "aci_signe", [tournus])
    adresses = ["/structures/", f"/structures/{Structure.objects.get().pk}/", "/cpts/", f"/cpts/{cpts.code}/"]
    anonymes = [client.get(adresse).content for adresse in adresses]
    client.force_login(make_agent("instructeur"))
    for adresse, attendue in zip(adresses, anonymes, strict=True):
        reponse = client.get(adresse)
        assert reponse.content == attendue
        assert not reponse.cookies
        assert "public" in reponse["Cache-Control"]


@pytest.mark.parametrize("adresse", ["/structures/?departement=71", "/structures/", "/cpts/?departement=71", "/cpts/"])
def test_a_list_costs_a_fixed_number_of_queries(client, tournus, django_assert_max_num_queries, adresse):
    for rang in range(60):
        cpts = make_cpts(f"71-essai-{rang}", "aci_signe", [tournus] if rang < 2 else [])
        make_structure("ouverte", commune=tournus, longitude=4.91, latitude=46.56, cpts=cpts)
    with django_assert_max_num_queries(10):
        assert client.get(adresse).status_code == 200


def test_the_table_is_the_list(client, tournus):
    cpts = make_cpts("71-essai", "aci_signe", [tournus])
    make_structure("aci_signe", nom="=MSP", commune=tournus, cpts=cpts, demonstration=True)
    lignes = b"".join(client.get("/structures/liste.csv?departement=71")).decode("utf-8-sig").splitlines()
    assert len(lignes) == 2
    assert "'=MSP" in lignes[1] or '"=MSP' not in lignes[1]
    assert lignes[1].endswith("oui")
    lignes = b"".join(client.get("/cpts/liste.csv")).decode("utf-8-sig").splitlines()
    assert lignes[1].startswith("71-essai;")
    assert ";5500;2023;" in lignes[1]


def test_a_cpts_shows_its_territory_and_its_structures_and_nobody(client, tournus):
    cpts = make_cpts("71-essai", "aci_signe", [tournus], nom="CPTS d'essai", demonstration=True)
    make_structure("ouverte", nom="MSP du lieu", commune=tournus, cpts=cpts)
    page = client.get("/cpts/71-essai/").content.decode()
    for attendu in ("Tournus", "5 500", "27 septembre 2024", "MSP du lieu", "Exemple inventé", "1 commune,"):
        assert attendu in page.replace("\u202f", " ").replace("\xa0", " "), attendu
    assert 'class="m-cpts-forme" href="/cpts/71-essai/"' in client.get("/cpts/?departement=71").content.decode()
    assert client.get("/cpts/71-absente/").status_code == 404
    assert client.get("/structures/999999/").status_code == 404


# --- the administration


@pytest.fixture
def agent(client, db):
    agent = make_agent("instructeur", "departement:71", first_name="Ada", last_name="Essai")
    client.force_login(agent)
    return agent


def open_msp(client, msp, **champs):
    donnees = {"ouvrir-version": msp.version, "ouvrir-jour": "2026-01-05", "ouvrir-finess": make_finess(1), **champs}
    return client.post(reverse("admin:cpts_structure_acte", args=[msp.pk, "ouvrir"]), donnees)


def test_an_agent_finds_the_24_opens_one_and_is_refused_the_second_time(client, agent, tournus):
    msp = make_structure("projet_valide", nom="MSP à ouvrir", commune=tournus)
    make_structure("ouverte", nom="MSP ouverte", commune=tournus)
    liste = client.get(
        reverse("admin:cpts_structure_changelist"), {"etat": "a_ouvrir", "type": "msp"}
    ).content.decode()
    assert "MSP à ouvrir" in liste
    assert "MSP ouverte" not in liste
    sans = open_msp(client, msp, **{"ouvrir-finess": ""})
    assert sans.status_code == 422
    assert "demande le numéro FINESS" in sans.content.decode()
    assert open_msp(client, msp).status_code == 302
    page = client.get(reverse("admin:cpts_structure_change", args=[msp.pk])).content.decode()
    assert "Ada Essai" in page
    assert "5 janvier 2026" in page
    seconde = open_msp(client, msp)
    assert seconde.status_code == 409
    assert "déjà « ouverte »" in seconde.content.decode()


def test_the_export_is_the_screen(client, agent, tournus):
    make_structure("projet_valide", nom="MSP à ouvrir", commune=tournus)
    make_structure("ouverte", nom="MSP ouverte", commune=tournus)
    donnees = {"requete": "etat=a_ouvrir&tri=nom", "format": "csv"}
    reponse = client.post(reverse("admin:cpts_structure_export"), donnees)
    lignes = b"".join(reponse).decode("utf-8-sig").splitlines()
    assert len(lignes) == 2
    assert lignes[1].startswith("MSP à ouvrir;")


def test_an_agent_of_elsewhere_sees_nothing_and_writes_nothing(client, tournus):
    msp = make_structure("projet_valide", commune=tournus)
    client.force_login(make_agent("instructeur", "departement:21"))
    assert client.get(reverse("admin:cpts_structure_change", args=[msp.pk])).status_code == 404
    assert open_msp(client, msp).status_code == 404
    client.force_login(make_agent("lecteur", "national"))
    assert client.get(reverse("admin:cpts_structure_change", args=[msp.pk])).status_code == 200
    assert open_msp(client, msp).status_code == 404
    msp.refresh_from_db()
    assert msp.statut == "projet_valide"


def test_an_agent_creates_and_corrects_a_structure(client, agent, tournus):
    adresse = reverse("admin:cpts_structure_add")
    vide = client.post(adresse, {"version": "0"})
    assert vide.status_code == 422
    champs = {"version": "0", "type": "msp", "nom": "MSP neuve", "lieu": "71543", "statut": "", "siret": "12"}
    assert "quatorze chiffres" in client.post(adresse, champs).content.decode()
    assert client.post(adresse, champs | {"siret": ""}).status_code == 302
    msp = Structure.objects.get()
    assert (msp.commune_id, msp.statut) == ("71543", "reperee")
    corrige = {
        "version": msp.version,
        "type": "msp",
        "nom": "MSP corrigée",
        "lieu": "Tournus (71)",
        "commune": "71543",
    }
    assert client.post(reverse("admin:cpts_structure_modifier", args=[msp.pk]), corrige).status_code == 302
    perimee = client.post(reverse("admin:cpts_structure_modifier", args=[msp.pk]), corrige)
    assert perimee.status_code == 409
    msp.refresh_from_db()
    assert msp.nom == "MSP corrigée"


def test_an_agent_links_the_cpts_that_the_perimeter_proposes(client, agent, tournus):
    msp = make_structure("ouverte", commune=tournus)
    cpts = make_cpts("71-essai", "aci_signe", [tournus])
    assert cpts.nom in client.get(reverse("admin:cpts_structure_change", args=[msp.pk])).content.decode()
    client.post(reverse("admin:cpts_structure_rattacher", args=[msp.pk]), {"version": msp.version})
    msp.refresh_from_db()
    assert (msp.cpts, msp.saisi) == (cpts, ["cpts"])


def test_an_agent_keeps_the_team_up_to_date(client, agent, tournus):
    msp = make_structure("ouverte", commune=tournus)
    adresse = reverse("admin:cpts_structure_equipe", args=[msp.pk])
    assert client.post(adresse, {"equipe-nombre": "1", "equipe-debut": "2026-01-01"}).status_code == 422
    envoi = {"equipe-profession": "Secrétaire", "equipe-nombre": "2", "equipe-debut": "2026-01-01"}
    assert client.post(adresse, envoi).status_code == 302
    ligne = msp.equipiers.get()
    depart = reverse("admin:cpts_structure_depart", args=[msp.pk, ligne.pk])
    assert client.post(depart, {f"depart-{ligne.pk}-le": "2026-02-01"}).status_code == 302
    assert "Secrétaire × 2" in client.get(reverse("admin:cpts_structure_change", args=[msp.pk])).content.decode()
    assert "Secrétaire" not in client.get(f"/structures/{msp.pk}/").content.decode()


def test_an_agent_accepts_and_puts_aside_proposals_one_by_one_or_together(client, agent, tournus):
    commune = {"nom": "MSP", "type": "msp", "commune": "71543", "ouverte_le": "2020-01-01"}
    cles = [
        PropositionFiness.objects.create(
            genre="creation", finess=make_finess(rang), region_code="27", departement_code="71", apres=commune
        ).pk
        for rang in range(3)
    ]
    assert make_finess(2) in client.get(reverse("admin:cpts_propositionfiness_changelist")).content.decode()
    page = client.get(reverse("admin:cpts_propositionfiness_change", args=[cles[0]])).content.decode()
    assert "Tournus" in page
    adresse = reverse("admin:cpts_propositionfiness_change", args=[cles[0]])
    assert client.post(adresse, {"ecarter": "1", "motif": ""}).status_code == 422
    assert client.post(adresse, {"ecarter": "1", "motif": "Doublon"}).status_code == 302
    masse = {"acte": "accepter", "ligne": [f"{cle}:0" for cle in cles], "saisie": "1", "type": "", "confirmer": "1"}
    masse |= {"ignorer": "1", "requete": "statut=&genre=&departement=&tri=finess"}
    reponse = client.post(reverse("admin:cpts_propositionfiness_masse"), masse)
    assert reponse.status_code == 200
    assert Structure.objects.count() == 2
    assert client.post(adresse, {"accepter": "1"}).status_code == 409
