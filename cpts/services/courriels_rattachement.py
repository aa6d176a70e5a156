"""The mails of a claim: to the agents who decide, then to the person. They hold no name, no number, no address."""

from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import Rattachement
from cpts.services.rattachements import DECIDEURS
from portal.accounts.enums import TypePerimetre
from portal.accounts.models import Mandat
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)
AGENTS_MAX = 20


def list_adresses(rattachement: Rattachement) -> list[str]:
    """The agents of the département, else of the région: the address of their organisation, else their own."""
    en_vigueur = Mandat.objects.en_vigueur(au=timezone.localdate()).filter(role__in=DECIDEURS, user__is_active=True)
    en_vigueur = en_vigueur.exclude(user=rattachement.proprietaire_id).select_related("user", "organisation")
    perimetres = (
        Q(perimetre=TypePerimetre.DEPARTEMENT, perimetre_code=rattachement.departement_code),
        Q(perimetre=TypePerimetre.REGION, perimetre_code=rattachement.region_code),
    )
    for perimetre in perimetres:
        lus = en_vigueur.filter(perimetre).order_by("pk")[: 5 * AGENTS_MAX]
        adresses = dict.fromkeys(lu.organisation.courriel or lu.user.email or "" for lu in lus)
        if trouvees := [adresse for adresse in adresses if adresse][:AGENTS_MAX]:
            return trouvees
    return []


def announce_demande(pk: int) -> int:
    """Tell the agents that a claim waits. Returns how many mails left. Raises Reporte when the server is away."""
    rattachement = Rattachement.objects.filter(pk=pk, statut=StatutRattachement.DEMANDE).first()
    if rattachement is None:
        return 0
    lien = build_url(reverse("admin:cpts_rattachement_change", args=[pk]))
    partis = [
        _send(
            adresse, "cpts/rattachement_demande", {"lien": lien}, build_message_id("rattachement", pk, "agent", rang)
        )
        for rang, adresse in enumerate(list_adresses(rattachement))
    ]
    return sum(partis)


def announce_decision(pk: int) -> bool:
    """Tell the person what was decided, and why. False: no address, or nothing decided any more."""
    rattachement = Rattachement.objects.select_related("proprietaire").filter(pk=pk).first()
    if rattachement is None or rattachement.decide_par_id is None or not rattachement.proprietaire.email:
        return False
    contexte = {
        "statut": rattachement.statut,
        "motif": rattachement.motif,
        "lien": build_url(reverse("praticien_moi")),
    }
    message_id = build_message_id("rattachement", pk, rattachement.statut)
    return _send(rattachement.proprietaire.email, "cpts/rattachement_decide", contexte, message_id)


def _send(adresse: str, gabarit: str, contexte: Mapping[str, object], message_id: str) -> bool:
    try:
        send_courriel(adresse, gabarit, contexte, message_id=message_id)
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return True
