"""The calendar of a person (RFC 5545): what one's contracts ask and pay, or the tasks of an agent, as whole days.

The address is the secret: 256 bits, of which only the digest is kept. Titles name a scheme and a number, never
somebody. A line keeps its UID; its SEQUENCE grows with its version; what no longer holds is CANCELLED, not left out.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from aides.catalogue import catalogue
from aides.dossiers.etats import Statut
from aides.models import Agenda, Demande, Echeance, Nature, StatutEcheance
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.courriels import build_url
from portal.core.models import Evenement

FORME = re.compile(r"[A-Za-z0-9_-]{43}")
LIGNES_MAX = 1_000
PASSE_JOURS, AVENIR_JOURS = 180, 730
ANNULE_JOURS = 90
A_TRAITER = (Statut.DEPOSEE, Statut.RECEVABLE, Statut.EN_INSTRUCTION, Statut.AVIS, Statut.INCOMPLETE)
VIVANTS = (Statut.SIGNEE, Statut.EN_COURS, Statut.SUSPENDUE, Statut.A_L_ECHEANCE, Statut.RESILIEE)


def digest_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(texte: str) -> bool:
    return FORME.fullmatch(texte) is not None


@transaction.atomic
def renew_agenda(user: User) -> str:
    """A new secret, shown once; the former address answers no more."""
    secret = secrets.token_urlsafe(32)
    Agenda.objects.update_or_create(
        user=user, defaults={"empreinte": digest_secret(secret), "cree_le": timezone.now()}
    )
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="agenda_renouveler", auteur=user, details={})
    return secret


@transaction.atomic
def revoke_agenda(user: User) -> bool:
    """Whether there was one."""
    supprimes, _ = Agenda.objects.for_user(user).delete()
    if supprimes:
        Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="agenda_revoquer", auteur=user, details={})
    return bool(supprimes)


def find_personne(secret: str) -> User | None:
    """Whose calendar it is. Read as the system: nobody is signed in. None: unknown, revoked, or a closed account."""
    trouve = Agenda.objects.select_related("user").filter(empreinte=digest_secret(secret)).first()
    return trouve.user if trouve is not None and trouve.user.is_active else None


def build_calendrier(user: User, *, au: date) -> bytes:
    """The calendar of this person, under the rights of this person."""
    agenda = Calendar()
    agenda.add("prodid", "-//Maillage//Agenda//FR")
    agenda.add("version", "2.0")
    agenda.add("calscale", "GREGORIAN")
    agenda.add("method", "PUBLISH")
    agenda.add("x-wr-calname", "Maillage")
    agenda.add("x-published-ttl", "PT6H")
    for evenement in (*_list_echeances(user, au), *_list_taches(user, au)):
        agenda.add_component(evenement)
    return agenda.to_ical()


def _list_echeances(user: User, au: date) -> Iterator[Event]:
    """One's own lines as a holder."""
    lignes = Echeance.objects.for_user(user).filter(
        proprietaire_id=user.pk, le__range=(au - timedelta(days=PASSE_JOURS), au + timedelta(days=AVENIR_JOURS))
    )
    for ligne in lignes.select_related("contrat__demande").order_by("le", "pk")[:LIGNES_MAX]:
        contrat = ligne.contrat
        finie = contrat.demande.statut not in VIVANTS and ligne.statut == StatutEcheance.PREVUE
        yield _build(
            f"echeance-{ligne.pk}",
            ligne.le,
            _title(ligne),
            description=f"Contrat {contrat.numero}. {ligne.get_statut_display()}.",
            adresse=build_url(f"{reverse('contrat_list')}#c-{contrat.pk}"),
            version=ligne.version,
            annule=finie or ligne.statut == StatutEcheance.ANNULEE,
        )


def _title(ligne: Echeance) -> str:
    quoi = "Versement" if ligne.nature == Nature.VERSEMENT else "À tenir"
    return f"{quoi} ({_sigle(ligne.contrat.dispositif)}) : {ligne.libelle}"


def _list_taches(user: User, au: date) -> Iterator[Event]:
    """The files that this agent instructs, by the day before which each is to be dealt with."""
    if not read_portee(user).est_agent:
        return
    recentes = timezone.now() - timedelta(days=ANNULE_JOURS)
    miennes = Demande.objects.for_user(user).filter(
        Q(statut__in=A_TRAITER) | Q(modifiee_le__gte=recentes), instructeur_id=user.pk, a_traiter_le__isnull=False
    )
    for demande in miennes.exclude(statut=Statut.BROUILLON).order_by("a_traiter_le", "id")[:LIGNES_MAX]:
        assert demande.a_traiter_le is not None  # noqa: S101 - the filter says so, the type does not
        yield _build(
            f"demande-{demande.pk}",
            demande.a_traiter_le,
            f"À traiter ({_sigle(demande.dispositif)}) : dossier {demande.numero}",
            description=f"{demande.get_statut_display()}. Objectif de l'administration, pas un délai légal.",
            adresse=build_url(reverse("admin:aides_demande_change", args=[demande.pk])),
            version=demande.version,
            annule=demande.statut not in A_TRAITER,
        )


def _sigle(code: str) -> str:
    dispositif = catalogue().dispositif(code)
    return dispositif.sigle if dispositif else code


def _build(
    cle: str,
    jour: date,
    titre: str,
    *,
    description: str,
    adresse: str,
    version: int,
    annule: bool,
) -> Event:
    """A whole day: no hour, so no time zone to get wrong."""
    hote = urlsplit(settings.MAILLAGE_ADRESSE).hostname or "localhost"
    evenement = Event()
    champs: dict[str, Any] = {
        "uid": f"{cle}@{hote}",
        "dtstamp": datetime.now(UTC),
        "dtstart": jour,
        "dtend": jour + timedelta(days=1),
        "sequence": version - 1 + annule,
        "status": "CANCELLED" if annule else "CONFIRMED",
        "summary": titre,
        "description": description,
        "url": adresse,
        "transp": "TRANSPARENT",
        "class": "PRIVATE",
    }
    for nom, valeur in champs.items():
        evenement.add(nom, valeur)
    return evenement
