from django.conf import settings
from django.db import models


class Territorialise(models.Model):
    """A row of somebody, and of a territory: the columns that rights and row level security read.

    `guichet` is who instructs and pays (« ars », « cpam »…, docs/regles.md): an agent of the CPAM reads its own alone.
    """

    proprietaire = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="titulaire"
    )
    region_code = models.CharField("région", max_length=3)
    departement_code = models.CharField("département", max_length=3)
    guichet = models.CharField("guichet", max_length=14)

    class Meta:
        abstract = True
