"""Bulk acts of the administration: chosen rows, a preview that says which cannot and why, a result row by row.

Each row is its own act, in its own transaction, through the service that checks it again. Nothing is done while a row
cannot, unless « ignorer » was chosen. A row that somebody changed since is told, never forced (docs/adr/0146).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

MASSE_MAX = 500


class RangeeRefusee(Exception):
    """This row was not touched. `perimee`: somebody changed it since the preview."""

    def __init__(self, message: str, *, perimee: bool = False) -> None:
        super().__init__(message)
        self.perimee = perimee


@dataclass(frozen=True, slots=True)
class ActeEnMasse:
    """`explain` says why a row cannot (empty: it can); `run` does it, and raises RangeeRefusee.

    `formulaire` (request) gives the form of what the act asks; None: it asks nothing.
    """

    nom: str
    libelle: str
    explain: Callable[[Any, Any, dict[str, Any]], str]
    run: Callable[[Any, Any, int, dict[str, Any]], str]
    formulaire: Callable[..., forms.Form] | None = None
    fait: str = "Fait"


@dataclass(frozen=True, slots=True)
class Rangee:
    """A row of the preview or of the result. `etat`: « prete », « impossible », « perimee », « faite »."""

    objet: Any
    version: int
    etat: str
    phrase: str = ""


class Masse:
    """One sending: the preview first, then the acts."""

    def __init__(self, liste: Any, request: HttpRequest) -> None:
        self.liste, self.request = liste, request
        self.demandee = liste.read_demandee(request, QueryDict(request.POST.get("requete", "")))
        acte = next((a for a in liste.actes_en_masse if a.nom == request.POST.get("acte", "")), None)
        if acte is None:
            raise Http404
        self.acte: ActeEnMasse = acte
        self.coupee = False

    def answer(self) -> HttpResponse:
        choisies = self.read_choisies()
        formulaire = self.build_formulaire()
        if not choisies:
            return self.liste.show(self.request, self.demandee, refus="Cochez au moins une ligne.", statut=422)
        pret = formulaire is None or formulaire.is_valid()
        donnees = formulaire.cleaned_data if formulaire is not None and pret else {}
        rangees = self.judge(choisies, donnees)
        impossibles = [rangee for rangee in rangees if rangee.etat != "prete"]
        confirmee = "confirmer" in self.request.POST
        if confirmee and pret and (not impossibles or "ignorer" in self.request.POST):
            return self.show_resultat([self.do(rangee, donnees) for rangee in rangees])
        refus = ""
        if confirmee and pret:
            refus = f"Rien n'est fait : {len(impossibles)} ligne(s) ne peuvent pas l'être. Choisissez de les ignorer."
        return self.show_apercu(rangees, formulaire, confirmee=confirmee, refus=refus)

    def read_choisies(self) -> dict[str, int | None]:
        """Keys and versions; « toutes »: the first rows of the list, with the version of now."""
        if self.request.POST.get("portee") == "toutes" and "confirmer" not in self.request.POST:
            lignes = self.liste.select(self.request, self.demandee).order_by("pk")
            cles = [str(cle) for cle in lignes.values_list("pk", flat=True)[: MASSE_MAX + 1]]
            self.coupee = len(cles) > MASSE_MAX
            return dict.fromkeys(cles[:MASSE_MAX])
        lues: dict[str, int | None] = {}
        envois = [*self.request.POST.getlist("ligne"), *self.request.POST.get("lignes", "").split(",")]
        for envoi in [envoi for envoi in envois if envoi][:MASSE_MAX]:
            cle, _, version = envoi.partition(":")
            if not version.isdecimal() or len(version) > 9:
                raise Http404
            lues[cle] = int(version)
        return lues

    def build_formulaire(self) -> forms.Form | None:
        if self.acte.formulaire is None:
            return None
        saisi = self.request.POST if "saisie" in self.request.POST else None
        return self.acte.formulaire(saisi, request=self.request)

    def judge(self, choisies: dict[str, int | None], donnees: dict[str, Any]) -> list[Rangee]:
        """In the order of the keys. A key that is not seen is not told apart from one that does not exist."""
        try:
            vus = {str(objet.pk): objet for objet in self.liste.read_rows(self.request).filter(pk__in=list(choisies))}
        except (ValidationError, ValueError) as erreur:
            raise Http404 from erreur
        rangees = []
        for cle in sorted(vus):
            objet, version = vus[cle], choisies[cle]
            phrase = self.acte.explain(objet, self.request.user, donnees)
            etat = "impossible" if phrase else "prete"
            if version is not None and version != objet.version:
                etat, phrase = "perimee", "Cette ligne a changé depuis que vous l'avez choisie : relisez-la."
            rangees.append(Rangee(objet, objet.version if version is None else version, etat, phrase))
        return rangees

    def do(self, rangee: Rangee, donnees: dict[str, Any]) -> Rangee:
        if rangee.etat != "prete":
            return rangee
        try:
            phrase = self.acte.run(rangee.objet, self.request.user, rangee.version, donnees)
        except RangeeRefusee as refus:
            return Rangee(rangee.objet, rangee.version, "perimee" if refus.perimee else "impossible", str(refus))
        return Rangee(rangee.objet, rangee.version, "faite", phrase or self.acte.fait)

    def show_apercu(
        self, rangees: Sequence[Rangee], formulaire: forms.Form | None, *, confirmee: bool, refus: str
    ) -> HttpResponse:
        lie = formulaire is not None and formulaire.is_bound
        contexte = {
            "formulaire": formulaire,
            # One field, whatever the number of rows: a form holds a bounded number of fields.
            "envoi": ",".join(f"{rangee.objet.pk}:{rangee.version}" for rangee in rangees),
            "refus": refus,
            "coupee": self.coupee,
            "maximum": MASSE_MAX,
            "demande_avant": formulaire is not None and not (lie and formulaire.is_valid()),
            **self.count(rangees),
        }
        fautif = refus or (confirmee and lie and not formulaire.is_valid())  # type: ignore[union-attr]
        return self.render("apercu", rangees, contexte, 422 if fautif else 200)

    def show_resultat(self, rangees: Sequence[Rangee]) -> HttpResponse:
        return self.render("resultat", rangees, self.count(rangees), 200)

    def count(self, rangees: Iterable[Rangee]) -> dict[str, int]:
        etats = [rangee.etat for rangee in rangees]
        noms = {"pretes": "prete", "impossibles": "impossible", "perimees": "perimee", "faites": "faite"}
        return {pluriel: etats.count(etat) for pluriel, etat in noms.items()}

    def render(self, nom: str, rangees: Sequence[Rangee], contexte: dict[str, Any], statut: int) -> HttpResponse:
        liste = self.liste
        commun = {
            **liste.admin_site.each_context(self.request),
            "opts": liste.opts,
            "title": f"{self.acte.libelle} : {'résultat' if nom == 'resultat' else 'aperçu'}",
            "acte": self.acte,
            "demandee": self.demandee,
            "colonne_issue": "Résultat" if nom == "resultat" else "Aperçu",
            "rangees": [(rangee, liste.name_row(rangee.objet)) for rangee in rangees],
            "changelist": f"admin:{liste.opts.app_label}_{liste.opts.model_name}_changelist",
            "change": f"admin:{liste.opts.app_label}_{liste.opts.model_name}_change",
        }
        return TemplateResponse(self.request, f"admin/listes/{nom}.html", {**commun, **contexte}, status=statut)
