"""Whether a letter is the portal's, still holds, and has not one byte changed. Nothing of what it says is told."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from aides.codes_recus import clean_code, format_code
from aides.models import Courrier
from portal.core.ceinture import as_systeme


class CourrierInconnu(LookupError):
    """No letter has this code. The message is French."""


@dataclass(frozen=True, slots=True)
class CourrierVu:
    """What anybody who holds the code may read. `pret` False: its file is not made yet."""

    code: str
    type: str
    numero: str
    le: date
    annule_le: date | None
    remplace_par: str
    empreinte: str

    @property
    def pret(self) -> bool:
        return bool(self.empreinte)

    def matches(self, empreinte: str) -> bool:
        return self.pret and hmac.compare_digest(empreinte, self.empreinte)


def find_courrier(texte: str) -> CourrierVu:
    """By its code, however it was typed. Raises CodeInvalide and CourrierInconnu.

    The code proves itself: the row is read whoever asks, and nothing personal of it leaves this function.
    """
    code = clean_code(texte, de="courrier")
    with as_systeme():
        lu = Courrier.objects.select_related("remplace_par").defer("donnees").filter(code=code).first()
    if lu is None:
        raise CourrierInconnu(
            "Ce code est bien formé, mais aucun courrier de ce portail ne le porte. Vérifiez que le courrier vient "
            "bien de ce portail."
        )
    return CourrierVu(
        code=format_code(lu.code),
        type=lu.get_type_display(),
        numero=lu.numero,
        le=timezone.localdate(lu.cree_le),
        annule_le=timezone.localdate(lu.annule_le) if lu.annule_le else None,
        remplace_par=lu.remplace_par.numero if lu.remplace_par else "",
        empreinte=lu.empreinte,
    )


def digest_fichier(fichier: Any) -> str:
    """The SHA-256 of an uploaded file, read by pieces."""
    somme = hashlib.sha256()
    for morceau in fichier.chunks():
        somme.update(morceau)
    return somme.hexdigest()
