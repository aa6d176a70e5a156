"""Find a commune from what a person types: name, postal or INSEE code, former name or code, mistakes included.

Each stage is one bounded query on an index of `CleCommune`; a later, dearer stage runs only when the former ones found
too little. Order: relevance (the exact name weighs as 5,000 times more people, a whole word as 30 times more), then
population, then code: « chalon » is Chalon-sur-Saône before Chalon (Isère), « st cosme » is Saint-Cosme.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F

from zonage.calculs.noms import LONGUEUR_MAX, fold, mots, sans_article
from zonage.models import AncienneCommune, Commune, Departement

LIMITE_MAX = 100
MOTS_MAX = 12
MOT_FLOU_MIN = 3
"""Shorter words are never corrected: everything resembles them."""

CODE = re.compile(r"(?<![0-9a-z])(?:[0-9]{5}|2[ab][0-9]{3})(?![0-9a-z])")
DEBUT_DE_CODE = re.compile(r"[0-9]{2,5}|2[ab][0-9]{0,3}")
CODE_COMMUNE = re.compile(r"(?:[013-9][0-9]|2[0-9AB])[0-9]{3}")
CODE_DEPARTEMENT = re.compile(r"[0-9]{2}|2[ab]|97[1-8]|98[4-9]")
PARENTHESE = re.compile(r"\(([^()]*)\)?\s*$")


@dataclass(frozen=True, slots=True)
class Proposition:
    """A commune that answers. `via`: the former name or code that matched (None: the current name did), and the
    first day it was no more (`depuis`, None when unknown)."""

    code: str
    nom: str
    departement_code: str
    departement_nom: str
    codes_postaux: tuple[str, ...]
    population: int | None
    via: str | None = None
    depuis: date | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Today's commune for a code; the three others are None when the code is today's."""

    commune: Commune
    ancien_code: str | None = None
    ancien_nom: str | None = None
    depuis: date | None = None


class CommuneInconnue(LookupError):
    """No commune, of today or of yesterday, bears this code. The message is for the reader."""


@dataclass(frozen=True, slots=True)
class Demande:
    """What was typed, understood one way. `departement`: a code, when the end of the text named one."""

    article: str
    mots: tuple[str, ...]
    departement: str | None = None

    @property
    def cle(self) -> str:
        return " " + " ".join(self.mots)


@dataclass(frozen=True, slots=True)
class Trouvaille:
    """A key that matched."""

    commune: str
    via: str | None
    depuis: date | None


def normalise(texte: str) -> str:
    """The words of a name as the search compares them: two spellings of one name give the same text."""
    return " ".join(mots(texte))


def search_communes(q: str, *, limite: int = 10) -> list[Proposition]:
    """The best answers first, at most `limite`. Empty when nothing resembles. Never raises on odd input."""
    limite = max(0, min(limite, LIMITE_MAX))
    texte = fold(q[:LONGUEUR_MAX]).strip()
    if not texte or not limite:
        return []
    if DEBUT_DE_CODE.fullmatch(chiffres := texte.replace(" ", "")):
        return hydrate(find_codes(chiffres, limite), limite)
    code = CODE.search(texte)
    return hydrate(find_with_code(texte, code, limite) if code else find_names(texte, limite), limite)


def resolve_commune(code: str) -> Resolution:
    """Today's commune for a code of today or of yesterday. A re-established commune is itself, never its old host."""
    propre = code.strip().upper()
    if CODE_COMMUNE.fullmatch(propre):
        commune = (
            Commune.objects.select_related("departement__region", "epci", "parent").filter(code_insee=propre).first()
        )
        if commune is not None:
            return Resolution(commune)
        ancienne = (
            AncienneCommune.objects.select_related("commune__departement__region", "commune__epci")
            .filter(code_insee=propre)
            .order_by(F("depuis").desc(nulls_last=True), "-nom", "commune")
            .first()
        )
        if ancienne is not None:
            return Resolution(ancienne.commune, ancienne.code_insee, ancienne.nom or None, ancienne.depuis)
    raise CommuneInconnue(explain_commune_inconnue(code))


def resolve_communes(codes: Collection[str]) -> dict[str, Resolution]:
    """`resolve_commune` for many codes, in two queries. A code that no commune bears or bore is left out."""
    voulus = {code: propre for code in codes if CODE_COMMUNE.fullmatch(propre := code.strip().upper())}
    actuelles = Commune.objects.select_related("departement__region", "epci", "parent").in_bulk(set(voulus.values()))
    resolues = {propre: Resolution(commune) for propre, commune in actuelles.items()}
    anciennes = (
        AncienneCommune.objects.select_related("commune__departement__region", "commune__epci")
        .filter(code_insee__in=set(voulus.values()) - set(resolues))
        .order_by("code_insee", F("depuis").desc(nulls_last=True), "-nom", "commune")
    )
    for ancienne in anciennes:
        resolues.setdefault(
            ancienne.code_insee,
            Resolution(ancienne.commune, ancienne.code_insee, ancienne.nom or None, ancienne.depuis),
        )
    return {code: resolues[propre] for code, propre in voulus.items() if propre in resolues}


def explain_commune_inconnue(code: str) -> str:
    return (
        f"Aucune commune ne porte le code « {ascii(code.strip().upper()[:10])[1:-1]} ». Vérifiez les cinq caractères "
        "du code INSEE, ou cherchez la commune par son nom."
    )


# --- what was typed


def read_demandes(texte: str) -> Iterator[Demande]:
    """The ways to understand a name, the most literal first; its end may name a département (« Saint-Martin 71 »)."""
    entre = PARENTHESE.search(texte)
    if entre:
        nom, indice = texte[: entre.start()], normalise(entre[1])
        departement = indice if CODE_DEPARTEMENT.fullmatch(indice) else find_departement(indice.split())[0]
        if departement and (reste := mots(nom)):
            yield demande(reste, departement)
    liste = mots(texte)[:MOTS_MAX]
    if not liste:
        return
    yield demande(liste)
    if len(liste) > 1 and not entre:
        if CODE_DEPARTEMENT.fullmatch(liste[-1]):
            yield demande(liste[:-1], liste[-1])
            return
        departement, longueur = find_departement(liste[1:])
        if departement:
            yield demande(liste[:-longueur], departement)


def demande(liste: list[str], departement: str | None = None) -> Demande:
    article, reste = sans_article(liste)
    return Demande(article, tuple(reste), departement.upper() if departement else None)


def find_departement(liste: list[str]) -> tuple[str | None, int]:
    """The département whose name ends the words (Saône-et-Loire before Loire), and how many words it has."""
    meilleur: tuple[str | None, int] = (None, 0)
    for code, nom in Departement.objects.order_by("code").values_list("code", "nom")[:200]:
        cle = mots(nom)
        if len(cle) > meilleur[1] and liste[-len(cle) :] == cle:
            meilleur = (code, len(cle))
    return meilleur


# --- the stages

NOMS = "genre IN ('nom', 'ancien_nom')"
TAILLE = "log(population + 1)"
ANCIEN = "(genre = 'ancien_nom')::int"
SCORE_PREFIXE = (
    "CASE WHEN cle <> %(cle)s THEN 0 WHEN %(article)s IN ('', article) THEN 3.7 ELSE 2.5 END "
    f"+ (cle LIKE %(mot_entier)s)::int * 1.5 + (article = %(article)s)::int * 0.5 - 3 * {ANCIEN} + {TAILLE}"
)
SCORE_MOTS = f"{TAILLE} - 3 * {ANCIEN}"
SCORE_FLOU = (
    "greatest(similarity(cle, %(cle)s), 0.9 * strict_word_similarity(%(cle)s, cle)) * 10 "
    f"+ 0.7 * {TAILLE} - {ANCIEN} + (article = %(article)s)::int * 0.2"
)
FLOU = "(cle %% %(cle)s OR %(cle)s <<%% cle)"


def find_names(texte: str, limite: int) -> list[Trouvaille]:
    """Prefix, then words in any order, of each way to understand the text; corrections only when nothing was found."""
    demandes = []
    for lue in read_demandes(texte):
        demandes.append(lue)
        trouvailles = find_prefix(lue, limite)
        if len({t.commune for t in trouvailles}) < limite and len(lue.mots) + len(lue.mots[0]) > 2:
            trouvailles += find_words(lue, limite)
        if trouvailles:
            return trouvailles
    for lue in reversed(demandes):
        if len(lue.cle) > MOT_FLOU_MIN and (trouvailles := select_keys(FLOU, SCORE_FLOU, lue, {}, limite)):
            return trouvailles
    return []


def find_prefix(lue: Demande, limite: int) -> list[Trouvaille]:
    return select_keys("cle LIKE %(prefixe)s", SCORE_PREFIXE, lue, {"prefixe": f"{lue.cle}%"}, limite)


def find_words(lue: Demande, limite: int) -> list[Trouvaille]:
    """Names in which every word typed begins a word (« cosme vairais » finds Saint-Cosme-en-Vairais)."""
    valeurs = {f"mot{rang}": f"% {mot}%" for rang, mot in enumerate(lue.mots)}
    return select_keys(" AND ".join(f"cle LIKE %({nom})s" for nom in valeurs), SCORE_MOTS, lue, valeurs, limite)


def select_keys(
    condition: str, score: str, lue: Demande, valeurs: dict[str, str], limite: int, genres: str = NOMS
) -> list[Trouvaille]:
    """One stage: keys that meet a condition (written here, never typed), best first. A commune may come twice."""
    parametres = {
        "cle": lue.cle,
        "mot_entier": f"{lue.cle} %",
        "article": lue.article,
        "departement": lue.departement,
        "limite": 3 * limite,
        **valeurs,
    }
    filtre = "AND departement = %(departement)s" if lue.departement else ""
    requete = (
        f"SELECT commune_id, nullif(via, ''), depuis FROM zonage_clecommune WHERE {genres} AND {condition} {filtre} "  # noqa: S608
        f"ORDER BY {score} DESC, population DESC, commune_id, via LIMIT %(limite)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(requete, parametres)
        return [Trouvaille(*ligne) for ligne in cursor.fetchall()]


def find_codes(debut: str, limite: int) -> list[Trouvaille]:
    """Postal codes, then INSEE codes, then former codes; an arrondissement before its city, then by population."""
    requete = """
        SELECT c.commune_id, nullif(c.via, ''), c.depuis
        FROM (
            SELECT 1 AS rang, code_insee AS commune_id, code_insee = %(code)s AS exact, '' AS via, NULL::date AS depuis
            FROM zonage_commune WHERE code_insee LIKE %(code)s || '%%'
            UNION ALL
            SELECT CASE genre WHEN 'code_postal' THEN 0 ELSE 2 END, commune_id, cle = %(cle)s, via, depuis
            FROM zonage_clecommune WHERE cle LIKE %(cle)s || '%%' AND genre IN ('code_postal', 'ancien_code')
        ) c JOIN zonage_commune k ON k.code_insee = c.commune_id
        ORDER BY c.exact DESC, c.rang, k.parent_id IS NULL, k.population DESC NULLS LAST, c.commune_id, c.via
        LIMIT %(limite)s"""
    with connection.cursor() as cursor:
        cursor.execute(requete, {"code": debut.upper(), "cle": f" {debut}", "limite": 3 * limite})
        return [Trouvaille(*ligne) for ligne in cursor.fetchall()]


def find_with_code(texte: str, code: re.Match[str], limite: int) -> list[Trouvaille]:
    """« 12 rue de la Paix 71100 Chalon »: the communes of the code, first those whose name stands beside it."""
    du_code = find_codes(code[0], LIMITE_MAX)
    nom = texte[code.end() :].strip(" ,()") or texte[: code.start()].strip(" ,()")
    nommees = find_names(nom, LIMITE_MAX) if nom else []
    if not du_code:
        return nommees
    codes = {t.commune for t in du_code}
    return [t for t in nommees if t.commune in codes] + du_code


def hydrate(trouvailles: Iterable[Trouvaille], limite: int) -> list[Proposition]:
    """One proposition a commune, in the order found."""
    retenues: dict[str, Trouvaille] = {}
    for trouvaille in trouvailles:
        if len(retenues) == limite:
            break
        retenues.setdefault(trouvaille.commune, trouvaille)
    communes = Commune.objects.select_related("departement").in_bulk(list(retenues))
    return [
        Proposition(
            code=code,
            nom=communes[code].nom,
            departement_code=communes[code].departement_id,
            departement_nom=communes[code].departement.nom,
            codes_postaux=tuple(communes[code].codes_postaux),
            population=communes[code].population,
            via=trouvaille.via,
            depuis=trouvaille.depuis,
        )
        for code, trouvaille in retenues.items()
        if code in communes
    ]
