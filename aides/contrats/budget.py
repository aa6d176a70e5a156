"""The money set aside: a decision takes from an envelope under its lock, what lapses gives it back (docs/adr/0133)."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from aides.dossiers.erreurs import EnveloppeEpuisee
from aides.models import Demande, Enveloppe
from aides.regles.montants import format_euros

ENVELOPPES_MAX = 20


def compute_engagement(demande: Demande) -> Decimal:
    """What a granted file holds of its envelope: its amount, else the most that the rule may give it, else nothing."""
    if demande.montant_accorde is not None:
        return demande.montant_accorde
    return demande.montant_maximum or Decimal(0)


@transaction.atomic
def reserve(demande: Demande, montant: Decimal | None, *, jour: date) -> Enveloppe | None:
    """Take `montant` (None: the most that the rule may give) from the envelope of the région, scheme and year.

    None when the région opened no envelope for this scheme that year. Raises EnveloppeEpuisee: nothing was taken.
    """
    besoin = montant if montant is not None else demande.montant_maximum or Decimal(0)
    enveloppes = _lock_enveloppes(demande, jour.year)
    if not enveloppes:
        return None
    for enveloppe in enveloppes:
        if enveloppe.montant - enveloppe.engage >= besoin:
            Enveloppe.objects.filter(pk=enveloppe.pk).update(engage=F("engage") + besoin)
            enveloppe.refresh_from_db()
            return enveloppe
    reste = max(enveloppe.montant - enveloppe.engage for enveloppe in enveloppes)
    raise EnveloppeEpuisee(
        f"Enveloppe épuisée : il reste {format_euros(reste)} pour ce dispositif en {jour.year}, et il faut "
        f"{format_euros(besoin)}. Demandez à l'administrateur fonctionnel d'augmenter l'enveloppe, puis recommencez."
    )


@transaction.atomic
def release(demande: Demande) -> None:
    """Give back what the file held: it will never be paid."""
    if demande.enveloppe_id is None:
        return
    Enveloppe.objects.filter(pk=demande.enveloppe_id).update(engage=F("engage") - compute_engagement(demande))


def _lock_enveloppes(demande: Demande, annee: int) -> list[Enveloppe]:
    ouvertes = Enveloppe.objects.filter(
        region_id=demande.region_code, annee=annee, dispositifs__contains=[demande.dispositif]
    )
    return list(ouvertes.order_by("pk").select_for_update(no_key=True, of=("self",))[:ENVELOPPES_MAX])
