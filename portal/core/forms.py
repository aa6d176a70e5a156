"""Fields that every app may use."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from portal.core.examen import DocumentRefuse, FichierAccepte, examine

ACCEPTES = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"


class DocumentField(forms.FileField):
    """A PDF, JPEG or PNG. Cleaned, it is a `FichierAccepte`, which `receive_document` keeps without a second look."""

    widget = forms.FileInput(attrs={"class": "fr-upload", "accept": ACCEPTES})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "PDF, JPEG ou PNG, 10 Mo au plus. N'y laissez aucune donnée de patient.")
        super().__init__(**kwargs)

    def to_python(self, data: Any) -> FichierAccepte | None:  # type: ignore[override]
        if data in self.empty_values:
            return None
        if not isinstance(data, UploadedFile):
            raise ValidationError("Aucun fichier n'a été reçu : choisissez-le à nouveau.", code="invalid")
        try:
            return examine(data)
        except DocumentRefuse as refus:
            raise ValidationError(str(refus), code="refuse") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None
