"""The life of a local scheme: drafted, proposed by one person, validated by another, replaced, withdrawn.

One act, one transaction, one event. What is wrong is said in French, with what to do next, and nothing is written.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from aides.catalogue import national
from aides.enums import TRANSITIONS_REDACTION, StatutRedaction
from aides.models import DispositifLocal, RedactionLocale
from aides.regles.canonique import TAILLE_MAX, digest, dump_canonique
from aides.regles.chargement import load_objet
from aides.regles.dispositifs import Dispositif
from aides.regles.ecriture import RegleInvalide
from aides.regles.redactions import EcartPasse, diff_passe
from portal.accounts.models import User
from portal.core.models import Evenement
from portal.core.outbox import emit
from zonage.models import Commune, Departement, Epci, Region

MODELES_LIEU = {"region": Region, "departement": Departement, "epci": Epci, "commune": Commune}
NOMS_LIEU = {"region": "région", "departement": "département", "epci": "EPCI", "commune": "commune"}
REDACTIONS_MAX = 999


class ActeImpossible(Exception):
    """The act is refused: the French message says why and what to do."""


def read_redaction(brut: Any, *, code: str = "") -> Dispositif:
    """The scheme of a text meant to be local. Raises RegleInvalide with the path of the fault."""
    dispositif = load_objet(brut, digest(dump_canonique(brut)))
    if code and dispositif.code != code:
        raise RegleInvalide("code", f"le code d'un dispositif ne change pas : écrivez {code}")
    if dispositif.statut != "local":
        raise RegleInvalide("statut", "écrivez « local » : ce formulaire n'écrit pas les dispositifs nationaux")
    if not dispositif.perimetre:
        raise RegleInvalide("perimetre", "dites sur quel territoire : au moins un lieu")
    if any(autre.code == dispositif.code for autre in national().dispositifs):
        raise RegleInvalide(
            "code", f"un dispositif national s'appelle déjà {dispositif.code}, choisissez un autre code"
        )
    check_lieux(dispositif.perimetre)
    return dispositif


def check_lieux(lieux: tuple[str, ...]) -> None:
    """Raises RegleInvalide for a place that does not exist."""
    for rang, lieu in enumerate(lieux):
        genre, _, cle = lieu.partition(":")
        if not MODELES_LIEU[genre]._default_manager.filter(pk=cle).exists():
            raise RegleInvalide(f"perimetre.{rang}", f"aucun lieu de ce type n'a ce code : {NOMS_LIEU[genre]} {cle}")


def describe_lieux(lieux: tuple[str, ...] | list[str]) -> list[str]:
    """« Saône-et-Loire (département 71) », in the order given. A place that is unknown keeps its code."""
    noms: dict[str, str] = {}
    for genre, modele in MODELES_LIEU.items():
        cles = [lieu.partition(":")[2] for lieu in lieux if lieu.startswith(f"{genre}:")]
        if not cles:
            continue
        trouves = modele._default_manager.filter(pk__in=cles).order_by("pk").values_list("pk", "nom")
        noms |= {f"{genre}:{cle}": f"{nom} ({NOMS_LIEU[genre]} {cle})" for cle, nom in trouves}
    return [noms.get(lieu, lieu) for lieu in lieux]


@transaction.atomic
def create_redaction(brut: Mapping[str, Any], *, par: User) -> RedactionLocale:
    """A draft: the first of a new scheme, or the next of a known one. Raises ActeImpossible while one is open."""
    code = str(brut.get("code", ""))
    if any(autre.code == code for autre in national().dispositifs):
        raise ActeImpossible(f"Un dispositif national s'appelle déjà « {code} » : choisissez un autre code.")
    dispositif, _ = DispositifLocal.objects.get_or_create(code=code, defaults={"nom": str(brut.get("nom", ""))[:900]})
    DispositifLocal.objects.select_for_update().get(pk=dispositif.pk)
    ouverte = dispositif.redactions.filter(statut__in=[StatutRedaction.BROUILLON, StatutRedaction.PROPOSEE]).first()
    if ouverte is not None:
        raise ActeImpossible(
            f"La rédaction {ouverte.numero} de « {code} » est en cours ({ouverte.get_statut_display().lower()}) : "
            "terminez-la, ou supprimez-la si c'est un brouillon."
        )
    numero = (dispositif.redactions.aggregate(Max("numero"))["numero__max"] or 0) + 1
    if numero > REDACTIONS_MAX:
        raise ActeImpossible("Ce dispositif a trop de rédactions : créez-en un autre.")
    redaction = RedactionLocale(dispositif=dispositif, numero=numero, auteur=par)
    _write(redaction, brut)
    redaction.save()
    _log(redaction, "creer", par)
    return redaction


@transaction.atomic
def update_redaction(redaction: RedactionLocale, brut: Mapping[str, Any], *, lue: str, par: User) -> None:
    """Write a draft. `lue`: the digest of the text that the person had before her eyes; another one is refused."""
    actuelle = _lock(redaction)
    if actuelle.statut != StatutRedaction.BROUILLON:
        raise ActeImpossible("Seul un brouillon se modifie : dupliquez cette rédaction pour en écrire une autre.")
    if actuelle.empreinte != lue:
        raise ActeImpossible(
            "Quelqu'un a modifié ce brouillon pendant votre saisie : rechargez la page, puis refaites-la."
        )
    if str(brut.get("code", "")) != redaction.dispositif.code:
        raise ActeImpossible(f"Le code d'un dispositif ne change pas : écrivez « {redaction.dispositif.code} ».")
    avant = actuelle.empreinte
    _write(redaction, brut)
    if redaction.empreinte == avant:
        return
    redaction.save(update_fields=["contenu", "empreinte"])
    _log(redaction, "modifier", par)


@transaction.atomic
def delete_redaction(redaction: RedactionLocale, *, par: User) -> None:
    """Erase a draft. Nothing else is ever erased."""
    actuelle = _lock(redaction)
    if actuelle.statut != StatutRedaction.BROUILLON:
        raise ActeImpossible("Seul un brouillon se supprime : une règle proposée reste dans l'histoire.")
    _log(redaction, "supprimer", par)
    actuelle.delete()


def list_ecarts(redaction: RedactionLocale, *, au: date) -> tuple[EcartPasse, ...]:
    """What the text changes before that day, against the validated one. Empty for a first rédaction."""
    validee = redaction.dispositif.redactions.filter(statut=StatutRedaction.VALIDEE).exclude(pk=redaction.pk).first()
    return () if validee is None else diff_passe(validee.brut, redaction.brut, au=au)


@transaction.atomic
def propose_redaction(redaction: RedactionLocale, *, par: User, au: date, motif_passe: str = "") -> Evenement:
    """Freeze a draft and hand it to a second person. Raises ActeImpossible."""
    actuelle = _lock(redaction)
    if actuelle.statut != StatutRedaction.BROUILLON:
        raise ActeImpossible("Seul un brouillon peut être proposé : rechargez la page.")
    motif = motif_passe.strip()
    _check_publiable(actuelle, au=au, motif_passe=motif)
    RedactionLocale.objects.filter(pk=redaction.pk).update(
        statut=StatutRedaction.PROPOSEE, propose_par=par, propose_le=timezone.now(), motif_passe=motif
    )
    redaction.refresh_from_db()
    return _log(redaction, "proposer", par, empreinte=redaction.empreinte)


@transaction.atomic
def validate_redaction(redaction: RedactionLocale, *, par: User, au: date) -> Evenement:
    """Publish: the text becomes that of the scheme, the former one is replaced. Raises ActeImpossible."""
    dispositif = DispositifLocal.objects.select_for_update().get(pk=redaction.dispositif_id)
    actuelle = _lock(redaction)
    _check_source(actuelle, "valider")
    if actuelle.propose_par_id == par.pk:
        raise ActeImpossible(
            "La personne qui valide n'est pas celle qui a proposé : demandez à une autre personne de valider."
        )
    _check_publiable(actuelle, au=au, motif_passe=actuelle.motif_passe)
    maintenant = timezone.now()
    dispositif.redactions.filter(statut=StatutRedaction.VALIDEE).update(
        statut=StatutRedaction.REMPLACEE, clos_le=maintenant
    )
    RedactionLocale.objects.filter(pk=redaction.pk).update(
        statut=StatutRedaction.VALIDEE, valide_par=par, valide_le=maintenant
    )
    redaction.refresh_from_db()
    brut = redaction.brut
    DispositifLocal.objects.filter(pk=dispositif.pk).update(nom=brut["nom"], perimetre=brut["perimetre"])
    emit("aides.regle", dispositif.code, cle=dispositif.code)
    return _log(redaction, "valider", par, empreinte=redaction.empreinte)


@transaction.atomic
def refuse_redaction(redaction: RedactionLocale, *, par: User, motif: str) -> Evenement:
    """Send a proposal back: its text stays, its author duplicates it to correct it."""
    _check_source(_lock(redaction), "refuser")
    RedactionLocale.objects.filter(pk=redaction.pk).update(
        statut=StatutRedaction.REFUSEE, motif_decision=_read_motif(motif)
    )
    redaction.refresh_from_db()
    return _log(redaction, "refuser", par)


@transaction.atomic
def withdraw_redaction(redaction: RedactionLocale, *, par: User, motif: str) -> Evenement:
    """Take a published scheme off the portal (an error); a scheme that ends is closed by a new rédaction instead."""
    _check_source(_lock(redaction), "retirer")
    RedactionLocale.objects.filter(pk=redaction.pk).update(
        statut=StatutRedaction.RETIREE, motif_decision=_read_motif(motif), clos_le=timezone.now()
    )
    redaction.refresh_from_db()
    emit("aides.regle", redaction.dispositif.code, cle=redaction.dispositif.code)
    return _log(redaction, "retirer", par)


def _lock(redaction: RedactionLocale) -> RedactionLocale:
    actuelle = RedactionLocale.objects.select_for_update().select_related("dispositif").filter(pk=redaction.pk).first()
    if actuelle is None:
        raise ActeImpossible("Cette rédaction n'existe plus : revenez à la liste.")
    return actuelle


def _check_source(actuelle: RedactionLocale, acte: str) -> None:
    source, _ = TRANSITIONS_REDACTION[acte]
    if actuelle.statut != source:
        etat = str(actuelle.get_statut_display()).lower()
        raise ActeImpossible(
            f"Impossible de {acte} : la rédaction {actuelle.numero} est {etat}, il faudrait qu'elle soit "
            f"{str(source.label).lower()}. Rechargez la page."
        )


def _check_publiable(actuelle: RedactionLocale, *, au: date, motif_passe: str) -> None:
    try:
        read_redaction(actuelle.brut, code=actuelle.dispositif.code)
    except RegleInvalide as erreur:
        raise ActeImpossible(f"La règle n'est pas complète : {erreur}. Corrigez-la avant de continuer.") from erreur
    ecarts = list_ecarts(actuelle, au=au)
    if ecarts and not motif_passe:
        phrases = " ".join(ecart.phrase for ecart in ecarts[:5])
        raise ActeImpossible(f"Cette rédaction change la règle de jours passés : dites pourquoi. {phrases}")


def _read_motif(motif: str) -> str:
    if len(motif.strip()) < 3:
        raise ActeImpossible("Dites pourquoi en quelques mots : le motif reste dans l'histoire.")
    return motif.strip()[:500]


def _write(redaction: RedactionLocale, brut: Mapping[str, Any]) -> None:
    redaction.write(brut)
    if len(redaction.contenu.encode()) > TAILLE_MAX:
        raise ActeImpossible(f"La règle est trop longue ({TAILLE_MAX} octets au plus).")
    perimetre = [str(lieu) for lieu in brut.get("perimetre", []) if len(str(lieu)) <= 30]
    if redaction.dispositif.redactions.filter(statut=StatutRedaction.VALIDEE).exists():
        return
    DispositifLocal.objects.filter(pk=redaction.dispositif_id).update(
        nom=str(brut.get("nom", ""))[:900], perimetre=perimetre
    )


def _log(redaction: RedactionLocale, action: str, par: User, **details: str) -> Evenement:
    return Evenement.objects.create(
        objet=f"aides.redactionlocale:{redaction.pk}",
        action=action,
        auteur=par,
        details={"dispositif": redaction.dispositif.code, "numero": redaction.numero, **details},
    )
