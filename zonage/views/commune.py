"""The page of a commune: its zones, their history, its accessibility, its neighbours. Old codes lead to today's."""

from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import DetailView

from zonage import cartographie
from zonage.comparaisons import Classe, Voisine, compare_apl, historiques, voisines_de
from zonage.enums import Origine, Profession, StatutZone, TypeCommune
from zonage.fiches import list_fiches
from zonage.forms import LectureForm
from zonage.lecture import Zone, is_demonstration, zones
from zonage.models import AncienneCommune, Commune
from zonage.recherche import CommuneInconnue, resolve_commune
from zonage.views.contours import adresses_contours

ANCIENNES = (
    AncienneCommune.objects.filter(commune=OuterRef("pk"))
    .order_by("nom", "code_insee")
    .values(json=JSONObject(code="code_insee", nom="nom", depuis="depuis"))
)


class CommuneDetailView(DetailView):
    """Everything but the schemes, which the app of the aids adds in its own view."""

    queryset = Commune.objects.select_related("departement__region", "epci", "parent").annotate(
        liste_anciennes=ArraySubquery(ANCIENNES)
    )
    slug_field = "code_insee"
    slug_url_kwarg = "code"
    template_name = "zonage/commune_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """An old code is answered by a permanent redirection, which keeps the day and says where one came from."""
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            return self.redirect_ancien_code(request, kwargs["code"])

    def redirect_ancien_code(self, request: HttpRequest, code: str) -> HttpResponse:
        try:
            resolution = resolve_commune(code)
        except CommuneInconnue as inconnue:
            raise Http404(str(inconnue)) from inconnue
        parametres = {nom: request.GET[nom] for nom in ("au", "profession") if request.GET.get(nom)}
        if resolution.ancien_code:
            parametres["ancien"] = resolution.ancien_code
        adresse = reverse("commune_detail", args=[resolution.commune.code_insee])
        return HttpResponsePermanentRedirect(f"{adresse}?{urlencode(parametres)}" if parametres else adresse)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        commune: Commune = self.object
        form = LectureForm(self.request.GET)
        form.is_valid()
        aujourdhui = timezone.localdate()
        profession, au = form.lecture(aujourdhui=aujourdhui)
        lues = zones(commune.code_insee, au=au)
        voisines, classes = voisines_de(commune.voisines, commune.code_insee, au=au)
        arrondissements = [voisine for voisine in voisines.values() if voisine.type == TypeCommune.ARRONDISSEMENT]
        codes = [commune.code_insee, *(voisine.code for voisine in arrondissements)]
        apl = compare_apl(codes, commune.departement_id, commune.departement.region_id)
        demonstration = is_demonstration(lues.values()) or any(
            Origine.DEMONSTRATION in v.origines for v in voisines.values()
        )
        return super().get_context_data(
            form=form,
            au=au,
            aujourdhui=aujourdhui,
            profession=profession,
            profession_libelle=Profession(profession).label,
            professions=Profession.choices,
            zones=lues,
            lignes_zones=build_lignes(lues, historiques(commune.code_insee)),
            anciennes=build_anciennes(commune),
            ancienne=find_ancienne(commune, self.request.GET.get("ancien", "")),
            ages=build_ages(commune),
            apl=apl,
            apl_demonstration=any(ligne.origine == Origine.DEMONSTRATION for ligne in apl),
            demonstration=demonstration,
            voisines=build_voisines(commune, voisines, classes),
            fiches=list_fiches(commune, au=au, aujourdhui=aujourdhui),
            **build_carte(commune, voisines, classes, profession, au),
            **kwargs,
        )


def build_lignes(lues: dict[str, Zone], passees: dict[str, Any]) -> list[dict[str, Any]]:
    """One line a profession: its zone today and the periods known, in the order of the professions."""
    return [
        {
            "code": profession,
            "libelle": Profession(profession).label,
            "zone": zone,
            "connu": zone.statut == StatutZone.CONNU,
            "adresse_requise": zone.statut == StatutZone.ADRESSE_REQUISE,
            "demonstration": zone.origine == Origine.DEMONSTRATION,
            "moments": passees.get(profession, []),
        }
        for profession, zone in lues.items()
    ]


def build_anciennes(commune: Commune) -> list[dict[str, Any]]:
    """Former communes, with a real date: JSON has none."""
    return [
        ancienne | {"depuis": date.fromisoformat(ancienne["depuis"]) if ancienne["depuis"] else None}
        for ancienne in commune.liste_anciennes  # type: ignore[attr-defined]
    ]


def find_ancienne(commune: Commune, code: str) -> dict[str, Any] | None:
    """The former commune one comes from, believed only when it is one of this commune's."""
    return next((ancienne for ancienne in build_anciennes(commune) if code and ancienne["code"] == code), None)


def build_ages(commune: Commune) -> list[tuple[str, int, float]]:
    """The three age bands with their share of their own total: their vintage is not the population's."""
    tranches = [
        ("0 à 19 ans", commune.population_0_19),
        ("20 à 64 ans", commune.population_20_64),
        ("65 ans ou plus", commune.population_65_plus),
    ]
    total = sum(nombre or 0 for _, nombre in tranches)
    return [(libelle, nombre or 0, 100 * (nombre or 0) / total) for libelle, nombre in tranches] if total else []


def build_voisines(
    commune: Commune, voisines: dict[str, Voisine], classes: dict[str, Classe]
) -> list[tuple[Voisine, list[Classe]]]:
    """Neighbours and arrondissements, in the order of names, each with its six classes."""
    inconnu = classes[StatutZone.INCONNU.value]
    return [
        (voisine, [classes.get(voisine.classes.get(profession, ""), inconnu) for profession in Profession.values])
        for code, voisine in voisines.items()
        if code != commune.code_insee
    ]


def build_carte(
    commune: Commune, voisines: dict[str, Voisine], classes: dict[str, Classe], profession: str, au: date
) -> dict[str, Any]:
    """The drawing of the commune among its neighbours, and what the interactive map needs to draw the same."""
    departements = sorted({voisine.departement for voisine in voisines.values()})
    parts = any(voisine.type == TypeCommune.ARRONDISSEMENT for voisine in voisines.values())
    adresses = adresses_contours([*departements, "arrondissements"] if parts else departements)
    cles = {code: voisine.classes.get(profession, StatutZone.INCONNU.value) for code, voisine in voisines.items()}
    presentes = sorted({classes[cle] for cle in cles.values()}, key=lambda classe: (classe.rang, classe.code))
    apparences = [cartographie.build_apparence(classe.code, classe.libelle, classe.couleur) for classe in presentes]
    contexte: dict[str, Any] = {"apparences": apparences, "contours": adresses, "planche": None}
    if not adresses:
        return contexte
    planche = cartographie.planche_choisie(frozenset(voisines), departements)
    parametres = {"profession": profession, "au": au.isoformat()}
    liens = {
        code: f"{reverse('commune_detail', args=[code])}?{urlencode(parametres)}"
        for code in voisines
        if code != commune.code_insee
    }
    titres = {code: f"{voisine.nom} : {classes[cles[code]].libelle}" for code, voisine in voisines.items()}
    ici = [forme for forme in planche.formes if forme.code == commune.code_insee]
    fonds = {apparence.code: apparence.remplissage for apparence in apparences}
    remplissages = {code: fonds[cle] for code, cle in cles.items()}
    donnees = {
        "classes": [asdict(apparence) for apparence in apparences],
        "valeurs": {code: presentes.index(classes[cle]) for code, cle in cles.items()},
        "ici": commune.code_insee,
    }
    return contexte | {
        "planche": planche if ici else None,
        "svg": cartographie.svg_formes(planche.formes, remplissages, liens, titres),
        "svg_ici": ici[0].trace if ici else "",
        "donnees_carte": donnees,
    }
