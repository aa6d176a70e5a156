"""From the codes that a file classes to today's communes: in, out, or neither when its parts do not agree."""

from collections.abc import Callable, Iterable, Mapping

Verdict = bool | None


def gather_communes(
    classes: Iterable[tuple[str, Verdict]], resolve: Callable[[str], tuple[str, ...]]
) -> Mapping[str, Verdict]:
    """Each commune of today that the file names. `classes`: the published codes, True in, False out, None in part.

    Codes that merged since give one verdict when they agree, None when they do not. A code that was split says nothing
    sure of its heirs; a code absorbed since, alone in the list, says nothing sure of the commune that absorbed it.
    """
    verdicts: dict[str, set[Verdict]] = {}
    propres: set[str] = set()
    for code, verdict in classes:
        heritieres = resolve(code)
        for commune in heritieres:
            verdicts.setdefault(commune, set()).add(verdict if len(heritieres) == 1 else None)
        if heritieres == (code,):
            propres.add(code)
    return {
        commune: next(iter(dits)) if len(dits) == 1 and (commune in propres or dits == {False}) else None
        for commune, dits in verdicts.items()
    }
