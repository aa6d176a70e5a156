"""Writing the ledger of an ACI: its years, their size and what is expected of each line, as `argent` computes them."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutPerimetre
from cpts.models import Cpts, ExerciceAci, LigneAci, Perimetre
from cpts.regles.argent import Annee
from cpts.services.argent import EXERCICES_MAX, LigneLue, build_livre, is_apres, read_exercices


def refresh_argent(cpts: Cpts) -> int:
    """Write the years of the contract, their size and their expected amounts. Returns the rows changed: 0 again.

    A closed year is left alone. The size is that of the perimeter in force at the first day of the year. The years
    that follow the end of a contract leave, but those in which something was granted or paid.
    """
    connus, annees = read_exercices(cpts)
    nouveaux = [annee for annee in annees if annee.rang not in connus]
    ExerciceAci.objects.bulk_create(
        [ExerciceAci(cpts=cpts, rang=une.rang, periode=DateRange(une.debut, une.terme)) for une in nouveaux],
        ignore_conflicts=True,
    )
    changees = (
        len(nouveaux)
        + _remove_apres(cpts, connus.values())
        + _refresh_exercices(cpts, {annee.rang: annee for annee in annees})
    )
    ouverts = [lu for lu in build_livre(cpts, au=None) if lu.exercice.clos_le is None]
    ajoutees, modifiees = [], []
    for lu in ouverts:
        for lue in lu.lignes:
            if lue.ligne is None:
                ajoutees.append(_build_ligne(lu.exercice, lue))
            elif (lue.ligne.prevu, lue.ligne.origine) != (lue.prevu, lue.origine[:200]):
                lue.ligne.prevu, lue.ligne.origine = lue.prevu, lue.origine[:200]
                modifiees.append(lue.ligne)
    LigneAci.objects.bulk_create(ajoutees, ignore_conflicts=True)
    if modifiees:
        LigneAci.objects.bulk_update(modifiees, ["prevu", "origine"])
    return changees + len(ajoutees) + len(modifiees)


def _remove_apres(cpts: Cpts, exercices: Iterable[ExerciceAci]) -> int:
    """What was only expected of the years after the end of the contract."""
    apres = [lu.pk for lu in exercices if lu.clos_le is None and is_apres(cpts, lu)]
    if not apres:
        return 0
    vides = LigneAci.objects.filter(exercice__in=apres, accorde=None, avance=None, solde=None)
    retirees, _ = vides.delete()
    ExerciceAci.objects.filter(pk__in=apres, lignes=None).delete()
    return retirees


def _refresh_exercices(cpts: Cpts, annees: dict[int, Annee]) -> int:
    approuves: list[tuple[Any, int | None, int | None]] = list(
        Perimetre.objects.filter(cpts=cpts, statut=StatutPerimetre.APPROUVE)
        .order_by("pk")
        .values_list("periode", "taille", "population")[:200]
    )
    changees = 0
    for exercice in ExerciceAci.objects.filter(cpts=cpts, clos_le=None).order_by("rang")[:EXERCICES_MAX]:
        annee = annees.get(exercice.rang)
        if annee is None:
            continue
        taille, population = next(
            ((taille, population) for periode, taille, population in approuves if annee.debut in periode),
            (None, None),
        )
        periode = DateRange(annee.debut, annee.terme)
        if (exercice.taille, exercice.population, exercice.periode) != (taille, population, periode):
            valeurs = {"taille": taille, "population": population, "periode": periode}
            changees += ExerciceAci.objects.filter(pk=exercice.pk).update(**valeurs)
    return changees


def _build_ligne(exercice: ExerciceAci, lue: LigneLue) -> LigneAci:
    return LigneAci(
        exercice=exercice, mission=lue.mission, volet=lue.volet, prevu=lue.prevu, origine=lue.origine[:200]
    )
