"""Every address of the portal, app by app."""

from django.contrib import admin
from django.urls import include, path

from aides.views.accueil import AccueilView
from portal.core.api.documentation import DocumentationView

urlpatterns = [
    # The addresses most asked for come first: each empty prefix tries all its own patterns before them.
    path("api/v1/", include("portal.api")),
    path("aides/", include("aides.urls")),
    path("", AccueilView.as_view(), name="accueil"),
    path("", include("portal.core.urls")),
    path("", include("zonage.urls")),
    path("", include("aides.urls_communes")),
    path("recus/", include("aides.urls_recus")),
    path("suivi/", include("aides.urls_suivi")),
    path("donnees/", include("aides.urls_donnees")),
    path("compte/", include("portal.accounts.urls")),
    path("praticiens/", include("cpts.urls")),
    path("cpts/", include("cpts.urls_cpts")),
    path("structures/", include("cpts.urls_structures")),
    path("prevention/", include("prevention.urls")),
    path("espace/", include("prevention.urls_espace")),
    path("espace/", include("cpts.urls_espace")),
    path("chiffres/", include("portal.pilotage.urls_chiffres")),
    path("diagnostic/", include("portal.pilotage.urls_diagnostic")),
    path("pilotage/", include("portal.pilotage.urls")),
    path("dossiers/", include("aides.urls_dossiers")),
    path("contrats/", include("aides.urls_contrats")),
    path("courriers/", include("aides.urls_courriers")),
    path("travaux/", include("portal.core.urls_travaux")),
    path("api/", DocumentationView.as_view(urlconf="portal.api"), name="api_documentation"),
    path("admin/exploitation/", include("portal.core.urls_exploitation")),
    path("admin/", admin.site.urls),
]

handler400 = "portal.core.erreurs.bad_request"
handler403 = "portal.core.erreurs.permission_denied"
handler404 = "portal.core.erreurs.page_not_found"
handler500 = "portal.core.erreurs.server_error"
