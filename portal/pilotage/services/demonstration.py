"""The figures that the founding texts give and that no table of the portal makes, each with its text.

`demonstration` where the text leaves out the day, or the exact territory: the day of the row is then the last one of
what the text covers, and its source says so.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cpts.models import DonneeTerritoire

MA_SANTE = "ARS Bourgogne-Franche-Comté, « Ma santé 2022 » en Bourgogne-Franche-Comté, 2019 (jour non donné)"
CHALON = "« L'ARS Bourgogne-Franche-Comté : comprendre ses rôles au niveau local », Chalon-sur-Saône"
ACI = "Signature de l'ACI de la CPTS du Chalonnais, 27 septembre 2024"
FIN_2019 = date(2019, 12, 31)
SIGNATURE = date(2024, 9, 27)
REGION = ("region", "27")
FRANCE = ("france", "france")
CPTS = ("cpts", "71-chalonnais")
GRAND_CHALON = ("epci", "247100589")
BASSIN = "le texte dit « chalonnais », montré sur la CPTS du Chalonnais"


class Chiffre(NamedTuple):
    """`reserve`: what the text leaves out; the row is then marked as a demonstration."""

    code: str
    territoire: tuple[str, str]
    jour: date
    valeur: str
    unite: str
    source: str
    producteur: str
    reserve: str = ""


def _ms(code: str, valeur: str, unite: str, territoire: tuple[str, str] = REGION, jour: date = FIN_2019) -> Chiffre:
    reserve = "jour non donné par le texte"
    return Chiffre(code, territoire, jour, valeur, unite, MA_SANTE, "ARS Bourgogne-Franche-Comté", reserve)


def _ch(
    code: str,
    valeur: str,
    unite: str,
    jour: date,
    source: str,
    territoire: tuple[str, str] = CPTS,
    reserve: str = BASSIN,
) -> Chiffre:
    return Chiffre(code, territoire, jour, valeur, unite, CHALON, source, reserve)


def _aci(code: str, territoire: tuple[str, str], valeur: str, unite: str, reserve: str = "") -> Chiffre:
    return Chiffre(code, territoire, SIGNATURE, valeur, unite, ACI, "ARS et Assurance Maladie", reserve)


CHIFFRES = (
    _aci("sans_medecin_traitant_17", CPTS, "12", "%"),
    _aci("sans_medecin_traitant_70", CPTS, "7.8", "%"),
    _aci("publie_population_cpts", REGION, "80", "%"),
    _aci("publie_aci_signes", REGION, "32", "CPTS"),
    _aci("publie_population_cpts_habitants", CPTS, "130000", "habitants"),
    _ch("generalistes_en_coordination", "75", "%", date(2023, 12, 31), "ARS Bourgogne-Franche-Comté, rapport 2023"),
    _ch(
        "publie_jeunes_professionnels_aides",
        *("40", "personnes", date(2024, 9, 27), "ARS et CPAM de Saône-et-Loire"),
        territoire=GRAND_CHALON,
        reserve="« près de 40 depuis 2022 », jour non donné",
    ),
    _ch("publie_vaccines_grippe", "19000", "personnes", date(2024, 3, 31), "ARS et CPAM de Saône-et-Loire"),
    _ch("publie_patients_orientes", "6500", "personnes", date(2023, 12, 31), "ARS Bourgogne-Franche-Comté"),
    _ch(
        "publie_croissance_teleconsultation",
        *("14", "%", date(2023, 12, 31), "Assurance Maladie Bourgogne-Franche-Comté"),
    ),
    _ch(
        "publie_teleconsultations",
        *("1000000", "actes", date(2020, 12, 31), "Assurance Maladie"),
        territoire=REGION,
        reserve="« plus de 1 million » en 2020",
    ),
    _ms("publie_population_eligible", "68", "%"),
    _ms("publie_projets_cpts", "27", "projets"),
    _ms("publie_msp_validees", "135", "structures"),
    _ms("publie_msp_ouvertes", "111", "structures"),
    _ms("publie_msp_aci", "84", "structures"),
    _ms("publie_cds_polyvalents", "12", "structures"),
    _ms("publie_cds_medicaux", "14", "structures"),
    _ms("publie_msu", "500", "personnes"),
    _ms("publie_msu", "10700", "personnes", FRANCE),
    _ms("publie_teleexpertise_actes", "9000", "actes", jour=date(2018, 12, 31)),
    _ms("publie_structures_telemedecine", "60", "structures", jour=date(2017, 12, 31)),
    _ms("publie_postes_400", "400", "postes", FRANCE),
    _ms("publie_offres_remplafrance", "35", "offres"),
    _ms("publie_objectif_cpts", "1000", "CPTS", FRANCE),
    _ms("publie_dac_prevus", "5", "structures"),
    _ms("publie_exercice_regroupe", "45", "%", FRANCE),
)


def load_chiffres(avance: Callable[[str], None]) -> str:
    """Write those that are not there: what somebody corrected since stays."""
    avance("Chiffres des textes")
    lignes = [
        DonneeTerritoire(
            code=un.code,
            territoire_type=un.territoire[0],
            territoire_code=un.territoire[1],
            jour=un.jour,
            valeur=Decimal(un.valeur),
            unite=un.unite,
            source=f"{un.source} ; {un.reserve}" if un.reserve else un.source,
            producteur=un.producteur,
            demonstration=bool(un.reserve),
        )
        for un in CHIFFRES
    ]
    avant = DonneeTerritoire.objects.count()
    DonneeTerritoire.objects.bulk_create(lignes, ignore_conflicts=True)
    ecrites = DonneeTerritoire.objects.count() - avant
    return f"Chiffres des textes : {len(lignes)}, dont {ecrites} écrits."
