"""A small territory for the maps: three communes of two départements, with codes that the contours know."""

from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from tests.zonage.factories import CommuneFactory, DepartementFactory
from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Apl, Arrete, Commune, Niveau, Territoire, ZoneCommune
from zonage.services.niveaux import NIVEAUX

DEBUT, BASCULE = date(2024, 1, 1), date(2025, 11, 1)


def build_communes() -> dict[str, Commune]:
    """Chalon-sur-Saône and Châtenoy-le-Royal (71), Dijon (21). The niveaux exist too."""
    for niveau in NIVEAUX:
        Niveau.objects.get_or_create(code=niveau["code"], defaults=niveau)
    return {
        "chalon": CommuneFactory(
            code_insee="71076",
            nom="Chalon-sur-Saône",
            population=45_000,
            voisines=["71118"],
            codes_postaux=["71100"],
            population_0_19=9_000,
            population_20_64=25_000,
            population_65_plus=11_000,
        ),
        "chatenoy": CommuneFactory(code_insee="71118", nom="Châtenoy-le-Royal", population=5_000, voisines=["71076"]),
        "dijon": CommuneFactory(
            code_insee="21231",
            nom="Dijon",
            population=150_000,
            departement=DepartementFactory(code="21", nom="Côte-d'Or"),
        ),
    }


def classe(
    commune: Commune,
    niveau: str | None,
    *,
    profession: str = Profession.MEDECIN,
    debut: date = DEBUT,
    fin: date | None = None,
    statut: str = StatutZone.CONNU,
    origine: str = Origine.OFFICIEL,
) -> ZoneCommune:
    """One row of the read table, with the arrêté and the territoire it comes from."""
    arrete = Arrete.objects.create(
        region=commune.departement.region,
        profession=profession,
        numero="ESSAI-12" if origine == Origine.OFFICIEL else "",
        periode=DateRange(debut, fin),
        statut=StatutArrete.PUBLIE,
        origine=origine,
        source="Zonage écrit pour les essais",
    )
    territoire, _ = Territoire.objects.get_or_create(
        type=TypeTerritoire.COMMUNE, code=commune.code_insee, defaults={"libelle": commune.nom}
    )
    return ZoneCommune.objects.create(
        commune=commune,
        profession=profession,
        periode=DateRange(debut, fin),
        statut=statut,
        niveau_id=niveau,
        arrete=arrete,
        territoire=territoire,
        origine=origine,
    )


def mesure(commune: Commune, valeur: float | None, poids: float, **champs: object) -> Apl:
    """One APL row of doctors, of 2023 and official unless told otherwise."""
    valeurs = {"profession": Profession.MEDECIN, "millesime": 2023, "code_publie": commune.code_insee} | champs
    return Apl.objects.create(
        commune=commune, apl=valeur, population_standardisee=poids, population_totale=poids, **valeurs
    )
