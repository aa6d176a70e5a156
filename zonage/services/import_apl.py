"""Load DREES's APL: every vintage of the workbook by difference, old codes attached to today's communes."""

from django.db import connection

from portal.core.imports import Import
from portal.core.sql import copy_rows
from zonage.enums import Profession
from zonage.models import ParametreApl
from zonage.services.codes import read_codes
from zonage.sources.apl import COLONNES, LigneApl, is_same_law, read_apl

TEMPORAIRE = f"""
CREATE TEMP TABLE import_apl (code_publie varchar, commune_id varchar, profession varchar, millesime smallint,
    {", ".join(f"{colonne} float8" for colonne in COLONNES)}) ON COMMIT DROP
"""
CLES = ("code_publie", "commune_id", "profession", "millesime")
CHAMPS = ", ".join(("commune_id", *COLONNES))
VALEURS = ", ".join(f"s.{colonne}" for colonne in ("commune_id", *COLONNES))
MEME = """k.origine = 'officiel' AND k.code_publie = s.code_publie AND k.profession = s.profession
   AND k.millesime = s.millesime"""
# The fragments joined below are constants of this module.
MISES_A_JOUR = f"""
UPDATE zonage_apl k SET ({CHAMPS}) = ({VALEURS}) FROM import_apl s
 WHERE {MEME} AND ({", ".join(f"k.{c}" for c in ("commune_id", *COLONNES))}) IS DISTINCT FROM ({VALEURS})
"""  # noqa: S608
AJOUTS = f"""
INSERT INTO zonage_apl ({", ".join((*CLES, *COLONNES))}, origine)
SELECT {", ".join((*CLES, *COLONNES))}, 'officiel' FROM import_apl s
 WHERE NOT EXISTS (SELECT FROM zonage_apl k WHERE {MEME}) ORDER BY code_publie, millesime
"""  # noqa: S608
DEMONSTRATION = "DELETE FROM zonage_apl WHERE origine = 'demonstration' AND profession = ANY(%s)"


def load_apl(lot: Import) -> None:
    """Read, resolve, write by difference. The demonstration APL of a profession gives way to the official one."""
    fichier = read_apl(lot)
    communes = _resolve(lot, fichier.lignes)
    lot.check()
    lot.millesime = ", ".join(str(m) for m in sorted({ligne.millesime for ligne in fichier.lignes}))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_apl")
        cursor.execute(TEMPORAIRE)
        lignes = (
            (x.code, communes[x.code], x.profession.value, x.millesime, *x.valeurs)
            for x in fichier.lignes
            if x.code in communes
        )
        nombre = copy_rows(cursor, "import_apl", (*CLES, *COLONNES), lignes)
        cursor.execute("ANALYZE import_apl")
        cursor.execute(MISES_A_JOUR)
        lot.ecrites = cursor.rowcount
        cursor.execute(AJOUTS)
        lot.ecrites += cursor.rowcount
        lot.identiques = nombre - lot.ecrites
        cursor.execute(DEMONSTRATION, [sorted({ligne.profession.value for ligne in fichier.lignes})])
    for profession, parametres in fichier.parametres:
        if profession == Profession.MEDECIN and not is_same_law(parametres):
            message = (
                f"paramètres {parametres.millesime} différents de ceux du portail : à revoir avant toute simulation"
            )
            lot.avertissement(None, "Paramètres", message)
        valeurs = parametres.to_json()
        ParametreApl.objects.update_or_create(
            profession=profession,
            millesime=parametres.millesime,
            defaults={"valeurs": valeurs, "source": parametres.source},
        )


def _resolve(lot: Import, lignes: list[LigneApl]) -> dict[str, str]:
    """Today's commune of each code. Several heirs: left out and named. Never known: an error."""
    codes = read_codes()
    communes: dict[str, str] = {}
    par_heritiere: dict[int, int] = {}
    for ligne in lignes:
        heritieres = codes.resolve(ligne.code)
        if not heritieres:
            lot.erreur(ligne.numero, ligne.feuille, f"commune inconnue : {ligne.code}")
        elif len(heritieres) > 1:
            lot.ignore(ligne.numero, ligne.feuille, f"{ligne.code} a plusieurs héritières ({', '.join(heritieres)})")
        else:
            communes[ligne.code] = heritieres[0]
            if heritieres[0] != ligne.code:
                par_heritiere[ligne.millesime] = par_heritiere.get(ligne.millesime, 0) + 1
                message = f"{ligne.code} n'est plus une commune : rattaché à {heritieres[0]}"
                lot.avertissement(ligne.numero, ligne.feuille, message)
    for millesime, nombre in sorted(par_heritiere.items()):
        message = f"APL {millesime} : {nombre} codes de communes fusionnées, rattachés à la commune actuelle"
        lot.avertissement(None, "", message)
    return communes
