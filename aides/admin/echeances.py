"""The radar of engagements in the administration: what is late, what comes, what is at risk, over one's territory."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aides.admin.campagnes import read_agent
from aides.admin.campagnes_formulaires import SELECT
from aides.admin.contrats_formulaires import CHAMP
from aides.contrats.radar import EXPORT_MAX, HORIZONS, FiltresRadar, LigneRadar, list_radar
from aides.models import Echeance, Nature
from portal.core.exports import Apropos, ExportTropGrand, export_csv, export_xlsx
from portal.core.models import Evenement
from zonage.admin import LectureSeule

VUES = {
    "echeances": "Échéances : en retard, puis à venir",
    "termes": "Contrats qui arrivent à leur terme",
    "observations": "Délais d'observations qui finissent",
}
COLONNES = ["Jour", "Jours", "Contrat", "Dispositif", "Département", "Nature", "Libellé", "Montant (€)", "À regarder"]


class RadarForm(forms.Form):
    vue = forms.ChoiceField(
        label="Montrer", choices=list(VUES.items()), required=False, widget=forms.Select(attrs=SELECT)
    )
    horizon = forms.TypedChoiceField(
        label="Horizon",
        choices=[(jours, f"{jours} jours") for jours in HORIZONS],
        coerce=int,
        required=False,
        widget=forms.Select(attrs=SELECT),
    )
    nature = forms.ChoiceField(
        label="Nature",
        choices=[("", "Toutes"), *Nature.choices],
        required=False,
        widget=forms.Select(attrs=SELECT),
    )
    departement = forms.CharField(
        label="Département", max_length=3, required=False, widget=forms.TextInput(attrs=CHAMP)
    )
    dispositif = forms.CharField(
        label="Dispositif (code)", max_length=60, required=False, widget=forms.TextInput(attrs=CHAMP)
    )

    def build_filtres(self) -> FiltresRadar:
        lus = self.cleaned_data
        return FiltresRadar(
            vue=lus.get("vue") or "echeances",
            horizon=lus["horizon"] or 90,
            nature=lus.get("nature") or "",
            departement=(lus.get("departement") or "").strip().upper(),
            dispositif=(lus.get("dispositif") or "").strip().lower(),
        )


@admin.register(Echeance)
class EcheanceAdmin(LectureSeule):
    """Its list is the radar; one line is read on the page of its contract."""

    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Echeance]:
        return Echeance.objects.for_user(request.user)

    @method_decorator([never_cache, require_safe])
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        if not self.has_view_permission(request):
            raise PermissionDenied
        lue = {cle: str(valeur) for cle, valeur in request.GET.items() if cle in RadarForm.base_fields}
        formulaire = RadarForm({"vue": "echeances", "horizon": "90", **lue})
        valide = formulaire.is_valid()
        filtres = formulaire.build_filtres() if valide else FiltresRadar()
        au = timezone.localdate()
        if valide and request.GET.get("format") in ("csv", "xlsx"):
            return self.export(request, filtres, au)
        filtres = with_apres(filtres, request.GET.get("apres", ""))
        lignes, suite = list_radar(request.user, filtres, au=au)
        contexte = {
            "titre": "Radar des engagements",
            "formulaire": formulaire,
            "lignes": lignes,
            "vue": VUES[filtres.vue],
            "requete": urlencode(lue),
            "suite": urlencode({**lue, "apres": f"{suite[0].isoformat()},{suite[1]}"}) if suite else "",
            "debut": urlencode(lue) if filtres.apres else "",
        }
        return render(request, "admin/aides/echeance/radar.html", contexte, status=200 if valide else 422)

    @method_decorator([never_cache, require_safe])
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        ligne = get_object_or_404(self.get_queryset(request), pk=int(object_id))
        return HttpResponseRedirect(
            f"{reverse('admin:aides_contrat_change', args=[ligne.contrat_id])}#ligne-{ligne.pk}"
        )

    def export(self, request: HttpRequest, filtres: FiltresRadar, au: date) -> HttpResponseBase:
        """What the screen would show, whole; one line of the journal."""
        lignes, suite = list_radar(request.user, filtres, au=au, taille=EXPORT_MAX)
        retour = reverse("admin:aides_echeance_changelist")
        if suite:
            self.message_user(request, f"Plus de {EXPORT_MAX} lignes : choisissez un département.", 40)
            return HttpResponseRedirect(retour)
        forme = request.GET["format"]
        with transaction.atomic():
            Evenement.objects.create(
                objet="aides.echeance:radar",
                action="exporter",
                auteur=read_agent(request),
                details={"format": forme, "vue": filtres.vue, "horizon": filtres.horizon, "lignes": len(lignes)},
            )
        rangees = [list_cellules(ligne) for ligne in lignes]
        nom = f"radar_{filtres.vue}_{au:%Y%m%d}"
        try:
            if forme == "csv":
                return export_csv(nom, COLONNES, rangees)
            apropos = Apropos("Radar des engagements", filtres=[f"{VUES[filtres.vue]}, {filtres.horizon} jours"])
            return export_xlsx(nom, COLONNES, rangees, apropos=apropos)
        except ExportTropGrand as refus:
            self.message_user(request, str(refus), 40)
            return HttpResponseRedirect(retour)


def with_apres(filtres: FiltresRadar, texte: str) -> FiltresRadar:
    """« 2026-11-22,123 »: where the page before ended; anything else: the first page."""
    jour, _, cle = texte.partition(",")
    try:
        apres = (date.fromisoformat(jour), cle) if is_cle(filtres.vue, cle) else None
    except ValueError:
        apres = None
    champs = {nom: getattr(filtres, nom) for nom in ("vue", "horizon", "nature", "departement", "dispositif")}
    return FiltresRadar(**champs, apres=apres)


def is_cle(vue: str, cle: str) -> bool:
    if vue == "echeances":
        return cle.isdecimal() and len(cle) < 19
    nue = cle.replace("-", "")
    return len(nue) == 32 and all(signe in "0123456789abcdef" for signe in nue)


def list_cellules(ligne: LigneRadar) -> list[Any]:
    echeance = ligne.echeance
    return [
        ligne.le,
        ligne.jours,
        ligne.contrat.numero,
        ligne.contrat.dispositif,
        ligne.contrat.departement_code,
        echeance.get_nature_display() if echeance else "Contrat",
        ligne.libelle,
        echeance.montant if echeance else None,
        ", ".join(ligne.risques),
    ]
