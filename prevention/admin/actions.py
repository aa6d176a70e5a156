"""The actions of the CPTS and of the structures, to read; they are written in the coordinators' space."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from prevention.models import ActionPrevention
from zonage.admin import LectureSeule


@admin.register(ActionPrevention)
class ActionPreventionAdmin(LectureSeule):
    list_display = ["jour", "titre", "cpts", "structure", "departement_code", "statut", "participants"]
    list_display_links = ["jour", "titre"]
    list_filter = ["statut", "theme", "publique"]
    list_select_related = ["cpts", "structure"]
    search_fields = ["titre", "=cpts__code"]
    date_hierarchy = None
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionPrevention]:
        return ActionPrevention.objects.for_user(request.user).order_by("-jour", "-pk")
