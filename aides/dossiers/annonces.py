"""One message for one act, to the person whose file it is: what happened, what to do, where. Never a name in it."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.urls import reverse

from aides.catalogue import catalogue
from aides.dossiers.etats import Action
from aides.models import ActeDossier
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.outbox import post
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)
TACHE = "aides.courriel_dossier"

PHRASES: dict[str, tuple[str, str]] = {
    Action.DEPOSER: ("Votre demande est déposée", "Gardez ce message : il porte le numéro de votre dossier."),
    Action.DEMANDER_PIECES: (
        "Une correction est demandée",
        "Lisez ce qui est demandé et répondez depuis la page de votre dossier : le délai est suspendu d'ici là.",
    ),
    Action.COMPLETER: ("Votre réponse est enregistrée", "L'instruction reprend. Vous n'avez rien d'autre à faire."),
    Action.DECLARER_RECEVABLE: ("Votre demande est recevable", "Elle va être instruite. Vous n'avez rien à faire."),
    Action.INSTRUIRE: ("Votre demande est en instruction", "Vous n'avez rien à faire pour l'instant."),
    Action.DEMANDER_AVIS: ("Un avis est demandé sur votre dossier", "Vous n'avez rien à faire pour l'instant."),
    Action.RENDRE_AVIS: ("L'avis demandé est rendu", "L'instruction continue."),
    Action.ACCORDER: ("Votre demande est accordée", "La suite, dont la signature, est sur la page de votre dossier."),
    Action.REFUSER: (
        "Une décision est prise sur votre demande",
        "Le motif et les voies de recours sont sur la page de votre dossier.",
    ),
    Action.RETIRER: ("Votre demande est retirée", "Elle ne sera pas instruite. Vous pouvez en déposer une autre."),
    Action.RENDRE_CADUQUE: ("Votre dossier est caduc", "Le motif est sur la page de votre dossier."),
    Action.SIGNER: ("Votre contrat est signé", "Son échéancier est sur la page de votre dossier."),
    Action.DEMARRER: (
        "Votre contrat commence",
        "Ses versements et ses engagements sont sur la page de votre dossier.",
    ),
    Action.SUSPENDRE: ("Votre contrat est suspendu", "Le motif est sur la page de votre dossier."),
    Action.REPRENDRE: ("Votre contrat reprend", "Son échéancier est sur la page de votre dossier."),
    Action.TERMINER: ("Votre contrat est à l'échéance", "La suite est sur la page de votre dossier."),
    Action.NOTIFIER_RESILIATION: (
        "Une résiliation est notifiée",
        "Son motif, sa date et le délai pour répondre sont sur la page de votre dossier.",
    ),
    Action.RESILIER: ("Votre contrat est résilié", "Le motif est sur la page de votre dossier."),
    Action.CONSTATER_REMBOURSEMENT: (
        "Un remboursement est demandé",
        "Le calcul et le montant sont sur la page de votre dossier.",
    ),
    Action.SOLDER: ("Votre dossier est soldé", "Il n'y a plus rien à faire."),
    Action.PAYER: ("Un versement est enregistré", "Son détail est sur la page de votre dossier."),
    Action.AVENANT: ("Un avenant est enregistré", "Ce qu'il change est sur la page de votre dossier."),
}
AUTRE = ("Votre dossier a changé", "Ce qui a changé est sur la page de votre dossier.")


def announce_acte(acte: ActeDossier) -> None:
    """Ask for the message of the applicant's own act (`apply_action` does it for the others). In its transaction."""
    if acte.visible:
        post(TACHE, acte.pk)


def send_annonce(identifiant: int) -> bool:
    """Write it now; the same act always gives the same Message-ID. False: nobody to write to."""
    acte = ActeDossier.objects.select_related("demande__proprietaire").filter(pk=identifiant, visible=True).first()
    adresse = acte.demande.proprietaire.email if acte and acte.demande.proprietaire.is_active else None
    if acte is None or not adresse:
        return False
    demande = acte.demande
    dispositif = catalogue().dispositif(demande.dispositif)
    titre, suite = PHRASES.get(acte.action, AUTRE)
    contexte = {
        "titre": titre,
        "suite": suite,
        "numero": demande.numero or "",
        "dispositif": dispositif.sigle if dispositif else demande.dispositif,
        "le": acte.survenu_le,
        "adresse": build_url(reverse("dossier_detail", args=[demande.pk])),
    }
    try:
        send_courriel(adresse, "aides/dossier", contexte, message_id=build_message_id("dossier", acte.pk))
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return True
