from django.urls import path

from aides.views import donnees

urlpatterns = [
    path("", donnees.donnees_page, name="donnees"),
    path("<str:lot>/<str:nom>", donnees.donnees_fichier, name="donnees_fichier"),
]
