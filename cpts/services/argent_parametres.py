"""The amounts of the ACI: those of the national texts (`cpts/parametres_aci.yaml`), then what each région entered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from cpts.models import Cpts, ParametreAci

FICHIER = Path(__file__).resolve().parent.parent / "parametres_aci.yaml"
LIGNES_MAX = 2_000
FRANCE = "france"
CODES: dict[str, str] = {
    "fonctionnement": "Fonctionnement, par taille (€ par an)",
    "mission_fixe": "Part fixe d'une mission, par taille (€ par an)",
    "mission_variable": "Part variable d'une mission, par taille (€ par an, objectifs atteints)",
    "avance_fixe": "Avance sur la part fixe d'une mission (%)",
    "avance_fonctionnement": "Avance sur le fonctionnement (%)",
    "majoration": "Majoration du fonctionnement des ACI signés avant le 31/12/2021 (%)",
    "majoration_annees": "Majoration : nombre d'années",
    "prorata": "Prorata d'une part fixe (« jour » ou « mois »)",
    "fin_anticipee": "Année où l'ACI prend fin avant son terme : ce qui est dû, au prorata (« jour » ou « mois »)",
    "plafond_indemnites": "Plafond des indemnités d'une personne, par année civile (€)",
    "frontiere_taille": "Côté des bornes de taille (« inferieur » ou « inferieur_ou_egal »)",
}


@dataclass(frozen=True, slots=True)
class Valeur:
    """One value and what says it. `rang`: the more precise wins."""

    code: str
    taille: int
    mission: str
    region: str
    debut: date
    fin: date | None
    valeur: Decimal | None
    texte: str
    reference: str
    demonstration: bool

    def covers(self, taille: int, mission: str, au: date) -> bool:
        return (
            self.taille in (0, taille)
            and self.mission in ("", mission)
            and self.debut <= au
            and (self.fin is None or au < self.fin)
        )

    @property
    def rang(self) -> tuple[int, bool, bool]:
        """The région's own, then what was invented, then the national entry, then the file; the precise first."""
        origine = 0 if not self.region else 1 if self.region == FRANCE else 3
        return (2 if self.demonstration else origine, bool(self.mission), bool(self.taille))


@dataclass(frozen=True, slots=True)
class Bareme:
    """Every value that a CPTS may meet."""

    valeurs: tuple[Valeur, ...]

    def find(self, code: str, au: date, *, taille: int | None = None, mission: str = "") -> Valeur | None:
        """The value of that day; None: « à renseigner »."""
        lues = [v for v in self.valeurs if v.code == code and v.covers(taille or 0, mission, au)]
        lues = [v for v in lues if v.valeur is not None or v.texte]
        return max(lues, key=lambda v: v.rang, default=None)


@cache
def load_nationaux() -> tuple[Valeur, ...]:
    lignes = yaml.safe_load(FICHIER.read_text(encoding="utf-8"))
    return tuple(
        Valeur(
            ligne["code"],
            ligne.get("taille", 0),
            ligne.get("mission", ""),
            "",
            ligne["debut"],
            ligne.get("fin"),
            Decimal(str(ligne["valeur"])),
            "",
            ligne["reference"],
            False,
        )
        for ligne in lignes
    )


def read_bareme(cpts: Cpts) -> Bareme:
    """What was invented for the demonstration is read for its CPTS alone."""
    lus = ParametreAci.objects.filter(region_code__in=["", cpts.region_code])
    if not cpts.demonstration:
        lus = lus.filter(demonstration=False)
    return Bareme((*load_nationaux(), *_read_lignes(lus.order_by("code", "pk")[:LIGNES_MAX])))


def _read_lignes(lignes: Iterable[ParametreAci]) -> Iterable[Valeur]:
    for ligne in lignes:
        if ligne.periode.isempty:
            continue
        yield Valeur(
            ligne.code,
            ligne.taille,
            ligne.mission,
            ligne.region_code or FRANCE,
            ligne.periode.lower or date.min,
            ligne.periode.upper,
            ligne.valeur,
            ligne.texte,
            ligne.reference,
            ligne.demonstration,
        )
