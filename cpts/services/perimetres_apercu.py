"""What a perimeter would change: read whole at each edit, in a bounded number of queries whatever its communes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from cpts.calculs.perimetres import compare, list_fusions
from cpts.enums import StatutPerimetre
from cpts.lecture_perimetres import (
    Heritages,
    Poids,
    Unite,
    find_couvrantes,
    find_perimetre,
    list_codes,
    list_populations,
    read_regle_taille,
    read_unites,
    weigh,
)
from cpts.models import Cpts, Perimetre
from zonage.models import Commune


@dataclass(frozen=True, slots=True)
class Apercu:
    """A perimeter beside the one it would follow (`base`), on a day. Lists are in the order of the names.

    `autres`: code → the other CPTS that cover it that day, for the communes drawn and their neighbours.
    `fusions`: (former commune, today's) that a row names.
    """

    jour: date
    base: Perimetre | None
    unites: tuple[Unite, ...]
    poids: Poids
    poids_avant: Poids
    ajoutees: tuple[Unite, ...]
    retirees: tuple[Unite, ...]
    voisines: tuple[Unite, ...]
    autres: Mapping[str, tuple[Cpts, ...]]
    fusions: tuple[tuple[str, str], ...]
    populations: tuple[tuple[int, int, int], ...]

    @property
    def ecart(self) -> int:
        return self.poids.population - self.poids_avant.population

    @property
    def change_taille(self) -> bool:
        return self.base is not None and self.poids.taille != self.poids_avant.taille

    @property
    def chevauchements(self) -> list[tuple[Unite, tuple[Cpts, ...]]]:
        """The communes drawn that another CPTS covers that day."""
        return [(unite, self.autres[unite.code]) for unite in self.unites if unite.code in self.autres]

    @property
    def chevauchees(self) -> list[tuple[Cpts, list[Unite]]]:
        """The same, by CPTS."""
        par_cpts: dict[str, tuple[Cpts, list[Unite]]] = {}
        for unite, liste in self.chevauchements:
            for cpts in liste:
                par_cpts.setdefault(cpts.code, (cpts, []))[1].append(unite)
        return sorted(par_cpts.values(), key=lambda couple: (couple[0].nom, couple[0].code))

    @property
    def quittees(self) -> list[Unite]:
        """Removed, and covered by nobody that day: they would become white."""
        return [unite for unite in self.retirees if unite.code not in self.autres]

    @property
    def blanches(self) -> list[Unite]:
        """Neighbours that nobody covers."""
        return [unite for unite in self.voisines if unite.code not in self.autres]

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(unite.code for unite in self.unites)


def build_apercu(perimetre: Perimetre, au: date, heritages: Heritages | None = None) -> Apercu:
    """`au`: the day on which it is compared, that of its effect or, for a draft without one, today."""
    heritages = heritages or Heritages()
    cpts = perimetre.cpts
    ecrits = list_codes(perimetre)
    base = _find_base(perimetre, au)
    regle = read_regle_taille(cpts.region_code, au)
    toutes = read_unites([*ecrits, *list_codes(base)], heritages)
    dessinees = heritages.expand(ecrits)
    avant = heritages.expand(list_codes(base))
    unites = _pick(toutes, dessinees)
    alentour = heritages.expand(voisine for unite in unites for voisine in unite.voisines) - dessinees
    voisines = read_unites(alentour, heritages)
    couvrantes = find_couvrantes({*toutes, *voisines}, au, heritages=heritages, sauf=cpts.code)
    ecart = compare(avant, dessinees) if base else compare(dessinees, dessinees)
    fusions = list_fusions(ecrits, heritages.anciens)
    noms = dict(Commune.objects.filter(pk__in=fusions).values_list("pk", "nom")) if fusions else {}
    return Apercu(
        jour=au,
        base=base,
        unites=unites,
        poids=weigh(unites, regle),
        poids_avant=weigh(_pick(toutes, avant), regle),
        ajoutees=_pick(toutes, ecart.ajoutees),
        retirees=_pick(toutes, ecart.retirees),
        voisines=tuple(voisines.values()),
        autres={code: tuple(liste) for code, liste in couvrantes.items()},
        fusions=tuple((noms.get(ancien, ancien), toutes[nouveau].nom) for ancien, nouveau in fusions.items()),
        populations=tuple(list_populations(dessinees)),
    )


def _find_base(perimetre: Perimetre, au: date) -> Perimetre | None:
    """What it follows: in force on its day, or the eve of the first day of one already approved."""
    if perimetre.statut == StatutPerimetre.APPROUVE and perimetre.periode is not None:
        avant = Perimetre.objects.filter(
            cpts=perimetre.cpts_id, statut=StatutPerimetre.APPROUVE, periode__fully_lt=perimetre.periode
        )
        return avant.order_by("-periode", "pk").first()
    return find_perimetre(perimetre.cpts_id, au)


def _pick(unites: Mapping[str, Unite], codes: Collection[str]) -> tuple[Unite, ...]:
    """In the order of the names, which is that of the mapping."""
    return tuple(unite for code, unite in unites.items() if code in codes)
