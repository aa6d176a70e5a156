"""Lists over hundreds of thousands of rows: never counted whole."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import capfirst

COMPTE_MAX = 5_000


class PaginateurBorne(Paginator):
    """Counts up to `COMPTE_MAX` rows and stops: what is beyond is found by searching, not by turning pages."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        lignes: Any = self.object_list
        return int(lignes.order_by()[:COMPTE_MAX].count())


class LectureSeule(admin.ModelAdmin):
    """Rows that only an importer writes."""

    list_per_page = 50
    show_full_result_count = False
    paginator = PaginateurBorne

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """What is listed, rather than « Sélectionnez l'objet … à afficher »."""
        titre = {"title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, titre | (extra_context or {}))

    def changeform_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        titre = {"title": capfirst(str(self.opts.verbose_name))}
        return super().changeform_view(request, object_id, form_url, titre | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
