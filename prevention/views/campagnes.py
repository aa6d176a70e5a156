"""The public pages of a campaign: what is counted, of whom, by territory; map, curve, table; one figure."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from cpts.models import Cpts
from portal.core.exports import export_csv
from prevention.enums import CODE_FRANCE, Formule, NiveauTerritoire
from prevention.lecture import (
    Taux,
    build_taux,
    list_campagnes,
    list_cibles,
    list_periodes,
    list_points,
    list_taux,
    read_taux,
)
from prevention.models import ActionPrevention, Bulletin, Campagne, Cible, Objectif, Releve
from prevention.perimetres import Regard, list_codes, list_parts, name_parts, read_regard
from prevention.territoires import name_territoire
from prevention.views.dessin import Courbe, Serie, build_serie, draw_courbe, draw_parts, shift_serie
from zonage.models import Departement

PARTS_MAX = 100
BULLETINS_MAX = 10
COLONNES = (
    *("campagne", "cible", "formule", "territoire", "code", "nom", "debut", "fin", "numerateur", "au_moins"),
    *("denominateur", "exclusions", "taux", "statut", "source", "millesime", "demonstration", "note"),
)
FORMULES = {
    Formule.VACCINATION: "personnes vaccinées ÷ population visée",
    Formule.PARTICIPATION: "personnes dépistées par le programme organisé ÷ (population visée − exclusions médicales)",
    Formule.COUVERTURE: "personnes dépistées, programme organisé et examens individuels ÷ population visée",
    Formule.BILAN: "bilans facturés ÷ personnes éligibles (18-25, 45-50, 60-65 et 70-75 ans)",
}


class Demande:
    """What the address of a campaign asks. Unknown values raise Http404: the links are written by the portal."""

    def __init__(self, request: HttpRequest, campagne: Campagne, *, au: date) -> None:
        self.campagne, self.au = campagne, au
        self.cibles = list_cibles(campagne)
        self.cible = self._find_cible(request.GET.get("cible", ""))
        defaut = f"region:{campagne.region_code}" if campagne.region_code else "france"
        try:
            self.regard = read_regard(request.GET.get("dans") or defaut)
        except LookupError as absent:
            raise Http404(str(absent)) from absent
        par = request.GET.get("par", "")
        self.par = par if par in dict(self.regard.decoupes) else self._find_par()
        self.fin = request.GET.get("fin", "")

    def _find_cible(self, code: str) -> Cible | None:
        if code:
            trouvee = next((lue for lue in self.cibles if lue.code == code), None)
            if trouvee is None:
                raise Http404("Cette population cible n’existe pas.")
            return trouvee
        return self.cibles[0] if self.cibles else None

    def _find_par(self) -> str:
        """The first level that has figures."""
        niveaux = [niveau for niveau, _ in self.regard.decoupes]
        if self.cible is None:
            return niveaux[0]
        presents = set(
            Releve.objects.courants()
            .filter(cible=self.cible)
            .order_by()
            .values_list("territoire_type", flat=True)
            .distinct()
        )
        return next((niveau for niveau in niveaux if niveau in presents), niveaux[0])

    @cached_property
    def periodes(self) -> list[tuple[date, date]]:
        return list_periodes(self.cible, [self.par]) if self.cible else []

    @cached_property
    def periode(self) -> tuple[date, date] | None:
        choisie = next((borne for borne in self.periodes if borne[1].isoformat() == self.fin), None)
        return choisie or (self.periodes[0] if self.periodes else None)

    @cached_property
    def parts(self) -> dict[str, str]:
        return list_parts(self.regard, self.par, au=self.au)

    @cached_property
    def noms(self) -> dict[str, str]:
        return name_parts(self.par, list_codes(self.regard, self.par, self.parts))

    @cached_property
    def taux(self) -> dict[str, Taux]:
        if self.cible is None or self.periode is None:
            return {}
        return list_taux(self.cible, self.par, self.periode, self.noms)

    def url(self, **changes: str) -> str:
        parametres = {
            "cible": self.cible.code if self.cible else "",
            "dans": self.regard.dans,
            "par": self.par,
            "fin": self.fin,
        } | changes
        presents = {nom: valeur for nom, valeur in parametres.items() if valeur}
        return f"{reverse('campagne_detail', args=[self.campagne.code])}?{urlencode(presents)}"

    @property
    def requete(self) -> str:
        return self.url().partition("?")[2]


@require_safe
def campagne_list(request: HttpRequest) -> HttpResponse:
    contexte = {"titre": "Campagnes de prévention", "campagnes": list_campagnes()}
    return render(request, "prevention/campagne_list.html", contexte)


def find_demande(request: HttpRequest, code: str) -> Demande:
    campagne = get_object_or_404(Campagne.objects.publiques().select_related("precedente"), code=code)
    return Demande(request, campagne, au=timezone.localdate())


@require_safe
def campagne_detail(request: HttpRequest, code: str) -> HttpResponse:
    demande = find_demande(request, code)
    cible, regard = demande.cible, demande.regard
    contexte: dict[str, Any] = {
        "titre": demande.campagne.nom,
        "campagne": demande.campagne,
        "dernier_jour": demande.campagne.periode.upper - timedelta(days=1),
        "demande": demande,
        "regard": regard,
        "formule": FORMULES[Formule(cible.formule)] if cible else "",
        "chiffre": None,
        **build_choix(demande),
    }
    if cible is not None:
        contexte |= build_chiffres(demande, cible)
        contexte |= build_tableau(request, demande)
    actions = ActionPrevention.objects.publiques().filter(campagne=demande.campagne, jour__gte=demande.au)
    if regard.niveau == "departement":
        actions = actions.filter(departement_code=regard.code)
    elif regard.niveau == "cpts":
        actions = actions.filter(cpts=regard.code)
    contexte["bulletins"] = list_bulletins(demande)
    contexte["actions"] = actions.select_related("commune").order_by("jour", "pk")[:10]
    return render(request, "prevention/campagne_detail.html", contexte)


def list_bulletins(demande: Demande) -> list[Bulletin]:
    """The last ones published, of the CPTS when one is looked at."""
    publies = Bulletin.objects.publies().filter(campagne=demande.campagne)
    if demande.regard.niveau == "cpts":
        publies = publies.filter(cpts=demande.regard.code)
    return list(publies.select_related("cpts").order_by("-publie_le", "-pk")[:BULLETINS_MAX])


def build_choix(demande: Demande) -> dict[str, Any]:
    departements = list(Departement.objects.select_related("region").order_by("code")[:200])
    regions = sorted({(lu.region_id, lu.region.nom) for lu in departements}, key=lambda couple: couple[1])
    return {
        "departements": departements,
        "regions": regions,
        "cpts_choix": Cpts.objects.order_by("nom", "code")[:1000],
    }


def build_chiffres(demande: Demande, cible: Cible) -> dict[str, Any]:
    """The figure of the territory, that of the wider one, the objective, and the curve of the season."""
    regard = demande.regard
    objectif = find_objectif(cible, regard)
    comparaison = None
    if regard.reference is not None:
        comparaison = read_taux(cible, *regard.reference, au=demande.au)
    return {
        "chiffre": read_taux(cible, regard.niveau, regard.code, au=demande.au),
        "comparaison": comparaison,
        "comparaison_nom": name_territoire(*regard.reference) if regard.reference else "",
        "objectif": objectif,
        "courbe": build_courbe(demande, cible, objectif),
    }


def find_objectif(cible: Cible, regard: Regard) -> Objectif | None:
    """Of the territory, else of the country."""
    for niveau, code in ((regard.niveau, regard.code), ("france", CODE_FRANCE)):
        trouve = Objectif.objects.filter(cible=cible, territoire_type=niveau, territoire_code=code).first()
        if trouve:
            return trouve
    return None


def build_courbe(demande: Demande, cible: Cible, objectif: Objectif | None) -> Courbe | None:
    regard, au = demande.regard, demande.au
    series: list[Serie] = [build_serie(regard.nom, list_points(cible, regard.niveau, regard.code, au=au))]
    if regard.reference:
        points = list_points(cible, *regard.reference, au=au)
        series.append(build_serie(name_territoire(*regard.reference), points))
    precedente = demande.campagne.precedente
    avant = precedente.cibles.filter(code=cible.code).first() if precedente else None
    if precedente is not None and avant is not None:
        jours = (demande.campagne.periode.lower - precedente.periode.lower).days
        points = list_points(avant, regard.niveau, regard.code, au=au)
        series.append(shift_serie(f"{regard.nom}, saison d’avant", points, jours))
    return draw_courbe(series, float(objectif.taux) if objectif else None)


def build_tableau(request: HttpRequest, demande: Demande) -> dict[str, Any]:
    lus = demande.taux
    lignes = sorted(
        ((code, nom, lus.get(code)) for code, nom in demande.noms.items()),
        key=lambda ligne: (
            ligne[2] is None or ligne[2].taux is None,
            -(float(ligne[2].taux or 0) if ligne[2] else 0),
            ligne[1],
        ),
    )
    return {
        "lignes": lignes[:PARTS_MAX],
        "coupe": max(0, len(lignes) - PARTS_MAX),
        "masques": sum(lu.masque for lu in lus.values()),
        "carte": draw_parts(demande.regard, lus, demande.parts, demande.noms),
        "niveau_libelle": NiveauTerritoire(demande.par).label,
        "liens": {code: f"{demande.par}:{code}" for code in lus if demande.par == "departement"},
    }


@require_safe
def campagne_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """The figures that may be shown, of the territories of the page. Hidden ones are absent, and the page says so."""
    demande = find_demande(request, code)
    lignes = [
        [
            *(demande.campagne.code, lu.cible, lu.formule, lu.niveau, lu.code, demande.noms.get(lu.code, "")),
            *(lu.debut, lu.fin, lu.numerateur, lu.au_moins, lu.denominateur, lu.exclusions),
            None if lu.taux is None else round(float(lu.taux), 2),
            *("provisoire" if lu.provisoire else "consolidé", lu.source, lu.millesime, lu.demonstration, lu.note),
        ]
        for _, lu in sorted(demande.taux.items())
        if not lu.masque
    ]
    return export_csv(f"{demande.campagne.code}-{demande.par}", COLONNES, lignes)


@require_safe
def releve_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt of one figure: what it is, of whom, when, from where, and what it replaced."""
    lus = Releve.objects.courants().exclude(campagne__statut="brouillon")
    releve = get_object_or_404(lus.select_related("campagne", "cible", "remplace"), pk=pk)
    taux = build_taux(releve)
    contexte = {
        "titre": f"Relevé : {name_territoire(releve.territoire_type, releve.territoire_code)}",
        "releve": releve,
        "taux": taux,
        "nom": name_territoire(releve.territoire_type, releve.territoire_code),
        "formule": FORMULES[Formule(releve.cible.formule)],
    }
    return render(request, "prevention/releve_detail.html", contexte)
