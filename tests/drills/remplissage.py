"""Before the restore drill, inside Django: what the demonstration does not have."""

import hashlib

from django.utils import timezone

from portal.core.ceinture import as_systeme
from portal.core.documents import store_document
from portal.core.models import Evenement
from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import compute_jour


def fill(documents: int) -> None:
    """Documents whose bytes differ, one event each, and the measures of today."""
    with as_systeme():
        for rang in range(documents):
            octets = b"%PDF-1.7 " + hashlib.sha256(str(rang).encode()).digest() * (1 + rang % 2000)
            store_document(
                octets, nom=f"essai-{rang}.pdf", type_mime="application/pdf", region_code="27", departement_code="71",
                guichet="ars",
            )  # fmt: skip
            Evenement.objects.create(objet=f"core.essai:{rang}", action="essai", details={"rang": rang})
        compute_jour(timezone.localdate(), cause=Cause.NUIT)
