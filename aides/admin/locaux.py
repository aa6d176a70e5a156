"""Local schemes in the administration: written by sections, tried, proposed by one person, validated by another.

The pages have the portal's own layout and need no script; Django's administration gives the list and the rights.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aides.admin.apercu import Apercu, build_apercu, compare_textes, say_chemin, try_redaction
from aides.admin.formulaires import AvanceForm, CreationForm, read_fichier
from aides.admin.sections import SECTIONS, Section, are_valid, list_ensembles, new_texte
from aides.catalogue import list_ecartees
from aides.enums import StatutRedaction
from aides.forms import JourInvalide, parse_jour
from aides.models import DispositifLocal, RedactionLocale
from aides.regles.canonique import dump_lisible, parse_json
from aides.regles.ecriture import RegleInvalide
from aides.services_locaux import (
    ActeImpossible,
    create_redaction,
    delete_redaction,
    list_ecarts,
    propose_redaction,
    read_redaction,
    refuse_redaction,
    update_redaction,
    validate_redaction,
    withdraw_redaction,
)
from portal.accounts.models import User
from portal.core.models import Evenement
from zonage.admin import LectureSeule

GABARITS = "admin/aides/redactionlocale"
HISTOIRE_MAX = 50
VALIDER = "aides.validate_redactionlocale"
FAITS_PASSES = {
    "creer": "créée",
    "modifier": "modifiée",
    "proposer": "proposée",
    "valider": "validée",
    "refuser": "refusée",
    "retirer": "retirée",
}


@admin.register(DispositifLocal)
class DispositifLocalAdmin(LectureSeule):
    list_display = ["code", "nom", "perimetre", "cree_le"]
    search_fields = ["=code", "nom"]


@admin.register(RedactionLocale)
class RedactionLocaleAdmin(admin.ModelAdmin):
    list_display = ["titre", "numero", "statut", "territoire", "periodes", "propose_par", "valide_par", "cree_le"]
    list_display_links = ["titre"]
    list_filter = ["statut"]
    list_select_related = ["dispositif", "propose_par", "valide_par"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=dispositif__code", "dispositif__nom"]
    actions = None

    @admin.display(description="dispositif", ordering="dispositif__code")
    def titre(self, redaction: RedactionLocale) -> str:
        return f"{redaction.dispositif.nom or 'Sans nom'} ({redaction.dispositif.code})"

    @admin.display(description="territoire")
    def territoire(self, redaction: RedactionLocale) -> str:
        return ", ".join(redaction.dispositif.perimetre) or "—"

    @admin.display(description="périodes")
    def periodes(self, redaction: RedactionLocale) -> str:
        bornes = [
            [version.get(cle, "") for cle in ("ouvert_du", "ferme_le")] for version in redaction.brut["versions"]
        ]
        return " ; ".join(" → ".join("/".join(reversed(jour.split("-"))) or "…" for jour in paire) for paire in bornes)

    def has_delete_permission(self, request: HttpRequest, obj: RedactionLocale | None = None) -> bool:
        """A draft is erased by its own act; nothing else is ever erased."""
        return False

    def get_urls(self) -> list[URLPattern]:
        cle = "<int:cle>"
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            (f"{cle}/section/<slug:nom>/", self.section_view, "section"),
            (f"{cle}/apercu/<slug:nom>/", require_POST(self.apercu_view), "apercu"),
            (f"{cle}/json/", self.avance_view, "json"),
            (f"{cle}/essai/", require_safe(self.essai_view), "essai"),
            (f"{cle}/comparer/", require_safe(self.comparer_view), "comparer"),
            (f"{cle}/exporter/", require_safe(self.export_view), "exporter"),
            (f"{cle}/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(vue), name=f"aides_redactionlocale_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        for cle, raison in list_ecartees().items():
            self.message_user(request, f"La règle publiée n° {cle} n'est plus lisible : {raison}.", messages.ERROR)
        return super().changelist_view(request, extra_context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        formulaire = CreationForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and formulaire.is_valid():
            try:
                redaction = create_redaction(read_creation(formulaire.cleaned_data), par=read_agent(request))
            except (ActeImpossible, RegleInvalide) as refus:
                formulaire.add_error(None, str(refus))
            else:
                self.message_user(request, "Le brouillon est créé. Rien n'est public.", messages.SUCCESS)
                return HttpResponseRedirect(self.url("change", redaction))
        contexte = {"formulaire": formulaire, "titre": "Nouveau dispositif local"}
        return self.render(request, "creer", contexte, statut=400 if formulaire.errors else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The rédaction as it will read, its life, and what this person may do next."""
        redaction = self.find(request, object_id)
        apercu = build_apercu(redaction.brut, redaction.dispositif.code)
        ecarts = list_ecarts(redaction, au=timezone.localdate()) if apercu.dispositif else ()
        autres = redaction.dispositif.redactions.exclude(pk=redaction.pk).order_by("-numero")[:HISTOIRE_MAX]
        histoire = Evenement.objects.filter(objet=f"aides.redactionlocale:{redaction.pk}").order_by(
            "-survenu_le", "-pk"
        )
        contexte = self.describe(request, redaction) | {
            "titre": f"{redaction.dispositif.nom or redaction.dispositif.code}, rédaction {redaction.numero}",
            "apercu": apercu,
            "ecarts": ecarts if redaction.statut in (StatutRedaction.BROUILLON, StatutRedaction.PROPOSEE) else (),
            "autres": autres,
            "histoire": [
                (evenement, FAITS_PASSES.get(evenement.action, evenement.action))
                for evenement in histoire.select_related("auteur")[:HISTOIRE_MAX]
            ],
        }
        return self.render(request, "detail", contexte)

    def section_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        """One section of a draft: written, or only shown again with its preview."""
        redaction, section, rang = self.find_section(request, cle, nom)
        brut = redaction.brut
        try:
            formulaires = section.build(brut, rang, request.POST or None)
        except RegleInvalide as faute:
            self.message_user(request, str(faute), messages.WARNING)
            return HttpResponseRedirect(self.url("json", redaction))
        erreur = ""
        if request.method == "POST":
            erreur = "Des valeurs sont à corriger ci-dessous : rien n'est enregistré."
            if are_valid(formulaires):
                try:
                    brut = section.write(brut, rang, formulaires)
                    if "previsualiser" not in request.POST:
                        update_redaction(redaction, brut, lue=request.POST.get("lue", ""), par=read_agent(request))
                        self.message_user(request, f"{section.titre} : enregistré.", messages.SUCCESS)
                        return HttpResponseRedirect(request.get_full_path())
                    erreur = ""
                except (RegleInvalide, ActeImpossible) as refus:
                    erreur = str(refus)
        contexte = self.describe(request, redaction) | {
            "titre": f"{section.titre}, {redaction.dispositif.code}",
            "section": section,
            "rang": rang,
            "ensembles": list_ensembles(formulaires),
            "erreur": erreur,
            "apercu": build_apercu(brut, redaction.dispositif.code),
            "apercu_url": f"{self.url('apercu', redaction, nom)}?periode={rang}",
            "lue": request.POST.get("lue") or redaction.empreinte,
        }
        return self.render(request, "section", contexte, statut=400 if erreur else 200)

    def apercu_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        """The preview alone, for htmx: nothing is written."""
        redaction, section, rang = self.find_section(request, cle, nom)
        try:
            formulaires = section.build(redaction.brut, rang, request.POST)
            if not are_valid(formulaires):
                raise RegleInvalide("", "une valeur de ce formulaire est à corriger")
            apercu = build_apercu(section.write(redaction.brut, rang, formulaires), redaction.dispositif.code)
        except RegleInvalide as erreur:
            apercu = Apercu(erreur=f"{say_chemin(erreur.chemin)} : {erreur.motif}")
        return render(request, f"{GABARITS}/_apercu.html", {"apercu": apercu})

    def avance_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """The whole rule as JSON: it is written only when it is complete and valid."""
        redaction = self.find(request, cle, modifier=True)
        formulaire = AvanceForm(
            request.POST or None, request.FILES or None, initial={"contenu": dump_lisible(redaction.brut)}
        )
        if request.method == "POST" and formulaire.is_valid():
            try:
                brut = parse_json(read_fichier(formulaire.cleaned_data) or formulaire.cleaned_data["contenu"])
                read_redaction(brut, code=redaction.dispositif.code)
                update_redaction(redaction, brut, lue=request.POST.get("lue", ""), par=read_agent(request))
            except (RegleInvalide, ActeImpossible) as refus:
                formulaire.add_error(None, f"Rien n'est enregistré. {refus}")
            else:
                self.message_user(request, "La règle est enregistrée.", messages.SUCCESS)
                return HttpResponseRedirect(self.url("change", redaction))
        contexte = self.describe(request, redaction) | {
            "titre": f"JSON, {redaction.dispositif.code}",
            "formulaire": formulaire,
            "lue": request.POST.get("lue") or redaction.empreinte,
        }
        return self.render(request, "json", contexte, statut=400 if formulaire.errors else 200)

    def essai_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        redaction = self.find(request, cle)
        apercu = build_apercu(redaction.brut, redaction.dispositif.code)
        erreur, au = "", timezone.localdate()
        try:
            au = parse_jour(request.GET.get("au", "")) or au
        except JourInvalide as refus:
            erreur = str(refus)
        contexte = self.describe(request, redaction) | {
            "titre": f"Essayer {redaction.dispositif.code}",
            "apercu": apercu,
            "essai": try_redaction(apercu.dispositif, request.GET, au=au) if apercu.dispositif else None,
            "erreur": erreur,
        }
        return self.render(request, "essai", contexte, statut=400 if erreur else 200)

    def comparer_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        redaction = self.find(request, cle)
        autres = redaction.dispositif.redactions.exclude(pk=redaction.pk).order_by("-numero")
        avec = request.GET.get("avec", "")
        autre = autres.filter(numero=int(avec)).first() if avec.isdecimal() and len(avec) < 4 else autres.first()
        contexte = self.describe(request, redaction) | {
            "titre": f"Comparer {redaction.dispositif.code}",
            "autre": autre,
            "autres": autres[:HISTOIRE_MAX],
            "lignes": compare_textes(autre.brut, redaction.brut) if autre else [],
        }
        return self.render(request, "comparer", contexte)

    def export_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        redaction = self.find(request, cle)
        nom = f"{redaction.dispositif.code}-{redaction.numero}.json"
        corps = dump_lisible(redaction.brut) + "\n"
        entetes = {"Content-Disposition": f'attachment; filename="{nom}"'}
        return HttpResponse(corps, content_type="application/json; charset=utf-8", headers=entetes)

    def acte_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        """One act of the life of a rédaction. The service says no in French; the page says it again."""
        redaction = self.find(request, cle)
        if nom not in ACTES:
            raise Http404("Cet acte n'existe pas.")
        permission, acte, fait = ACTES[nom]
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            suite = acte(redaction, request)
        except (ActeImpossible, RegleInvalide) as refus:
            self.message_user(request, str(refus), messages.ERROR)
            return HttpResponseRedirect(self.url("change", redaction))
        self.message_user(request, fait, messages.SUCCESS)
        if nom == "supprimer":
            return HttpResponseRedirect(reverse("admin:aides_redactionlocale_changelist"))
        return HttpResponseRedirect(self.url("change", suite if isinstance(suite, RedactionLocale) else redaction))

    def find(self, request: HttpRequest, cle: Any, *, modifier: bool = False) -> RedactionLocale:
        """The rédaction, for who may see it; to modify it, a draft and the right to change it are needed."""
        if not str(cle).isdecimal() or len(str(cle)) > 12:
            raise Http404("Cette rédaction n'existe pas : revenez à la liste.")
        redaction = get_object_or_404(self.get_queryset(request).select_related("dispositif"), pk=int(cle))
        if not self.has_view_permission(request, redaction):
            raise PermissionDenied
        if modifier and (redaction.statut != StatutRedaction.BROUILLON or not self.has_change_permission(request)):
            raise PermissionDenied
        return redaction

    def find_section(self, request: HttpRequest, cle: int, nom: str) -> tuple[RedactionLocale, Section, int]:
        redaction, section = self.find(request, cle, modifier=True), SECTIONS.get(nom)
        texte = request.GET.get("periode", "0")
        rang = int(texte) if texte.isdecimal() and len(texte) < 3 else 0
        if section is None or rang >= len(redaction.brut["versions"]):
            raise Http404("Cette partie de la règle n'existe pas : revenez à la rédaction.")
        return redaction, section, rang

    def describe(self, request: HttpRequest, redaction: RedactionLocale) -> dict[str, Any]:
        """What every page of a rédaction shows: its sections when it is a draft, and what may be done with it."""
        statut = StatutRedaction(redaction.statut)
        peut_valider = request.user.has_perm(VALIDER)
        modifiable = statut is StatutRedaction.BROUILLON and self.has_change_permission(request)
        return {
            "redaction": redaction,
            "modifiable": modifiable,
            "peut_proposer": modifiable,
            "peut_decider": peut_valider and statut is StatutRedaction.PROPOSEE,
            "meme_personne": redaction.propose_par_id == request.user.pk,
            "peut_retirer": peut_valider and statut is StatutRedaction.VALIDEE,
            "peut_dupliquer": self.has_add_permission(request) and statut is not StatutRedaction.BROUILLON,
            "publique": statut is StatutRedaction.VALIDEE,
            "onglets": self.list_onglets(redaction) if modifiable else [],
        }

    def list_onglets(self, redaction: RedactionLocale) -> list[tuple[str, str]]:
        versions = redaction.brut["versions"]
        onglets = []
        for section in SECTIONS.values():
            adresse = self.url("section", redaction, section.nom)
            if not section.par_periode:
                onglets.append((section.titre, adresse))
                continue
            for rang, version in enumerate(versions):
                suffixe = f" ({version.get('code') or rang + 1})" if len(versions) > 1 else ""
                onglets.append((section.titre + suffixe, f"{adresse}?periode={rang}"))
        return [*onglets, ("JSON", self.url("json", redaction))]

    def url(self, nom: str, redaction: RedactionLocale, *suite: str) -> str:
        return reverse(f"admin:aides_redactionlocale_{nom}", args=[redaction.pk, *suite])

    def render(
        self, request: HttpRequest, gabarit: str, contexte: dict[str, Any], *, statut: int = 200
    ) -> HttpResponse:
        return render(request, f"{GABARITS}/{gabarit}.html", contexte, status=statut)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RedactionLocale]:
        return super().get_queryset(request).order_by("dispositif__code", "-numero")


def read_agent(request: HttpRequest) -> User:
    """Who acts: `admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def read_creation(propres: dict[str, Any]) -> Any:
    """The first text of a draft. Raises RegleInvalide for a file that is not a complete, valid rule."""
    if not propres.get("fichier"):
        return new_texte(propres["code"], propres["nom"])
    brut = parse_json(read_fichier(propres))
    read_redaction(brut)
    return brut


def duplicate(redaction: RedactionLocale, request: HttpRequest) -> RedactionLocale:
    return create_redaction(redaction.brut, par=read_agent(request))


ACTES: dict[str, tuple[str, Callable[[RedactionLocale, HttpRequest], Any], str]] = {
    "proposer": (
        "aides.change_redactionlocale",
        lambda redaction, request: propose_redaction(
            redaction,
            par=read_agent(request),
            au=timezone.localdate(),
            motif_passe=request.POST.get("motif", "")[:500],
        ),
        "La rédaction est proposée : une autre personne peut la valider.",
    ),
    "valider": (
        VALIDER,
        lambda redaction, request: validate_redaction(redaction, par=read_agent(request), au=timezone.localdate()),
        "La règle est publiée : le portail la montre dans la seconde.",
    ),
    "refuser": (
        VALIDER,
        lambda redaction, request: refuse_redaction(
            redaction, par=read_agent(request), motif=request.POST.get("motif", "")
        ),
        "La rédaction est refusée ; son auteur peut la dupliquer pour la corriger.",
    ),
    "retirer": (
        VALIDER,
        lambda redaction, request: withdraw_redaction(
            redaction, par=read_agent(request), motif=request.POST.get("motif", "")
        ),
        "La règle est retirée du portail.",
    ),
    "dupliquer": ("aides.add_redactionlocale", duplicate, "Une nouvelle rédaction est ouverte, en brouillon."),
    "supprimer": (
        "aides.change_redactionlocale",
        lambda redaction, request: delete_redaction(redaction, par=read_agent(request)),
        "Le brouillon est supprimé.",
    ),
}
