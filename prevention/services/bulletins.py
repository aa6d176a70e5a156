"""A bulletin: a draft, then published in one act, which asks for one mail a person; nothing leaves twice.

The act posts `prevention.bulletin` in its transaction; that task posts one mail a person, by number; each mail leaves
with its line in the journal. Whoever stopped meanwhile gets nothing.
"""

from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from cpts.droits import may_edit
from cpts.enums import StatutRattachement
from cpts.models import Cpts, Membre, Rattachement
from cpts.services.missions_refus import refuse_nir
from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.models import Mandat, User
from portal.core.ceinture import as_systeme
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.models import Evenement
from portal.core.outbox import post
from portal.core.taches import Reporte
from prevention.enums import NiveauTerritoire, StatutBulletin, StatutCampagne
from prevention.lecture import Taux, list_cibles, read_taux
from prevention.models import Bulletin, Campagne, ChoixBulletin
from prevention.services.erreurs import (
    CHANGE,
    ActeInvalide,
    DroitRefuse,
    TransitionImpossible,
    VersionPerimee,
    explained,
)

ATTENTE_PANNE = timedelta(seconds=60)
DESTINATAIRES_MAX = 2_000
CHIFFRES_MAX = 6
TACHE, TACHE_COURRIEL = "prevention.bulletin", "prevention.courriel_bulletin"
ENVOI = "bulletin_envoye"
SEL = "prevention.bulletin.arret"


# --- writing


def save_brouillon(bulletin: Bulletin, *, par: Any, version: int) -> Bulletin:
    """A new draft, or one that changes. Raises ActeRefuse."""
    _check(bulletin, par)
    refuse_nir(objet=bulletin.objet, texte=bulletin.texte)
    if bulletin.campagne.statut == StatutCampagne.BROUILLON:
        raise ActeInvalide("Cette campagne n'est pas ouverte.", {"campagne": "Choisissez une campagne ouverte."})
    with explained(), transaction.atomic():
        if bulletin.pk is None:
            bulletin.cree_par = par
            bulletin.save(force_insert=True)
        else:
            tenu = Bulletin.objects.filter(pk=bulletin.pk, version=version, statut=StatutBulletin.BROUILLON)
            champs = {nom: getattr(bulletin, nom) for nom in ("campagne", "objet", "texte")}
            if not tenu.update(version=F("version") + 1, **champs):
                raise VersionPerimee(CHANGE)
        _log(bulletin, "bulletin_ecrit", par)
    return bulletin


def publish_bulletin(bulletin: Bulletin, *, par: Any, version: int, au: date) -> Bulletin:
    """Freeze the figures of the day, archive it, and ask for the mails. Raises ActeRefuse."""
    _check(bulletin, par)
    with explained(), transaction.atomic():
        tenu = Bulletin.objects.filter(pk=bulletin.pk, version=version, statut=StatutBulletin.BROUILLON)
        publie = {
            "chiffres": list_chiffres(bulletin.campagne, bulletin.cpts, au=au),
            "destinataires": len(list_destinataires(bulletin.cpts_id, au=au)),
            "publie_par": par,
            "publie_le": timezone.now(),
        }
        if not tenu.update(version=F("version") + 1, statut=StatutBulletin.PUBLIE, **publie):
            raise VersionPerimee(CHANGE)
        bulletin.refresh_from_db()
        _log(bulletin, "bulletin_publie", par)
        post(TACHE, bulletin.pk)
    return bulletin


def delete_brouillon(bulletin: Bulletin, *, par: Any, version: int) -> None:
    _check(bulletin, par)
    with explained(), transaction.atomic():
        _log(bulletin, "bulletin_supprime", par)
        tenu = Bulletin.objects.filter(pk=bulletin.pk, version=version, statut=StatutBulletin.BROUILLON)
        if not tenu.delete()[0]:
            raise VersionPerimee(CHANGE)


def _check(bulletin: Bulletin, par: Any) -> None:
    if not may_edit(par, bulletin.cpts):
        raise DroitRefuse("Cette CPTS est ouverte en lecture : demandez à un de ses coordinateurs, ou à l'ARS.")
    if bulletin.statut != StatutBulletin.BROUILLON:
        raise TransitionImpossible("Ce bulletin est publié : il ne change plus. Écrivez-en un autre.")


def _log(bulletin: Bulletin, acte: str, par: Any) -> None:
    details = {"cpts": bulletin.cpts_id, "campagne": bulletin.campagne.code}
    Evenement.objects.create(objet=bulletin.reference, action=acte, auteur=par, details=details)


# --- what it says


def list_chiffres(campagne: Campagne, cpts: Cpts, *, au: date) -> list[dict[str, str]]:
    """The figures that everybody may read, of the CPTS then of its département, each with its receipt."""
    lieux = ((NiveauTerritoire.CPTS, cpts.code, cpts.nom), (NiveauTerritoire.DEPARTEMENT, cpts.departement_code, ""))
    chiffres = []
    for cible in list_cibles(campagne)[:CHIFFRES_MAX]:
        for niveau, code, nom in lieux:
            lu = read_taux(cible, niveau, code, au=au)
            if lu is None or lu.masque or (lu.pourcentage is None and lu.numerateur is None):
                continue
            lien = reverse("releve_detail", args=[lu.releve]) if lu.releve else _link_campagne(campagne, niveau, code)
            lieu = nom or f"département {code}"
            chiffres.append({"libelle": f"{cible.libelle}, {lieu}", "valeur": say_taux(lu), "lien": lien})
    return chiffres


def say_taux(lu: Taux) -> str:
    jour = f"{lu.fin:%d/%m/%Y}{', provisoire' if lu.provisoire else ''}"
    jour += ", démonstration" if lu.demonstration else ""
    if lu.pourcentage is None:
        return f"{lu.numerateur} personnes ({jour})"
    return f"{lu.pourcentage:.1f} % ({jour})".replace(".", ",", 1)


def _link_campagne(campagne: Campagne, niveau: str, code: str) -> str:
    return f"{reverse('campagne_detail', args=[campagne.code])}?dans={niveau}:{code}"


# --- to whom


def list_destinataires(cpts_code: str, *, au: date) -> list[int]:
    """The accounts with an address: who coordinates it, unless they stopped; its members who asked for it.

    Read for nobody in particular: who writes sees how many, never who.
    """
    with as_systeme():
        coordinations = Mandat.objects.en_vigueur(au=au).filter(
            role=Role.COORDINATEUR_CPTS, perimetre=TypePerimetre.CPTS, perimetre_code=cpts_code
        )
        membres = Membre.objects.filter(cpts=cpts_code, periode__contains=au).exclude(praticien=None)
        rattaches = Rattachement.objects.filter(
            statut=StatutRattachement.VALIDE, praticien__in=membres.values("praticien")
        )
        choix = ChoixBulletin.objects.all()
        voulus = Q(pk__in=coordinations.values("user")) & ~Q(pk__in=choix.filter(accepte=False).values("compte"))
        voulus |= Q(pk__in=rattaches.values("proprietaire")) & Q(pk__in=choix.filter(accepte=True).values("compte"))
        joignables = User.objects.filter(voulus, is_active=True).exclude(email=None).exclude(email="")
        return list(joignables.order_by("pk").values_list("pk", flat=True)[:DESTINATAIRES_MAX])


def set_choix(compte: int, *, accepte: bool) -> None:
    """An account that is no more chooses nothing."""
    with as_systeme():
        if not User.objects.filter(pk=compte).exists():
            return
        ChoixBulletin.objects.update_or_create(
            compte_id=compte, defaults={"accepte": accepte, "choisi_le": timezone.now()}
        )


def make_arret(compte: int) -> str:
    """The link that stops the bulletins of an account: signed, without end, and nothing of the person in it."""
    return reverse("prevention_bulletin_arret", args=[signing.Signer(salt=SEL).sign(str(compte))])


def read_arret(jeton: str) -> int | None:
    """The account of a link. None: it is not one that the portal wrote."""
    try:
        return int(signing.Signer(salt=SEL).unsign(jeton))
    except (signing.BadSignature, ValueError):
        return None


# --- sending, by the workers


def post_courriels(pk: int) -> int:
    """One mail asked for each person. Returns how many."""
    bulletin = Bulletin.objects.publies().filter(pk=pk).first()
    if bulletin is None:
        return 0
    comptes = list_destinataires(bulletin.cpts_id, au=timezone.localdate())
    for compte in comptes:
        post(TACHE_COURRIEL, pk, compte)
    return len(comptes)


def send_bulletin(pk: int, compte: int) -> bool:
    """Write to one of them. False: done already, or no longer wanted. Raises Reporte when the server is away."""
    tenus = Bulletin.objects.publies().select_for_update(no_key=True, of=("self",))
    bulletin = tenus.select_related("cpts", "campagne").filter(pk=pk).first()
    if bulletin is None or compte not in list_destinataires(bulletin.cpts_id, au=timezone.localdate()):
        return False
    if Evenement.objects.filter(objet=bulletin.reference, action=ENVOI, details__contains={"a": compte}).exists():
        return False
    adresse = User.objects.values_list("email", flat=True).get(pk=compte)
    arret = build_url(make_arret(compte))
    contexte = {
        "bulletin": bulletin,
        "chiffres": [chiffre | {"lien": build_url(chiffre["lien"])} for chiffre in bulletin.chiffres],
        "lien": build_url(bulletin.get_absolute_url()),
        "arret": arret,
    }
    details: dict[str, Any] = {"a": compte}
    message_id = build_message_id("bulletin", pk, compte)
    try:
        send_courriel(str(adresse), "prevention/bulletin", contexte, message_id=message_id, arret=arret)
    except SMTPRecipientsRefused:
        details["refusee"] = True
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    Evenement.objects.create(objet=bulletin.reference, action=ENVOI, details=details)
    return "refusee" not in details
