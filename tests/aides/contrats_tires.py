"""Small catalogues drawn at random, and the reading of their rules written a second time, day by day."""

import random
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import combinations

from aides.regles.calculs import Forfait, JusquA
from aides.regles.calendrier import add_mois
from aides.regles.conditions import Tous
from aides.regles.cumul import Engagement
from aides.regles.dispositifs import Dispositif, Enonce, JourReference, LienCumul, ReglesCumul, Version
from aides.regles.montants import Bareme, Composante, Periodicite, Versement
from aides.regles.parcours import Parcours
from aides.regles.plan import Candidat, Offre, find_offre
from aides.regles.references import Reference
from aides.regles.situation import Situation

AU = date(2026, 1, 1)
HORIZON = date(2031, 1, 1)
REFERENCE = Reference("essai", "Texte d'essai", date(2026, 1, 1))
ENONCE = Enonce("Selon le texte.", REFERENCE)


def make_dispositif(
    code: str,
    regles: ReglesCumul,
    montant: Bareme,
    *,
    ouvert_du: date = date(2020, 1, 1),
    ferme_le: date | None = None,
) -> Dispositif:
    """A scheme of one version, open to everybody."""
    version = Version(
        dispositif=code,
        code="1",
        ouvert_du=ouvert_du,
        ferme_le=ferme_le,
        motif_fermeture="",
        jour_reference=JourReference.DEMANDE,
        conditions=Tous(()),
        bareme=montant,
        duree=ENONCE,
        renouvellement=ENONCE,
        obligations=(),
        documents=(),
        cumul=(),
        incertitudes=(),
        references=(REFERENCE,),
        regles_cumul=regles,
    )
    return Dispositif(code, code.upper(), code, "", "", "", "", (), (version,))


def make_bareme(montant: int, periodicite: Periodicite, *, jusqu_a: int = 0, parts: tuple[int, ...] = ()) -> Bareme:
    calcul = JusquA(Decimal(jusqu_a)) if jusqu_a else Forfait(Decimal(montant))
    versements = tuple(Versement(Decimal(1) / len(parts), "Part", mois, REFERENCE) for mois in parts)
    return Bareme((Composante("aide", "Aide", periodicite, calcul, REFERENCE),), versements)


def draw_offre(graine: int) -> Offre:
    """One to twelve schemes, with conflicts, delays, renewals and closings; equal amounts are frequent, on purpose."""
    hasard = random.Random(graine)
    nombre = hasard.randint(1, 12)
    codes = [f"d{rang}" for rang in range(nombre)]
    densite = hasard.choice([0.1, 0.4, 0.8])
    dispositifs = [draw_dispositif(hasard, code, codes, densite) for code in codes]
    tournants = [add_mois(AU, mois) for mois in sorted(hasard.sample(range(1, 59), 3))]
    jours = [AU, *tournants][: max(1, min(4, 12 // nombre))]
    return find_offre(dispositifs, Parcours(Situation({}), AU, HORIZON), jours)


def draw_dispositif(hasard: random.Random, code: str, codes: list[str], densite: float) -> Dispositif:
    montant = make_bareme(
        hasard.choice([0, 1000, 1000, 2500, 5000, 12000]),
        hasard.choice(list(Periodicite)),
        jusqu_a=hasard.choice([0, 0, 0, 3000]),
    )
    liens = tuple(
        LienCumul((autre,), accord, REFERENCE, "" if accord is not None else "personne ne l'a vérifié")
        for autre in codes
        if autre != code and hasard.random() < densite / 2
        for accord in [hasard.choice([True, False, False, None])]
    )
    regles = ReglesCumul(
        duree_mois=hasard.choice([None, 12, 24, 36, 60]),
        renouvellements=hasard.choice([0, 0, 0, 1, None]),
        une_fois=hasard.random() < 0.2,
        categorie=hasard.choice(["", "", "a", "b"]),
        delai_mois=hasard.choice([None, None, 30, 120]),
        liens=liens,
    )
    ferme_le = add_mois(AU, hasard.randrange(6, 70)) if hasard.random() < 0.3 else None
    return make_dispositif(code, regles, montant, ferme_le=ferme_le)


@cache
def list_jours(contrat: Engagement) -> frozenset[int]:
    """The days on which a contract runs, one by one."""
    return frozenset(range(contrat.du.toordinal(), contrat.au.toordinal()))


def goes_with(un: Engagement, autre: Engagement) -> bool | None:
    """The rules of the module read a second time, without its code: True, False, or None when nobody knows."""
    premier, second = (un, autre) if un.du <= autre.du else (autre, un)
    regles, autres = premier.version.regles_cumul, second.version.regles_cumul
    memes = premier.dispositif is second.dispositif
    if memes and (regles.une_fois or autres.duree_mois is None or autres.renouvellements is None):
        return False
    if memes and (autres.renouvellements or list_jours(un) & list_jours(autre)):
        return False
    if memes or (regles.categorie and regles.categorie == autres.categorie):
        delais = [autres.delai_mois] if premier.du < second.du else [autres.delai_mois, regles.delai_mois]
        if any(delai is not None and second.du < add_mois(premier.du, delai) for delai in delais):
            return False
    if memes or not list_jours(un) & list_jours(autre):
        return True
    accords = {lien.accord for lien in autres.liens if premier.dispositif.code in lien.dispositifs}
    accords |= {lien.accord for lien in regles.liens if second.dispositif.code in lien.dispositifs}
    return False if False in accords else None if None in accords or not accords else True


def is_allowed(candidats: list[Candidat], *, prudent: bool) -> bool:
    permis = (True,) if prudent else (True, None)
    return all(goes_with(un.engagement, autre.engagement) in permis for un, autre in combinations(candidats, 2))


def list_sets(candidats: tuple[Candidat, ...], *, prudent: bool) -> list[int]:
    """Every set of candidates that go together, as bits: no bound, no order, nothing left out."""
    permis = (True,) if prudent else (True, None)
    ensembles = [0]
    for rang, candidat in enumerate(candidats):
        refus = sum(
            1 << autre
            for autre in range(rang)
            if goes_with(candidats[autre].engagement, candidat.engagement) not in permis
        )
        ensembles += [ensemble | 1 << rang for ensemble in ensembles if not ensemble & refus]
    return ensembles


def list_rangs(ensemble: int) -> tuple[int, ...]:
    return tuple(rang for rang in range(ensemble.bit_length()) if ensemble >> rang & 1)


Poids = tuple[Decimal, Decimal, int, int, tuple[int, ...]]


def weigh_sets(candidats: tuple[Candidat, ...], ensembles: list[int], au: date = AU) -> dict[int, Poids]:
    """Certain euros, possible euros, contracts, earliest days; at last the smallest ranks. Sums of smaller sets."""
    seuls = [(c.apports.minimum, c.apports.maximum, (au - c.du).days) for c in candidats]
    poids: dict[int, Poids] = {0: (Decimal(0), Decimal(0), 0, 0, ())}
    for ensemble in ensembles[1:]:
        dernier = ensemble.bit_length() - 1
        minimum, maximum, nombre, jours, rangs = poids[ensemble ^ 1 << dernier]
        plus = seuls[dernier]
        poids[ensemble] = (minimum + plus[0], maximum + plus[1], nombre + 1, jours + plus[2], (*rangs, -dernier))
    return poids
