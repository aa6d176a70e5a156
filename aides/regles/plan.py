"""The best plan over five years: which contracts to sign, in which order and by which day, and why not the others.

Exact: every start day worth trying, every length, every set without conflict (docs/adr/0091). Amounts are estimates.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from aides.regles.calculs import ZERO
from aides.regles.calendrier import add_mois
from aides.regles.cumul import Cumul, Engagement, is_joined, list_cumuls, read_cumul
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.flux import Apports, Baremes, build_apports, read_baremes
from aides.regles.montants import Periodicite
from aides.regles.optimum import Solveur, iter_bits, pack_poids
from aides.regles.parcours import Limite, Parcours, find_limite

HORIZON_MOIS = 60
CANDIDATS_MAX = 250
NOEUDS_MAX = 3000
"""Choices tried before the search stops: far above what the national schemes need (docs/adr/0091)."""


@dataclass(frozen=True, eq=False)
class Candidat:
    """A contract that could be signed on a day, for a length. `terme_connu`: its text says when it ends."""

    engagement: Engagement
    verdict: bool
    apports: Apports
    terme_connu: bool
    renouvellements: int
    manquants: tuple[str, ...] = ()

    @property
    def dispositif(self) -> Dispositif:
        return self.engagement.dispositif

    @property
    def version(self) -> Version:
        return self.engagement.version

    @property
    def du(self) -> date:
        return self.engagement.du

    @property
    def ponctuel(self) -> bool:
        """Paid at once, without running."""
        return self.engagement.au == self.du + timedelta(days=1)

    @property
    def dernier_jour(self) -> date:
        return self.engagement.au - timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Plan:
    """Contracts that go together, in the order in which they are signed."""

    candidats: tuple[Candidat, ...]

    @cached_property
    def minimum(self) -> Decimal:
        return sum((candidat.apports.minimum for candidat in self.candidats), ZERO)

    @cached_property
    def maximum(self) -> Decimal:
        return sum((candidat.apports.maximum for candidat in self.candidats), ZERO)

    @property
    def cle(self) -> tuple[str, ...]:
        """What tells two plans apart for a reader: the schemes."""
        return tuple(sorted({candidat.dispositif.code for candidat in self.candidats}))

    @cached_property
    def annees(self) -> tuple[tuple[int, Decimal, Decimal], ...]:
        """By civil year, the years without euros left out."""
        return sum_annees(candidat.apports for candidat in self.candidats)

    @cached_property
    def cumuls(self) -> tuple[tuple[Engagement, Engagement, Cumul], ...]:
        return list_cumuls([candidat.engagement for candidat in self.candidats])


@dataclass(frozen=True, eq=False)
class Alternative:
    """A scheme left out: what stands in its way, and the best plan that holds it."""

    candidat: Candidat
    obstacles: tuple[Cumul, ...]
    plan: Plan
    ecart_minimum: Decimal
    ecart_maximum: Decimal


@dataclass(frozen=True, eq=False)
class Etude:
    """The answer. `prudent`: only contracts that a text says go together, or that never run at the same time."""

    au: date
    horizon: date
    prudent: bool
    plan: Plan
    limites: dict[str, Limite]
    alternatives: tuple[Alternative, ...]
    a_instruire: tuple[Candidat, ...]
    exact: bool = True

    @property
    def dernier_jour(self) -> date:
        return self.horizon - timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Offre:
    """Everything that could be signed, found once whatever is then allowed to go together."""

    parcours: Parcours
    candidats: tuple[Candidat, ...]
    a_instruire: tuple[Candidat, ...]
    tronque: bool


def find_offre(schemes: Sequence[Dispositif], parcours: Parcours, jours: Sequence[date]) -> Offre:
    """Each scheme on each day: the contracts for which the person is eligible, and those that stay « à instruire »."""
    certains: list[Candidat] = []
    douteux: list[Candidat] = []
    for dispositif in schemes:
        siens: list[Candidat] = []
        doute: Candidat | None = None
        for jour in jours:
            version = dispositif.version_au(jour)
            if version is None:
                continue
            contexte = parcours.contexte(version, jour)
            preuve = version.conditions.evaluate(contexte)
            if preuve.verdict is False:
                continue
            baremes = read_baremes(version, contexte, jour)
            if preuve.verdict:
                siens += _list_candidats(dispositif, baremes, jour, parcours.horizon)
            elif doute is None:
                manquants = tuple(dict.fromkeys(c for f in preuve.live() for c in f.manquants))
                doute = _list_candidats(dispositif, baremes, jour, parcours.horizon, manquants=manquants, sur=False)[0]
        certains += siens
        if doute is not None and not siens:
            douteux.append(doute)
    douteux.sort(key=lambda c: (-c.apports.maximum, c.du, c.dispositif.code))
    retenus = _keep_nearest(certains)
    return Offre(parcours, tuple(retenus), tuple(douteux), len(retenus) < len(certains))


def build_etude(offre: Offre, *, prudent: bool) -> Etude:
    """The best set, and for each scheme left out the best set that holds it."""
    candidats = offre.candidats
    conflits = find_conflits([candidat.engagement for candidat in candidats], prudent=prudent)
    poids = weigh(candidats, offre.parcours.au)
    tous = (1 << len(candidats)) - 1
    solveur = Solveur(poids, conflits, NOEUDS_MAX)
    plan = _build_plan(candidats, solveur.solve(tous))
    alternatives = _find_alternatives(candidats, solveur, plan)
    limites = {
        candidat.dispositif.code: limite
        for candidat in plan.candidats
        if (limite := find_limite(offre.parcours, candidat.dispositif, candidat.version, candidat.du))
    }
    ordre = sorted(plan.candidats, key=lambda c: _order(c, limites))
    return Etude(
        offre.parcours.au,
        offre.parcours.horizon,
        prudent,
        Plan(tuple(ordre)),
        limites,
        alternatives,
        offre.a_instruire,
        solveur.exact,
    )


def find_conflits(contrats: Sequence[Engagement], *, prudent: bool) -> list[int]:
    """For each contract, the bits of those that cannot be in the same plan."""
    conflits = [0] * len(contrats)
    for rang, un in enumerate(contrats):
        for autre in range(rang + 1, len(contrats)):
            accord = is_joined(un, contrats[autre])
            if accord is False or (prudent and accord is None):
                conflits[rang] |= 1 << autre
                conflits[autre] |= 1 << rang
    return conflits


def weigh(candidats: Sequence[Candidat], au: date) -> list[int]:
    """What is certain first, then what is possible; then more contracts, and the earliest."""
    return pack_poids(
        [(int(c.apports.minimum * 100), int(c.apports.maximum * 100), (c.du - au).days) for c in candidats]
    )


def sum_annees(apports: Iterable[Apports]) -> tuple[tuple[int, Decimal, Decimal], ...]:
    minima: Counter[int] = Counter()
    maxima: Counter[int] = Counter()
    for ligne in (ligne for apport in apports for ligne in apport.lignes):
        for annee, minimum, maximum in ligne.split_annees():
            minima[annee] += minimum  # type: ignore[assignment]
            maxima[annee] += maximum  # type: ignore[assignment]
    return tuple((annee, Decimal(minima[annee]), Decimal(maxima[annee])) for annee in sorted(maxima))


def _keep_nearest(candidats: list[Candidat]) -> list[Candidat]:
    """All of them, unless they are too many to compare: then the first day of each scheme, and the nearest days."""
    if len(candidats) <= CANDIDATS_MAX:
        return candidats
    premiers: dict[str, date] = {}
    for candidat in candidats:
        premiers.setdefault(candidat.dispositif.code, candidat.du)
    for jour in sorted({candidat.du for candidat in candidats}, reverse=True):
        candidats = [c for c in candidats if c.du < jour or c.du == premiers[c.dispositif.code]]
        if len(candidats) <= CANDIDATS_MAX:
            break
    return candidats


def _list_candidats(
    dispositif: Dispositif,
    baremes: Baremes,
    du: date,
    horizon: date,
    *,
    manquants: tuple[str, ...] = (),
    sur: bool = True,
) -> list[Candidat]:
    """The longest first: one for each number of renewals that the text allows and that begins while it is open."""
    return [
        Candidat(
            Engagement(dispositif, baremes.version, du, fin),
            sur,
            build_apports(baremes, du, fin, horizon, terme_connu=connu),
            connu,
            fois,
            manquants,
        )
        for fois, fin, connu in reversed(_list_fins(dispositif, baremes, du, horizon))
    ]


def _list_fins(dispositif: Dispositif, baremes: Baremes, du: date, horizon: date) -> list[tuple[int, date, bool]]:
    """Renewals, first day without the contract, and whether its text says it."""
    regles = baremes.version.regles_cumul
    if regles.duree_mois is None:
        periodique = any(c.periodicite is not Periodicite.UNIQUE for c, _ in baremes.valeurs)
        if periodique or regles.renouvellements is None:
            return [(0, horizon, regles.renouvellements is None)]
        return [(0, du + timedelta(days=1), True)]
    fins = [(0, add_mois(du, regles.duree_mois), True)]
    fermeture = dispositif.find_fin(baremes.version)
    while fins[-1][1] < horizon and (fermeture is None or fins[-1][1] < fermeture):
        fois = len(fins)
        if regles.renouvellements is not None and fois > regles.renouvellements:
            break
        fins.append((fois, add_mois(du, regles.duree_mois * (fois + 1)), True))
    return fins


def _build_plan(candidats: Sequence[Candidat], choisis: int) -> Plan:
    retenus = sorted((candidats[rang] for rang in iter_bits(choisis)), key=lambda c: (c.du, c.dispositif.code))
    return Plan(tuple(retenus))


def _order(candidat: Candidat, limites: dict[str, Limite]) -> tuple[date, date, str]:
    """The day of the signature, then the shortest deadline."""
    limite = limites.get(candidat.dispositif.code)
    return candidat.du, limite.jour if limite else date.max, candidat.dispositif.code


def _find_alternatives(candidats: Sequence[Candidat], solveur: Solveur, plan: Plan) -> tuple[Alternative, ...]:
    """The nearest to the best plan first: its first two lines are the second and the third best plans."""
    tous = (1 << len(candidats)) - 1
    rangs: dict[str, list[int]] = {}
    for rang, candidat in enumerate(candidats):
        if candidat.dispositif.code not in plan.cle:
            rangs.setdefault(candidat.dispositif.code, []).append(rang)
    meilleures = [solveur.solve_with_any(tous, siens) for siens in rangs.values()]
    alternatives = []
    for _, rang, choisis in sorted(meilleures, reverse=True):
        autre = _build_plan(candidats, choisis)
        cumuls = (read_cumul(candidats[rang].engagement, retenu.engagement) for retenu in plan.candidats)
        obstacles = tuple(cumul for cumul in cumuls if cumul.accord is not True)
        ecarts = (plan.minimum - autre.minimum, plan.maximum - autre.maximum)
        alternatives.append(Alternative(candidats[rang], obstacles, autre, *ecarts))
    return tuple(alternatives)


def add_horizon(au: date) -> date:
    return add_mois(au, HORIZON_MOIS)
