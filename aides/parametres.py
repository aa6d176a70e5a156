"""Acts on regional parameters: brouillon → proposé → validé. Two persons; one transaction; one event."""

from datetime import date

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.models import ParametreRegional, StatutParametre
from portal.accounts.models import User
from portal.core.models import Evenement
from portal.core.outbox import emit


class ValidationImpossible(Exception):
    """The value cannot be proposed or validated: the French message says why and what to do."""


@transaction.atomic
def propose_parametre(parametre: ParametreRegional, *, par: User) -> Evenement:
    """Freeze a draft and hand it to a second person. Raises ValidationImpossible."""
    brouillon = ParametreRegional.objects.filter(pk=parametre.pk, statut=StatutParametre.BROUILLON)
    if not brouillon.update(statut=StatutParametre.PROPOSE, propose_par=par):
        raise ValidationImpossible("Seul un brouillon peut être proposé : rechargez la page.")
    return _log(parametre, "proposer", par)


@transaction.atomic
def dismiss_parametre(parametre: ParametreRegional, *, par: User) -> Evenement:
    """Set aside a proposal that is wrong; a new draft replaces it. Raises ValidationImpossible."""
    propose = ParametreRegional.objects.filter(pk=parametre.pk, statut=StatutParametre.PROPOSE)
    if not propose.update(statut=StatutParametre.ECARTE):
        raise ValidationImpossible("Seule une valeur proposée peut être écartée : rechargez la page.")
    return _log(parametre, "ecarter", par)


@transaction.atomic
def validate_parametre(parametre: ParametreRegional, *, par: User) -> Evenement:
    """Close the former value of the région on the first day of this one, and make this one the law read.

    Raises ValidationImpossible: not proposed, same person, or a value of the same day or of a later one.
    """
    propose = ParametreRegional.objects.select_for_update().filter(pk=parametre.pk, statut=StatutParametre.PROPOSE)
    if not propose.exists():
        raise ValidationImpossible("Seule une valeur proposée peut être validée : faites-la d'abord proposer.")
    if not propose.exclude(propose_par=par).exists():
        raise ValidationImpossible(
            "La personne qui valide n'est pas celle qui a proposé : demandez à une autre personne."
        )
    parametre.refresh_from_db()
    fermes = _close_former(parametre)
    propose.update(statut=StatutParametre.VALIDE, valide_par=par, valide_le=timezone.now())
    parametre.refresh_from_db()
    emit("aides.parametre", parametre.region_id, cle=parametre.region_id)
    return _log(parametre, "valider", par, fermes=fermes)


def _close_former(parametre: ParametreRegional) -> int:
    """End what the région had set before. Returns how many rows were closed."""
    debut: date | None = parametre.periode.lower
    if debut is None:
        raise ValidationImpossible("Donnez le jour où cette valeur commence.")
    autres = ParametreRegional.objects.select_for_update().filter(
        region_id=parametre.region_id,
        code=parametre.code,
        statut=StatutParametre.VALIDE,
        periode__overlap=parametre.periode,
    )
    fermes = 0
    for autre in autres.order_by("pk"):
        if autre.periode.lower is not None and autre.periode.lower >= debut:
            raise ValidationImpossible(
                f"Une valeur validée commence le {autre.periode.lower:%d/%m/%Y} : "
                "donnez à celle-ci une date de fin qui ne la dépasse pas."
            )
        ParametreRegional.objects.filter(pk=autre.pk).update(periode=DateRange(autre.periode.lower, debut))
        fermes += 1
    return fermes


def _log(parametre: ParametreRegional, action: str, par: User, **details: int) -> Evenement:
    return Evenement.objects.create(
        objet=f"aides.parametreregional:{parametre.pk}",
        action=action,
        auteur=par,
        details={"region": parametre.region_id, "parametre": parametre.code, **details},
    )
