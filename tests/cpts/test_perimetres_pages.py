"""The pages of the perimeters: edited in lists, by a paste, a group, a radius; submitted, answered; never others'."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from cpts.enums import StatutPerimetre
from cpts.lecture_perimetres import find_perimetre, list_codes
from cpts.models import Perimetre
from cpts.services.perimetres import open_brouillon
from cpts.services.perimetres_groupes import list_communes_groupe, list_communes_rayon, list_familles
from cpts.services.perimetres_rapprochement import Ecrit, match_ecrits, split_texte
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent
from tests.zonage.factories import (
    AncienneCommuneFactory,
    CommuneFactory,
    DepartementFactory,
    EpciFactory,
    RegionFactory,
)
from zonage.models import Commune, Composition, Territoire
from zonage.services.territoire import refresh_cles

pytestmark = pytest.mark.django_db
LIEUX = [
    ("71076", "Chalon-sur-Saône", 4.85, 46.78),
    ("71118", "Châtenoy-le-Royal", 4.81, 46.80),
    ("71475", "Saint-Rémy", 4.84, 46.76),
    ("71270", "Mâcon", 4.83, 46.31),
    ("71153", "Le Creusot", 4.42, 46.80),
]


@pytest.fixture
def communes():
    """Five of the département 71, two homonyms elsewhere, an EPCI, a former commune."""
    epci = EpciFactory(code="247100001", nom="Le Grand Essai")
    faites = [
        CommuneFactory(
            code_insee=code,
            nom=nom,
            mairie_longitude=longitude,
            mairie_latitude=latitude,
            epci=epci if rang < 3 else None,
            voisines=["71076"] if rang in (1, 2) else ["71118", "71475"] if rang == 0 else [],
        )
        for rang, (code, nom, longitude, latitude) in enumerate(LIEUX)
    ]
    for departement, code in (("21", "21499"), ("69", "69499")):
        DepartementFactory(code=departement, nom=f"Département {departement}", region=RegionFactory(code="84"))
        CommuneFactory(code_insee=code, nom="Saint-Martin", departement_id=departement)
    AncienneCommuneFactory(code_insee="71900", nom="Saint-Jean-des-Vignes", commune=faites[0])
    refresh_cles()
    return faites


@pytest.fixture
def cpts(communes):
    return make_cpts(communes=communes[:1])


@pytest.fixture
def coordinateur(cpts):
    return make_agent("coordinateur_cpts", f"cpts:{CODE}")


@pytest.fixture
def brouillon(cpts, coordinateur):
    return open_brouillon(cpts, par=coordinateur)


@pytest.fixture
def page(client, coordinateur):
    client.force_login(coordinateur)
    return client


def _adresse(perimetre, acte=""):
    nom = f"espace_perimetre_{acte}" if acte else "espace_perimetre_detail"
    return reverse(nom, args=[perimetre.cpts_id, perimetre.pk])


def _edit(page, perimetre, acte, *, script=False, **champs):
    perimetre.refresh_from_db()
    entetes = {"X-Requested-With": "fetch"} if script else {}
    donnees = {"acte": acte, "version": perimetre.version, **champs}
    return page.post(_adresse(perimetre, "modifier"), donnees, headers=entetes)


def test_a_draft_is_opened_from_the_list(page, cpts):
    assert "En vigueur, depuis le 1er janvier 2024" in page.get(reverse("espace_perimetre", args=[CODE])).text
    reponse = page.post(reverse("espace_perimetre_new", args=[CODE]))
    brouillon = Perimetre.objects.get(statut=StatutPerimetre.BROUILLON)
    assert reponse.headers["Location"] == _adresse(brouillon)
    assert "1 commune" in page.get(_adresse(brouillon)).text


def test_the_list_reads_the_day_asked(page, cpts):
    assert "Aucun périmètre approuvé" in page.get(reverse("espace_perimetre", args=[CODE]) + "?au=2023-01-01").text
    assert "Aucun périmètre approuvé" not in page.get(reverse("espace_perimetre", args=[CODE]) + "?au=demain").text


def test_communes_are_added_and_removed_by_their_boxes(page, brouillon):
    assert _edit(page, brouillon, "ajouter", codes=["71118", "71475"]).status_code == 302
    assert _edit(page, brouillon, "retirer", codes=["71076"]).status_code == 302
    assert list_codes(brouillon) == ["71118", "71475"]


def test_with_scripts_only_what_changes_comes_back(page, brouillon):
    reponse = _edit(page, brouillon, "basculer", script=True, codes="71118")
    assert reponse.status_code == 200
    assert reponse.text.lstrip().startswith('<div id="perimetre-editeur" data-version="1"')
    assert "2 communes, 2 000 habitants, taille 1" in reponse.text.replace("\u202f", " ").replace("\xa0", " ")
    assert 'data-code="71118"' in reponse.text
    _edit(page, brouillon, "basculer", script=True, codes="71118")
    assert list_codes(brouillon) == ["71076"]


def test_a_paste_that_is_sure_is_written_at_once(page, brouillon):
    texte = "chatenoy le royal\nST REMY (71)\nCreusot\nSaint-Jean-des-Vignes\n71270;Mâcon"
    assert _edit(page, brouillon, "coller", texte=texte).status_code == 302
    assert list_codes(brouillon) == ["71076", "71118", "71153", "71270", "71475"]


def test_a_paste_with_a_doubt_asks_and_writes_nothing(page, brouillon):
    reponse = _edit(page, brouillon, "coller", texte="Mâcon\nSaint-Martin\nXyzzt\n99999")
    assert reponse.status_code == 200
    assert "À vérifier avant d’ajouter" in reponse.text
    assert "Saint-Martin (21), code 21499" in reponse.text
    assert "Saint-Martin (69), code 69499" in reponse.text
    assert "Xyzzt" in reponse.text
    assert list_codes(brouillon) == ["71076"]
    choix = {"codes": ["71270"], "choix-2": "21499", "choix-3": ""}
    assert _edit(page, brouillon, "choisir", **choix).status_code == 302
    assert list_codes(brouillon) == ["21499", "71076", "71270"]


def test_a_commune_is_added_with_those_around_it(page, brouillon):
    assert _edit(page, brouillon, "commune", lieu="Saint-Rémy", rayon="6").status_code == 302
    assert list_codes(brouillon) == ["71076", "71118", "71475"]
    assert _edit(page, brouillon, "commune", commune="71270", lieu="Mâcon").status_code == 302
    assert "71270" in list_codes(brouillon)
    refus = _edit(page, brouillon, "commune", lieu="Saint-Rémy", rayon="soixante")
    assert refus.status_code == 422
    assert "de 0 à 60" in refus.text


def test_a_group_is_added_whole(page, brouillon, communes):
    assert "Le Grand Essai (3 communes)" in page.get(_adresse(brouillon)).text
    assert (
        "Les cantons, les bassins de vie et les territoires de vie-santé ne sont pas chargés"
        in page.get(_adresse(brouillon)).text
    )
    assert _edit(page, brouillon, "groupe", groupe="epci:247100001").status_code == 302
    assert list_codes(brouillon) == ["71076", "71118", "71475"]
    assert _edit(page, brouillon, "groupe", groupe="epci:000000000").status_code == 422


def test_a_canton_is_added_whole_when_it_is_loaded(page, brouillon, communes):
    canton = Territoire.objects.create(type="canton", code="7199", libelle="Chalon et son canton (7199)")
    for code in ("71076", "71118"):
        Composition.objects.create(territoire=canton, type="canton", commune_id=code, code_publie=code, millesime=2024)
    montree = page.get(_adresse(brouillon)).text
    assert "Chalon et son canton (7199) (2 communes)" in montree
    assert "ne sont pas chargés" not in montree
    assert _edit(page, brouillon, "groupe", groupe="canton:7199").status_code == 302
    assert list_codes(brouillon) == ["71076", "71118"]


def test_a_bassin_de_vie_is_offered_when_it_is_loaded(communes):
    bassin = Territoire.objects.create(type="bv2022", code="71076", libelle="Bassin d'essai")
    for code, millesime in (("71076", 2021), ("71076", 2022), ("71118", 2022)):
        Composition.objects.create(
            territoire=bassin, type="bv2022", commune_id=code, code_publie=code, millesime=millesime
        )
    familles = {famille.libelle: famille.groupes for famille in list_familles(["71"])}
    assert [(groupe.cle, groupe.communes) for groupe in familles["Bassin de vie 2022"]] == [("bv2022:71076", 2)]
    assert list_communes_groupe("bv2022:71076") == ["71076", "71118"]
    assert list_communes_groupe("canton:71") == []


def test_a_radius_from_nowhere_is_refused(communes):
    with pytest.raises(LookupError):
        list_communes_rayon("21499", 10)
    with pytest.raises(LookupError):
        list_communes_rayon("99999", 10)


def test_an_old_page_is_refused_and_keeps_what_was_typed(page, brouillon):
    _edit(page, brouillon, "ajouter", codes=["71118"])
    donnees = {"acte": "coller", "texte": "Mâcon\nLe Creusot", "version": 0}
    reponse = page.post(_adresse(brouillon, "modifier"), donnees)
    assert reponse.status_code == 409
    assert "Rien n’est enregistré" in reponse.text
    assert "Mâcon\nLe Creusot</textarea>" in reponse.text
    assert list_codes(brouillon) == ["71076", "71118"]
    coche = page.post(_adresse(brouillon, "modifier"), {"acte": "retirer", "codes": ["71118"], "version": 0})
    assert coche.status_code == 409
    assert re.search(r'value="71118" id="r-71118"\s+checked', coche.text)


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 30])
def test_a_form_without_its_version_is_refused(page, brouillon, version):
    donnees = {"acte": "ajouter", "codes": ["71118"], "version": version}
    assert page.post(_adresse(brouillon, "modifier"), donnees).status_code == 409


def test_nothing_ticked_is_said(page, brouillon):
    assert _edit(page, brouillon, "retirer").status_code == 422


def test_the_motive_and_the_day_are_kept_as_they_are_typed(page, brouillon):
    reponse = _edit(page, brouillon, "note", script=True, motif="Une phrase", effet_le="2026-03-01")
    assert reponse.status_code == 200
    brouillon.refresh_from_db()
    assert (brouillon.motif, brouillon.effet_le) == ("Une phrase", date(2026, 3, 1))
    assert "Une phrase</textarea>" in page.get(_adresse(brouillon)).text


def test_a_submission_is_answered_by_another_person(page, client, brouillon, cpts):
    _edit(page, brouillon, "ajouter", codes=["71118"])
    refus = page.post(_adresse(brouillon, "soumettre"), {"version": 1, "motif": "", "effet_le": "2026-03-01"})
    assert refus.status_code == 422
    envoi = {"version": 1, "motif": "Une commune de plus", "effet_le": "2026-03-01"}
    assert page.post(_adresse(brouillon, "soumettre"), envoi).status_code == 302
    assert "Reprendre en brouillon" in page.get(_adresse(brouillon)).text
    assert page.post(_adresse(brouillon, "decider"), {"acte": "approuver", "version": 2}).status_code == 404
    client.force_login(make_agent("valideur", "departement:71"))
    assert "Répondre" in client.get(_adresse(brouillon)).text
    sans_motif = client.post(_adresse(brouillon, "decider"), {"acte": "refuser", "version": 2})
    assert sans_motif.status_code == 422
    vieux = client.post(_adresse(brouillon, "decider"), {"acte": "approuver", "version": 1, "commentaire": "Bien"})
    assert vieux.status_code == 409
    assert "Bien</textarea>" in vieux.text
    assert client.post(_adresse(brouillon, "decider"), {"acte": "approuver", "version": 2}).status_code == 302
    assert find_perimetre(CODE, timezone.localdate()) == brouillon
    liste = client.get(reverse("espace_perimetre", args=[CODE])).text
    assert liste.count("Approuvé, n°") == 2


def test_a_draft_is_taken_back_or_removed(page, brouillon):
    _edit(page, brouillon, "ajouter", codes=["71118"])
    page.post(_adresse(brouillon, "soumettre"), {"version": 1, "motif": "Essai", "effet_le": "2026-03-01"})
    assert _edit(page, brouillon, "reprendre").status_code == 302
    assert _edit(page, brouillon, "supprimer").status_code == 302
    assert f"n° {brouillon.pk}" not in page.get(reverse("espace_perimetre", args=[CODE])).text


@pytest.mark.parametrize(
    ("role", "perimetre"),
    [
        ("coordinateur_cpts", "cpts:71-autre"),
        ("instructeur", "departement:69"),
        ("lecteur", "departement:71"),
        ("agent_cpam", "departement:71"),
    ],
)
def test_others_never_write_a_perimeter(client, brouillon, role, perimetre):
    make_cpts("71-autre")
    client.force_login(make_agent(role, perimetre))
    assert _edit(client, brouillon, "ajouter", codes=["71118"]).status_code == 404
    assert client.post(_adresse(brouillon, "soumettre"), {"version": 0}).status_code == 404
    assert client.post(_adresse(brouillon, "decider"), {"version": 0}).status_code == 404
    assert client.post(reverse("espace_perimetre_new", args=[CODE])).status_code == 404
    assert list_codes(brouillon) == ["71076"]


def test_a_perimeter_of_another_cpts_is_not_found_under_one_s_own(page, brouillon):
    autre = open_brouillon(make_cpts("71-autre"), par=None)
    assert page.get(reverse("espace_perimetre_detail", args=[CODE, autre.pk])).status_code == 404
    assert page.get(_adresse(autre)).status_code == 404


def test_an_instructor_draws_and_does_not_decide(client, brouillon):
    client.force_login(make_agent("instructeur", "departement:71"))
    assert _edit(client, brouillon, "ajouter", codes=["71118"]).status_code == 302
    client.post(_adresse(brouillon, "soumettre"), {"version": 1, "motif": "Essai", "effet_le": "2026-03-01"})
    assert "Répondre" not in client.get(_adresse(brouillon)).text
    assert client.post(_adresse(brouillon, "decider"), {"acte": "approuver", "version": 2}).status_code == 404


# --- names and codes


def test_a_paste_is_cut_into_what_it_names():
    texte = "Mâcon\n\n 71076\tChalon-sur-Saône\nSaint-Martin;21\nCluny (71)\r\n«Givry»|Buxy"
    assert [(lu.numero, lu.texte, lu.departement) for lu in split_texte(texte)] == [
        (1, "Mâcon", ""),
        (3, "71076", ""),
        (4, "Saint-Martin", "21"),
        (5, "Cluny (71)", ""),
        (6, "«Givry»", ""),
        (6, "Buxy", ""),
    ]


@pytest.mark.parametrize(
    ("texte", "departement", "nature", "code"),
    [
        ("CHALON SUR SAONE", "", "exacte", "71076"),
        ("Chalon s/ Saône", "71", "exacte", "71076"),
        ("Le Creusot", "", "exacte", "71153"),
        ("Creusot", "Saône-et-Loire", "exacte", "71153"),
        ("Saint Jean des Vignes", "", "ancien_nom", "71076"),
        ("71900", "", "ancien_code", "71076"),
        ("71076", "", "exacte", "71076"),
        ("Saint-Martin", "21", "exacte", "21499"),
        ("St Martin (69)", "", "exacte", "69499"),
        ("Saint-Martin", "", "homonyme", None),
        ("Saint-Martin", "71", "homonyme", None),
        ("71000", "", "homonyme", None),
        ("Xyzzt", "", "inconnue", None),
        ("98765", "", "inconnue", None),
    ],
)
def test_a_name_or_a_code_is_matched_or_asked(communes, texte, departement, nature, code):
    (trouve,) = match_ecrits([Ecrit(1, texte, departement)])
    assert (trouve.nature, trouve.code) == (nature, code)


def test_the_homonym_nearby_is_offered_and_never_taken(communes):
    (trouve,) = match_ecrits([Ecrit(1, "Saint-Martin")], departements=["21"])
    assert (trouve.code, trouve.propose, trouve.candidates[0].code) == (None, "21499", "21499")


def test_a_name_that_resembles_is_offered(communes):
    (trouve,) = match_ecrits([Ecrit(1, "Chalon sur Saonne")])
    assert (trouve.nature, trouve.code) == ("inconnue", None)
    assert trouve.candidates[0].code == "71076"


def test_an_arrondissement_is_named_as_people_do(communes):
    ville = CommuneFactory(
        code_insee="13055", nom="Marseille", departement=Commune.objects.get(pk="71076").departement
    )
    CommuneFactory(
        code_insee="13201", nom="Marseille 1er Arrondissement", arrondissement=True, parent=ville, population=1
    )
    refresh_cles()
    assert [lu.code for lu in match_ecrits([Ecrit(1, "Marseille 1er"), Ecrit(2, "Marseille")])] == ["13201", "13055"]


def test_many_lines_ask_as_many_queries_as_one(communes, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        match_ecrits([Ecrit(rang, nom) for rang, (_, nom, *_) in enumerate(LIEUX * 40)])
