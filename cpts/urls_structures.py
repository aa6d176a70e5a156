from django.urls import URLPattern, URLResolver, path

from cpts.views import annuaire

urlpatterns: list[URLPattern | URLResolver] = [
    path("", annuaire.structures, name="structure_list"),
    path("liste.csv", annuaire.structures_csv, name="structure_list_csv"),
    path("<int:cle>/", annuaire.structure, name="structure_detail"),
]
