"""Types of columns that Django does not have."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class MasqueField(models.Field):
    """A PostgreSQL `bit varying`: one bit a rank, as many as needed; in Python a text of 0 and 1, rank 0 first.

    An integer would stop at 63 ranks, and the local schemes have no such bound.
    """

    description = "masque de bits"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "varbit"

    def to_python(self, value: Any) -> str | None:
        if value is None:
            return None
        texte = str(value)
        if texte.strip("01"):
            raise ValidationError("Un masque ne contient que des 0 et des 1.")
        return texte
