"""From the flat coordinates of French administrations to degrees (WGS84, that RGF93 follows within a metre).

Lambert 93 in metropolitan France, UTM overseas. Exact inverse formulas, no table: a closed conic for the first, the
series of Krüger to the fourth order for the second (under a millimetre inside a zone).
"""

import re
from math import asin, atan, atan2, atanh, cos, cosh, degrees, exp, isfinite, log, pi, radians, sin, sinh, sqrt, tanh
from typing import Final

EXCENTRICITE: Final = 0.0818191910428158  # GRS 80
DEMI_GRAND_AXE: Final = 6_378_137.0
N: Final = 0.7256077650532670
C: Final = 11_754_255.426096
X0: Final = 700_000.0
Y0: Final = 12_655_612.049876
UTM: Final = re.compile(r"UTM_([NS])([0-9]{2})", re.ASCII)
ECHELLE_UTM: Final = 0.9996
EMPRISE_LAMBERT: Final = (0, 6_000_000, 1_300_000, 7_200_000)
"""Metropolitan France and Corsica, in metres: west, south, east, north. A point outside is a mistake of the file."""


def lambert93_to_degrees(x: float, y: float) -> tuple[float, float]:
    """(longitude, latitude)."""
    rayon = sqrt((x - X0) ** 2 + (y - Y0) ** 2)
    gamma = atan2(x - X0, Y0 - y)
    isometrique = -log(rayon / C) / N
    latitude = 2 * atan(exp(isometrique)) - pi / 2
    for _ in range(12):  # converges by a factor of a hundred and fifty each time
        terme = atanh(EXCENTRICITE * sin(latitude)) * EXCENTRICITE
        latitude = 2 * atan(exp(isometrique + terme)) - pi / 2
    return 3 + degrees(gamma / N), degrees(latitude)


def utm_to_degrees(x: float, y: float, zone: int, *, sud: bool) -> tuple[float, float]:
    """(longitude, latitude)."""
    aplatissement = 1 - sqrt(1 - EXCENTRICITE**2)
    n = aplatissement / (2 - aplatissement)
    rayon = DEMI_GRAND_AXE / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    beta = (
        n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - 437 * n**4 / 1440,
        17 * n**3 / 480 - 37 * n**4 / 840,
        4397 * n**4 / 161280,
    )
    xi0 = (y - (10_000_000 if sud else 0)) / (ECHELLE_UTM * rayon)
    eta0 = (x - 500_000) / (ECHELLE_UTM * rayon)
    xi = xi0 - sum(b * sin(2 * j * xi0) * cosh(2 * j * eta0) for j, b in enumerate(beta, 1))
    eta = eta0 - sum(b * cos(2 * j * xi0) * sinh(2 * j * eta0) for j, b in enumerate(beta, 1))
    conforme = asin(sin(xi) / cosh(eta))
    latitude = conforme
    isometrique = atanh(sin(conforme))
    for _ in range(12):
        latitude = asin(tanh(isometrique + EXCENTRICITE * atanh(EXCENTRICITE * sin(latitude))))
    longitude = radians(6 * zone - 183) + atan2(sinh(eta), cos(xi))
    return degrees(longitude), degrees(latitude)


def to_degrees(x: float, y: float, projection: str) -> tuple[float, float] | None:
    """(longitude, latitude), to the centimetre. None: a projection not known, or a point nowhere."""
    if not (isfinite(x) and isfinite(y)):
        return None
    if projection == "LAMBERT_93":
        ouest, sud, est, nord = EMPRISE_LAMBERT
        if not (ouest <= x <= est and sud <= y <= nord):
            return None
        longitude, latitude = lambert93_to_degrees(x, y)
    elif (lue := UTM.fullmatch(projection)) and 1 <= int(lue[2]) <= 60:
        if not (100_000 <= x <= 900_000 and 0 <= y <= 10_000_000):
            return None
        longitude, latitude = utm_to_degrees(x, y, int(lue[2]), sud=lue[1] == "S")
    else:
        return None
    return round(longitude, 7), round(latitude, 7)
