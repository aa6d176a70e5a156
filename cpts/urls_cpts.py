from django.urls import URLPattern, URLResolver, path

from cpts.views import annuaire

urlpatterns: list[URLPattern | URLResolver] = [
    path("", annuaire.cpts_liste, name="cpts_list"),
    path("liste.csv", annuaire.cpts_csv, name="cpts_list_csv"),
    path("<slug:code>/", annuaire.cpts_detail, name="cpts_detail"),
]
