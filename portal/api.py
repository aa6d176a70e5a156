"""The public API, version 1: one list of routes; each app holds its own endpoints."""

from django.urls import URLPattern, URLResolver, path, re_path

from aides.api.couverture import CouvertureView
from aides.api.dispositifs import DispositifsView, DispositifView, FaitsView
from aides.api.eligibilites import EligibilitesView
from aides.api.evaluations import EvaluationsView
from aides.api.lots import EvaluationsLotView
from aides.api.ou_obtenir import OuObtenirView
from aides.api.recus import RecuView
from cpts.api.cpts import ContourCptsView, CptsListeView, CptsView
from cpts.api.structures import PointsView, StructuresView
from portal.core.api.documentation import SchemaView
from portal.core.api.vues import AdresseInconnueView
from prevention.api.actions import ActionsPreventionView
from zonage.api.communes import CommunesView, CommuneView
from zonage.api.contours import ContourView
from zonage.api.zones import ZonesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("communes/", CommunesView.as_view(), name="api_commune_list"),
    path("communes/<str:code>/", CommuneView.as_view(), name="api_commune_detail"),
    path("communes/<str:code>/contour/", ContourView.as_view(), name="api_commune_contour"),
    path("zones/", ZonesView.as_view(), name="api_zone_list"),
    path("cpts/", CptsListeView.as_view(), name="api_cpts_list"),
    path("cpts/<str:code>/", CptsView.as_view(), name="api_cpts_detail"),
    path("cpts/<str:code>/contour/", ContourCptsView.as_view(), name="api_cpts_contour"),
    path("structures/", StructuresView.as_view(), name="api_structure_list"),
    path("structures/points/", PointsView.as_view(), name="api_structure_points"),
    path("dispositifs/", DispositifsView.as_view(), name="api_dispositif_list"),
    path("dispositifs/<str:code>/", DispositifView.as_view(), name="api_dispositif_detail"),
    path("faits/", FaitsView.as_view(), name="api_fait_list"),
    path("evaluations/", EvaluationsView.as_view(), name="api_evaluation_create"),
    path("evaluations/lot/", EvaluationsLotView.as_view(), name="api_evaluation_lot"),
    path("eligibilites/", EligibilitesView.as_view(), name="api_eligibilite_list"),
    path("ou-obtenir/", OuObtenirView.as_view(), name="api_ou_obtenir_list"),
    path("couverture/", CouvertureView.as_view(), name="api_couverture_list"),
    path("recus/<str:code>/", RecuView.as_view(), name="api_recu_detail"),
    path("prevention/actions/", ActionsPreventionView.as_view(), name="api_action_prevention_list"),
    path("schema/", SchemaView.as_view(urlconf="portal.api"), name="api_schema"),
    re_path(r"", AdresseInconnueView.as_view(), name="api_adresse_inconnue"),
]
