"""The ledger of an ACI: year by year and line by line, what is expected, granted and paid, and where it comes from.

What is expected is computed when it is read, from the parameters and the missions; `LigneAci.prevu` keeps the same
figure, written with each act that changes it, and is what a closed year shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.enums import StatutPerimetre, VoletAci
from cpts.models import Cpts, ExerciceAci, LigneAci, Mission, Perimetre
from cpts.regles.argent import (
    ZERO,
    Annee,
    Fixe,
    PartVariable,
    Somme,
    add_up,
    compute_fixe,
    is_majoree,
    list_annees,
    round_cent,
    share_variable,
)
from cpts.regles.missions import add_mois
from cpts.services.argent_parametres import Bareme, Valeur, read_bareme
from cpts.services.missions_calculs import IndicateurLu, read_indicateurs

DUREE_ANS = 5
EXERCICES_MAX = 50
SIGNEES_MAX = 3_000
SANS_TAILLE = "aucun périmètre approuvé au premier jour de l'exercice : taille à renseigner"
SANS_MONTANT = "montant à renseigner : aucun texte lu ne le donne, l'ARS l'écrit dans les paramètres"
NON_DEMARREE = "mission non démarrée : rien n'est dû"


@dataclass(frozen=True, slots=True)
class LigneLue:
    """A line of a year. `prevu` None: « à renseigner », and `origine` says why."""

    mission: str
    volet: str
    prevu: Decimal | None
    origine: str
    ligne: LigneAci | None = None
    fixe: Fixe | None = None
    annuel: Valeur | None = None
    parts: Sequence[tuple[IndicateurLu, PartVariable]] = ()
    demonstration: bool = False

    @property
    def est_variable(self) -> bool:
        return self.volet == VoletAci.VARIABLE

    @property
    def estimation(self) -> Somme | None:
        """What the indicators reached today would give of a variable part. None: nothing to estimate from."""
        if not self.est_variable or not self.parts or self.prevu is None:
            return None
        return add_up(part.estimation for _, part in self.parts)

    @property
    def attendu(self) -> Decimal | None:
        """What this line brings if nothing changes: granted when it was, else estimated, else expected."""
        if self.ligne is not None and self.ligne.accorde is not None:
            return self.ligne.accorde
        if not self.est_variable:
            return self.prevu
        estimee = self.estimation
        return None if estimee is None or estimee.partielle else estimee.montant

    @property
    def verse(self) -> Decimal:
        if self.ligne is None:
            return ZERO
        return (self.ligne.avance or ZERO) + (self.ligne.solde or ZERO)


@dataclass(frozen=True, slots=True)
class ExerciceLu:
    """A year and its lines; its totals say « au moins » when one is not filled."""

    annee: Annee
    exercice: ExerciceAci
    taille: int | None
    lignes: Sequence[LigneLue] = field(default_factory=tuple)

    @property
    def prevu(self) -> Somme:
        return add_up(ligne.prevu for ligne in self.lignes)

    @property
    def attendu(self) -> Somme:
        return add_up(ligne.attendu for ligne in self.lignes)

    @property
    def accorde(self) -> Somme:
        return add_up(ligne.ligne.accorde if ligne.ligne else None for ligne in self.lignes)

    @property
    def verse(self) -> Decimal:
        return sum((ligne.verse for ligne in self.lignes), ZERO)

    def find_variables(self) -> list[LigneLue]:
        return [ligne for ligne in self.lignes if ligne.est_variable]


def list_exercices(cpts: Cpts) -> list[Annee]:
    """The years of the contract; five when its end is not told."""
    if cpts.aci_signe_le is None:
        return []
    fin = cpts.aci_fin_le or add_mois(cpts.aci_signe_le, 12 * DUREE_ANS)
    return list_annees(cpts.aci_signe_le, fin)


def build_livre(cpts: Cpts, *, au: date | None) -> list[ExerciceLu]:
    """Every year of the ledger, in few queries whatever the number of lines. `au` None: nothing is estimated."""
    exercices = {lu.rang: lu for lu in ExerciceAci.objects.filter(cpts=cpts).order_by("rang")[:EXERCICES_MAX]}
    annees = [annee for annee in list_exercices(cpts) if annee.rang in exercices]
    lignes: dict[tuple[int, str, str], LigneAci] = {
        (lue.exercice_id, lue.mission, lue.volet): lue
        for lue in LigneAci.objects.filter(exercice__cpts=cpts).order_by("pk")[:2_000]
    }
    missions = list(Mission.objects.filter(cpts=cpts).order_by("pk")[:20])
    lus = {} if au is None else read_indicateurs(cpts, [annee.debut.year for annee in annees], au=au)
    bareme = read_bareme(cpts)
    livre = []
    for annee in annees:
        exercice = exercices[annee.rang]
        prevues = _compute_lignes(cpts, annee, exercice.taille, missions, bareme, lus.get(annee.debut.year, {}))
        lues = [_join(prevue, exercice, lignes) for prevue in prevues]
        livre.append(ExerciceLu(annee, exercice, exercice.taille, lues))
    return livre


def _join(prevue: LigneLue, exercice: ExerciceAci, lignes: dict[tuple[int, str, str], LigneAci]) -> LigneLue:
    """With what was granted and paid; a closed year shows what was expected the day it was closed."""
    ligne = lignes.get((exercice.pk, prevue.mission, prevue.volet))
    close = exercice.clos_le is not None and ligne is not None
    return LigneLue(
        prevue.mission,
        prevue.volet,
        ligne.prevu if close and ligne else prevue.prevu,
        ligne.origine if close and ligne else prevue.origine,
        ligne,
        prevue.fixe,
        prevue.annuel,
        prevue.parts,
        prevue.demonstration,
    )


def _compute_lignes(
    cpts: Cpts,
    annee: Annee,
    taille: int | None,
    missions: Sequence[Mission],
    bareme: Bareme,
    indicateurs: dict[int, list[IndicateurLu]],
) -> list[LigneLue]:
    """The functioning, its increase, then each mission's fixed and variable parts."""
    lignes = _compute_fonctionnement(cpts, annee, taille, bareme)
    for mission in missions:
        lignes.append(_compute_fixe_mission(annee, taille, mission, bareme))
        lignes.append(_compute_variable(annee, taille, mission, bareme, indicateurs.get(mission.pk, [])))
    return lignes


def _compute_fonctionnement(cpts: Cpts, annee: Annee, taille: int | None, bareme: Bareme) -> list[LigneLue]:
    annuel = bareme.find("fonctionnement", annee.debut, taille=taille) if taille else None
    avance = bareme.find("avance_fonctionnement", annee.debut, taille=taille)
    taux = avance.valeur / 100 if avance and avance.valeur is not None else None
    montant = annuel.valeur if annuel else None
    fixe = compute_fixe(montant, annee, annee.debut, taux=taux)
    lignes = [_build("", VoletAci.FIXE, fixe, annuel, taille)]
    majoree = is_majoree(cpts.aci_signe_le) if cpts.aci_signe_le else False
    if majoree is False:
        return lignes
    part = bareme.find("majoration", annee.debut)
    durable = bareme.find("majoration_annees", annee.debut)
    du: Decimal | None = None
    origine = "signé le 31/12/2021 : le texte dit « avant », à renseigner" if majoree is None else SANS_TAILLE
    if majoree and montant is not None and part is not None and part.valeur is not None:
        du, origine = round_cent(montant * part.valeur / 100), part.reference
        if annee.rang > 1 and (durable is None or durable.valeur is None):
            du, origine = None, "nombre d'années de la majoration à renseigner : aucun texte lu ne le donne"
        elif annee.rang > 1 and durable and durable.valeur is not None and annee.rang > durable.valeur:
            return lignes
    return [*lignes, LigneLue("", VoletAci.MAJORE, du, origine, annuel=part)]


def _compute_fixe_mission(annee: Annee, taille: int | None, mission: Mission, bareme: Bareme) -> LigneLue:
    annuel = bareme.find("mission_fixe", annee.debut, taille=taille, mission=mission.type) if taille else None
    avance = bareme.find("avance_fixe", annee.debut)
    prorata = bareme.find("prorata", annee.debut)
    taux = avance.valeur / 100 if avance and avance.valeur is not None else None
    fixe = compute_fixe(
        annuel.valeur if annuel else None,
        annee,
        mission.demarree_le,
        taux=taux,
        par_mois=prorata is not None and prorata.texte == "mois",
    )
    return _build(mission.type, VoletAci.FIXE, fixe, annuel, taille)


def _build(mission: str, volet: str, fixe: Fixe, annuel: Valeur | None, taille: int | None) -> LigneLue:
    """A fixed line, and why it is not filled when it is not."""
    if fixe.depuis is None:
        origine = NON_DEMARREE
    elif annuel is None or annuel.valeur is None:
        origine = SANS_TAILLE if taille is None else SANS_MONTANT
    else:
        origine = annuel.reference
    demonstration = annuel is not None and annuel.demonstration and fixe.depuis is not None
    return LigneLue(mission, volet, fixe.du, origine, fixe=fixe, annuel=annuel, demonstration=demonstration)


def _compute_variable(
    annee: Annee, taille: int | None, mission: Mission, bareme: Bareme, indicateurs: Sequence[IndicateurLu]
) -> LigneLue:
    """The whole variable part, and what each indicator would earn of it today."""
    if mission.demarree_le is None or mission.demarree_le >= annee.fin:
        return LigneLue(mission.type, VoletAci.VARIABLE, ZERO, NON_DEMARREE)
    annuel = bareme.find("mission_variable", annee.debut, taille=taille, mission=mission.type) if taille else None
    montant = annuel.valeur if annuel else None
    parts = share_variable(montant, [lu.taux for lu in indicateurs])
    origine = (SANS_TAILLE if taille is None else SANS_MONTANT) if annuel is None else annuel.reference
    return LigneLue(
        mission.type,
        VoletAci.VARIABLE,
        montant,
        origine,
        annuel=annuel,
        parts=tuple(zip(indicateurs, parts, strict=True)),
        demonstration=annuel is not None and annuel.demonstration,
    )


def list_signees(region: str = "") -> list[Cpts]:
    """The CPTS with an ACI, of a région or of all of them."""
    signees = Cpts.objects.filter(aci_signe_le__isnull=False)
    return list((signees.filter(region_code=region) if region else signees).order_by("code")[:SIGNEES_MAX])


def refresh_argent(cpts: Cpts) -> int:
    """Write the years of the contract, their size and their expected amounts. Returns the rows changed: 0 again.

    A closed year is left alone. The size is that of the perimeter in force at the first day of the year.
    """
    annees = list_exercices(cpts)
    connus = set(ExerciceAci.objects.filter(cpts=cpts).order_by("rang").values_list("rang", flat=True)[:EXERCICES_MAX])
    nouveaux = [annee for annee in annees if annee.rang not in connus]
    ExerciceAci.objects.bulk_create(
        [ExerciceAci(cpts=cpts, rang=une.rang, periode=DateRange(une.debut, une.fin)) for une in nouveaux],
        ignore_conflicts=True,
    )
    changees = len(nouveaux) + _refresh_exercices(cpts, {annee.rang: annee for annee in annees})
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
        periode = DateRange(annee.debut, annee.fin)
        if (exercice.taille, exercice.population, exercice.periode) != (taille, population, periode):
            valeurs = {"taille": taille, "population": population, "periode": periode}
            changees += ExerciceAci.objects.filter(pk=exercice.pk).update(**valeurs)
    return changees


def _build_ligne(exercice: ExerciceAci, lue: LigneLue) -> LigneAci:
    return LigneAci(
        exercice=exercice, mission=lue.mission, volet=lue.volet, prevu=lue.prevu, origine=lue.origine[:200]
    )
