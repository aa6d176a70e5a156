"""How long claims, practitioners who left the Annuaire santé and people of a CPTS are kept; what erasing takes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, ProtectedError, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import Equipier, LieuExercice, Membre, Praticien, Presence, Rattachement
from portal.core.conservation import Categorie, Comptes, forget_traces
from portal.core.documents import erase_document
from portal.core.effacements import Retenue
from portal.core.models import Document

CLOS = [StatutRattachement.REFUSE, StatutRattachement.RETIRE]
SANS_NOM = "Nom retiré"
"""What stands for a person whose duration ended; the row stays, it counts in the proofs of a contract."""


def find_rattachements(limite: datetime) -> QuerySet[Rattachement]:
    clos = Rattachement.objects.annotate(depart=Coalesce("decide_le", "cree_le"))
    return clos.filter(statut__in=CLOS, depart__lt=limite)


def find_partis(limite: datetime) -> QuerySet[Praticien]:
    """Those that nothing of the portal names any more."""
    anciens = Praticien.objects.filter(vu_le__lt=timezone.localdate(limite), demandes=None)
    nomme = [Exists(modele.objects.filter(praticien=OuterRef("pk"))) for modele in (Rattachement, Membre, Equipier)]
    return anciens.exclude(nomme[0] | nomme[1] | nomme[2])


def find_membres(limite: datetime) -> QuerySet[Membre]:
    """Those who left; a structure is nobody."""
    partis = Membre.objects.filter(periode__endswith__lte=timezone.localdate(limite), structure=None)
    return partis.annotate(depart=F("periode__endswith")).exclude(nom=SANS_NOM, praticien=None)


def find_presences(limite: datetime) -> QuerySet[Presence]:
    vieilles = Presence.objects.filter(reunion__jour__lt=timezone.localdate(limite))
    return vieilles.annotate(depart=F("reunion__jour")).exclude(nom=SANS_NOM, membre=None)


def purge_rattachements(cles: Sequence[Any]) -> Comptes:
    """The claim, and its proof."""
    comptes: Comptes = Counter()
    lus = Rattachement.objects.filter(pk__in=list(cles)).order_by("pk")
    preuves = [cle for cle in lus.values_list("document_id", flat=True) if cle]
    comptes["cpts.rattachement"] = lus.delete()[0]
    for document in Document.objects.filter(pk__in=preuves).order_by("pk"):
        try:
            erase_document(document)
        except ProtectedError:
            continue
        comptes["core.document"] += 1
    return +comptes


def purge_partis(cles: Sequence[Any]) -> Comptes:
    lieux = LieuExercice.objects.filter(praticien__in=list(cles)).delete()[0]
    praticiens = Praticien.objects.filter(pk__in=list(cles)).delete()[0]
    return Counter({"cpts.lieuexercice": lieux, "cpts.praticien": praticiens})


def purge_membres(cles: Sequence[Any]) -> Comptes:
    lus = Membre.objects.filter(pk__in=list(cles))
    vides = lus.update(nom=SANS_NOM, praticien=None, fonction="", commune_code="")
    return Counter({"cpts.membre": vides})


def purge_presences(cles: Sequence[Any]) -> Comptes:
    """Who came is forgotten; the profession, the signature and the amount are what a proof counts."""
    lus = Presence.objects.filter(pk__in=list(cles))
    return Counter({"cpts.presence": lus.update(nom=SANS_NOM, membre=None)})


class EffaceurRattachements:
    """The record of the Annuaire santé is public and stays; the link to it goes."""

    def list_retenues(self, user_id: int) -> list[Retenue]:
        return []

    def erase(self, user_id: int, *, garder: bool) -> Comptes:
        cles = list(Rattachement.objects.filter(proprietaire_id=user_id).order_by("pk").values_list("pk", flat=True))
        return purge_rattachements(cles) + forget_traces("cpts.rattachement", cles)


CATEGORIES = (
    Categorie("rattachements", "cpts.rattachement", "depart", find_rattachements, purge_rattachements, lot=200),
    Categorie("annuaire", "cpts.praticien", "vu_le", find_partis, purge_partis, lot=50),
    Categorie("membres_cpts", "cpts.membre", "depart", find_membres, purge_membres, lot=200),
    Categorie("presences_cpts", "cpts.presence", "depart", find_presences, purge_presences, lot=200),
)
