"""Arguments shared by the commands of imports."""

from argparse import ArgumentTypeError
from datetime import date, datetime


def jour(texte: str) -> date:
    """A day: AAAA-MM-JJ or JJ/MM/AAAA, nothing else."""
    for forme in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(texte, forme).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise ArgumentTypeError(f"« {texte[:20]} » n'est pas une date : écrivez AAAA-MM-JJ ou JJ/MM/AAAA")


def cloture(texte: str) -> tuple[str, date]:
    """REGION=DATE, for example 27=2025-11-01."""
    region, egal, fin = texte.partition("=")
    if not egal or not region:
        raise ArgumentTypeError(f"« {texte[:30]} » : écrivez REGION=DATE, par exemple 27=2025-11-01")
    return region.strip(), jour(fin.strip())
