"""Which unknown leaves can still change the verdict.

A leaf may be unknown and yet useless: beside a point that nobody can settle, « tous » can only fall to False, so that
a branch which could only become True is not worth a question. Verdicts are ordered False < unknown < True: « tous » is
a minimum, « un_de » a maximum. A leaf is useful when the root tells two of its values apart: False from unknown, or
unknown from True (telling False from True follows from either). « tous » lets the first difference through always, and
the second when every other branch may be True; « un_de », the contrary.
"""

from collections.abc import Callable, Iterator

from aides.regles.conditions import Non, Preuve, Tous

IsAskable = Callable[[Preuve], bool]


def find_useful(racine: Preuve, is_askable: IsAskable) -> Iterator[Preuve]:
    """The unknown leaves that an answer can settle with an effect on the root, in the order of the text."""
    return _walk(racine, True, True, is_askable)


def _walk(preuve: Preuve, vers_faux: bool, vers_vrai: bool, is_askable: IsAskable) -> Iterator[Preuve]:
    """`vers_faux`: the root tells False from unknown here; `vers_vrai`: it tells unknown from True."""
    if preuve.verdict is not None or not (vers_faux or vers_vrai):
        return
    if not preuve.branches:
        if is_askable(preuve):
            yield preuve
    elif isinstance(preuve.condition, Non):
        yield from _walk(preuve.branches[0], vers_vrai, vers_faux, is_askable)
    elif isinstance(preuve.condition, Tous):
        for branche, libre in _list_free(preuve, True, vers_vrai, is_askable):
            yield from _walk(branche, vers_faux, libre, is_askable)
    else:
        for branche, libre in _list_free(preuve, False, vers_faux, is_askable):
            yield from _walk(branche, libre, vers_vrai, is_askable)


def _list_free(preuve: Preuve, verdict: bool, demande: bool, is_askable: IsAskable) -> Iterator[tuple[Preuve, bool]]:
    """Each unknown branch, and whether all the others may be `verdict`; `demande` False: nobody wants to know."""
    ouvertes = [branche for branche in preuve.branches if branche.verdict is None]
    bloquees = [branche for branche in ouvertes if demande and not can_be(verdict, branche, is_askable)]
    for branche in ouvertes:
        yield branche, demande and all(autre is branche for autre in bloquees)


def can_be(verdict: bool, preuve: Preuve, is_askable: IsAskable) -> bool:
    """Whether the node has this verdict, or may still take it, whatever else is answered."""
    if preuve.verdict is not None:
        return preuve.verdict is verdict
    if not preuve.branches:
        return is_askable(preuve)
    if isinstance(preuve.condition, Non):
        return can_be(not verdict, preuve.branches[0], is_askable)
    toutes = isinstance(preuve.condition, Tous) is verdict
    essais = (can_be(verdict, branche, is_askable) for branche in preuve.branches)
    return all(essais) if toutes else any(essais)
