"""The best plan over five years: a timeline, euros by year, an order, and why the other aids are not in it."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from aides.forms import read_demande
from aides.regles.cumul import Cumul, read_cumul
from aides.regles.flux import count_mois
from aides.regles.montants import Periodicite, format_fourchette
from aides.regles.parcours import Limite
from aides.regles.plan import HORIZON_MOIS, Alternative, Candidat, Etude, Plan
from aides.services_plan import Plans, build_plans
from aides.views.lecture import Lecture, address, list_erreurs, resolve_known
from aides.views.resultat import name_manque
from portal.core.cache import cached_page, data_version
from zonage.recherche import CommuneInconnue

CUMUL = "cumul"
POSSIBLE = "possible"
ANNEES = range(1, HORIZON_MOIS // 12 + 1)


@dataclass(frozen=True, slots=True)
class Etape:
    """One contract of the plan as the page shows it. `debut` and `mois` place its bar on the timeline, in months."""

    candidat: Candidat
    limite: Limite | None
    montant: str
    debut: int
    mois: int
    parts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Ecart:
    """A scheme left out. `refuse`: a text forbids it with the plan; else its cumulation is only unverified.

    `rang`: « deuxième », « troisième », or empty for a plan already named or further away.
    """

    alternative: Alternative
    candidat: Candidat
    montant: str
    obstacles: tuple[Cumul, ...]
    refuse: bool
    rang: str
    total: str
    perte: str
    avec: tuple[str, ...]


@require_safe
@cached_page
def plan(request: HttpRequest) -> HttpResponse:
    lecture, cumul = read_plan(request)
    if lecture.resolution is None or not lecture.complete:
        return HttpResponseRedirect(f"{address('verifier')}?{request.GET.urlencode()}")
    commune = lecture.resolution.commune
    plans = build_plans(commune.code_insee, lecture.demande.faits, au=lecture.au)
    return render(request, "aides/plan.html", build_contexte(lecture, plans, cumul), status=lecture.statut)


def read_plan(request: HttpRequest) -> tuple[Lecture, str]:
    """The address of the check, and whether pairs that nobody verified are taken."""
    params = request.GET.copy()
    cumul = (params.pop(CUMUL, None) or [""])[-1]
    demande = read_demande(params)
    if cumul not in ("", POSSIBLE):
        message = "Cette valeur n'est pas proposée : choisissez-la dans la page."
        demande = replace(demande, erreurs={**demande.erreurs, CUMUL: message})
        cumul = ""
    resolution = None
    if demande.commune:
        try:
            resolution = resolve_known(demande.commune, data_version())
        except CommuneInconnue as inconnue:
            demande = replace(demande, commune="", erreurs={**demande.erreurs, "commune": str(inconnue)})
    return Lecture(demande, demande.au or timezone.localdate(), resolution), cumul


def build_contexte(lecture: Lecture, plans: Plans, cumul: str) -> dict[str, Any]:
    etude = plans.possible if cumul else plans.prudent
    requete = lecture.demande.at(lecture.au).query()
    base = address("plan")
    ecarts = list_ecarts(etude, plans.possible)
    return {
        "lecture": lecture,
        "commune": lecture.resolution.commune if lecture.resolution else None,
        "etude": etude,
        "etapes": [build_etape(candidat, etude) for candidat in etude.plan.candidats],
        "total": describe_total(etude.plan),
        "annees": [(a, format_montant(mini, maxi)) for a, mini, maxi in etude.plan.annees],
        "reperes": [(rang, (rang - 1) * 12) for rang in ANNEES],
        "choix": [
            ("Cumuls écrits dans un texte", describe_total(plans.prudent.plan), f"{base}?{requete}", not cumul),
            (
                "Aussi les cumuls que personne n’a vérifiés",
                describe_total(plans.possible.plan),
                f"{base}?{requete}&{CUMUL}={POSSIBLE}",
                bool(cumul),
            ),
        ],
        "refuses": [ecart for ecart in ecarts if ecart.refuse],
        "non_verifies": [ecart for ecart in ecarts if not ecart.refuse],
        "a_instruire": [describe_doute(candidat) for candidat in etude.a_instruire],
        "total_possible": "" if cumul else describe_total(plans.possible.plan),
        "possible_url": f"{base}?{requete}&{CUMUL}={POSSIBLE}",
        "zones": list_zones(plans),
        "tronque": plans.tronque,
        "exact": etude.exact,
        "erreurs": [("Cumul" if code == CUMUL else code, m) for code, m in list_erreurs(lecture.demande)],
        "requete": requete,
        "resultat_url": f"{address('resultat')}?{requete}",
        "verifier_url": f"{address('verifier')}?{requete}",
    }


def build_etape(candidat: Candidat, etude: Etude) -> Etape:
    contrat = candidat.engagement
    debut = count_mois(etude.au, contrat.du)
    duree = count_mois(contrat.du, min(contrat.au, etude.horizon))
    parts: dict[int, list[Decimal]] = {}
    for ligne in candidat.apports.lignes:
        for annee, minimum, maximum in ligne.split_annees():
            somme = parts.setdefault(annee, [Decimal(0), Decimal(0)])
            somme[0] += minimum
            somme[1] += maximum
    return Etape(
        candidat,
        etude.limites.get(candidat.dispositif.code),
        describe_apports(candidat),
        debut,
        max(1, duree),
        tuple((annee, format_montant(*somme)) for annee, somme in sorted(parts.items())),
    )


def list_ecarts(etude: Etude, possible: Etude) -> list[Ecart]:
    """The nearest plan first. Two schemes may lead to the same one: it has its rank once."""
    cles = list(dict.fromkeys(alternative.plan.cle for alternative in etude.alternatives))
    noms = dict(zip(cles, ("deuxième", "troisième"), strict=False))
    return [build_ecart(alternative, etude, possible, noms) for alternative in etude.alternatives]


def build_ecart(alternative: Alternative, etude: Etude, possible: Etude, noms: dict[tuple[str, ...], str]) -> Ecart:
    """What is only unverified is shown on the day on which the wider plan would sign it."""
    refuse = any(obstacle.accord is False for obstacle in alternative.obstacles)
    candidat, obstacles = alternative.candidat, alternative.obstacles
    large = next((c for c in possible.plan.candidats if c.dispositif is candidat.dispositif), None)
    if not refuse and large is not None:
        candidat = large
        cumuls = (read_cumul(large.engagement, retenu.engagement) for retenu in etude.plan.candidats)
        obstacles = tuple(cumul for cumul in cumuls if cumul.accord is not True)
    return Ecart(
        alternative,
        candidat,
        describe_apports(candidat),
        obstacles,
        refuse,
        noms.pop(alternative.plan.cle, ""),
        describe_total(alternative.plan),
        format_perte(alternative),
        tuple(f"{c.dispositif.sigle} : {describe_apports(c)}" for c in alternative.plan.candidats),
    )


def describe_apports(candidat: Candidat) -> str:
    """What a contract brings within the plan, or why nothing is counted."""
    apports = candidat.apports
    if apports.maximum:
        return format_montant(apports.minimum, apports.maximum)
    if apports.garanties:
        return "Un revenu garanti, non compté"
    if apports.a_preciser:
        return "Montant à préciser, non compté"
    return "Rien n’est versé pendant ces cinq ans"


def describe_doute(candidat: Candidat) -> tuple[Candidat, str, list[str]]:
    """A scheme that stays « à instruire », and what it waits for from the person."""
    manques = [name_manque(code) for code in candidat.manquants]
    return candidat, describe_apports(candidat), manques


def describe_total(plan: Plan) -> str:
    if not plan.candidats:
        return "aucune aide certaine"
    return format_montant(plan.minimum, plan.maximum) if plan.maximum else "aucun montant chiffré"


def format_montant(minimum: Decimal, maximum: Decimal) -> str:
    return format_fourchette(minimum, maximum, Periodicite.UNIQUE)


def format_perte(alternative: Alternative) -> str:
    """How much less the best plan that holds it gives; on the possible amounts when the certain ones are equal."""
    if alternative.ecart_minimum > 0:
        return f"{format_montant(alternative.ecart_minimum, alternative.ecart_minimum)} de moins, de façon certaine"
    if alternative.ecart_maximum > 0:
        return f"jusqu’à {format_montant(alternative.ecart_maximum, alternative.ecart_maximum)} de moins"
    return "autant d’euros, mais moins de contrats ou plus tard"


def list_zones(plans: Plans) -> list[tuple[date, str]]:
    """The zone read on the first day, then each time it is read otherwise."""
    lues: list[tuple[date, str]] = []
    for jour, zone in plans.zones:
        texte = zone.libelle if zone.niveau else "zone non connue"
        if not lues or lues[-1][1] != texte:
            lues.append((jour, texte))
    return lues
