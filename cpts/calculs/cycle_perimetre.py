"""The life of a perimeter. The trigger of migration 0011 holds the same couples: a test compares both."""

from typing import Final

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    "brouillon": ("soumis", "retire"),
    "soumis": ("approuve", "refuse", "brouillon"),
    "approuve": ("retire",),
}
"""What is refused or withdrawn stays so, and what is approved: another decision is another perimeter. But a CPTS that
ends withdraws the approved ones that had not begun."""


def list_couples() -> list[tuple[str, str]]:
    return [(source, cible) for source, cibles in sorted(TRANSITIONS.items()) for cible in sorted(cibles)]


def may_go(source: str, cible: str) -> bool:
    return cible in TRANSITIONS.get(source, ())
