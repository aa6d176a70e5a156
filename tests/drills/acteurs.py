"""The persons of the drill, inside Django: one asks to be told, one reads the mail and confirms, two publish arrêtés.

Each does as a person would: an error page is seen, and the same thing is asked again. What was acknowledged is noted.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from aides.models import Suivi
from aides.suivi.chronologie import state_on
from aides.suivi.depot import confirm_suivi, file_suivi
from portal.accounts.models import User
from tests.drills.lecteur import FIN
from tests.drills.preparation import ADRESSES, VARIANTES, draft_arrete
from zonage.enums import StatutArrete
from zonage.models import Arrete
from zonage.services.arretes import propose_arrete, publish_arrete, retract_arrete

T = TypeVar("T")
LIEN = re.compile(r"/suivi/confirmer/([A-Za-z0-9_-]{32})/")


class Registre:
    """What was promised to somebody, one JSON line each."""

    def __init__(self, chemin: Path) -> None:
        self.fichier = chemin.open("a", buffering=1)
        self.verrou = threading.Lock()

    def write(self, genre: str, **champs: object) -> None:
        with self.verrou:
            self.fichier.write(json.dumps({"genre": genre, **champs}) + "\n")


def insist(geste: Callable[[], T]) -> tuple[T, int]:
    """Ask again until the base answers. Returns the answer and how many times it was refused."""
    refus = 0
    while True:
        try:
            return geste(), refus
        except (DatabaseError, InterfaceError):
            refus += 1
            connection.close()
            time.sleep(0.2)


def describe(suivi: Suivi, au: date) -> dict[str, str]:
    return {code: etat for code in suivi.chronologie if (etat := state_on(suivi.chronologie, code, au))}


def file_all(plan: dict, registre: Registre, nombre: int, debit: float, alea: random.Random) -> None:
    """`nombre` follow-ups, some of them of the same persons; three in five where arrêtés are published."""
    personnes, faits = max(1, nombre * 4 // 5), set()
    for numero in range(nombre):
        adresse = f"personne{numero % personnes}@exemple.invalid"
        while True:
            region, profession = alea.choice(plan["couples"])
            commune = alea.choice(plan["communes"][region] if alea.random() < 0.6 else plan["ailleurs"])
            if (adresse, commune, profession) not in faits:
                break
        faits.add((adresse, commune, profession))
        insist(lambda a=adresse, c=commune, p=profession: file_suivi(c, {"profession": p}, adresse=a))
        registre.write("depot", adresse=adresse, commune=commune, profession=profession)
        time.sleep(alea.expovariate(debit))


def confirm_all(registre: Registre) -> None:
    """Open each confirmation mail that arrives, and press the button. Never ends by itself."""
    dossier, vus = Path(settings.EMAIL_FILE_PATH), set()
    while True:
        for chemin in sorted(dossier.glob("suivi-confirmation-*.eml")):
            if chemin.name in vus:
                continue
            texte = message_from_bytes(chemin.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
            jeton = LIEN.search(texte)[1]
            suivi, refus = insist(lambda j=jeton: confirm_suivi(j))
            vus.add(chemin.name)
            # Asked twice, the answer may already hold what an act changed: only a first one tells the beginning.
            depart = describe(suivi, timezone.localdate()) if refus == 0 else None
            registre.write("confirmation", suivi=suivi.pk, depart=depart)
        time.sleep(0.2)


class Publiee(NamedTuple):
    """An arrêté published here, the latest of its pile."""

    arrete: int
    variante: int
    futur: bool
    le: float


class Publication:
    """Two persons and their arrêtés: one proposes, the other publishes, sometimes takes back."""

    def __init__(self, plan: dict, registre: Registre, recul: float, alea: random.Random) -> None:
        self.plan, self.registre, self.recul, self.alea = plan, registre, recul, alea
        self.un, self.autre = (User.objects.get(email=adresse) for adresse in ADRESSES)
        self.piles: dict[str, list[Publiee]] = {}
        self.numero = 0

    def act(self) -> None:
        """What was published a while ago, and told, is sometimes taken back; what is to come always is."""
        region, profession = self.alea.choice(self.plan["couples"])
        pile = self.piles.setdefault(f"{region}/{profession}", [])
        mure = bool(pile) and time.monotonic() - pile[-1].le > self.recul
        if mure and (pile[-1].futur or self.alea.random() < 0.5):
            self.retract(pile)
        elif not (pile and pile[-1].futur):
            self.publish(region, profession, pile)

    def publish(self, region: str, profession: str, pile: "list[Publiee]") -> None:
        self.numero += 1
        actuelle = pile[-1].variante if pile else self.alea.randrange(VARIANTES)
        variante = (actuelle + self.alea.choice([1, 2])) % VARIANTES
        futur = bool(pile) and self.alea.random() < 0.3  # a first one would hide the demonstration before its day
        debut = timezone.localdate() + timedelta(days=(30 if futur else -900) + self.numero)
        arrete, _ = insist(lambda: self.draft(region, profession, variante, debut))
        insist(lambda: self.move(arrete.pk, StatutArrete.BROUILLON, lambda a: propose_arrete(a, par=self.un)))
        insist(lambda: self.move(arrete.pk, StatutArrete.PROPOSE, lambda a: publish_arrete(a, par=self.autre)))
        pile.append(Publiee(arrete.pk, variante, futur, time.monotonic()))
        self.registre.write("publication", arrete=arrete.pk, futur=futur)

    @transaction.atomic
    def draft(self, region: str, profession: str, variante: int, debut: date) -> Arrete:
        numero = f"EX-{self.numero}"
        deja = Arrete.objects.filter(numero=numero).first()
        return deja or draft_arrete(region, profession, variante, numero=numero, debut=debut)

    def move(self, pk: int, de: str, geste: Callable[[Arrete], object]) -> None:
        """The page is loaded again after an error: what is done is not asked twice."""
        arrete = Arrete.objects.get(pk=pk)
        if arrete.statut == de:
            geste(arrete)

    def retract(self, pile: "list[Publiee]") -> None:
        pk = pile.pop().arrete
        insist(lambda: self.move(pk, StatutArrete.PUBLIE, lambda a: retract_arrete(a, par=self.autre)))
        self.registre.write("retrait", arrete=pk)


def publish_all(dossier: Path, plan: dict, registre: Registre, periode: float, alea: random.Random) -> None:
    publication, _ = insist(lambda: Publication(plan, registre, 4 * periode, alea))
    while not (dossier / FIN).exists():
        publication.act()
        time.sleep(alea.expovariate(1 / periode))
    registre.write("fin")


def play(dossier: str, nombre: int, debit: float, periode: float, graine: int) -> None:
    """Everybody at once, until killed."""
    racine = Path(dossier)
    plan = json.loads((racine / "plan.json").read_text())
    registre = Registre(racine / "acquittes")
    fils = [
        threading.Thread(target=file_all, args=(plan, registre, nombre, debit, random.Random(graine))),
        threading.Thread(target=confirm_all, args=(registre,), daemon=True),
        threading.Thread(target=publish_all, args=(racine, plan, registre, periode, random.Random(graine + 1))),
    ]
    for un in fils:
        un.start()
    for un in fils:
        un.join()


def publish_one(dossier: str, rang: int) -> None:
    """One arrêté, proposed and published by two persons: how long the longer of the two acts took."""
    plan = json.loads((Path(dossier) / "plan.json").read_text())
    region, profession = plan["couples"][rang]
    un, autre = (User.objects.get(email=adresse) for adresse in ADRESSES)
    debut = timezone.localdate() - timedelta(days=30)
    arrete = draft_arrete(region, profession, 0, numero=f"EX-{rang}", debut=debut)
    durees = []
    for geste, par in ((propose_arrete, un), (publish_arrete, autre)):
        depart = time.monotonic()
        geste(arrete, par=par)
        durees.append(time.monotonic() - depart)
    (Path(dossier) / "publication").write_text(str(max(durees)))
