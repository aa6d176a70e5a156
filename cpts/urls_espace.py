"""The coordinators' space: every address is under /espace/<code of the CPTS>/."""

from django.urls import URLPattern, URLResolver, include, path

from cpts.views import espace, espace_territoire

urlpatterns: list[URLPattern | URLResolver] = [
    path("", espace.espaces, name="espaces"),
    # No slug: a code of a CPTS has no « . ».
    path("enregistrer.territoire/", espace_territoire.territoires_choix, name="espace_territoires_choix"),
    path("<slug:code>/", espace.accueil, name="espace"),
    path("<slug:code>/", include("cpts.urls_espace_vie")),
    path("<slug:code>/", include("cpts.urls_espace_perimetre")),
    path("<slug:code>/", include("cpts.urls_espace_missions")),
    path("<slug:code>/", include("cpts.urls_espace_territoire")),
]
