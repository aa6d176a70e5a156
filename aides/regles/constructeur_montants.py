"""From checked YAML to typed amounts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

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
from aides.regles.conditions import Condition
from aides.regles.ecriture import RegleInvalide, read_fait, read_valeur
from aides.regles.faits import TypeFait
from aides.regles.montants import Bareme, Composante, Periodicite, Versement
from aides.regles.parametres import PARAMETRES
from aides.regles.references import Reference


class ConstructeurMontants:
    """`condition` and `reference` read those of the same file; both raise RegleInvalide."""

    def __init__(
        self,
        condition: Callable[[Mapping[str, Any], str, int], Condition],
        reference: Callable[..., Reference],
    ) -> None:
        self._condition = condition
        self._read = reference

    def read_bareme(self, brut: Mapping[str, Any], chemin: str) -> Bareme:
        composantes = tuple(
            self._composante(champs, f"{chemin}.composantes.{rang}") for rang, champs in enumerate(brut["composantes"])
        )
        versements = tuple(
            Versement(
                Decimal(champs["part"]),
                champs["libelle"],
                champs["mois"],
                self._read(champs["reference"], f"{chemin}.versements.{rang}.reference"),
            )
            for rang, champs in enumerate(brut.get("versements", ()))
        )
        if versements and sum(versement.part for versement in versements) != 1:
            raise RegleInvalide(f"{chemin}.versements", "la somme des parts doit valoir 1")
        return Bareme(composantes, versements)

    def _composante(self, brut: Mapping[str, Any], chemin: str) -> Composante:
        si = self._condition(brut["si"], f"{chemin}.si", 0) if "si" in brut else None
        reference = self._read(brut["reference"], f"{chemin}.reference", verifie="a_preciser" not in brut)
        calcul = self._calcul(brut, chemin)
        periodicite, supplement = Periodicite(brut["periodicite"]), brut.get("supplement", False)
        garantie = brut.get("garantie", False)
        annees = self._annees(brut["annees"], f"{chemin}.annees") if "annees" in brut else None
        return Composante(
            brut["code"], brut["libelle"], periodicite, calcul, reference, si, supplement, garantie, annees
        )

    def _annees(self, brut: list[int | None], chemin: str) -> tuple[int, int | None]:
        premiere, derniere = brut[0] or 1, brut[-1]
        if derniere is not None and derniere < premiere:
            raise RegleInvalide(chemin, "la dernière année vient après la première")
        return premiere, derniere

    def _calcul(self, brut: Mapping[str, Any], chemin: str) -> Calcul:
        if "a_preciser" in brut:
            return APreciser(brut["a_preciser"])
        if "forfait" in brut:
            return Forfait(Decimal(brut["forfait"]), brut.get("prorata_opposable", False))
        if "jusqu_a" in brut:
            return JusquA(Decimal(brut["jusqu_a"]))
        if "par_zone" in brut:
            return ParZone(tuple((niveau, Decimal(montant)) for niveau, montant in brut["par_zone"].items()))
        if "par_tranche" in brut:
            champs = brut["par_tranche"]
            tranches = tuple((Decimal(t["a_partir_de"]), Decimal(t["montant"])) for t in champs["tranches"])
            if list(tranches) != sorted(tranches):
                raise RegleInvalide(f"{chemin}.par_tranche", "les tranches vont de la plus basse à la plus haute")
            return ParTranche(read_fait(champs["fait"], chemin).code, tranches)
        if "par_unite" in brut:
            champs = brut["par_unite"]
            return ParUnite(
                read_fait(champs["fait"], chemin).code, Decimal(champs["montant"]), Decimal(champs["maximum"])
            )
        if "par_choix" in brut:
            return self._par_choix(brut["par_choix"], f"{chemin}.par_choix")
        if "par_parametre" in brut:
            return self._par_parametre(brut["par_parametre"], f"{chemin}.par_parametre")
        champs = brut["pourcentage"]
        fait = read_fait(champs["fait"], chemin)
        taux = Decimal(champs["taux"]) / 100
        plafond = Decimal(champs["plafond"]) if "plafond" in champs else None
        return Pourcentage(fait.code, taux, plafond, champs.get("prorata_opposable", False))

    def _par_parametre(self, champs: Mapping[str, Any], chemin: str) -> ParParametre:
        tranches = champs.get("tranches", [{"a_partir_de": 0, "code": champs.get("code")}])
        seuils = tuple((Decimal(t["a_partir_de"]), t["code"]) for t in tranches)
        inconnus = sorted({code for _, code in seuils} - set(PARAMETRES))
        if inconnus:
            raise RegleInvalide(chemin, f"paramètre régional inconnu : {', '.join(inconnus)}")
        return ParParametre(seuils, read_fait(champs["fait"], chemin).code if "fait" in champs else None)

    def _par_choix(self, champs: Mapping[str, Any], chemin: str) -> ParChoix:
        fait = read_fait(champs["fait"], chemin)
        if fait.type not in (TypeFait.CHOIX, TypeFait.BOOL):
            raise RegleInvalide(chemin, f"le fait {fait.code} n'a pas de liste de valeurs : utilisez « par_tranche »")
        lignes = tuple((read_valeur(fait, t["valeur"], chemin), Decimal(t["montant"])) for t in champs["montants"])
        return ParChoix(fait.code, lignes)
