from django.urls import URLPattern, URLResolver, path

from cpts.views import perimetre

urlpatterns: list[URLPattern | URLResolver] = [
    path("perimetre/", perimetre.perimetres, name="espace_perimetre"),
    path("perimetre/nouveau/", perimetre.perimetre_new, name="espace_perimetre_new"),
    path("perimetre/<int:cle>/", perimetre.perimetre_detail, name="espace_perimetre_detail"),
    path("perimetre/<int:cle>/modifier/", perimetre.perimetre_modifier, name="espace_perimetre_modifier"),
    path("perimetre/<int:cle>/soumettre/", perimetre.perimetre_soumettre, name="espace_perimetre_soumettre"),
    path("perimetre/<int:cle>/decider/", perimetre.perimetre_decider, name="espace_perimetre_decider"),
]
