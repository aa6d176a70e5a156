"""The timeline of a followed situation: for each scheme, its state from day to day. Pure: no database.

A state is a short text: « e » (éligible) or « i » (à instruire), then « |minimum|maximum|periodicity » when an amount
is paid; empty when nothing is offered. A scheme always empty is left out. The first state of a scheme has no day: it
holds since before the timeline was computed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aides.regles.evaluation import Issue
from aides.regles.montants import Montant, Periodicite

Chronologie = Mapping[str, Sequence[Sequence[str | None]]]
ISSUES = {"e": Issue.ELIGIBLE, "i": Issue.A_INSTRUIRE}
LETTRES = {issue: lettre for lettre, issue in ISSUES.items()}
RIEN = ""


@dataclass(frozen=True, slots=True)
class Etat:
    """A state read again. `issue` is NON_ELIGIBLE for the empty one: not eligible, or closed."""

    issue: Issue
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    periodicite: Periodicite | None = None


@dataclass(frozen=True, slots=True)
class Changement:
    """A scheme that is not the same in two timelines; `effet_le`: the first day that differs."""

    dispositif: str
    avant: str
    apres: str
    effet_le: date


def write_etat(issue: Issue, montant: Montant | None) -> str:
    if issue is Issue.NON_ELIGIBLE:
        return RIEN
    lettre = LETTRES[issue]
    if montant is None:
        return lettre
    return f"{lettre}|{_write(montant.minimum)}|{_write(montant.maximum)}|{montant.periodicite.value}"


def read_etat(texte: str) -> Etat:
    if not texte:
        return Etat(Issue.NON_ELIGIBLE)
    lettre, *montant = texte.split("|")
    if not montant:
        return Etat(ISSUES[lettre])
    minimum, maximum, periodicite = montant
    return Etat(
        ISSUES[lettre],
        Decimal(minimum) if minimum else None,
        Decimal(maximum) if maximum else None,
        Periodicite(periodicite),
    )


def build_chronologie(
    jours: Sequence[date], etats: Iterable[tuple[str, date, str]]
) -> dict[str, list[list[str | None]]]:
    """From the days read, in order, and the states that are not empty: (scheme, day, state)."""
    par_dispositif: dict[str, dict[date, str]] = {}
    for code, jour, etat in etats:
        par_dispositif.setdefault(code, {})[jour] = etat
    return {code: _compact(jours, par_dispositif[code]) for code in sorted(par_dispositif)}


def _compact(jours: Sequence[date], etats: Mapping[date, str]) -> list[list[str | None]]:
    pas: list[list[str | None]] = []
    for jour in jours:
        etat = etats.get(jour, RIEN)
        if not pas or pas[-1][1] != etat:
            pas.append([jour.isoformat() if pas else None, etat])
    return pas


def state_on(chronologie: Chronologie, dispositif: str, jour: date) -> str:
    """The state of a scheme on a day of the timeline."""
    courant = RIEN
    for depuis, etat in chronologie.get(dispositif, ()):
        if depuis is not None and date.fromisoformat(depuis) > jour:
            break
        courant = etat or RIEN
    return courant


def list_changements(avant: Chronologie, apres: Chronologie, *, du: date) -> list[Changement]:
    """The schemes whose state differs on some day from `du` on, each with the first such day."""
    changements = []
    for code in sorted({*avant, *apres}):
        if avant.get(code) == apres.get(code):
            continue
        bornes = {date.fromisoformat(depuis) for c in (avant, apres) for depuis, _ in c.get(code, ()) if depuis}
        for jour in [du, *sorted(borne for borne in bornes if borne > du)]:
            ancien, nouveau = state_on(avant, code, jour), state_on(apres, code, jour)
            if ancien != nouveau:
                changements.append(Changement(code, ancien, nouveau, jour))
                break
    return changements


def list_echeances(chronologie: Chronologie, *, du: date) -> list[Changement]:
    """What the timeline already knows will change after a day, the earliest first."""
    suite = []
    for code in chronologie:
        for rang, (depuis, etat) in enumerate(chronologie[code]):
            if depuis is not None and date.fromisoformat(depuis) > du:
                suite.append(
                    Changement(code, chronologie[code][rang - 1][1] or RIEN, etat or RIEN, date.fromisoformat(depuis))
                )
    return sorted(suite, key=lambda changement: (changement.effet_le, changement.dispositif))


def _write(nombre: Decimal | None) -> str:
    if nombre is None:
        return ""
    return f"{nombre.normalize():f}" if nombre else "0"
