from django.urls import path

from aides.views import courriers

urlpatterns = [path("verifier/", courriers.courrier_verifier, name="courrier_verifier")]
