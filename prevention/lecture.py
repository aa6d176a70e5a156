"""Reading uptake: what a territory, or any set of communes, reached of a target, with what must be said beside it.

`voit` says of a figure whether it may be shown; by default, what everybody may see. A sum holds only figures that may
be shown one by one: no difference of two sums can give a hidden one away. Nothing here knows who asks.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from django.db.models import QuerySet

from prevention.calculs.taux import Effectif, add_effectifs, compute_taux
from prevention.enums import NiveauTerritoire, StatutReleve
from prevention.models import Campagne, Cible, Releve
from prevention.territoires import list_communes

Voit = Callable[[Releve], bool]
POINTS_MAX = 400
COMMUNES_MAX = 40_000
CAMPAGNES_MAX = 60
CIBLES_MAX = 20
MASQUE: Final = "Non diffusé : effectif trop petit (secret statistique)."


def voit_public(releve: Releve) -> bool:
    return not releve.secret


@dataclass(frozen=True, slots=True)
class Taux:
    """One figure as it is shown. `taux` in percent, exact; None with `motif`, the French sentence that says why.

    `fin`: the last day counted. `releve`: its row; None: the sum of the `communes`, of which `manquantes` have no
    figure. `masque`: it exists, and is not shown.
    """

    campagne: str
    campagne_nom: str
    cible: str
    cible_libelle: str
    formule: str
    niveau: str
    code: str
    debut: date
    fin: date
    numerateur: int | None
    denominateur: int | None
    exclusions: int | None
    taux: Fraction | None
    provisoire: bool
    source: str
    millesime: str
    note: str = ""
    au_moins: bool = False
    demonstration: bool = False
    masque: bool = False
    motif: str = ""
    releve: int | None = None
    communes: int = 0
    manquantes: int = 0

    @property
    def pourcentage(self) -> float | None:
        return None if self.taux is None else float(self.taux)


def list_campagnes() -> QuerySet[Campagne]:
    """The public ones, the latest season first."""
    return Campagne.objects.publiques().order_by("-periode", "nom", "pk")[:CAMPAGNES_MAX]


def list_cibles(campagne: Campagne) -> list[Cible]:
    return list(campagne.cibles.order_by("rang", "code")[:CIBLES_MAX])


def list_periodes(cible: Cible, niveaux: Collection[str] = ()) -> list[tuple[date, date]]:
    """(first day, last day) of the figures of a target, the latest first."""
    lus = Releve.objects.courants().filter(cible=cible)
    if niveaux:
        lus = lus.filter(territoire_type__in=niveaux)
    periodes = lus.order_by("periode").values_list("periode", flat=True).distinct()[:POINTS_MAX]
    bornes = {(periode.lower, periode.upper - timedelta(days=1)) for periode in periodes}
    return sorted(bornes, key=lambda borne: (borne[1], -borne[0].toordinal()), reverse=True)


def read_taux(cible: Cible, niveau: str, code: str, *, au: date, voit: Voit = voit_public) -> Taux | None:
    """The latest figure counted up to `au`: the one given for the territory, else the sum of its communes."""
    points = list_courbe(cible, niveau, code, voit=voit)
    passes = [point for point in points if point.fin <= au]
    if passes:
        return passes[-1]
    if niveau == NiveauTerritoire.COMMUNE:
        return None
    return read_taux_communes(cible, list_communes(niveau, code, au=au), au=au, voit=voit, niveau=niveau, code=code)


def read_taux_communes(
    cible: Cible,
    communes: Sequence[str],
    *,
    au: date,
    voit: Voit = voit_public,
    niveau: str = "ensemble",
    code: str = "",
) -> Taux | None:
    """The sum of a set of communes, for the latest period counted up to `au`. None: none of them has a figure."""
    periodes = [borne for borne in list_periodes(cible, [NiveauTerritoire.COMMUNE]) if borne[1] <= au]
    if not periodes or not communes:
        return None
    lus = _de_periode(cible, *periodes[0]).filter(territoire_type="commune", territoire_code__in=communes)
    return add_releves(list(lus[:COMMUNES_MAX]), communes, voit=voit, niveau=niveau, code=code)


def count_communes(nombre: int) -> str:
    return f"{nombre} commune{'s' if nombre > 1 else ''}"


def add_releves(
    releves: Sequence[Releve], communes: Collection[str], *, voit: Voit, niveau: str, code: str
) -> Taux | None:
    if not releves:
        return None
    premier = releves[0]
    manquantes = len(set(communes)) - len(releves)
    caches = sum(not voit(releve) for releve in releves)
    somme = add_effectifs(read_effectif(releve) for releve in releves)
    motif = ""
    if caches:
        motif = f"Non diffusé : {count_communes(caches)} sous le seuil du secret statistique."
    elif manquantes:
        motif = f"Non calculé : {count_communes(manquantes)} sans relevé."
    return Taux(
        **_read_definition(premier),
        niveau=niveau,
        code=code,
        numerateur=None if motif else somme.numerateur,
        denominateur=None if motif else somme.denominateur,
        exclusions=None if motif else somme.exclusions,
        taux=None if motif else compute_taux(somme),
        provisoire=any(releve.statut == StatutReleve.PROVISOIRE for releve in releves),
        source=" ; ".join(sorted({releve.source for releve in releves})[:3]),
        millesime=", ".join(sorted({releve.millesime for releve in releves})[:3]),
        au_moins=any(releve.au_moins for releve in releves),
        demonstration=any(releve.demonstration for releve in releves),
        masque=bool(caches),
        motif=motif or _say_sans_taux(somme),
        communes=len(set(communes)),
        manquantes=manquantes,
    )


def list_courbe(cible: Cible, niveau: str, code: str, *, voit: Voit = voit_public) -> list[Taux]:
    """The figures of a territory, from the first to the last day counted."""
    lus = _lire(cible).filter(territoire_type=niveau, territoire_code=code).order_by("periode", "pk")[:POINTS_MAX]
    return sorted((build_taux(releve, voit) for releve in lus), key=lambda point: (point.fin, point.debut))


def list_points(cible: Cible, niveau: str, code: str, *, au: date, voit: Voit = voit_public) -> list[Taux]:
    """The figures of a territory, else the sums of its communes, period by period."""
    points = list_courbe(cible, niveau, code, voit=voit)
    if points or niveau == NiveauTerritoire.COMMUNE:
        return points
    communes = list_communes(niveau, code, au=au)
    lus = _lire(cible).filter(territoire_type="commune", territoire_code__in=communes).order_by("periode", "pk")
    par_periode: dict[tuple[date, date], list[Releve]] = defaultdict(list)
    for releve in lus[: COMMUNES_MAX * 4]:
        par_periode[releve.periode.upper, releve.periode.lower].append(releve)
    sommes = (
        add_releves(releves, communes, voit=voit, niveau=niveau, code=code)
        for _, releves in sorted(par_periode.items())[:POINTS_MAX]
    )
    return [somme for somme in sommes if somme is not None]


def list_taux(
    cible: Cible, niveau: str, periode: tuple[date, date], codes: Iterable[str], *, voit: Voit = voit_public
) -> dict[str, Taux]:
    """By code, the figures of these territories for one period (first and last day)."""
    lus = _de_periode(cible, *periode).filter(territoire_type=niveau, territoire_code__in=list(codes))
    return {releve.territoire_code: build_taux(releve, voit) for releve in lus[:COMMUNES_MAX]}


def list_releves(cible: Cible, niveau: str, codes: Iterable[str], periode: tuple[date, date]) -> list[Releve]:
    lus = _de_periode(cible, *periode).filter(territoire_type=niveau, territoire_code__in=list(codes))
    return list(lus[:COMMUNES_MAX])


def list_taux_de(
    niveau: str, code: str, *, au: date, communes: Sequence[str] = (), voit: Voit = voit_public
) -> list[Taux]:
    """Every public target, the latest season of each theme and code: what a diagnosis or a dashboard shows.

    `communes`: of a set that is no territory (`niveau` « ensemble »).
    """
    lus: list[Taux] = []
    vues: set[tuple[str, str]] = set()
    cibles = Cible.objects.filter(campagne__in=[campagne.pk for campagne in list_campagnes()])
    for cible in cibles.select_related("campagne").order_by("-campagne__periode", "rang", "code")[: CAMPAGNES_MAX * 4]:
        if (cible.campagne.theme, cible.code) in vues:
            continue
        if niveau == "ensemble":
            taux = read_taux_communes(cible, communes, au=au, voit=voit)
        else:
            taux = read_taux(cible, niveau, code, au=au, voit=voit)
        if taux is not None:
            vues.add((cible.campagne.theme, cible.code))
            lus.append(taux)
    return lus


def build_taux(releve: Releve, voit: Voit = voit_public) -> Taux:
    montre = voit(releve)
    effectif = read_effectif(releve)
    return Taux(
        **_read_definition(releve),
        niveau=releve.territoire_type,
        code=releve.territoire_code,
        numerateur=effectif.numerateur if montre else None,
        denominateur=effectif.denominateur if montre else None,
        exclusions=effectif.exclusions if montre else None,
        taux=compute_taux(effectif) if montre else None,
        provisoire=releve.statut == StatutReleve.PROVISOIRE,
        source=releve.source,
        millesime=releve.millesime,
        note=releve.note,
        au_moins=releve.au_moins,
        demonstration=releve.demonstration,
        masque=not montre,
        motif=_say_sans_taux(effectif) if montre else MASQUE,
        releve=releve.pk,
    )


def read_effectif(releve: Releve) -> Effectif:
    return Effectif(releve.numerateur, releve.denominateur, releve.exclusions)


def _say_sans_taux(effectif: Effectif) -> str:
    if effectif.denominateur is None:
        return "Pas de taux : la source ne donne pas la population visée."
    return "" if effectif.visee else "Pas de taux : personne n'est visé ici."


def _read_definition(releve: Releve) -> dict[str, Any]:
    return {
        "campagne": releve.campagne.code,
        "campagne_nom": releve.campagne.nom,
        "cible": releve.cible.code,
        "cible_libelle": releve.cible.libelle,
        "formule": releve.cible.formule,
        "debut": releve.periode.lower,
        "fin": releve.periode.upper - timedelta(days=1),
    }


def _lire(cible: Cible) -> QuerySet[Releve]:
    return Releve.objects.courants().filter(cible=cible).select_related("campagne", "cible")


def _de_periode(cible: Cible, debut: date, fin: date) -> QuerySet[Releve]:
    return (
        _lire(cible)
        .filter(periode__startswith=debut, periode__endswith=fin + timedelta(days=1))
        .order_by("territoire_code", "pk")
    )
