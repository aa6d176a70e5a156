"""The receipt of a figure: what it says, of what, from what, computed when, and the rows behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from aides.models import Contrat, Demande
from cpts.models import Cpts, Structure
from portal.core.ceinture import as_systeme
from portal.pilotage.fraicheur import Fraicheur, read_fraicheurs
from portal.pilotage.lecture import Valeur, read_valeur
from portal.pilotage.millesimes import Millesime, list_millesimes
from portal.pilotage.models import Passage, PassageIndicateur, Territoire
from portal.pilotage.sources.definitions import Indicateur
from zonage.models import Commune, Departement

PAGE = 50
LIGNES_MAX = 40_000
OBJETS_MAX = 500
LIGNES = """
SELECT b.objet, sum(b.numerateur)::numeric, sum(b.denominateur)::numeric, bool_or(b.demonstration)
  FROM ({sql}) b
  JOIN pilotage_appartenance a ON a.genre = %(genre)s AND a.objet = b.objet::text
       AND a.territoire_id = %(territoire)s AND (a.periode IS NULL OR a.periode @> %(jour)s::date)
 WHERE {variante}
 GROUP BY b.objet
HAVING sum(b.numerateur) <> 0 OR sum(b.denominateur) <> 0
 ORDER BY sum(b.numerateur) DESC, b.objet
 LIMIT %(limite)s OFFSET %(debut)s
"""
CLES = """
SELECT DISTINCT b.ligne::text
  FROM ({sql}) b
  JOIN pilotage_appartenance a ON a.genre = %(genre)s AND a.objet = b.objet::text
       AND a.territoire_id = %(territoire)s AND (a.periode IS NULL OR a.periode @> %(jour)s::date)
 WHERE {variante}
 ORDER BY 1 LIMIT %(limite)s
"""


@dataclass(frozen=True, slots=True)
class Recu:
    """`calcul`: the last run of the day asked for, or of the last day computed before it; `ecriture`: the one that
    wrote the value, older when the value did not move since.
    """

    indicateur: Indicateur
    territoire: Territoire
    au: date
    valeur: Valeur | None
    calcul: PassageIndicateur | None
    ecriture: Passage | None
    fraicheur: Fraicheur
    millesimes: list[Millesime]

    @property
    def modifie(self) -> bool:
        """A source moved since the run that this page shows: not said of a past day, which has its own."""
        if self.calcul is None or self.fraicheur.jour is None:
            return False
        return self.fraicheur.perime and self.calcul.jour == self.fraicheur.jour

    @property
    def definition_changee(self) -> bool:
        return self.calcul is not None and self.calcul.empreinte != self.indicateur.empreinte

    @property
    def demonstration(self) -> bool:
        return self.valeur is not None and self.valeur.demonstration

    @property
    def sql(self) -> str:
        """The query as it was asked for that day: anybody may run it again."""
        return self.indicateur.sql.replace("%(jour)s::date", "%(jour)s").replace("%(jour)s", f"DATE '{self.au}'")


@dataclass(frozen=True, slots=True)
class Ligne:
    """What an object of the territory brings to a figure."""

    code: str
    nom: str
    numerateur: Decimal | None
    denominateur: Decimal | None
    demonstration: bool


def read_recu(indicateur: Indicateur, territoire: Territoire, au: date) -> Recu:
    """Who may read it is asked before (`portal.pilotage.droits`)."""
    valeur = read_valeur(indicateur.code, (territoire.type, territoire.code), au=au)
    calcul = (
        PassageIndicateur.objects.filter(indicateur=indicateur.base, jour__lte=au)
        .select_related("passage")
        .order_by("-jour", "-passage_id")
        .first()
    )
    return Recu(
        indicateur=indicateur,
        territoire=territoire,
        au=au,
        valeur=valeur,
        calcul=calcul,
        ecriture=Passage.objects.filter(pk=valeur.passage).first() if valeur else None,
        fraicheur=read_fraicheurs([indicateur])[indicateur.code],
        millesimes=list_millesimes(indicateur, territoire, au),
    )


def read_lignes(recu: Recu, *, debut: int = 0, limite: int = PAGE) -> list[Ligne]:
    """The parts of the figure as the sources give them now, the largest first. Figures entered have none.

    Only for who may read them (`may_read_lignes`): the query sees every row.
    """
    if recu.indicateur.genre == "territoire":
        return []
    with as_systeme(), connection.cursor() as cursor:
        cursor.execute(_build(LIGNES, recu), _values(recu) | {"limite": limite, "debut": debut})
        lues = cursor.fetchall()
    noms = _read_noms(recu.indicateur.genre, [ligne[0] for ligne in lues])
    return [Ligne(code, noms.get(code, code), *reste) for code, *reste in lues]


def iter_lignes_csv(recu: Recu) -> Iterator[list[Any]]:
    for ligne in read_lignes(recu, limite=LIGNES_MAX):
        yield [ligne.code, ligne.nom, ligne.numerateur, ligne.denominateur, ligne.demonstration]


def read_objets(recu: Recu, user: Any) -> list[Any]:
    """The files, contracts, structures or CPTS that the figure counts, among those that this person may read.

    Asked under the person's own belt; personal rows come through the model's own scoping alone.
    """
    genre = recu.indicateur.lignes
    if not genre:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_build(CLES, recu), _values(recu) | {"limite": OBJETS_MAX})
        cles = [cle for (cle,) in cursor.fetchall()]
    requetes: dict[str, Any] = {
        "demandes": lambda: Demande.objects.for_user(user).order_by("-deposee_le", "pk"),
        "contrats": lambda: Contrat.objects.for_user(user).order_by("-date_signature", "pk"),
        "structures": lambda: Structure.objects.order_by("nom", "pk"),
        "cpts": lambda: Cpts.objects.order_by("nom", "pk"),
    }
    return list(requetes[genre]().filter(pk__in=cles)[:OBJETS_MAX])


def _build(modele: str, recu: Recu) -> str:
    variante = "b.variante = %(variante)s" if recu.indicateur.variante else "true"
    return modele.format(sql=recu.indicateur.sql, variante=variante)


def _values(recu: Recu) -> dict[str, Any]:
    return {
        "jour": recu.au,
        "genre": recu.indicateur.genre,
        "territoire": recu.territoire.pk,
        "variante": recu.indicateur.variante,
    }


def _read_noms(genre: str, codes: list[str]) -> dict[str, str]:
    lecteurs: dict[str, Any] = {
        "commune": Commune.objects.filter(pk__in=codes).values_list("pk", "nom"),
        "departement": Departement.objects.filter(pk__in=codes).values_list("pk", "nom"),
        "cpts": Cpts.objects.filter(pk__in=codes).values_list("pk", "nom"),
    }
    return dict(lecteurs[genre].order_by("pk"))
