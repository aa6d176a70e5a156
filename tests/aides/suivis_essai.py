"""A territory where one arrêté changes one commune of two, people who follow, and the worker run by hand."""

import email
import email.policy
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.models import Suivi
from aides.suivi.depot import confirm_suivi, file_suivi
from aides.suivi.jetons import CONFIRMATION, PAGE, find_jeton
from portal.celery import app
from portal.core.models import Envoi
from portal.core.taches import perform
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    NiveauFactory,
    TerritoireFactory,
    UserFactory,
)
from zonage.models import Arrete
from zonage.services import propose_arrete, publish_arrete, refresh_zones

CHANGE, INCHANGE, AILLEURS = "71076", "71077", "38185"
PREFIXE = "aides.suivi"


def build_territoire() -> None:
    """Two communes of Saône-et-Loire and one of Isère, all ZAC for doctors since 2024."""
    zac, _ = NiveauFactory(code="zac"), NiveauFactory(code="zip")
    isere = DepartementFactory(code="38", nom="Isère", region=RegionFactory(code="84", nom="Auvergne-Rhône-Alpes"))
    CommuneFactory(code_insee=CHANGE, nom="Chalon-sur-Saône")
    CommuneFactory(code_insee=INCHANGE, nom="Champforgeuil")
    CommuneFactory(code_insee=AILLEURS, nom="Grenoble", departement=isere)
    ici, labas = ArreteFactory(numero="2024-1"), ArreteFactory(numero="2024-2", region_id="84")
    for code, arrete in ((CHANGE, ici), (INCHANGE, ici), (AILLEURS, labas)):
        ClassementFactory(territoire=TerritoireFactory(code=code, libelle=code), arrete=arrete, niveau=zac)
    refresh_zones()


def draft_arrete(debut: date, numero: str = "2026-118", niveau: str = "zip") -> Arrete:
    """From that day CHANGE has another niveau; INCHANGE is classed again as it was."""
    arrete = ArreteFactory(brouillon=True, numero=numero, periode=DateRange(debut, None))
    for code, le_sien in ((CHANGE, niveau), (INCHANGE, "zac")):
        ClassementFactory(
            territoire=TerritoireFactory(code=code), arrete=arrete, niveau=NiveauFactory(code=le_sien), publie=False
        )
    return arrete


def publish(arrete: Arrete) -> Arrete:
    propose_arrete(arrete, par=UserFactory())
    publish_arrete(arrete, par=UserFactory())
    return arrete


def bientot() -> date:
    return timezone.localdate() + timedelta(days=30)


def follow(adresse: str, commune: str = CHANGE, **faits: object) -> Suivi:
    """Asked and confirmed."""
    depot = file_suivi(commune, {"profession": "medecin", **faits}, adresse=adresse)
    assert depot.suivi is not None
    return confirm_suivi(read_jeton(depot.suivi, CONFIRMATION))


def read_jeton(suivi: Suivi, usage: str = PAGE) -> str:
    empreinte = suivi.confirmation_empreinte if usage == CONFIRMATION else suivi.jeton_empreinte
    return find_jeton(usage, suivi.cle, empreinte)


def work() -> int:
    """Run every intent of the follow-ups that waits, as the worker would. Returns how many."""
    faits = 0
    while envoi := Envoi.objects.filter(tache__startswith=PREFIXE, statut="a_envoyer").order_by("pk").first():
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur
        faits += 1
    return faits


def run_envoi(envoi: Envoi) -> bool:
    Envoi.objects.filter(pk=envoi.pk).update(statut="envoye", jeton=envoi.jeton + 1, debute_le=None)
    app.loader.import_default_modules()
    tache = app.tasks[envoi.tache]
    return perform(tache.fonction, envoi.pk, envoi.jeton + 1, atomique=tache.atomique)


def read_courriels(dossier: Path) -> list[EmailMessage]:
    """The messages of the file outbox, by name."""
    return [
        email.message_from_bytes(fichier.read_bytes(), policy=email.policy.default)
        for fichier in sorted(dossier.glob("*.eml"))
    ]


def read_texte(courriel: EmailMessage) -> str:
    corps = courriel.get_body(("plain",))
    assert corps is not None
    return corps.get_content()
