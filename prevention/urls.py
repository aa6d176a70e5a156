"""The public pages of prevention: no account, nothing of a person."""

from django.urls import URLPattern, URLResolver, path

from prevention.views import bulletins_publics, calendrier, campagnes, ou_agir

urlpatterns: list[URLPattern | URLResolver] = [
    path("", calendrier.calendrier, name="prevention"),
    path("calendrier.ics", calendrier.flux, name="prevention_ics"),
    path("actions/<int:pk>/", calendrier.action, name="prevention_action"),
    path("bulletins/<int:pk>/", bulletins_publics.bulletin, name="prevention_bulletin"),
    path("bulletins/arret/<str:jeton>/", bulletins_publics.arret, name="prevention_bulletin_arret"),
    path("campagnes/", campagnes.campagne_list, name="campagne_list"),
    path("campagnes/<slug:code>/", campagnes.campagne_detail, name="campagne_detail"),
    path("campagnes/<slug:code>/releves.csv", campagnes.campagne_csv, name="campagne_csv"),
    path("releves/<int:pk>/", campagnes.releve_detail, name="releve_detail"),
    path("ou-agir/", ou_agir.ou_agir, name="ou_agir"),
    path("ou-agir.csv", ou_agir.ou_agir_csv, name="ou_agir_csv"),
]
