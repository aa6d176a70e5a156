"""The structures of the demonstration: the counts are those of « Ma santé 2022 en Bourgogne-Franche-Comté » (2019).

135 MSP validated, of which 111 open (84 with an ACI) and 24 not open; 12 and 14 centres; three ESP that the text
names; five DAC planned. Names, places, days and the rest are invented, and each row says so (`demonstration`).
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from cpts.enums import StatutStructure, TypeStructure
from cpts.lecture_perimetres import find_couvrantes
from cpts.models import ActeStructure, Structure
from cpts.regles.vie_structures import CREATION, REPRISE, first_statut
from cpts.services.structures import SUJET, list_passages
from portal.core.outbox import emit
from zonage.models import Commune

REGION: Final = "27"
TEXTE: Final = "« Ma santé 2022 en Bourgogne-Franche-Comté », ARS, 2019"
SOURCE: Final = f"Exemple inventé ; les nombres sont ceux de {TEXTE}"
CITEE: Final = f"Citée dans {TEXTE} ; dates inventées"
RELEVE: Final = date(2019, 10, 1)
"""The day that the text describes, about: it bears none."""
MSP: Final = {"21": 22, "25": 23, "39": 14, "58": 15, "70": 15, "71": 26, "89": 15, "90": 5}
OUVERTES: Final = 111
AVEC_ACI: Final = 84
CENTIEME: Final = 100
"""« L'an dernier elle a célébré l'ouverture de la centième maison de santé » : in 2018."""
CDS_POLYVALENTS: Final = 12
CDS_MEDICAUX: Final = 14
HOPITAUX: Final = 3
DAC: Final = (
    ("Côte-d'Or", "21"),
    ("Nièvre", "58"),
    ("Saône-et-Loire", "71"),
    ("Yonne", "89"),
    ("Doubs, Jura, Haute-Saône et Territoire de Belfort", "25"),
)
ESP: Final = (
    ("ESP de Venarey-les-Laumes", "21663"),
    ("ESP de Vannes-Pays d'Othe", "89461"),
    ("ESP de Lavoncourt", "70299"),
)
DAMPIERRE: Final = "70198"


def load_structures(avance: Callable[[str], None]) -> str:
    """Write what is not there yet: a second run, or an act done since, changes nothing."""
    avance("structures")
    with transaction.atomic():
        deja = set(
            Structure.objects.filter(demonstration=True, region_code=REGION)
            .order_by("pk")
            .values_list("type", "nom")[:1_000]
        )
        voulues = [s for s in build_structures() if (s.type, s.nom) not in deja]
        if voulues:
            _link_cpts(voulues)
            Structure.objects.bulk_create(voulues)
            ActeStructure.objects.bulk_create(acte for structure in voulues for acte in _build_actes(structure))
            emit(SUJET, 0, cle="demonstration")
    return f"Structures de démonstration : {len(voulues)} écrites, {len(deja)} déjà là."


def build_structures() -> Iterator[Structure]:
    communes = _read_communes()
    if not communes:
        return
    yield from _build_msp(communes)
    yield from _build_centres(communes)
    par_code = {commune.pk: commune for liste in communes.values() for commune in liste}
    for nom, code in ESP:
        if code in par_code:
            yield _build(
                TypeStructure.ESP, nom, par_code[code], StatutStructure.OUVERTE, CITEE, ouverte_le=date(2019, 3, 1)
            )
    for libelle, departement in DAC:
        if communes.get(departement):
            lieu = communes[departement][0]
            yield _build(TypeStructure.DAC, f"DAC {libelle}", lieu, StatutStructure.REPEREE, SOURCE)
    for rang, departement in enumerate(("21", "71", "70")[:HOPITAUX]):
        if len(communes.get(departement, ())) > rang + 3:
            lieu = communes[departement][rang + 3]
            nom = f"Hôpital de proximité exemple – {lieu.nom}"
            yield _build(TypeStructure.HOPITAL_PROXIMITE, nom, lieu, StatutStructure.CANDIDATE, SOURCE)


def _read_communes() -> dict[str, list[Commune]]:
    """The communes of the région with a known place, the most populated first, by département."""
    lues = Commune.objects.filter(departement__region=REGION, type="COM", longitude__isnull=False)
    par_departement: dict[str, list[Commune]] = {}
    for commune in lues.select_related("departement").order_by("-population", "code_insee")[:5_000]:
        par_departement.setdefault(commune.departement_id, []).append(commune)
    return par_departement


def _build_msp(communes: dict[str, list[Commune]]) -> Iterator[Structure]:
    """Every fifth or so is validated and not open; among those open, three in four have an ACI."""
    lieux = [commune for departement, nombre in MSP.items() for commune in communes.get(departement, ())[:nombre]]
    total, rang = sum(MSP.values()), 0
    for indice, lieu in enumerate(sorted(lieux, key=lambda commune: commune.pk)):
        nom = f"MSP exemple – {lieu.nom}"
        if (indice + 1) * OUVERTES // total == indice * OUVERTES // total:
            valide = date(2018, 1, 15) + timedelta(days=indice * 4)
            yield _build(TypeStructure.MSP, nom, lieu, StatutStructure.PROJET_VALIDE, SOURCE, projet_valide_le=valide)
            continue
        ouverte = _compute_ouverture(rang)
        jours = {"projet_valide_le": ouverte - timedelta(days=240), "ouverte_le": ouverte}
        statut = StatutStructure.OUVERTE
        if (rang + 1) * AVEC_ACI // OUVERTES != rang * AVEC_ACI // OUVERTES:
            statut = StatutStructure.ACI_SIGNE
            jours["aci_signe_le"] = max(date(2017, 9, 1) + timedelta(days=6 * rang), ouverte + timedelta(days=60))
        yield _build(TypeStructure.MSP, nom, lieu, statut, SOURCE, forme_juridique="SISA", **jours)
        rang += 1


def _compute_ouverture(rang: int) -> date:
    """The hundredth in October 2018, the last in June 2019."""
    if rang >= CENTIEME:
        return date(2018, 12, 1) + timedelta(days=20 * (rang - CENTIEME))
    premiere, centieme = date(2009, 2, 2), date(2018, 10, 15)
    return premiere + (centieme - premiere) * rang // (CENTIEME - 1)


def _build_centres(communes: dict[str, list[Commune]]) -> Iterator[Structure]:
    """Validated projects: the text does not say which are open, but for the centre where a doctor works."""
    departements = sorted(MSP)
    lieux = [communes[d][rang] for rang in range(4) for d in departements if len(communes.get(d, ())) > rang]
    valide = date(2018, 6, 1)
    for lieu in lieux[:CDS_POLYVALENTS]:
        nom = f"Centre de santé polyvalent exemple – {lieu.nom}"
        yield _build(
            TypeStructure.CDS_POLYVALENT, nom, lieu, StatutStructure.PROJET_VALIDE, SOURCE, projet_valide_le=valide
        )
    dampierre = next((c for c in communes.get("70", ()) if c.pk == DAMPIERRE), None)
    if dampierre is not None:
        jours = {"projet_valide_le": valide, "ouverte_le": date(2019, 6, 6)}
        nom = "Centre de santé de Dampierre-sur-Salon"
        yield _build(TypeStructure.CDS_MEDICAL, nom, dampierre, StatutStructure.OUVERTE, CITEE, **jours)
    reste = CDS_MEDICAUX - (dampierre is not None)
    for lieu in lieux[CDS_POLYVALENTS : CDS_POLYVALENTS + reste]:
        nom = f"Centre de santé médical exemple – {lieu.nom}"
        yield _build(
            TypeStructure.CDS_MEDICAL, nom, lieu, StatutStructure.PROJET_VALIDE, SOURCE, projet_valide_le=valide
        )


def _build(type_: str, nom: str, lieu: Commune, statut: str, source: str, **champs: Any) -> Structure:
    longitude, latitude = lieu.mairie_longitude, lieu.mairie_latitude
    if longitude is None or latitude is None:
        longitude, latitude = lieu.longitude, lieu.latitude
    return Structure(
        type=type_,
        nom=nom[:160],
        statut=statut,
        commune=lieu,
        region_code=REGION,
        departement_code=lieu.departement_id,
        longitude=longitude,
        latitude=latitude,
        source=source[:160],
        demonstration=True,
        **champs,
    )


def _link_cpts(structures: list[Structure]) -> None:
    couvrantes = find_couvrantes({s.commune_id for s in structures}, timezone.localdate())
    for structure in structures:
        trouvees = couvrantes.get(structure.commune_id, [])
        structure.cpts = trouvees[0] if len(trouvees) == 1 else None


def _build_actes(structure: Structure) -> list[ActeStructure]:
    action = CREATION if structure.statut == first_statut(structure.type) else REPRISE
    return [
        ActeStructure(
            structure=structure,
            action=action,
            source=source,
            cible=cible,
            date_acte=jour,
            commentaire="Jeu de démonstration.",
        )
        for source, cible, jour in list_passages(structure, RELEVE)
    ]
