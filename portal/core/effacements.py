"""Erasing a person (RGPD, art. 17): rehearsed, done once, certified, and done again after a restore (docs/adr/0162).

Each app says in `settings.MAILLAGE_EFFACEURS` what it holds back and how it erases, from the highest to the lowest.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from portal.core.ceinture import as_systeme
from portal.core.conservation import Comptes, rehearse
from portal.core.models import Effacement, Evenement, StatutEffacement


class EffacementRefuse(ValueError):
    """The sentence is French and says what to do first."""


@dataclass(frozen=True, slots=True)
class Retenue:
    """What stays. `bloque`: nothing is erased while it lasts. `jusqu_au` None: nobody can say when yet."""

    raison: str
    objets: int
    jusqu_au: date | None = None
    bloque: bool = False


class Effaceur(Protocol):
    def list_retenues(self, user_id: int) -> list[Retenue]: ...

    def erase(self, user_id: int, *, garder: bool) -> Comptes:
        """Erase what is not held back. `garder`: something is, and the name goes with it."""
        ...


@dataclass(frozen=True, slots=True)
class Bilan:
    """What an erasure would do, or did."""

    lignes: dict[str, int]
    retenues: list[Retenue]

    @property
    def obstacles(self) -> list[Retenue]:
        return [retenue for retenue in self.retenues if retenue.bloque]


def list_effaceurs() -> list[Effaceur]:
    return [import_string(chemin)() for chemin in settings.MAILLAGE_EFFACEURS]


def list_retenues(user_id: int) -> list[Retenue]:
    with as_systeme():
        return [retenue for effaceur in list_effaceurs() for retenue in effaceur.list_retenues(user_id)]


def rehearse_effacement(user_id: int) -> Bilan:
    """What goes and what stays, counted by doing it and undoing it. Nothing goes when something forbids it."""
    retenues = list_retenues(user_id)
    if any(retenue.bloque for retenue in retenues):
        return Bilan({}, retenues)
    return Bilan(dict(sorted(rehearse(lambda: _erase(user_id, retenues)).items())), retenues)


@transaction.atomic
def ask_effacement(user_id: int, *, par: Any) -> Effacement:
    """Write the request down. Asked twice, it is the same."""
    effacement, neuf = Effacement.objects.get_or_create(
        titulaire_id=user_id, statut=StatutEffacement.DEMANDE, defaults={"enregistre_par": par}
    )
    if neuf:
        _write(effacement, "effacement_demande", par)
    return effacement


@transaction.atomic
def execute_effacement(effacement_id: int, *, par: Any) -> Effacement:
    """Erase, and certify. Raises EffacementRefuse while something forbids it, or when it is done already."""
    effacement = Effacement.objects.select_for_update(no_key=True).get(pk=effacement_id)
    if effacement.statut != StatutEffacement.DEMANDE:
        raise EffacementRefuse("Cette demande est déjà traitée : rechargez la page.")
    if par.pk == effacement.titulaire_id:
        raise EffacementRefuse("Personne n'efface son propre compte : un autre administrateur doit le faire.")
    retenues = list_retenues(effacement.titulaire_id)
    if obstacles := [retenue for retenue in retenues if retenue.bloque]:
        raise EffacementRefuse("Effacement impossible : " + " ; ".join(retenue.raison for retenue in obstacles) + ".")
    lignes = _erase(effacement.titulaire_id, retenues)
    _certify(effacement, StatutEffacement.EXECUTE, lignes, retenues, par=par)
    return effacement


@transaction.atomic
def refuse_effacement(effacement_id: int, *, par: Any, motif: str) -> Effacement:
    effacement = Effacement.objects.select_for_update(no_key=True).get(pk=effacement_id)
    if effacement.statut != StatutEffacement.DEMANDE:
        raise EffacementRefuse("Cette demande est déjà traitée : rechargez la page.")
    effacement.statut, effacement.motif = StatutEffacement.REFUSE, motif
    effacement.execute_par, effacement.execute_le = par, timezone.now()
    effacement.save()
    _write(effacement, "effacement_refuse", par)
    return effacement


@transaction.atomic
def complete_effacement(effacement_id: int) -> bool:
    """What was held back may be free now: erase it too. Returns whether the erasure is now whole."""
    effacement = Effacement.objects.select_for_update(no_key=True).get(pk=effacement_id)
    if effacement.statut != StatutEffacement.EXECUTE or not effacement.retenues:
        return False
    retenues = list_retenues(effacement.titulaire_id)
    if retenues:
        return False
    lignes = _erase(effacement.titulaire_id, []) + Counter(effacement.bilan)
    _certify(effacement, StatutEffacement.COMPLETE, lignes, [], par=None)
    return True


def list_a_completer(limite: int = 500) -> list[int]:
    ouverts = Effacement.objects.filter(statut=StatutEffacement.EXECUTE).exclude(retenues=[]).order_by("pk")
    return list(ouverts.values_list("pk", flat=True)[:limite])


def build_certificat(effacement: Effacement) -> str:
    """Canonical JSON: counts and dates, never a datum. Its SHA-256 is what the certificate bears."""
    contenu = {
        "compte": effacement.titulaire_id,
        "demande_le": timezone.localdate(effacement.demande_le).isoformat(),
        "effacement": effacement.pk,
        "etat": effacement.statut,
        "lignes": effacement.bilan,
        "reste": effacement.retenues,
        "traite_le": effacement.execute_le.isoformat() if effacement.execute_le else None,
    }
    return json.dumps(contenu, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def is_certificat(effacement: Effacement) -> bool:
    """Whether the certificate still says what it said."""
    return hashlib.sha256(build_certificat(effacement).encode()).hexdigest() == effacement.empreinte


def _erase(user_id: int, retenues: Sequence[Retenue]) -> Comptes:
    comptes: Comptes = Counter()
    with as_systeme():
        for effaceur in list_effaceurs():
            comptes += effaceur.erase(user_id, garder=bool(retenues))
    return +comptes


def _certify(
    effacement: Effacement, statut: StatutEffacement, lignes: Comptes, retenues: Sequence[Retenue], *, par: Any
) -> None:
    effacement.statut, effacement.bilan = statut, dict(sorted(lignes.items()))
    effacement.retenues = [
        {**asdict(retenue), "jusqu_au": retenue.jusqu_au.isoformat() if retenue.jusqu_au else None}
        for retenue in retenues
    ]
    effacement.execute_le = timezone.now()
    if par is not None:
        effacement.execute_par = par
    effacement.empreinte = hashlib.sha256(build_certificat(effacement).encode()).hexdigest()
    effacement.save()
    _write(effacement, "effacement_execute", par)
    inscription = get_user_model().objects.values_list("date_joined", flat=True).get(pk=effacement.titulaire_id)
    entree = {
        "compte": effacement.titulaire_id,
        "inscrit_le": inscription.isoformat(),
        "par": effacement.execute_par_id,
    }
    transaction.on_commit(lambda: remember(effacement.pk, entree))


def _write(effacement: Effacement, action: str, par: Any) -> None:
    details = {"compte": effacement.titulaire_id, "lignes": effacement.bilan}
    Evenement.objects.create(objet=f"core.effacement:{effacement.pk}", action=action, auteur=par, details=details)


def remember(effacement_id: int, entree: dict[str, Any]) -> None:
    """Outside the base too: a base restored from before does not know the erasure, this file does."""
    dossier = Path(settings.MAILLAGE_EFFACEMENTS)
    dossier.mkdir(parents=True, exist_ok=True, mode=0o700)
    chemin = dossier / f"effacement-{effacement_id}-{entree['compte']}.json"
    provisoire = chemin.with_suffix(f".{os.getpid()}.tmp")
    with provisoire.open("w") as sortie:
        json.dump(entree, sortie)
        sortie.flush()
        os.fsync(sortie.fileno())
    provisoire.replace(chemin)


def list_a_rejouer() -> Iterator[int]:
    """The accounts that the files say erased and that the base has whole. Another person's number is never taken."""
    comptes = get_user_model().objects
    for chemin in sorted(Path(settings.MAILLAGE_EFFACEMENTS).glob("effacement-*.json")):
        entree = json.loads(chemin.read_text())
        lu = comptes.filter(pk=entree["compte"], date_joined=entree["inscrit_le"]).first()
        traites = Effacement.objects.filter(
            titulaire_id=entree["compte"], statut__in=[StatutEffacement.EXECUTE, StatutEffacement.COMPLETE]
        )
        if lu is not None and not traites.exists():
            yield int(lu.pk)


@transaction.atomic
def replay_effacement(user_id: int) -> Effacement:
    """After a restore: what had been erased is erased again, whatever state its files came back in.

    Raises EffacementRefuse when the restored base forbids it: somebody must look.
    """
    compte = get_user_model().objects.get(pk=user_id)
    effacement = ask_effacement(user_id, par=compte)
    retenues = list_retenues(user_id)
    if obstacles := [retenue for retenue in retenues if retenue.bloque]:
        raise EffacementRefuse(f"compte {user_id} : " + " ; ".join(retenue.raison for retenue in obstacles))
    _certify(effacement, StatutEffacement.EXECUTE, _erase(user_id, retenues), retenues, par=None)
    return effacement
