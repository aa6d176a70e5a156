"""Load an official list of communes over a period: what the file says replaces what was known of those days."""

from collections.abc import Mapping
from datetime import date

from django.db import connection
from django.db.backends.utils import CursorWrapper

from portal.core.imports import Import
from portal.core.outbox import emit
from portal.core.sql import copy_rows
from zonage.calculs.listes import Verdict, gather_communes
from zonage.models import ListeCommunes
from zonage.services.codes import Codes, read_codes
from zonage.sources.listes import FAMILLES, Famille, LigneListe, read_listes

# What each commune is in over the days of the file, and what it keeps of the other days.
VOULUES = """
CREATE TEMP TABLE voulues ON COMMIT DROP AS
WITH restes AS (
    SELECT liste_id, commune_id, certaine,
           range_agg(periode) - datemultirange(%(periode)s::daterange) AS jours
      FROM zonage_appartenanceliste WHERE liste_id = ANY(%(listes)s) GROUP BY 1, 2, 3
), toutes AS (
    SELECT liste_id, commune_id, certaine, jours FROM restes
    UNION ALL
    SELECT liste_id, commune_id, certaine, datemultirange(%(periode)s::daterange) FROM import_listes
)
SELECT liste_id, commune_id, certaine, unnest(range_agg(jour)) AS periode
  FROM (SELECT liste_id, commune_id, certaine, unnest(jours) AS jour FROM toutes) u GROUP BY 1, 2, 3
"""
CHANGEES = """
SELECT liste_id, commune_id, certaine, periode FROM voulues
EXCEPT
SELECT liste_id, commune_id, certaine, periode FROM zonage_appartenanceliste WHERE liste_id = ANY(%(listes)s)
"""
RETRAITS = """
DELETE FROM zonage_appartenanceliste a WHERE liste_id = ANY(%(listes)s)
   AND NOT EXISTS (SELECT FROM voulues v WHERE (v.liste_id, v.commune_id, v.certaine, v.periode)
                                             = (a.liste_id, a.commune_id, a.certaine, a.periode))
RETURNING commune_id
"""
AJOUTS = f"""
INSERT INTO zonage_appartenanceliste (liste_id, commune_id, certaine, periode, empreinte)
SELECT liste_id, commune_id, certaine, periode, %(empreinte)s FROM ({CHANGEES}) c ORDER BY 1, 2, 4
RETURNING commune_id
"""  # noqa: S608
PERIODES = """
WITH connues AS (
    SELECT liste, unnest(range_agg(periode)) AS periode FROM (
        SELECT liste_id AS liste, periode FROM zonage_periodeliste WHERE liste_id = ANY(%(listes)s)
        UNION ALL SELECT unnest(%(listes)s), %(periode)s::daterange) toutes
     GROUP BY liste
), retirees AS (
    DELETE FROM zonage_periodeliste p WHERE liste_id = ANY(%(listes)s)
       AND NOT EXISTS (SELECT FROM connues c WHERE c.liste = p.liste_id AND c.periode = p.periode)
)
SELECT liste, periode::text FROM connues c
 WHERE NOT EXISTS (SELECT FROM zonage_periodeliste p WHERE p.liste_id = c.liste AND p.periode = c.periode)
"""


def load_listes(lot: Import, *, famille: str, du: date, jusqu_au: date | None, source: str) -> None:
    """`du` (included) to `jusqu_au` (excluded; None: still in force): the days that the file attests."""
    genre = FAMILLES[famille]
    if jusqu_au is not None and jusqu_au <= du:
        lot.erreur(None, "", "la période est vide : --jusqu-au vient après --du")
        lot.check()
    lot.millesime = f"{famille} {du:%d/%m/%Y}"
    lignes = read_listes(lot, genre)
    codes = read_codes()
    _check_codes(lot, lignes, codes)
    lot.check()
    connues = _connues(lot, lignes, genre)
    membres = {code: _gather(lignes, code, codes) for code in connues}
    _warn_incertaines(lot, membres)
    _save_listes(genre, connues, source)
    with connection.cursor() as cursor:
        changees, periodes = _write(cursor, membres, _bornes(du, jusqu_au), lot.empreinte)
    touchees = {ligne.numero for ligne in lignes if changees & set(codes.resolve(ligne.code))}
    lot.ecrites = len(touchees)
    lot.identiques = len(lignes) - len(touchees)
    if changees or periodes:
        emit("zonage.territoire", lot.cle, cle=lot.cle)


def _bornes(du: date, jusqu_au: date | None) -> str:
    return f"[{du.isoformat()},{jusqu_au.isoformat() if jusqu_au else ''})"


def _check_codes(lot: Import, lignes: list[LigneListe], codes: Codes) -> None:
    for ligne in lignes:
        if not codes.resolve(ligne.code):
            lot.erreur(ligne.numero, "Code INSEE", f"commune inconnue : {ligne.code}")


def _connues(lot: Import, lignes: list[LigneListe], genre: Famille) -> list[str]:
    """The lists that the file speaks of: one that no line names stays unknown, and is said to."""
    citees = {code.rstrip("?") for ligne in lignes for code in ligne.listes}
    for code, libelle, _ in genre.listes:
        if code not in citees:
            lot.avertissement(
                None, "Statut", f"aucune commune « {libelle} » : cette liste reste inconnue ces jours-là"
            )
    if not citees:
        lot.erreur(None, "Statut", f"aucune commune classée dans ce fichier : {genre.attendus}")
        lot.check()
    return [code for code, _, _ in genre.listes if code in citees]


def _gather(lignes: list[LigneListe], liste: str, codes: Codes) -> Mapping[str, Verdict]:
    classes = (
        (ligne.code, True if liste in ligne.listes else None if f"{liste}?" in ligne.listes else False)
        for ligne in lignes
    )
    return gather_communes(classes, codes.resolve)


def _warn_incertaines(lot: Import, membres: Mapping[str, Mapping[str, Verdict]]) -> None:
    for liste, verdicts in membres.items():
        incertaines = sorted(commune for commune, verdict in verdicts.items() if verdict is None)
        if incertaines:
            exemples = ", ".join(incertaines[:10]) + ("…" if len(incertaines) > 10 else "")
            message = f"liste {liste} : {len(incertaines)} communes classées en partie, « à instruire » ({exemples})"
            lot.avertissement(None, "Statut", message)


def _save_listes(genre: Famille, connues: list[str], source: str) -> None:
    for code, libelle, reference in genre.listes:
        if code in connues:
            valeurs = {"libelle": libelle, "reference": reference, "source": source}
            ListeCommunes.objects.update_or_create(code=code, defaults=valeurs)


def _write(
    cursor: CursorWrapper, membres: Mapping[str, Mapping[str, Verdict]], periode: str, empreinte: str
) -> tuple[set[str], int]:
    """Write by difference. Returns the communes whose membership changed, and how many periods did."""
    cursor.execute("CREATE TEMP TABLE import_listes (liste_id text, commune_id text, certaine boolean) ON COMMIT DROP")
    rangees = (
        (liste, commune, verdict is True)
        for liste, verdicts in membres.items()
        for commune, verdict in sorted(verdicts.items())
        if verdict is not False
    )
    copy_rows(cursor, "import_listes", ("liste_id", "commune_id", "certaine"), rangees)
    parametres: dict[str, str | list[str]] = {"periode": periode, "listes": list(membres), "empreinte": empreinte}
    cursor.execute(VOULUES, parametres)
    changees: set[str] = set()
    for requete in (RETRAITS, AJOUTS):
        cursor.execute(requete, parametres)
        changees.update(commune for (commune,) in cursor.fetchall())
    cursor.execute(PERIODES, parametres)
    nouvelles = cursor.fetchall()
    for liste, connue in nouvelles:
        cursor.execute("INSERT INTO zonage_periodeliste (liste_id, periode) VALUES (%s, %s)", [liste, connue])
    cursor.execute("DROP TABLE import_listes, voulues")
    return changees, len(nouvelles)
