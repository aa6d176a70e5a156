"""Files in the administration: their list, and the page on which one is instructed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from aides.models import Demande
from portal.accounts.portee import read_portee
from zonage.admin import LectureSeule


@admin.register(Demande)
class DemandeAdmin(LectureSeule):
    list_display = ["numero", "dispositif", "commune", "statut", "instructeur", "a_traiter_le", "deposee_le"]
    list_filter = ["statut", "guichet"]
    list_select_related = ["commune", "instructeur"]
    search_fields = ["=numero"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Demande]:
        return Demande.objects.for_portee(read_portee(request.user)).order_by("-deposee_le", "id")
