from django.urls import path

from aides.views import couverture

urlpatterns = [
    path("", couverture.couverture_page, name="couverture"),
    path("couverture.csv", couverture.couverture_csv, name="couverture_csv"),
]
