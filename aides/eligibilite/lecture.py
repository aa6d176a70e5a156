"""Read what communes offer: table and ranks in one query, so that a swap in between never mixes them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from aides.eligibilite.vecteurs import AILLEURS, PERIODICITES
from aides.models import JeuEligibilite
from aides.regles.evaluation import Issue
from aides.regles.faits import format_jour, format_nombre
from aides.regles.montants import Periodicite

LIMITE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Offre:
    """One scheme for a commune and a profession. `periodicite` None: nothing is paid; `maximum` None with one: no
    upper bound is known. Euros."""

    commune: str
    profession: str
    dispositif: str
    version: str
    issue: Issue
    minimum: Decimal | None
    maximum: Decimal | None
    periodicite: Periodicite | None


@dataclass(frozen=True, slots=True)
class Offres:
    """`jour`: the day of the law that was read. None: nothing has been computed yet.

    `execution`: the last run that wrote. `couples`: the communes × professions read; `suite`: the key of the last one
    when the limit was reached, so that the next list begins after it.
    """

    jour: date | None
    change_le: datetime | None
    lignes: tuple[Offre, ...]
    execution: int | None = None
    couples: int = 0
    suite: tuple[str, str] | None = None

    def offre(self, dispositif: str) -> Offre | None:
        return next((offre for offre in self.lignes if offre.dispositif == dispositif), None)


@dataclass(frozen=True, slots=True)
class Filtre:
    """What a list asks for; None: no matter. `apres`: the key (commune, profession) of the last row already read."""

    communes: Sequence[str] | None = None
    departement: str | None = None
    region: str | None = None
    profession: str | None = None
    dispositif: str | None = None
    issue: Issue | None = None
    apres: tuple[str, str] | None = None


UNE = """
SELECT j.jour, j.change_le, j.versions, e.commune_id, e.profession, e.eligibles, e.a_instruire, e.minimums, e.maximums,
       e.periodicites, j.execution_id
  FROM aides_jeueligibilite j
  LEFT JOIN aides_eligibilite e ON e.commune_id = %(commune)s AND e.profession = %(profession)s
"""
# A rank is a bit: nothing but constants and ranks drawn from the row of the set enters this text.
LISTE = """
SELECT j.jour, j.change_le, j.versions, e.commune_id, e.profession, e.eligibles, e.a_instruire, e.minimums, e.maximums,
       e.periodicites, j.execution_id
  FROM aides_jeueligibilite j
  LEFT JOIN LATERAL (
       SELECT (r.rang - 1)::int AS rang FROM jsonb_array_elements(j.versions) WITH ORDINALITY AS r (version, rang)
        WHERE r.version ->> 0 = %(dispositif)s) rang ON true
  JOIN aides_eligibilite e ON true
  JOIN zonage_commune c ON c.code_insee = e.commune_id
  JOIN zonage_departement d ON d.code = c.departement_id
 WHERE (%(communes)s::text[] IS NULL OR e.commune_id = ANY(%(communes)s::text[]))
   AND (%(departement)s::text IS NULL OR c.departement_id = %(departement)s)
   AND (%(region)s::text IS NULL OR d.region_id = %(region)s)
   AND (%(profession)s::text IS NULL OR e.profession = %(profession)s)
   AND (%(dispositif)s::text IS NULL OR rang.rang IS NOT NULL)
   AND (%(issue)s::text IS NULL OR CASE %(issue)s
            WHEN 'eligible' THEN get_bit(e.eligibles, rang.rang) = 1
            WHEN 'a_instruire' THEN get_bit(e.a_instruire, rang.rang) = 1
            ELSE get_bit(e.eligibles, rang.rang) = 0 AND get_bit(e.a_instruire, rang.rang) = 0
                 AND substr(e.periodicites, rang.rang + 1, 1) <> 'x' END)
   AND (%(apres_commune)s::text IS NULL OR (e.commune_id, e.profession) > (%(apres_commune)s, %(apres_profession)s))
 ORDER BY e.commune_id, e.profession LIMIT %(limite)s
"""


def read_offre(commune: str, profession: str) -> Offres:
    """What a commune offers to a profession. `lignes` is empty when the commune or the profession is not known."""
    with connection.cursor() as cursor:
        cursor.execute(UNE, {"commune": commune, "profession": profession})
        lignes = cursor.fetchall()
    return _build(lignes, None)


def list_offres(filtre: Filtre, *, limite: int = 100) -> Offres:
    """At most `limite` communes × professions, in the order of their key, with every scheme or the one asked for.

    An `issue` is that of a `dispositif`: raises ValueError without one.
    """
    if filtre.issue and not filtre.dispositif:
        raise ValueError("an issue is that of a scheme: give `dispositif`")
    apres, limite = filtre.apres or (None, None), max(1, min(limite, LIMITE_MAX))
    parametres: dict[str, Any] = {
        "communes": list(filtre.communes) if filtre.communes is not None else None,
        "departement": filtre.departement,
        "region": filtre.region,
        "profession": filtre.profession,
        "dispositif": filtre.dispositif,
        "issue": filtre.issue.value if filtre.issue else None,
        "apres_commune": apres[0],
        "apres_profession": apres[1],
        "limite": limite,
    }
    with connection.cursor() as cursor:
        cursor.execute(LISTE, parametres)
        lignes = cursor.fetchall()
    if lignes:
        return _build(lignes, filtre.dispositif, limite)
    jeu = JeuEligibilite.objects.first()
    return Offres(jeu.jour, jeu.change_le, (), jeu.execution_id) if jeu else Offres(None, None, ())


def describe_jeu() -> str:
    """What the table holds and for which day, in a sentence; empty when nothing was computed yet."""
    jeu = JeuEligibilite.objects.first()
    if jeu is None:
        return ""
    change = timezone.localtime(jeu.change_le)
    return (
        f"Éligibilités calculées pour le {format_jour(jeu.jour)} : {len(jeu.versions)} dispositifs ouverts, "
        f"{format_nombre(jeu.lignes)} couples d'une commune et d'une profession. "
        f"Dernier changement le {format_jour(change.date())} à {change:%H:%M}."
    )


def _build(lignes: Sequence[tuple[Any, ...]], dispositif: str | None, limite: int = 0) -> Offres:
    if not lignes:
        return Offres(None, None, ())
    jour, change_le, execution = *lignes[0][:2], lignes[0][-1]
    lues = [ligne[2:-1] for ligne in lignes if ligne[3]]
    offres = tuple(offre for ligne in lues for offre in _read(ligne, dispositif))
    suite = (lues[-1][1], lues[-1][2]) if lues and len(lues) == limite else None
    return Offres(jour, change_le, offres, execution, len(lues), suite)


def _read(ligne: tuple[Any, ...], voulu: str | None) -> Iterator[Offre]:
    versions, commune, profession, eligibles, a_instruire, minimums, maximums, periodicites = ligne
    for rang, (dispositif, version, *_) in enumerate(json.loads(versions)):
        if (voulu is not None and dispositif != voulu) or periodicites[rang] == AILLEURS:
            continue
        issue = Issue.NON_ELIGIBLE
        if eligibles[rang] == "1":
            issue = Issue.ELIGIBLE
        elif a_instruire[rang] == "1":
            issue = Issue.A_INSTRUIRE
        yield Offre(
            commune,
            profession,
            dispositif,
            version,
            issue,
            _euros(minimums[rang]),
            _euros(maximums[rang]),
            PERIODICITES.get(periodicites[rang]),
        )


def _euros(centimes: int | None) -> Decimal | None:
    return None if centimes is None else Decimal(centimes) / 100
