"""The answer: the zone and its arrêté, then each scheme with its amount, its proof and what would change it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from aides.regles.dispositifs import Dispositif, Version
from aides.regles.evaluation import LIBELLES_MANQUANTS, Resultat
from aides.regles.faits import FAITS
from aides.regles.situation import Valeur
from aides.services import Bilan, Fermeture, diff_bilans, keep_profession
from aides.views.dispositifs import LIBELLES_GUICHET
from aides.views.lecture import Lecture, address, address_commune, list_erreurs, read, read_ancienne
from aides.views.patron import Patron, Patrons, make_trou
from aides.views.preuve import render_preuve
from aides.views.verifier import count_issues, describe_reponses, open_questions
from portal.core.cache import cached_page
from zonage.lecture import ResumeTerritoire, Zone
from zonage.models import Commune


@require_safe
@cached_page
def resultat(request: HttpRequest) -> HttpResponse:
    lecture = read(request)
    if lecture.resolution is None or not lecture.complete:
        return HttpResponseRedirect(f"{address('verifier')}?{request.GET.urlencode()}")
    aujourd_hui = timezone.localdate()
    bilan, actuel = lecture.check_also(aujourd_hui)
    if is_common(lecture):
        return HttpResponse(render_common(request, lecture, bilan, actuel, lecture.resolution.commune))
    contexte = build_contexte(lecture, bilan, actuel) | {"zone_html": render_zone(bilan.zone)}
    return render(request, "aides/resultat.html", contexte, status=lecture.statut)


def is_common(lecture: Lecture) -> bool:
    """Nothing in the page depends on the commune but its name, its codes and its zone: no error, no former code."""
    demande, resolution = lecture.demande, lecture.resolution
    if resolution is None or resolution.ancien_code:
        return False
    return not (
        demande.erreurs or demande.ancien or demande.voie or demande.modifier or demande.posees or demande.lieu
    )


def render_common(
    request: HttpRequest, lecture: Lecture, bilan: Bilan, actuel: Bilan | None, commune: Commune
) -> bytes:
    """The page of these facts, rendered once by zone class, filled for this commune (docs/adr/0066)."""
    demande = lecture.demande

    def build() -> str:
        anonyme = replace(lecture, demande=replace(demande, commune=COMMUNE_TROU.code_insee))
        contexte = build_contexte(anonyme, replace(bilan, commune=COMMUNE_TROU), actuel)
        return render_to_string("aides/resultat.html", contexte | {"zone_html": make_trou("zone")}, request)

    libelles = tuple((lu.zone.statut, lu.zone.libelle) if lu and lu.zone else None for lu in (bilan, actuel))
    faits = tuple(demande.faits.items())
    cle = (demande.au, bilan.au, actuel and actuel.au, faits, demande.nsp, libelles)
    patron = PATRONS.get(cle, (bilan.resultats, actuel and actuel.resultats), build)
    return patron.fill(
        {
            "nom": escape(commune.nom),
            "departement": escape(commune.departement_id),
            "code": commune.code_insee,
            "adresse": address_commune(commune),
            "zone": render_zone(bilan.zone),
        }
    )


class CommuneTrou:
    """A commune whose every value is a hole. An attribute it lacks is seen at once: the template shows nothing."""

    code_insee = make_trou("code")
    nom = make_trou("nom")
    departement_id = make_trou("departement")

    def get_absolute_url(self) -> str:
        return make_trou("adresse")


COMMUNE_TROU: Any = CommuneTrou()
TERRITOIRE_TROU = ResumeTerritoire("", make_trou("type"), make_trou("lieu"), make_trou("territoire"))
PATRONS = Patrons(taille=128)


def render_zone(zone: Zone | None) -> SafeString:
    """Rendered once by arrêté and niveau; the territory, of which there are thousands, is filled."""
    if zone is None:
        return SafeString("")
    dernier = zone.dernier_connu
    sienne = replace(
        zone,
        commune="",
        commune_nom=None,
        territoire=zone.territoire and TERRITOIRE_TROU,
        dernier_connu=dernier and replace(dernier, commune="", commune_nom=None, territoire=None),
    )
    lieu = zone.territoire or TERRITOIRE_TROU
    noms = {"type": escape(lieu.type_libelle), "territoire": escape(lieu.libelle), "lieu": escape(lieu.code)}
    return mark_safe(_cut_zone(sienne).fill(noms).decode())  # noqa: S308


@lru_cache(maxsize=512)
def _cut_zone(zone: Zone) -> Patron:
    return Patron.cut(render_to_string("components/zone.html", {"zone": zone}))


def build_contexte(lecture: Lecture, bilan: Bilan, actuel: Bilan | None) -> dict[str, Any]:
    demande = lecture.demande
    fixe = demande.at(lecture.au)
    return {
        "demande": demande,
        "lecture": lecture,
        "bilan": bilan,
        "ancienne": read_ancienne(demande),
        "comptes": count_issues(bilan),
        "verdicts": RENDUS.get(bilan.resultats, demande.profession) if bilan.concernes else "",
        "profession": dict(FAITS["profession"].choix).get(demande.profession, ""),
        "fermes": render_fermes(bilan.fermes_concernes),
        "adresse_verifier": address("verifier"),
        "adresse_resultat": address("resultat"),
        "adresse_demander": address("dossier_new"),
        "ecarts": diff_bilans(bilan, actuel) if actuel else None,
        "aujourd_hui": actuel.au if actuel else bilan.au,
        "aujourd_hui_url": f"{address('resultat')}?{demande.at(None).query()}",
        "reponses": render_reponses(tuple(demande.faits.items()), demande.nsp),
        "champs": render_champs(tuple(demande.parametres(sans=("commune", "au")))),
        "restantes": len(open_questions(demande, bilan.questions)),
        "erreurs": list_erreurs(demande),
        "verifier_url": f"{address('verifier')}?{demande.query()}",
        "changer_commune": f"{address('verifier')}?{demande.query(sans=('commune',))}",
        "lien": f"{address('resultat')}?{fixe.query()}",
        "requete": fixe.query(),
        "pdf_url": f"{address('resultat_pdf')}?{fixe.query()}",
    }


@lru_cache(maxsize=512)
def render_reponses(faits: tuple[tuple[str, Valeur], ...], nsp: tuple[str, ...]) -> SafeString:
    """The answers given; what modifies one is a button of the form « preciser », so that many communes share this."""
    return mark_safe(render_to_string("aides/_reponses.html", {"reponses": describe_reponses(dict(faits), nsp)}))  # noqa: S308


@lru_cache(maxsize=512)
def render_champs(parametres: tuple[tuple[str, str], ...]) -> SafeString:
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', parametres)


@lru_cache(maxsize=64)
def render_fermes(fermes: tuple[Fermeture, ...]) -> SafeString:
    """What is closed, or not yet open: the same for everybody on a day, in a territory, under the same rules."""
    return mark_safe(render_to_string("aides/_fermes.html", {"fermes": fermes}))  # noqa: S308


class Rendus:
    """The verdicts as HTML. Many communes share one evaluation: its page part is rendered once and kept with it.

    The key is the identity of the tuple of results, held here: it cannot be given to another object meanwhile. One
    tuple was computed for one profession, which leaves the schemes of the others out.
    """

    def __init__(self, taille: int) -> None:
        self.taille = taille
        self.gardes: OrderedDict[int, tuple[tuple[Resultat, ...], SafeString]] = OrderedDict()

    def get(self, resultats: tuple[Resultat, ...], profession: str) -> SafeString:
        garde = self.gardes.get(id(resultats))
        if garde is not None and garde[0] is resultats:
            return garde[1]
        rendu = render_verdicts(keep_profession(resultats, profession or None))
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
            "manques": [(code, name_manque(code)) for code in resultat.manquants if not code.startswith("liste:")],
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
