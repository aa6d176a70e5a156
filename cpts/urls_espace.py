"""The coordinators' space: every address is under /espace/<code of the CPTS>/."""

from django.urls import URLPattern, URLResolver, include, path

from cpts.views import espace

urlpatterns: list[URLPattern | URLResolver] = [
    path("", espace.espaces, name="espaces"),
    path("<slug:code>/", espace.accueil, name="espace"),
    path("<slug:code>/", include("cpts.urls_espace_vie")),
    path("<slug:code>/", include("cpts.urls_espace_perimetre")),
    path("<slug:code>/", include("cpts.urls_espace_missions")),
]
