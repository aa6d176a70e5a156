"""The schemes themselves: which are open on a day, and each one read from its tree."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from aides.catalogue import catalogue
from aides.forms import JourInvalide, parse_jour
from aides.regles.dispositifs import LIBELLES_JOUR, Dispositif, Version
from aides.regles.faits import FAITS, format_jour
from aides.services import Fermeture, list_fermetures
from aides.services_locaux import describe_lieux
from aides.views.bareme import describe_bareme
from aides.views.preuve import render_conditions
from portal.core.cache import cached_page

LIBELLES_GUICHET = {
    "cpam": "La caisse primaire d'assurance maladie (CPAM) du cabinet",
    "ars": "L'agence régionale de santé (ARS)",
    "paps": "Le portail d'appui aux professionnels de santé (PAPS) de la région",
    "impots": "Le service des impôts des entreprises",
    "collectivite": "La collectivité qui verse l'aide (commune, intercommunalité, département ou région)",
}


@dataclass(frozen=True, slots=True)
class Statut:
    """A scheme on a day: `etat` is « ouvert », « a_instruire », « annonce », « ferme » or « a_venir »."""

    dispositif: Dispositif
    etat: str
    libelle: str
    phrase: str


def read_au(request: HttpRequest) -> tuple[date, str]:
    """The day asked for, or today with the reason why the one asked for is refused."""
    try:
        return parse_jour(request.GET.get("au", "")) or timezone.localdate(), ""
    except JourInvalide as erreur:
        return timezone.localdate(), str(erreur)


def read_statuts(au: date) -> list[Statut]:
    """Every scheme on that day, in the order of the catalogue."""
    schemes = catalogue()
    fermes = {fermeture.dispositif.code: fermeture for fermeture in list_fermetures(schemes, au)}
    return [
        read_fermeture(fermes[dispositif.code]) if dispositif.code in fermes else read_ouverture(dispositif, au)
        for dispositif in schemes.dispositifs
    ]


def read_ouverture(dispositif: Dispositif, au: date) -> Statut:
    version = dispositif.version_au(au)
    if version is None:
        raise ValueError(f"{dispositif.code} is closed on {au}")
    if dispositif.statut == "annonce":
        phrase = "Annoncé : ses textes d'application sont attendus, aucune demande n'est possible."
        return Statut(dispositif, "annonce", "Annoncé", phrase)
    doute = next((doute for doute in version.incertitudes if doute.du <= au < doute.jusqu_au), None)
    if doute:
        return Statut(dispositif, "a_instruire", "À instruire", doute.raison)
    dernier = dispositif.find_fin(version)
    fin = f", jusqu'au {format_jour(dernier - timedelta(days=1))} inclus" if dernier else ""
    return Statut(
        dispositif, "ouvert", "Ouvert", f"Ouvert depuis le {format_jour(dispositif.versions[0].ouvert_du)}{fin}."
    )


def read_fermeture(fermeture: Fermeture) -> Statut:
    if fermeture.etat == "a_venir":
        return Statut(fermeture.dispositif, "a_venir", "Pas encore ouvert", fermeture.motif)
    phrase = fermeture.motif
    if "fermé" not in phrase.lower():
        phrase = f"Fermé aux nouvelles demandes depuis le {format_jour(fermeture.depuis)}. {phrase}".strip()
    return Statut(fermeture.dispositif, "ferme", "Fermé", phrase)


@require_safe
@cached_page
def dispositif_list(request: HttpRequest) -> HttpResponse:
    au, erreur = read_au(request)
    profession = request.GET.get("profession", "")
    connues = dict(FAITS["profession"].choix)
    erreurs = [("Date", erreur)] if erreur else []
    if profession and profession not in connues:
        erreurs.append(("Profession", "Choisissez une profession de la liste."))
        profession = ""
    statuts = [s for s in read_statuts(au) if not profession or profession in s.dispositif.professions]
    groupes = [
        ("Ouverts ce jour-là", [s for s in statuts if s.etat in ("ouvert", "a_instruire")]),
        ("Annoncés, textes attendus", [s for s in statuts if s.etat == "annonce"]),
        ("Pas encore ouverts", [s for s in statuts if s.etat == "a_venir"]),
        ("Fermés aux nouvelles demandes", [s for s in statuts if s.etat == "ferme"]),
    ]
    contexte = {
        "au": au,
        "profession": profession,
        "professions": FAITS["profession"].choix,
        "groupes": [(titre, membres) for titre, membres in groupes if membres],
        "erreurs": erreurs,
    }
    return render(request, "aides/dispositif_list.html", contexte, status=400 if erreurs else 200)


@require_safe
@cached_page
def dispositif_detail(request: HttpRequest, code: str) -> HttpResponse:
    dispositif = catalogue().dispositif(code)
    if dispositif is None:
        raise Http404("Aucun dispositif ne porte ce nom. La liste est à l'adresse /aides/dispositifs/.")
    au, erreur = read_au(request)
    version = choose_version(dispositif, au)
    connues = dict(FAITS["profession"].choix)
    contexte = {
        "dispositif": dispositif,
        "au": au,
        "statut": next(statut for statut in read_statuts(au) if statut.dispositif is dispositif),
        "lieux": describe_lieux(dispositif.perimetre),
        "version": version,
        "version_du_jour": dispositif.version_au(au) is not None,
        "conditions": render_conditions(version),
        "bareme": describe_bareme(version),
        "jour_reference": LIBELLES_JOUR[version.jour_reference],
        "guichet": LIBELLES_GUICHET.get(dispositif.guichet, dispositif.guichet),
        "professions": [connues.get(profession, profession) for profession in dispositif.professions],
        "autres": [
            (v, f"{reverse('dispositif_detail', args=[code])}?au={v.ouvert_du}")
            for v in dispositif.versions
            if v != version
        ],
        "erreurs": [("Date", erreur)] if erreur else [],
    }
    return render(request, "aides/dispositif_detail.html", contexte, status=400 if erreur else 200)


def choose_version(dispositif: Dispositif, au: date) -> Version:
    """The version of the day; else the last one that closed before it; else the first to open."""
    version = dispositif.version_au(au)
    if version:
        return version
    passees = [v for v in dispositif.versions if v.ouvert_du <= au]
    return max(passees, key=lambda v: v.ouvert_du) if passees else min(dispositif.versions, key=lambda v: v.ouvert_du)
