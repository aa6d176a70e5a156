"""Campaigns as agents read them: the lines of their territory a page at a time, and totals that add up to the cent."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from aides.models import Campagne, LigneCampagne
from aides.regles.calculs import ZERO

PAGE = 50
CAMPAGNES_MAX = 100
ETATS = {
    "": Q(),
    "a_declarer": Q(demande=None),
    "a_accorder": Q(demande__isnull=False, accorde=None),
    "accordees": Q(accorde__isnull=False),
    "ecarts": Q(accorde__lt=F("demande")),
}


@dataclass(frozen=True, slots=True)
class Total:
    """`cle`: a département, a scheme, or "" for all."""

    cle: str
    nombre: int
    potentiel: Decimal
    demande: Decimal
    accorde: Decimal


@dataclass(frozen=True, slots=True)
class Totaux:
    tout: Total
    detail: tuple[Total, ...]

    def reconciles(self) -> bool:
        """The parts add up to the whole, count and cents."""
        sommes = [
            (sum((getattr(t, champ) for t in self.detail), ZERO), getattr(self.tout, champ))
            for champ in ("potentiel", "demande", "accorde")
        ]
        return (
            all(somme == total for somme, total in sommes) and sum(t.nombre for t in self.detail) == self.tout.nombre
        )


def list_campagnes(user: Any) -> QuerySet[Campagne]:
    campagnes: QuerySet[Campagne] = Campagne.objects.for_user(user).select_related("region")
    return campagnes.order_by("-annee", "dispositif", "region", "pk")


def find_lignes(user: Any, campagne: Campagne, *, etat: str = "", departement: str = "") -> QuerySet[LigneCampagne]:
    lignes = LigneCampagne.objects.for_user(user).filter(ETATS.get(etat, Q()), campagne=campagne)
    if departement:
        lignes = lignes.filter(departement_code=departement)
    lues: QuerySet[LigneCampagne] = lignes.select_related(
        "campagne", "echeance__contrat__demande", "piece__document"
    ).order_by("pk")
    return lues


def sum_lignes(lignes: QuerySet[LigneCampagne], champ: str) -> Totaux:
    """By `champ` (« departement_code », « campagne__dispositif »), and of all, both by the database."""
    nues = lignes.select_related(None).order_by()
    sommes = {
        "nombre": Count("pk"),
        "somme_potentiel": Sum("potentiel"),
        "somme_demande": Sum("demande"),
        "somme_accorde": Sum("accorde"),
    }
    groupes = nues.values(cle=F(champ)).annotate(**sommes).order_by(champ)[:200]
    return Totaux(_build("", nues.aggregate(**sommes)), tuple(_build(str(lu["cle"]), dict(lu)) for lu in groupes))


def _build(cle: str, lu: dict[str, Any]) -> Total:
    sommes = (lu[f"somme_{champ}"] or ZERO for champ in ("potentiel", "demande", "accorde"))
    return Total(cle, lu["nombre"], *sommes)


def sum_campagnes(user: Any, campagnes: list[Campagne]) -> tuple[dict[int, Total], Totaux]:
    """What each campaign of a page adds up to for this person, and all of them by scheme."""
    lignes = LigneCampagne.objects.for_user(user).filter(campagne__in=[campagne.pk for campagne in campagnes])
    par_campagne = sum_lignes(lignes, "campagne")
    return {int(total.cle): total for total in par_campagne.detail}, sum_lignes(lignes, "campagne__dispositif")
