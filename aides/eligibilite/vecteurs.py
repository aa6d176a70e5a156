"""The answer of every open version for each class: masks and amounts, by rank."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from aides.eligibilite.classes import Classe, Terrain
from aides.regles.dispositifs import Dispositif, Version
from aides.regles.lecteur import open_contexte
from aides.regles.montants import Montant, Periodicite, compute_montant
from aides.regles.situation import Situation

Versions = Sequence[tuple[Dispositif, Version]]

LETTRES = {Periodicite.UNIQUE: "u", Periodicite.PAR_AN: "a", Periodicite.PAR_MOIS: "m"}
PERIODICITES = {lettre: periodicite for periodicite, lettre in LETTRES.items()}
SANS_MONTANT = "-"
AILLEURS = "x"
"""The scheme of another territory: the check does not even show it there."""

# The vectors as a relation: one array a column, and the arrays of amounts as texts (rows may not nest arrays).
VECTEURS = """
SELECT profession, niveau, locale, eligibles::varbit AS eligibles, a_instruire::varbit AS a_instruire,
       minimums::int[] AS minimums, maximums::int[] AS maximums, periodicites
  FROM unnest(%(v_profession)s::text[], %(v_niveau)s::text[], %(v_locale)s::text[], %(v_eligibles)s::text[],
              %(v_a_instruire)s::text[], %(v_minimums)s::text[], %(v_maximums)s::text[], %(v_periodicites)s::text[])
       AS v (profession, niveau, locale, eligibles, a_instruire, minimums, maximums, periodicites)
"""


@dataclass(frozen=True, slots=True)
class Vecteur:
    """A row of `VECTEURS`."""

    profession: str
    niveau: str
    locale: str
    eligibles: str
    a_instruire: str
    minimums: str
    maximums: str
    periodicites: str


def build_vecteurs(terrain: Terrain, classes: Sequence[Classe], versions: Versions) -> dict[str, list[str]]:
    """The parameters of `VECTEURS`. A class costs some forty microseconds a version, and France has a few hundred."""
    vecteurs = [_build(classe, terrain.situation(classe), versions, terrain.jour) for classe in classes]
    return {f"v_{champ.name}": [getattr(vecteur, champ.name) for vecteur in vecteurs] for champ in fields(Vecteur)}


def _build(classe: Classe, situation: Situation, versions: Versions, au: date) -> Vecteur:
    verdicts: list[bool | None] = []
    montants: list[Montant | None] = []
    lettres = []
    for dispositif, version in versions:
        ailleurs = bool(dispositif.perimetre) and situation.lieux.isdisjoint(dispositif.perimetre)
        contexte = open_contexte(version, situation, au)
        verdict = False if ailleurs else version.conditions.evaluate(contexte).verdict
        montant = None if verdict is False else compute_montant(version.bareme, contexte)
        verdicts.append(verdict)
        montants.append(montant)
        lettres.append(AILLEURS if ailleurs else LETTRES[montant.periodicite] if montant else SANS_MONTANT)
    return Vecteur(
        classe.profession,
        classe.niveau,
        classe.locale,
        "".join("1" if verdict is True else "0" for verdict in verdicts),
        "".join("1" if verdict is None else "0" for verdict in verdicts),
        _write_centimes([montant.minimum if montant else None for montant in montants]),
        _write_centimes([montant.maximum if montant else None for montant in montants]),
        "".join(lettres),
    )


def _write_centimes(montants: Sequence[Decimal | None]) -> str:
    """An array as PostgreSQL reads it."""
    return "{" + ",".join("NULL" if montant is None else str(int(montant * 100)) for montant in montants) + "}"
