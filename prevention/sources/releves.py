"""A file of uptake, as a regional screening centre or a caisse sends it (docs/prevention.md): one figure a line."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from prevention.calculs.taux import Effectif
from prevention.enums import CODE_FRANCE, NiveauTerritoire, StatutReleve

if TYPE_CHECKING:
    from portal.core.imports import Import, Ligne

COLONNES = ("territoire", "code", "debut", "fin", "numerateur", "denominateur", "exclusions", "statut")
NOMBRE_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class LigneReleve:
    """`fin`: the last day counted, included, as the file says it."""

    numero: int
    niveau: str
    code: str
    debut: date
    fin: date
    effectif: Effectif
    statut: str

    @property
    def cle(self) -> tuple[str, str]:
        return self.niveau, self.code


def read_releves(lot: "Import") -> list[LigneReleve]:
    """Every line, judged alone: its territory is looked for later. Faults are in the report; nothing is guessed."""
    lignes = []
    for ligne in lot.csv(COLONNES):
        lue = _read_ligne(lot, ligne)
        if lue is None:
            continue
        cle = (lue.niveau, lue.code, lue.debut.isoformat(), lue.fin.isoformat())
        if not lot.is_doublon(cle, (lue.effectif, lue.statut), ligne.numero, "code"):
            lignes.append(lue)
    return lignes


def _read_ligne(lot: "Import", ligne: "Ligne") -> LigneReleve | None:
    numero = ligne.numero
    niveau = ligne["territoire"].lower().replace("é", "e")
    if niveau not in NiveauTerritoire.values:
        connus = ", ".join(NiveauTerritoire.values)
        lot.erreur(numero, "territoire", f"« {niveau[:20]} » n'est pas un territoire connu : écrivez {connus}")
        return None
    code: str | None = ligne["code"]
    if niveau == NiveauTerritoire.COMMUNE:
        code = lot.code_commune(numero, "code", code)
    elif niveau == NiveauTerritoire.FRANCE:
        code = CODE_FRANCE
    elif not code:
        lot.erreur(numero, "code", "code absent : donnez celui du territoire")
    debut, fin = (_read_jour(lot, numero, colonne, ligne[colonne]) for colonne in ("debut", "fin"))
    effectif = _read_effectif(lot, ligne)
    statut = ligne["statut"].lower().replace("é", "e")
    if statut not in StatutReleve.values:
        lot.erreur(numero, "statut", f"« {statut[:20]} » : écrivez provisoire ou consolide")
        return None
    if not code or debut is None or fin is None or effectif is None:
        return None
    if fin < debut:
        lot.erreur(numero, "fin", "le dernier jour précède le premier")
        return None
    return LigneReleve(numero, niveau, code, debut, fin, effectif, statut)


def _read_jour(lot: "Import", numero: int, colonne: str, texte: str) -> date | None:
    for forme in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(texte, forme).date()  # noqa: DTZ007 - a civil day, without an hour
        except ValueError:
            continue
    lot.erreur(numero, colonne, f"« {texte[:20]} » n'est pas une date : écrivez-la comme 2024-10-15 ou 15/10/2024")
    return None


def _read_effectif(lot: "Import", ligne: "Ligne") -> Effectif | None:
    lus: dict[str, int | None] = {}
    avant = lot.erreurs
    for colonne in ("numerateur", "denominateur", "exclusions"):
        valeur = lot.nombre(ligne.numero, colonne, ligne[colonne])
        if valeur is not None and (not valeur.is_integer() or valeur > NOMBRE_MAX):
            lot.erreur(ligne.numero, colonne, f"« {ligne[colonne][:20]} » n'est pas un nombre entier de personnes")
        lus[colonne] = None if valeur is None else int(valeur)
    if lus["numerateur"] is None and lot.erreurs == avant:
        lot.erreur(ligne.numero, "numerateur", "nombre de personnes absent : retirez la ligne s'il n'est pas connu")
    if lot.erreurs != avant:
        return None
    effectif = Effectif(lus["numerateur"] or 0, lus["denominateur"], lus["exclusions"] or 0)
    if effectif.visee is not None and effectif.numerateur > effectif.visee:
        lot.erreur(
            ligne.numero,
            "numerateur",
            f"{effectif.numerateur} personnes comptées pour {effectif.visee} visées (exclusions retirées)",
        )
        return None
    return effectif
