"""From what somebody wrote (names, codes, lines of a spreadsheet) to today's communes, many at once.

Accents, case, hyphens, « St » and articles do not count. A former name or code is read as the commune that took it
over, and says so. When several communes answer, nothing is chosen: somebody does, on the screen.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cpts.enums import NatureLecture
from zonage.calculs.noms import cle_recherche, mots
from zonage.enums import GenreCle
from zonage.models import AncienneCommune, CleCommune, Commune, Departement
from zonage.recherche import search_communes

LIGNES_MAX: Final = 2_000
PROCHES_MAX: Final = 40
PROCHES_PAR_LIGNE: Final = 4
CODE = re.compile(r"(?<![0-9A-Za-z])(?:[013-9][0-9]|2[0-9ABab])[0-9]{3}(?![0-9A-Za-z])")
CODE_DEPARTEMENT = re.compile(r"[0-9]{2}|2[ab]|97[1-8]|98[4-9]")
PARENTHESE = re.compile(r"^(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*$")
SURES: Final = frozenset({NatureLecture.EXACTE, NatureLecture.ANCIEN_NOM, NatureLecture.ANCIEN_CODE})


@dataclass(frozen=True, slots=True)
class Ecrit:
    """One line: what it says, and the département that stands beside it (a code or a name; empty: none)."""

    numero: int
    texte: str
    departement: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commune that answers; `via`: the former name or code that matched."""

    code: str
    nom: str
    departement: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class Rapprochement:
    """What a line became. `propose`: the code to tick first on the screen, when one stands out."""

    ecrit: Ecrit
    nature: NatureLecture
    candidates: tuple[Candidate, ...]
    message: str = ""
    propose: str = ""

    @property
    def code(self) -> str | None:
        """The commune, when there is no doubt."""
        return self.candidates[0].code if self.nature in SURES else None


@dataclass(frozen=True, slots=True)
class _Lu:
    """A line understood: a code, or a name and perhaps a département."""

    ecrit: Ecrit
    code: str = ""
    cles: tuple[tuple[str, str], ...] = ()
    departement: str | None = None


@dataclass(slots=True)
class _Connu:
    """What the reference data says of all the lines, read in a few queries."""

    communes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    anciens: Mapping[str, list[str]] = field(default_factory=dict)
    noms: Mapping[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)


def split_texte(texte: str) -> list[Ecrit]:
    """A paste, line by line; several names on a line are separated by « ; » or a tab, a département may follow."""
    ecrits: list[Ecrit] = []
    for numero, ligne in enumerate(texte.splitlines(), start=1):
        cellules = [propre for cellule in re.split(r"[;\t|]", ligne) if (propre := cellule.strip(" \u00a0\"',"))]
        if not cellules:
            continue
        code = next((cellule for cellule in cellules if CODE.fullmatch(cellule)), None)
        if code:
            ecrits.append(Ecrit(numero, code))
            continue
        for rang, cellule in enumerate(cellules):
            if CODE_DEPARTEMENT.fullmatch(cellule.lower()):
                continue
            suivante = cellules[rang + 1] if rang + 1 < len(cellules) else ""
            seul = suivante if CODE_DEPARTEMENT.fullmatch(suivante.lower()) else ""
            ecrits.append(Ecrit(numero, cellule[:120], seul))
    return ecrits


def match_ecrits(ecrits: Sequence[Ecrit], *, departements: Collection[str] = ()) -> list[Rapprochement]:
    """One answer a line, in their order. `departements`: those nearby, whose homonym is offered first."""
    noms_departements = {" ".join(mots(nom)): code for code, nom in Departement.objects.values_list("code", "nom")}
    lus = [_understand(ecrit, noms_departements) for ecrit in ecrits]
    connu = _read(lus)
    trouves = [_decide(lu, connu, departements) for lu in lus]
    restants = PROCHES_MAX
    for rang, trouve in enumerate(trouves):
        if trouve.nature == NatureLecture.INCONNUE and restants and not lus[rang].code:
            restants -= 1
            trouves[rang] = _suggest(trouve)
    return trouves


def _understand(ecrit: Ecrit, departements: Mapping[str, str]) -> _Lu:
    texte = ecrit.texte.strip()
    code = CODE.search(texte)
    if code:
        return _Lu(ecrit, code=code[0].upper())
    departement = _find_departement(ecrit.departement, departements)
    if (entre := PARENTHESE.match(texte)) and (dit := _find_departement(entre[2], departements)):
        texte, departement = entre[1], dit
    cles = [cle_recherche(texte)]
    liste = mots(texte)
    if len(liste) > 1 and liste[-1].isdigit():
        cles.insert(0, cle_recherche(f"{texte} arrondissement"))
    if len(liste) > 1 and departement is None and CODE_DEPARTEMENT.fullmatch(liste[-1]):
        departement = liste[-1].upper()
        cles.append(cle_recherche(" ".join(liste[:-1])))
    return _Lu(ecrit, cles=tuple(cles), departement=departement)


def _find_departement(texte: str, departements: Mapping[str, str]) -> str | None:
    """The code of a département written by its code or its name; None when the text is neither."""
    plie = " ".join(mots(texte))
    if plie.isdigit() and len(plie) == 1:
        plie = f"0{plie}"
    return plie.upper() if CODE_DEPARTEMENT.fullmatch(plie) else departements.get(plie)


def _read(lus: Iterable[_Lu]) -> _Connu:
    codes = {lu.code for lu in lus if lu.code}
    cles = {cle for lu in lus for cle, _ in lu.cles}
    anciens: defaultdict[str, list[str]] = defaultdict(list)
    anciennes = AncienneCommune.objects.filter(code_insee__in=codes).order_by("code_insee", "commune_id")
    for code, commune in anciennes.values_list("code_insee", "commune_id").distinct():
        anciens[code].append(commune)
    noms: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    trouvees = CleCommune.objects.filter(cle__in=cles, genre__in=[GenreCle.NOM, GenreCle.ANCIEN_NOM])
    for cle, genre, article, commune, via in trouvees.order_by("cle", "commune_id", "via").values_list(
        "cle", "genre", "article", "commune_id", "via"
    ):
        noms[cle].append((genre, article, commune, via))
    voulues = (
        codes | {c for liste in anciens.values() for c in liste} | {n[2] for liste in noms.values() for n in liste}
    )
    lues = Commune.objects.filter(code_insee__in=voulues).values_list("code_insee", "nom", "departement_id")
    return _Connu({code: (nom, departement) for code, nom, departement in lues}, anciens, noms)


def _decide(lu: _Lu, connu: _Connu, proches: Collection[str]) -> Rapprochement:
    if lu.code:
        return _decide_code(lu, connu)
    for cle, article in lu.cles:
        trouvees = connu.noms.get(cle, [])
        if not trouvees:
            continue
        departement = lu.departement
        ici = [t for t in trouvees if departement is None or connu.communes[t[2]][1] == departement]
        if not ici:
            message = f"Aucune commune de ce nom dans le département {departement}."
            return _choose(lu, [_candidate(t[2], connu, t[3]) for t in trouvees], proches, message)
        actuelles = [t for t in ici if t[0] == GenreCle.NOM] or ici
        memes = [t for t in actuelles if t[1] == article] or actuelles
        candidates = list({t[2]: _candidate(t[2], connu, t[3]) for t in memes}.values())
        if len(candidates) > 1:
            return _choose(lu, candidates, proches, f"{len(candidates)} communes portent ou ont porté ce nom.")
        if candidates[0].via:
            message = f"{candidates[0].via} : aujourd’hui {candidates[0].nom}."
            return Rapprochement(lu.ecrit, NatureLecture.ANCIEN_NOM, (candidates[0],), message, candidates[0].code)
        return Rapprochement(lu.ecrit, NatureLecture.EXACTE, (candidates[0],), "", candidates[0].code)
    return Rapprochement(lu.ecrit, NatureLecture.INCONNUE, (), "Aucune commune ne porte ni n’a porté ce nom.")


def _decide_code(lu: _Lu, connu: _Connu) -> Rapprochement:
    """A code of today is itself; one that is no more is who took it over. Five digits may also be a postal code."""
    if lu.code in connu.communes:
        return Rapprochement(lu.ecrit, NatureLecture.EXACTE, (_candidate(lu.code, connu),), "", lu.code)
    heritieres = [
        _candidate(code, connu, lu.code) for code in connu.anciens.get(lu.code, []) if code in connu.communes
    ]
    if len(heritieres) == 1:
        message = f"{lu.code} n’est plus une commune : aujourd’hui {heritieres[0].nom}."
        return Rapprochement(lu.ecrit, NatureLecture.ANCIEN_CODE, tuple(heritieres), message, heritieres[0].code)
    if heritieres:
        return Rapprochement(lu.ecrit, NatureLecture.HOMONYME, tuple(heritieres), f"{lu.code} a été partagée.")
    postales = search_communes(lu.code, limite=20)
    if postales:
        candidates = tuple(Candidate(p.code, p.nom, p.departement_code) for p in postales)
        message = f"{lu.code} n’est pas un code INSEE ; c’est un code postal."
        return Rapprochement(lu.ecrit, NatureLecture.HOMONYME, candidates, message)
    return Rapprochement(lu.ecrit, NatureLecture.INCONNUE, (), f"Aucune commune n’a ni n’a eu le code {lu.code}.")


def _choose(lu: _Lu, candidates: list[Candidate], proches: Collection[str], message: str) -> Rapprochement:
    """Those nearby first; one alone nearby is offered, never taken."""
    rangees = sorted(candidates, key=lambda c: (c.departement not in proches, c.departement, c.code))[:20]
    ici = [candidate for candidate in rangees if candidate.departement in proches]
    propose = ici[0].code if len(ici) == 1 else ""
    return Rapprochement(lu.ecrit, NatureLecture.HOMONYME, tuple(rangees), message, propose)


def _suggest(trouve: Rapprochement) -> Rapprochement:
    """Names that resemble, to choose from."""
    proches = search_communes(trouve.ecrit.texte, limite=PROCHES_PAR_LIGNE)
    candidates = tuple(Candidate(p.code, p.nom, p.departement_code, p.via or "") for p in proches)
    return Rapprochement(trouve.ecrit, trouve.nature, candidates, trouve.message)


def _candidate(code: str, connu: _Connu, via: str = "") -> Candidate:
    nom, departement = connu.communes[code]
    return Candidate(code, nom, departement, via)
