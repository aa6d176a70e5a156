"""Facts of the other professions' contracts, of the tax measures and of the aids of local authorities."""

from collections.abc import Mapping

AUTRES: Mapping[str, Mapping[str, object]] = {}
