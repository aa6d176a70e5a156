"""The money set aside: opened, raised or lowered for a reason, never under what is held."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from aides.catalogue import catalogue
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse, TransitionImpossible
from aides.models import Demande, Enveloppe
from aides.regles.montants import format_euros
from portal.accounts.enums import ROLES_AGENT, Role
from portal.accounts.models import User
from portal.accounts.portee import Portee, read_portee
from portal.core.models import Evenement
from zonage.models import Region


def may_manage(portee: Portee, region: str) -> bool:
    return portee.covers(region, "", Role.ADMINISTRATEUR)


def list_enveloppes(portee: Portee) -> QuerySet[Enveloppe]:
    """Those of the régions that a mandat touches, even by one of its départements."""
    cles = portee.cles(ROLES_AGENT)
    enveloppes = Enveloppe.objects.select_related("region").order_by("-annee", "region", "libelle")
    if "national" in cles:
        return enveloppes
    regions = {cle.removeprefix("region:") for cle in cles if cle.startswith("region:")}
    departements = [cle.removeprefix("departement:") for cle in cles if cle.startswith("departement:")]
    regions |= set(Region.objects.filter(departements__in=departements).values_list("pk", flat=True)[:100])
    return enveloppes.filter(region__in=sorted(regions))


def list_dispositifs() -> list[tuple[str, str]]:
    return sorted((dispositif.code, dispositif.sigle) for dispositif in catalogue().dispositifs)


@transaction.atomic
def open_enveloppe(
    *, par: User, region: Region, annee: int, libelle: str, dispositifs: list[str], montant: Decimal
) -> Enveloppe:
    if not may_manage(read_portee(par), region.pk):
        raise DroitRefuse("Ouvrir une enveloppe : il faut être administrateur fonctionnel de la région.")
    inconnus = sorted(set(dispositifs) - {code for code, _ in list_dispositifs()})
    if inconnus or not dispositifs:
        raise ActeInvalide("Choisissez au moins un dispositif.", {"dispositifs": "Choisissez dans la liste."})
    try:
        with transaction.atomic():
            enveloppe = Enveloppe.objects.create(
                region=region, annee=annee, libelle=libelle.strip(), dispositifs=sorted(dispositifs), montant=montant
            )
    except IntegrityError as erreur:
        phrase = f"« {libelle.strip()} » existe déjà pour {annee} dans cette région : changez-en le libellé."
        raise ActeInvalide(phrase, {"libelle": phrase}) from erreur
    _write_evenement(enveloppe, "ouvrir", par, montant=f"{montant:.2f}")
    return enveloppe


@transaction.atomic
def change_montant(enveloppe: Enveloppe, *, par: User, avant: Decimal, montant: Decimal, motif: str) -> Enveloppe:
    """`avant`: the amount that the page showed; somebody else changed it since: refused (409)."""
    if not may_manage(read_portee(par), enveloppe.region_id):
        raise DroitRefuse("Changer une enveloppe : il faut être administrateur fonctionnel de la région.")
    if not motif.strip():
        raise ActeInvalide("Dites pourquoi le montant change.", {"motif": "Ce champ est obligatoire."})
    tenue = Enveloppe.objects.select_for_update(no_key=True, of=("self",)).get(pk=enveloppe.pk)
    if tenue.montant != avant:
        raise TransitionImpossible(
            f"Cette enveloppe est maintenant de {format_euros(tenue.montant)} : relisez-la, puis recommencez."
        )
    if montant < tenue.engage:
        phrase = f"{format_euros(tenue.engage)} sont déjà engagés : le montant ne descend pas en dessous."
        raise ActeInvalide(phrase, {"montant": phrase})
    Enveloppe.objects.filter(pk=tenue.pk).update(montant=montant)
    tenue.refresh_from_db()
    _write_evenement(tenue, "changer_montant", par, avant=f"{avant:.2f}", montant=f"{montant:.2f}", motif=motif[:300])
    return tenue


def list_consommation(enveloppe: Enveloppe, user: Any) -> QuerySet[Demande]:
    """The files behind what is held, those that this person may see; the latest decision first."""
    dossiers: QuerySet[Demande] = Demande.objects.for_user(user).filter(enveloppe=enveloppe)
    return dossiers.order_by("-decision_le", "id")


def _write_evenement(enveloppe: Enveloppe, action: str, par: User, **details: Any) -> None:
    Evenement.objects.create(objet=f"aides.enveloppe:{enveloppe.pk}", action=action, auteur=par, details=details)
