from django.urls import URLPattern, URLResolver, path

from portal.pilotage.views import diagnostic

urlpatterns: list[URLPattern | URLResolver] = [
    path("", diagnostic.diagnostic, name="diagnostic"),
    path("diagnostic.<str:forme>", diagnostic.fichier, name="diagnostic_fichier"),
]
