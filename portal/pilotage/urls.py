from django.urls import URLPattern, URLResolver, path

from portal.pilotage.urls_chiffres import RECU
from portal.pilotage.views import courbes, recus, tableaux, vues

urlpatterns: list[URLPattern | URLResolver] = [
    path("", tableaux.tableau, name="tableau"),
    path("courbes/", courbes.courbes_privees, name="courbes_privees"),
    path("vues/", vues.save, name="vue_enregistrer"),
    path("vues/<int:pk>/", vues.show, name="vue_ouvrir"),
    path("vues/<int:pk>/modifier/", vues.change, name="vue_modifier"),
    path("vues/<int:pk>/supprimer/", vues.remove, name="vue_supprimer"),
    path("cpts/<slug:code>/", tableaux.tableau_cpts, name="tableau_cpts"),
    path(f"chiffres/{RECU}", recus.prive, name="pilotage_recu"),
    path(f"chiffres/{RECU}lignes.csv", recus.prive_csv, name="pilotage_recu_csv"),
]
