"""A draft of arrêté, written row by row: created, copied from the zoning in force, mended by hand or from a list.

Every act holds the draft first: two agents on the same draft write one after the other, and never on what was
proposed meanwhile. What an act refuses, it refuses whole.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from portal.accounts.models import User
from portal.core.fichiers import normalize_nom
from portal.core.sql import copy_rows
from zonage.enums import Origine, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Arrete, Classement, Commune, Composition, list_niveaux, split_classe
from zonage.services.arretes import PublicationImpossible, log_arrete
from zonage.services.codes import Codes, read_codes

LISTE_MAX = 5000
FAUTES_MAX = 30
LIBELLES_SANS_NIVEAU = {
    StatutZone.ADRESSE_REQUISE.value: "Selon l’adresse (plusieurs classements)",
    StatutZone.INCONNU.value: "Sans classe connue",
}
SEPARATEUR = re.compile(r"[;,\t]|\s+")

TABLE = (
    "DROP TABLE IF EXISTS brouillon_ligne; CREATE TEMP TABLE brouillon_ligne"
    " (code text, statut text, niveau text, valeur text) ON COMMIT DROP"
)
TERRITOIRES = """
INSERT INTO zonage_territoire (type, code, libelle, region_attribution_id, source)
SELECT 'commune', l.code, c.nom, d.region_id, ''
  FROM brouillon_ligne l JOIN zonage_commune c ON c.code_insee = l.code
  JOIN zonage_departement d ON d.code = c.departement_id
ON CONFLICT (type, code) DO NOTHING
"""
MISES_A_JOUR = """
UPDATE zonage_classement k
   SET statut = l.statut, niveau_id = l.niveau, niveau_publie = l.valeur
  FROM brouillon_ligne l JOIN zonage_territoire t ON t.type = 'commune' AND t.code = l.code
 WHERE k.arrete_id = %(arrete)s AND NOT k.publie AND k.territoire_id = t.id
   AND (k.statut, k.niveau_id, k.niveau_publie) IS DISTINCT FROM (l.statut, l.niveau::varchar, l.valeur::varchar)
"""
AJOUTS = """
INSERT INTO zonage_classement
       (territoire_id, profession, arrete_id, statut, niveau_id, niveau_publie, periode, origine, publie)
SELECT t.id, a.profession, a.id, l.statut, l.niveau, l.valeur, a.periode, a.origine, false
  FROM brouillon_ligne l JOIN zonage_territoire t ON t.type = 'commune' AND t.code = l.code
  JOIN zonage_arrete a ON a.id = %(arrete)s
 WHERE NOT EXISTS (SELECT FROM zonage_classement k WHERE k.arrete_id = a.id AND k.territoire_id = t.id)
 ORDER BY t.id
"""


class SaisieRefusee(Exception):
    """Nothing was written: one French sentence a fault, each saying what to do."""

    def __init__(self, *fautes: str) -> None:
        super().__init__(" ".join(fautes))
        self.fautes = fautes


@dataclass(frozen=True, slots=True)
class Ligne:
    """A commune and its class, as written in a draft. `valeur`: the word of the file, empty when typed on screen."""

    code: str
    classe: str
    valeur: str = ""


def hold_brouillon(arrete: Arrete) -> Arrete:
    """The draft, held until the end of the transaction. Raises PublicationImpossible when it is no longer one."""
    tenu = Arrete.objects.select_for_update(no_key=True, of=("self",)).get(pk=arrete.pk)
    if tenu.statut != StatutArrete.BROUILLON:
        raise PublicationImpossible(
            f"Cet arrêté n’est plus un brouillon ({tenu.get_statut_display().lower()}) : rechargez la page. Pour le "
            "modifier, il faut d’abord le reprendre en brouillon."
        )
    return tenu


@transaction.atomic
def create_brouillon(champs: Mapping[str, Any], *, par: User) -> Arrete:
    arrete = Arrete.objects.create(**champs, auteur=par, statut=StatutArrete.BROUILLON, origine=Origine.OFFICIEL)
    log_arrete(arrete, "creer", par)
    return arrete


@transaction.atomic
def change_fiche(arrete: Arrete, champs: Mapping[str, Any], *, par: User) -> Arrete:
    """The number, the days, the source. Région and profession stay: the rows depend on them."""
    tenu = hold_brouillon(arrete)
    changes = [nom for nom, valeur in champs.items() if getattr(tenu, nom) != valeur]
    if changes:
        for nom in changes:
            setattr(tenu, nom, champs[nom])
        tenu.save(update_fields=changes)
        if "periode" in changes:
            tenu.classements.filter(publie=False).update(periode=tenu.periode)
        log_arrete(tenu, "modifier", par, champs=changes)
    return tenu


@transaction.atomic
def copy_en_vigueur(arrete: Arrete, *, au: date, par: User) -> int:
    """Begin from what the région's arrêtés say on a day. Replaces the rows of the draft. Returns how many."""
    tenu = hold_brouillon(arrete)
    en_vigueur = Classement.objects.filter(
        arrete__region_id=tenu.region_id, profession=tenu.profession, publie=True, periode__contains=au
    )
    officiels = en_vigueur.filter(origine=Origine.OFFICIEL)
    if not officiels.exists():
        suite = (
            "Le zonage lu ce jour-là est celui de démonstration : il ne devient pas un arrêté."
            if en_vigueur.exists()
            else "Aucun zonage publié de cette région n’est connu ce jour-là."
        )
        raise SaisieRefusee(f"{suite} Partez d’un fichier officiel, ou d’une liste de communes.")
    tenu.classements.filter(publie=False).delete()
    copies = [
        Classement(
            territoire_id=lu.territoire_id,
            profession=tenu.profession,
            arrete=tenu,
            statut=lu.statut,
            niveau_id=lu.niveau_id,
            niveau_publie=lu.niveau_publie,
            periode=tenu.periode,
            origine=tenu.origine,
        )
        for lu in officiels.order_by("territoire_id", "-pk").distinct("territoire_id")
    ]
    Classement.objects.bulk_create(copies, batch_size=2000)
    log_arrete(tenu, "copier", par, lignes=len(copies), au=au.isoformat())
    return len(copies)


def write_lignes(arrete: Arrete, lignes: Iterable[Ligne]) -> int:
    """Rows of a draft that is held: those that differ are changed, those that are missing added. Returns how many."""
    decoupees = ((x.code, *split_classe(x.classe), x.valeur) for x in lignes)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        copy_rows(cursor, "brouillon_ligne", ("code", "statut", "niveau", "valeur"), decoupees)
        cursor.execute("ANALYZE brouillon_ligne")
        cursor.execute(TERRITOIRES)
        cursor.execute(MISES_A_JOUR, {"arrete": arrete.pk})
        ecrites = cursor.rowcount
        cursor.execute(AJOUTS, {"arrete": arrete.pk})
        return int(ecrites + cursor.rowcount)


@transaction.atomic
def set_lignes(arrete: Arrete, lignes: Sequence[Ligne], *, par: User) -> int:
    """Class communes of the région in the draft. Raises SaisieRefusee with a sentence a fault."""
    tenu = hold_brouillon(arrete)
    codes, connues = read_codes(), {classe for classe, _ in list_classes(tenu.profession)}
    fautes = [faute for ligne in lignes if (faute := find_faute(tenu, ligne, codes, connues))]
    if fautes:
        raise SaisieRefusee(*fautes[:FAUTES_MAX])
    ecrites = write_lignes(tenu, lignes)
    log_arrete(tenu, "classer", par, lignes=ecrites, communes=[ligne.code for ligne in lignes[:50]])
    return ecrites


def find_faute(arrete: Arrete, ligne: Ligne, codes: Codes, connues: Collection[str]) -> str:
    """Why this row cannot be in this draft; empty when it can."""
    if ligne.code not in codes.actuels:
        heritieres = codes.resolve(ligne.code)
        if heritieres:
            return f"{ligne.code} n’est plus une commune : écrivez {' ou '.join(heritieres)}."
        return f"{ligne.code} : commune inconnue. Vérifiez son code INSEE (pas le code postal)."
    if codes.actuels[ligne.code] != arrete.region_id:
        return f"{ligne.code} n’est pas dans la région de l’arrêté : retirez cette ligne."
    if not ligne.classe:
        return f"{ligne.code} : choisissez sa classe dans la liste."
    if ligne.classe not in connues:
        return f"{ligne.code} : classe « {ligne.classe[:40]} » inconnue. Choisissez-la dans la liste."
    return ""


@transaction.atomic
def remove_ligne(arrete: Arrete, classement: int, *, par: User) -> None:
    """Take a territoire out of the draft. Nothing published is ever erased so."""
    tenu = hold_brouillon(arrete)
    ligne = tenu.classements.filter(pk=classement, publie=False).select_related("territoire").first()
    if ligne is None:
        raise PublicationImpossible("Cette ligne n’est plus dans le brouillon : rechargez la page.")
    log_arrete(tenu, "retirer_ligne", par, territoire=ligne.territoire.code)
    ligne.delete()


def parse_liste(texte: str, classe: str, profession: str) -> list[Ligne]:
    """A pasted list: `71076;ZIP` or `71076` a line, `classe` for those that give none. Raises SaisieRefusee."""
    noms = read_noms(profession)
    lignes: dict[str, Ligne] = {}
    fautes = []
    for numero, brute in enumerate(texte.splitlines(), start=1):
        if not brute.strip():
            continue
        code, *reste = SEPARATEUR.split(brute.strip(), maxsplit=1)
        mot = normalize_nom(reste[0].strip(' ;,"')) if reste else ""
        lue = noms.get(mot) if mot else classe
        if not lue:
            dit = f"classe « {mot[:40]} » inconnue" if mot else "aucune classe"
            fautes.append(f"Ligne {numero} : {dit}. Écrivez par exemple « 71076;ZIP », ou choisissez une classe.")
        elif code.upper() in lignes and lignes[code.upper()].classe != lue:
            fautes.append(f"Ligne {numero} : {code} est déjà plus haut avec une autre classe. Gardez-en une seule.")
        else:
            lignes[code.upper()] = Ligne(code.upper(), lue)
    if len(lignes) > LISTE_MAX:
        fautes = [f"{len(lignes)} communes, pour {LISTE_MAX} au plus : donnez plutôt un fichier."]
    if not lignes and not fautes:
        fautes = ["La liste est vide : collez un code INSEE par ligne."]
    if fautes:
        raise SaisieRefusee(*fautes[:FAUTES_MAX])
    return list(lignes.values())


def list_classes(profession: str) -> list[tuple[str, str]]:
    """(class, name) that a row may have, most under-served first, then the two readings without a niveau."""
    niveaux = [(niveau.code, niveau.libelle) for niveau in list_niveaux(profession)]
    return [*niveaux, *LIBELLES_SANS_NIVEAU.items()]


def read_noms(profession: str) -> dict[str, str]:
    """The class of each word that names it: code, name or short name, folded."""
    noms = {
        normalize_nom(nom): classe for classe, libelle in LIBELLES_SANS_NIVEAU.items() for nom in (classe, libelle)
    }
    for niveau in list_niveaux(profession):
        for nom in (niveau.libelle, niveau.abrege, niveau.code):
            noms[normalize_nom(nom)] = niveau.code
    return noms


def list_absentes(arrete: Arrete) -> QuerySet[Commune]:
    """The communes of the région that the arrêté leaves without a class: neither a row, nor a territoire of it.

    A city is present through its arrondissements, and an arrondissement through its city.
    """
    siens = arrete.classements.order_by()
    communes = siens.filter(territoire__type=TypeTerritoire.COMMUNE).values("territoire__code")
    dedans = Composition.objects.filter(territoire__in=siens.values("territoire")).order_by().values("commune")
    presentes = Commune.objects.filter(Q(code_insee__in=communes) | Q(code_insee__in=dedans)).order_by()
    villes = presentes.filter(parent__isnull=False).values("parent")
    return (
        Commune.objects.filter(departement__region_id=arrete.region_id)
        .exclude(code_insee__in=presentes.values("code_insee"))
        .exclude(code_insee__in=villes)
        .exclude(parent__in=presentes.values("code_insee"))
        .order_by("code_insee")
    )


@transaction.atomic
def complete_absentes(arrete: Arrete, classe: str, *, par: User) -> int:
    """Give one class to every commune of the région that has none. Returns how many."""
    tenu = hold_brouillon(arrete)
    if classe not in {connue for connue, _ in list_classes(tenu.profession)}:
        raise SaisieRefusee("Choisissez la classe des communes absentes dans la liste.")
    codes = list(list_absentes(tenu).values_list("code_insee", flat=True)[:LISTE_MAX])
    ecrites = write_lignes(tenu, [Ligne(code, classe) for code in codes])
    log_arrete(tenu, "completer", par, lignes=ecrites, classe=classe)
    return ecrites
