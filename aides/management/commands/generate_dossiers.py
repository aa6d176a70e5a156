"""Fill a base with files that nobody made, to measure it: 200,000 in a minute or so. Never beside real ones."""

import random
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from aides.catalogue import catalogue
from aides.dossiers.engendrement import (
    ETAPES,
    PERSONNES,
    PRATICIENS,
    PRENOMS,
    SYLLABES,
    TABLES_SUIVIES,
    TIRAGE,
)
from aides.dossiers.preuves import freeze_preuve, read_regle
from aides.models import Demande
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.models import Mandat, Organisation, User
from zonage.models import Commune, Departement

DOMAINE = "@engendre.invalid"
COMMUNES = 5_000
MAXIMUM = 999_999
ESSAIS_DE_LIEU = 12


class Command(BaseCommand):
    help = "Engendre des dossiers pour les mesures (base sans dossier ni compte réel seulement)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("nombre", type=int, help="nombre de dossiers que la base doit avoir")
        parser.add_argument("--graine", type=int, default=7, help="le même nombre donne les mêmes tirages")

    @transaction.atomic
    def handle(self, *, nombre: int, graine: int, **options: Any) -> None:
        deja = check_base(nombre)
        if deja >= nombre:
            self.stdout.write(f"La base a déjà {deja} dossiers engendrés")
            return
        tirage = random.Random(graine + deja)  # noqa: S311 - invented files, not secrets
        equipes = make_equipes()
        communes = draw_communes(tirage)
        modeles = build_modeles(tirage)
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(%s)", [(graine + deja) % 1000 / 1000])
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            load_temporaires(cursor, equipes, modeles)
            for table in TABLES_SUIVIES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            parametres = fill_personnes(cursor, deja, nombre) | {"communes": communes}
            cursor.execute(TIRAGE, parametres)
            for libelle, requete in ETAPES:
                cursor.execute(requete)
                self.stdout.write(f"{libelle} : {cursor.rowcount}")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in TABLES_SUIVIES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
                cursor.execute(f"ANALYZE {table}")
            cursor.execute("ANALYZE core_evenement, cpts_praticien")
        self.stdout.write(self.style.SUCCESS(f"{nombre} dossiers engendrés"))


def check_base(nombre: int) -> int:
    """How many files were generated already. Raises CommandError beside anything real."""
    if not 0 < nombre <= MAXIMUM:
        raise CommandError(f"Donnez un nombre entre 1 et {MAXIMUM}.")
    if Demande.objects.exclude(cle__startswith="engendre-").exists():
        raise CommandError("Cette base a de vrais dossiers : on n'y engendre rien. Créez une base pour les mesures.")
    if User.objects.exclude(email__endswith=".invalid").exists():
        raise CommandError("Cette base a de vrais comptes : on n'y engendre rien. Créez une base pour les mesures.")
    if not Commune.objects.exists():
        raise CommandError("Les communes manquent : lancez d'abord load_referentiel et load_demonstration.")
    return Demande.objects.count()


def make_equipes() -> list[tuple[str, int, str]]:
    """Two instructors and one validator a département, one instructor a région: (département, account, role)."""
    postes: list[tuple[str, str, Role, str]] = []
    departements = list(Departement.objects.order_by("code").values_list("code", "region_id"))
    for code, _region in departements:
        for rang, role in enumerate((Role.INSTRUCTEUR, Role.INSTRUCTEUR, Role.VALIDEUR)):
            postes.append((f"agent{rang}.{code}", "departement", role, code))
    postes += [
        (f"region.{region}", "region", Role.INSTRUCTEUR, region) for region in sorted({r for _, r in departements})
    ]
    adresses = [f"{nom}{DOMAINE}" for nom, *_ in postes]
    if not User.objects.filter(email=adresses[0]).exists():
        write_equipes(postes, dict(departements))
    comptes = dict(User.objects.filter(email__in=adresses).values_list("email", "pk"))
    return [
        (code, comptes[f"{nom}{DOMAINE}"], str(role)) for nom, genre, role, code in postes if genre == "departement"
    ]


def write_equipes(postes: list[tuple[str, str, Role, str]], regions: dict[str, str]) -> None:
    """The accounts cannot sign in: the measures open their sessions themselves."""
    comptes = User.objects.bulk_create(
        User(email=f"{nom}{DOMAINE}", password="!", first_name="Agent", last_name=nom)  # noqa: S106 - no password
        for nom, *_ in postes
    )
    lieux = sorted({(genre, code) for _, genre, _, code in postes})
    types = {"departement": TypeOrganisation.DELEGATION, "region": TypeOrganisation.ARS}
    organisations = Organisation.objects.bulk_create(
        Organisation(
            type=types[genre],
            nom=f"{types[genre].label} {code} (mesure)",
            code=f"ENG-{genre[:1]}{code}",
            departement_code=code if genre == "departement" else "",
            region_code=regions.get(code, "") if genre == "departement" else code,
        )
        for genre, code in lieux
    )
    employeurs = dict(zip(lieux, organisations, strict=True))
    periode = DateRange(timezone.localdate() - timedelta(days=400), None)
    Mandat.objects.bulk_create(
        Mandat(user=compte, organisation=employeurs[genre, code], role=role, perimetre=genre, perimetre_code=code,
               periode=periode)
        for compte, (_, genre, role, code) in zip(comptes, postes, strict=True)
    )  # fmt: skip


def draw_communes(tirage: random.Random) -> list[str]:
    """Where people practise: drawn by population."""
    lues = list(Commune.objects.filter(type="COM").order_by("code_insee").values_list("code_insee", "population"))
    return tirage.choices([code for code, _ in lues], weights=[population or 1 for _, population in lues], k=COMMUNES)


def build_modeles(tirage: random.Random) -> list[list[Any]]:
    """One row a scheme that may be asked today: its facts, its proof as the deposit would freeze it, its range."""
    au = timezone.localdate()
    modeles: list[list[Any]] = []
    for dispositif in catalogue().dispositifs:
        version = dispositif.version_au(au)
        if version is None or dispositif.guichet not in ("ars", "cpam") or dispositif.perimetre:
            continue
        profession = dispositif.professions[0]
        faits = {"profession": profession}
        for code in draw_communes(tirage)[:ESSAIS_DE_LIEU]:
            demande = Demande(dispositif=dispositif.code, commune_id=code, faits=faits, profession=profession)
            regle = read_regle(demande, au=au)
            if regle.recevable:
                preuve, empreinte = freeze_preuve(demande, regle, [])
                bornes = [montant if montant is None else str(montant) for montant in regle.montants]
                modeles.append([len(modeles) + 1, dispositif.code, version.code, profession, dispositif.guichet,
                                faits, preuve, empreinte, *bornes])  # fmt: skip
                break
    if not modeles:
        raise CommandError("Aucun dispositif n'est ouvert dans les zones lues : chargez d'abord un zonage.")
    return modeles


def load_temporaires(cursor: CursorWrapper, equipes: list[tuple[str, int, str]], modeles: list[list[Any]]) -> None:
    cursor.execute("CREATE TEMP TABLE equipes (departement text, user_id bigint, role text) ON COMMIT DROP")
    cursor.executemany("INSERT INTO equipes VALUES (%s, %s, %s)", equipes)
    cursor.execute("CREATE INDEX ON equipes (departement, role)")
    cursor.execute(
        "CREATE TEMP TABLE modeles (rang int, code text, version text, profession text, guichet text, faits jsonb,"
        " preuve text, empreinte text, minimum numeric, maximum numeric) ON COMMIT DROP"
    )
    for modele in modeles:
        lignes = [connection.ops.adapt_json_value(v, None) if isinstance(v, dict) else v for v in modele]
        cursor.execute("INSERT INTO modeles VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", lignes)


def fill_personnes(cursor: CursorWrapper, deja: int, nombre: int) -> dict[str, Any]:
    """Applicants and practitioners: two for three files."""
    personnes, avant = max(1, nombre * 2 // 3), deja * 2 // 3
    bornes: dict[str, Any] = {"premier": avant + 1, "dernier": personnes, "prenoms": PRENOMS, "syllabes": SYLLABES}
    cursor.execute(PERSONNES, bornes)
    cursor.execute(PRATICIENS, bornes)
    cursor.execute("SELECT min(id) FROM accounts_user WHERE email LIKE 'demandeur%%@engendre.invalid'", [])
    nouvelles = personnes - avant
    cursor.execute("SELECT max(id) FROM accounts_user")
    dernier = cursor.fetchone()[0]
    return {
        "premier": deja + 1, "dernier": nombre, "personnes": nouvelles, "praticiens": personnes,
        "premiere_personne": dernier - nouvelles + 1,
    }  # fmt: skip
