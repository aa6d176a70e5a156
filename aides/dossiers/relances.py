"""Reminding an applicant that a correction is awaited: a message, a line of the journal, once a week at most."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from aides.catalogue import catalogue
from aides.dossiers.droits import may_act
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Action, Statut
from aides.models import Demande
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.models import Evenement
from portal.core.outbox import post
from portal.core.taches import Reporte

REPOS = timedelta(days=7)
ATTENTE_PANNE = timedelta(seconds=60)
TACHE = "aides.courriel_relance"
ACTION = "relancer"


def explain_relance(demande: Demande) -> str:
    """Why no reminder can be sent; empty: it can."""
    if demande.statut != Statut.INCOMPLETE:
        return f"Rien n'est attendu du demandeur dans l'état « {demande.get_statut_display()} »."
    if not demande.proprietaire.email or not demande.proprietaire.is_active:
        return "Ce compte n'a pas d'adresse électronique : prévenez la personne autrement."
    return ""


@transaction.atomic
def remind_demandeur(demande: Demande, *, par: User, version: int | None = None) -> Evenement:
    """Ask for the message. Raises DroitRefuse, VersionPerimee, TransitionImpossible, ActeInvalide (already done)."""
    if not may_act(Action.NOTER, demande, read_portee(par)):
        raise DroitRefuse("Relancer : vous n'avez pas ce droit sur ce dossier.")
    # Held to the end: two agents who remind at once send one message.
    lue = (
        Demande.objects.select_for_update(no_key=True, of=("self",)).select_related("proprietaire").get(pk=demande.pk)
    )
    if lue.version != (demande.version if version is None else version):
        raise VersionPerimee("Ce dossier a changé depuis que vous l'avez choisi : relisez-le, puis recommencez.")
    if phrase := explain_relance(lue):
        raise TransitionImpossible(phrase)
    objet = f"aides.demande:{lue.pk}"
    dernieres = Evenement.objects.filter(objet=objet, action=ACTION, survenu_le__gt=timezone.now() - REPOS)
    if dernieres.exists():
        raise ActeInvalide("Ce demandeur a déjà été relancé il y a moins de 7 jours.")
    evenement = Evenement.objects.create(objet=objet, action=ACTION, auteur=par, details={"version": lue.version})
    post(TACHE, evenement.pk)
    return evenement


def send_relance(identifiant: int) -> bool:
    """Write it now, if the correction is still awaited. The same reminder always gives the same Message-ID."""
    evenement = Evenement.objects.filter(pk=identifiant, action=ACTION).first()
    if evenement is None:
        return False
    cle = evenement.objet.partition(":")[2]
    demande = Demande.objects.select_related("proprietaire").filter(pk=cle, statut=Statut.INCOMPLETE).first()
    if demande is None or not demande.proprietaire.email or not demande.proprietaire.is_active:
        return False
    dispositif = catalogue().dispositif(demande.dispositif)
    contexte: dict[str, Any] = {
        "titre": "Une correction est toujours attendue",
        "suite": "Répondez depuis la page de votre dossier : le délai est suspendu d'ici là.",
        "numero": demande.numero or "",
        "dispositif": dispositif.sigle if dispositif else demande.dispositif,
        "le": demande.incomplete_le,
        "adresse": build_url(reverse("dossier_detail", args=[demande.pk])),
    }
    try:
        send_courriel(
            demande.proprietaire.email,
            "aides/dossier",
            contexte,
            message_id=build_message_id("relance", identifiant),
        )
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return True
