from django.urls import URLPattern, URLResolver, path

from portal.pilotage.views import courbes, donnees, recus, tableaux

# The pages of the open figures come before these: an indicator, the size of a territory, its code.
RECU = "<str:indicateur>/<str:type>/<str:code>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", tableaux.chiffres, name="chiffres"),
    path("courbes/", courbes.courbes, name="courbes"),
    path("donnees/", donnees.page, name="chiffres_donnees"),
    path("donnees/mesures.<str:forme>", donnees.mesures, name="chiffres_mesures"),
    path("donnees/schema.json", donnees.schema, name="chiffres_schema"),
    path("donnees/indicateurs.csv", donnees.indicateurs, name="chiffres_indicateurs"),
    path(RECU, recus.public, name="chiffre_recu"),
    path(f"{RECU}lignes.csv", recus.public_csv, name="chiffre_recu_csv"),
]
