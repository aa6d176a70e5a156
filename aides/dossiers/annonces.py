"""Tell the applicant that the file moved: the state and where to read, never what was written in it."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from aides.models import ActeDossier
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)


def send_annonce(acte_id: int) -> bool:
    """One message an act, the same when it is sent again. False when there is nobody to write to."""
    acte = ActeDossier.objects.select_related("demande__proprietaire").filter(pk=acte_id, visible=True).first()
    adresse = acte.demande.proprietaire.email if acte and acte.demande.proprietaire.is_active else ""
    if acte is None or not adresse:
        return False
    contexte = {
        "demande": acte.demande,
        "acte": acte,
        "etat": acte.get_vers_statut_display(),
        "adresse": build_url(f"/dossiers/{acte.demande_id}/"),
    }
    try:
        send_courriel(adresse, "aides/dossier", contexte, message_id=build_message_id("dossier", acte.pk))
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return True
