"""The missions of the ACI: what is due by when, where each one stands, how an indicator is reached. Pure functions.

Months: six months after 31 August end on the last day of February. The deadline itself is still in time.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from cpts.enums import StatutMission, TypeMission

SOURCE_DELAIS = "ACI des CPTS, avenant 2 (JO du 31 mars 2022) ; ARS, missions et calendrier de l'ACI."
RISQUE_JOURS = 60
"""A deadline this near is « à risque » : chosen by the portal, no text says it."""


@dataclass(frozen=True, slots=True)
class Delais:
    """Months after the ACI. None: a free calendar (optional missions)."""

    demarrage: int | None
    deploiement: int | None


DELAIS: dict[str, Delais] = {
    TypeMission.ACCES_SOINS: Delais(6, 18),
    TypeMission.PARCOURS: Delais(12, 24),
    TypeMission.PREVENTION: Delais(12, 24),
    TypeMission.CRISE: Delais(6, 18),
    TypeMission.QUALITE: Delais(None, None),
    TypeMission.ACCOMPAGNEMENT: Delais(None, None),
}
SOCLE: tuple[str, ...] = tuple(mission for mission, delais in DELAIS.items() if delais.demarrage is not None)
OPTIONNELLES: tuple[str, ...] = tuple(mission for mission in DELAIS if mission not in SOCLE)

SUITE: dict[str, str] = {
    StatutMission.A_DEMARRER: StatutMission.DEMARREE,
    StatutMission.DEMARREE: StatutMission.DEPLOYEE,
    StatutMission.DEPLOYEE: StatutMission.EVALUEE,
}
"""The only way forward; a correction goes one step back (`RETOUR`), with its reason."""
RETOUR: dict[str, str] = {apres: avant for avant, apres in SUITE.items()}
CHAMP_DATE: dict[str, str] = {
    StatutMission.DEMARREE: "demarree_le",
    StatutMission.DEPLOYEE: "deployee_le",
    StatutMission.EVALUEE: "evaluee_le",
}


def list_couples() -> set[tuple[str, str]]:
    """Every change of state, as the table of the database holds it."""
    return {(str(a), str(b)) for a, b in (*SUITE.items(), *RETOUR.items())}


def add_mois(jour: date, mois: int) -> date:
    """The same day of a later month, or its last day when it has none."""
    rang = jour.year * 12 + jour.month - 1 + mois
    annee, numero = divmod(rang, 12)
    return date(annee, numero + 1, min(jour.day, monthrange(annee, numero + 1)[1]))


def compute_limites(mission: str, aci_signe_le: date) -> tuple[date | None, date | None]:
    """The last day to start and the last day to have deployed."""
    delais = DELAIS[mission]
    return (
        None if delais.demarrage is None else add_mois(aci_signe_le, delais.demarrage),
        None if delais.deploiement is None else add_mois(aci_signe_le, delais.deploiement),
    )


class Alerte(StrEnum):
    RETARD = "retard"
    RISQUE = "risque"
    A_TEMPS = "a_temps"
    LIBRE = "libre"
    FAITE = "faite"
    ARRETEE = "arretee"

    @property
    def libelle(self) -> str:
        return ALERTES[self]


ALERTES = {
    Alerte.RETARD: "En retard",
    Alerte.RISQUE: "Échéance proche",
    Alerte.A_TEMPS: "Dans les temps",
    Alerte.LIBRE: "Calendrier libre",
    Alerte.FAITE: "Déployée",
    Alerte.ARRETEE: "Contrat terminé",
}


@dataclass(frozen=True, slots=True)
class Avancement:
    """Where a mission stands on a day: what is due next, by when, and whether it is late."""

    alerte: Alerte
    attendu: str = ""
    limite: date | None = None

    def compute_jours(self, au: date) -> int | None:
        """Days left; negative: late."""
        return None if self.limite is None else (self.limite - au).days


def compute_avancement(
    statut: str,
    demarrage_limite: date | None,
    deploiement_limite: date | None,
    *,
    au: date,
    en_cours: bool = True,
) -> Avancement:
    """`en_cours`: the contract runs that day (`etapes.is_aci_en_cours`); its deadlines stop with it."""
    if statut in (StatutMission.DEPLOYEE, StatutMission.EVALUEE):
        return Avancement(Alerte.FAITE)
    if not en_cours:
        return Avancement(Alerte.ARRETEE)
    attendu, limite = (
        ("à démarrer", demarrage_limite) if statut == StatutMission.A_DEMARRER else ("à déployer", deploiement_limite)
    )
    if limite is None:
        return Avancement(Alerte.LIBRE, attendu)
    if au > limite:
        return Avancement(Alerte.RETARD, attendu, limite)
    proche = limite - au <= timedelta(days=RISQUE_JOURS)
    return Avancement(Alerte.RISQUE if proche else Alerte.A_TEMPS, attendu, limite)


@dataclass(frozen=True, slots=True)
class Calcul:
    """A count over the proofs: what it counts is `cpts.services.missions_calculs`."""

    libelle: str
    unite: str


CALCULS: dict[str, Calcul] = {
    "reunions_tenues": Calcul("Réunions tenues", "réunions"),
    "reunions_completes": Calcul("Réunions tenues, avec compte rendu et signatures", "réunions"),
    "participants": Calcul("Personnes différentes venues aux réunions", "personnes"),
    "professions": Calcul("Professions différentes venues aux réunions", "professions"),
    "actions": Calcul("Actions de prévention tenues", "actions"),
    "preuves": Calcul("Preuves de la mission", "preuves"),
    "membres": Calcul("Professionnels membres, au dernier jour", "membres"),
}

CENTIEME = Decimal("0.01")


def compute_taux(depart: Decimal | None, objectif: Decimal | None, valeur: Decimal | None) -> Decimal | None:
    """How far from the start to the objective, between 0 and 1. None: the objective or the value is not filled.

    An objective under its start is a decrease that is wanted. A start not filled is zero.
    """
    if objectif is None or valeur is None:
        return None
    origine = depart or Decimal(0)
    if objectif == origine:
        return Decimal(valeur >= objectif)
    return min(Decimal(1), max(Decimal(0), (valeur - origine) / (objectif - origine)))
