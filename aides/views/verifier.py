"""The questionnaire: the commune, then a few questions at a time, in an address that can be kept and shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aides.forms import Demande
from aides.regles.evaluation import Issue
from aides.regles.faits import FAITS, NE_SAIT_PAS, Fait, TypeFait, format_valeur
from aides.regles.situation import Valeur
from aides.services import Bilan
from aides.views.lecture import Lecture, add_htmx_vary, address, is_partial, list_erreurs, read, read_ancienne
from portal.core.cache import cached_page
from zonage.adresse import Localisation, locate

QUESTIONS_MAX = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One question as the form shows it. `choix`: (value, label, checked)."""

    fait: Fait
    choix: tuple[tuple[str, str, bool], ...]
    valeur: str = ""
    nsp: bool = False
    erreur: str = ""

    @property
    def minimum(self) -> str:
        return "" if self.fait.minimum is None else str(self.fait.minimum)

    @property
    def maximum(self) -> str:
        return "" if self.fait.maximum is None else str(self.fait.maximum)

    @property
    def pas(self) -> str:
        return str(self.fait.pas)

    @property
    def champ(self) -> str:
        return {TypeFait.DATE: "date", TypeFait.ENTIER: "number", TypeFait.DECIMAL: "number"}.get(
            self.fait.type, "choix"
        )


@dataclass(frozen=True, slots=True)
class Reponse:
    """An answer already given, and the address that asks it again."""

    libelle: str
    valeur: str
    modifier: str


@require_safe
@cached_page
def verifier(request: HttpRequest) -> HttpResponse:
    lecture = read(request)
    demande = lecture.demande
    if lecture.resolution is None:
        return choose_commune(request, lecture)
    if demande.commune != lecture.resolution.commune.code_insee:
        suite = replace(demande, commune=lecture.resolution.commune.code_insee, ancien=demande.commune)
        return redirect(request, suite, "verifier")
    if not demande.erreurs and not demande.modifier and is_form(request):
        repondues = any(code in demande.faits or code in demande.nsp for code in demande.posees)
        if repondues or not demande.posees:
            return redirect(request, demande, "verifier")
    return ask(request, lecture)


def is_form(request: HttpRequest) -> bool:
    """The address comes from a form: it holds the text of a place, the list of what was asked, or empty fields."""
    return any(nom in request.GET for nom in ("posees", "lieu", NE_SAIT_PAS)) or "" in request.GET.values()


def choose_commune(request: HttpRequest, lecture: Lecture) -> HttpResponse:
    """No commune yet: one alone bears what was typed, or the person chooses in a list."""
    demande = lecture.demande
    localisation = locate(demande.lieu) if demande.lieu else None
    if localisation and localisation.commune and not demande.erreurs:
        suite = replace(demande, commune=localisation.commune.code, voie=localisation.voie_ignoree)
        return redirect(request, suite, "verifier")
    erreur = demande.erreurs.get("lieu") or demande.erreurs.get("commune") or ""
    if demande.lieu and localisation and not localisation.propositions:
        erreur = "Aucune commune ne correspond. Écrivez le nom de la commune ou son code postal, sans la rue."
    elif "lieu" in request.GET and not demande.lieu and not erreur:
        erreur = "Écrivez le nom d'une commune, un code postal ou une adresse."
    contexte = {
        "lieu": demande.lieu,
        "erreur_lieu": erreur,
        "erreurs": list_erreurs(demande),
        "professions": [] if demande.profession else FAITS["profession"].choix,
        "propositions": list_propositions(demande, localisation),
        "localisation": localisation,
        "caches": demande.parametres(sans=("commune",)),
    }
    return render(request, "aides/choisir_commune.html", contexte, status=lecture.statut)


def list_propositions(demande: Demande, localisation: Localisation | None) -> list[tuple[Any, str]]:
    if localisation is None:
        return []
    base = address("verifier")
    return [(p, f"{base}?{replace(demande, commune=p.code).query()}") for p in localisation.propositions]


def redirect(request: HttpRequest, demande: Demande, vue: str) -> HttpResponse:
    """To the canonical address: one set of facts has one. htmx leaves the questionnaire by a real navigation."""
    une_fois = [("voie", "1")] if demande.voie else []
    une_fois += [("ancien", demande.ancien)] if demande.ancien else []
    adresse = f"{address(vue)}?{urlencode([*demande.parametres(), *une_fois])}"
    if vue == "resultat" and is_partial(request):
        return add_htmx_vary(HttpResponse(headers={"HX-Redirect": adresse}))
    return HttpResponseRedirect(adresse)


def ask(request: HttpRequest, lecture: Lecture) -> HttpResponse:
    demande, bilan = lecture.demande, lecture.check()
    questions = choose_questions(demande, bilan.questions)
    if not questions and not demande.erreurs and demande.profession:
        return redirect(request, demande, "resultat")
    codes = tuple(question.fait.code for question in questions)
    sans_reponse = bool(demande.posees) and not demande.erreurs
    contexte = {
        "demande": demande,
        "lecture": lecture,
        "bilan": bilan,
        "ancienne": read_ancienne(demande),
        "comptes": count_issues(bilan),
        "questions": questions,
        "restantes": max(0, len(open_questions(demande, bilan.questions)) - len(questions)),
        "posees": ",".join(codes),
        "caches": demande.parametres(sans=codes),
        "reponses": list_reponses(demande, sauf=codes),
        "erreurs": list_erreurs(demande),
        "sans_reponse": sans_reponse,
        "resultat_url": f"{address('resultat')}?{demande.query()}",
        "changer_commune": f"{address('verifier')}?{demande.query(sans=('commune',))}",
    }
    gabarit = "aides/_questionnaire.html" if is_partial(request) else "aides/verifier.html"
    reponse = render(request, gabarit, contexte, status=lecture.statut)
    reponse["HX-Push-Url"] = request.get_full_path()
    return add_htmx_vary(reponse)


def open_questions(demande: Demande, faits: Sequence[Fait]) -> list[Fait]:
    return [fait for fait in faits if fait.code not in demande.nsp]


def choose_questions(demande: Demande, faits: Sequence[Fait]) -> list[Question]:
    """The fact to change alone; else the wrong answers first, then the questions that decide most."""
    if demande.modifier:
        return [build_question(FAITS[demande.modifier], demande)]
    fausses = [FAITS[code] for code in demande.erreurs if code in FAITS]
    suite = [fait for fait in open_questions(demande, faits) if fait not in fausses]
    if not demande.profession and FAITS["profession"] not in fausses:
        suite = [FAITS["profession"]]
    return [build_question(fait, demande) for fait in [*fausses, *suite][: max(QUESTIONS_MAX, len(fausses))]]


def build_question(fait: Fait, demande: Demande) -> Question:
    valeur = demande.faits.get(fait.code)
    erreur = demande.erreurs.get(fait.code, "")
    nsp = fait.code in demande.nsp
    choix: tuple[tuple[str, str, bool], ...]
    if fait.type is TypeFait.BOOL:
        choix = (("oui", "Oui", valeur is True), ("non", "Non", valeur is False))
    else:
        choix = tuple((code, libelle, valeur == code) for code, libelle in fait.choix)
    return Question(fait, choix, "" if valeur is None else str(valeur), nsp, erreur)


def describe_reponses(faits: Mapping[str, Valeur], nsp: Sequence[str]) -> list[tuple[str, str, str]]:
    """Each answer given, in the order of the vocabulary: code, label, value as a person reads it."""
    return [
        (code, fait.libelle, format_valeur(fait, faits[code]) if code in faits else "Je ne sais pas")
        for code, fait in FAITS.items()
        if code in faits or code in nsp
    ]


def list_reponses(demande: Demande, *, sauf: tuple[str, ...] = ()) -> list[Reponse]:
    """The same, each with the address that asks it again."""
    base, parametres = address("verifier"), demande.parametres()
    return [
        Reponse(libelle, valeur, f"{base}?{urlencode([*parametres, ('modifier', code)])}")
        for code, libelle, valeur in describe_reponses(demande.faits, demande.nsp)
        if code not in sauf
    ]


def count_issues(bilan: Bilan) -> dict[str, int]:
    return {issue.value: sum(resultat.issue is issue for resultat in bilan.concernes) for issue in Issue}
