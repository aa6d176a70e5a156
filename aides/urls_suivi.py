from django.urls import path

from aides.views import suivi

urlpatterns = [
    path("nouveau/", suivi.suivi_new, name="suivi_new"),
    path("demande/", suivi.suivi_demande, name="suivi_demande"),
    path("confirmer/<str:jeton>/", suivi.suivi_confirmer, name="suivi_confirmer"),
    path("arret/<str:jeton>/", suivi.suivi_arret, name="suivi_arret"),
    path("<str:jeton>/", suivi.suivi_detail, name="suivi_detail"),
    path("<str:jeton>/arreter/", suivi.suivi_stop, name="suivi_stop"),
    path("<str:jeton>/changements/<int:cause>/", suivi.suivi_changement, name="suivi_changement"),
]
