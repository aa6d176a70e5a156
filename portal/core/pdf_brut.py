"""Looking at a PDF before any parser does: its ends, its plain words, the size of what it compresses.

Reads bytes with bounded cost: `zlib` gives at most `INFLATE_MAX` bytes for a whole file, a piece at a time. It also
sees objects that no table of the file names, which a viewer that repairs files would find.
"""

import re
import zlib
from collections.abc import Iterator

MO = 1024 * 1024
INFLATE_MAX = 100 * MO
MORCEAU = MO // 4
FLUX_MAX = 30_000
PIXELS_MAX = 40_000_000
ENTETE = re.compile(rb"%PDF-[12]\.\d")
FLUX = re.compile(rb"(?<!end)stream\r?\n")
DOUBLE = re.compile(
    rb"/Filter\s*\[[^\]]{0,200}/(?:FlateDecode|Fl\b|LZWDecode)[^\]]{0,200}/(?:FlateDecode|Fl\b|LZWDecode)"
)
COTE = re.compile(rb"/(Width|Height)\s+(\d{1,10})")
ECHAPPE = re.compile(rb"#([0-9A-Fa-f]{2})")
FINS = rb"(?=[\s/<>\[\]()%]|$)"
NOMS = (
    (re.compile(rb"/(?:JavaScript|JS)" + FINS), "script"),
    (re.compile(rb"/(?:Launch|SubmitForm|ImportData|GoToE)" + FINS), "action"),
    (re.compile(rb"/(?:EmbeddedFiles?|RichMedia|FileAttachment)" + FINS), "fichier_joint"),
    (re.compile(rb"/XFA" + FINS), "formulaire"),
)


def scan_pdf(octets: bytes) -> str:
    """Why it is refused, as a key of `examen.REFUS`; empty: the parser may read it."""
    if not ENTETE.match(octets) or b"%%EOF" not in octets[-1500:]:
        return "illisible"
    hors_flux: list[bytes] = []
    total = debut = 0
    for rang, trouve in enumerate(FLUX.finditer(octets)):
        if rang >= FLUX_MAX:
            return "complexe"
        if trouve.start() < debut:
            continue
        description = unescape(octets[max(debut, trouve.start() - 4000) : trouve.start()])
        hors_flux.append(octets[debut : trouve.start()])
        fin = octets.find(b"endstream", trouve.end())
        debut = len(octets) if fin < 0 else fin
        if refus := _judge_description(description[description.rfind(b" obj") + 1 :]):
            return refus
        objets: list[bytes] = []
        for morceau in _inflate(octets, trouve.end(), debut, description):
            total += len(morceau)
            if total > INFLATE_MAX:
                return "bombe"
            if b"/ObjStm" in description:
                objets.append(morceau)
        hors_flux.append(b"".join(objets))
    hors_flux.append(octets[debut:])
    return find_nom(unescape(b"\n".join(hors_flux)))


def find_nom(texte: bytes) -> str:
    return next((refus for motif, refus in NOMS if motif.search(texte)), "")


def unescape(texte: bytes) -> bytes:
    """« /J#61vaScript » is the same name as « /JavaScript »."""
    return ECHAPPE.sub(lambda trouve: bytes([int(trouve.group(1), 16)]), texte) if b"#" in texte else texte


def _judge_description(description: bytes) -> str:
    if DOUBLE.search(description):
        return "bombe"
    if b"/Image" in description:
        cotes = dict(COTE.findall(description))
        if int(cotes.get(b"Width", b"0")) * int(cotes.get(b"Height", b"0")) > PIXELS_MAX:
            return "pixels"
    return ""


def _inflate(octets: bytes, debut: int, fin: int, description: bytes) -> Iterator[bytes]:
    """What the stream becomes, in pieces. A picture is judged by its sides: a viewer reads no more than they tell."""
    courant = description[description.rfind(b" obj") + 1 :]
    tete = octets[debut : debut + 2]
    if len(tete) < 2 or tete[0] & 0x0F != 8 or int.from_bytes(tete, "big") % 31:
        return
    if b"/Image" in courant and b"/ObjStm" not in courant:
        return
    decompresse = zlib.decompressobj()
    reste = octets[debut:fin]
    try:
        while reste and not decompresse.eof:
            morceau = decompresse.decompress(reste, MORCEAU)
            reste = decompresse.unconsumed_tail
            if not morceau:
                return
            yield morceau
    except zlib.error:
        return
