from django.urls import path

from portal.accounts.views import connexion

urlpatterns = [
    path("connexion/", connexion.ConnexionView.as_view(), name="connexion"),
    path("", connexion.compte, name="compte"),
]
