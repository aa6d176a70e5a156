"""An answer that somebody kept: a row that is never written again, chained to the one before it."""

from django.db import models
from django.db.models import Q


class Recu(models.Model):
    """`empreinte` is the SHA-256 of every other field, the predecessor's digest included (aides/recus.py).

    A trigger refuses UPDATE and DELETE. `rang` has no gap; `precedente` is unique: the chain cannot fork.
    `cle` tells one sending of the form from another, so that sending twice keeps once.
    """

    rang = models.PositiveBigIntegerField("rang dans la chaîne", primary_key=True)
    code = models.CharField("code", max_length=20, unique=True, help_text="Secret de qui l'a reçu.")
    cle = models.CharField("clé d'envoi", max_length=64, unique=True)
    garde_le = models.DateTimeField("gardé le", help_text="L'instant où la réponse a été lue : ce qui était connu.")
    contenu = models.TextField("contenu", help_text="JSON canonique : les octets mêmes que l'empreinte couvre.")
    precedente = models.CharField("empreinte du reçu précédent", max_length=64, unique=True)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True)

    class Meta:
        verbose_name = "reçu"
        verbose_name_plural = "reçus"
        ordering = ["rang"]
        constraints = [
            models.CheckConstraint(name="recu_rang_positif", condition=Q(rang__gte=1)),
            models.CheckConstraint(name="recu_code_bien_forme", condition=Q(code__regex=r"^[0-9A-HJKMNP-TV-Z]{20}$")),
            models.CheckConstraint(
                name="recu_empreintes_bien_formees",
                condition=Q(precedente__regex=r"^[0-9a-f]{64}$") & Q(empreinte__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"Reçu n° {self.rang}"
