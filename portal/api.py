"""The public API, version 1: one list of routes; each app holds its own endpoints."""

from django.urls import URLPattern, URLResolver, path, re_path

from portal.core.api.documentation import SchemaView
from portal.core.api.vues import AdresseInconnueView

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(urlconf="portal.api"), name="api_schema"),
    re_path(r"", AdresseInconnueView.as_view(), name="api_adresse_inconnue"),
]
