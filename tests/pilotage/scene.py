"""A small country: three départements of two régions, communes of known populations, two CPTS, structures, zones."""

from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutCpts, StatutStructure, TypeStructure
from cpts.models import ActeCpts, DonneeTerritoire, Structure
from portal.pilotage.enums import Cause
from portal.pilotage.lecture import read_valeur
from portal.pilotage.models import Passage
from portal.pilotage.services.calcul import compute_jour
from tests.cpts.factories import make_cpts
from tests.zonage.factories import CommuneFactory, DepartementFactory, EpciFactory, RegionFactory
from zonage.enums import StatutArrete
from zonage.models import Arrete, Commune, ZoneCommune
from zonage.services.niveaux import ensure_niveaux

POPULATIONS = {"71001": 1000, "71002": 2000, "71003": 3000, "21001": 4000, "21002": 500, "69001": 8000}
JOUR = date(2026, 3, 10)


def make_pays() -> dict[str, Commune]:
    bfc, ara = RegionFactory(), RegionFactory(code="84", nom="Auvergne-Rhône-Alpes")
    for code, region in (("71", bfc), ("21", bfc), ("69", ara)):
        DepartementFactory(code=code, nom=f"Département {code}", region=region)
    epci = EpciFactory(code="247100589", nom="Le Grand Chalon")
    communes = {}
    for code, population in POPULATIONS.items():
        champs: dict[str, Any] = {"population_0_19": 1, "population_20_64": 2, "population_65_plus": 1}
        communes[code] = CommuneFactory(
            code_insee=code,
            population=population,
            departement_id=code[:2],
            epci=epci if code in ("71001", "71002") else None,
            **champs,
        )
    return communes


def make_zones(communes: dict[str, Commune], niveaux: dict[str, str], debut: date = date(2020, 1, 1)) -> None:
    ensure_niveaux()
    for code, niveau in niveaux.items():
        arrete, _ = Arrete.objects.get_or_create(
            region_id=communes[code].departement.region_id,
            profession="medecin",
            statut=StatutArrete.PUBLIE,
            defaults={"periode": DateRange(debut, None)},
        )
        ZoneCommune.objects.create(
            commune=communes[code],
            profession="medecin",
            periode=DateRange(debut, None),
            statut="connu",
            niveau_id=niveau,
            arrete=arrete,
            origine="officiel",
        )


def make_msp(commune: Commune, statut: StatutStructure, **champs: Any) -> Structure:
    valeurs = {"type": TypeStructure.MSP, "nom": "MSP d'essai", "region_code": "27", "departement_code": "71"}
    if statut in (StatutStructure.OUVERTE, StatutStructure.ACI_SIGNE):
        champs.setdefault("ouverte_le", date(2024, 1, 1))
    if statut == StatutStructure.ACI_SIGNE:
        champs.setdefault("aci_signe_le", date(2025, 1, 1))
    return Structure.objects.create(
        statut=statut, commune=commune, projet_valide_le=date(2023, 1, 1), **(valeurs | champs)
    )


def make_scene() -> dict[str, Commune]:
    """ZIP 1,000 and 4,000 inhabitants, ZAC 2,000; a CPTS of 3,000 inhabitants with an ACI since 27/09/2024."""
    communes = make_pays()
    make_zones(communes, {"71001": "zip", "21001": "zip", "71002": "zac", "71003": "hors_zonage", "69001": "zac"})
    couvertes = [communes["71001"], communes["71002"]]
    chalonnais = make_cpts(statut=StatutCpts.ACI_SIGNE, communes=couvertes)
    ActeCpts.objects.create(
        cpts=chalonnais, action="signer_aci", cible=StatutCpts.ACI_SIGNE, date_acte=date(2024, 9, 27)
    )
    make_msp(communes["71001"], StatutStructure.OUVERTE)
    make_msp(communes["71002"], StatutStructure.ACI_SIGNE)
    make_msp(communes["21001"], StatutStructure.PROJET_VALIDE)
    add_donnee("sans_medecin_traitant_17", ("cpts", "71-chalonnais"), "12", date(2024, 9, 27))
    return communes


def add_donnee(code: str, territoire: tuple[str, str], valeur: str, jour: date, **champs: Any) -> DonneeTerritoire:
    champs.setdefault("unite", "%" if code.startswith("sans_") else "personnes")
    return DonneeTerritoire.objects.create(
        code=code, territoire_type=territoire[0], territoire_code=territoire[1], jour=jour, valeur=valeur,
        source="Texte d'essai", **champs,
    )  # fmt: skip


def run(jour: date = JOUR, **options: Any) -> Passage | None:
    return compute_jour(jour, **({"cause": Cause.NUIT, "forcer": True} | options))


def read(indicateur: str, type_: str, code: str, au: date = JOUR) -> float | None:
    lue = read_valeur(indicateur, (type_, code), au=au)
    return None if lue is None or lue.valeur is None else float(lue.valeur)
