"""The rows of a draft: its file, the rows to mend, the list."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from portal.core.examen import DocumentRefuse
from portal.core.fichiers import FichierRefuse
from zonage.admin.formulaires import FichierForm, ListeForm
from zonage.admin.rendu import paginate, render_page
from zonage.admin.socle import SocleArrete, read_agent
from zonage.enums import StatutArrete
from zonage.models import Arrete, RejetArrete
from zonage.services import PublicationImpossible
from zonage.services.brouillons import (
    Ligne,
    SaisieRefusee,
    complete_absentes,
    list_absentes,
    list_classes,
    parse_liste,
    remove_ligne,
    set_lignes,
)
from zonage.services.brouillons_fichier import read_octets, receive_fichier
from zonage.services.brouillons_rejets import apply_fusions, drop_rejet, list_rejets, mend_rejet
from zonage.services.publication import may_write

REFUS = (PublicationImpossible, SaisieRefusee)
ABSENTES_MONTREES = 20
ENTIER_MAX = 18


class PagesBrouillon(SocleArrete):
    """Pages of `ArreteAdmin`: a part of it, in a file of its own."""

    def fichier_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """Receive a file and ask for its reading; the page of the arrêté shows how far it is."""
        arrete = self.find_ecrit(request, cle)
        formulaire = FichierForm(request.POST, request.FILES)
        refus: Exception | None = None
        if not formulaire.is_valid():
            refus = SaisieRefusee(*[str(faute) for fautes in formulaire.errors.values() for faute in fautes])
        else:
            recu = formulaire.cleaned_data["fichier"]
            try:
                receive_fichier(
                    arrete,
                    nom=recu.name,
                    octets=recu.read(),
                    par=read_agent(request),
                    motif=formulaire.cleaned_data["motif"],
                )
            except (PublicationImpossible, FichierRefuse, DocumentRefuse) as erreur:
                refus = erreur
        if refus is not None:
            return self.show(request, self.find(request, cle), refus=refus, fichier_form=formulaire)
        self.message_user(request, "Fichier reçu : il est lu maintenant.")
        return self.go(arrete)

    def octets_view(self, request: HttpRequest, cle: int, fichier: int) -> HttpResponse:
        """The file as it was received."""
        arrete = self.find(request, cle)
        recu = get_object_or_404(arrete.fichiers, pk=fichier)
        reponse = HttpResponse(read_octets(recu), content_type="application/octet-stream")
        reponse["Content-Disposition"] = content_disposition_header(True, recu.nom) or "attachment"
        reponse["X-Content-Type-Options"] = "nosniff"
        return reponse

    # --- rows
    def lignes_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        if request.method != "POST":
            return self.show_lignes(request, self.find(request, cle))
        arrete = self.find_ecrit(request, cle)
        acte = request.POST.get("acte", "")
        formulaire = ListeForm(request.POST, profession=arrete.profession) if acte == "liste" else None
        if formulaire is not None and not formulaire.is_valid():
            return self.show_lignes(request, arrete, formulaire=formulaire)
        try:
            phrase = self.change_lignes(request, arrete, acte, formulaire)
        except REFUS as refus:
            return self.show_lignes(request, self.find(request, cle), refus=refus, formulaire=formulaire)
        self.message_user(request, phrase)
        return self.go(arrete, "lignes")

    def change_lignes(self, request: HttpRequest, arrete: Arrete, acte: str, formulaire: ListeForm | None) -> str:
        """The sentence of what was done. Raises SaisieRefusee, PublicationImpossible, Http404."""
        agent = read_agent(request)
        if acte == "liste" and formulaire is not None:
            propres = formulaire.cleaned_data
            lues = parse_liste(propres["liste"], propres["classe"], arrete.profession)
            return f"Communes de la liste : {len(lues)} ; lignes changées : {set_lignes(arrete, lues, par=agent)}."
        if acte == "completer":
            ecrites = complete_absentes(arrete, request.POST.get("classe", ""), par=agent)
            return f"Communes absentes classées : {ecrites}."
        if acte == "classer":
            code = request.POST.get("code", "")[:5]
            set_lignes(arrete, [Ligne(code, request.POST.get("classe", "")[:24])], par=agent)
            return f"Ligne {code} enregistrée."
        if acte == "retirer":
            remove_ligne(arrete, read_entier(request.POST.get("ligne", "")), par=agent)
            return "Ligne retirée du brouillon."
        raise Http404

    def show_lignes(
        self,
        request: HttpRequest,
        arrete: Arrete,
        *,
        refus: Exception | None = None,
        formulaire: ListeForm | None = None,
    ) -> HttpResponse:
        cherche, classe = request.GET.get("q", "").strip()[:60], request.GET.get("classe", "")[:24]
        lignes = arrete.classements.select_related("territoire", "niveau").order_by(
            "territoire__libelle", "territoire__code", "pk"
        )
        if cherche:
            par_code = lignes.filter(territoire__code=cherche.upper())
            lignes = par_code if par_code.exists() else lignes.filter(territoire__libelle__icontains=cherche)
        if classe:
            lignes = lignes.filter(niveau=classe) | lignes.filter(statut=classe)
        absentes = list_absentes(arrete)
        ecrit = arrete.statut == StatutArrete.BROUILLON and may_write(read_agent(request), arrete.region_id)
        return render_page(
            request,
            "lignes",
            f"Lignes : {arrete}",
            refus=refus,
            arrete=arrete,
            page=paginate(lignes, request.GET.get("page", "1")),
            cherche=cherche,
            classe=classe,
            requete=f"q={cherche}&classe={classe}",
            classes=list_classes(arrete.profession),
            absentes=absentes[:ABSENTES_MONTREES],
            combien_absentes=absentes.count(),
            peut_ecrire=ecrit,
            formulaire_liste=formulaire or ListeForm(profession=arrete.profession),
        )

    # --- rows to mend
    def rejets_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        if request.method != "POST":
            return self.show_rejets(request, self.find(request, cle))
        arrete = self.find_ecrit(request, cle)
        rejet = None
        try:
            if request.POST.get("acte") == "fusions":
                appliquees, ecartees = apply_fusions(arrete, par=read_agent(request))
                phrase = (
                    f"Fusions appliquées : {appliquees} ; lignes écartées, la commune ayant la sienne : {ecartees}."
                )
            else:
                rejet = self.find_rejet(arrete, request.POST.get("rejet", ""))
                phrase = self.settle_rejet(request, rejet)
        except REFUS as refus:
            return self.show_rejets(request, self.find(request, cle), refus=refus, touche=rejet)
        self.message_user(request, phrase)
        return self.go(arrete, "rejets" if list_rejets(arrete).exists() else "change")

    def find_rejet(self, arrete: Arrete, cle: str) -> RejetArrete:
        rejets = RejetArrete.objects.filter(fichier__arrete=arrete).select_related("fichier__arrete", "proposition")
        return get_object_or_404(rejets, pk=read_entier(cle))

    def settle_rejet(self, request: HttpRequest, rejet: RejetArrete) -> str:
        agent = read_agent(request)
        if request.POST.get("acte") == "ecarter":
            drop_rejet(rejet, motif=request.POST.get("motif", "")[:300], par=agent)
            return f"Ligne {rejet.ligne} écartée."
        commune, classe = request.POST.get("commune", "")[:5], request.POST.get("classe", "")[:24]
        mend_rejet(rejet, commune=commune, classe=classe, par=agent)
        return f"Ligne {rejet.ligne} corrigée."

    def show_rejets(
        self,
        request: HttpRequest,
        arrete: Arrete,
        *,
        refus: Exception | None = None,
        touche: RejetArrete | None = None,
    ) -> HttpResponse:
        rejets = list_rejets(arrete)
        ecrit = arrete.statut == StatutArrete.BROUILLON and may_write(read_agent(request), arrete.region_id)
        return render_page(
            request,
            "rejets",
            f"Lignes à corriger : {arrete}",
            refus=refus,
            arrete=arrete,
            page=paginate(rejets, request.GET.get("page", "1"), par_page=20),
            fusions=rejets.filter(nature="commune_fusionnee", proposition__isnull=False).exclude(classe="").count(),
            classes=list_classes(arrete.profession),
            touche=touche.pk if touche else None,
            saisie={nom: request.POST.get(nom, "") for nom in ("commune", "classe", "motif")},
            peut_ecrire=ecrit,
        )


def read_entier(texte: str) -> int:
    """A key sent by a form. Raises Http404: no page sends anything else."""
    if not texte.isdecimal() or len(texte) > ENTIER_MAX:
        raise Http404
    return int(texte)
