"""What was granted and paid of an ACI, entered by the ARS or the CPAM; the payments expected, in the order of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from cpts.droits import is_coordinateur, may_instruct
from cpts.erreurs import CHANGE, ActeInvalide, DroitRefuse, VersionPerimee
from cpts.models import Cpts, ExerciceAci, LigneAci
from cpts.services.argent import ExerciceLu, LigneLue
from cpts.services.missions_refus import CLOS, act, write_evenement
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee

CHAMPS = ("accorde", "avance", "avance_le", "solde", "solde_le")


def may_pay(user: Any, cpts: Cpts) -> bool:
    """Who signs the ACI with the CPTS: the ARS and the CPAM of its territory, never somebody who coordinates it."""
    portee = read_portee(user)
    if is_coordinateur(portee, cpts):
        return False
    return may_instruct(user, cpts) or portee.covers(cpts.region_code, cpts.departement_code, Role.AGENT_CPAM)


def record_montants(ligne: LigneAci, *, par: Any, version: int, **champs: Any) -> LigneAci:
    """Write what was granted and paid. Raises DroitRefuse, ActeInvalide (closed year, sums), VersionPerimee."""
    exercice = ligne.exercice
    _check(exercice, par)
    if inconnus := set(champs) - set(CHAMPS):
        raise ValueError(sorted(inconnus))
    for nom in ("avance_le", "solde_le"):
        if champs.get(nom) and champs[nom] > timezone.localdate():
            raise ActeInvalide("Ce jour est à venir.", {nom: "Un versement fait porte un jour passé, ou aujourd'hui."})
    avant = {nom: getattr(ligne, nom) for nom in champs}
    changes = {nom: valeur for nom, valeur in champs.items() if valeur != avant[nom]}
    if not changes:
        return ligne
    with act():
        _take(exercice, version)
        LigneAci.objects.filter(pk=ligne.pk).update(**changes)
        montants = {nom: "" if valeur is None else str(valeur) for nom, valeur in changes.items()}
        write_evenement(exercice.cpts, "aci_montants", par, ligne=ligne.pk, exercice=exercice.rang, **montants)
    ligne.refresh_from_db()
    return ligne


def close_exercice(exercice: ExerciceAci, *, par: Any, version: int) -> ExerciceAci:
    """Nothing of the year changes any more: what was expected is what was kept that day."""
    _check(exercice, par)
    with act():
        _take(exercice, version, clos_le=timezone.localdate())
        write_evenement(exercice.cpts, "aci_exercice_clos", par, exercice=exercice.rang)
    return exercice


def reopen_exercice(exercice: ExerciceAci, *, par: Any, version: int, motif: str) -> ExerciceAci:
    if not may_pay(par, exercice.cpts):
        raise DroitRefuse("Rouvrir un exercice revient à l'ARS ou à la CPAM.")
    if not motif.strip():
        raise ActeInvalide("Écrivez pourquoi.", {"motif": "Écrivez pourquoi l'exercice est rouvert."})
    with act():
        _take(exercice, version, clos_le=None)
        write_evenement(exercice.cpts, "aci_exercice_rouvert", par, exercice=exercice.rang, motif=motif[:500])
    return exercice


def _check(exercice: ExerciceAci, par: Any) -> None:
    if not may_pay(par, exercice.cpts):
        raise DroitRefuse("Les montants sont saisis par l'ARS ou la CPAM, jamais par qui coordonne cette CPTS.")
    if exercice.clos_le is not None:
        raise ActeInvalide(CLOS)


def _take(exercice: ExerciceAci, version: int, **champs: Any) -> None:
    """The year, if nobody wrote in it since the page was opened."""
    if not ExerciceAci.objects.filter(pk=exercice.pk, version=version).update(version=F("version") + 1, **champs):
        raise VersionPerimee(CHANGE)
    exercice.refresh_from_db()


@dataclass(frozen=True, slots=True)
class Versement:
    """A payment expected on a day. `montant` None: « à renseigner ». `fait_le`: paid that day, `paye` euros."""

    le: date
    nature: str
    exercice: ExerciceLu
    ligne: LigneLue
    montant: Decimal | None
    paye: Decimal | None
    fait_le: date | None

    def is_retard(self, au: date) -> bool:
        return self.fait_le is None and self.le < au and bool(self.montant)


def list_versements(livre: Sequence[ExerciceLu]) -> list[Versement]:
    """The advances and the balances of the fixed parts, in the order of days. Those of nothing due are left out.

    Of a year cut by the end of the contract, no advance is awaited any more: one balance settles it.
    """
    versements = []
    for exercice in livre:
        for lue in exercice.lignes:
            fixe, ligne = lue.fixe, lue.ligne
            if fixe is None or fixe.depuis is None:
                continue
            if fixe.avance_le is not None and (not lue.fini or (ligne and ligne.avance_le)):
                paye = (ligne.avance, ligne.avance_le) if ligne else (None, None)
                versements.append(Versement(fixe.avance_le, "Avance", exercice, lue, fixe.avance, *paye))
            if fixe.solde_le is not None:
                paye = (ligne.solde, ligne.solde_le) if ligne else (None, None)
                versements.append(Versement(fixe.solde_le, "Solde", exercice, lue, fixe.solde, *paye))
    return sorted(versements, key=lambda v: (v.le, v.exercice.annee.rang, v.ligne.mission, v.nature))
