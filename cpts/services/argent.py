"""The ledger of an ACI: year by year and line by line, what is expected, granted and paid, and where it comes from.

What is expected is computed when it is read, from the parameters and the missions; `LigneAci.prevu` keeps the same
figure, written with each act that changes it, and is what a closed year shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from cpts.enums import VoletAci
from cpts.models import Cpts, ExerciceAci, LigneAci, Mission
from cpts.regles.argent import (
    ZERO,
    Annee,
    Fixe,
    PartVariable,
    Somme,
    TropPercu,
    add_up,
    compute_fixe,
    compute_trop_percu,
    is_majoree,
    list_annees,
    round_cent,
    share_variable,
)
from cpts.regles.etapes import DUREE_ACI, add_annees
from cpts.regles.missions import add_mois
from cpts.services.argent_parametres import Bareme, Valeur, read_bareme
from cpts.services.missions_calculs import IndicateurLu, read_indicateurs

EXERCICES_MAX = 50
SIGNEES_MAX = 3_000
SANS_TAILLE = "aucun périmètre approuvé au premier jour de l'exercice : taille à renseigner"
SANS_MONTANT = "montant à renseigner : aucun texte lu ne le donne, l'ARS l'écrit dans les paramètres"
NON_DEMARREE = "mission non démarrée : rien n'est dû"
APRES_LA_FIN = "après la fin de l'ACI : rien n'est dû"
A_INSTRUIRE = "fin de l'ACI en cours d'année : à instruire, aucun texte lu ne dit ce qui reste dû"


@dataclass(frozen=True, slots=True)
class LigneLue:
    """A line of a year. `prevu` None: « à renseigner », and `origine` says why. `fini`: its contract ended by then."""

    mission: str
    volet: str
    prevu: Decimal | None
    origine: str
    ligne: LigneAci | None = None
    fixe: Fixe | None = None
    annuel: Valeur | None = None
    parts: Sequence[tuple[IndicateurLu, PartVariable]] = ()
    demonstration: bool = False
    fini: bool = False

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

    @property
    def trop_percu(self) -> TropPercu | None:
        """What was paid beyond what is due, to instruct."""
        return compute_trop_percu(
            self.verse,
            accorde=None if self.ligne is None else self.ligne.accorde,
            du=self.prevu,
            proratas=self.fixe.proratas if self.fixe else None,
            fini=self.fini,
        )


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


def list_exercices(cpts: Cpts, *, apres: int = 0) -> list[Annee]:
    """The years of the contract; five when its end is not told. `apres`: the last rank of a former contract."""
    if cpts.aci_signe_le is None:
        return []
    fin = cpts.aci_fin_le or add_annees(cpts.aci_signe_le, DUREE_ACI)
    return list_annees(cpts.aci_signe_le, fin, apres=apres)


def read_exercices(cpts: Cpts) -> tuple[dict[int, ExerciceAci], list[Annee]]:
    """The years written, by rank, and those of the contract: after those of a contract that ended before it."""
    ecrits = {lu.rang: lu for lu in ExerciceAci.objects.filter(cpts=cpts).order_by("rang")[:EXERCICES_MAX]}
    signe_le = cpts.aci_signe_le
    anciens = [rang for rang, lu in ecrits.items() if signe_le is not None and lu.periode.lower < signe_le]
    return ecrits, list_exercices(cpts, apres=max(anciens, default=0))


def build_livre(cpts: Cpts, *, au: date | None) -> list[ExerciceLu]:
    """Every year of the ledger, in few queries whatever the number of lines. `au` None: nothing is estimated."""
    exercices, annees = read_exercices(cpts)
    lignes: dict[tuple[int, str, str], LigneAci] = {
        (lue.exercice_id, lue.mission, lue.volet): lue
        for lue in LigneAci.objects.filter(exercice__cpts=cpts).order_by("pk")[:2_000]
    }
    missions = list(Mission.objects.filter(cpts=cpts).order_by("pk")[:20])
    lus = {} if au is None else read_indicateurs(cpts, [annee.debut.year for annee in annees], au=au)
    bareme = read_bareme(cpts)
    livre = _read_gardes(cpts, exercices, annees, lignes)
    for annee in annees:
        exercice = exercices.get(annee.rang)
        if exercice is None:
            continue
        prevues = _compute_lignes(cpts, annee, exercice.taille, missions, bareme, lus.get(annee.debut.year, {}))
        lues = [_join(prevue, exercice, lignes, fini=annee.arret is not None) for prevue in prevues]
        livre.append(ExerciceLu(annee, exercice, exercice.taille, lues))
    return sorted(livre, key=lambda lu: lu.annee.rang)


def _read_gardes(
    cpts: Cpts,
    exercices: dict[int, ExerciceAci],
    annees: Sequence[Annee],
    lignes: dict[tuple[int, str, str], LigneAci],
) -> list[ExerciceLu]:
    """The years that are not of the contract, as they were written: of a former one, or paid beyond the end."""
    rangs = {annee.rang for annee in annees}
    gardes = []
    for rang, exercice in exercices.items():
        siennes = [ligne for (cle, _, _), ligne in lignes.items() if cle == exercice.pk]
        if rang in rangs or not siennes:
            continue
        annee = build_annee(exercice)
        apres = is_apres(cpts, exercice)
        lues = [
            LigneLue(
                ligne.mission,
                ligne.volet,
                ZERO if apres else ligne.prevu,
                APRES_LA_FIN if apres else ligne.origine,
                ligne,
                fini=apres or annee.arret is not None,
            )
            for ligne in siennes
            if not apres or is_payee(ligne)
        ]
        if lues:
            gardes.append(ExerciceLu(annee, exercice, exercice.taille, lues))
    return gardes


def build_annee(exercice: ExerciceAci) -> Annee:
    """As it was written: a year shorter than a year was cut by the end of its contract."""
    debut, terme = exercice.periode.lower, exercice.periode.upper
    fin = add_mois(debut, 12)
    return Annee(exercice.rang, debut, fin, terme if (fin - terme).days > 1 else None)


def is_apres(cpts: Cpts, exercice: ExerciceAci) -> bool:
    """Whether the contract ended before this year began."""
    return cpts.aci_signe_le is not None and cpts.aci_fin_le is not None and exercice.periode.lower >= cpts.aci_fin_le


def is_payee(ligne: LigneAci) -> bool:
    return (ligne.accorde, ligne.avance, ligne.solde) != (None, None, None)


def _join(
    prevue: LigneLue, exercice: ExerciceAci, lignes: dict[tuple[int, str, str], LigneAci], *, fini: bool
) -> LigneLue:
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
        fini,
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
    regle = bareme.find("fin_anticipee", annee.debut)
    coupe = regle.texte if regle else ""
    fixe = compute_fixe(montant, annee, annee.debut, taux=taux, fin_anticipee=coupe)
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
    if du is not None and annee.arret is not None:
        cut = compute_fixe(du, annee, annee.debut, taux=None, fin_anticipee=coupe)
        du, origine = cut.du, origine if cut.du is not None else A_INSTRUIRE
    return [*lignes, LigneLue("", VoletAci.MAJORE, du, origine, annuel=part)]


def _compute_fixe_mission(annee: Annee, taille: int | None, mission: Mission, bareme: Bareme) -> LigneLue:
    annuel = bareme.find("mission_fixe", annee.debut, taille=taille, mission=mission.type) if taille else None
    avance = bareme.find("avance_fixe", annee.debut)
    prorata = bareme.find("prorata", annee.debut)
    coupe = bareme.find("fin_anticipee", annee.debut)
    taux = avance.valeur / 100 if avance and avance.valeur is not None else None
    fixe = compute_fixe(
        annuel.valeur if annuel else None,
        annee,
        mission.demarree_le,
        taux=taux,
        par_mois=prorata is not None and prorata.texte == "mois",
        fin_anticipee=coupe.texte if coupe else "",
    )
    return _build(mission.type, VoletAci.FIXE, fixe, annuel, taille)


def _build(mission: str, volet: str, fixe: Fixe, annuel: Valeur | None, taille: int | None) -> LigneLue:
    """A fixed line, and why it is not filled when it is not."""
    if fixe.depuis is None:
        origine = NON_DEMARREE
    elif annuel is None or annuel.valeur is None:
        origine = SANS_TAILLE if taille is None else SANS_MONTANT
    elif fixe.du is None:
        origine = A_INSTRUIRE
    else:
        origine = annuel.reference
    demonstration = annuel is not None and annuel.demonstration and fixe.depuis is not None
    return LigneLue(mission, volet, fixe.du, origine, fixe=fixe, annuel=annuel, demonstration=demonstration)


def _compute_variable(
    annee: Annee, taille: int | None, mission: Mission, bareme: Bareme, indicateurs: Sequence[IndicateurLu]
) -> LigneLue:
    """The whole variable part, and what each indicator would earn of it today."""
    if mission.demarree_le is None or mission.demarree_le >= annee.terme:
        return LigneLue(mission.type, VoletAci.VARIABLE, ZERO, NON_DEMARREE)
    annuel = bareme.find("mission_variable", annee.debut, taille=taille, mission=mission.type) if taille else None
    montant = annuel.valeur if annuel else None
    parts = share_variable(montant, [lu.taux for lu in indicateurs])
    origine = (SANS_TAILLE if taille is None else SANS_MONTANT) if annuel is None else annuel.reference
    if montant is not None and annee.arret is not None:
        montant, origine = None, A_INSTRUIRE
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
