"""Receipts in the administration: that they exist and follow each other, never their code nor what they hold."""

from django.contrib import admin

from aides.models import Recu
from zonage.admin import LectureSeule


@admin.register(Recu)
class RecuAdmin(LectureSeule):
    """The code is the secret of who holds the receipt, and the answers are read with it."""

    fields = ["rang", "garde_le", "empreinte", "precedente"]
    list_display = ["rang", "garde_le", "empreinte"]
    ordering = ["-rang"]
    list_per_page = 50
    search_fields = ["=empreinte"]
