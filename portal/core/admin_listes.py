"""Lists of the administration that stay fast at hundreds of thousands of rows (docs/adr/0145).

A list is declared: columns, filters, orders that an index gives, bulk acts. The same declaration makes the page, the
saved filters, the export (the same rows, the same columns) and the bulk acts. No script is needed.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.core.admin_masse import ActeEnMasse, Masse
from portal.core.exports import Apropos, export_csv, export_xlsx
from portal.core.filtres import FiltreRefuse, list_filtres, remove_filtre, save_filtre
from portal.core.keyset import (
    Compte,
    Curseur,
    CurseurIllisible,
    Ordre,
    count_rows,
    load_curseur,
    order_all,
    read_page,
    write_curseur,
)
from portal.core.models import Evenement

TAILLE = 50
COCHE = "coche"
RECHERCHES = "recherches"
RECHERCHES_MAX = 20
PERSONNES_SANS_PREUVE = 50
"""Beyond so many persons in one file, the identity is confirmed first."""


@dataclass(frozen=True, slots=True)
class Choix:
    """A filter: its values with their words, and the rows that a value keeps."""

    nom: str
    libelle: str
    valeurs: Callable[[HttpRequest], Sequence[tuple[str, str]]]
    garde: Callable[[QuerySet[Any], str, HttpRequest], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Tri:
    code: str
    libelle: str
    ordre: Ordre


@dataclass(frozen=True, slots=True)
class Colonne:
    """`lit`: the value, on the screen as in the file. `lien`: it leads to the object. `alerte`: a word beside it."""

    titre: str
    lit: Callable[[Any], Any]
    lien: bool = False
    alerte: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class ChoixLu:
    choix: Choix
    valeurs: Sequence[tuple[str, str]]
    valeur: str

    @property
    def libelle(self) -> str:
        return dict(self.valeurs).get(self.valeur, self.valeur)


@dataclass(frozen=True, slots=True)
class Demandee:
    """What the address asks for: filters, order, search."""

    filtres: Sequence[ChoixLu]
    tri: Tri
    recherche: str
    jeton: str
    requete: str

    @property
    def phrases(self) -> list[str]:
        lus = [f"{lu.choix.libelle} : {lu.libelle}" for lu in self.filtres if lu.valeur]
        return [*lus, f"Tri : {self.tri.libelle}", *(["Recherche"] if self.recherche else [])]


class ListeRapide(admin.ModelAdmin):
    """A changelist of the portal's own. Rows come from `get_queryset`, which scopes them."""

    colonnes: ClassVar[Sequence[Colonne]] = ()
    filtres: ClassVar[Sequence[Choix]] = ()
    tris: ClassVar[Sequence[Tri]] = ()
    defaut: ClassVar[dict[str, str]] = {}
    actes_en_masse: ClassVar[Sequence[ActeEnMasse]] = ()
    recherche_aide = ""
    titre = ""
    nom_export = "liste"
    actions = None

    # What the app above says.
    def read_rows(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list, ready to be shown: relations read, heavy columns left out."""
        return self.get_queryset(request)

    def search_rows(self, lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
        return lignes.none()

    def demand_proof(self, request: HttpRequest) -> HttpResponse | None:
        """A page that asks who is there, before a large export. None: go on."""
        return None

    # The page.
    def get_urls(self) -> list[Any]:
        infos = self.opts.app_label, self.opts.model_name
        masse = self.admin_site.admin_view(never_cache(require_POST(self.masse_view)))
        export = self.admin_site.admin_view(never_cache(require_POST(self.export_view)))
        return [
            path("masse/", masse, name="{}_{}_masse".format(*infos)),
            path("export/", export, name="{}_{}_export".format(*infos)),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.check_reader(request)
        if request.method == "POST":
            return self.receive(request)
        demandee = self.read_demandee(request, request.GET)
        return self.show(request, demandee)

    def check_reader(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied

    def read_demandee(self, request: HttpRequest, envoi: QueryDict) -> Demandee:
        """An address without anything is the list that one begins with. Raises Http404 for a value not offered."""
        donnees = envoi if envoi else self.build_defaut()
        lus = []
        for choix in self.filtres:
            valeurs = choix.valeurs(request)
            valeur = donnees.get(choix.nom, "")
            if valeur and valeur not in dict(valeurs):
                raise Http404(f"« {choix.libelle} » n'a pas cette valeur dans votre périmètre.")
            lus.append(ChoixLu(choix, valeurs, valeur))
        tri = next((t for t in self.tris if t.code == donnees.get("tri", "")), self.tris[0])
        jeton = donnees.get("r", "")
        recherche = request.session.get(RECHERCHES, {}).get(jeton, "") if jeton else ""
        garde = QueryDict(mutable=True)
        garde.update({lu.choix.nom: lu.valeur for lu in lus})
        garde["tri"] = tri.code
        if recherche:
            garde["r"] = jeton
        return Demandee(lus, tri, recherche, jeton if recherche else "", garde.urlencode())

    def build_defaut(self) -> QueryDict:
        defaut = QueryDict(mutable=True)
        defaut.update(self.defaut)
        return defaut

    def select(self, request: HttpRequest, demandee: Demandee) -> QuerySet[Any]:
        """The rows that the page shows, the count counts, the file holds and the bulk act takes."""
        lignes = self.read_rows(request)
        for lu in demandee.filtres:
            if lu.valeur:
                lignes = lu.choix.garde(lignes, lu.valeur, request)
        return self.search_rows(lignes, demandee.recherche) if demandee.recherche else lignes

    def show(self, request: HttpRequest, demandee: Demandee, *, refus: str = "", statut: int = 200) -> HttpResponse:
        lignes = self.select(request, demandee)
        ordre = demandee.tri.ordre
        apres, avant = self.read_curseurs(request, ordre)
        page = read_page(lignes, ordre, apres=apres, avant=avant, taille=TAILLE)
        if avant is not None and not page.precedente:  # back at the beginning: a whole first page
            page, apres, avant = read_page(lignes, ordre, taille=TAILLE), None, None
        user: Any = request.user
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.titre or str(self.opts.verbose_name_plural).capitalize(),
            "demandee": demandee,
            "compte": self.count(lignes, page.lignes, page.precedente or page.suivante),
            "rangees": self.show_rangees(request, page.lignes),
            "colonnes": self.colonnes,
            "tris": self.tris,
            "precedente": write_curseur(page.lignes[0], ordre) if page.precedente and page.lignes else "",
            "suivante": write_curseur(page.lignes[-1], ordre) if page.suivante else "",
            "filtres_gardes": list_filtres(user, self.get_nom_liste()),
            "recherche_aide": self.recherche_aide,
            "actes": self.list_actes(request),
            "coche": COCHE in request.GET,
            "tout": "suivante" if page.suivante or page.precedente else "",
            "refus": refus,
            "nom_filtre": request.POST.get("nom", "") if refus else "",
            "urls": {nom: f"admin:{self.opts.app_label}_{self.opts.model_name}_{nom}" for nom in
                     ("changelist", "change", "masse", "export")},
        }  # fmt: skip
        return TemplateResponse(request, "admin/listes/liste.html", contexte, status=statut)

    def count(self, lignes: QuerySet[Any], lues: Sequence[Any], suite: bool) -> Compte:
        """What is on one page is counted by reading it."""
        return count_rows(lignes.select_related(None)) if suite else Compte(len(lues))

    def read_curseurs(self, request: HttpRequest, ordre: Ordre) -> tuple[Curseur | None, Curseur | None]:
        try:
            apres = load_curseur(self.model, ordre, request.GET.get("apres", ""))
            return apres, None if apres else load_curseur(self.model, ordre, request.GET.get("avant", ""))
        except CurseurIllisible:
            messages.warning(request, "Cette page de la liste n'existe plus : en voici le début.")
            return None, None

    def show_rangees(self, request: HttpRequest, lignes: Sequence[Any]) -> SafeString:
        """The body of the table: five hundred cells, written here in a tenth of the time of a template."""
        adresse = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        choix, coche = bool(self.list_actes(request)), " checked" if COCHE in request.GET else ""
        rangees = (
            f"<tr>{show_case(ligne, coche) if choix else ''}{''.join(self.show_cells(ligne, adresse))}</tr>"
            for ligne in lignes
        )
        return mark_safe("\n".join(rangees))  # noqa: S308 (every value is escaped by the two functions below)

    def show_cells(self, ligne: Any, adresse: str) -> Iterator[str]:
        for colonne in self.colonnes:
            valeur = escape(show_valeur(colonne.lit(ligne)))
            if colonne.lien:
                lien = escape(f"{adresse}{quote(ligne.pk)}/change/")
                yield f'<th scope="row"><a href="{lien}">{valeur or "sans numéro"}</a></th>'
            elif colonne.alerte and (alerte := colonne.alerte(ligne)):
                yield f'<td>{valeur or "—"} <strong class="liste-alerte">{escape(alerte)}</strong></td>'
            else:
                yield f"<td>{valeur or '—'}</td>"

    def get_nom_liste(self) -> str:
        return f"{self.opts.app_label}.{self.opts.model_name}"

    def list_actes(self, request: HttpRequest) -> Sequence[ActeEnMasse]:
        return self.actes_en_masse if self.may_act(request) else ()

    def may_act(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def name_row(self, ligne: Any) -> str:
        """How a row is called in the preview of a bulk act."""
        return str(ligne)

    # What is sent: a search (never in an address: it may be a name), a filter to keep or to drop.
    def receive(self, request: HttpRequest) -> HttpResponse:
        demandee = self.read_demandee(request, QueryDict(request.POST.get("requete", "")))
        user: Any = request.user
        if "recherche" in request.POST:
            return self.keep_recherche(request, demandee)
        try:
            if "supprimer" in request.POST:
                remove_filtre(user, self.get_nom_liste(), request.POST["supprimer"])
                self.message_user(request, "Le filtre est supprimé.", messages.SUCCESS)
            else:
                nom, partage = request.POST.get("nom", ""), "partage" in request.POST
                requete = QueryDict(demandee.requete, mutable=True)
                requete.pop("r", None)
                save_filtre(user, self.get_nom_liste(), nom, requete.urlencode(), partage=partage)
                self.message_user(request, "Le filtre est enregistré.", messages.SUCCESS)
        except FiltreRefuse as refus:
            return self.show(request, demandee, refus=str(refus), statut=422)
        return HttpResponseRedirect(f"{request.path}?{demandee.requete}")

    def keep_recherche(self, request: HttpRequest, demandee: Demandee) -> HttpResponse:
        """The words stay in the session: the address holds a number drawn at random."""
        texte = " ".join(request.POST["recherche"].split())[:100]
        requete = QueryDict(demandee.requete, mutable=True)
        requete.pop("r", None)
        if texte:
            jeton = secrets.token_urlsafe(9)
            gardees = list(request.session.get(RECHERCHES, {}).items())[1 - RECHERCHES_MAX :]
            request.session[RECHERCHES] = {**dict(gardees), jeton: texte}
            requete["r"] = jeton
        return HttpResponseRedirect(f"{request.path}?{requete.urlencode()}")

    # The file: what the screen shows.
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        self.check_reader(request)
        forme = request.POST.get("format", "")
        if forme not in ("csv", "xlsx"):
            raise Http404
        demandee = self.read_demandee(request, QueryDict(request.POST.get("requete", "")))
        lignes = self.select(request, demandee)
        nombre = lignes.select_related(None).order_by()[: PERSONNES_SANS_PREUVE + 1].count()
        if nombre > PERSONNES_SANS_PREUVE and (refus := self.demand_proof(request)) is not None:
            return refus
        auteur: Any = request.user
        Evenement.objects.create(
            objet=f"{self.get_nom_liste()}:liste",
            action="exporter",
            auteur=auteur,
            details={
                "format": forme,
                "filtres": {lu.choix.nom: lu.valeur for lu in demandee.filtres if lu.valeur},
                "recherche": bool(demandee.recherche),
                "lignes": nombre if nombre <= PERSONNES_SANS_PREUVE else f"plus de {PERSONNES_SANS_PREUVE}",
            },
        )
        titres = [colonne.titre for colonne in self.colonnes]
        rangees = self.list_rangees(order_all(lignes, demandee.tri.ordre))
        nom = f"{self.nom_export}_{timezone.localdate():%Y%m%d}"
        if forme == "csv":
            return export_csv(nom, titres, rangees)
        return export_xlsx(nom, titres, rangees, apropos=Apropos(self.titre, filtres=demandee.phrases))

    def list_rangees(self, lignes: QuerySet[Any]) -> Iterator[list[Any]]:
        for ligne in lignes.iterator(chunk_size=2_000):
            yield [colonne.lit(ligne) for colonne in self.colonnes]

    # Many rows at once.
    def masse_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        return Masse(self, request).answer()


def show_case(ligne: Any, coche: str) -> str:
    """The box of a row: its key, and the version that the act will find, or refuse."""
    valeur, nom = escape(f"{ligne.pk}:{ligne.version}"), escape(str(ligne))
    return f'<td><input type="checkbox" name="ligne" value="{valeur}" aria-label="Choisir {nom}"{coche}></td>'


def show_valeur(valeur: Any) -> str:
    """A value of a cell on the screen; the file keeps its type."""
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Decimal):
        return number_format(valeur, 2, use_l10n=True, force_grouping=True)
    return "" if valeur is None else str(valeur)
