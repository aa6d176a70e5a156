"""From checked YAML to a typed schedule. A value without a reference that somebody read does not load."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from aides.regles.conditions import Condition
from aides.regles.echeancier_regles import (
    Cadence,
    Delai,
    Engagement,
    FinAnticipee,
    RegleFin,
    ReglesEcheancier,
    Rythme,
)
from aides.regles.ecriture import RegleInvalide, read_fait
from aides.regles.references import Reference


class ConstructeurEcheancier:
    """`condition` and `reference` read those of the same file; both raise RegleInvalide."""

    def __init__(
        self,
        condition: Callable[[Mapping[str, Any], str, int], Condition],
        reference: Callable[..., Reference],
    ) -> None:
        self._condition = condition
        self._lire = reference

    def build(self, brut: Mapping[str, Any], chemin: str) -> ReglesEcheancier:
        rythme = Rythme(brut["rythme"])
        raison = brut.get("raison", "")
        if rythme is Rythme.AUCUN and not raison:
            raise RegleInvalide(f"{chemin}.raison", "dites pourquoi rien n'est versé par contrat")
        engagements = tuple(
            self._engagement(champs, f"{chemin}.engagements.{rang}")
            for rang, champs in enumerate(brut.get("engagements", ()))
        )
        codes = [engagement.code for engagement in engagements]
        if len(set(codes)) < len(codes):
            raise RegleInvalide(f"{chemin}.engagements", "deux engagements portent le même code")
        return ReglesEcheancier(
            rythme,
            self._read(brut, chemin, "raison"),
            raison,
            jour_fixe=self._jour_fixe(brut["jour_fixe"], chemin) if "jour_fixe" in brut else None,
            fin_annee=brut.get("fin_annee", False),
            mois_max=brut.get("mois_max"),
            revalorise=brut.get("revalorise", False),
            engagements=engagements,
            fin=self._fin(brut["fin_anticipee"], f"{chemin}.fin_anticipee") if "fin_anticipee" in brut else None,
        )

    def _read(self, brut: Mapping[str, Any], chemin: str, doute: str = "a_instruire") -> Reference:
        return self._lire(brut["reference"], f"{chemin}.reference", verifie=not brut.get(doute))

    def _jour_fixe(self, texte: str, chemin: str) -> tuple[int, int]:
        try:
            jour = date.fromisoformat(f"2023-{texte}")  # an ordinary year: 29 February is not a yearly day
        except ValueError as erreur:
            raise RegleInvalide(f"{chemin}.jour_fixe", "écrivez un jour de chaque année, MM-JJ") from erreur
        return jour.month, jour.day

    def _engagement(self, brut: Mapping[str, Any], chemin: str) -> Engagement:
        cadence = Cadence(brut["cadence"])
        if (cadence in (Cadence.UNE_FOIS, Cadence.SERVICE)) != ("mois" in brut):
            raise RegleInvalide(f"{chemin}.mois", "« mois » va avec « une_fois » et « service », et eux seuls")
        return Engagement(
            brut["code"],
            brut["libelle"],
            cadence,
            self._read(brut, chemin),
            mois=brut.get("mois", 0),
            fait=read_fait(brut["fait"], chemin).code if "fait" in brut else "",
            si=self._condition(brut["si"], f"{chemin}.si", 0) if "si" in brut else None,
            a_instruire=brut.get("a_instruire", ""),
        )

    def _fin(self, brut: Mapping[str, Any], chemin: str) -> FinAnticipee:
        regle = RegleFin(brut["regle"])
        if regle is RegleFin.A_INSTRUIRE and "a_instruire" not in brut:
            raise RegleInvalide(f"{chemin}.a_instruire", "dites ce qui n'est pas vérifié")
        delais = tuple(
            Delai(
                champs["par"],
                self._read(champs, f"{chemin}.delais.{rang}"),
                champs.get("preavis_mois", 0),
                champs.get("observations_mois", 0),
                champs.get("a_instruire", ""),
            )
            for rang, champs in enumerate(brut.get("delais", ()))
        )
        return FinAnticipee(regle, self._read(brut, chemin), brut.get("a_instruire", ""), delais)
