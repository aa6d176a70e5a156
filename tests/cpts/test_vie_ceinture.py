"""The second belt of the CPTS: under the role of the web, with the scoping taken off, nobody reads another's rows."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutCpts
from cpts.models import (
    ActeCpts,
    Cpts,
    ExerciceAci,
    IndicateurMission,
    LigneAci,
    Membre,
    Mission,
    Perimetre,
    PieceCpts,
    Presence,
    Preuve,
    Reunion,
)
from portal.accounts.enums import Role
from portal.accounts.middleware import bind_ceinture
from portal.core.models import Document
from tests.cpts.factories import make_cpts, make_perimetre
from tests.matrix.scene_cpts import DEPUIS, make_piece_cpts
from tests.people import make_agent
from tests.portal.test_ceinture import as_web

JOUR = date(2024, 9, 27)
ENFANTS = (IndicateurMission, LigneAci, Presence, Preuve)
PROTEGEES = (ActeCpts, PieceCpts, Mission, Membre, Reunion, ExerciceAci, *ENFANTS, Document)
COPIES = tuple(m.pgh_event_model for m in PROTEGEES if hasattr(m, "pgh_event_model"))


def _fill(cpts):
    """One row in each table that a CPTS keeps for itself."""
    ActeCpts.objects.create(cpts=cpts, action="signer_aci", source="projet_valide", cible="aci_signe", date_acte=JOUR)
    make_piece_cpts(cpts)
    mission = Mission.objects.create(cpts=cpts, type="prevention")
    membre = Membre.objects.create(cpts=cpts, nom="Camille Essai", periode=DEPUIS)
    reunion = Reunion.objects.create(cpts=cpts, titre="Essai", jour=date(2025, 1, 15))
    exercice = ExerciceAci.objects.create(cpts=cpts, rang=1, periode=DateRange(JOUR, date(2025, 9, 27)))
    IndicateurMission.objects.create(mission=mission, annee=2025, libelle="Essai")
    LigneAci.objects.create(exercice=exercice, volet="fixe")
    Presence.objects.create(reunion=reunion, membre=membre)
    Preuve.objects.create(mission=mission, genre="document", libelle="Essai", jour=JOUR)


@pytest.fixture
def deux(db):
    """A and B in the département 71, C elsewhere."""
    toutes = [
        make_cpts("71-1", StatutCpts.ACI_SIGNE),
        make_cpts("71-2", StatutCpts.ACI_SIGNE),
        make_cpts("69-1", StatutCpts.ACI_SIGNE, departement="69", region_code="84"),
    ]
    for cpts in toutes:
        _fill(cpts)
    return toutes


def _count():
    return {modele.__name__: modele.objects.count() for modele in (*PROTEGEES, *COPIES)}


def test_each_sees_the_rows_of_theirs_in_every_table(deux):
    assert len(COPIES) == 7
    assert set(_count().values()) == {3}
    attendus = [
        (make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1"), 1),
        (make_agent(Role.COORDINATEUR_CPTS, "cpts:71-3"), 0),
        (make_agent(Role.INSTRUCTEUR, "departement:71"), 2),
        (make_agent(Role.INSTRUCTEUR, "departement:21"), 0),
        (make_agent(Role.VALIDEUR, "region:84"), 1),
        (make_agent(Role.AUDITEUR, "national"), 3),
    ]
    with as_web():
        assert set(_count().values()) == {0}
    for user, nombre in attendus:
        with as_web():
            bind_ceinture(user)
            assert {nom: lu for nom, lu in _count().items() if lu != nombre} == {}


def test_the_caisse_of_the_territory_reads_the_contract_and_its_documents(deux):
    with as_web():
        bind_ceinture(make_agent(Role.AGENT_CPAM, "departement:71"))
        assert set(_count().values()) == {2}


def test_a_coordinator_writes_nothing_for_another_cpts(deux):
    a, b, _ailleurs = deux
    coordinatrice = make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1")
    with as_web():
        bind_ceinture(coordinatrice)
        Membre.objects.create(cpts=a, nom="Ici", periode=DEPUIS)
        with pytest.raises(DatabaseError), transaction.atomic():
            Membre.objects.create(cpts=b, nom="Ailleurs", periode=DEPUIS)
        with pytest.raises(DatabaseError), transaction.atomic():
            Membre.objects.filter(cpts=a).update(cpts=b)
        assert Membre.objects.filter(cpts=b).update(nom="Volé") == 0
        assert Reunion.objects.filter(cpts=b).delete()[0] == 0


def test_the_web_only_ever_adds_acts(deux):
    with as_web():
        bind_ceinture(make_agent(Role.ADMINISTRATEUR, "national"))
        for faute in (
            lambda: ActeCpts.objects.update(commentaire="autre"),
            lambda: ActeCpts.objects.all()._raw_delete(using="default"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                faute()
    assert ActeCpts.objects.count() == Cpts.objects.count() == 3


def test_the_draft_of_a_perimeter_is_theirs_and_an_approved_one_everybodys(deux):
    for cpts in deux:
        make_perimetre(cpts, [])
        make_perimetre(cpts, [], approuve=True)
    with as_web():
        assert Perimetre.objects.count() == 3
        bind_ceinture(make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1"))
        assert Perimetre.objects.count() == 4
        assert Perimetre.pgh_event_model.objects.count() == 4
        with pytest.raises(DatabaseError), transaction.atomic():
            make_perimetre(deux[1], [], approuve=True)
        with pytest.raises(DatabaseError), transaction.atomic():
            Perimetre.objects.filter(cpts=deux[1]).update(motif="Volé")
