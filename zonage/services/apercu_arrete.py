"""What publishing an arrêté would change, by publishing it for good and undoing it in the same transaction.

The preview is then exact by construction: same acts, same reading, and what the apps above count (contracts, people
who follow) is counted on the very rows that the publication would write. docs/adr/0141.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.accounts.models import User
from portal.core.models import ImportRun
from zonage.comparaisons import classe_de
from zonage.enums import Origine, StatutArrete
from zonage.models import ApercuArrete, Arrete, Commune
from zonage.services.arretes import find_precedents, hold_zonage, open_arrete


@dataclass(frozen=True, slots=True)
class Changement:
    """A commune whose class is not the same before and after. Populations are of the commune of today."""

    code: str
    nom: str
    departement: str
    population: int
    avant: str
    apres: str


@dataclass(frozen=True, slots=True)
class ContexteApercu:
    """What a provider of `MAILLAGE_APERCUS_ZONAGE` receives, inside the transaction where the arrêté is published."""

    arrete: Arrete
    jour: date
    changements: Sequence[Changement]
    user: User


@dataclass(frozen=True, slots=True)
class Section:
    """What an app above adds to the preview: sentences, a small table, and its figures by name."""

    titre: str
    phrases: Sequence[str] = ()
    colonnes: Sequence[str] = ()
    lignes: Sequence[Sequence[str]] = ()
    nombres: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """Communes and inhabitants of a territory by class, before and after."""

    code: str
    nom: str
    communes: dict[str, list[int]] = field(default_factory=dict)
    habitants: dict[str, list[int]] = field(default_factory=dict)

    def add(self, avant: str, apres: str, population: int) -> None:
        for rang, classe in enumerate((avant, apres)):
            self.communes.setdefault(classe, [0, 0])[rang] += 1
            self.habitants.setdefault(classe, [0, 0])[rang] += population


@dataclass(frozen=True, slots=True)
class CommuneLue:
    code: str
    nom: str
    departement: str
    departement_nom: str
    population: int
    classe: str
    compte: bool
    """False for Paris, Lyon and Marseille: their arrondissements count."""


@transaction.atomic
def compute_apercu(arrete: Arrete, *, par: User) -> ApercuArrete:
    """Compute the preview and keep it. Raises PublicationImpossible when its period meets a later arrêté."""
    hold_zonage(arrete.region_id, arrete.profession)
    lu = Arrete.objects.select_related("region").get(pk=arrete.pk)
    contenu = _rehearse(lu, par)
    valeurs = {
        "entree": digest_entree(lu),
        "contenu": contenu,
        "calcule_par": par,
        "calcule_le": timezone.now(),
    }
    apercu, _ = ApercuArrete.objects.update_or_create(arrete=lu, defaults=valeurs)
    return apercu


def _rehearse(arrete: Arrete, par: User) -> dict[str, Any]:
    jour = arrete.periode.lower
    fermes = [
        {"id": autre.pk, "nom": str(autre), "fin": autre.periode.upper.isoformat() if autre.periode.upper else ""}
        for autre in find_precedents(arrete.region_id, arrete.profession, arrete.periode, arrete.pk)
    ]
    avant = {lue.code: lue for lue in _read_classes(arrete, jour)}
    with transaction.atomic():
        Arrete.objects.filter(pk=arrete.pk).update(statut=StatutArrete.PUBLIE)
        open_arrete(arrete, regions=[arrete.region_id])
        changements, parts = _compare(avant, _read_classes(arrete, jour))
        contexte = ContexteApercu(arrete, jour, changements, par)
        sections = [
            asdict(section) for nom in settings.MAILLAGE_APERCUS_ZONAGE for section in import_string(nom)(contexte)
        ]
        transaction.set_rollback(True)
    arrete.refresh_from_db()
    return {
        "jour": jour.isoformat(),
        "communes": sum(lue.compte for lue in avant.values()),
        "fermes": fermes,
        "changements": [asdict(un) for un in changements],
        "parts": [asdict(part) for part in parts],
        "sections": sections,
    }


def _read_classes(arrete: Arrete, jour: date) -> Iterable[CommuneLue]:
    """Every commune of the région with its class on a day (`niveau` and `statut_zone`: `with_niveau`)."""
    lignes = (
        Commune.objects.filter(departement__region_id=arrete.region_id)
        .with_niveau(arrete.profession, au=jour)
        .order_by("departement_id", "cle_tri", "code_insee")
        .values_list(  # type: ignore[misc]
            "code_insee",
            "nom",
            "departement_id",
            "departement__nom",
            "population",
            "niveau",
            "statut_zone",
            "parent_id",
        )
    )
    lues = list(lignes[:10_000])
    villes = {parent for *_, parent in lues if parent}
    return [
        CommuneLue(code, nom, departement, dans, population or 0, classe_de(niveau, statut), code not in villes)
        for code, nom, departement, dans, population, niveau, statut, _ in lues
    ]


def _compare(avant: Mapping[str, CommuneLue], apres: Iterable[CommuneLue]) -> tuple[list[Changement], list[Part]]:
    region = Part("", "Toute la région")
    parts: dict[str, Part] = {"": region}
    changements = []
    for lue in apres:
        ancienne = avant[lue.code].classe
        if lue.compte:
            departement = parts.setdefault(lue.departement, Part(lue.departement, lue.departement_nom))
            for part in (region, departement):
                part.add(ancienne, lue.classe, lue.population)
        if ancienne != lue.classe:
            changements.append(Changement(lue.code, lue.nom, lue.departement, lue.population, ancienne, lue.classe))
    return changements, list(parts.values())


def digest_entree(arrete: Arrete) -> str:
    """The digest of all that the preview depends on: rows, period, and what is published for the région."""
    lignes = arrete.classements.order_by("territoire_id").values_list("territoire_id", "statut", "niveau_id")
    publies = Arrete.objects.filter(
        region_id=arrete.region_id,
        profession=arrete.profession,
        origine=Origine.OFFICIEL,
        statut__in=[StatutArrete.PUBLIE, StatutArrete.ABROGE],
    ).exclude(pk=arrete.pk)
    lus = [[autre.pk, str(autre.periode), autre.classements.count()] for autre in publies.order_by("pk")[:500]]
    imports = ImportRun.objects.filter(statut="reussi").aggregate(dernier=Max("pk"))["dernier"]
    contenu = [arrete.pk, str(arrete.periode), arrete.motif, [list(ligne) for ligne in lignes], lus, imports]
    return sha256(json.dumps(contenu, separators=(",", ":")).encode()).hexdigest()


def is_a_jour(apercu: ApercuArrete | None, arrete: Arrete) -> bool:
    """Whether the preview still tells what publishing would do."""
    return apercu is not None and apercu.entree == digest_entree(arrete)
