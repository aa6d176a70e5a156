"""What an address of the inverse map says: those of the check, and where, which scheme, how far, in which order.

`commune` is the one around which one looks: the same name as in the check, whose link leads here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from aides.catalogue import catalogue
from aides.forms import Demande, is_readable, read_demande
from aides.ou_obtenir import KM_PAR_MINUTE, Autour
from aides.regles.dispositifs import Dispositif
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS, NE_SAIT_PAS, format_nombre
from aides.views.lecture import address, list_erreurs, resolve_known
from portal.core.cache import data_version
from zonage.comparaisons import Perimetre, read_perimetre
from zonage.models import Departement
from zonage.recherche import CommuneInconnue, Resolution, normalise

PROPRES = ("dispositif", "region", "departement", "distance", "unite", "verdict", "tri", "page")
UNITES = {"km": "kilomètres", "min": "minutes"}
TRIS = ("montant", "distance", "nom", "population")
VERDICTS = {"": Issue.ELIGIBLE, "a_instruire": Issue.A_INSTRUIRE, "non_eligible": Issue.NON_ELIGIBLE}
DISTANCE_MAX = {"km": 300, "min": 240}
COMPAREES_MAX = 4


@dataclass(frozen=True, slots=True)
class Recherche:
    """One inverse question. Everything the page shows follows from it, and every link is written from it."""

    demande: Demande
    au: date
    dispositif: Dispositif | None
    perimetre: Perimetre
    departements: list[Departement]
    origine: Resolution | None
    distance: int | None = None
    unite: str = "min"
    verdict: str = ""
    tri: str = ""
    page: str = ""
    erreurs: Mapping[str, str] = field(default_factory=dict)

    @property
    def issue(self) -> Issue:
        return VERDICTS[self.verdict]

    @property
    def autour(self) -> Autour | None:
        """Around which commune, and within how many kilometres once minutes are turned into distance."""
        if self.origine is None:
            return None
        km = None if self.distance is None else Decimal(self.distance)
        if km is not None and self.unite == "min":
            km *= KM_PAR_MINUTE
        return Autour(self.origine.commune.code_insee, km)

    @property
    def rayon(self) -> str:
        """« 45 minutes », as the person wrote it."""
        if self.distance is None:
            return ""
        unite = UNITES[self.unite]
        return f"{format_nombre(self.distance)} {unite if self.distance > 1 else unite.removesuffix('s')}"

    def parametres(self, **changes: str) -> list[tuple[str, str]]:
        """The canonical parameters: scheme, those of the check with the day written, then where and how to sort."""
        propres = {
            "region": self.perimetre.code if self.perimetre.type == "region" else "",
            "departement": self.perimetre.code if self.perimetre.type == "departement" else "",
            "distance": "" if self.distance is None else str(self.distance),
            "unite": "" if self.distance is None else self.unite,
            "verdict": self.verdict,
            "tri": self.tri,
            "page": self.page,
        } | {nom: valeur for nom, valeur in changes.items() if nom in PROPRES}
        commune = changes.get("commune", self.origine.commune.code_insee if self.origine else "")
        faits = replace(self.demande.at(self.au), commune=commune).parametres()
        code = self.dispositif.code if self.dispositif else ""
        dispositif = [("dispositif", changes.get("dispositif", code))]
        return [(nom, valeur) for nom, valeur in [*dispositif, *faits, *propres.items()] if valeur]

    def url(self, vue: str = "ou_obtenir", **changes: str) -> str:
        """The address with some parameters changed; an empty value is left out. Another order starts at page one."""
        return f"{address(vue)}?{urlencode(self.parametres(**{'page': ''} | changes))}"

    def urls_departements(self, codes: Iterable[str]) -> dict[str, str]:
        """The same question in each of these départements: one address is written, a hundred are made from it."""
        modele = self.url(departement="DEPARTEMENT", region="")
        return {code: modele.replace("departement=DEPARTEMENT", f"departement={code}") for code in codes}

    def query_faits(self, commune: str = "") -> str:
        """What the check of a commune takes: the same facts, the same day."""
        return replace(self.demande.at(self.au), commune=commune).query()

    def list_erreurs(self) -> list[tuple[str, str]]:
        noms = {
            "dispositif": "Dispositif",
            "region": "Région",
            "departement": "Département",
            "distance": "Distance",
            "unite": "Unité",
            "verdict": "Verdict",
            "tri": "Ordre",
        }
        autres = [(noms.get(nom, nom), message) for nom, message in self.erreurs.items()]
        return [*list_erreurs(self.demande), *autres]


def read_recherche(request: HttpRequest, *, autres: tuple[str, ...] = ()) -> Recherche:
    """The question of an address. A wrong value is named in `erreurs`, and the rest is kept.

    `autres`: parameters that the caller reads himself.
    """
    params = request.GET.copy()
    for nom in autres:
        params.pop(nom, None)
    erreurs: dict[str, str] = {}
    propres = {nom: _pop_once(params, nom, erreurs) for nom in PROPRES}
    drop_stale_commune(params)
    demande = read_demande(params)
    dispositif = catalogue().dispositif(propres["dispositif"]) if propres["dispositif"] else None
    if propres["dispositif"] and dispositif is None:
        erreurs["dispositif"] = "Ce dispositif n'existe pas : choisissez-le dans la liste."
    perimetre, departements = _read_perimetre(propres, erreurs)
    demande, origine = _read_origine(demande)
    distance = _read_distance(propres, erreurs)
    for nom, permis in (("verdict", VERDICTS), ("tri", {*TRIS, *(f"-{tri}" for tri in TRIS), ""})):
        if propres[nom] not in permis:
            erreurs[nom] = "Cette valeur n'est pas proposée : choisissez-la dans la page."
            propres[nom] = ""
    if distance is not None and origine is None and not demande.lieu:
        erreurs["distance"] = "Indiquez la commune autour de laquelle chercher."
        distance = None
    return Recherche(
        demande,
        demande.au or timezone.localdate(),
        dispositif,
        perimetre,
        departements,
        origine,
        distance,
        propres["unite"] or "min",
        propres["verdict"],
        propres["tri"],
        propres["page"],
        erreurs,
    )


def drop_stale_commune(params: QueryDict) -> None:
    """Without JavaScript the text of the place changes and the code of the former commune stays beside it.

    `avant` is the code that the form was written with: if it did not move while the text did, the text decides.
    """
    avant = params.pop("avant", [""])[-1]
    lieu = params.get("lieu")
    if lieu is None or not avant or params.get("commune") != avant:
        return
    try:
        ecrit = name_place(resolve_known(avant, data_version()))
    except CommuneInconnue:
        ecrit = ""
    if normalise(lieu) != normalise(ecrit):
        params["commune"] = ""


def name_place(origine: Resolution | None) -> str:
    """What the field shows: « Chalon-sur-Saône (71) »."""
    return f"{origine.commune.nom} ({origine.commune.departement_id})" if origine else ""


def _pop_once(params: QueryDict, nom: str, erreurs: dict[str, str]) -> str:
    valeurs = params.pop(nom, [""])
    if len(set(valeurs)) > 1:
        erreurs[nom] = "Cette information est donnée deux fois, avec deux valeurs différentes."
        return ""
    valeur = valeurs[-1].strip()
    if not is_readable(valeur) or len(valeur) > 40:
        erreurs[nom] = "Cette valeur est illisible ou trop longue."
        return ""
    return valeur


def _read_perimetre(propres: Mapping[str, str], erreurs: dict[str, str]) -> tuple[Perimetre, list[Departement]]:
    departement = propres["departement"]
    try:
        # A département is enough: a form that still names another région does not contradict it.
        return read_perimetre(region="" if departement else propres["region"], departement=departement)
    except LookupError as refus:
        erreurs["departement" if departement else "region"] = str(refus)
        return read_perimetre()


def _read_origine(demande: Demande) -> tuple[Demande, Resolution | None]:
    if not demande.commune:
        return demande, None
    try:
        return demande, resolve_known(demande.commune, data_version())
    except CommuneInconnue as inconnue:
        return replace(demande, commune="", erreurs={**demande.erreurs, "commune": str(inconnue)}), None


def _read_distance(propres: dict[str, str], erreurs: dict[str, str]) -> int | None:
    """Whole kilometres or minutes; None without limit."""
    if propres["unite"] not in {*UNITES, ""}:
        erreurs["unite"] = "Choisissez des kilomètres ou des minutes."
        propres["unite"] = ""
    brut, maximum = propres["distance"], DISTANCE_MAX[propres["unite"] or "min"]
    if not brut:
        return None
    try:
        distance = Decimal(brut.replace(",", "."))
    except InvalidOperation:
        distance = Decimal(-1)
    if not distance.is_finite() or not 1 <= distance <= maximum:
        erreurs["distance"] = f"Écrivez un nombre entre 1 et {maximum}, par exemple 45."
        return None
    return int(distance)


def is_form(request: HttpRequest) -> bool:
    """The address comes from a form: empty fields, the text of a place, or what was asked. It has a canonical one."""
    params = request.GET
    return any(nom in params for nom in ("posees", "lieu", NE_SAIT_PAS)) or "" in params.values()


def list_hidden(recherche: Recherche, *, sauf: tuple[str, ...]) -> list[tuple[str, str]]:
    """The facts that the form carries without asking them."""
    return [(nom, valeur) for nom, valeur in recherche.parametres() if nom in FAITS and nom not in sauf]
