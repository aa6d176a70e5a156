"""A territory small enough to read, with what the check must tell apart: homonyms, a village that hides a town."""

from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from tests.portal.donnees_api import build_territoire
from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Arrete, Commune, Departement, Niveau, Region, Territoire, ZoneCommune
from zonage.services.territoire import refresh_cles

COMMUNES = (
    ("38066", "Chalon", "38", "chalon", ["38122"], 190),
    ("21560", "Saint-Martin", "21", "saint martin", ["21210"], 300),
    ("38430", "Saint-Martin", "38", "saint martin", ["38000"], 900),
    ("71106", "Châtenoy", "71", "chatenoy", ["71100"], 1000),
    ("71333", "Montceau", "71", "montceau", ["71300"], 17000),
)


def build_verifier() -> None:
    """Chalon-sur-Saône is ZIP for doctors from 2024 to October 2025, then unknown; Montceau is ZIP, for trying."""
    build_territoire()
    Departement.objects.create(
        code="38", nom="Isère", region=Region.objects.create(code="84", nom="Auvergne-Rhône-Alpes")
    )
    for code, nom, departement, cle, postaux, population in COMMUNES:
        Commune.objects.create(
            code_insee=code,
            nom=nom,
            departement_id=departement,
            cle_tri=cle,
            codes_postaux=postaux,
            population=population,
        )
    arrete = Arrete.objects.create(
        region_id="27",
        profession=Profession.MEDECIN,
        periode=DateRange(date(2017, 12, 1), None),
        statut=StatutArrete.PUBLIE,
        origine=Origine.DEMONSTRATION,
    )
    ZoneCommune.objects.create(
        commune_id="71333",
        profession=Profession.MEDECIN,
        periode=DateRange(date(2017, 12, 1), None),
        statut=StatutZone.CONNU,
        niveau=Niveau.objects.get(code="zip"),
        arrete=arrete,
        territoire=Territoire.objects.create(type=TypeTerritoire.COMMUNE, code="71333", libelle="Montceau"),
        origine=Origine.DEMONSTRATION,
    )
    refresh_cles()
