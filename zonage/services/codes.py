"""From the codes of a file to today's communes, all at once."""

from collections import defaultdict
from dataclasses import dataclass

from zonage.models import AncienneCommune, Commune


@dataclass(frozen=True, slots=True)
class Codes:
    """`actuels`: code → région. `anciens`: a code that is no longer a commune → the communes that took it over."""

    actuels: dict[str, str]
    anciens: dict[str, tuple[str, ...]]

    def resolve(self, code: str) -> tuple[str, ...]:
        """Today's communes of a code: itself, its heirs, or nothing when the code was never a commune known here."""
        return (code,) if code in self.actuels else self.anciens.get(code, ())


def read_codes() -> Codes:
    communes = Commune.objects.order_by("code_insee").values_list("code_insee", "departement__region_id")
    anciens: defaultdict[str, list[str]] = defaultdict(list)
    lignes = AncienneCommune.objects.order_by("code_insee", "commune_id").values_list("code_insee", "commune_id")
    for ancien, commune in lignes.distinct():
        anciens[ancien].append(commune)
    return Codes(dict(communes), {code: tuple(heritieres) for code, heritieres in anciens.items()})
