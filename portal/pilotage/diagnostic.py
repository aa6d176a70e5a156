"""The diagnosis of a territory: its figures beside those of its département, its région and France.

One shape for the page, the PDF and the data: blocks of lines, a case for each territory. Each case says its day and
its source, or why it has no value. What is summed over the communes is the sum of their column, to the unit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from portal.pilotage.diagnostic_grand import is_grand, read_departements
from portal.pilotage.diagnostic_lecture import CommuneLue, Reference, read_communes, sommes_population
from portal.pilotage.diagnostic_territoire import Choix
from portal.pilotage.formats import ESPACE, format_nombre
from zonage.models import Departement

SANS = "non renseigné"


@dataclass(frozen=True, slots=True)
class Case:
    """`valeur` None: `motif` says why. `au` and `source`: when they are its own, not those of the block."""

    valeur: Decimal | None
    motif: str = ""
    au: str = ""
    source: str = ""
    demonstration: bool = False
    masque: bool = False

    @property
    def dit(self) -> str:
        """Its own day and source, in words."""
        return " ; ".join(
            part for part in (self.au, self.source, "démonstration" if self.demonstration else "") if part
        )

    @property
    def detail(self) -> str:
        """Beneath a figure: why there is none, then its day and source."""
        return " ; ".join(part for part in (self.motif if self.valeur is None else "", self.dit) if part)


@dataclass(frozen=True, slots=True)
class Ligne:
    """`cases`: the territory first, then the references, in their order."""

    code: str
    libelle: str
    unite: str
    decimales: int
    cases: Sequence[Case]
    note: str = ""

    def format(self, case: Case) -> str:
        if case.valeur is None:
            return "masqué" if case.masque else SANS
        unite = f"{ESPACE}{self.unite}" if self.unite == "%" else ""
        return f"{format_nombre(case.valeur, self.decimales)}{unite}"

    @property
    def commun(self) -> str:
        """The day and the source, when every figure of the line has the same."""
        dits = {case.dit for case in self.cases if case.valeur is not None}
        return dits.pop() if len(dits) == 1 and sum(case.valeur is not None for case in self.cases) > 1 else ""

    @property
    def textes(self) -> list[tuple[str, str, bool]]:
        """What each case shows: the figure, what is said beneath it, whether there is one."""
        commun = self.commun
        return [
            (self.format(case), "" if case.valeur is not None and commun else case.detail, case.valeur is not None)
            for case in self.cases
        ]


@dataclass(frozen=True, slots=True)
class Bloc:
    """`au`, `sources`: of every figure of the block that does not say its own."""

    code: str
    titre: str
    lignes: Sequence[Ligne]
    au: str
    sources: Sequence[str]
    notes: Sequence[str] = ()
    demonstration: bool = False


@dataclass(slots=True)
class Colonne:
    """A column of the communes. `valeurs`: by commune, None not known, text as it is. `total`: what the page shows."""

    code: str
    libelle: str
    valeurs: dict[str, int | float | str | None]
    total: int | float | str | None
    masquees: frozenset[str] = frozenset()
    somme: bool = True
    motif: str = ""

    def format(self, valeur: int | float | str | None, commune: str = "") -> str:
        if commune in self.masquees:
            return "masqué"
        if valeur is None:
            return "—"
        if isinstance(valeur, str):
            return valeur
        return format_nombre(Decimal(str(valeur)), 0 if isinstance(valeur, int) else 1)


@dataclass(slots=True)
class Diagnostic:
    """`references`: what the territory is compared with. `communes`: in the order of the names."""

    choix: Choix
    au: date
    references: Sequence[Reference]
    communes: dict[str, CommuneLue]
    blocs: list[Bloc] = field(default_factory=list)
    colonnes: list[Colonne] = field(default_factory=list)

    @property
    def grand(self) -> bool:
        """Read by département."""
        return is_grand(self.choix.type)

    @property
    def unite(self) -> str:
        return "département" if self.grand else "commune"

    @property
    def nombre_communes(self) -> int:
        return sum(commune.communes for commune in self.communes.values())

    @property
    def entetes(self) -> list[str]:
        return [self.choix.nom, *(reference.nom for reference in self.references)]

    @property
    def masques(self) -> int:
        """Figures hidden, on the page and among its communes."""
        cases = sum(case.masque for bloc in self.blocs for ligne in bloc.lignes for case in ligne.cases)
        return cases + sum(len(colonne.masquees) for colonne in self.colonnes)

    @property
    def demonstration(self) -> bool:
        return self.choix.demonstration or any(bloc.demonstration for bloc in self.blocs)

    def rows(self) -> Iterable[tuple[CommuneLue, list[str]]]:
        """The table of the communes as it is shown."""
        for code, commune in self.communes.items():
            yield commune, [colonne.format(colonne.valeurs.get(code), code) for colonne in self.colonnes]

    @property
    def totaux(self) -> list[str]:
        return [colonne.format(colonne.total) for colonne in self.colonnes]


def decimal(valeur: float | int | None, decimales: int = 6) -> Decimal | None:
    return None if valeur is None else round(Decimal(valeur), decimales)


def share(partie: float | int | None, tout: float | int | None) -> Decimal | None:
    """In percent. None: no whole."""
    return None if partie is None or not tout else decimal(100 * partie / tout)


def open_diagnostic(choix: Choix, *, au: date) -> Diagnostic:
    """The communes and the territories to compare with; the blocks are built by `diagnostic_blocs`."""
    communes = (read_departements if is_grand(choix.type) else read_communes)(choix.unites)
    return Diagnostic(choix, au, find_references(choix, communes), communes)


def find_references(choix: Choix, communes: dict[str, CommuneLue]) -> list[Reference]:
    """The département and the région where most people live; the code breaks a tie, so that two runs agree."""
    if is_grand(choix.type):
        france = Reference("france", "france", "France", None)
        return [france] if choix.type == "region" else []
    poids: Counter[str] = Counter()
    for commune in communes.values():
        poids[commune.departement] += commune.population or 0
    if not poids:
        return []
    principal = max(poids, key=lambda code: (poids[code], code))
    departement = Departement.objects.select_related("region").get(pk=principal)
    memes = frozenset(
        code for code, habitants in sommes_population().items() if habitants.region == departement.region_id
    )
    references = [
        Reference("departement", departement.code, departement.nom, frozenset({departement.code})),
        Reference("region", departement.region_id, departement.region.nom, memes),
        Reference("france", "france", "France", None),
    ]
    return [une for une in references if (une.type, une.code) != (choix.type, choix.code)]
