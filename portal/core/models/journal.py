"""The seal of the journal: each act chained to the one before, in the transaction of the act."""

from django.db import models


class Scelle(models.Model):
    """`empreinte` = SHA-256 of the predecessor's and of the whole event. Written by a trigger, never by the portal."""

    rang = models.BigIntegerField("rang", primary_key=True)
    evenement = models.OneToOneField("core.Evenement", on_delete=models.PROTECT, related_name="scelle")
    precedente = models.CharField("empreinte précédente", max_length=64, unique=True)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True)

    class Meta:
        verbose_name = "scellé"
        verbose_name_plural = "scellés"
        ordering = ["rang"]

    def __str__(self) -> str:
        return f"Scellé {self.rang}"
