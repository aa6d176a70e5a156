"""The rows as they were: every way of writing leaves a copy, nobody rewrites it, and it is seen like its row."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from aides.dossiers.actes import apply_action
from aides.dossiers.etats import Action, Statut
from aides.models import Demande
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.core.ceinture import set_ceinture
from portal.core.historique import list_changements
from tests.people import make_agent, make_demande

pytestmark = pytest.mark.django_db


def test_an_act_says_who_what_before_and_after():
    demande = make_demande(statut=Statut.DEPOSEE)
    agent = make_agent(Role.INSTRUCTEUR, f"departement:{demande.departement_code}")
    apply_action(demande, Action.DECLARER_RECEVABLE, par=agent)
    dernier = list_changements(Demande, demande.pk)[0]
    assert (dernier.genre, dernier.acte) == ("modification", "declarer_recevable")
    assert [(v.champ, v.avant, v.apres) for v in dernier.valeurs] == [("état", "Déposée", "Recevable")]


def test_a_bulk_update_leaves_its_copy_too():
    demande = make_demande(statut=Statut.BROUILLON)
    Demande.objects.filter(pk=demande.pk).update(message="Bonjour")
    champs = [valeur.champ for valeur in list_changements(Demande, demande.pk)[0].valeurs]
    assert champs == ["message du demandeur"]


def test_a_copy_is_never_rewritten():
    make_demande(statut=Statut.BROUILLON)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE aides_demandeevent SET message = 'x'")


def test_a_password_is_in_no_copy():
    colonnes = {champ.column for champ in User.pgh_event_model._meta.concrete_fields}
    assert "email" in colonnes
    assert not {"password", "last_login"} & colonnes


def test_the_copies_are_seen_like_their_row():
    demande = make_demande(statut=Statut.DEPOSEE)
    autre = make_demande(statut=Statut.DEPOSEE)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE maillage_web")
        set_ceinture(personne=demande.proprietaire_id)
        cursor.execute("SELECT DISTINCT pgh_obj_id FROM aides_demandeevent")
        vues = {ligne[0] for ligne in cursor.fetchall()}
        set_ceinture(personne=None)
        cursor.execute("SELECT count(*) FROM aides_demandeevent")
        personne = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
    assert vues == {demande.pk}
    assert autre.pk not in vues
    assert personne == 0


def test_an_amount_is_shown_as_it_is():
    demande = make_demande(statut=Statut.EN_INSTRUCTION)
    Demande.objects.filter(pk=demande.pk).update(montant_propose=Decimal("1234.50"), version=demande.version + 1)
    (valeur,) = [v for v in list_changements(Demande, demande.pk)[0].valeurs if v.champ == "montant proposé"]
    assert (valeur.avant, valeur.apres) == ("—", "1234.50")
