from django.urls import URLPattern, URLResolver, path

from portal.pilotage.views import recus

# The pages of the open figures come before these: an indicator, the size of a territory, its code.
RECU = "<str:indicateur>/<str:type>/<str:code>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(RECU, recus.public, name="chiffre_recu"),
    path(f"{RECU}lignes.csv", recus.public_csv, name="chiffre_recu_csv"),
]
