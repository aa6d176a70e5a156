"""What the worker and the agents' mandats are during the journey of an arrêté, in processes of their own."""

import json
import sys
from datetime import date, timedelta

from django.utils import timezone

from aides.models import Destinataire, MessageSuivi
from aides.suivi.depot import stop_destinataire
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.models import Organisation, User
from portal.core.models import Envoi
from tests.aides.suivis_essai import follow, run_envoi, work
from tests.people import make_mandat
from zonage.enums import StatutArrete
from zonage.lecture import zone
from zonage.models import Arrete, Commune
from zonage.services import retract_arrete

SECRET = "un secret des essais"
COMMUNE = "71076"


def say(valeur: object) -> None:
    sys.stdout.write(json.dumps(valeur))


def prepare(marque: str) -> None:
    """Two agents of the région, and three people who follow a commune that will change.

    What other tests left to read is read before: a follow-up changed by two acts is told about the first one read.
    """
    work()
    ars = Organisation.objects.create(
        type=TypeOrganisation.ARS, nom=f"ARS d'essai {marque}", code=f"E{marque}", region_code="27"
    )
    for role in (Role.INSTRUCTEUR, Role.VALIDEUR):
        agent = User.objects.create_user(f"{role.value}-{marque}@exemple.test", SECRET)
        make_mandat(agent, role, "region:27", organisation=ars)
    for rang in range(3):
        follow(f"{marque}-{rang}@exemple.test", COMMUNE, statut="projet")


def build_file(marque: str) -> None:
    """Every commune of the région as it is read, COMMUNE turned to ZIP, and three rows that do not read."""
    codes = Commune.objects.filter(departement__region_id="27").order_by("code_insee")
    lignes = ["CartoSanté; ; ", "Code;Libellé;Zonage médecins"]
    for code, nom in codes.values_list("code_insee", "nom"):
        lignes.append(f"{code};{nom};{'1_ZIP' if code == COMMUNE else '2_ZAC'}")
    lignes += [f"71998;Inconnue {marque};1_ZIP", "71055;Brandon;2_ZAC", f"{COMMUNE};Chalon;3_HZ"]
    say("\n".join(lignes))


def read_file() -> None:
    """The worker reads the files handed in."""
    while envoi := Envoi.objects.filter(tache="zonage.fichier_arrete", statut="a_envoyer").order_by("pk").first():
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur


def read_classes(jour: str) -> None:
    effet = date.fromisoformat(jour)
    say([zone(COMMUNE, "medecin", au=au).niveau for au in (effet - timedelta(days=1), effet)])


def count_messages(numero: str) -> None:
    """The messages of today that the publication asked for, once the worker has read it."""
    work()
    arrete = Arrete.objects.get(numero=numero)
    siens = MessageSuivi.objects.filter(cause__objets__contains=[f"zonage.arrete:{arrete.pk}"])
    say(siens.exclude(prevu_le__gt=timezone.localdate()).count())


def retract(marque: str) -> None:
    """Leave the base as it was for the next width."""
    for arrete in Arrete.objects.filter(numero=f"ARS-{marque}", statut=StatutArrete.PUBLIE):
        retract_arrete(arrete, par=User.objects.get(email=f"valideur-{marque}@exemple.test"))
    work()
    for personne in Destinataire.objects.filter(adresse__startswith=f"{marque}-"):
        stop_destinataire(personne)
