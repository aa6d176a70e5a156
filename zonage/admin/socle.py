"""What every page of an arrêté asks first: who, which one, may they write."""

from collections.abc import Callable

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from portal.accounts.models import User
from zonage.models import Arrete
from zonage.services.publication import list_visibles, may_write


class SocleArrete(admin.ModelAdmin):
    """The common part of the pages."""

    show: Callable[..., HttpResponse]
    """The page of the arrêté itself, given by the class that brings the pages together: `ArreteAdmin`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Arrete]:
        return list_visibles(read_agent(request)).order_by("-pk")

    def find(self, request: HttpRequest, cle: int) -> Arrete:
        """Missing and out of sight answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("region"), pk=cle)

    def find_ecrit(self, request: HttpRequest, cle: int) -> Arrete:
        arrete = self.find(request, cle)
        if not may_write(read_agent(request), arrete.region_id):
            raise PermissionDenied
        return arrete

    def go(self, arrete: Arrete, page: str = "change") -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:zonage_arrete_{page}", args=[arrete.pk]))


def read_agent(request: HttpRequest) -> User:
    """Who acts: `admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
