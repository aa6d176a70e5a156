"""Which zone, for whom, on which day: one query on the read table, and an answer that says when it does not know."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from portal.core.requetes import RequeteCompilee
from zonage.enums import Origine, Profession, StatutZone, TypeTerritoire
from zonage.models import Arrete, Niveau, ZoneCommune

HISTORIQUE_MAX = 100
"""The most periods one reading brings back: six professions over thirty years of yearly orders stay below."""

DUREE_REPERES = 0.5
"""Seconds during which a process trusts the arrêtés and niveaux it read: as long as the version of the data."""
REPERES_MAX = 5000

COLONNES = (
    "commune_id",
    "commune__nom",
    "profession",
    "statut",
    "origine",
    "niveau_id",
    "arrete_id",
    "territoire__type",
    "territoire__code",
    "territoire__libelle",
)
PROFESSIONS = tuple(Profession.values)
STATUTS = {statut.value: statut for statut in StatutZone}
ARRETE = ("id", "numero", "date_publication", "source", "lien", "region__nom")
TYPES_TERRITOIRE = {type_.value: str(type_.label) for type_ in TypeTerritoire}

# The bounds one by one: the driver reads a date in C, a range in Python.
BORNES = {"debut": F("periode__startswith"), "fin": F("periode__endswith")}


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


@dataclass(frozen=True, slots=True)
class Reperes:
    """The few arrêtés and niveaux that the zones of all communes name, read apart: joining them costs more.

    An arrêté is kept twice, by whether the row comes from the demonstration: its title says so.
    """

    lus_a: float
    arretes: Mapping[tuple[int, bool], ResumeArrete]
    niveaux: Mapping[str | None, tuple[str | None, str | None, str | None]]

    def hold(self, lignes: Iterable[dict[str, Any]]) -> bool:
        """Fresh enough, and everything that these rows name is there."""
        return time.monotonic() - self.lus_a <= DUREE_REPERES and all(
            (ligne["arrete_id"], False) in self.arretes and ligne["niveau_id"] in self.niveaux for ligne in lignes
        )

    def arrete(self, ligne: dict[str, Any]) -> ResumeArrete:
        return self.arretes[ligne["arrete_id"], ligne["origine"] == Origine.DEMONSTRATION]


_reperes = Reperes(float("-inf"), {}, {})


def read_reperes(lignes: Collection[dict[str, Any]]) -> Reperes:
    """What these rows name. Read again after `DUREE_REPERES`, and at once when a row names one not yet met.

    A reading is never changed, only replaced: threads that share it may go on with the former one.
    """
    global _reperes
    reperes = _reperes
    if reperes.hold(lignes):
        return reperes
    connus = {identifiant for identifiant, _ in reperes.arretes} if len(reperes.arretes) < REPERES_MAX else set()
    _reperes = reperes = _load_reperes(connus | {ligne["arrete_id"] for ligne in lignes})
    return reperes


def _load_reperes(identifiants: Collection[int]) -> Reperes:
    lus_a = time.monotonic()
    arretes = Arrete.objects.filter(pk__in=identifiants).order_by("pk").values(*ARRETE, **BORNES)
    niveaux: dict[str | None, tuple[str | None, str | None, str | None]] = {None: (None, None, None)}
    for niveau in Niveau.objects.order_by("pk")[:REPERES_MAX]:
        niveaux[niveau.code] = (niveau.libelle, niveau.abrege, niveau.couleur)
    return Reperes(
        lus_a,
        {
            (ligne["id"], demonstration): _build_arrete(ligne, demonstration=demonstration)
            for ligne in arretes
            for demonstration in (False, True)
        },
        niveaux,
    )


def zone(commune: str, profession: str, *, au: date) -> Zone:
    """The zone of a commune for a profession on a day. A commune the table does not hold reads « inconnu »."""
    lignes = UNE.lignes(commune=commune, profession=profession, au=au)
    return _build_zone(commune, profession, au, lignes, read_reperes(lignes))


def zone_days(commune: str, profession: str, jours: Collection[date]) -> dict[date, Zone]:
    """The zone of a commune for a profession on each of several days, in one query."""
    if not jours:
        return {}
    lignes = UNE.lignes(commune=commune, profession=profession, au=max(jours))
    reperes = read_reperes(lignes)
    return {
        jour: _build_zone(commune, profession, jour, [ligne for ligne in lignes if ligne["debut"] <= jour], reperes)
        for jour in jours
    }


def zone_days_many(demandes: Mapping[tuple[str, str], Collection[date]]) -> dict[tuple[str, str], dict[date, Zone]]:
    """`zone_days` for many couples of a commune and a profession, in one query."""
    jours = [jour for siens in demandes.values() for jour in siens]
    if not jours:
        return {couple: {} for couple in demandes}
    communes, professions = ({couple[rang] for couple in demandes} for rang in (0, 1))
    requete = (
        ZoneCommune.objects.filter(
            commune_id__in=communes, profession__in=professions, periode__startswith__lte=max(jours)
        )
        .order_by("commune_id", "profession", "-periode__startswith")
        .values(*COLONNES, **BORNES)
    )
    lignes = list(requete[: HISTORIQUE_MAX * len(communes) * len(professions)])
    reperes = read_reperes(lignes)
    siennes: dict[tuple[str, str], list[dict[str, Any]]] = {couple: [] for couple in demandes}
    for ligne in lignes:
        siennes.get((ligne["commune_id"], ligne["profession"]), []).append(ligne)
    return {
        couple: {
            jour: _build_zone(*couple, jour, [une for une in siennes[couple] if une["debut"] <= jour], reperes)
            for jour in siens
        }
        for couple, siens in demandes.items()
    }


def zones(commune: str, *, au: date) -> dict[str, Zone]:
    """The six professions, in the order of `Profession`, in one query."""
    par_profession: dict[str, list[dict[str, Any]]] = {profession: [] for profession in PROFESSIONS}
    lignes = TOUTES.lignes(commune=commune, au=au)
    for ligne in lignes:
        par_profession[ligne["profession"]].append(ligne)
    reperes = read_reperes(lignes)
    return {
        profession: _build_zone(commune, profession, au, siennes, reperes)
        for profession, siennes in par_profession.items()
    }


def historique(commune: str, profession: str) -> list[Periode]:
    """Every period known, oldest first, the latest HISTORIQUE_MAX when there are more."""
    lignes = list(_lignes(commune).filter(profession=profession).order_by("-periode__startswith")[:HISTORIQUE_MAX])
    reperes = read_reperes(lignes)
    return [
        Periode(
            debut=ligne["debut"],
            fin=ligne["fin"],
            statut=StatutZone(ligne["statut"]),
            niveau=ligne["niveau_id"],
            libelle=reperes.niveaux[ligne["niveau_id"]][0],
            arrete=reperes.arrete(ligne),
            origine=ligne["origine"],
        )
        for ligne in reversed(lignes)
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


def _build_zone(commune: str, profession: str, au: date, lignes: Iterable[dict[str, Any]], reperes: Reperes) -> Zone:
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
        return _read_zone(du_jour, au, reperes)
    dernier = _read_zone(precedente, precedente["fin"] - date.resolution, reperes) if precedente else None
    nom = precedente["commune__nom"] if precedente else None
    if du_jour:
        arrete, territoire = reperes.arrete(du_jour), _build_territoire(du_jour)
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


def _read_zone(ligne: dict[str, Any], au: date, reperes: Reperes) -> Zone:
    libelle, abrege, couleur = reperes.niveaux[ligne["niveau_id"]]
    return Zone(
        commune=ligne["commune_id"],
        profession=ligne["profession"],
        au=au,
        statut=STATUTS[ligne["statut"]],
        niveau=ligne["niveau_id"],
        libelle=libelle,
        abrege=abrege,
        couleur=couleur,
        origine=ligne["origine"],
        arrete=reperes.arrete(ligne),
        territoire=_build_territoire(ligne),
        commune_nom=ligne["commune__nom"],
    )


def _build_arrete(ligne: dict[str, Any], *, demonstration: bool) -> ResumeArrete:
    numero, region = ligne["numero"], ligne["region__nom"]
    if demonstration:
        titre = f"Zonage de démonstration, {region}"
    else:
        titre = f"Arrêté {numero} ({region})" if numero else f"Arrêté de zonage en vigueur, {region}"
    return ResumeArrete(
        id=ligne["id"],
        numero=numero,
        titre=titre,
        date_publication=ligne["date_publication"],
        debut=ligne["debut"],
        fin=ligne["fin"],
        source=ligne["source"],
        lien=ligne["lien"],
    )


def _build_territoire(ligne: dict[str, Any]) -> ResumeTerritoire | None:
    if ligne["territoire__code"] is None:
        return None
    type_libelle = TYPES_TERRITOIRE[ligne["territoire__type"]]
    return ResumeTerritoire(
        ligne["territoire__type"], type_libelle, ligne["territoire__code"], ligne["territoire__libelle"]
    )
