"""What the ARS answered, told once to each coordinator of the CPTS; the mails hold no name, no reason, no number.

The act posts `cpts.reponse` in its transaction; that task posts one mail a coordinator; each mail leaves with its line
in the journal, so that doing a task again sends nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import TypeVar

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from cpts.enums import ActionCpts
from cpts.models import ActeCpts, Cpts, Perimetre, Structure
from cpts.regles.reponses import ETAPES, PERIMETRES, STRUCTURE, Reponse
from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.models import Mandat, User
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.models import Evenement
from portal.core.outbox import post
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)
COORDINATEURS_MAX = 30
TACHE = "cpts.reponse"
TACHE_COURRIEL = "cpts.courriel_reponse"
ANNONCEE = "reponse_annoncee"
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Annonce:
    """`arguments`: what the address of the page takes after the code of the CPTS. `auteur`: who answered."""

    cpts: Cpts
    reponse: Reponse
    auteur: int | None
    arguments: tuple[int, ...] = ()


def announce(genre: str, cle: int) -> None:
    """Ask that the coordinators be told of « acte », « perimetre » or « structure » (the event that attached it)."""
    post(TACHE, genre, cle)


def read_annonce(genre: str, cle: int) -> Annonce | None:
    """What there is to tell, its row held until the end of the transaction. None: nothing, or no more."""
    if genre == "acte":
        acte = _hold(ActeCpts, cle)
        reponse = ETAPES.get(ActionCpts(acte.action)) if acte else None
        return Annonce(acte.cpts, reponse, acte.auteur_id) if acte and reponse else None
    if genre == "perimetre":
        perimetre = _hold(Perimetre, cle)
        reponse = PERIMETRES.get(perimetre.statut) if perimetre and perimetre.decide_le else None
        return (
            Annonce(perimetre.cpts, reponse, perimetre.decide_par_id, (perimetre.pk,))
            if perimetre and reponse
            else None
        )
    evenement = Evenement.objects.filter(pk=cle, objet__startswith="cpts.structure:").order_by("pk").first()
    structure = _hold(Structure, int(evenement.objet.partition(":")[2])) if evenement else None
    if evenement is None or structure is None or structure.cpts is None:
        return None
    return Annonce(structure.cpts, STRUCTURE, evenement.auteur_id)


def _hold(modele: type[M], cle: int) -> M | None:
    lus = modele._default_manager.select_related("cpts").select_for_update(no_key=True, of=("self",))
    return lus.filter(pk=cle).order_by("pk").first()


def list_coordinateurs(code: str) -> list[User]:
    """Those who coordinate it today and have an address."""
    mandats = Mandat.objects.en_vigueur(au=timezone.localdate()).filter(
        role=Role.COORDINATEUR_CPTS, perimetre=TypePerimetre.CPTS, perimetre_code=code
    )
    lus = User.objects.filter(pk__in=mandats.values("user"), is_active=True).exclude(email=None).exclude(email="")
    return list(lus.order_by("pk")[:COORDINATEURS_MAX])


def post_courriels(genre: str, cle: int) -> int:
    """One mail asked for each coordinator but who answered. Returns how many."""
    annonce = read_annonce(genre, cle)
    if annonce is None:
        return 0
    voulus = [lu for lu in list_coordinateurs(annonce.cpts.pk) if lu.pk != annonce.auteur]
    for coordinateur in voulus:
        post(TACHE_COURRIEL, genre, cle, coordinateur.pk)
    return len(voulus)


def send_reponse(genre: str, cle: int, coordinateur: int) -> bool:
    """Write to one of them. False: told already, or no longer one of them. Raises Reporte when the server is away."""
    annonce = read_annonce(genre, cle)
    if annonce is None:
        return False
    objet = f"cpts.cpts:{annonce.cpts.pk}"
    details = {"reponse": f"{genre}:{cle}", "a": coordinateur}
    dites = Evenement.objects.filter(objet=objet, action=ANNONCEE, details__contains=details)
    trouve = next((lu for lu in list_coordinateurs(annonce.cpts.pk) if lu.pk == coordinateur), None)
    if trouve is None or not trouve.email or dites.exists():
        return False
    lien = reverse(annonce.reponse.page, args=[annonce.cpts.pk, *annonce.arguments])
    contexte = {"cpts": annonce.cpts, "reponse": annonce.reponse, "lien": build_url(lien)}
    message_id = build_message_id("cpts-reponse", genre, cle, coordinateur)
    try:
        send_courriel(trouve.email, "cpts/reponse", contexte, message_id=message_id)
    except SMTPRecipientsRefused:
        Evenement.objects.create(objet=objet, action=ANNONCEE, details={**details, "refusee": True})
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    Evenement.objects.create(objet=objet, action=ANNONCEE, details=details)
    return True
