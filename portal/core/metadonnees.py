"""Taking out of a photo what it says of its author (place, device, dates), without decoding a single pixel.

Only what is needed to show it stays: the orientation and the colour profile. What follows the image is given back, so
that the caller may look at it.
"""

import re
import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"
PNG_GARDES = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"}
PNG_MAX = 20_000
JPEG_MAX = 500
FIN_BALAYAGE = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
EXIF = b"Exif\x00\x00"
ORIENTATION = 0x0112


class ImageAbimee(Exception):
    """The structure of the image is broken."""


def strip_png(octets: bytes) -> tuple[bytes, bytes]:
    """(the image without its texts, dates and EXIF, what follows it). Raises ImageAbimee."""
    parties, position = [PNG], len(PNG)
    for _ in range(PNG_MAX):
        if position + 12 > len(octets):
            raise ImageAbimee
        longueur = int.from_bytes(octets[position : position + 4], "big")
        nom, fin = octets[position + 4 : position + 8], position + 12 + longueur
        if fin > len(octets) or not nom.isalpha():
            raise ImageAbimee
        if nom in PNG_GARDES:
            if zlib.crc32(octets[position + 4 : fin - 4]) != int.from_bytes(octets[fin - 4 : fin], "big"):
                raise ImageAbimee
            parties.append(octets[position:fin])
        elif nom[:1].isupper():  # a critical chunk that nobody knows
            raise ImageAbimee
        position = fin
        if nom == b"IEND":
            return b"".join(parties), octets[position:]
    raise ImageAbimee


def strip_jpeg(octets: bytes) -> tuple[bytes, bytes]:
    """(the image with its orientation and profile alone, what follows it). Raises ImageAbimee."""
    parties, position = [b"\xff\xd8"], 2
    for _ in range(JPEG_MAX):
        while octets[position : position + 2] == b"\xff\xff":
            position += 1
        if position + 4 > len(octets) or octets[position] != 0xFF:
            if octets[position : position + 2] == b"\xff\xd9":
                return b"".join([*parties, b"\xff\xd9"]), b""
            raise ImageAbimee
        marque = octets[position + 1]
        if marque == 0xD9:
            return b"".join([*parties, b"\xff\xd9"]), octets[position + 2 :]
        fin = position + 2 + int.from_bytes(octets[position + 2 : position + 4], "big")
        if fin > len(octets) or fin < position + 4:
            raise ImageAbimee
        if marque == 0xDA:
            suite = FIN_BALAYAGE.search(octets, fin)
            if suite is None:
                raise ImageAbimee
            fin = suite.start()
        parties.append(_keep_segment(marque, octets[position:fin]))
        position = fin
    raise ImageAbimee


def _keep_segment(marque: int, segment: bytes) -> bytes:
    """APP0 (JFIF), APP2 (colour profile) and APP14 (colours) stay; of APP1, the orientation; no comment."""
    if marque == 0xFE:
        return b""
    if not 0xE0 <= marque <= 0xEF:
        return segment
    if (marque, segment[4:8]) == (0xE0, b"JFIF") or (marque, segment[4:15]) == (0xE2, b"ICC_PROFILE"):
        return segment
    if (marque, segment[4:9]) == (0xEE, b"Adobe"):
        return segment
    orientation = _read_orientation(segment[10:]) if marque == 0xE1 and segment[4:10] == EXIF else 1
    return _build_orientation(orientation) if orientation != 1 else b""


def _read_orientation(tiff: bytes) -> int:
    """1 (upright) when it is not told or cannot be read."""
    ordre = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if ordre is None:
        return 1
    try:
        (debut,) = struct.unpack_from(f"{ordre}I", tiff, 4)
        (entrees,) = struct.unpack_from(f"{ordre}H", tiff, debut)
        for rang in range(min(entrees, 200)):
            etiquette, genre, nombre, valeur = struct.unpack_from(f"{ordre}HHIH", tiff, debut + 2 + 12 * rang)
            if (etiquette, genre, nombre) == (ORIENTATION, 3, 1):
                return valeur if 1 <= valeur <= 8 else 1
    except struct.error:
        return 1
    return 1


def _build_orientation(valeur: int) -> bytes:
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, valeur, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(EXIF) + len(tiff)) + EXIF + tiff
