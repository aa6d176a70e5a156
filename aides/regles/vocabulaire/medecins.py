"""Facts that only doctors' schemes of the second wave ask for."""

from collections.abc import Mapping

MEDECINS: Mapping[str, Mapping[str, object]] = {}
