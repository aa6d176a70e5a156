from django.urls import path

from zonage.views import carte, contours, valeurs
from zonage.views_recherche import suggestions

# The page of a commune is served by `aides.urls_communes`: it also shows the schemes, which the territory cannot know.
urlpatterns = [
    path("communes/suggestions/", suggestions, name="commune_suggestions"),
    path("zones/carte/", carte, name="carte"),
    path("zones/contours/<str:nom>.<str:empreinte>.json", contours, name="contours"),
    path("zones/valeurs/<str:perimetre>.json", valeurs, name="valeurs"),
]
