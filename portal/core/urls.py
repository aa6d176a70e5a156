from django.urls import path

from portal.core import views

urlpatterns = [
    path("sante/", views.sante, name="sante"),
]
