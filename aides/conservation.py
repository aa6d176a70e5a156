"""How long files are kept, and what erasing one takes away: its words, its answers, its documents (docs/adr/0161)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from aides.dossiers.etats import FINIS, Statut
from aides.models import (
    Agenda,
    Anomalie,
    Avenant,
    Contrat,
    Courrier,
    Demande,
    Destinataire,
    Echeance,
    LigneCampagne,
    PieceDossier,
    Rappel,
    Suivi,
)
from aides.suivi.depot import stop_destinataire
from aides.suivi.jetons import digest_adresse
from portal.accounts import conservation as comptes_du_portail
from portal.accounts.models import User
from portal.core.conservation import Categorie, Comptes, forget_traces, read_duree
from portal.core.documents import erase_document
from portal.core.effacements import Retenue, list_effaceurs
from portal.core.models import Document, GelConservation

EFFACEE = '{"efface":true}'
"""The proof of a file that was emptied (migration 0015)."""
SANS_PDF = "efface"
"""A letter without document whose digest is set was erased: its PDF is not to be made again."""
SANS_SUITE = [Statut.REFUSEE, Statut.RETIREE, Statut.CADUQUE]
LOT = 10
"""Files of one transaction: their acts, lines, documents and letters stay under 500 rows."""


def find_brouillons(limite: datetime) -> QuerySet[Demande]:
    return Demande.objects.filter(statut=Statut.BROUILLON, modifiee_le__lt=limite)


def find_sans_suite(limite: datetime) -> QuerySet[Demande]:
    return Demande.objects.filter(statut__in=SANS_SUITE, modifiee_le__lt=limite).exclude(preuve=EFFACEE)


def find_soldes(limite: datetime) -> QuerySet[Demande]:
    return Demande.objects.filter(statut=Statut.SOLDEE, modifiee_le__lt=limite).exclude(preuve=EFFACEE)


def find_comptes(limite: datetime) -> QuerySet[User]:
    """An account whose file is neither a draft nor emptied stays: its retention is the file's."""
    vivantes = Demande.objects.filter(proprietaire=OuterRef("pk")).exclude(preuve=EFFACEE)
    gardees = vivantes.exclude(statut=Statut.BROUILLON)
    return comptes_du_portail.find_inactifs(limite).filter(~Exists(gardees))


def purge_brouillons(cles: Sequence[Any]) -> Comptes:
    """A draft is nobody's act: the row goes."""
    comptes = _erase_autour(cles)
    Anomalie.objects.filter(demande__in=list(cles)).delete()
    comptes["aides.demande"] += Demande.objects.filter(pk__in=list(cles)).delete()[0]
    return comptes


def purge_dossiers(cles: Sequence[Any]) -> Comptes:
    """Everything that a finished file says of a person; its row, its dates and its amounts stay."""
    comptes = _erase_autour(cles)
    for cle in cles:
        with connection.cursor() as cursor:
            cursor.execute("SELECT aides_efface_dossier(%s)", [cle])
            comptes["aides.actedossier"] += cursor.fetchone()[0]
        comptes["aides.demande"] += 1
    return comptes


def purge_comptes(cles: Sequence[Any]) -> Comptes:
    comptes: Comptes = Counter()
    for cle in cles:
        for effaceur in list_effaceurs():
            comptes += effaceur.erase(cle, garder=False)
    return comptes


class EffaceurDossiers:
    """Files under way forbid it; paid contracts are held back until their duration ends."""

    def list_retenues(self, user_id: int) -> list[Retenue]:
        retenues = []
        ouvertes = Demande.objects.filter(proprietaire_id=user_id).exclude(statut__in=[*FINIS, Statut.BROUILLON])
        if nombre := ouvertes.count():
            termes = Contrat.objects.filter(demande__in=ouvertes).values_list("periode", flat=True)
            fins = [periode.upper for periode in termes if periode.upper]
            raison = "un dossier est en cours : il doit être retiré, ou son contrat soldé, d'abord"
            retenues.append(Retenue(raison, nombre, max(fins, default=None), bloque=True))
        if gelees := len(_find_gelees(user_id)):
            retenues.append(Retenue("un dossier est gelé (litige)", gelees))
        payees = list(_find_payees(user_id).values_list("modifiee_le", flat=True))
        if payees:
            duree = read_duree("contrats_termines")
            fin = timezone.localdate(max(payees) + duree) if duree else None
            raison = "un contrat payé se garde, avec le nom de son titulaire, tant que court sa durée de conservation"
            retenues.append(Retenue(raison, len(payees), fin))
        return retenues

    def erase(self, user_id: int, *, garder: bool) -> Comptes:
        siennes = Demande.objects.filter(proprietaire_id=user_id).order_by("pk")
        gardees = [*_find_gelees(user_id), *_find_payees(user_id).values_list("pk", flat=True)]
        libres = siennes.exclude(pk__in=gardees).exclude(preuve=EFFACEE)
        brouillons = list(libres.filter(statut=Statut.BROUILLON).values_list("pk", flat=True))
        finies = list(libres.filter(statut__in=FINIS).values_list("pk", flat=True))
        comptes = purge_brouillons(brouillons) + purge_dossiers(finies)
        comptes += forget_traces("aides.demande", [*brouillons, *finies])
        comptes["aides.agenda"] += Agenda.objects.filter(user_id=user_id).delete()[0]
        comptes["aides.rappel"] += Rappel.objects.filter(proprietaire_id=user_id).delete()[0]
        comptes += _erase_suivis(User.objects.get(pk=user_id).email)
        return +comptes


def _find_payees(user_id: int) -> QuerySet[Demande]:
    """Contracts closed, with money paid, whose duration is not over (or that nobody fixed)."""
    duree = read_duree("contrats_termines")
    paiements = Echeance.objects.filter(contrat__demande=OuterRef("pk"), statut="payee")
    soldees = Demande.objects.filter(Exists(paiements), proprietaire_id=user_id, statut=Statut.SOLDEE)
    recentes = Q(modifiee_le__gte=timezone.now() - duree) if duree else Q()
    return soldees.filter(recentes).exclude(preuve=EFFACEE)


def _find_gelees(user_id: int) -> list[Any]:
    objets = GelConservation.objects.filter(leve_le=None, objet__startswith="aides.demande:")
    cles = [objet.partition(":")[2] for objet in objets.values_list("objet", flat=True)]
    return list(Demande.objects.filter(proprietaire_id=user_id, pk__in=cles).values_list("pk", flat=True))


def _erase_autour(cles: Iterable[Any]) -> Comptes:
    """What hangs from files: documents, letters, remarks, answers kept by the contract, findings."""
    dossiers, comptes = list(cles), Counter[str]()
    pieces = PieceDossier.objects.filter(demande__in=dossiers)
    courriers = Courrier.objects.filter(demande__in=dossiers)
    documents = [*pieces.values_list("document_id", flat=True)]
    documents += [cle for cle in courriers.values_list("document_id", flat=True) if cle]
    echeances = Echeance.objects.filter(contrat__demande__in=dossiers)
    contrats = Contrat.objects.filter(demande__in=dossiers)
    avenants = Avenant.objects.filter(contrat__demande__in=dossiers)
    lignes = LigneCampagne.objects.filter(echeance__contrat__demande__in=dossiers)
    touchees: list[QuerySet[Any]] = [pieces, courriers, echeances, contrats, avenants, lignes]
    traces = {lus.model._meta.label_lower: list(lus.values_list("pk", flat=True)) for lus in touchees}
    traces["core.document"] = documents
    comptes["aides.lignecampagne"] = lignes.exclude(motif="").update(motif="Texte effacé.")
    comptes["aides.echeance"] = echeances.update(piece=None, remarque="", a_instruire="")
    comptes["aides.contrat"] = contrats.update(faits={}, notes=[])
    comptes["aides.avenant"] = avenants.update(objet="Texte effacé.", changements={})
    courriers.exclude(motif_annulation="").update(motif_annulation="Texte effacé.")
    courriers.filter(empreinte="").update(empreinte=SANS_PDF)
    comptes["aides.courrier"] = courriers.update(donnees={}, document=None)
    comptes["aides.piecedossier"] = pieces.delete()[0]
    comptes["aides.anomalie"] = Anomalie.objects.filter(demande__in=dossiers).delete()[0]
    for document in Document.objects.filter(pk__in=documents).order_by("pk"):
        erase_document(document)
        comptes["core.document"] += 1
    for modele, cles_du_modele in traces.items():
        comptes += forget_traces(modele, cles_du_modele)
    return +comptes


def _erase_suivis(adresse: str | None) -> Comptes:
    """What the same mailbox follows without an account."""
    if not adresse:
        return Counter()
    destinataire = Destinataire.objects.filter(empreinte=digest_adresse(adresse)).first()
    if destinataire is None:
        return Counter()
    stop_destinataire(destinataire)
    return Counter({"aides.suivi": Suivi.objects.filter(destinataire=destinataire).count(), "aides.destinataire": 1})


CATEGORIES = (
    Categorie(
        "brouillons",
        "aides.demande",
        "modifiee_le",
        find_brouillons,
        purge_brouillons,
        titulaire="proprietaire",
        lot=LOT,
    ),
    Categorie("dossiers_sans_suite", "aides.demande", "modifiee_le", find_sans_suite, purge_dossiers, lot=LOT),
    Categorie("contrats_termines", "aides.demande", "modifiee_le", find_soldes, purge_dossiers, lot=LOT),
    Categorie("comptes_inactifs", "accounts.user", "depart", find_comptes, purge_comptes, titulaire="pk", lot=10),
)
