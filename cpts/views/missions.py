"""Missions in the space: what is due, where each stands, its indicators and its proofs."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cpts.enums import GenrePreuve
from cpts.erreurs import ActeInvalide
from cpts.forms_espace import (
    ActeMissionForm,
    CorrectionForm,
    DescriptionForm,
    IndicateurForm,
    OptionnelleForm,
    PreuveForm,
)
from cpts.models import Cpts, IndicateurMission, Mission, Preuve
from cpts.regles.etapes import is_aci_en_cours
from cpts.regles.missions import DELAIS, OPTIONNELLES, SOCLE, SOURCE_DELAIS, compute_avancement
from cpts.services.missions import (
    LIBELLES_MISSION,
    add_preuve,
    advance_mission,
    check_ecriture,
    delete_document,
    describe_mission,
    list_suites,
    may_correct,
    open_optionnelle,
    revert_mission,
)
from cpts.services.missions_calculs import find_annee, find_fenetre, list_preuves, read_indicateurs
from cpts.services.missions_indicateurs import add_indicateur, delete_indicateur, save_indicateur
from cpts.services.missions_refus import act as transaction
from cpts.services.missions_refus import refuse_nir
from cpts.views.espace import dans_espace
from cpts.views.espace_pages import Saisie, redirect, render_page, reserve
from portal.accounts.portee import read_portee
from portal.core.documents import receive_document, serve_document

RUBRIQUE = "espace_missions"
FAITS = {
    "avancee": "L'état de la mission est enregistré.",
    "corrigee": "La mission est revenue à l'état d'avant.",
    "decrite": "Description enregistrée.",
    "ouverte": "Mission ouverte.",
    "indicateur": "Indicateur enregistré.",
    "indicateur-retire": "Indicateur retiré.",
    "preuve": "Preuve ajoutée.",
    "preuve-retiree": "Preuve retirée.",
}
ANNEES_MONTREES = 3


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def missions(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """All of them with their deadlines; POST opens an optional one."""
    saisie = Saisie()
    if request.method == "POST":

        def act() -> HttpResponse:
            champs = saisie.clean("optionnelle", OptionnelleForm(request.POST))
            mission = open_optionnelle(cpts, champs["type"], par=request.user)
            return go(mission, "ouverte")

        if reponse := saisie.attempt(act):
            return reponse
    au = timezone.localdate()
    siennes = Mission.objects.for_user(request.user).filter(cpts=cpts).select_related("cpts")
    lues = list(siennes.order_by("type", "pk")[:20])
    rang = {code: place for place, code in enumerate(DELAIS)}
    lues.sort(key=lambda mission: rang[mission.type])
    optionnelle = saisie.show("optionnelle", OptionnelleForm)
    champ: Any = optionnelle.fields["type"]
    libres = [code for code in OPTIONNELLES if code not in {mission.type for mission in lues}]
    champ.choices = [(code, LIBELLES_MISSION[code]) for code in libres]
    contexte = {
        "titre": "Missions",
        "missions": [(mission, read_avancement(mission, au)) for mission in lues],
        "delais": [(LIBELLES_MISSION[code], DELAIS[code]) for code in SOCLE],
        "source": SOURCE_DELAIS,
        "optionnelle": optionnelle if libres else None,
    }
    return render_page(request, cpts, RUBRIQUE, "missions", contexte, saisie)


def read_avancement(mission: Mission, au: date) -> Any:
    en_cours = is_aci_en_cours(mission.cpts.statut, mission.cpts.aci_fin_le, au)
    return compute_avancement(
        mission.statut, mission.demarrage_limite, mission.deploiement_limite, au=au, en_cours=en_cours
    )


def go(mission: Mission, fait: str, ancre: str = "") -> HttpResponse:
    return redirect(f"{reverse('espace_mission', args=[mission.cpts_id, mission.type])}?fait={fait}{ancre}")


def find_mission(request: HttpRequest, cpts: Cpts, type_mission: str) -> Mission:
    lues = Mission.objects.for_user(request.user).filter(cpts=cpts).select_related("cpts")
    return get_object_or_404(lues, type=type_mission)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def mission(request: HttpRequest, cpts: Cpts, type_mission: str) -> HttpResponse:
    lue = find_mission(request, cpts, type_mission)
    saisie = Saisie()
    if request.method == "POST":
        reponse = saisie.attempt(lambda: change(request, lue, saisie))
        if reponse:
            return reponse
    return show(request, cpts, lue, saisie)


def change(request: HttpRequest, lue: Mission, saisie: Saisie) -> HttpResponse:
    geste, par = request.POST.get("geste", ""), request.user
    if geste.startswith("avancer-"):
        champs = saisie.clean("acte", ActeMissionForm(request.POST))
        advance_mission(lue, geste.removeprefix("avancer-"), jour=champs["jour"], par=par, version=champs["version"])
        return go(lue, "avancee")
    if geste == "corriger":
        champs = saisie.clean("correction", CorrectionForm(request.POST))
        revert_mission(lue, motif=champs["motif"], par=par, version=champs["version"])
        return go(lue, "corrigee")
    if geste == "decrire":
        champs = saisie.clean("description", DescriptionForm(request.POST))
        describe_mission(lue, champs["description"], par=par, version=champs["version"])
        return go(lue, "decrite")
    if geste == "preuve":
        join_preuve(request, lue, saisie.clean("preuve", PreuveForm(request.POST, request.FILES)))
        return go(lue, "preuve", "#preuves")
    raise ActeInvalide("Ce bouton n'existe pas : rechargez la page.")


def join_preuve(request: HttpRequest, lue: Mission, champs: dict[str, Any]) -> None:
    """A document that shows something of the mission."""
    par: Any = request.user
    check_ecriture(par, lue.cpts)
    refuse_nir(libelle=champs["libelle"])
    if champs["jour"] > timezone.localdate():
        raise ActeInvalide("Ce jour est à venir.", {"jour": "Choisissez aujourd'hui ou un jour passé."})
    with transaction():
        document = receive_document(
            champs["fichier"],
            proprietaire=par,
            region_code=lue.cpts.region_code,
            departement_code=lue.cpts.departement_code,
            guichet="ars",
            perimetre=f"cpts:{lue.cpts_id}",
            depose_par=par,
        )
        add_preuve(
            lue, genre=GenrePreuve.DOCUMENT, libelle=champs["libelle"], jour=champs["jour"], document=document, par=par
        )


def show(request: HttpRequest, cpts: Cpts, lue: Mission, saisie: Saisie) -> HttpResponse:
    au = timezone.localdate()
    annee = find_annee(cpts, au)
    annees = [annee + 1 - rang for rang in range(ANNEES_MONTREES)]
    indicateurs = read_indicateurs(cpts, annees, au=au)
    initial = {"version": lue.version}
    contexte = {
        "titre": lue.get_type_display(),
        "mission": lue,
        "avancement": read_avancement(lue, au),
        "suites": list_suites(lue, request.user),
        "acte": saisie.show("acte", lambda: ActeMissionForm(initial=initial | {"jour": au})),
        "correction": saisie.show("correction", lambda: CorrectionForm(initial=initial)),
        "peut_corriger": may_correct(request.user, cpts) and lue.demarree_le is not None,
        "description": saisie.show(
            "description", lambda: DescriptionForm(initial=initial | {"description": lue.description})
        ),
        "annees": [
            (find_fenetre(cpts, une), indicateurs[une].get(lue.pk, []))
            for une in annees
            if une == annee or indicateurs[une].get(lue.pk)
        ],
        "preuve": saisie.show("preuve", PreuveForm),
        "preuves": [(preuve, find_lien(cpts, preuve)) for preuve in list_preuves([lue], date.min, date.max)],
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "mission", contexte, saisie)


def find_lien(cpts: Cpts, preuve: Preuve) -> str:
    """Where the proof is seen: its meeting or its file. An action of prevention is named, its page is elsewhere."""
    objet, _, cle = preuve.objet.partition(":")
    if objet == "cpts.reunion":
        return reverse("espace_reunion", args=[cpts.code, cle])
    return reverse("espace_preuve", args=[cpts.code, preuve.mission.type, preuve.pk]) if preuve.document_id else ""


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def preuve(request: HttpRequest, cpts: Cpts, type_mission: str, cle: int) -> HttpResponse:
    """The document of a proof; POST takes it away."""
    lue = find_mission(request, cpts, type_mission)
    lues = Preuve.objects.for_user(request.user).filter(mission=lue).select_related("document", "mission__cpts")
    trouvee = get_object_or_404(lues, pk=cle)
    if request.method != "POST":
        if trouvee.document is None:
            raise Http404
        return serve_document(trouvee.document, agent=read_portee(request.user).est_agent)
    saisie = Saisie()

    def act() -> HttpResponse:
        delete_document(trouvee, par=request.user)
        return go(lue, "preuve-retiree", "#preuves")

    return saisie.attempt(act) or show(request, cpts, lue, saisie)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def indicateur(request: HttpRequest, cpts: Cpts, type_mission: str, cle: int | None = None) -> HttpResponse:
    """A new indicator, or one to change or take away."""
    lue = find_mission(request, cpts, type_mission)
    connu: IndicateurMission | None = None
    if cle is not None:
        lus = IndicateurMission.objects.for_user(request.user).filter(mission=lue).select_related("mission__cpts")
        connu = get_object_or_404(lus, pk=cle)
    saisie = Saisie()
    if request.method == "POST":
        reponse = saisie.attempt(lambda: write_indicateur(request, lue, connu, saisie))
        if reponse:
            return reponse
    initial = {"version": 0, "annee": find_annee(cpts, timezone.localdate())}
    if connu is not None:
        initial = {nom: getattr(connu, nom) for nom in IndicateurForm.base_fields}
    contexte = {
        "titre": "Indicateur",
        "mission": lue,
        "indicateur": connu,
        "formulaire": saisie.show("indicateur", lambda: IndicateurForm(initial=initial)),
    }
    return render_page(request, cpts, RUBRIQUE, "indicateur", contexte, saisie)


def write_indicateur(
    request: HttpRequest, lue: Mission, connu: IndicateurMission | None, saisie: Saisie
) -> HttpResponse:
    if connu is not None and request.POST.get("geste") == "retirer":
        delete_indicateur(connu, par=request.user)
        return go(lue, "indicateur-retire", "#indicateurs")
    champs = saisie.clean("indicateur", IndicateurForm(request.POST))
    if connu is None:
        add_indicateur(lue, champs, par=request.user)
    else:
        save_indicateur(connu, champs, par=request.user, version=champs["version"])
    return go(lue, "indicateur", "#indicateurs")
