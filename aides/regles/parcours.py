"""The same person, later: what is sure to have changed is changed, what can no longer be known is left unknown."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from aides.regles.calendrier import add_mois
from aides.regles.conditions import Anciennete, walk
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.flux import count_mois
from aides.regles.lecteur import open_contexte
from aides.regles.situation import Contexte, Locaux, Situation, Valeur, ZoneLue

JOURS_MAX = 40
"""The most days on which the start of a contract is tried, the nearest first."""
PASSES = {"date_installation": ("statut", "projet", "installe")} | {
    "date_ouverture_secondaire": ("type_cabinet", "secondaire_projet", "secondaire_ouvert")
}
"""What a project becomes the day after: the fact that then gives the day, and the state before and after."""
AVANT_PREMIERE: Mapping[str, Valeur] = {
    "caim_deja": False,
    "aide_conventionnelle_deja": False,
    "contrat_demographique": "aucun",
}
"""Who was to install for the first time had none of these: the contracts of the plan itself are counted apart."""
PASSAGERS = ("confrere_recent", "annee_etudes", "licence_remplacement")
"""What holds for some months at most: a year later nobody can tell."""


@dataclass(frozen=True, eq=False)
class Parcours:
    """A situation on its first day, and what is known of its commune on later days."""

    depart: Situation
    au: date
    horizon: date

    @cached_property
    def jours(self) -> list[date]:
        return sorted({*self.depart.zones, *self.depart.locaux})

    def situation(self, jour: date) -> Situation:
        """The situation on that day; the zone is that of the last day read, when that day itself was not."""
        rang = bisect_right(self.jours, jour)
        lu = self.jours[rang - 1] if rang else None
        zones: dict[date, ZoneLue] = dict(self.depart.zones)
        locaux: dict[date, Locaux] = dict(self.depart.locaux)
        if lu is not None and lu != jour:
            if lu in zones:
                zones[jour] = zones[lu]
            if lu in locaux:
                locaux[jour] = locaux[lu]
        faits = advance(self.depart.faits, self.au, jour)
        return Situation(faits, zones, self.depart.commune_choisie, self.depart.lieux, locaux)

    def contexte(self, version: Version, jour: date) -> Contexte:
        return open_contexte(version, self.situation(jour), jour)

    def is_eligible(self, version: Version, jour: date) -> bool | None:
        return version.conditions.evaluate(self.contexte(version, jour)).verdict


def advance(faits: Mapping[str, Valeur], depuis: date, jour: date) -> dict[str, Valeur]:
    """The facts of the same person on a later day."""
    suite = dict(faits)
    if jour <= depuis:
        return suite
    if faits.get("statut") == "projet" and faits.get("premiere_installation") is True:
        suite |= AVANT_PREMIERE
    for code_jour, (code_etat, avant, apres) in PASSES.items():
        if faits.get(code_etat) == avant:
            suite |= {code_etat: apres, code_jour: depuis}
    annees = count_mois(depuis, jour) // 12
    for code in ("age", "age_confrere"):
        age = suite.get(code)
        if isinstance(age, int):
            suite[code] = age + annees
    if annees:
        for code in PASSAGERS:
            suite.pop(code, None)
    return suite


def list_jours(
    schemes: Iterable[Dispositif], au: date, horizon: date, tournants: Iterable[date]
) -> tuple[tuple[date, ...], bool]:
    """The days worth trying: the first one, each turning day, and the end of any contract begun on one of them.

    Between two of them neither the rules nor the zone change: a later start would only be later. The second value
    says whether some were left out.
    """
    jours = {au, *(jour for jour in tournants if au < jour < horizon)}
    durees: set[int] = set()
    for dispositif in schemes:
        for version in dispositif.versions:
            if version.ouvert_du >= horizon or (version.ferme_le is not None and version.ferme_le <= au):
                continue
            jours |= {j for j in (version.ouvert_du, version.ferme_le) if j is not None and au < j < horizon}
            if version.regles_cumul.duree_mois:
                durees.add(version.regles_cumul.duree_mois)
    front = set(jours)
    while front and len(jours) <= 4 * JOURS_MAX:
        suites = {add_mois(jour, duree) for jour in front for duree in durees}
        front = {jour for jour in suites if jour < horizon} - jours
        jours |= front
    return tuple(sorted(jours)[:JOURS_MAX]), len(jours) > JOURS_MAX


@dataclass(frozen=True, slots=True)
class Limite:
    """The last day to ask for a contract, and what changes the day after."""

    jour: date
    raison: str


def find_limite(parcours: Parcours, dispositif: Dispositif, version: Version, du: date) -> Limite | None:
    """Until when the same contract could still be asked; None when nothing stops it within the plan."""
    faits = parcours.situation(parcours.horizon).faits
    tournants: dict[date, str] = {}
    for noeud in walk(version.conditions):
        depuis = faits.get(noeud.fait) if isinstance(noeud, Anciennete) else None
        if isinstance(noeud, Anciennete) and isinstance(depuis, date):
            tournants[add_mois(depuis, noeud.mois)] = f"après, cette condition n'est plus remplie : {noeud.libelle}"
    fin = dispositif.find_fin(version)
    if fin is not None:
        tournants[fin] = "il n'accepte plus de nouvelle demande ensuite"
    for jour in parcours.jours:
        tournants.setdefault(jour, "la zone de la commune change ensuite, ou n'est plus connue")
    for jour in sorted(tournants):
        if du < jour < parcours.horizon and not _holds(parcours, dispositif, jour):
            return Limite(jour - timedelta(days=1), tournants[jour])
    return None


def _holds(parcours: Parcours, dispositif: Dispositif, jour: date) -> bool:
    version = dispositif.version_au(jour)
    return version is not None and parcours.is_eligible(version, jour) is True
