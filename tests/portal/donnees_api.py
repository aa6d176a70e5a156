"""A small territory for the tests of the API: written by hand, with a merger, an uncertain zone and an unknown one."""

from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange

from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeCommune, TypeTerritoire
from zonage.models import (
    AncienneCommune,
    Arrete,
    Commune,
    Departement,
    Epci,
    Niveau,
    Region,
    Territoire,
    ZoneCommune,
)


def build_territoire() -> None:
    """Chalon-sur-Saône (ZIP for doctors until 2025-11-01, then unknown), Dijon (an address is required), Paris 1er."""
    region = Region.objects.create(code="27", nom="Bourgogne-Franche-Comté")
    saone = Departement.objects.create(code="71", nom="Saône-et-Loire", region=region)
    cote = Departement.objects.create(code="21", nom="Côte-d'Or", region=region)
    ile = Region.objects.create(code="11", nom="Île-de-France")
    paris = Departement.objects.create(code="75", nom="Paris", region=ile)
    epci = Epci.objects.create(code="247100589", nom="CA Le Grand Chalon", nature="CA")
    chalon = Commune.objects.create(
        code_insee="71076",
        nom="Chalon-sur-Saône",
        cle_tri="chalon sur saone",
        departement=saone,
        epci=epci,
        codes_postaux=["71100"],
        population=45102,
        millesime_population=2023,
        longitude=4.85,
        latitude=46.79,
        voisines=["71118"],
    )
    dijon = Commune.objects.create(
        code_insee="21231", nom="Dijon", cle_tri="dijon", departement=cote, codes_postaux=["21000"], population=161830
    )
    mere = Commune.objects.create(code_insee="75056", nom="Paris", cle_tri="paris", departement=paris)
    Commune.objects.create(
        code_insee="75101",
        nom="Paris 1er Arrondissement",
        cle_tri="paris 01",
        departement=paris,
        type=TypeCommune.ARRONDISSEMENT,
        parent=mere,
    )
    AncienneCommune.objects.create(code_insee="71429", nom="Saint-Cosme", commune=chalon, depuis=date(1965, 1, 1))
    build_zones(region, chalon, dijon)


def build_zones(region: Region, chalon: Commune, dijon: Commune) -> None:
    zip_ = Niveau.objects.get_or_create(
        code="zip",
        defaults={
            "libelle": "Zone d'intervention prioritaire",
            "abrege": "ZIP",
            "famille": "medecin",
            "rang": 1,
            "couleur": "#a50026",
        },
    )[0]
    arrete = Arrete.objects.create(
        region=region,
        profession=Profession.MEDECIN,
        numero="ARSBFC/2024/12",
        date_publication=date(2024, 1, 15),
        periode=DateRange(date(2024, 1, 1), None),
        statut=StatutArrete.PUBLIE,
        source="Fichier de test",
    )
    for commune, statut, fin in (
        (chalon, StatutZone.CONNU, date(2025, 11, 1)),
        (dijon, StatutZone.ADRESSE_REQUISE, None),
    ):
        territoire = Territoire.objects.create(
            type=TypeTerritoire.COMMUNE, code=commune.code_insee, libelle=commune.nom
        )
        ZoneCommune.objects.create(
            commune=commune,
            profession=Profession.MEDECIN,
            periode=DateRange(date(2024, 1, 1), fin),
            statut=statut,
            niveau=zip_ if statut == StatutZone.CONNU else None,
            arrete=arrete,
            territoire=territoire,
            origine=Origine.OFFICIEL,
        )
