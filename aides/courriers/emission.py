"""Letters issued, made into a PDF, cancelled, replaced.

A letter is decided in the transaction of its act: number, code and whole text. Its PDF comes afterwards, by a task
that tries again: when it fails, the decision stays and the letter is « à générer » (docs/adr/0150).
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from aides.codes_recus import format_code, new_code
from aides.courriers.contenus import build_contenu
from aides.courriers.pdf import render_courrier_pdf
from aides.courriers.textes import CODES
from aides.dossiers.droits import list_acteurs
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, DroitRefuse
from aides.dossiers.etats import Acteur, Statut
from aides.models import ActeDossier, Courrier, Demande, TypeCourrier
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.courriels import build_url
from portal.core.documents import store_document
from portal.core.models import Evenement
from portal.core.outbox import post

TACHE = "aides.courrier_pdf"
MOTIF_MAX = 300
ATTESTABLES = frozenset({Statut.SIGNEE, Statut.EN_COURS, Statut.SUSPENDUE})
"""The contract holds: it can be attested."""

# One row lock by région, year and type, held until the end of the act: an act that fails gives its rank back.
RANG = """
INSERT INTO aides_compteurcourrier (region_code, annee, type, dernier)
VALUES (%(region)s, %(annee)s, %(type)s, 1)
ON CONFLICT (region_code, annee, type) DO UPDATE SET dernier = aides_compteurcourrier.dernier + 1
RETURNING dernier
"""


class CourrierChange(ActeRefuse):
    """Somebody cancelled or replaced this letter meanwhile."""

    statut_http = 409


@transaction.atomic
def issue_courrier(
    demande: Demande,
    type_courrier: str,
    *,
    par: User | None,
    donnees: Mapping[str, Any] | None = None,
    acte: ActeDossier | None = None,
) -> Courrier:
    """Number a letter, freeze its text, ask for its PDF. Inside the transaction of the act that it tells of.

    `donnees`: what the act knows and the file does not keep (`aides.courriers.contenus`). `par` None: the portal.
    """
    maintenant = timezone.now()
    le = timezone.localdate(maintenant)
    numero = next_numero(demande.region_code, le.year, type_courrier)
    courrier = Courrier.objects.create(
        demande_id=demande.pk,
        acte=acte,
        type=type_courrier,
        numero=numero,
        code=new_code(),
        donnees=build_contenu(demande, type_courrier, numero=numero, le=le, donnees=donnees),
        cree_le=maintenant,
        cree_par=par,
    )
    _log(courrier, "emettre", par, numero=numero, type=str(type_courrier))
    ask_pdf(courrier)
    return courrier


def next_numero(region: str, annee: int, type_courrier: str) -> str:
    """« 27-2026-DEC-000001 », inside the transaction of the act: ranks have no hole."""
    with connection.cursor() as cursor:
        cursor.execute(RANG, {"region": region, "annee": annee, "type": str(type_courrier)})
        (rang,) = cursor.fetchone()
    return f"{region}-{annee}-{CODES[type_courrier]}-{rang:06d}"


def ask_pdf(courrier: Courrier) -> None:
    post(TACHE, courrier.pk, cle=f"courrier:{courrier.pk}")


@transaction.atomic
def make_pdf(identifiant: int) -> bool:
    """Write the PDF of a letter and keep its digest. Done already, or erased since: False."""
    attente = Courrier.objects.select_for_update(no_key=True, of=("self",)).select_related("demande")
    courrier = attente.filter(pk=identifiant).first()
    if courrier is None or courrier.empreinte:
        return False
    demande = courrier.demande
    octets = render_courrier_pdf(
        courrier.donnees,
        code=courrier.code,
        adresse=build_adresse(courrier.code),
        le=timezone.localtime(courrier.cree_le),
    )
    document = store_document(
        octets,
        nom=f"{courrier.numero}.pdf",
        type_mime="application/pdf",
        proprietaire=demande.proprietaire,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
    )
    courrier.document, courrier.empreinte = document, document.empreinte
    courrier.save(update_fields=["document", "empreinte"])
    return True


def build_adresse(code: str) -> str:
    """Where anybody checks a letter."""
    return build_url(f"{reverse('courrier_verifier')}?{urlencode({'code': format_code(code)})}")


@transaction.atomic
def cancel_courrier(courrier: Courrier, *, par: User, motif: str) -> None:
    """It was sent: it is not erased, its verification says that it is cancelled. The decision does not change."""
    _end(courrier, par, motif)
    _log(courrier, "annuler", par)


@transaction.atomic
def replace_courrier(courrier: Courrier, *, par: User, motif: str) -> Courrier:
    """The same letter again, with the texts and the facts of today; the first one says by which it was replaced."""
    ancien = _end(courrier, par, motif)
    texte = ancien.donnees.get("acte") or {}
    nouveau = issue_courrier(ancien.demande, ancien.type, par=par, donnees=texte, acte=ancien.acte)
    Courrier.objects.filter(pk=ancien.pk).update(remplace_par=nouveau)
    _log(ancien, "remplacer", par, par_numero=nouveau.numero)
    courrier.refresh_from_db()
    return nouveau


@transaction.atomic
def retry_courrier(courrier: Courrier, *, par: User) -> None:
    """Ask again for a PDF that is still missing."""
    check_agent(courrier.demande, par)
    if courrier.empreinte:
        raise CourrierChange("Le fichier de ce courrier est déjà prêt, ou a été effacé à la fin de sa conservation.")
    _log(courrier, "relancer", par)
    ask_pdf(courrier)


@transaction.atomic
def issue_attestation(demande: Demande, *, par: User) -> Courrier:
    """That a contract runs, on the day it is asked."""
    check_agent(demande, par)
    if demande.statut not in ATTESTABLES:
        raise ActeInvalide("Une attestation se délivre pour un contrat signé et qui n'a pas pris fin.")
    return issue_courrier(demande, TypeCourrier.ATTESTATION, par=par)


def check_agent(demande: Demande, par: User) -> None:
    """Who instructs the file, and is not the one who asks."""
    if Acteur.INSTRUCTEUR not in list_acteurs(demande, read_portee(par)):
        raise DroitRefuse("Vous n'avez pas ce droit sur les courriers de ce dossier.")


def _end(courrier: Courrier, par: User, motif: str) -> Courrier:
    check_agent(courrier.demande, par)
    if not motif.strip():
        raise ActeInvalide("Écrivez pourquoi ce courrier est annulé.", {"motif": "Ce champ est obligatoire."})
    verrou = Courrier.objects.select_for_update(no_key=True, of=("self",)).select_related("demande", "acte")
    tenu = verrou.get(pk=courrier.pk)
    if tenu.annule_le is not None:
        raise CourrierChange("Ce courrier est déjà annulé : rouvrez la page pour lire par qui et pourquoi.")
    tenu.annule_le, tenu.annule_par = timezone.now(), par
    tenu.motif_annulation = motif.strip()[:MOTIF_MAX]
    tenu.save(update_fields=["annule_le", "annule_par", "motif_annulation"])
    courrier.refresh_from_db()
    return tenu


def _log(courrier: Courrier, action: str, par: User | None, **details: str) -> None:
    Evenement.objects.create(
        objet=f"aides.courrier:{courrier.pk}",
        action=action,
        auteur=par,
        details={"demande": str(courrier.demande_id), **details},
    )
