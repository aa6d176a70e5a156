"""From checked YAML to typed nodes, refusing what the schema cannot see: unknown facts, values, references, dates."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

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
from aides.regles.constructeur_echeancier import ConstructeurEcheancier
from aides.regles.constructeur_montants import ConstructeurMontants
from aides.regles.dispositifs import Dispositif, Enonce, JourReference, LienCumul, ReglesCumul, Version
from aides.regles.ecriture import RegleInvalide, read_fait, read_jour, read_valeur
from aides.regles.faits import TypeFait
from aides.regles.references import Reference

NIVEAUX = frozenset({"zip", "zac", "vigilance", "zar", "hors_zonage"}) | frozenset(
    {"tres_sous_dotee", "sous_dotee", "intermediaire", "tres_dotee", "sur_dotee", "non_prioritaire"}
)
PROFONDEUR_MAX = 12


class Constructeur:
    """One file. The references and the definitions of the file are shared by its versions."""

    def __init__(self, brut: Mapping[str, Any], empreinte: str = "") -> None:
        self.brut = brut
        self.empreinte = empreinte
        self.references = {code: self._reference(code, champs) for code, champs in brut["references"].items()}
        self.definitions: Mapping[str, Any] = brut.get("definitions", {})
        self.montants = ConstructeurMontants(self._condition, self._read)
        self.echeancier = (
            ConstructeurEcheancier(self._condition, self._read).build(brut["echeancier"], "echeancier")
            if "echeancier" in brut
            else None
        )

    def build(self) -> Dispositif:
        champs = {cle: self.brut[cle] for cle in ("code", "sigle", "nom", "resume", "payeur", "guichet", "demarche")}
        versions = tuple(
            self._version(champs_version, f"versions.{rang}")
            for rang, champs_version in enumerate(self.brut["versions"])
        )
        for rang, (avant, apres) in enumerate(pairwise(versions), start=1):
            if avant.ferme_le is None or avant.ferme_le > apres.ouvert_du:
                raise RegleInvalide(f"versions.{rang}.ouvert_du", "les versions doivent se suivre sans se chevaucher")
        return Dispositif(
            **champs,
            professions=tuple(self.brut["professions"]),
            versions=versions,
            statut=self.brut.get("statut", ""),
            perimetre=tuple(self.brut.get("perimetre", ())),
            empreinte=self.empreinte,
        )

    def _version(self, brut: Mapping[str, Any], chemin: str) -> Version:
        ouvert_du = read_jour(brut["ouvert_du"], f"{chemin}.ouvert_du")
        ferme_le = read_jour(brut["ferme_le"], f"{chemin}.ferme_le") if "ferme_le" in brut else None
        if ferme_le is not None and ferme_le <= ouvert_du:
            raise RegleInvalide(f"{chemin}.ferme_le", "la fermeture doit suivre l'ouverture")
        incertitudes = tuple(
            Incertitude(read_jour(doute["du"], chemin), read_jour(doute["jusqu_au"], chemin), doute["raison"])
            for doute in brut.get("incertitudes", ())
        )
        ouverture = Ouverture(
            "Le dispositif est ouvert aux nouvelles demandes",
            self._read(brut["reference_ouverture"], f"{chemin}.reference_ouverture"),
            incertitudes=incertitudes,
        )
        arbre = self._condition(brut["conditions"], f"{chemin}.conditions", 0)
        branches = arbre.branches if isinstance(arbre, Tous) else (arbre,)
        if self.brut.get("perimetre"):
            lieux = tuple(self.brut["perimetre"])
            branches = (DansPerimetre("Commune du territoire aidé", ouverture.reference, lieux), *branches)
        return Version(
            dispositif=self.brut["code"],
            code=brut["code"],
            ouvert_du=ouvert_du,
            ferme_le=ferme_le,
            motif_fermeture=brut.get("motif_fermeture", ""),
            jour_reference=JourReference(brut["jour_reference"]),
            conditions=Tous((ouverture, *branches)),
            bareme=self.montants.read_bareme(brut["montant"], f"{chemin}.montant"),
            duree=self._enonce(brut["duree"], f"{chemin}.duree"),
            renouvellement=self._enonce(brut["renouvellement"], f"{chemin}.renouvellement"),
            obligations=self._enonces(brut, "obligations", chemin),
            documents=self._enonces(brut, "documents", chemin),
            cumul=self._enonces(brut, "cumul", chemin),
            incertitudes=incertitudes,
            references=tuple(self.references.values()),
            note=brut.get("note", ""),
            regles_cumul=self._regles_cumul(brut.get("regles_cumul", {}), f"{chemin}.regles_cumul"),
            echeancier=self.echeancier,
        )

    def _regles_cumul(self, brut: Mapping[str, Any], chemin: str) -> ReglesCumul:
        liens = []
        for rang, champs in enumerate(brut.get("liens", ())):
            lieu = f"{chemin}.liens.{rang}"
            accord = {"avec": True, "exclut": False, "a_instruire": None}[champs["accord"]]
            if (accord is None) != ("raison" in champs):
                raise RegleInvalide(lieu, "« a_instruire » et « raison » vont ensemble")
            reference = self._read(champs["reference"], f"{lieu}.reference", verifie=accord is not None)
            liens.append(LienCumul(tuple(champs["dispositifs"]), accord, reference, champs.get("raison", "")))
        renouvellements = brut.get("renouvellements", 0)
        return ReglesCumul(
            duree_mois=brut.get("duree_mois"),
            renouvellements=None if renouvellements == "illimite" else renouvellements,
            une_fois=brut.get("une_fois", False),
            categorie=brut.get("categorie", ""),
            delai_mois=brut.get("delai_mois"),
            liens=tuple(liens),
        )

    def _reference(self, code: str, champs: Mapping[str, Any]) -> Reference:
        verifie = read_jour(champs["verifie_le"], f"references.{code}.verifie_le") if "verifie_le" in champs else None
        return Reference(code, champs["texte"], verifie, champs.get("lien", ""))

    def _read(self, code: str, chemin: str, *, verifie: bool = True) -> Reference:
        """The reference, refused when nobody read it and the value claims to be verified."""
        reference = self.references.get(code)
        if reference is None:
            raise RegleInvalide(chemin, f"référence inconnue : {code}")
        if verifie and reference.verifie_le is None:
            raise RegleInvalide(
                chemin, f"la référence {code} n'a pas de verifie_le : écrivez « verifie: false » et sa raison"
            )
        return reference

    def _enonce(self, brut: Mapping[str, Any], chemin: str) -> Enonce:
        return Enonce(brut["texte"], self._read(brut["reference"], f"{chemin}.reference"))

    def _enonces(self, brut: Mapping[str, Any], cle: str, chemin: str) -> tuple[Enonce, ...]:
        return tuple(self._enonce(champs, f"{chemin}.{cle}.{rang}") for rang, champs in enumerate(brut.get(cle, ())))

    def _condition(self, brut: Mapping[str, Any], chemin: str, profondeur: int) -> Condition:
        if profondeur > PROFONDEUR_MAX:
            raise RegleInvalide(chemin, "conditions trop imbriquées")
        if "voir" in brut:
            nom = brut["voir"]
            if nom not in self.definitions:
                raise RegleInvalide(f"{chemin}.voir", f"définition inconnue : {nom}")
            return self._condition(self.definitions[nom], f"definitions.{nom}", profondeur + 1)
        for cle, groupe in (("tous", Tous), ("un_de", UnDe)):
            if cle in brut:
                branches = tuple(
                    self._condition(champs, f"{chemin}.{cle}.{rang}", profondeur + 1)
                    for rang, champs in enumerate(brut[cle])
                )
                return groupe(branches, *([brut["libelle"]] if "libelle" in brut else []))
        if "non" in brut:
            branche = self._condition(brut["non"], f"{chemin}.non", profondeur + 1)
            return Non(branche, brut.get("libelle", f"Ne pas être dans ce cas : {branche.libelle}"))
        return self._feuille(brut, chemin)

    def _feuille(self, brut: Mapping[str, Any], chemin: str) -> Condition:
        verifie = brut.get("verifie", True)
        if verifie == ("raison" in brut) and "a_instruire" not in brut:
            raise RegleInvalide(chemin, "« verifie: false » et « raison » vont ensemble")
        reference = self._read(brut["reference"], f"{chemin}.reference", verifie=verifie and "a_instruire" not in brut)
        commun = {"verifie": verifie, "raison": brut.get("raison", "")}
        libelle = brut["libelle"]
        if "a_instruire" in brut:
            return AInstruire(libelle, reference, raison=brut["a_instruire"])
        if "liste" in brut:
            return DansListe(libelle, reference, brut["liste"], **commun)
        if "perimetre" in brut:
            return DansPerimetre(libelle, reference, tuple(brut["perimetre"]), **commun)
        if "zone" in brut:
            inconnus = set(brut["zone"]) - NIVEAUX
            if inconnus:
                raise RegleInvalide(f"{chemin}.zone", f"niveau inconnu : {', '.join(sorted(inconnus))}")
            return DansZone(libelle, reference, tuple(brut["zone"]), **commun)
        fait = read_fait(brut["fait"], chemin)
        if "parmi" in brut:
            valeurs = tuple(read_valeur(fait, valeur, f"{chemin}.parmi") for valeur in brut["parmi"])
            return Parmi(libelle, reference, fait.code, valeurs, **commun)
        if "est" in brut:
            return Parmi(libelle, reference, fait.code, (read_valeur(fait, brut["est"], f"{chemin}.est"),), **commun)
        operateur = next(operateur for operateur in Operateur if operateur in brut)
        if "unite" in brut:
            if fait.type is not TypeFait.DATE:
                raise RegleInvalide(chemin, f"une durée se compte depuis une date, or {fait.code} n'en est pas une")
            if operateur not in (Operateur.AU_MOINS, Operateur.MOINS_DE):
                raise RegleInvalide(chemin, "une durée se compare par « au_moins » ou « moins_de »")
            return Anciennete(libelle, reference, fait.code, operateur, brut[operateur], **commun)
        if fait.type in (TypeFait.BOOL, TypeFait.CHOIX):
            raise RegleInvalide(chemin, f"le fait {fait.code} ne se compare pas : utilisez « est » ou « parmi »")
        seuil = read_valeur(fait, brut[operateur], f"{chemin}.{operateur}")
        return Comparaison(libelle, reference, fait.code, operateur, seuil, **commun)  # type: ignore[arg-type]
