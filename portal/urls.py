"""Every address of the portal, app by app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.core.urls")),
    path("", include("zonage.urls")),
    path("aides/", include("aides.urls")),
    path("api/v1/", include("portal.api")),
    path("admin/", admin.site.urls),
]
