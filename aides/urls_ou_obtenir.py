from django.urls import path

from aides.views import ou_obtenir, ou_obtenir_comparer, ou_obtenir_fichiers

urlpatterns = [
    path("", ou_obtenir.ou_obtenir, name="ou_obtenir"),
    path("communes.csv", ou_obtenir_fichiers.ou_obtenir_csv, name="ou_obtenir_csv"),
    path("communes.geojson", ou_obtenir_fichiers.ou_obtenir_geojson, name="ou_obtenir_geojson"),
    path("comparer/", ou_obtenir_comparer.ou_obtenir_comparer, name="ou_obtenir_comparer"),
]
