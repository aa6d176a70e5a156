"""What an arrêté changes, its publication, its retraction, its annex, and two arrêtés side by side."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from portal.accounts.securite import demand_sudo
from portal.core.exports import export_csv
from zonage.admin.formulaires import ComparerForm, MotifForm
from zonage.admin.rendu import name_classes, paginate, render_page
from zonage.admin.socle import SocleArrete, read_agent
from zonage.enums import StatutArrete
from zonage.models import ApercuArrete, Arrete
from zonage.services import PublicationImpossible, retract_arrete
from zonage.services.apercu_arrete import compute_apercu, is_a_jour
from zonage.services.comparaison_arretes import compare_arretes, list_annexe, list_colonnes
from zonage.services.publication import is_author, may_publish, may_write, publish_confirme

ARRETES_MAX = 300
COLONNES = ["Code", "Commune", "Département", "Population", "Classe avant", "Classe après"]


class PagesApercu(SocleArrete):
    """Pages of `ArreteAdmin`: a part of it, in a file of its own."""

    def apercu_view(self, request: HttpRequest, cle: int) -> HttpResponseBase:
        """The preview that was kept; a POST computes it again. The proposal and the publication read the same."""
        arrete = self.find(request, cle)
        if request.method == "POST":
            return self.compute(request, arrete)
        apercu = ApercuArrete.objects.filter(arrete=arrete).select_related("calcule_par").first()
        if request.GET.get("format") == "csv" and apercu is not None:
            return self.export_changements(arrete, apercu)
        return self.show_apercu(request, arrete, apercu)

    def compute(self, request: HttpRequest, arrete: Arrete) -> HttpResponse:
        agent = read_agent(request)
        if not may_write(agent, arrete.region_id) and not may_publish(agent, arrete.region_id):
            raise PermissionDenied
        if arrete.statut not in (StatutArrete.BROUILLON, StatutArrete.PROPOSE):
            refus: Exception = PublicationImpossible("Cet arrêté est publié : son aperçu ne se calcule plus.")
            return self.show_apercu(request, arrete, None, refus=refus)
        try:
            compute_apercu(arrete, par=agent)
        except PublicationImpossible as erreur:
            return self.show_apercu(request, arrete, None, refus=erreur)
        return self.go(arrete, "apercu")

    def show_apercu(
        self,
        request: HttpRequest,
        arrete: Arrete,
        apercu: ApercuArrete | None,
        *,
        refus: Exception | None = None,
    ) -> HttpResponse:
        agent = read_agent(request)
        ouvert = arrete.statut in (StatutArrete.BROUILLON, StatutArrete.PROPOSE)
        noms = name_classes(arrete.profession)
        contexte: dict[str, Any] = {
            "arrete": arrete,
            "apercu": apercu,
            "a_jour": ouvert and is_a_jour(apercu, arrete),
            "ouvert": ouvert,
            "peut_calculer": ouvert and (may_write(agent, arrete.region_id) or may_publish(agent, arrete.region_id)),
        }
        if apercu is not None:
            contexte |= describe_apercu(apercu, noms, request.GET.get("page", "1"))
        return render_page(request, "apercu", f"Aperçu : {arrete}", refus=refus, **contexte)

    def export_changements(self, arrete: Arrete, apercu: ApercuArrete) -> HttpResponseBase:
        noms = name_classes(arrete.profession)
        lignes = (
            [
                un["code"],
                un["nom"],
                un["departement"],
                un["population"],
                noms.get(un["avant"], un["avant"]),
                noms.get(un["apres"], un["apres"]),
            ]
            for un in apercu.contenu["changements"]
        )
        return export_csv(f"apercu-arrete-{arrete.pk}", COLONNES, lignes)

    # --- publication
    def publier_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """The confirmation names the preview that it confirms; another one since, and nothing is published."""
        arrete, agent = self.find(request, cle), read_agent(request)
        if not may_publish(agent, arrete.region_id):
            raise PermissionDenied
        if (page := demand_sudo(request)) is not None:
            return page
        refus: Exception | None = None
        if is_author(agent, arrete):
            refus = PublicationImpossible(
                "Vous avez écrit ou proposé cet arrêté : une autre personne le publie. Demandez à un valideur."
            )
        elif request.method == "POST":
            try:
                publish_confirme(arrete, par=agent, entree=request.POST.get("entree", ""))
            except PublicationImpossible as erreur:
                refus = erreur
            else:
                self.message_user(request, "Publié. Les personnes concernées sont prévenues en arrière-plan.")
                return self.go(arrete)
            arrete = self.find(request, cle)
        elif arrete.statut != StatutArrete.PROPOSE:
            refus = PublicationImpossible("Seul un arrêté proposé peut être publié : rechargez sa page.")
        apercu = ApercuArrete.objects.filter(arrete=arrete).first()
        a_jour = is_a_jour(apercu, arrete)
        contexte = describe_apercu(apercu, name_classes(arrete.profession), "1") if apercu is not None else {}
        return render_page(
            request,
            "publier",
            f"Publier : {arrete}",
            refus=refus,
            arrete=arrete,
            apercu=apercu,
            a_jour=a_jour,
            peut_confirmer=a_jour and arrete.statut == StatutArrete.PROPOSE and not is_author(agent, arrete),
            **contexte,
        )

    def retirer_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        arrete, agent = self.find(request, cle), read_agent(request)
        if not may_publish(agent, arrete.region_id):
            raise PermissionDenied
        if (page := demand_sudo(request)) is not None:
            return page
        formulaire = MotifForm(request.POST if request.method == "POST" else None)
        refus: Exception | None = None
        if request.method == "POST" and formulaire.is_valid():
            try:
                retract_arrete(arrete, par=agent, motif=formulaire.cleaned_data["motif"])
            except PublicationImpossible as erreur:
                refus = erreur
            else:
                self.message_user(request, "Publication retirée. Les personnes prévenues reçoivent un rectificatif.")
                return self.go(arrete)
        return render_page(
            request, "retirer", f"Retirer : {arrete}", refus=refus, arrete=arrete, formulaire=formulaire
        )

    def annexe_view(self, request: HttpRequest, cle: int) -> HttpResponseBase:
        """Every row of the arrêté, under the header of the official export; read again, it gives the same draft."""
        arrete = self.find(request, cle)
        return export_csv(f"annexe-arrete-{arrete.pk}", list_colonnes(arrete), list_annexe(arrete))

    # --- two arrêtés
    def comparer_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        visibles = self.get_queryset(request).select_related("region")
        choix = [(str(lu.pk), describe_choix(lu)) for lu in visibles[:ARRETES_MAX]]
        formulaire = ComparerForm(request.GET if "a" in request.GET else None, arretes=choix)
        if not formulaire.is_bound or not formulaire.is_valid():
            return render_page(request, "comparer", "Comparer deux arrêtés", formulaire=formulaire)
        avant, apres = (get_object_or_404(visibles, pk=formulaire.cleaned_data[nom]) for nom in ("a", "b"))
        noms = name_classes(avant.profession) | name_classes(apres.profession)
        ecarts = [
            [un.code, un.libelle, noms.get(un.avant, un.avant), noms.get(un.apres, un.apres)]
            for un in compare_arretes(avant, apres)
        ]
        if request.GET.get("format") == "csv":
            titres = ["Code", "Territoire", describe_choix(avant), describe_choix(apres)]
            return export_csv(f"arretes-{avant.pk}-{apres.pk}", titres, ecarts)
        return render_page(
            request,
            "comparer",
            "Comparer deux arrêtés",
            formulaire=formulaire,
            avant=avant,
            apres=apres,
            combien=len(ecarts),
            page=paginate(ecarts, request.GET.get("page", "1")),
            requete=f"a={avant.pk}&b={apres.pk}",
        )


def describe_choix(arrete: Arrete) -> str:
    nom = arrete.numero or f"sans numéro ({arrete.pk})"
    return (
        f"{nom}, {arrete.get_profession_display().lower()}, {arrete.region.nom}, "
        f"{arrete.periode.lower:%d/%m/%Y}, {arrete.get_statut_display().lower()}"
    )


def describe_apercu(apercu: ApercuArrete, noms: dict[str, str], page: str) -> dict[str, Any]:
    """The preview as a page shows it: names of classes, shares in percent, one page of communes."""
    contenu = apercu.contenu
    changements = [
        {**un, "avant": noms.get(un["avant"], un["avant"]), "apres": noms.get(un["apres"], un["apres"])}
        for un in contenu["changements"]
    ]
    presentes = {classe for part in contenu["parts"] for classe in part["communes"]}
    return {
        "combien": len(changements),
        "habitants_changent": sum(un["population"] for un in changements),
        "communes": contenu["communes"],
        "fermes": contenu["fermes"],
        "page": paginate(changements, page),
        "parts": [describe_part(part, noms, presentes) for part in contenu["parts"]],
        "sections": contenu["sections"],
    }


def describe_part(part: dict[str, Any], noms: dict[str, str], presentes: set[str]) -> dict[str, Any]:
    totaux = [sum(lus[rang] for lus in part["habitants"].values()) for rang in (0, 1)]
    lignes = []
    for classe, nom in noms.items():
        if classe not in presentes:
            continue
        communes = part["communes"].get(classe, [0, 0])
        habitants = part["habitants"].get(classe, [0, 0])
        parts = [100 * habitants[rang] / totaux[rang] if totaux[rang] else 0 for rang in (0, 1)]
        lignes.append({"nom": nom, "communes": communes, "habitants": habitants, "parts": parts})
    return {"code": part["code"], "nom": part["nom"], "lignes": lignes}
