"""The life of structures: the table held twice, the acts, two people at once, what each needs, the state of a day."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cpts.enums import StatutStructure, TypeStructure
from cpts.models import ActeStructure, Structure
from cpts.regles.vie_structures import ETAPES, first_statut, list_actions, list_statuts, list_triplets, name_statut
from cpts.services.demonstration_structures import load_structures
from cpts.services.structures import Acte, apply_acte, create_structure, edit_structure, propose_cpts
from cpts.services.structures_equipe import Arrivee, add_equipier, end_equipier
from cpts.services.structures_refus import (
    ActeImpossible,
    DroitRefuse,
    StructureRefusee,
    VersionPerimee,
    explain_base,
)
from portal.core.historique import list_changements
from portal.core.models import Evenement
from tests.cpts.factories import make_cpts
from tests.cpts.structures_essai import OUVERTE, make_finess, make_structure
from tests.people import make_agent, make_commune, make_praticien
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from zonage.models import Commune, Departement, Region

HIER = timezone.localdate() - timedelta(days=1)


def test_the_table_of_the_database_is_that_of_the_rules(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, source, cible FROM cpts_transitionstructure")
        assert sorted(cursor.fetchall()) == sorted(set(list_triplets()))


@pytest.mark.parametrize("type_", TypeStructure.values)
def test_every_state_of_a_type_is_reached_and_named(type_):
    statuts = list_statuts(type_)
    atteints, reste = {first_statut(type_)}, [first_statut(type_)]
    while reste:
        statut = reste.pop()
        for action in list_actions(type_, statut):
            cible = ETAPES[TypeStructure(type_)][action].cible
            if cible not in atteints:
                atteints.add(cible)
                reste.append(cible)
    assert atteints == set(statuts)
    assert all(name_statut(type_, statut) for statut in statuts)


@pytest.mark.parametrize("type_", TypeStructure.values)
def test_the_database_refuses_every_transition_that_is_not_in_the_table(db, type_):
    couples = {(source, cible) for t, source, cible in list_triplets() if t == type_}
    structure = make_structure(first_statut(type_).value, type_)
    jours = dict.fromkeys(("projet_valide_le", "ouverte_le", "aci_signe_le", "fermee_le"), OUVERTE)
    for source in list_statuts(type_):
        for cible in StatutStructure:
            if cible == source:
                continue
            with transaction.atomic():
                cree = Structure.objects.create(
                    type=type_, statut=source, nom="Essai", commune=structure.commune, region_code="27",
                    departement_code="71", **jours,
                )  # fmt: skip
                change = Structure.objects.filter(pk=cree.pk)
                if (source.value, cible.value) in couples:
                    assert change.update(statut=cible, version=1) == 1
                else:
                    with pytest.raises(IntegrityError, match="structure_"), transaction.atomic():
                        change.update(statut=cible, version=1)
                transaction.set_rollback(True)


def test_the_database_refuses_a_state_without_its_date_and_a_change_without_its_version(db):
    with pytest.raises(IntegrityError, match="structure_ouverte_date"), transaction.atomic():
        make_structure("ouverte", ouverte_le=None)
    with pytest.raises(IntegrityError, match="structure_dates_ordonnees"), transaction.atomic():
        make_structure("ouverte", projet_valide_le=OUVERTE + timedelta(days=1))
    structure = make_structure("projet_valide")
    with pytest.raises(IntegrityError, match="structure_version"), transaction.atomic():
        Structure.objects.filter(pk=structure.pk).update(statut="abandonnee")
    with pytest.raises(IntegrityError, match="structure_statut_du_type"), transaction.atomic():
        make_structure("labellisee", "msp")


def test_the_database_refuses_a_change_of_state_without_its_act(db):
    structure = make_structure("projet_valide")
    avant = transaction.savepoint()
    Structure.objects.filter(pk=structure.pk).update(statut="abandonnee", version=1)
    with pytest.raises(IntegrityError, match="structure_etat_par_acte") as refus, transaction.atomic():
        connection.check_constraints()
    transaction.savepoint_rollback(avant)
    assert "change par un acte" in str(explain_base(refus.value))
    ecrit = apply_acte(structure, Acte("abandonner", timezone.localdate(), "Essai"), par=make_agent("instructeur"))
    connection.check_constraints()
    assert (ecrit.source, ecrit.cible, structure.statut) == ("projet_valide", "abandonnee", "abandonnee")


def test_a_msp_goes_from_a_project_to_its_aci_with_dates_and_author(db):
    par = make_agent("instructeur")
    msp = create_structure({"type": "msp", "nom": "MSP", "commune": make_commune()}, par=par)
    assert (msp.statut, msp.region_code, msp.saisi) == ("reperee", "27", ["commune", "nom", "type"])
    aujourdhui = timezone.localdate()
    for action in ("deposer", "valider"):
        apply_acte(msp, Acte(action, aujourdhui), par=par)
    finess = make_finess(1)
    apply_acte(msp, Acte("ouvrir", aujourdhui, finess=f"{finess[:2]} {finess[2:]}"), par=par)
    apply_acte(msp, Acte("signer", aujourdhui), par=par)
    assert (msp.statut, msp.finess, msp.ouverte_le, msp.aci_signe_le) == ("aci_signe", finess, aujourdhui, aujourdhui)
    assert "finess" in msp.saisi
    actes = list(ActeStructure.objects.filter(structure=msp).values_list("action", "source", "cible", "auteur"))
    assert [acte[:3] for acte in actes][-2:] == [
        ("ouvrir", "projet_valide", "ouverte"),
        ("signer", "ouverte", "aci_signe"),
    ]
    assert {acte[3] for acte in actes} == {par.pk}
    assert Evenement.objects.filter(objet=f"cpts.structure:{msp.pk}").count() == 5
    assert {changement.acte for changement in list_changements(Structure, msp.pk)} >= {"structure.ouvrir"}


def test_an_opening_needs_a_right_number_and_a_day_that_has_come(db):
    par, msp = make_agent("instructeur"), make_structure("projet_valide")
    with pytest.raises(StructureRefusee) as refus:
        apply_acte(msp, Acte("ouvrir", timezone.localdate() + timedelta(days=1)), par=par)
    assert set(refus.value.erreurs) == {"jour", "finess"}
    with pytest.raises(StructureRefusee, match="il manque") as refus:
        apply_acte(msp, Acte("ouvrir", HIER, finess="710000002"), par=par)
    assert "clé" in refus.value.erreurs["finess"]
    make_structure("ouverte", finess=make_finess(2))
    with pytest.raises(StructureRefusee) as refus:
        apply_acte(msp, Acte("ouvrir", HIER, finess=make_finess(2)), par=par)
    assert "Une autre structure" in refus.value.erreurs["finess"]
    with pytest.raises(StructureRefusee) as refus:
        apply_acte(msp, Acte("ouvrir", date(2020, 1, 1), finess=make_finess(3)), par=par)
    assert "précède" in refus.value.erreurs["jour"]
    msp.refresh_from_db()
    assert (msp.statut, msp.version, msp.finess) == ("projet_valide", 0, "")


def test_a_second_opening_is_refused_with_its_reason(db):
    par, msp = make_agent("instructeur"), make_structure("projet_valide")
    autre = Structure.objects.get(pk=msp.pk)
    apply_acte(msp, Acte("ouvrir", HIER, finess=make_finess(4)), par=par)
    with pytest.raises(ActeImpossible, match=f"déjà « ouverte » depuis le {HIER:%d/%m/%Y}"):
        apply_acte(autre, Acte("ouvrir", HIER, finess=make_finess(4)), par=par, version=0)
    assert ActeStructure.objects.filter(structure=msp, action="ouvrir").count() == 1
    with pytest.raises(VersionPerimee):
        apply_acte(msp, Acte("signer", HIER), par=par, version=0)


def test_closing_and_abandoning_say_why(db):
    par, msp = make_agent("instructeur"), make_structure("aci_signe")
    with pytest.raises(StructureRefusee) as refus:
        apply_acte(msp, Acte("fermer", HIER), par=par)
    assert "commentaire" in refus.value.erreurs
    apply_acte(msp, Acte("fermer", HIER, "Départ des médecins"), par=par)
    assert (msp.statut, msp.fermee_le) == ("fermee", HIER)


def test_a_project_relaunched_loses_the_dates_of_the_first(db):
    par, msp = make_agent("instructeur"), make_structure("projet_valide")
    apply_acte(msp, Acte("abandonner", HIER, "Plus de porteur"), par=par)
    apply_acte(msp, Acte("relancer", HIER, "Nouveau porteur"), par=par)
    assert (msp.statut, msp.projet_valide_le) == ("reperee", None)


def test_a_hospital_gets_its_label_and_loses_it_for_a_reason(db):
    par = make_agent("valideur", "region:27")
    hopital = create_structure({"type": "hopital_proximite", "nom": "CH", "commune": make_commune()}, par=par)
    assert hopital.statut == "candidate"
    with pytest.raises(StructureRefusee, match="n'a pas cet acte"):
        apply_acte(hopital, Acte("ouvrir", HIER), par=par)
    aujourdhui = timezone.localdate()
    apply_acte(hopital, Acte("labelliser", aujourdhui, finess=make_finess(5)), par=par)
    apply_acte(hopital, Acte("retirer", aujourdhui, "Missions non assurées"), par=par)
    assert (hopital.statut, hopital.fermee_le) == ("retiree", aujourdhui)


@pytest.mark.parametrize(("role", "perimetre"), [("instructeur", "departement:21"), ("lecteur", "national")])
def test_who_does_not_instruct_there_does_nothing(db, role, perimetre):
    par, msp = make_agent(role, perimetre), make_structure("projet_valide")
    with pytest.raises(DroitRefuse):
        apply_acte(msp, Acte("abandonner", HIER, "Pour voir"), par=par)
    with pytest.raises(DroitRefuse):
        edit_structure(msp, {"nom": "Autre"}, par=par, version=0)
    with pytest.raises(DroitRefuse):
        create_structure({"type": "msp", "nom": "MSP", "commune": msp.commune}, par=par)


def test_what_an_agent_writes_is_remembered_as_theirs(db):
    par, msp = make_agent("instructeur"), make_structure()
    assert edit_structure(msp, {"nom": "Nouveau nom", "telephone": ""}, par=par, version=0) == ["nom"]
    assert (msp.nom, msp.saisi, msp.version) == ("Nouveau nom", ["nom"], 1)
    assert edit_structure(msp, {"nom": "Nouveau nom"}, par=par, version=1) == []
    with pytest.raises(VersionPerimee):
        edit_structure(msp, {"nom": "Encore"}, par=par, version=0)
    with pytest.raises(StructureRefusee) as refus:
        edit_structure(msp, {"finess": "123456789"}, par=par, version=1)
    assert "finess" in refus.value.erreurs
    with pytest.raises(StructureRefusee) as refus:
        edit_structure(msp, {"parent": msp}, par=par, version=1)
    assert "parent" in refus.value.erreurs


def test_a_structure_moved_away_is_refused_to_who_could_not_keep_it(db):
    par, msp = make_agent("instructeur"), make_structure()
    with pytest.raises(DroitRefuse):
        edit_structure(msp, {"commune": make_commune("69")}, par=par, version=0)


def test_the_state_of_a_past_day_is_known(db):
    msp = make_structure("aci_signe")
    requete = "SELECT statut FROM cpts_periodestructure WHERE structure_id = %s AND debut <= %s "
    requete += "AND (fin IS NULL OR %s < fin)"
    attendus = {date(2023, 2, 28): [], date(2023, 3, 1): ["projet_valide"], date(2024, 1, 7): ["projet_valide"]}
    attendus |= {date(2024, 1, 8): ["ouverte"], date(2024, 6, 3): ["aci_signe"], date(2030, 1, 1): ["aci_signe"]}
    for jour, statuts in attendus.items():
        with connection.cursor() as cursor:
            cursor.execute(requete, [msp.pk, jour, jour])
            assert [ligne[0] for ligne in cursor.fetchall()] == statuts, jour


def test_the_cpts_is_proposed_by_its_perimeter(db):
    commune = make_commune()
    assert propose_cpts(commune.pk, au=timezone.localdate()) is None
    cpts = make_cpts("71-essai", "aci_signe", [commune])
    assert propose_cpts(commune.pk, au=timezone.localdate()) == cpts
    assert propose_cpts(commune.pk, au=date(2023, 12, 31)) is None
    make_cpts("71-autre", "aci_signe", [commune])
    assert propose_cpts(commune.pk, au=timezone.localdate()) is None


def test_somebody_joins_the_team_and_leaves_it(db):
    par, msp = make_agent("instructeur"), make_structure("ouverte")
    praticien = make_praticien()
    arrive = add_equipier(msp, Arrivee("", date(2025, 1, 1), rpps=praticien.pk), par=par)
    assert (arrive.profession, arrive.nombre) == ("Médecin", 1)
    with pytest.raises(StructureRefusee, match="inconnu"):
        add_equipier(msp, Arrivee("", date(2025, 1, 1), rpps="99999999999"), par=par)
    with pytest.raises(StructureRefusee):
        end_equipier(msp, arrive.pk, par=par, le=date(2024, 1, 1))
    assert end_equipier(msp, arrive.pk, par=par, le=date(2025, 6, 1)).periode.upper == date(2025, 6, 1)
    with pytest.raises(StructureRefusee, match="n'est plus"):
        end_equipier(msp, arrive.pk, par=par, le=date(2025, 7, 1))


def test_the_demonstration_counts_what_the_text_counts(db):
    for departement, nombre in {"21": 25, "25": 27, "39": 18, "58": 18, "70": 18, "71": 30, "89": 18, "90": 8}.items():
        for _ in range(nombre):
            make_demonstration_commune(departement)
    etapes = []
    assert "172" not in load_structures(etapes.append)  # the three places that the text names are not there
    assert etapes == ["structures"]
    msp = Structure.objects.filter(type="msp")
    assert [msp.validees().count(), msp.ouvertes().count(), msp.contractees().count(), msp.a_ouvrir().count()] == [
        135, 111, 84, 24,
    ]  # fmt: skip
    assert Structure.objects.filter(type="cds_polyvalent").validees().count() == 12
    assert Structure.objects.filter(type="cds_medical").validees().count() == 14
    assert Structure.objects.filter(type="dac").count() == 5
    assert not Structure.objects.filter(demonstration=False).exists()
    assert load_structures(etapes.append).startswith("Structures de démonstration : 0 écrites")


def make_demonstration_commune(departement: str) -> None:
    region = Region.objects.filter(pk="27").first() or RegionFactory(code="27", nom="Bourgogne-Franche-Comté")
    if not Departement.objects.filter(pk=departement).exists():
        DepartementFactory(code=departement, nom=f"Département {departement}", region=region)
    rang = Commune.objects.filter(departement_id=departement).count() + 1
    CommuneFactory(
        code_insee=f"{departement}{rang:03d}", nom=f"Commune {departement} {rang}", longitude=5.0, latitude=47.0,
        population=10_000 - rang, departement=Departement.objects.get(pk=departement),
    )  # fmt: skip
