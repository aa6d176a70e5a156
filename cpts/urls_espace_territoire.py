from django.urls import URLPattern, URLResolver, path

from cpts.views import espace_acces, espace_territoire

urlpatterns: list[URLPattern | URLResolver] = [
    path("structures/", espace_territoire.structures, name="espace_structures"),
    path("chiffres/", espace_territoire.donnees, name="espace_donnees"),
    path("chiffres/<int:cle>/", espace_territoire.donnee, name="espace_donnee"),
    path("diagnostics/", espace_territoire.territoires, name="espace_territoires"),
    path("acces/", espace_acces.acces, name="espace_acces"),
]
