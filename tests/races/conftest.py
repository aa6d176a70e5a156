"""What each race of the long form counted, for docs/mesures.md."""

from collections.abc import Callable

import pytest


@pytest.fixture
def compte(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Kept with the report of the test: `MAILLAGE_COURSES` shows it at the end."""

    def record(**nombres: object) -> None:
        for nom, nombre in nombres.items():
            record_property(nom, str(nombre))  # a worker hands its report over: plain values alone travel

    return record
