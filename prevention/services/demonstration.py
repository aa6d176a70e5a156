"""Campaigns, figures and actions to try the portal with. What no text says is invented, and marked so.

Two figures are not: « plus de 19 000 » people vaccinated against flu in the Chalonnais in 2023-2024 (ARS BFC, CPAM 71)
and 29,6 % for the colorectal screening of 2023-2024 (Santé publique France).
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Sum
from django.utils import timezone

from cpts.enums import TypeMission
from cpts.models import Cpts, Mission
from prevention.calculs.taux import Effectif
from prevention.enums import Formule, StatutAction, StatutBulletin, StatutReleve, Theme
from prevention.models import ActionPrevention, Bulletin, Campagne, Cible, Objectif
from prevention.services.actions import refresh_preuve
from prevention.services.bulletins import list_chiffres
from prevention.services.campagnes import close_campagne, open_campagne
from prevention.services.releves import Origine, Saisie, write_releves
from prevention.territoires import list_communes
from zonage.models import Commune

CPTS = "71-chalonnais"
REGION, DEPARTEMENT = "27", "71"
INVENTE = Origine("Chiffre inventé pour la démonstration", "2021", demonstration=True)
POPULATION_65 = "Insee, population de 65 ans ou plus par commune (fichier IRIS)"
COURBE = ((14, 18), (35, 52), (56, 74), (77, 90), (105, 100))
"""Days after the start of the season, and the share of the final uptake reached by then, in percent."""
OMS = "Objectif de l'Organisation mondiale de la santé pour les personnes âgées : 75 %"
EUROPE = "Recommandations européennes : 45 % acceptable, 65 % souhaitable"


def load_prevention(avance: Callable[[str], None]) -> str:
    avance("Prévention")
    if not Commune.objects.filter(departement_id=DEPARTEMENT).exists():
        return "Prévention : aucune commune de Saône-et-Loire, rien n'est chargé."
    au = timezone.localdate()
    faites = 0
    with transaction.atomic():
        for load in (load_grippe_2023, load_grippe_2024, load_colorectal):
            faites += load(au)
        actions = load_actions(au)
        load_bulletin(au)
    return f"Prévention : {faites} campagnes et {actions} actions ajoutées."


def make_campagne(code: str, debut: date, fin: date, **champs: Any) -> Campagne | None:
    """A draft; None: it is there already."""
    if Campagne.objects.filter(code=code).exists():
        return None
    return Campagne.objects.create(
        code=code,
        periode=DateRange(debut, fin + timedelta(days=1)),
        demonstration=True,
        **{"region_code": REGION, **champs},
    )


def load_grippe_2023(au: date) -> bool:
    campagne = make_campagne(
        "grippe-2023-2024",
        date(2023, 10, 17),
        date(2024, 2, 29),
        nom="Grippe 2023-2024",
        theme=Theme.VACCINATION,
        description="Campagne de vaccination contre la grippe saisonnière.",
        partenaires="ARS, Assurance maladie, pharmacies, médecins et infirmiers libéraux",
        source="ARS Bourgogne-Franche-Comté et CPAM 71 pour le total du bassin chalonnais ; le reste est inventé",
    )
    if campagne is None:
        return False
    cible = make_cible_65(campagne, "2021", rang=2)
    write_serie(cible, campagne, au, decale=-2.5, statut=StatutReleve.CONSOLIDE)
    ensemble = Cible.objects.create(
        campagne=campagne,
        code="ensemble",
        libelle="Toutes les personnes vaccinées",
        formule=Formule.VACCINATION,
        numerateur="Personnes vaccinées pour la seule campagne antigrippale, tous âges",
        denominateur="Non donnée par la source : aucun taux ne peut en être tiré",
        source="ARS Bourgogne-Franche-Comté, « comprendre ses rôles au niveau local »",
        millesime="2023-2024",
    )
    if Cpts.objects.filter(code=CPTS).exists():
        total = Saisie(
            "cpts",
            CPTS,
            date(2023, 10, 17),
            date(2024, 2, 29),
            Effectif(19_000, None),
            au_moins=True,
            note="Le texte dit « plus de 19 000 personnes », « sur le bassin chalonnais » : rattaché ici "
            "à la CPTS du Chalonnais. Chiffre non vérifié.",
        )
        source = Origine("ARS BFC et CPAM 71, « plus de 19 000 personnes ont été vaccinées »", "2023-2024")
        write_releves(ensemble, [total], source, par=None, au=au)
    open_campagne(campagne, par=None)
    close_campagne(campagne, par=None, au=date(2024, 4, 30))
    return True


def load_grippe_2024(au: date) -> bool:
    campagne = make_campagne(
        "grippe-2024-2025",
        date(2024, 10, 15),
        date(2025, 1, 31),
        nom="Grippe 2024-2025",
        theme=Theme.VACCINATION,
        precedente=Campagne.objects.filter(code="grippe-2023-2024").first(),
        description="Campagne de vaccination contre la grippe saisonnière.",
        partenaires="ARS, Assurance maladie, pharmacies, médecins et infirmiers libéraux",
        source="Chiffres inventés pour la démonstration",
    )
    if campagne is None:
        return False
    cible = make_cible_65(campagne, "2021")
    write_serie(cible, campagne, au, decale=0.0, statut=StatutReleve.PROVISOIRE)
    Objectif.objects.create(
        campagne=campagne,
        cible=cible,
        territoire_type="france",
        territoire_code="france",
        taux=Decimal(75),
        source=OMS,
    )
    open_campagne(campagne, par=None)
    return True


def make_cible_65(campagne: Campagne, millesime: str, rang: int = 1) -> Cible:
    return Cible.objects.create(
        campagne=campagne,
        code="65-plus",
        libelle="Personnes de 65 ans ou plus",
        age_min=65,
        rang=rang,
        formule=Formule.VACCINATION,
        numerateur="Personnes de 65 ans ou plus vaccinées depuis le début de la campagne",
        denominateur="Habitants de 65 ans ou plus",
        source=POPULATION_65,
        millesime=millesime,
    )


def find_part(code: str, decale: float) -> float:
    """A final uptake between 42 and 62 %, always the same for a commune."""
    return (42 + sum(ord(lettre) * (rang + 3) for rang, lettre in enumerate(code)) * 7 % 200 / 10 + decale) / 100


def write_serie(cible: Cible, campagne: Campagne, au: date, *, decale: float, statut: StatutReleve) -> None:
    """The communes of the département at the last day; EPCI, CPTS, départements and the région at each."""
    visees = read_visees()
    groupes = group_communes(au)
    for rang, (jours, part) in enumerate(COURBE):
        fin = min(campagne.periode.lower + timedelta(days=jours), campagne.periode.upper - timedelta(days=1))
        vaccines = {
            code: int(visee * find_part(code, decale) * part / 100) for code, visee in visees["commune"].items()
        }
        effectifs: dict[tuple[str, str], Effectif] = {}
        for cle, communes in groupes.items():
            effectifs[cle] = Effectif(
                sum(vaccines[code] for code in communes), sum(visees["commune"][code] for code in communes)
            )
        for code, visee in visees["departement"].items():
            effectifs.setdefault(
                ("departement", code), Effectif(int(visee * find_part(code, decale) * part / 100), visee)
            )
        siens = [lu for (niveau, _), lu in effectifs.items() if niveau == "departement"]
        effectifs["region", REGION] = Effectif(
            sum(lu.numerateur for lu in siens), sum(lu.denominateur or 0 for lu in siens)
        )
        if rang == len(COURBE) - 1:
            effectifs |= {("commune", code): Effectif(vaccines[code], visees["commune"][code]) for code in vaccines}
        saisies = [
            Saisie(niveau, code, campagne.periode.lower, fin, lu, statut.value)
            for (niveau, code), lu in effectifs.items()
        ]
        write_releves(cible, saisies, INVENTE, par=None, au=au)


def read_visees() -> dict[str, dict[str, int]]:
    """People of 65 or more: the communes of the département, the départements of the région."""
    communes = Commune.objects.filter(departement_id=DEPARTEMENT, type="COM", population_65_plus__gt=0)
    departements = (
        Commune.objects.filter(departement__region_id=REGION, type="COM")
        .order_by("departement_id")
        .values_list("departement_id")
        .annotate(somme=Sum("population_65_plus"))
    )
    return {
        "commune": dict(communes.order_by("code_insee").values_list("code_insee", "population_65_plus")),
        "departement": {code: somme for code, somme in departements if somme},
    }


def group_communes(au: date) -> dict[tuple[str, str], list[str]]:
    """The EPCI wholly in the département, the CPTS when its perimeter is, the département itself."""
    connues = Commune.objects.filter(departement_id=DEPARTEMENT, type="COM", population_65_plus__gt=0)
    siennes = list(connues.order_by("code_insee").values_list("code_insee", "epci_id"))
    dehors = Commune.objects.exclude(departement_id=DEPARTEMENT).filter(epci__isnull=False)
    ailleurs = set(dehors.order_by().values_list("epci_id", flat=True).distinct())
    groupes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for commune, epci in siennes:
        if epci and epci not in ailleurs:
            groupes["epci", epci].append(commune)
        groupes["departement", DEPARTEMENT].append(commune)
    codes = {commune for commune, _ in siennes}
    de_cpts = [code for code in list_communes("cpts", CPTS, au=au) if code in codes]
    if de_cpts:
        groupes["cpts", CPTS] = de_cpts
    return dict(groupes)


def load_colorectal(au: date) -> bool:
    campagne = make_campagne(
        "depistage-colorectal-2023-2024",
        date(2023, 1, 1),
        date(2024, 12, 31),
        region_code="",
        nom="Dépistage colorectal 2023-2024",
        theme=Theme.DEPISTAGE_COLORECTAL,
        description="Dépistage organisé du cancer colorectal, de 50 à 74 ans, tous les deux ans.",
        partenaires="Centres régionaux de coordination des dépistages des cancers, Assurance maladie",
        source="Santé publique France pour la France ; les autres territoires sont inventés",
    )
    if campagne is None:
        return False
    cible = Cible.objects.create(
        campagne=campagne,
        code="50-74",
        libelle="Femmes et hommes de 50 à 74 ans",
        age_min=50,
        age_max=74,
        formule=Formule.PARTICIPATION,
        annees=2,
        numerateur="Personnes dépistées par le programme organisé en deux ans",
        denominateur="Population de 50 à 74 ans, moyenne des deux années",
        exclusions="Exclusions médicales (risque élevé, examen récent)",
        source="Santé publique France, Insee",
        millesime="2023-2024",
    )
    france = Saisie(
        "france",
        "france",
        date(2023, 1, 1),
        date(2024, 12, 31),
        Effectif(6_156_800, 20_800_000),
        StatutReleve.CONSOLIDE.value,
        note="La source publie 29,6 %, 6,2 et 20,8 millions, arrondis : le numérateur est 29,6 % de 20,8 millions.",
    )
    source = Origine("Santé publique France, dépistage organisé du cancer colorectal 2023-2024", "2023-2024")
    write_releves(cible, [france], source, par=None, au=au)
    write_releves(cible, list_departements_inventes(), INVENTE, par=None, au=au)
    Objectif.objects.create(
        campagne=campagne,
        cible=cible,
        territoire_type="france",
        territoire_code="france",
        taux=Decimal(45),
        source=EUROPE,
    )
    open_campagne(campagne, par=None)
    return True


def list_departements_inventes() -> list[Saisie]:
    """A third of the inhabitants, 25 to 37 % of them: invented."""
    populations = (
        Commune.objects.filter(departement__region_id=REGION, type="COM")
        .order_by("departement_id")
        .values_list("departement_id")
        .annotate(somme=Sum("population"))
    )
    return [
        Saisie(
            "departement",
            code,
            date(2023, 1, 1),
            date(2024, 12, 31),
            Effectif(int(somme / 3 * (0.25 + int(code, 16) * 7 % 12 / 100)), somme // 3, somme // 60),
            StatutReleve.CONSOLIDE.value,
        )
        for code, somme in populations
        if somme
    ]


def load_bulletin(au: date) -> None:
    """One bulletin of the CPTS on the latest season, sent to nobody. Nothing when it has one, or lacks either."""
    cpts, campagne = Cpts.objects.filter(code=CPTS).first(), Campagne.objects.filter(code="grippe-2024-2025").first()
    if cpts is None or campagne is None or Bulletin.objects.filter(cpts=cpts).exists():
        return
    Bulletin.objects.create(
        cpts=cpts,
        campagne=campagne,
        objet="La vaccination avance : où en sommes-nous ?",
        texte="Exemple de démonstration. Pensez à proposer la vaccination à vos patients de 65 ans ou plus.",
        statut=StatutBulletin.PUBLIE,
        publie_le=timezone.now(),
        destinataires=0,
        chiffres=list_chiffres(campagne, cpts, au=au),
    )


def load_actions(au: date) -> int:
    """A few actions of the CPTS, around today. Nothing when it has some already, or when there is no such CPTS."""
    cpts = Cpts.objects.filter(code=CPTS).first()
    if cpts is None or ActionPrevention.objects.filter(cpts=cpts).exists():
        return 0
    mission = Mission.objects.filter(cpts=cpts, type=TypeMission.PREVENTION).first()
    communes = {c.nom: c for c in Commune.objects.filter(departement_id=DEPARTEMENT).select_related("departement")}
    ville = communes.get("Chalon-sur-Saône") or next(iter(communes.values()))
    bourg = communes.get("Givry") or ville
    grippe = Campagne.objects.filter(code="grippe-2024-2025").first()
    colorectal = Campagne.objects.filter(code="depistage-colorectal-2023-2024").first()
    actions: tuple[dict[str, Any], ...] = (
        {
            "titre": "Vaccination contre la grippe au marché",
            "theme": Theme.VACCINATION,
            "campagne": grippe,
            "jour": au - timedelta(days=60),
            "commune": ville,
            "lieu": "Place du marché",
            "publics": "65 ans ou plus, maladies chroniques",
            "places": 80,
            "statut": StatutAction.TENUE,
            "participants": 64,
            "orientes": 7,
        },
        {
            "titre": "Journée de dépistage du cancer colorectal",
            "theme": Theme.DEPISTAGE_COLORECTAL,
            "campagne": colorectal,
            "jour": au + timedelta(days=20),
            "commune": ville,
            "lieu": "Salle des fêtes, entrée par la cour",
            "publics": "50 à 74 ans",
            "places": 120,
            "debut": time(9),
            "fin": time(17),
            "inscription": "Sans rendez-vous",
            "statut": StatutAction.ANNONCEE,
        },
        {
            "titre": "Ateliers équilibre et prévention des chutes",
            "theme": Theme.NUTRITION,
            "jour": au + timedelta(days=45),
            "commune": bourg,
            "lieu": "Maison de santé",
            "publics": "70 ans ou plus",
            "places": 15,
            "debut": time(14, 30),
            "fin": time(16),
            "statut": StatutAction.ANNONCEE,
        },
        {
            "titre": "Rencontre avec les lycéens : sommeil et écrans",
            "theme": Theme.JEUNES,
            "jour": au + timedelta(days=70),
            "commune": ville,
            "publics": "Lycéens",
            "statut": StatutAction.BROUILLON,
        },
    )
    for champs in actions:
        action = ActionPrevention.objects.create(
            cpts=cpts,
            mission=mission,
            region_code=REGION,
            departement_code=DEPARTEMENT,
            demonstration=True,
            **champs,
        )
        refresh_preuve(action, par=None)
    return len(actions)
