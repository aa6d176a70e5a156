"""The answer: the zone and its arrêté, then each scheme with its amount, its proof and what would change it."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from aides.regles.dispositifs import Dispositif, Version
from aides.regles.evaluation import LIBELLES_MANQUANTS, Resultat
from aides.regles.faits import FAITS
from aides.services import diff_bilans
from aides.views.dispositifs import LIBELLES_GUICHET
from aides.views.lecture import Lecture, list_erreurs, read, read_ancienne
from aides.views.preuve import render_preuve
from aides.views.verifier import count_issues, list_reponses, open_questions
from portal.core.cache import cached_page


@require_safe
@cached_page
def resultat(request: HttpRequest) -> HttpResponse:
    lecture = read(request)
    if not lecture.complete:
        return HttpResponseRedirect(f"{reverse('verifier')}?{request.GET.urlencode()}")
    contexte = build_contexte(lecture)
    return render(request, "aides/resultat.html", contexte, status=lecture.statut)


def build_contexte(lecture: Lecture) -> dict[str, Any]:
    demande, aujourd_hui = lecture.demande, timezone.localdate()
    bilan = lecture.check()
    fixe = demande.at(lecture.au)
    return {
        "demande": demande,
        "lecture": lecture,
        "bilan": bilan,
        "ancienne": read_ancienne(demande),
        "comptes": count_issues(bilan),
        "verdicts": RENDUS.get(bilan.resultats) if bilan.resultats else "",
        "profession": dict(FAITS["profession"].choix).get(demande.profession, ""),
        "fermes": bilan.fermes,
        "ecarts": diff_bilans(bilan, lecture.check(au=aujourd_hui)) if lecture.au != aujourd_hui else None,
        "aujourd_hui": aujourd_hui,
        "aujourd_hui_url": f"{reverse('resultat')}?{demande.at(None).query()}",
        "reponses": list_reponses(demande),
        "restantes": len(open_questions(demande, bilan.questions)),
        "erreurs": list_erreurs(demande),
        "caches": demande.parametres(),
        "verifier_url": f"{reverse('verifier')}?{demande.query()}",
        "changer_commune": f"{reverse('verifier')}?{demande.query(sans=('commune',))}",
        "lien": f"{reverse('resultat')}?{fixe.query()}",
        "pdf_url": f"{reverse('resultat_pdf')}?{fixe.query()}",
    }


class Rendus:
    """The verdicts as HTML. Many communes share one evaluation: its page part is rendered once and kept with it.

    The key is the identity of the tuple of results, held here: it cannot be given to another object meanwhile.
    """

    def __init__(self, taille: int) -> None:
        self.taille = taille
        self.gardes: OrderedDict[int, tuple[tuple[Resultat, ...], SafeString]] = OrderedDict()

    def get(self, resultats: tuple[Resultat, ...]) -> SafeString:
        garde = self.gardes.get(id(resultats))
        if garde is not None and garde[0] is resultats:
            return garde[1]
        rendu = render_verdicts(resultats)
        self.gardes[id(resultats)] = (resultats, rendu)
        while len(self.gardes) > self.taille:
            self.gardes.popitem(last=False)
        return rendu


RENDUS = Rendus(taille=256)


def render_verdicts(resultats: Sequence[Resultat]) -> SafeString:
    """No address of the person's own is in it: what asks a fact again is a button of the form « preciser »."""
    verdicts = [
        {
            "resultat": resultat,
            "preuve": render_preuve(resultat.preuve),
            "fiche": render_fiche(resultat.dispositif, resultat.version),
            "manques": [(code, name_manque(code)) for code in resultat.manquants],
            "precisions": list_precisions(resultat),
        }
        for resultat in resultats
    ]
    return mark_safe(render_to_string("aides/_verdicts.html", {"verdicts": verdicts}))  # noqa: S308


def name_manque(code: str) -> str:
    return FAITS[code].libelle if code in FAITS else LIBELLES_MANQUANTS.get(code, code)


def list_precisions(resultat: Resultat) -> list[tuple[str, str]]:
    """The facts that would only narrow the amount."""
    if resultat.montant is None:
        return []
    return [
        (code, FAITS[code].libelle)
        for code in resultat.montant.manquants
        if code in FAITS and code not in resultat.manquants
    ]


def render_fiche(dispositif: Dispositif, version: Version) -> SafeString:
    """How to apply, documents, duties: the same for everybody."""
    contexte = {"dispositif": dispositif, "version": version, "guichet": LIBELLES_GUICHET.get(dispositif.guichet, "")}
    return mark_safe(render_to_string("aides/_fiche.html", contexte))  # noqa: S308
