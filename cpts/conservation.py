"""How long claims and practitioners who left the Annuaire santé are kept; what erasing a person takes away here."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, ProtectedError, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import LieuExercice, Praticien, Rattachement
from portal.core.conservation import Categorie, Comptes, forget_traces
from portal.core.documents import erase_document
from portal.core.effacements import Retenue
from portal.core.models import Document

CLOS = [StatutRattachement.REFUSE, StatutRattachement.RETIRE]


def find_rattachements(limite: datetime) -> QuerySet[Rattachement]:
    clos = Rattachement.objects.annotate(depart=Coalesce("decide_le", "cree_le"))
    return clos.filter(statut__in=CLOS, depart__lt=limite)


def find_partis(limite: datetime) -> QuerySet[Praticien]:
    """Those that nothing of the portal names any more."""
    utiles = Rattachement.objects.filter(praticien=OuterRef("pk"))
    anciens = Praticien.objects.filter(vu_le__lt=timezone.localdate(limite), demandes=None)
    return anciens.filter(~Exists(utiles))


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
)
