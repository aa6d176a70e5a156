"""What the rules cover: counted on the trees themselves, version by version. Nothing here is typed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aides.catalogue import catalogue
from aides.regles.calculs import APreciser, ParParametre
from aides.regles.conditions import AInstruire, Condition, Feuille
from aides.regles.dispositifs import Catalogue, Dispositif, Version

NATURES = {"": "national", "local": "local", "historique": "historique", "annonce": "annonce"}


@dataclass(frozen=True, slots=True)
class Point:
    """Something that the portal does not decide, and why."""

    libelle: str
    raison: str


@dataclass(frozen=True, slots=True)
class Couverture:
    """One version. `nature`: national, local, historique or annonce; `etat` on the day read: ouvert, ferme or a_venir.

    `conditions`: the leaves of the tree, those of the amounts included; `instruire`: the ones that stay open, whoever
    asks. `montants`: the lines of the amount; `preciser`: those that nobody verified; `regionaux`: those that a région
    sets. `textes`: the references; `releve_le`: the day the oldest was read, None when none was; `non_lus`: those that
    nobody read. `jours_doute`: days when nobody knows whether the scheme was open.
    """

    dispositif: Dispositif
    version: Version
    nature: str
    etat: str
    conditions: int
    instruire: tuple[Point, ...]
    montants: int
    preciser: tuple[Point, ...]
    regionaux: int
    textes: int
    non_lus: tuple[str, ...]
    releve_le: date | None
    jours_doute: int
    doutes: tuple[str, ...]

    @property
    def verifiees(self) -> int:
        return self.conditions - len(self.instruire)

    @property
    def part(self) -> int:
        """Percentage of the conditions that the portal decides, rounded down: 100 only when it decides them all."""
        return 100 * self.verifiees // self.conditions if self.conditions else 100


@dataclass(frozen=True, slots=True)
class Totaux:
    dispositifs: int
    versions: int
    conditions: int
    verifiees: int
    montants: int
    preciser: int
    textes: int
    non_lus: int

    @property
    def part_conditions(self) -> int:
        return 100 * self.verifiees // self.conditions if self.conditions else 100

    @property
    def part_montants(self) -> int:
        return 100 * (self.montants - self.preciser) // self.montants if self.montants else 100


def couverture(*, au: date, schemes: Catalogue | None = None) -> list[Couverture]:
    """Every version of every scheme, in the order of the catalogue, the oldest version first."""
    return [
        cover_version(dispositif, version, au=au)
        for dispositif in (schemes or catalogue()).dispositifs
        for version in dispositif.versions
    ]


def cover_version(dispositif: Dispositif, version: Version, *, au: date) -> Couverture:
    # A leaf written once and named twice counts once.
    feuilles = list(dict.fromkeys(noeud for noeud in version.noeuds() if isinstance(noeud, Feuille)))
    lignes = version.bareme.composantes
    lus = [reference.verifie_le for reference in version.references if reference.verifie_le]
    return Couverture(
        dispositif=dispositif,
        version=version,
        nature=NATURES.get(dispositif.statut, dispositif.statut),
        etat="ouvert" if version.is_open(au) else "a_venir" if au < version.ouvert_du else "ferme",
        conditions=len(feuilles),
        instruire=tuple(Point(f.libelle, f.raison) for f in feuilles if _is_open(f)),
        montants=len(lignes),
        preciser=tuple(Point(c.libelle, c.calcul.raison) for c in lignes if isinstance(c.calcul, APreciser)),
        regionaux=sum(isinstance(c.calcul, ParParametre) for c in lignes),
        textes=len(version.references),
        non_lus=tuple(reference.texte for reference in version.references if not reference.verifie_le),
        releve_le=min(lus, default=None),
        jours_doute=sum((doute.jusqu_au - doute.du).days for doute in version.incertitudes),
        doutes=tuple(doute.raison for doute in version.incertitudes),
    )


def _is_open(feuille: Condition) -> bool:
    return isinstance(feuille, AInstruire) or not getattr(feuille, "verifie", True)


def count_totaux(lignes: Sequence[Couverture]) -> Totaux:
    return Totaux(
        dispositifs=len({ligne.dispositif.code for ligne in lignes}),
        versions=len(lignes),
        conditions=sum(ligne.conditions for ligne in lignes),
        verifiees=sum(ligne.verifiees for ligne in lignes),
        montants=sum(ligne.montants for ligne in lignes),
        preciser=sum(len(ligne.preciser) for ligne in lignes),
        textes=sum(ligne.textes for ligne in lignes),
        non_lus=sum(len(ligne.non_lus) for ligne in lignes),
    )
