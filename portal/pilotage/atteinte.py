"""How far a figure is from its target, in words and as a share: for dashboards, receipts and their files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from portal.pilotage.formats import format_nombre, format_valeur
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.sources.definitions import Indicateur

HISTORIQUE_MAX = 20


@dataclass(frozen=True, slots=True)
class Atteinte:
    """`part`: the share of the target reached, in percent, above 100 when it is passed; None where a share says
    nothing (lower is better, or neither way). `barre`: the same, as the whole of a bar. `atteint`: None, not known.
    """

    objectif: Objectif
    texte: str
    dit: str
    part: Decimal | None
    atteint: bool | None

    @property
    def barre(self) -> int | None:
        return None if self.part is None else int(min(max(self.part, Decimal(0)), Decimal(100)))

    def build_json(self) -> dict[str, Any]:
        return {
            "valeur": self.objectif.valeur,
            "echeance": self.objectif.echeance,
            "fixe_le": self.objectif.debut,
            "part_atteinte": self.part,
            "atteint": self.atteint,
            "source": self.objectif.source,
            "demonstration": self.objectif.demonstration,
        }


def read_objectifs(indicateurs: Iterable[str], territoire: Territoire, *, au: date) -> dict[str, Objectif]:
    """By indicator, those in force that day, one at most each. Who may read them reads the figure: asked before."""
    lus = Objectif.objects.en_vigueur(au=au).filter(territoire=territoire, indicateur__in=sorted(set(indicateurs)))
    return {un.indicateur: un for un in lus.order_by("indicateur", "pk")[:500]}


def list_anciens(indicateur: str, territoire: Territoire, *, au: date) -> list[Objectif]:
    """Those that counted before that day, the newest first."""
    lus = Objectif.objects.comptant().filter(indicateur=indicateur, territoire=territoire, fin__lte=au)
    return list(lus.order_by("-debut", "-pk")[:HISTORIQUE_MAX])


def measure(objectif: Objectif, valeur: Decimal | None, un: Indicateur, *, au: date) -> Atteinte:
    """« Objectif : 150 structures au 31/12/2027 », « 56 % atteints, il reste 66 structures »."""
    vise = objectif.valeur
    if valeur is None:
        return Atteinte(objectif, say_objectif(objectif, un), "", None, None)
    manque = vise - valeur if un.sens == "plus" else valeur - vise
    atteint = None if un.sens == "neutre" else manque <= 0
    part = (100 * valeur / vise).quantize(Decimal("0.1"), ROUND_FLOOR) if un.sens == "plus" and vise else None
    dit = _say(objectif, abs(manque), un, atteint, part, au)
    return Atteinte(objectif, say_objectif(objectif, un), dit, part, atteint)


def say_objectif(objectif: Objectif, un: Indicateur) -> str:
    echeance = f" au {objectif.echeance:%d/%m/%Y}" if objectif.echeance else ", sans échéance"
    return f"{format_valeur(objectif.valeur, un)}{echeance}"


def _say(
    objectif: Objectif, manque: Decimal, un: Indicateur, atteint: bool | None, part: Decimal | None, au: date
) -> str:
    if atteint is None:
        return f"écart : {_say_nombre(manque, un)}"
    if atteint:
        return "atteint" if not manque else f"atteint, dépassé de {_say_nombre(manque, un)}"
    reste = _say_nombre(manque, un)
    suite = f"il reste {reste}" if un.sens == "plus" else f"à réduire encore de {reste}"
    if objectif.echeance is not None and objectif.echeance < au:
        return f"échéance passée, {suite}"
    if part is None or un.unite == "%":
        return suite
    return f"{format_nombre(part.to_integral_value(ROUND_FLOOR))}\u00a0% atteints, {suite}"


def _say_nombre(ecart: Decimal, un: Indicateur) -> str:
    if un.unite != "%":
        return format_valeur(ecart, un)
    return f"{format_nombre(ecart, un.decimales)}\u00a0point{'s' if ecart >= 2 else ''}"
