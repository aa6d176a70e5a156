"""Targets: one in force a day, the former ended and kept, said in words, read as the figure, set by who may."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from portal.accounts.enums import Role
from portal.core.models import Evenement
from portal.pilotage.atteinte import measure
from portal.pilotage.droits import list_objectifs
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.services.objectifs import ObjectifRefuse, Saisie, end_objectif, load_publies, set_objectif
from portal.pilotage.sources.definitions import list_indicateurs
from portal.pilotage.sources.objectifs import ObjectifInvalide, load_objectifs, read_fichier
from tests.people import make_agent
from tests.pilotage.scene import JOUR, run

D = Decimal
SOURCE = "Projet régional de santé, page 12"


@pytest.fixture
def lieux(db):
    """A région, its département, another département, a CPTS."""
    return {
        code: Territoire.objects.create(type=type_, code=code, nom=code, region_code=region, departement_code=dep)
        for type_, code, region, dep in (
            ("region", "27", "27", ""),
            ("departement", "71", "27", "71"),
            ("departement", "69", "84", "69"),
            ("cpts", "71-1", "27", "71"),
        )
    }


def fix(territoire: Territoire, debut: date = date(2025, 1, 1), valeur: str = "150", **champs) -> Objectif:
    saisie = {"indicateur": "msp_ouvertes", "territoire": territoire, "debut": debut, "valeur": D(valeur)}
    return set_objectif(Saisie(**(saisie | {"source": SOURCE} | champs)))


def test_a_new_target_ends_the_former_which_stays(lieux):
    premier = fix(lieux["71"])
    second = fix(lieux["71"], date(2026, 1, 1), "160")
    entre = fix(lieux["71"], date(2025, 6, 1), "155")
    premier.refresh_from_db()
    assert (premier.fin, entre.fin, second.fin) == (date(2025, 6, 1), date(2026, 1, 1), None)
    lus = {
        jour: [un.valeur for un in Objectif.objects.en_vigueur(au=jour)]
        for jour in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1))
    }
    assert list(lus.values()) == [[], [D(150)], [D(155)], [D(160)]]
    assert Evenement.objects.filter(objet__startswith="pilotage.objectif:").count() == 3


def test_a_mistake_of_the_same_day_never_counted_and_is_kept(lieux):
    faux, juste = fix(lieux["71"], valeur="15"), fix(lieux["71"])
    faux.refresh_from_db()
    assert faux.fin == faux.debut
    assert list(Objectif.objects.comptant()) == [juste]
    assert Objectif.objects.count() == 2


def test_the_database_keeps_a_target_as_it_was_said(lieux):
    objectif = fix(lieux["71"])
    for champs in ({"valeur": 1}, {"source": "Autre"}, {"fin": date(2024, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Objectif.objects.filter(pk=objectif.pk).update(**champs)
    with pytest.raises(IntegrityError), transaction.atomic():
        objectif.delete()
    end_objectif(objectif, date(2026, 1, 1), "Abandonné", par=None)
    with pytest.raises(ObjectifRefuse):
        end_objectif(objectif, date(2026, 2, 1), "Repris", par=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Objectif.objects.filter(pk=objectif.pk).update(fin=None)


@pytest.mark.parametrize(
    ("code", "vise", "echeance", "valeur", "phrase", "part"),
    [
        ("msp_ouvertes", "150", date(2027, 12, 31), "84", "56 % atteints, il reste 66 structures", D(56)),
        ("msp_ouvertes", "150", date(2027, 12, 31), "149", "99 % atteints, il reste 1 structure", D("99.3")),
        ("msp_ouvertes", "150", date(2027, 12, 31), "150", "atteint", D(100)),
        ("msp_ouvertes", "150", None, "153", "atteint, dépassé de 3 structures", D(102)),
        ("msp_ouvertes", "5", date(2020, 1, 31), "2", "échéance passée, il reste 3 structures", D(40)),
        ("msp_ouvertes", "5", JOUR, "2", "40 % atteints, il reste 3 structures", D(40)),
        ("part_population_cpts", "95", None, "80.5", "il reste 14,5 points", D("84.7")),
        ("sans_medecin_traitant_17", "8", None, "12", "à réduire encore de 4,0 points", None),
        ("sans_medecin_traitant_17", "8", None, "7.5", "atteint, dépassé de 0,5 point", None),
        ("msp_ouvertes", "5", None, None, "", None),
    ],
)
def test_what_is_left_is_said_in_words(code, vise, echeance, valeur, phrase, part):
    objectif = Objectif(indicateur=code, debut=date(2019, 1, 1), valeur=D(vise), echeance=echeance, source=SOURCE)
    atteinte = measure(objectif, None if valeur is None else D(valeur), list_indicateurs()[code], au=JOUR)
    assert (atteinte.dit.replace("\xa0", " "), atteinte.part) == (phrase, part)
    assert atteinte.barre is None or 0 <= atteinte.barre <= 100


def test_dashboard_receipt_and_files_say_the_same_target(client, pays):
    run()
    territoire = Territoire.objects.get(type="departement", code="71")
    fix(territoire, date(2025, 1, 1), "3", reference="Délibération 7")
    fix(territoire, date(2025, 6, 1), "8", echeance=date(2027, 12, 31))
    question = f"?territoire=departement:71&au={JOUR}"
    page = client.get(f"/chiffres/{question}").content.decode().replace("\xa0", " ")
    attendus = ("8 structures au 31/12/2027", "25 % atteints, il reste 6 structures")
    assert [mot for mot in attendus if mot not in page] == []
    recu = client.get(f"/chiffres/msp_ouvertes/departement/71/?au={JOUR}").content.decode().replace("\xa0", " ")
    assert [mot for mot in (*attendus, SOURCE, "Objectifs précédents", "3 structures") if mot not in recu] == []
    mesures = client.get(f"/chiffres/{question}&format=json").json()["mesures"]
    vise = {une["indicateur"]: une["objectif"] for une in mesures}
    assert (vise["msp_ouvertes"]["valeur"], vise["msp_ouvertes"]["part_atteinte"]) == (8, 25)
    assert vise["population"] is None
    fichier = client.get(f"/chiffres/{question}&format=csv").getvalue().decode("utf-8-sig")
    ligne = next(une for une in csv.DictReader(io.StringIO(fichier), delimiter=";") if une["Code"] == "msp_ouvertes")
    assert (ligne["Objectif"][:1], ligne["Texte de l'objectif"]) == ("8", SOURCE)


def test_a_target_is_read_as_its_figure(lieux):
    public = fix(lieux["71"])
    prive = fix(lieux["71"], indicateur="montant_verse")
    ailleurs = fix(lieux["69"], indicateur="montant_verse")
    sien = fix(lieux["71-1"], indicateur="missions_deployees")
    lus = {
        nom: set(list_objectifs(personne))
        for nom, personne in (
            ("personne", None),
            ("autre", make_agent(Role.COORDINATEUR_CPTS, "cpts:71-2")),
            ("coordinateur", make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1")),
            ("region", make_agent(Role.LECTEUR, "region:27")),
            ("national", make_agent(Role.LECTEUR, "national")),
        )
    }
    assert lus == {
        "personne": {public},
        "autre": {public},
        "coordinateur": {public, prive, sien},
        "region": {public, prive, sien},
        "national": {public, prive, sien, ailleurs},
    }


@pytest.mark.filterwarnings("ignore::django.utils.deprecation.RemovedInDjango60Warning")  # forms of the admin
def test_an_agent_sets_and_ends_the_targets_of_the_territory_alone(client, lieux):
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71", is_staff=True))
    saisie = {"indicateur": "msp_ouvertes", "maille": "departement", "code": "71", "valeur": "150",
              "debut": "2026-01-01", "echeance": "2027-12-31", "source": SOURCE, "reference": ""}  # fmt: skip
    ajout = reverse("admin:pilotage_objectif_add")
    refus = {
        "de votre périmètre": {"code": "69"},
        "n&#x27;est pas mesuré": {"indicateur": "cpts_aci", "maille": "cpts", "code": "71-1"},
        "vient après": {"echeance": "2025-12-31"},
        "quel texte": {"source": "oui"},
    }
    for phrase, champs in refus.items():
        page = client.post(ajout, saisie | champs).content.decode()
        assert phrase in page, phrase
        assert 'value="150"' in page
    assert not Objectif.objects.exists()
    assert client.post(ajout, saisie).status_code == 302
    objectif = Objectif.objects.get()
    assert (objectif.territoire, objectif.echeance) == (lieux["71"], date(2027, 12, 31))
    adresse = reverse("admin:pilotage_objectif_change", args=[objectif.pk])
    assert client.post(adresse, {"fin": "2025-01-01", "motif_fin": "x"}).status_code == 200
    assert client.post(adresse, {"fin": "2026-02-01", "motif_fin": "Abandonné"}).status_code == 302
    objectif.refresh_from_db()
    assert (objectif.fin, objectif.motif_fin, objectif.valeur) == (date(2026, 2, 1), "Abandonné", 150)
    assert "Abandonné" in client.get(adresse).content.decode()
    assert client.post(adresse, {"fin": "2026-01-15", "motif_fin": "Encore"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "perimetre", "agent", "offert"),
    [
        (Role.INSTRUCTEUR, "departement:71", True, True),
        (Role.LECTEUR, "region:27", True, False),
        (Role.INSTRUCTEUR, "departement:69", True, False),
        (Role.COORDINATEUR_CPTS, "cpts:71-1", False, False),
    ],
)
def test_the_receipt_leads_there_those_who_may(client, lieux, role, perimetre, agent, offert):
    client.force_login(make_agent(role, perimetre, is_staff=agent))
    page = client.get(reverse("pilotage_recu", args=["msp_ouvertes", "departement", "71"])).content.decode()
    assert ("?indicateur=msp_ouvertes&amp;maille=departement&amp;code=71" in page) == offert


def test_the_texts_are_loaded_once_and_what_is_entered_since_stays(pays):
    assert load_publies(lambda etape: None) == "Objectifs : 4, dont 4 écrits."
    lus = {(un.indicateur, un.territoire.code): un for un in Objectif.objects.select_related("territoire")}
    assert (lus["dac", "27"].valeur, lus["dac", "27"].echeance) == (5, date(2020, 1, 31))
    assert not any(un.demonstration for un in lus.values())
    fix(lus["dac", "27"].territoire, date(2026, 1, 1), "6", indicateur="dac")
    nombre = Objectif.objects.count()
    assert "dont 0 écrits" in load_publies(lambda etape: None)
    assert Objectif.objects.count() == nombre
    assert all(un.demonstration == ("Inventé" in un.source) for un in load_objectifs())


@pytest.mark.parametrize(
    ("defaut", "phrase"),
    [
        ("indicateur: rien", "n'existe pas"),
        ("indicateur: missions_deployees", "n'est pas mesuré"),
        ("valeur: 120", "0 à 100"),
        ("source: court", "source"),
    ],
)
def test_a_file_that_says_something_impossible_is_refused(tmp_path, defaut, phrase):
    entree = {"indicateur": "part_population_zip", "territoire": "epci:247100589", "valeur": "10",
              "source": "Un texte d'essai"}  # fmt: skip
    cle, _, valeur = defaut.partition(": ")
    corps = "\n    ".join(f"{nom}: {lu}" for nom, lu in (entree | {cle: valeur}).items())
    fichier = tmp_path / "essai.yaml"
    entete = 'reference: Référence d\'essai\nverifie_le: "2026-01-01"\ndebut: "2026-01-01"\nobjectifs:\n  - '
    fichier.write_text(entete + corps, encoding="utf-8")
    with pytest.raises(ObjectifInvalide, match=phrase):
        read_fichier(fichier)
