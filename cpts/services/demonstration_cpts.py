"""The CPTS of the demonstration: that of the Chalonnais, thirty-one others with an ACI, a few on their way.

The texts say of the CPTS du Chalonnais: ACI signed on 27/09/2024, the thirty-second of the région, 130,000 inhabitants
on about a hundred communes, four in five inhabitants of the région covered. Everything else (which communes, the other
CPTS, their days) is invented: each row bears `demonstration`, each act says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cpts.calculs.groupes_demonstration import (
    Lieu,
    build_blocs,
    choose_proches,
    group_blocs,
    list_limitrophes,
)
from cpts.calculs.perimetres import find_taille
from cpts.enums import ActionCpts, StatutCpts, StatutPerimetre
from cpts.lecture_perimetres import RegleTaille, read_regle_taille
from cpts.models import ActeCpts, CommunePerimetre, Cpts, Perimetre
from cpts.regles.etapes import CHEMIN, DUREE_ACI, add_annees
from cpts.services.demonstration_documents import write_pieces
from cpts.services.vie_creation import build_base
from portal.accounts.enums import TypeOrganisation
from portal.accounts.models import Organisation
from portal.core.outbox import emit
from zonage.models import Commune

REGION: Final = "27"
CODE: Final = "71-chalonnais"
NOM: Final = "CPTS du Chalonnais"
CHALON: Final = "71076"
EPCI_CHALONNAIS: Final = ("247100589", "247104094")
"""Le Grand Chalon and Sud Côte Chalonnaise, whole; the rural communes nearest to Chalon complete them."""
COMMUNES: Final = 99
RURALE_MAX: Final = 550
SIGNE_LE: Final = date(2024, 9, 27)
AUTRES: Final = 31
PART: Final = 0.8
PREMIER_PERIMETRE: Final = date(2023, 3, 1)
PREMIER_ACI: Final = date(2021, 2, 1)
DELAIS: Final = (620, 540, 525, 190, 95, 0)
"""Days before the signature of each step of the straight way. Invented."""
EN_CHEMIN: Final = (
    StatutCpts.LETTRE_DEPOSEE,
    StatutCpts.LETTRE_VALIDEE,
    StatutCpts.PROJET_REDACTION,
    StatutCpts.PROJET_DEPOSE,
)
RELEVE: Final = date(2025, 9, 1)
"""The day by which those on their way had reached their state."""
SOURCE: Final = "Exemple inventé pour la démonstration"
TEXTE: Final = (
    "Acte inventé pour la démonstration, document inventé : seul le jour de la signature est dans les textes."
)
INVENTE: Final = "Acte inventé pour la démonstration, sans document."
JOINT: Final = "ARS et Assurance maladie (exemple)"
DECIDES: Final = {ActionCpts.VALIDER_LETTRE, ActionCpts.VALIDER_PROJET, ActionCpts.SIGNER_ACI, ActionCpts.RENOUVELER}


@dataclass(frozen=True, slots=True)
class Plan:
    """A CPTS to write. `depuis`: the first day of its perimeter; None: a draft."""

    code: str
    nom: str
    siege: Lieu
    lieux: Sequence[Lieu]
    statut: StatutCpts
    signe_le: date | None
    depuis: date | None


def load_cpts(avance: Callable[[str], None]) -> str:
    """Write what is not there yet: a second run, or an act done since, changes nothing."""
    avance("CPTS")
    lieux = read_lieux()
    if CHALON not in lieux:
        return "CPTS de démonstration : la Bourgogne-Franche-Comté n'est pas chargée, rien n'est écrit."
    with transaction.atomic():
        deja = set(Cpts.objects.filter(region_code=REGION).order_by("pk").values_list("pk", flat=True)[:1_000])
        plans = [plan for plan in build_plans(lieux) if plan.code not in deja]
        if plans:
            write_plans(plans)
            for sujet in ("cpts.cpts", "cpts.aci", "cpts.perimetre"):
                emit(sujet, CODE, cle="demonstration")
    return f"CPTS de démonstration : {len(plans)} écrites, {len(deja)} déjà là."


def read_lieux() -> dict[str, Lieu]:
    """The communes of the région that have a place and an EPCI, by code."""
    lues = Commune.objects.filter(departement__region=REGION, type="COM", longitude__isnull=False, epci__isnull=False)
    champs = (
        "code_insee", "nom", "departement_id", "epci_id", "population", "millesime_population", "longitude",
        "latitude", "voisines",
    )  # fmt: skip
    lieux = {}
    for ligne in lues.order_by("code_insee").values_list(*champs)[:10_000]:
        code, nom, departement, epci, population, millesime, longitude, latitude, voisines = ligne
        lieux[code] = Lieu(
            code, nom, departement, epci, population or 0, millesime, longitude, latitude, tuple(voisines)
        )
    return lieux


def build_plans(lieux: dict[str, Lieu]) -> Iterator[Plan]:
    chalonnais = choose_chalonnais(lieux)
    yield Plan(CODE, NOM, lieux[CHALON], chalonnais, StatutCpts.ACI_SIGNE, SIGNE_LE, date(2024, 6, 24))
    pris = {lieu.code for lieu in chalonnais}
    blocs = build_blocs(lieu for code, lieu in lieux.items() if code not in pris)
    cible = int(PART * sum(lieu.population for lieu in lieux.values())) - sum(lieu.population for lieu in chalonnais)
    groupes = group_blocs(blocs, nombre=AUTRES, cible=cible, ecart_km=22, portee_km=40)
    par_epci: dict[str, list[Lieu]] = {}
    for code, lieu in lieux.items():
        if code not in pris:
            par_epci.setdefault(lieu.epci, []).append(lieu)
    ensembles = [[lieu for epci in groupe.epci for lieu in par_epci[epci]] for groupe in groupes]
    add_chevauchements({lieu.code: lieu for lieu in chalonnais}, ensembles)
    codes: set[str] = {CODE}
    for rang, (groupe, ensemble) in enumerate(zip(groupes, ensembles, strict=True)):
        signe_le = shift(PREMIER_ACI + timedelta(days=rang * 42))
        noyau = par_epci[groupe.epci[0]]
        yield _build(noyau, ensemble, codes, StatutCpts.ACI_SIGNE, signe_le, signe_le - timedelta(days=DELAIS[4]))
    utilises = {epci for groupe in groupes for epci in groupe.epci}
    libres = [bloc.code for bloc in blocs if bloc.code not in utilises][: len(EN_CHEMIN)]
    for statut, epci in zip(EN_CHEMIN, libres, strict=False):
        yield _build(par_epci[epci], par_epci[epci], codes, statut, None, None)


def _build(
    noyau: Sequence[Lieu],
    lieux: Sequence[Lieu],
    codes: set[str],
    statut: StatutCpts,
    signe_le: date | None,
    depuis: date | None,
) -> Plan:
    """Named after the largest commune of its core. The code is the same at each run: it does not look at the base."""
    siege = max(noyau, key=lambda lieu: (lieu.population, lieu.code))
    base, rang = build_base(siege.departement, siege.nom), 1
    code = base
    while code in codes:
        rang += 1
        code = f"{base[:18]}-{rang}"
    codes.add(code)
    return Plan(code, f"CPTS exemple – {siege.nom}", siege, lieux, statut, signe_le, depuis)


def choose_chalonnais(lieux: dict[str, Lieu]) -> list[Lieu]:
    entieres = [lieu for lieu in lieux.values() if lieu.epci in EPCI_CHALONNAIS]
    autour = [lieu for lieu in lieux.values() if lieu.epci not in EPCI_CHALONNAIS and lieu.population < RURALE_MAX]
    return entieres + choose_proches(autour, lieux[CHALON], COMMUNES - len(entieres))


def add_chevauchements(chalonnais: dict[str, Lieu], ensembles: list[list[Lieu]]) -> None:
    """The two neighbours that touch the Chalonnais most also draw two of its communes: an overlap to settle."""
    contacts = [list_limitrophes(chalonnais, (lieu.code for lieu in ensemble)) for ensemble in ensembles]
    voisins = sorted(range(len(ensembles)), key=lambda rang: (-len(contacts[rang]), rang))[:2]
    for rang in voisins:
        ensembles[rang] += [chalonnais[code] for code in contacts[rang][:2]]


def shift(jour: date) -> date:
    """A working day of the week: the Friday before a week-end."""
    return jour - timedelta(days=max(0, jour.weekday() - 4))


def write_plans(plans: Sequence[Plan]) -> None:
    organisations = {
        plan.code: Organisation.objects.get_or_create(
            type=TypeOrganisation.CPTS,
            code=plan.code,
            defaults={"nom": plan.nom, "region_code": REGION, "departement_code": plan.siege.departement},
        )[0]
        for plan in plans
    }
    Cpts.objects.bulk_create(
        Cpts(
            code=plan.code,
            nom=plan.nom,
            organisation=organisations[plan.code],
            region_code=REGION,
            departement_code=plan.siege.departement,
            siege_id=plan.siege.code,
            statut=plan.statut,
            aci_signe_le=plan.signe_le,
            aci_fin_le=find_terme(plan.signe_le) if plan.signe_le else None,
            demonstration=True,
        )
        for plan in plans
    )
    actes = ActeCpts.objects.bulk_create(acte for plan in plans for acte in build_actes(plan))
    for cpts in Cpts.objects.filter(pk__in=[plan.code for plan in plans if plan.code == CODE]).order_by("pk"):
        write_pieces(cpts, [acte for acte in actes if acte.cpts_id == cpts.pk])
    write_perimetres(plans)


def find_terme(signe_le: date) -> date:
    """Those whose five years are over are renewed: their next term."""
    terme = add_annees(signe_le, DUREE_ACI)
    return terme if terme > timezone.localdate() else add_annees(terme, DUREE_ACI)


def build_actes(plan: Plan) -> Iterator[ActeCpts]:
    """The straight way up to the state; then the renewal of an ACI whose five years are over."""
    dernier = plan.signe_le or RELEVE
    etats = [statut for statut, _action in CHEMIN]
    franchies = CHEMIN[: etats.index(plan.statut)]
    delais = DELAIS if plan.signe_le else [(len(franchies) - rang - 1) * 75 for rang in range(len(franchies))]
    for rang, (source, action) in enumerate(franchies):
        if action is None:
            continue
        jour = dernier - timedelta(days=delais[rang])
        yield _build_acte(plan, action, source, etats[rang + 1], jour if jour == dernier else shift(jour))
    if plan.signe_le and (terme := add_annees(plan.signe_le, DUREE_ACI)) <= timezone.localdate():
        yield _build_acte(plan, ActionCpts.RENOUVELER, plan.statut, plan.statut, terme)


def _build_acte(plan: Plan, action: ActionCpts, source: StatutCpts, cible: StatutCpts, jour: date) -> ActeCpts:
    return ActeCpts(
        cpts_id=plan.code,
        action=action,
        source=source,
        cible=cible,
        date_acte=jour,
        decide_par=JOINT if action in DECIDES else "",
        commentaire=TEXTE if plan.code == CODE else INVENTE,
    )


def write_perimetres(plans: Sequence[Plan]) -> None:
    """In force since before the signature, or a draft; that of the Chalonnais was smaller at first."""
    regle = read_regle_taille(REGION, timezone.localdate())
    ecrits = [(_build_perimetre(plan, plan.lieux, plan.depuis, None, regle), plan.lieux) for plan in plans]
    for plan in plans:
        if plan.code == CODE:
            avant = [lieu for lieu in plan.lieux if lieu.epci in EPCI_CHALONNAIS]
            ecrits.append((_build_perimetre(plan, avant, PREMIER_PERIMETRE, plan.depuis, regle), avant))
    Perimetre.objects.bulk_create(perimetre for perimetre, _lieux in ecrits)
    lignes = [
        CommunePerimetre(perimetre=perimetre, commune_id=lieu.code) for perimetre, lieux in ecrits for lieu in lieux
    ]
    CommunePerimetre.objects.bulk_create(lignes, batch_size=2_000)


def _build_perimetre(
    plan: Plan, lieux: Sequence[Lieu], debut: date | None, fin: date | None, regle: RegleTaille
) -> Perimetre:
    perimetre = Perimetre(cpts_id=plan.code, source=SOURCE, motif=SOURCE)
    if debut is not None:
        perimetre.statut = StatutPerimetre.APPROUVE
        perimetre.effet_le, perimetre.periode = debut, DateRange(debut, fin)
        perimetre.population = sum(lieu.population for lieu in lieux)
        perimetre.millesime_population = min((lieu.millesime for lieu in lieux if lieu.millesime), default=None)
        perimetre.taille = find_taille(perimetre.population, regle.frontiere)
    return perimetre
