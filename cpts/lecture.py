"""Reading the supply of care of the communes, as the last extraction of the Annuaire santé gives it."""

from dataclasses import dataclass
from datetime import date

from cpts.models import OffreCommune
from zonage.enums import Profession


@dataclass(frozen=True, slots=True)
class Offre:
    """`communes`: code → (practitioners, of which liberal or mixed); a commune not named has none.

    `jour` is the day of the extraction read; None: none was loaded by the day asked, and nothing is known.
    """

    jour: date | None
    communes: dict[str, tuple[int, int]]


def read_offre(profession: Profession | str, jour: date) -> Offre:
    """The supply of one profession, from the latest extraction on or before `jour`. A commune counts a person once."""
    lues = OffreCommune.objects.filter(profession=profession)
    dernier = OffreCommune.objects.filter(jour__lte=jour).order_by("-jour").values_list("jour", flat=True).first()
    if dernier is None:
        return Offre(None, {})
    lignes = lues.filter(jour=dernier).values_list("commune_id", "praticiens", "liberaux")
    return Offre(dernier, {commune: (praticiens, liberaux) for commune, praticiens, liberaux in lignes})
