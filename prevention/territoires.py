"""The territories of figures: their names, where they are, their communes, and which ones add up to which.

A figure of Paris, Lyon or Marseille is that of the whole commune: a perimeter drawn by arrondissement stands for it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q

from cpts.enums import StatutPerimetre
from cpts.models import CommunePerimetre, Cpts
from prevention.calculs.secret import Somme
from prevention.enums import CODE_FRANCE, NiveauTerritoire
from zonage.models import Commune, Departement, Epci, Region

Cle = tuple[str, str]
COMMUNES_MAX = 40_000
EN_COMMUNES = (NiveauTerritoire.EPCI, NiveauTerritoire.CPTS, NiveauTerritoire.DEPARTEMENT)


def _par_niveau(cles: Iterable[Cle]) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for niveau, code in cles:
        codes[niveau].add(code)
    return codes


def read_noms(cles: Iterable[Cle]) -> dict[Cle, str]:
    """The names of the territories that exist; the others are absent."""
    codes = _par_niveau(cles)
    noms: dict[Cle, str] = {("france", CODE_FRANCE): "France"} if codes["france"] else {}
    lectures = (
        ("commune", Commune, "code_insee"),
        ("epci", Epci, "code"),
        ("cpts", Cpts, "code"),
        ("departement", Departement, "code"),
        ("region", Region, "code"),
    )
    for niveau, modele, champ in lectures:
        if codes[niveau]:
            lus = modele.objects.filter(**{f"{champ}__in": codes[niveau]}).order_by(champ)  # type: ignore[attr-defined]
            noms |= {(niveau, code): nom for code, nom in lus.values_list(champ, "nom")}
    return noms


def name_territoire(niveau: str, code: str) -> str:
    """Empty: no such territory."""
    return read_noms([(niveau, code)]).get((niveau, code), "")


def locate(cles: Iterable[Cle]) -> dict[Cle, tuple[str, str]]:
    """The région and the département (codes; empty: several) of those that exist. An EPCI: of most of its communes."""
    codes = _par_niveau(cles)
    lieux: dict[Cle, tuple[str, str]] = {("france", CODE_FRANCE): ("", "")} if codes["france"] else {}
    communes = Commune.objects.filter(code_insee__in=codes["commune"], type="COM").order_by("code_insee")
    for code, region, departement in communes.values_list("code_insee", "departement__region_id", "departement_id"):
        lieux["commune", code] = (region, departement)
    compte: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    membres = Commune.objects.filter(epci_id__in=codes["epci"], type="COM").order_by("code_insee")
    for epci, region, departement in membres.values_list("epci_id", "departement__region_id", "departement_id"):
        compte[str(epci)][region, departement] += 1
    lieux |= {("epci", code): lus.most_common(1)[0][0] for code, lus in compte.items()}
    for code, region, departement in (
        Cpts.objects.filter(code__in=codes["cpts"])
        .order_by("code")
        .values_list("code", "region_code", "departement_code")
    ):
        lieux["cpts", code] = (region, departement)
    for code, region in (
        Departement.objects.filter(code__in=codes["departement"]).order_by("code").values_list("code", "region_id")
    ):
        lieux["departement", code] = (region, code)
    for code in Region.objects.filter(code__in=codes["region"]).order_by("code").values_list("code", flat=True):
        lieux["region", code] = (code, "")
    return lieux


def list_communes(niveau: str, code: str, *, au: date) -> list[str]:
    """The communes of a territory on a day (whole communes), in the order of codes."""
    if niveau == NiveauTerritoire.CPTS:
        return sorted(_communes_de_cpts([code], au)[code])
    filtres = {
        "commune": {"code_insee": code},
        "epci": {"epci_id": code},
        "departement": {"departement_id": code},
        "region": {"departement__region_id": code},
        "france": {},
    }
    lues = Commune.objects.filter(type="COM", **filtres[niveau]).order_by("code_insee")
    return list(lues.values_list("code_insee", flat=True)[:COMMUNES_MAX])


def _communes_de_cpts(codes: Collection[str], au: date) -> dict[str, set[str]]:
    lignes = CommunePerimetre.objects.filter(
        perimetre__cpts__in=codes, perimetre__statut=StatutPerimetre.APPROUVE, perimetre__periode__contains=au
    ).order_by("perimetre", "commune")
    communes: dict[str, set[str]] = {code: set() for code in codes}
    for cpts, commune, mere in lignes.values_list("perimetre__cpts_id", "commune_id", "commune__parent_id"):
        communes[cpts].add(mere or commune)
    return communes


def build_sommes(cles: Iterable[Cle], *, au: date) -> list[Somme]:
    """Every total among these territories, with all its parts, of which some may have no figure.

    An EPCI, a CPTS, a département: their communes. A département: its EPCI, when none of them leaves it. A région: its
    départements. France: its régions.
    """
    codes = _par_niveau(cles)
    groupes: dict[Cle, set[Cle]] = defaultdict(set)
    epcis_de: dict[str, set[str]] = defaultdict(set)
    departements_de: dict[str, set[str]] = defaultdict(set)
    if codes["epci"] or codes["departement"]:
        voulues = Q(epci_id__in=codes["epci"]) | Q(departement_id__in=codes["departement"])
        communes = Commune.objects.filter(voulues, type="COM").order_by("code_insee")
        for commune, epci, departement in communes.values_list("code_insee", "epci_id", "departement_id"):
            groupes["departement", departement].add(("commune", commune))
            groupes["epci", str(epci)].add(("commune", commune))
            epcis_de[departement].add(str(epci))
        membres = Commune.objects.filter(epci_id__in={epci for siens in epcis_de.values() for epci in siens})
        for epci, departement in membres.order_by("epci_id").values_list("epci_id", "departement_id").distinct():
            departements_de[str(epci)].add(departement)
    for code, siennes in _communes_de_cpts(codes["cpts"], au).items():
        groupes["cpts", code] = {("commune", commune) for commune in siennes}
    sommes = [
        Somme((niveau, code), frozenset(groupes[niveau, code]))
        for niveau in EN_COMMUNES
        for code in sorted(codes[niveau])
        if groupes[niveau, code]
    ]
    for code in sorted(codes["departement"]):
        siens = epcis_de[code]
        if "None" not in siens and all(departements_de[epci] == {code} for epci in siens):
            sommes.append(Somme(("departement", code), frozenset(("epci", epci) for epci in siens)))
    return sommes + _sommes_hautes(codes)


def _sommes_hautes(codes: dict[str, set[str]]) -> list[Somme]:
    if not codes["region"] and not codes["france"]:
        return []
    membres: dict[str, set[Cle]] = defaultdict(set)
    for code, region in Departement.objects.order_by("code").values_list("code", "region_id"):
        membres[str(region)].add(("departement", code))
    sommes = [Somme(("region", code), frozenset(membres[code])) for code in sorted(codes["region"]) if membres[code]]
    if codes["france"]:
        sommes.append(Somme(("france", CODE_FRANCE), frozenset(("region", code) for code in membres)))
    return sommes
