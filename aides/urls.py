from django.urls import include, path

from aides.views import dispositifs, pdf, resultat, verifier

urlpatterns = [
    path("verifier/", verifier.verifier, name="verifier"),
    path("verifier/resultat/", resultat.resultat, name="resultat"),
    path("verifier/pdf/", pdf.resultat_pdf, name="resultat_pdf"),
    path("dispositifs/", dispositifs.dispositif_list, name="dispositif_list"),
    path("ou-obtenir/", include("aides.urls_ou_obtenir")),
    path("plan/", include("aides.urls_plan")),
    path("couverture/", include("aides.urls_couverture")),
    path("dispositifs/<slug:code>/", dispositifs.dispositif_detail, name="dispositif_detail"),
]
