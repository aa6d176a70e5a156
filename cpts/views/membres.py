"""Members in the space: who they are, since when, where they sit, what they received; paste and exports."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cpts.forms_espace import CollageForm, MembreForm, RechercheForm, read_annee
from cpts.models import Cpts, Membre, Praticien, Structure
from cpts.services.indemnites import read_indemnites
from cpts.services.membres import (
    add_membre,
    count_professions,
    delete_membre,
    edit_membre,
    list_membres,
    nom_membre,
    profession_membre,
    read_dernier_jour,
    search_praticiens,
    search_structures,
)
from cpts.services.membres_collage import add_collage, read_membres
from cpts.views.espace import dans_espace
from cpts.views.espace_pages import Saisie, redirect, render_page, reserve
from portal.core.exports import Apropos, export_csv, export_xlsx
from zonage.calculs.noms import cle_tri

RUBRIQUE = "espace_membres"
FAITS = {
    "ajoute": "Membre ajouté.",
    "modifie": "Membre enregistré.",
    "retire": "Membre retiré.",
    "colles": "Lignes enregistrées.",
}
ETATS = {"actuels": "Membres actuels", "anciens": "Anciens membres", "tous": "Tous"}
COLONNES = ("Nom", "Profession", "RPPS", "FINESS", "Commune", "Membre depuis", "Jusqu'au", "Instance", "Fonction")


def read_liste(request: HttpRequest, cpts: Cpts) -> tuple[str, str, list[Membre]]:
    """What the address asks: the state, the words, and the members that answer."""
    etat = request.GET.get("etat", "actuels")
    etat = etat if etat in ETATS else "actuels"
    q = request.GET.get("q", "")[:120]
    lus = list_membres(cpts, au=timezone.localdate() if etat == "actuels" else None, anciens=etat == "anciens")
    cle = cle_tri(q)
    if cle:
        lus = [m for m in lus if cle in cle_tri(f"{nom_membre(m)} {profession_membre(m)} {m.fonction}")]
    return etat, q, lus


@require_safe
@dans_espace
def membres(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    etat, q, lus = read_liste(request, cpts)
    contexte = {
        "titre": "Membres",
        "membres": [describe(membre) for membre in lus[:500]],
        "nombre": len(lus),
        "professions": count_professions(lus),
        "etats": ETATS.items(),
        "etat": etat,
        "q": q,
        "requete": request.GET.urlencode(),
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "membres", contexte)


def describe(membre: Membre) -> dict[str, Any]:
    return {
        "membre": membre,
        "nom": nom_membre(membre),
        "profession": profession_membre(membre),
        "fin": read_dernier_jour(membre),
    }


@require_safe
@dans_espace
def membres_export(request: HttpRequest, cpts: Cpts, forme: str) -> HttpResponse:
    """What the list shows, as a spreadsheet."""
    if forme not in ("csv", "xlsx"):
        raise Http404
    etat, q, lus = read_liste(request, cpts)
    lignes = [
        (
            nom_membre(m),
            profession_membre(m),
            m.praticien_id or "",
            m.structure.finess if m.structure else "",
            m.commune_code,
            m.periode.lower,
            read_dernier_jour(m),
            m.get_instance_display() if m.instance else "",
            m.fonction,
        )
        for m in lus
    ]
    nom = f"membres-{cpts.code}-{timezone.localdate():%Y-%m-%d}"
    if forme == "csv":
        return cast("HttpResponse", export_csv(nom, COLONNES, lignes))
    filtres = [ETATS[etat], *([f"Recherche : {q}"] if q else [])]
    return cast(
        "HttpResponse", export_xlsx(nom, COLONNES, lignes, apropos=Apropos("Membres de la CPTS", cpts.nom, filtres))
    )


def make_form(donnees: Any = None, *, membre: Membre | None = None, nomme: bool) -> MembreForm:
    initial: dict[str, Any] = {"version": 0, "debut": timezone.localdate()}
    if membre is not None:
        initial = {nom: getattr(membre, nom, None) for nom in MembreForm.base_fields}
        initial |= {"debut": membre.periode.lower, "fin": read_dernier_jour(membre)}
    return MembreForm(donnees, initial=initial, nomme=nomme)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def membre_ajouter(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """Look for somebody, choose them, or write a name; then the period and where they sit."""
    saisie = Saisie()
    praticien, structure = find_choisi(request, cpts)
    nomme = praticien is None and structure is None
    if request.method == "POST":

        def act() -> HttpResponse:
            champs = saisie.clean("membre", make_form(request.POST, nomme=nomme))
            champs.pop("version")
            add_membre(cpts, par=request.user, praticien=praticien, structure=structure, **champs)
            return redirect(f"{reverse('espace_membres', args=[cpts.code])}?fait=ajoute")

        if reponse := saisie.attempt(act):
            return reponse
    q = request.GET.get("q", "")[:120]
    contexte = {
        "titre": "Ajouter un membre",
        "recherche": RechercheForm(initial={"q": q}),
        "q": q,
        "praticiens": search_praticiens(cpts, q, au=timezone.localdate()) if q else [],
        "structures": search_structures(cpts, q) if q else [],
        "praticien": praticien,
        "structure": structure,
        "formulaire": saisie.show("membre", lambda: make_form(nomme=nomme)),
        "nomme": request.GET.get("nomme") == "1" or "membre" in saisie.formulaires,
    }
    return render_page(request, cpts, RUBRIQUE, "membre_ajouter", contexte, saisie)


def find_choisi(request: HttpRequest, cpts: Cpts) -> tuple[Praticien | None, Structure | None]:
    """Who the address names: a practitioner of the Annuaire santé (public), or a structure near the CPTS."""
    donnees = request.POST if request.method == "POST" else request.GET
    rpps, cle = donnees.get("praticien", ""), donnees.get("structure", "")
    praticien = get_object_or_404(Praticien, pk=rpps[:11]) if rpps else None
    structure = None
    if cle and praticien is None:
        structure = get_object_or_404(Structure, pk=int(cle) if cle.isdigit() and len(cle) < 18 else 0)
    return praticien, structure


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def membre(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    lus = Membre.objects.for_user(request.user).filter(cpts=cpts).select_related("cpts", "praticien", "structure")
    lu = get_object_or_404(lus, pk=cle)
    nomme = lu.praticien_id is None and lu.structure_id is None
    saisie = Saisie()
    if request.method == "POST":

        def act() -> HttpResponse:
            fait = "modifie"
            if request.POST.get("geste") == "retirer":
                delete_membre(lu, par=request.user)
                fait = "retire"
            else:
                champs = saisie.clean("membre", make_form(request.POST, nomme=nomme))
                edit_membre(lu, par=request.user, **champs)
            return redirect(f"{reverse('espace_membres', args=[cpts.code])}?fait={fait}")

        if reponse := saisie.attempt(act):
            return reponse
    contexte = {
        "titre": nom_membre(lu),
        "membre": lu,
        "profession": profession_membre(lu),
        "formulaire": saisie.show("membre", lambda: make_form(membre=lu, nomme=nomme)),
    }
    return render_page(request, cpts, RUBRIQUE, "membre", contexte, saisie)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def membres_coller(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """The report of pasted members, line by line; then the lines accepted are written."""
    saisie = Saisie()
    lignes: list[Any] = []
    if request.method == "POST":

        def act() -> HttpResponse | None:
            texte = saisie.clean("collage", CollageForm(request.POST))["texte"]
            lignes.extend(read_membres(cpts, texte, au=timezone.localdate()))
            if request.POST.get("geste") != "coller":
                return None
            add_collage(cpts, lignes, par=request.user)
            return redirect(f"{reverse('espace_membres', args=[cpts.code])}?fait=colles")

        if reponse := saisie.attempt(cast("Any", act)):
            return reponse
    contexte = {
        "titre": "Coller des membres",
        "collage": saisie.show("collage", CollageForm),
        "lignes": lignes,
        "acceptees": sum(ligne.acceptee for ligne in lignes),
    }
    return render_page(request, cpts, RUBRIQUE, "membres_coller", contexte, saisie)


@require_safe
@dans_espace
def indemnites(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """What each person received in a civil year, against the cap."""
    courante = timezone.localdate().year
    annee = read_annee(request.GET.get("annee", ""), courante)
    contexte = {
        "titre": f"Indemnités {annee}",
        "indemnites": read_indemnites(cpts, annee),
        "annee": annee,
        "annees": [courante - rang for rang in range(5)],
    }
    return render_page(request, cpts, RUBRIQUE, "indemnites", contexte)
