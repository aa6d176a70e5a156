from django.urls import path

from aides.views import dispositifs, pdf, resultat, verifier

urlpatterns = [
    path("verifier/", verifier.verifier, name="verifier"),
    path("verifier/resultat/", resultat.resultat, name="resultat"),
    path("verifier/pdf/", pdf.resultat_pdf, name="resultat_pdf"),
    path("dispositifs/", dispositifs.dispositif_list, name="dispositif_list"),
    path("dispositifs/<slug:code>/", dispositifs.dispositif_detail, name="dispositif_detail"),
]
