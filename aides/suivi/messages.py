"""Who is written to about a cause, and when: once as soon as it is known, once when it takes effect, once if it is
taken back. Here the rows only; `aides.suivi.envois` writes the texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.utils import timezone

from aides.models import (
    CauseChangement,
    ChangementDroit,
    EtatSuivi,
    GenreMessage,
    MessageSuivi,
    StatutMessage,
)
from portal.core.outbox import post

ATTENDUS = (StatutMessage.PREVU, StatutMessage.A_ENVOYER)


def plan_messages(
    cause: CauseChangement, effets: Mapping[int, Sequence[date]], personnes: Iterable[int], *, au: date
) -> None:
    """Inside the transaction of the changes. `effets`: the days of what changed, by person; `personnes`: all read."""
    dits = plan_rectificatifs(cause, set(personnes), au=au)
    messages = [
        message
        for personne, jours in effets.items()
        if personne not in dits
        for message in _build_messages(cause, personne, jours, au)
    ]
    MessageSuivi.objects.bulk_create(messages, ignore_conflicts=True)
    if messages:
        ask_to_send(cause.pk)


def _build_messages(cause: CauseChangement, personne: int, jours: Sequence[date], au: date) -> list[MessageSuivi]:
    """What already holds is said once; what is to come, twice: now, and on its first day."""

    def build(genre: str, statut: str, prevu_le: date) -> MessageSuivi:
        return MessageSuivi(destinataire_id=personne, cause=cause, genre=genre, statut=statut, prevu_le=prevu_le)

    futurs = [jour for jour in jours if jour > au]
    if not futurs:
        return [build(GenreMessage.EN_VIGUEUR, StatutMessage.A_ENVOYER, au)]
    return [
        build(GenreMessage.ANNONCE, StatutMessage.A_ENVOYER, au),
        build(GenreMessage.EN_VIGUEUR, StatutMessage.PREVU, min(futurs)),
    ]


def plan_rectificatifs(cause: CauseChangement, personnes: set[int], *, au: date) -> set[int]:
    """Who was told, or about to be, of what this cause takes back: the former get one correction, the latter nothing.

    Returns both: nothing else is written to them about this cause.
    """
    reprises = list(CauseChangement.objects.filter(retiree_par=cause).order_by("pk"))
    if not reprises:
        return set()
    siens = MessageSuivi.objects.filter(cause__in=reprises, destinataire__in=personnes)
    tenus = list(siens.order_by("pk").select_for_update(of=("self",)).values_list("pk", "destinataire_id", "statut"))
    siens.filter(pk__in=[pk for pk, _, _ in tenus], statut__in=ATTENDUS).update(statut=StatutMessage.ANNULE)
    prevenus = {personne for _, personne, statut in tenus if statut == StatutMessage.ENVOYE}
    for reprise in reprises:
        touches = ChangementDroit.objects.filter(
            cause=reprise, suivi__etat=EtatSuivi.ACTIF, suivi__destinataire__in=prevenus
        )
        a_corriger = (
            touches.values_list("suivi__destinataire_id", flat=True).distinct().order_by("suivi__destinataire_id")
        )
        MessageSuivi.objects.bulk_create(
            [
                MessageSuivi(
                    destinataire_id=personne,
                    cause=reprise,
                    genre=GenreMessage.RECTIFICATIF,
                    statut=StatutMessage.A_ENVOYER,
                    prevu_le=au,
                )
                for personne in a_corriger
            ],
            ignore_conflicts=True,
        )
        if prevenus:
            ask_to_send(reprise.pk)
    return {personne for _, personne, _ in tenus}


def ask_to_send(cause: int) -> None:
    post("aides.suivi_messages", cause, cle=f"suivi-cause:{cause}")


def open_echeances(*, au: date) -> int:
    """What takes effect today, or did while the portal was down, is due. Inside a transaction."""
    dus = MessageSuivi.objects.filter(statut=StatutMessage.PREVU, prevu_le__lte=au)
    lot = list(dus.order_by("pk").select_for_update(skip_locked=True).values_list("pk", "cause_id")[:10_000])
    MessageSuivi.objects.filter(pk__in=[pk for pk, _ in lot]).update(statut=StatutMessage.A_ENVOYER)
    for cause in sorted({cause for _, cause in lot}):
        ask_to_send(cause)
    return len(lot)


def mark_sent(message: MessageSuivi, statut: str) -> None:
    message.statut = statut
    message.envoye_le = timezone.now() if statut == StatutMessage.ENVOYE else None
    message.save(update_fields=["statut", "envoye_le"])
