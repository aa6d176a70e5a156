"""Receipts by the thousand: people generated over the whole catalogue, on the days where the law turns."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from aides import archives, rejeux, services
from aides.catalogue import DOSSIER, catalogue
from aides.codes_recus import new_code
from aides.contenus_recus import build_contenu
from aides.models import Recu
from aides.recus import ORIGINE, compute_empreinte, digest, dump_canonique, judge
from aides.regles.chargement import load_texte
from aides.regles.dispositifs import Catalogue
from aides.regles.evaluation import Resultat
from aides.regles.faits import FAITS, TypeFait
from aides.regles.situation import Locaux, Situation, ZoneLue
from aides.regles.valeurs import sample_values
from aides.services import Bilan, list_fermetures
from aides.services_recus import keep_recu
from portal.core.sql import copy_rows
from tests.profils import JEUNE_GENERALISTE
from zonage.models import Commune

NIVEAUX = ("zip", "zac", "zv", "vud", "ud", "hors", None)
REPONSE = (
    "commune=71333&au=2025-12-31&profession=medecin&specialite=generaliste&statut=projet&type_cabinet=principal"
    "&premiere_installation=oui&secteur=secteur_1&jours_semaine=3.5&exercice_coordonne=groupe&pdsa=oui"
)
MEDECIN = JEUNE_GENERALISTE
AU = date(2025, 12, 31)
LOT = 1_000
SEMBLABLES = 4
INSTANT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def list_jours(schemes: Catalogue) -> list[date]:
    bornes = {
        borne
        for dispositif in schemes.dispositifs
        for version in dispositif.versions
        for borne in (version.ouvert_du, version.ferme_le)
        if borne is not None
    }
    return sorted({borne + timedelta(days=ecart) for borne in bornes for ecart in (-1, 0, 1)})


def sample_all(schemes: Catalogue, au: date) -> dict[str, tuple[object, ...]]:
    versions = [version for dispositif in schemes.dispositifs for version in dispositif.versions]
    valeurs = {}
    for code, fait in FAITS.items():
        choix = tuple(valeur for valeur, _ in fait.choix)
        valeurs[code] = (
            choix
            or tuple(sample_values(code, versions, {}, au))
            or ((au - timedelta(days=400),) if fait.type is TypeFait.DATE else (Decimal(3),))
        )
    return valeurs


def generate_situations(nombre: int, *, graine: int = 7) -> Iterator[tuple[date, Situation]]:
    """Different people: facts on the thresholds, some unknown, a zone by day read, lists and regional amounts."""
    hasard = random.Random(graine)
    schemes = catalogue()
    jours = list_jours(schemes)
    valeurs = sample_all(schemes, date(2024, 6, 1))
    for _ in range(nombre):
        au = hasard.choice(jours)
        faits = {code: hasard.choice(choix) for code, choix in valeurs.items() if hasard.random() < 0.75}
        faits["profession"] = hasard.choice(valeurs["profession"])
        lus = {au} | {valeur for valeur in faits.values() if isinstance(valeur, date)}
        zones = {jour: ZoneLue(hasard.choice(NIVEAUX), motif="essai") for jour in lus}
        locaux = {
            jour: Locaux((("frr", hasard.random() < 0.5),), (("majoration_caim_4j", Decimal("1250.50")),))
            for jour in lus
        }
        yield au, Situation(faits, zones, True, frozenset(), locaux)


def answer(au: date, situation: Situation, commune: Commune) -> Bilan:
    """What `check` answers, from a situation that no database holds."""
    schemes = catalogue()
    resultats: tuple[Resultat, ...] = tuple(
        judge(dispositif, version, situation, au=au) for dispositif, version in schemes.versions_au(au)
    )
    return Bilan(
        au=au,
        commune=commune,
        resolution=None,
        zone=None,
        zones={},
        faits=situation.faits,
        resultats=resultats,
        fermes=list_fermetures(schemes, au),
        questions=(),
        precisions=(),
        avertissements=(),
        demonstration=False,
        catalogue=schemes.empreinte,
        situation=situation,
    )


def store(nombre: int) -> None:
    """A chain of that many receipts, written by COPY, a thousand at a time. Four people in a row answered alike."""
    commune = Commune(code_insee="71333", nom="Montceau", departement_id="71")
    lignes, precedente, contenu = [], ORIGINE, ""
    situations = generate_situations(nombre)
    for rang in range(1, nombre + 1):
        if rang % SEMBLABLES == 1:
            contenu = dump_canonique(build_contenu(answer(*next(situations), commune)))
        champs = {
            "rang": rang,
            "code": new_code(),
            "cle": digest(str(rang)),
            "garde_le": INSTANT + timedelta(seconds=rang),
            "precedente": precedente,
            "contenu": contenu,
        }
        precedente = compute_empreinte(**champs)
        lignes.append((*champs.values(), precedente))
        if len(lignes) == LOT or rang == nombre:
            with connection.cursor() as cursor:
                copy_rows(cursor, Recu._meta.db_table, [*champs, "empreinte"], lignes)
            lignes.clear()


def keep(envoi="un-envoi-de-formulaire", **faits) -> Recu:
    bilan = services.check("71333", MEDECIN | faits, au=AU)
    return keep_recu(bilan, envoi=envoi, connu_le=INSTANT)


def tamper(requete: str, *valeurs: object) -> None:
    """What somebody who owns the table could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_recu DISABLE TRIGGER USER")
        cursor.execute(requete, valeurs)
        cursor.execute("ALTER TABLE aides_recu ENABLE TRIGGER USER")


def use_catalogue(monkeypatch, remplacements: dict[str, str]) -> None:
    """The catalogue after some texts were rewritten, as after a new release."""
    schemes = catalogue()
    dispositifs = []
    for dispositif in schemes.dispositifs:
        if dispositif.code == "caim":
            texte = (DOSSIER / "caim.yaml").read_text(encoding="utf-8")
            for avant, apres in remplacements.items():
                assert avant in texte
                texte = texte.replace(avant, apres)
            dispositif = load_texte(texte)
        dispositifs.append(dispositif)
    nouveau = replace(schemes, dispositifs=tuple(dispositifs), empreinte="nouvelle")
    for module in (services, rejeux, archives):
        monkeypatch.setattr(module, "catalogue", lambda: nouveau)
    services._evaluate.cache_clear()
