"""What a page looks at: France, a région, a département or a CPTS, and by what it is cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cpts.models import Cpts
from prevention.enums import CODE_FRANCE, NiveauTerritoire
from prevention.territoires import list_communes, read_noms
from zonage.models import Commune, Departement, Region

COMMUNES_MAX = 6000
"""Those of the largest région: a map of more is not drawn."""
DECOUPES = {
    "france": ("departement",),
    "region": ("departement", "epci", "commune"),
    "departement": ("epci", "commune"),
    "cpts": ("commune", "epci"),
}


@dataclass(frozen=True, slots=True)
class Regard:
    """`dans` names it in an address (« departement:71 »); `reference`: the wider territory it is compared with."""

    niveau: str
    code: str
    nom: str
    departements: tuple[str, ...]
    reference: tuple[str, str] | None

    @property
    def dans(self) -> str:
        return self.niveau if self.niveau == "france" else f"{self.niveau}:{self.code}"

    @property
    def decoupes(self) -> list[tuple[str, str]]:
        return [(niveau, str(NiveauTerritoire(niveau).label)) for niveau in DECOUPES[self.niveau]]


def read_regard(dans: str) -> Regard:
    """« france », « region:27 », « departement:71 », « cpts:71-chalonnais ». Raises LookupError (French sentence)."""
    niveau, _, code = dans.partition(":")
    tous = list(Departement.objects.order_by("code").values_list("code", "region_id", "nom")[:200])
    if niveau == "france":
        return Regard("france", CODE_FRANCE, "France", tuple(lu[0] for lu in tous), None)
    if niveau == "region":
        nom = Region.objects.filter(code=code).values_list("nom", flat=True).first()
        siens = tuple(lu[0] for lu in tous if lu[1] == code)
        if nom and siens:
            return Regard("region", code, nom, siens, ("france", CODE_FRANCE))
    if niveau == "departement":
        trouve = next((lu for lu in tous if lu[0] == code), None)
        if trouve:
            return Regard("departement", code, trouve[2], (code,), ("region", str(trouve[1])))
    if niveau == "cpts":
        cpts = Cpts.objects.filter(code=code).first()
        if cpts:
            return Regard("cpts", code, cpts.nom, (cpts.departement_code,), ("departement", cpts.departement_code))
    raise LookupError("Ce territoire n’existe pas : choisissez-le dans la liste.")


def list_parts(regard: Regard, par: str, *, au: date) -> dict[str, str]:
    """The part (département, EPCI or commune) of each commune of the territory. Empty: too many to be drawn."""
    if par == "commune":
        communes = list_communes(regard.niveau, regard.code, au=au)
        return {commune: commune for commune in communes} if len(communes) <= COMMUNES_MAX else {}
    champ = {"epci": "epci_id", "departement": "departement_id"}[par]
    communes = list_communes(regard.niveau, regard.code, au=au)
    if len(communes) > COMMUNES_MAX:
        return {}
    lus = Commune.objects.filter(pk__in=communes, **{f"{champ}__isnull": False}).order_by("pk")
    return dict(lus.values_list("code_insee", champ))


def list_departements_de(communes: Mapping[str, str]) -> list[str]:
    """A CPTS may go over the border of its département."""
    lus = Commune.objects.filter(pk__in=list(communes)).order_by("departement_id")
    return list(lus.values_list("departement_id", flat=True).distinct())


def list_codes(regard: Regard, par: str, parts: dict[str, str]) -> list[str]:
    """The codes of the parts, even when no map is drawn."""
    if parts:
        return sorted(set(parts.values()))
    return list(regard.departements) if par == "departement" else []


def name_parts(par: str, codes: list[str]) -> dict[str, str]:
    return {code: nom for (_, code), nom in read_noms((par, code) for code in codes).items()}
