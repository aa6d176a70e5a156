"""Two arrêtés side by side, and the annex of one, as official files write it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from zonage.enums import Profession, StatutZone
from zonage.models import Arrete, Classement
from zonage.services.brouillons import read_noms
from zonage.sources.brouillon import read_classe, read_valeurs
from zonage.sources.cartosante import COLONNES

ECARTS = """
SELECT t.code, t.libelle, coalesce(a.niveau_id, a.statut, ''), coalesce(b.niveau_id, b.statut, '')
  FROM (SELECT * FROM zonage_classement WHERE arrete_id = %(a)s) a
  FULL JOIN (SELECT * FROM zonage_classement WHERE arrete_id = %(b)s) b ON b.territoire_id = a.territoire_id
  JOIN zonage_territoire t ON t.id = coalesce(a.territoire_id, b.territoire_id)
 WHERE (a.statut, a.niveau_id) IS DISTINCT FROM (b.statut, b.niveau_id)
 ORDER BY t.type, t.code LIMIT %(max)s
"""
ECARTS_MAX = 45_000
ANNEXE = ("Type", "Niveau", "Début", "Fin (exclue)")
INCONNUE = "N/A - résultat non disponible"


@dataclass(frozen=True, slots=True)
class Ecart:
    """A territoire that two arrêtés do not class alike. Empty: the arrêté does not class it."""

    code: str
    libelle: str
    avant: str
    apres: str


def compare_arretes(avant: Arrete, apres: Arrete) -> list[Ecart]:
    with connection.cursor() as cursor:
        cursor.execute(ECARTS, {"a": avant.pk, "b": apres.pk, "max": ECARTS_MAX})
        return [Ecart(*ligne) for ligne in cursor.fetchall()]


def list_colonnes(arrete: Arrete) -> list[str]:
    """The header of the annex: that of the official export where the profession has one, then our own columns."""
    officielles = {metier: nom for nom, metier in COLONNES.items()}
    return ["Code", "Libellé", officielles.get(Profession(arrete.profession), "Classe"), *ANNEXE]


def list_annexe(arrete: Arrete) -> Iterator[list[object]]:
    """The rows of the annex: read again, they give the same classes."""
    valeurs = read_valeurs(arrete.profession)
    noms = {**read_noms(arrete.profession), **valeurs}
    canoniques: dict[str, str] = {}
    for mot, classe in valeurs.items():
        canoniques.setdefault(classe, mot)
    lignes = arrete.classements.select_related("territoire", "niveau").order_by("territoire__type", "territoire__code")
    for ligne in lignes.iterator(chunk_size=2000):
        yield [
            ligne.territoire.code,
            ligne.territoire.libelle,
            write_valeur(ligne, noms, canoniques),
            ligne.territoire.get_type_display(),
            str(ligne.niveau or StatutZone(ligne.statut).label),
            ligne.periode.lower,
            ligne.periode.upper,
        ]


def write_valeur(ligne: Classement, noms: dict[str, str], canoniques: dict[str, str]) -> str:
    """The word of the file it came from when it still says the class; else the official one."""
    classe = ligne.niveau_id or ligne.statut
    if ligne.niveau_publie and read_classe(ligne.niveau_publie, noms) == classe:
        return ligne.niveau_publie
    if classe == StatutZone.INCONNU:
        return INCONNUE
    mot = "" if classe == StatutZone.ADRESSE_REQUISE else canoniques.get(classe, "")
    return _recase(mot) if mot else classe


def _recase(mot: str) -> str:
    """« 1_zip » as producers write it: « 1_ZIP », « 1_Tres_sous_dotee »."""
    rang, _, nom = mot.partition("_")
    return f"{rang}_{nom.upper() if len(nom) <= 7 else nom.capitalize()}"
