"""The follow-ups in the administration: how many, in which state. Never an address, an answer, nor a text written."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from aides.models import CauseChangement, MessageSuivi, Suivi
from zonage.admin import LectureSeule


@admin.register(Suivi)
class SuiviAdmin(LectureSeule):
    fields = ["etat", "profession", "cree_le", "confirme_le", "arrete_le", "evalue_le"]
    list_display = ["pk", "etat", "profession", "cree_le", "confirme_le", "arrete_le"]
    list_filter = ["etat", "profession"]
    list_per_page = 50


@admin.register(CauseChangement)
class CauseChangementAdmin(LectureSeule):
    """What happened, how many rights it changed, how many messages it called for."""

    fields = ["nature", "libelle", "effet_le", "annoncee_le", "retiree_par"]
    list_display = ["pk", "nature", "libelle", "effet_le", "annoncee_le", "droits", "personnes"]
    list_filter = ["nature"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[CauseChangement]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                nombre_droits=Count("changements", distinct=True),
                nombre_personnes=Count("messages__destinataire", distinct=True),
            )
        )

    @admin.display(description="droits changés")
    def droits(self, cause: CauseChangement) -> int:
        return int(getattr(cause, "nombre_droits", 0))

    @admin.display(description="personnes à prévenir")
    def personnes(self, cause: CauseChangement) -> int:
        return int(getattr(cause, "nombre_personnes", 0))


@admin.register(MessageSuivi)
class MessageSuiviAdmin(LectureSeule):
    fields = ["cause", "genre", "statut", "prevu_le", "cree_le", "envoye_le"]
    list_display = ["pk", "cause", "genre", "statut", "prevu_le", "envoye_le"]
    list_filter = ["genre", "statut"]
    list_select_related = ["cause"]
    list_per_page = 50
