"""Which zone, for whom, on which day: one query on the read table, and an answer that says when it does not know."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from portal.core.requetes import RequeteCompilee
from zonage.enums import Origine, Profession, StatutZone, TypeTerritoire
from zonage.models import ZoneCommune

HISTORIQUE_MAX = 100
"""The most periods one reading brings back: six professions over thirty years of yearly orders stay below."""

COLONNES = (
    "commune_id",
    "commune__nom",
    "profession",
    "statut",
    "origine",
    "niveau_id",
    "niveau__libelle",
    "niveau__abrege",
    "niveau__couleur",
    "arrete_id",
    "arrete__numero",
    "arrete__date_publication",
    "arrete__source",
    "arrete__lien",
    "arrete__region__nom",
    "territoire__type",
    "territoire__code",
    "territoire__libelle",
)


# The bounds one by one: the driver reads a date in C, a range in Python.
BORNES = {
    "debut": F("periode__startswith"),
    "fin": F("periode__endswith"),
    "arrete_debut": F("arrete__periode__startswith"),
    "arrete_fin": F("arrete__periode__endswith"),
}


@dataclass(frozen=True, slots=True)
class ResumeArrete:
    """What a page shows of an arrêté. `numero` is empty when the file gives none; `fin` None: no known end."""

    id: int
    numero: str
    titre: str
    date_publication: date | None
    debut: date | None
    fin: date | None
    source: str
    lien: str


@dataclass(frozen=True, slots=True)
class ResumeTerritoire:
    type: str
    type_libelle: str
    code: str
    libelle: str


@dataclass(frozen=True, slots=True)
class Zone:
    """The answer for a commune, a profession and a day.

    `niveau` is None unless `statut` is « connu ». `dernier_connu` is set only when `statut` is « inconnu »: the last
    reading known before `au` (its own `au` is its last day), or None when nothing was ever known.
    """

    commune: str
    profession: str
    au: date
    statut: StatutZone
    niveau: str | None = None
    libelle: str | None = None
    abrege: str | None = None
    couleur: str | None = None
    origine: str | None = None
    arrete: ResumeArrete | None = None
    territoire: ResumeTerritoire | None = None
    dernier_connu: "Zone | None" = None
    commune_nom: str | None = None
    """Read with the zone; None when the table holds no row of this commune that day."""


@dataclass(frozen=True, slots=True)
class Periode:
    """One stretch of the history: `debut` included, `fin` excluded (None: still running)."""

    debut: date
    fin: date | None
    statut: StatutZone
    niveau: str | None
    libelle: str | None
    arrete: ResumeArrete
    origine: str


def zone(commune: str, profession: str, *, au: date) -> Zone:
    """The zone of a commune for a profession on a day. A commune the table does not hold reads « inconnu »."""
    return _build_zone(commune, profession, au, UNE.lignes(commune=commune, profession=profession, au=au))


def zone_days(commune: str, profession: str, jours: Collection[date]) -> dict[date, Zone]:
    """The zone of a commune for a profession on each of several days, in one query."""
    if not jours:
        return {}
    lignes = UNE.lignes(commune=commune, profession=profession, au=max(jours))
    return {
        jour: _build_zone(commune, profession, jour, [ligne for ligne in lignes if ligne["debut"] <= jour])
        for jour in jours
    }


def zones(commune: str, *, au: date) -> dict[str, Zone]:
    """The six professions, in the order of `Profession`, in one query."""
    par_profession: dict[str, list[dict[str, Any]]] = {profession: [] for profession in Profession.values}
    for ligne in TOUTES.lignes(commune=commune, au=au):
        par_profession[ligne["profession"]].append(ligne)
    return {profession: _build_zone(commune, profession, au, rows) for profession, rows in par_profession.items()}


def historique(commune: str, profession: str) -> list[Periode]:
    """Every period known, oldest first, the latest HISTORIQUE_MAX when there are more."""
    lignes = _lignes(commune).filter(profession=profession).order_by("-periode__startswith")[:HISTORIQUE_MAX]
    return [
        Periode(
            debut=ligne["debut"],
            fin=ligne["fin"],
            statut=StatutZone(ligne["statut"]),
            niveau=ligne["niveau_id"],
            libelle=ligne["niveau__libelle"],
            arrete=_build_arrete(ligne),
            origine=ligne["origine"],
        )
        for ligne in reversed(list(lignes))
    ]


def is_demonstration(lectures: Iterable[Zone | Periode]) -> bool:
    """Whether one of the readings comes from the demonstration zoning: the page then says so."""
    for lecture in lectures:
        dernier = getattr(lecture, "dernier_connu", None)
        if Origine.DEMONSTRATION in (lecture.origine, dernier.origine if dernier else None):
            return True
    return False


def _lignes(commune: str) -> QuerySet[ZoneCommune, dict[str, Any]]:
    return ZoneCommune.objects.filter(commune_id=commune).values(*COLONNES, **BORNES)


def _begun(commune: str, au: date) -> QuerySet[ZoneCommune, dict[str, Any]]:
    """The periods that begin on or before the day, latest first within a profession."""
    return _lignes(commune).filter(periode__startswith__lte=au).order_by("profession", "-periode__startswith")


def _begun_une(commune: str, profession: str, au: date) -> QuerySet[ZoneCommune, dict[str, Any]]:
    return _begun(commune, au).filter(profession=profession)[:HISTORIQUE_MAX]


def _begun_toutes(commune: str, au: date) -> QuerySet[ZoneCommune, dict[str, Any]]:
    return _begun(commune, au)[: HISTORIQUE_MAX * len(Profession.values)]


# Compiled once: every page and every answer of the API reads a zone.
UNE = RequeteCompilee(_begun_une, commune="@commune@", profession="@profession@", au=date(1111, 1, 1))
TOUTES = RequeteCompilee(_begun_toutes, commune="@commune@", au=date(1111, 1, 1))


def _build_zone(commune: str, profession: str, au: date, lignes: Iterable[dict[str, Any]]) -> Zone:
    """From the rows that begin on or before the day, latest first."""
    du_jour: dict[str, Any] | None = None
    precedente: dict[str, Any] | None = None
    for ligne in lignes:
        if ligne["fin"] is None or ligne["fin"] > au:
            du_jour = ligne
        elif ligne["statut"] != StatutZone.INCONNU:
            precedente = ligne
        if precedente or (du_jour and du_jour["statut"] != StatutZone.INCONNU):
            break
    if du_jour and du_jour["statut"] != StatutZone.INCONNU:
        return _read_zone(du_jour, au)
    dernier = _read_zone(precedente, precedente["fin"] - date.resolution) if precedente else None
    nom = precedente["commune__nom"] if precedente else None
    if du_jour:
        arrete, territoire = _build_arrete(du_jour), _build_territoire(du_jour)
        return Zone(
            commune,
            profession,
            au,
            StatutZone.INCONNU,
            origine=du_jour["origine"],
            arrete=arrete,
            territoire=territoire,
            dernier_connu=dernier,
            commune_nom=du_jour["commune__nom"],
        )
    return Zone(commune, profession, au, StatutZone.INCONNU, dernier_connu=dernier, commune_nom=nom)


def _read_zone(ligne: dict[str, Any], au: date) -> Zone:
    return Zone(
        commune=ligne["commune_id"],
        profession=ligne["profession"],
        au=au,
        statut=StatutZone(ligne["statut"]),
        niveau=ligne["niveau_id"],
        libelle=ligne["niveau__libelle"],
        abrege=ligne["niveau__abrege"],
        couleur=ligne["niveau__couleur"],
        origine=ligne["origine"],
        arrete=_build_arrete(ligne),
        territoire=_build_territoire(ligne),
        commune_nom=ligne["commune__nom"],
    )


def _build_arrete(ligne: dict[str, Any]) -> ResumeArrete:
    numero, region = ligne["arrete__numero"], ligne["arrete__region__nom"]
    if ligne["origine"] == Origine.DEMONSTRATION:
        titre = f"Zonage de démonstration, {region}"
    else:
        titre = f"Arrêté {numero} ({region})" if numero else f"Arrêté de zonage en vigueur, {region}"
    return ResumeArrete(
        id=ligne["arrete_id"],
        numero=numero,
        titre=titre,
        date_publication=ligne["arrete__date_publication"],
        debut=ligne["arrete_debut"],
        fin=ligne["arrete_fin"],
        source=ligne["arrete__source"],
        lien=ligne["arrete__lien"],
    )


def _build_territoire(ligne: dict[str, Any]) -> ResumeTerritoire | None:
    if ligne["territoire__code"] is None:
        return None
    type_libelle = str(TypeTerritoire(ligne["territoire__type"]).label)
    return ResumeTerritoire(
        ligne["territoire__type"], type_libelle, ligne["territoire__code"], ligne["territoire__libelle"]
    )
