from django.urls import path

from portal.core.views_travaux import TravailView, TravauxView

urlpatterns = [
    path("", TravauxView.as_view(), name="travaux"),
    path("<int:pk>/", TravailView.as_view(), name="travail"),
]
