from django.urls import path

from cpts.views import rattachements

urlpatterns = [
    path("moi/", rattachements.praticien_moi, name="praticien_moi"),
    path("moi/demande/", rattachements.rattachement_new, name="rattachement_new"),
    path("moi/retirer/", rattachements.rattachement_retire, name="rattachement_retire"),
]
