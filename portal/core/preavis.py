"""The mail sent thirty days before something goes."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from portal.core.conservation import PREAVIS, list_categories
from portal.core.courriels import build_message_id, build_url, send_courriel
from portal.core.models import Preavis


@transaction.atomic
def send_preavis(identifiant: int) -> bool:
    """False when there is nothing to say any more, or nobody to write to. Raises what sending raises.

    The thirty days begin when it is sent; for an account without address, when it was found out.
    """
    preavis = Preavis.objects.select_for_update(no_key=True).filter(pk=identifiant, envoye_le=None).first()
    if preavis is None:
        return False
    categorie = next((une for une in list_categories() if une.code == preavis.categorie), None)
    if categorie is None:
        return False
    maintenant = timezone.now()
    adresse = get_user_model().objects.values_list("email", flat=True).get(pk=preavis.titulaire_id)
    if adresse:
        contexte = {
            "libelle": categorie.declaree.libelle,
            "effet": categorie.declaree.effet,
            "le": timezone.localdate(maintenant + PREAVIS),
            "lien": build_url("/compte/"),
        }
        send_courriel(adresse, "core/preavis", contexte, message_id=build_message_id("preavis", preavis.pk))
    preavis.envoye_le, preavis.sans_adresse = maintenant, not adresse
    preavis.save(update_fields=["envoye_le", "sans_adresse"])
    return bool(adresse)
