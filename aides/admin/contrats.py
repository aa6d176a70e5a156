"""Contracts in the administration: the schedule with its payments and duties, the acts, and the list of payments.

The page is the portal's own and needs no script. Each act is checked again by its service: a page proposes, no more.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aides.admin.contrats_actes import ACTES, Acte, list_actes
from aides.admin.contrats_formulaires import FiltresForm, ObligationForm, PaiementForm, SignatureForm
from aides.catalogue import catalogue
from aides.contrats.fin import simulate_fin, sum_verses
from aides.contrats.lecture import compute_echeancier, read_cadre
from aides.contrats.listes import LISTE_MAX, list_paiements, sum_lignes, sum_paiements
from aides.contrats.paiements import pay_echeance, record_obligation
from aides.contrats.signature import sign_contrat
from aides.dossiers.droits import list_actions
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse
from aides.dossiers.etats import Action, Statut
from aides.forms import JourInvalide, parse_jour
from aides.models import Contrat, Demande, Echeance, Nature
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.exports import Apropos, ExportTropGrand, export_csv, export_xlsx
from portal.core.models import Evenement
from zonage.admin import LectureSeule

GABARITS = "admin/aides/contrat"
LIGNES_MAX = 400
PAYABLES = (Statut.EN_COURS, Statut.A_L_ECHEANCE, Statut.RESILIEE)
COLONNES = [
    "Contrat",
    "Dispositif",
    "Département",
    "Guichet",
    "Échéance",
    "Libellé",
    "État",
    "Payée le",
    "Montant (€)",
]
MONTANT = len(COLONNES) - 1


@admin.register(Contrat)
class ContratAdmin(LectureSeule):
    list_display = ["numero", "dispositif", "departement_code", "guichet", "statut", "date_signature", "montant"]
    list_filter = ["guichet", "demande__statut"]
    list_select_related = ["demande"]
    search_fields = ["=numero", "=demande__numero"]
    actions = None

    @admin.display(description="état", ordering="demande__statut")
    def statut(self, contrat: Contrat) -> str:
        return contrat.demande.get_statut_display()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contrat]:
        """One's own contract is read as a holder reads it, under « Mes contrats », never from this side."""
        vus = Contrat.objects.for_portee(read_portee(request.user)).exclude(proprietaire_id=request.user.pk)
        return vus.order_by("-date_signature", "id")

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("paiements/", require_safe(self.paiements_view), "paiements"),
            ("signer/<uuid:cle>/", self.signer_view, "signer"),
            ("<uuid:cle>/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
            ("<uuid:cle>/payer/<int:ligne>/", require_POST(self.payer_view), "payer"),
            ("<uuid:cle>/constater/<int:ligne>/", require_POST(self.constater_view), "constater"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"aides_contrat_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            cle = UUID(object_id)
        except ValueError as erreur:
            raise Http404 from erreur
        return self.show(request, self.find(request, cle))

    def find(self, request: HttpRequest, cle: UUID) -> Contrat:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("demande", "demande__commune"), pk=cle)

    def show(
        self, request: HttpRequest, contrat: Contrat, *, lies: dict[str, forms.Form] | None = None, refus: Any = None
    ) -> HttpResponse:
        """The page. `lies`: the forms sent back with what was typed; `refus`: why nothing was written."""
        lies = lies or {}
        portee = read_portee(request.user)
        actions = list_actions(contrat.demande, portee)
        lignes = list(contrat.echeances.select_related("piece__document").order_by("le", "pk")[:LIGNES_MAX])
        contexte = {
            "titre": f"Contrat {contrat.numero}",
            "contrat": contrat,
            "dispositif": catalogue().dispositif(contrat.dispositif),
            "versements": [
                (ligne, self.build_paiement(ligne, contrat, actions, lies))
                for ligne in lignes
                if ligne.nature == Nature.VERSEMENT
            ],
            "obligations": [
                (ligne, self.build_constat(ligne, actions, lies))
                for ligne in lignes
                if ligne.nature != Nature.VERSEMENT
            ],
            "verse": sum_verses(contrat),
            "avenants": contrat.avenants.order_by("rang")[:50],
            "actes": list_actes(contrat, actions, lies),
            "refus": refus,
            **self.simulate(request, contrat),
        }
        return render(request, f"{GABARITS}/detail.html", contexte, status=refus.statut_http if refus else 200)

    def build_paiement(
        self, ligne: Echeance, contrat: Contrat, actions: list[Action], lies: dict[str, forms.Form]
    ) -> forms.Form | None:
        ouverte = ligne.statut in ("prevue", "a_payer") and contrat.demande.statut in PAYABLES
        renvoye = lies.get(f"paiement-{ligne.pk}")
        if renvoye is not None or not ouverte or Action.PAYER not in actions:
            return renvoye
        return PaiementForm(ligne=ligne)

    def build_constat(self, ligne: Echeance, actions: list[Action], lies: dict[str, forms.Form]) -> forms.Form | None:
        renvoye = lies.get(f"obligation-{ligne.pk}")
        if renvoye is not None or ligne.statut == "annulee" or Action.NOTER not in actions:
            return renvoye
        return ObligationForm(ligne=ligne)

    def simulate(self, request: HttpRequest, contrat: Contrat) -> dict[str, Any]:
        """« Si le contrat s'arrêtait le … » : read alone, nothing is written."""
        texte = request.GET.get("fin", "")
        try:
            fin = parse_jour(texte)
            rendu = simulate_fin(contrat, fin or contrat.resiliation_effet_le or timezone.localdate())
        except (JourInvalide, ActeInvalide) as refus:
            return {"fin_texte": texte, "fin_erreur": str(refus)}
        return {"fin": fin or contrat.resiliation_effet_le or timezone.localdate(), "rendu": rendu}

    def acte_view(self, request: HttpRequest, cle: UUID, nom: str) -> HttpResponse:
        contrat = self.find(request, cle)
        acte = ACTES.get(nom)
        if acte is None:
            raise Http404
        formulaire = acte.formulaire(request.POST, prefix=nom)
        return self.do(
            request, contrat, nom, formulaire, lambda: run_acte(acte, contrat, read_agent(request), formulaire)
        )

    def payer_view(self, request: HttpRequest, cle: UUID, ligne: int) -> HttpResponse:
        contrat = self.find(request, cle)
        echeance = get_object_or_404(contrat.echeances, pk=ligne)
        formulaire = PaiementForm(request.POST, ligne=echeance)
        return self.do(
            request,
            contrat,
            f"paiement-{ligne}",
            formulaire,
            lambda: pay_echeance(echeance, par=read_agent(request), **formulaire.cleaned_data),
        )

    def constater_view(self, request: HttpRequest, cle: UUID, ligne: int) -> HttpResponse:
        contrat = self.find(request, cle)
        echeance = get_object_or_404(contrat.echeances, pk=ligne)
        formulaire = ObligationForm(request.POST, ligne=echeance)

        def record() -> None:
            propres = dict(formulaire.cleaned_data)
            tenue = propres.pop("tenue") == "oui"
            record_obligation(echeance, par=read_agent(request), tenue=tenue, **propres)

        return self.do(request, contrat, f"obligation-{ligne}", formulaire, record)

    def do(
        self, request: HttpRequest, contrat: Contrat, nom: str, formulaire: forms.Form, acte: Callable[[], Any]
    ) -> HttpResponse:
        """Run an act; refused, the page comes back with everything typed and why."""
        refus: ActeRefuse | None = None
        if not formulaire.is_valid():
            refus = ActeInvalide("Rien n'est enregistré : des valeurs sont à corriger ci-dessous.")
        else:
            try:
                acte()
            except ActeRefuse as erreur:
                refus = erreur
                for champ, phrase in getattr(erreur, "erreurs", {}).items():
                    formulaire.add_error(champ if champ in formulaire.fields else None, phrase)
        if refus is None:
            self.message_user(request, "C'est enregistré.")
            return HttpResponseRedirect(reverse("admin:aides_contrat_change", args=[contrat.pk]))
        return self.show(request, self.find(request, contrat.pk), lies={nom: formulaire}, refus=refus)

    def signer_view(self, request: HttpRequest, cle: UUID) -> HttpResponse:
        """The signature of a granted file, with the schedule that it would make."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        visibles = Demande.objects.for_portee(read_portee(request.user)).exclude(proprietaire_id=request.user.pk)
        demande = get_object_or_404(visibles.select_related("commune"), pk=cle)
        formulaire = SignatureForm(request.POST or None, initial={"version": demande.version})
        refus, apercu = None, None
        if request.method == "POST" and formulaire.is_valid():
            try:
                propres = formulaire.cleaned_data
                if "apercu" in request.POST:
                    apercu = preview(demande, propres["date_effet"], propres["terme"])
                else:
                    contrat = sign_contrat(demande, par=read_agent(request), **propres)
                    self.message_user(request, "La signature est enregistrée.")
                    return HttpResponseRedirect(reverse("admin:aides_contrat_change", args=[contrat.pk]))
            except ActeRefuse as erreur:
                refus = erreur
                for champ, phrase in getattr(erreur, "erreurs", {}).items():
                    formulaire.add_error(champ if champ in formulaire.fields else None, phrase)
        contexte = {
            "titre": f"Signature du dossier {demande.numero}",
            "demande": demande,
            "formulaire": formulaire,
            "refus": refus,
            "apercu": apercu,
        }
        statut = refus.statut_http if refus else 422 if formulaire.errors else 200
        return render(request, f"{GABARITS}/signer.html", contexte, status=statut)

    def paiements_view(self, request: HttpRequest) -> HttpResponseBase:
        """Payments of a period, with totals that add up to the cent; CSV and workbook of the same lines."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        formulaire = FiltresForm(request.GET or None)
        valide = not formulaire.is_bound or formulaire.is_valid()
        filtres = formulaire.build_filtres() if formulaire.is_bound and valide else read_defaut()
        lignes = list_paiements(read_portee(request.user), filtres)
        if valide and request.GET.get("format") in ("csv", "xlsx"):
            return self.export(request, lignes, filtres)
        initial = {champ: getattr(filtres, champ) for champ in ("etat", "du", "au")}
        contexte = {
            "titre": "Paiements",
            "formulaire": formulaire if formulaire.is_bound else FiltresForm(initial=initial),
            "filtres": filtres,
            "lignes": lignes[:LISTE_MAX],
            "totaux": sum_paiements(lignes),
            "maximum": LISTE_MAX,
            "requete": request.GET.urlencode(),
        }
        return render(request, f"{GABARITS}/paiements.html", contexte, status=200 if valide else 422)

    def export(self, request: HttpRequest, lignes: QuerySet[Echeance], filtres: Any) -> HttpResponseBase:
        """The same lines, added up by the database and by the portal before they leave; one line of the journal."""
        forme = request.GET["format"]
        with transaction.atomic():
            lues = list(lignes[: LISTE_MAX * 100 + 1])
            totaux = sum_paiements(lignes)
            if len(lues) > LISTE_MAX * 100 or sum_lignes(lues) != totaux or not totaux.reconciles():
                self.message_user(
                    request, "La liste est trop longue ou a changé : choisissez une période plus courte.", 40
                )
                return HttpResponseRedirect(reverse("admin:aides_contrat_paiements"))
            Evenement.objects.create(
                objet="aides.echeance:liste",
                action="exporter",
                auteur=read_agent(request),
                details={
                    "format": forme,
                    "du": filtres.du.isoformat(),
                    "au": filtres.au.isoformat(),
                    "etat": filtres.etat,
                    "lignes": totaux.nombre,
                    "total": f"{totaux.montant:.2f}",
                },
            )
        nom = f"paiements_{filtres.du:%Y%m%d}_{filtres.au:%Y%m%d}"
        rangees = [list_cellules(ligne) for ligne in lues]
        try:
            if forme == "csv":
                return export_csv(nom, COLONNES, rangees, total=[MONTANT])
            apropos = Apropos("Paiements des contrats", filtres=[f"{filtres.etat}, du {filtres.du} au {filtres.au}"])
            return export_xlsx(nom, COLONNES, rangees, apropos=apropos, total=[MONTANT])
        except ExportTropGrand as refus:
            self.message_user(request, str(refus), 40)
            return HttpResponseRedirect(reverse("admin:aides_contrat_paiements"))


def list_cellules(ligne: Echeance) -> list[Any]:
    return [
        ligne.contrat.numero,
        ligne.contrat.dispositif,
        ligne.departement_code,
        ligne.guichet,
        ligne.le,
        ligne.libelle,
        ligne.get_statut_display(),
        ligne.payee_le,
        ligne.montant,
    ]


def run_acte(acte: Acte, contrat: Contrat, par: User, formulaire: forms.Form) -> None:
    acte.run(contrat, par, dict(formulaire.cleaned_data))


def preview(demande: Demande, effet: date, terme: date | None) -> Any:
    return compute_echeancier(read_cadre(demande), effet=effet, terme=terme, accorde=demande.montant_accorde)


def read_defaut() -> Any:
    formulaire = FiltresForm({})
    formulaire.is_valid()
    return formulaire.build_filtres()


def read_agent(request: HttpRequest) -> User:
    """Who acts: `admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
