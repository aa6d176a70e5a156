"""Seeded versions that no law wrote: every node and every way to compute an amount, nested at random."""

import random
from datetime import date, timedelta
from decimal import Decimal

from aides.regles.calculs import (
    APreciser,
    Calcul,
    Forfait,
    JusquA,
    ParChoix,
    ParParametre,
    ParTranche,
    ParUnite,
    ParZone,
    Pourcentage,
)
from aides.regles.conditions import (
    AInstruire,
    Anciennete,
    Comparaison,
    Condition,
    DansListe,
    DansPerimetre,
    DansZone,
    Incertitude,
    Non,
    Operateur,
    Ouverture,
    Parmi,
    Tous,
    UnDe,
)
from aides.regles.dispositifs import Enonce, JourReference, Version
from aides.regles.faits import FAITS, TypeFait
from aides.regles.montants import Bareme, Composante, Periodicite
from aides.regles.references import Reference

TEXTE = Reference("essai", "Aucun texte : une règle tirée au sort", date(2026, 1, 1))
ENONCE = Enonce("Sans objet.", TEXTE)
OUVERTURE, FERMETURE = date(2023, 1, 31), date(2026, 3, 1)
DOUTES = (
    Incertitude(date(2024, 2, 1), date(2024, 3, 1), "essai"),
    Incertitude(date(2025, 1, 1), date(2025, 1, 2), ""),
)
LIEUX = ("departement:71", "epci:247100589", "region:27")
NIVEAUX = ("zip", "zac", "vigilance")


def list_codes(*types: TypeFait) -> list[str]:
    return [code for code, fait in FAITS.items() if fait.type in types]


NOMBRES, DATES = list_codes(TypeFait.ENTIER, TypeFait.DECIMAL), list_codes(TypeFait.DATE)
CHOIX, LISTES_COURTES = list_codes(TypeFait.CHOIX), list_codes(TypeFait.CHOIX, TypeFait.BOOL)


class Planteur:
    """Draws versions from one seed. Few facts in each, so that several leaves read the same one."""

    def __init__(self, graine: int) -> None:
        self.hasard = random.Random(graine)

    def draw_version(self, rang: int) -> Version:
        racine = self._draw_noeud(3)
        conditions = Tous((Ouverture("Ouvert", TEXTE, incertitudes=DOUTES), racine))
        return Version(
            dispositif=f"essai_{rang}",
            code="essai",
            ouvert_du=OUVERTURE,
            ferme_le=FERMETURE,
            motif_fermeture="",
            jour_reference=list(JourReference)[rang % 3],
            conditions=conditions,
            bareme=Bareme(tuple(self._draw_composante(place) for place in range(self.hasard.randint(0, 4)))),
            duree=ENONCE,
            renouvellement=ENONCE,
            obligations=(),
            documents=(),
            cumul=(),
            incertitudes=DOUTES,
            references=(TEXTE,),
        )

    def _draw_noeud(self, profondeur: int) -> Condition:
        if profondeur == 0 or self.hasard.random() < 0.35:
            return self._draw_feuille()
        if self.hasard.random() < 0.15:
            return Non(self._draw_noeud(profondeur - 1))
        branches = tuple(self._draw_noeud(profondeur - 1) for _ in range(self.hasard.randint(1, 4)))
        return self.hasard.choice([Tous, UnDe])(branches)

    def _draw_feuille(self) -> Condition:
        verifie = self.hasard.random() > 0.05
        match self.hasard.randrange(8):
            case 0:
                return AInstruire("Point ouvert", TEXTE)
            case 1:
                niveaux = tuple(self.hasard.sample(NIVEAUX, self.hasard.randint(1, 2)))
                return DansZone("Zone", TEXTE, niveaux, verifie=verifie)
            case 2:
                return DansListe("Liste", TEXTE, self.hasard.choice(["zrr", "frr"]), verifie=verifie)
            case 3:
                return DansPerimetre("Lieu", TEXTE, tuple(self.hasard.sample(LIEUX, 2)), verifie=verifie)
            case 4:
                operateur = self.hasard.choice([Operateur.AU_MOINS, Operateur.MOINS_DE])
                mois = self.hasard.choice([1, 6, 12, 13, 120])
                return Anciennete("Durée", TEXTE, self.hasard.choice(DATES), operateur, mois, verifie=verifie)
            case 5 | 6:
                return self._draw_comparaison()
            case _:
                code = self.hasard.choice(LISTES_COURTES)
                possibles = [v for v, _ in FAITS[code].choix] or [True, False]
                valeurs = tuple(self.hasard.sample(possibles, self.hasard.randint(1, max(1, len(possibles) - 1))))
                return Parmi("Valeur", TEXTE, code, valeurs, verifie=verifie)

    def _draw_comparaison(self) -> Condition:
        operateur = self.hasard.choice(list(Operateur))
        if self.hasard.random() < 0.3:
            seuil: date | Decimal = OUVERTURE + timedelta(days=self.hasard.randrange(1000))
            return Comparaison("Date", TEXTE, self.hasard.choice(DATES), operateur, seuil)
        code = self.hasard.choice(NOMBRES)
        return Comparaison("Nombre", TEXTE, code, operateur, self._draw_nombre(code))

    def _draw_nombre(self, code: str) -> Decimal:
        fait = FAITS[code]
        minimum, maximum = fait.minimum or Decimal(0), fait.maximum or Decimal(1000)
        return minimum + fait.pas * self.hasard.randrange(int((maximum - minimum) / fait.pas))

    def _draw_composante(self, rang: int) -> Composante:
        supplement = rang > 0 and self.hasard.random() < 0.4
        return Composante(
            f"ligne_{rang}",
            "Ligne",
            self.hasard.choice([Periodicite.PAR_AN, Periodicite.PAR_AN, Periodicite.UNIQUE]),
            self._draw_calcul(),
            TEXTE,
            self._draw_noeud(1) if supplement or self.hasard.random() < 0.3 else None,
            supplement,
            annees=self.hasard.choice([None, None, (1, 2), (2, None)]),
        )

    def _draw_calcul(self) -> Calcul:
        montants = [Decimal(self.hasard.randrange(100, 900_000)) / 100 for _ in range(3)]
        nombre, prorata = self.hasard.choice(NOMBRES), self.hasard.random() < 0.6
        seuils = sorted({self._draw_nombre(nombre) for _ in range(3)})
        match self.hasard.randrange(9):
            case 0:
                return Forfait(montants[0], prorata)
            case 1:
                return ParTranche(nombre, tuple(zip(seuils, sorted(montants), strict=False)))
            case 2:
                return ParZone(tuple(zip(NIVEAUX, montants, strict=False)))
            case 3:
                plafond = self.hasard.choice([None, montants[0]])
                return Pourcentage(nombre, Decimal(self.hasard.randrange(1, 90)) / 100, plafond, prorata)
            case 4:
                return ParUnite(nombre, montants[0], seuils[-1])
            case 5:
                return JusquA(montants[0])
            case 6:
                return APreciser("essai")
            case 7:
                code = self.hasard.choice(CHOIX)
                return ParChoix(code, tuple(zip([v for v, _ in FAITS[code].choix], montants, strict=False)))
            case _:
                tranches = tuple((seuil, f"parametre_{rang}") for rang, seuil in enumerate(seuils))
                return ParParametre(tranches, self.hasard.choice([None, nombre]))


def draw_versions(nombre: int, graine: int) -> list[Version]:
    planteur = Planteur(graine)
    return [planteur.draw_version(rang) for rang in range(nombre)]
