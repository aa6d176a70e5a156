from django.urls import URLPattern, URLResolver, path

from cpts.views import argent, membres, missions, reunions

urlpatterns: list[URLPattern | URLResolver] = [
    path("missions/", missions.missions, name="espace_missions"),
    path("missions/<slug:type_mission>/", missions.mission, name="espace_mission"),
    path("missions/<slug:type_mission>/indicateurs/", missions.indicateur, name="espace_indicateur_new"),
    path("missions/<slug:type_mission>/indicateurs/<int:cle>/", missions.indicateur, name="espace_indicateur"),
    path("missions/<slug:type_mission>/preuves/<int:cle>/", missions.preuve, name="espace_preuve"),
    path("reunions/", reunions.reunions, name="espace_reunions"),
    path("reunions/<int:cle>/", reunions.reunion, name="espace_reunion"),
    path("reunions/<int:cle>/presences/", reunions.presences, name="espace_presences"),
    path("reunions/<int:cle>/compte-rendu/", reunions.compte_rendu, name="espace_compte_rendu"),
    path("reunions/<int:cle>/supprimer/", reunions.reunion_supprimer, name="espace_reunion_supprimer"),
    path("membres/", membres.membres, name="espace_membres"),
    path("membres/ajouter/", membres.membre_ajouter, name="espace_membre_ajouter"),
    path("membres/coller/", membres.membres_coller, name="espace_membres_coller"),
    path("membres/indemnites/", membres.indemnites, name="espace_indemnites"),
    path("membres/<int:cle>/", membres.membre, name="espace_membre"),
    path("membres/export.<slug:forme>", membres.membres_export, name="espace_membres_export"),
    path("argent/", argent.argent, name="espace_argent"),
    path("argent/<int:cle>/", argent.argent_ligne, name="espace_argent_ligne"),
    path("argent/export.<slug:forme>", argent.argent_export, name="espace_argent_export"),
]
