"""What the antivirus said of each document, and what follows: served, or taken away and told to who handed it in."""

from datetime import timedelta
from itertools import islice
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.core.antivirus import find_menace
from portal.core.courriels import build_message_id, build_url, send_courriel
from portal.core.documents import ANALYSE, ask_analyse, read_octets
from portal.core.models import Document, Envoi, Evenement
from portal.core.models.documents import StatutAnalyse
from portal.core.outbox import emit, post
from portal.core.stockage import DOCUMENTS, QUARANTAINE, list_vieux, quarantine_octets

RETARD = timedelta(minutes=15)
PAR_TOUR = 200
AGE_ORPHELIN = 24 * 3600.0
AGE_QUARANTAINE = 7 * 24 * 3600.0
A_ANALYSER = (StatutAnalyse.EN_ATTENTE, StatutAnalyse.NON_ANALYSE)
OUVERTS = (Envoi.Statut.A_ENVOYER, Envoi.Statut.ENVOYE, Envoi.Statut.QUARANTAINE)
# Deleting what has no row is safe only for who sees every row.
VOIT_TOUT = """
SELECT NOT row_security_active('core_document'::regclass) OR current_setting('maillage.portee', true) = 'systeme'
"""


def find_document(identifiant: str) -> Document | None:
    """The document, if there is still something to look for in it."""
    return Document.objects.filter(pk=identifiant, statut__in=A_ANALYSER).order_by("pk").first()


def analyse(document: Document) -> StatutAnalyse:
    """Ask the antivirus. Raises AntivirusMuet; OctetsAbsents when the bytes are not those that were received."""
    if not settings.MAILLAGE_ANTIVIRUS:
        return StatutAnalyse.NON_ANALYSE
    menace = find_menace(read_octets(document), reglage=settings.MAILLAGE_ANTIVIRUS)
    return StatutAnalyse.INFECTE if menace else StatutAnalyse.SAIN


@transaction.atomic
def record_analyse(document: Document, statut: StatutAnalyse) -> bool:
    """Write the answer once. Infected: it leaves its folder and its depositor is told. False: known already."""
    le = None if statut == StatutAnalyse.NON_ANALYSE else timezone.now()
    ouverts = Document.objects.filter(pk=document.pk, statut__in=A_ANALYSER)
    if not ouverts.update(statut=statut, analyse_le=le):
        return False
    document.statut, document.analyse_le = statut, le
    if statut == StatutAnalyse.INFECTE:
        objet, cle = f"core.document:{document.pk}", document.cle
        Evenement.objects.create(objet=objet, action="fichier_infecte")
        post("core.previent_rejet", str(document.pk), cle=f"rejet:{document.pk}")
        transaction.on_commit(lambda: quarantine_octets(cle))
    emit("core.document", str(document.pk), cle=f"document:{document.pk}")
    return True


def send_rejet(identifiant: str) -> bool:
    """Tell the depositor, without the name of the file. False when there is nobody to write to. Raises EN_PANNE's."""
    document = Document.objects.select_related("depose_par").filter(pk=identifiant).first()
    if document is None or document.depose_par is None or not document.depose_par.email:
        return False
    contexte = {"depose_le": timezone.localtime(document.depose_le), "adresse": build_url("/compte/")}
    message_id = build_message_id("document", "rejet", document.pk.hex)
    try:
        send_courriel(document.depose_par.email, "core/document_rejete", contexte, message_id=message_id)
    except SMTPRecipientsRefused:
        return False
    return True


@transaction.atomic
def ask_missing() -> int:
    """Ask again for what waits without an open intent; once an antivirus is set, for what was never analysed too."""
    statuts = A_ANALYSER if settings.MAILLAGE_ANTIVIRUS else A_ANALYSER[:1]
    ouverts = Envoi.objects.filter(tache=ANALYSE, statut__in=OUVERTS).values_list("cle", flat=True)
    suivis = {cle.removeprefix("document:") for cle in ouverts.order_by("pk")[: 10 * PAR_TOUR]}
    attendus = Document.objects.filter(statut__in=statuts).exclude(pk__in=suivis).order_by("depose_le", "pk")
    demandes = 0
    for document in attendus[:PAR_TOUR]:
        ask_analyse(document)
        demandes += 1
    return demandes


def count_retards() -> int:
    """Analyses asked for more than 15 minutes ago and not done. Read from the intents: nobody's document is read."""
    if not settings.MAILLAGE_ANTIVIRUS:
        return 0
    limite = timezone.now() - RETARD
    return Envoi.objects.filter(tache=ANALYSE, statut__in=OUVERTS, cree_le__lt=limite).count()


def sweep() -> int:
    """Erase the bytes that no row names, a day after, and the quarantine after a week. Returns the files erased."""
    with connection.cursor() as cursor:
        cursor.execute(VOIT_TOUT)
        if not cursor.fetchone()[0]:
            raise PermissionError("the sweep must see every document")
    effaces = 0
    vieux = list_vieux(DOCUMENTS, age=AGE_ORPHELIN)
    while lot := list(islice(vieux, 500)):
        gardes = Document.objects.exclude(statut=StatutAnalyse.INFECTE).filter(cle__in=[cle for cle, _ in lot if cle])
        connus = set(gardes.order_by("pk").values_list("cle", flat=True))
        for cle, chemin in lot:
            if cle not in connus:
                chemin.unlink(missing_ok=True)
                effaces += 1
    for _, chemin in list_vieux(QUARANTAINE, age=AGE_QUARANTAINE):
        chemin.unlink(missing_ok=True)
        effaces += 1
    return effaces
