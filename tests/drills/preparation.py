"""Before the drill, inside Django: the territory, two persons, and every state that a reader may rightly meet."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.eligibilite.calcul import refresh_eligibilite
from portal.accounts.models import User
from portal.core.cache import forget_version
from tests.drills.lecteur import LECTURE
from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Arrete, Classement, Commune, Territoire
from zonage.services import territoire
from zonage.services.demonstration import load_demonstration
from zonage.services.lecture_table import refresh_zones
from zonage.sources.referentiel import Referentiel, read_referentiel

VARIANTES = 3
ADRESSES = ("propose@exemple.invalid", "publie@exemple.invalid")
NIVEAUX = {
    True: ("zip", "zac", "hors_zonage"),
    False: ("tres_sous_dotee", "intermediaire", "sur_dotee"),
}


def prepare(dossier: str, couples: list[list[str]], *, entier: bool) -> None:
    """Load and compute everything, then write in « plan.json » what the actors and the reader need."""
    load_territory([region for region, _ in couples], entier=entier)
    for adresse in ADRESSES:
        User.objects.create_user(adresse)
    refresh_eligibilite(au=timezone.localdate(), cause="exercice", entier=True)
    communes = {region: list_communes(region) for region, _ in couples}
    offres, zones = list_legal(couples, communes)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_envoi")
    partout = Commune.objects.order_by("code_insee").values_list("code_insee", flat=True)
    plan = {
        "couples": couples,
        "communes": communes,
        "ailleurs": list(partout[:: 17 if entier else 1]),
        "jour": timezone.localdate().isoformat(),
        "offres": offres,
        "zones": zones,
    }
    (Path(dossier) / "plan.json").write_text(json.dumps(plan))


def load_territory(regions: list[str], *, entier: bool) -> None:
    """All France, or the régions named only, from the files shipped with the portal; zoned by the demonstration."""
    if entier:
        call_command("load_referentiel", verbosity=0)
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            for _etape, table, lignes in territoire._lots(restrict(read_referentiel(), set(regions))):
                territoire.upsert(cursor, table, lignes)
            territoire.refresh_cles()
    load_demonstration()
    Territoire.objects.bulk_create(
        [
            Territoire(type=TypeTerritoire.COMMUNE, code=code, libelle=nom)
            for code, nom in Commune.objects.values_list("code_insee", "nom")
        ],
        ignore_conflicts=True,
    )


def restrict(tout: Referentiel, regions: set[str]) -> Referentiel:
    departements = [ligne for ligne in tout.departements if ligne[2] in regions]
    codes = {ligne[0] for ligne in departements}
    communes = [commune for commune in tout.communes if commune.departement in codes]
    epci = {commune.epci for commune in communes}
    return Referentiel(
        manifeste=tout.manifeste,
        regions=[ligne for ligne in tout.regions if ligne[0] in regions],
        departements=departements,
        epci=[ligne for ligne in tout.epci if ligne[0] in epci],
        communes=communes,
        anciennes=[],
    )


def list_communes(region: str) -> list[str]:
    communes = Commune.objects.filter(departement__region_id=region)
    return sorted(communes.values_list("code_insee", flat=True))


def choose_niveau(profession: str, variante: int, rang: int) -> str:
    """Every commune changes niveau from a variant to the next, and two neighbours differ."""
    return NIVEAUX[profession == Profession.MEDECIN][(variante + rang % 2) % VARIANTES]


def draft_arrete(
    region: str, profession: str, variante: int, *, numero: str, debut: date, publie: bool = False
) -> Arrete:
    """An arrêté that classes every commune of its région: a draft, or what a publication leaves."""
    arrete = Arrete.objects.create(
        region_id=region,
        profession=profession,
        numero=numero,
        periode=DateRange(debut, None),
        statut=StatutArrete.PUBLIE if publie else StatutArrete.BROUILLON,
        origine=Origine.OFFICIEL,
    )
    communes = list_communes(region)
    territoires = dict(
        Territoire.objects.filter(type=TypeTerritoire.COMMUNE, code__in=communes).values_list("code", "pk")
    )
    Classement.objects.bulk_create(
        [
            Classement(
                territoire_id=territoires[commune],
                profession=profession,
                arrete=arrete,
                statut=StatutZone.CONNU,
                niveau_id=choose_niveau(profession, variante, rang),
                periode=arrete.periode,
                publie=publie,
            )
            for rang, commune in enumerate(communes)
        ]
    )
    return arrete


def list_legal(
    couples: list[list[str]], communes: dict[str, list[str]]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The digests of the éligibilités, read after each state is really computed; those of the zones, from the text."""
    avant = read_state(couples)
    offres = {couple: [offre] for couple, _, offre, _ in avant}
    zones = {couple: [zone] for couple, _, _, zone in avant}
    hier = timezone.localdate() - timedelta(days=1)
    for variante in range(VARIANTES):
        with transaction.atomic():
            for region, profession in couples:
                draft_arrete(region, profession, variante, numero="état", debut=hier, publie=True)
            refresh_zones(sorted({profession for _, profession in couples}))
            refresh_eligibilite(au=timezone.localdate(), cause="exercice")
            for couple, _, offre, _ in read_state(couples):
                offres[couple].append(offre)
            transaction.set_rollback(True)
        for region, profession in couples:
            zones[f"{region}/{profession}"].append(digest_zones(communes[region], profession, variante))
    forget_version()
    for couple, empreintes in offres.items():
        if len(set(empreintes)) <= VARIANTES - 1:
            raise SystemExit(
                f"{couple} : les variantes n'ouvrent pas des aides différentes, l'exercice ne verrait rien."
            )
    return offres, zones


def digest_zones(communes: list[str], profession: str, variante: int) -> str:
    lignes = (f"{commune}|connu|{choose_niveau(profession, variante, rang)}" for rang, commune in enumerate(communes))
    return hashlib.md5(" ".join(lignes).encode(), usedforsecurity=False).hexdigest()


def read_state(couples: list[list[str]]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(LECTURE, build_valeurs(couples, timezone.localdate().isoformat()))
        return cursor.fetchall()


def build_valeurs(couples: list[list[str]], jour: str) -> dict[str, object]:
    return {"regions": [r for r, _ in couples], "professions": [p for _, p in couples], "jour": jour}
