"""Asking to be told, confirming, stopping. No account: links, each a secret."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from aides.catalogue import catalogue
from aides.models import Destinataire, EtatSuivi, MessageSuivi, StatutMessage, Suivi
from aides.recus import dump_canonique
from aides.regles.situation import Valeur
from aides.services import clean_faits
from aides.suivi.jetons import ARRET, CONFIRMATION, PAGE, digest_adresse, digest_jeton, is_jeton, make_jeton
from aides.suivi.lecture import read_chronologies
from portal.core.cache import forget_version
from portal.core.outbox import post
from zonage.recherche import resolve_commune

DELAI_CONFIRMATION = timedelta(days=7)
SUIVIS_MAX = 50
"""Follow-ups of one mailbox: beyond, nothing more is kept."""
ADRESSE_MAX = 254
VERROU = "aides.suivi"


class AdresseInvalide(ValueError):
    """The message is French and says what to write."""


class SuiviInconnu(LookupError):
    """No follow-up answers to this link. The message is French."""


class ProfessionManquante(ValueError):
    """A follow-up needs a profession: without it nothing can be told."""


@dataclass(frozen=True, slots=True)
class Depot:
    """What asking did: None when nothing new is kept (already followed, too many requests)."""

    suivi: Suivi | None


def file_suivi(commune: str, faits: Mapping[str, object], *, adresse: str, nsp: Sequence[str] = ()) -> Depot:
    """Keep a request and ask for its confirmation mail. What is shown to the person never depends on the answer.

    Raises AdresseInvalide, CommuneInconnue, FaitsInvalides, ProfessionManquante.
    """
    propre, faits_propres = clean_adresse(adresse), clean_faits(faits)
    if "profession" not in faits_propres:
        raise ProfessionManquante("Indiquez votre profession : sans elle, le portail ne peut pas suivre vos aides.")
    code = resolve_commune(commune).commune.code_insee
    contenu = dump_faits_json(faits_propres)
    empreinte = hashlib.sha256(dump_canonique([code, contenu]).encode()).hexdigest()
    with transaction.atomic():
        destinataire = _hold_destinataire(propre)
        deja = destinataire.suivis.filter(empreinte=empreinte).exclude(etat=EtatSuivi.ARRETE).first()
        if deja is not None and deja.etat == EtatSuivi.ACTIF:
            return Depot(None)
        if not _may_write(destinataire):
            return Depot(None)
        suivi = deja or _create_suivi(destinataire, code, faits_propres, contenu, nsp, empreinte)
        Suivi.objects.filter(pk=suivi.pk).update(demandes=F("demandes") + 1)
        post("aides.suivi_confirmation", suivi.pk, cle=f"suivi:{suivi.pk}")
    return Depot(suivi)


def clean_adresse(texte: str) -> str:
    """The address as it will be written to; its domain in small letters. Raises AdresseInvalide."""
    propre = texte.strip()
    try:
        if len(propre) > ADRESSE_MAX:
            raise ValidationError("")
        validate_email(propre)
    except ValidationError as erreur:
        raise AdresseInvalide(
            "Cette adresse électronique n'est pas complète : écrivez-la sous la forme nom@exemple.fr."
        ) from erreur
    nom, _, domaine = propre.rpartition("@")
    return f"{nom}@{domaine.lower()}"


def dump_faits_json(faits: Mapping[str, Valeur]) -> dict[str, bool | int | str]:
    """Facts as JSON that both Python and PostgreSQL read: days and decimal numbers as texts."""
    lisibles: dict[str, bool | int | str] = {}
    for code, valeur in faits.items():
        if isinstance(valeur, date):
            lisibles[code] = valeur.isoformat()
        elif isinstance(valeur, Decimal):
            lisibles[code] = f"{valeur.normalize():f}"
        else:
            lisibles[code] = valeur
    return lisibles


def _hold_destinataire(adresse: str) -> Destinataire:
    """The row of an address, held until the end of the transaction: two requests of a mailbox take turns."""
    cle = uuid.uuid4()
    empreinte = digest_adresse(adresse)
    Destinataire.objects.bulk_create(
        [
            Destinataire(
                adresse=adresse,
                empreinte=empreinte,
                cle=cle,
                jeton_empreinte=digest_jeton(make_jeton(ARRET, cle)),
            )
        ],
        ignore_conflicts=True,
    )
    return Destinataire.objects.select_for_update(no_key=True).get(empreinte=empreinte)


def _may_write(destinataire: Destinataire) -> bool:
    """Whether this mailbox may receive one more request: nobody fills that of another with them."""
    hier = timezone.now() - timedelta(days=1)
    en_attente = destinataire.suivis.filter(etat=EtatSuivi.EN_ATTENTE)
    recents = sum(en_attente.filter(cree_le__gt=hier).values_list("demandes", flat=True)[:SUIVIS_MAX])
    gardes = destinataire.suivis.exclude(etat=EtatSuivi.ARRETE).count()
    return recents < settings.MAILLAGE_CONFIRMATIONS_PAR_JOUR and gardes < SUIVIS_MAX


def _create_suivi(
    destinataire: Destinataire,
    commune: str,
    faits: Mapping[str, Valeur],
    contenu: dict[str, bool | int | str],
    nsp: Sequence[str],
    empreinte: str,
) -> Suivi:
    cle = uuid.uuid4()
    return Suivi.objects.create(
        destinataire=destinataire,
        commune=commune,
        profession=str(faits["profession"]),
        faits=contenu,
        nsp=list(nsp),
        empreinte=empreinte,
        cle=cle,
        jeton_empreinte=digest_jeton(make_jeton(PAGE, cle)),
        confirmation_empreinte=digest_jeton(make_jeton(CONFIRMATION, cle)),
    )


def find_a_confirmer(jeton: str) -> Suivi:
    """The request of a confirmation link. Raises SuiviInconnu when it never was, is stopped, or is too old."""
    limite = timezone.now() - DELAI_CONFIRMATION
    suivi = _find(confirmation_empreinte=_digest(jeton))
    if suivi.etat == EtatSuivi.ARRETE or (suivi.etat == EtatSuivi.EN_ATTENTE and suivi.cree_le < limite):
        raise SuiviInconnu(
            "Ce lien de confirmation ne sert plus : refaites la vérification et demandez-la de nouveau."
        )
    return suivi


def find_suivi(jeton: str) -> Suivi:
    return _find(jeton_empreinte=_digest(jeton))


def find_destinataire(jeton: str) -> Destinataire:
    destinataire = Destinataire.objects.filter(jeton_empreinte=_digest(jeton)).first()
    if destinataire is None:
        raise SuiviInconnu(INCONNU)
    return destinataire


INCONNU = "Ce lien ne correspond à aucun suivi de ce portail. Vérifiez que vous l'avez copié en entier."


def _digest(jeton: str) -> str:
    if not is_jeton(jeton):
        raise SuiviInconnu(INCONNU)
    return digest_jeton(jeton)


def _find(**cle: str) -> Suivi:
    suivi = Suivi.objects.select_related("destinataire").filter(**cle).first()
    if suivi is None:
        raise SuiviInconnu(INCONNU)
    return suivi


def confirm_suivi(jeton: str, *, le: datetime | None = None) -> Suivi:
    """Start to follow; twice is once. The timeline is that of this instant. Raises SuiviInconnu."""
    identifiant = find_a_confirmer(jeton).pk
    with transaction.atomic(), connection.cursor() as cursor:
        lock_chronologies(cursor, shared=True)
        suivi = Suivi.objects.select_for_update(of=("self",)).get(pk=identifiant)
        if suivi.etat != EtatSuivi.EN_ATTENTE:
            return suivi
        forget_version()  # what was published a moment ago is read too
        regles = catalogue()
        lues = read_chronologies(cursor, [suivi.pk], suivi.profession, regles, du=timezone.localdate())
        suivi.etat = EtatSuivi.ACTIF
        suivi.confirme_le = suivi.evalue_le = le or timezone.now()
        suivi.chronologie, suivi.regles = lues[suivi.pk], regles.empreinte
        suivi.save(update_fields=["etat", "confirme_le", "evalue_le", "chronologie", "regles"])
    return suivi


def lock_chronologies(cursor: CursorWrapper, *, shared: bool = False) -> None:
    """One computation at a time; those that begin to follow wait for it, and it for them.

    Without it, somebody who confirms while an act is being read could be left with what was true before it.
    """
    fonction = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    cursor.execute("SELECT set_config('lock_timeout', '30s', true), set_config('statement_timeout', '60s', true)")
    cursor.execute(f"SELECT {fonction}(hashtext(%s))", [VERROU])


@transaction.atomic
def stop_suivi(suivi: Suivi) -> bool:
    """Stop one follow-up; the address is erased with the last one. Returns whether it was still running."""
    destinataire = Destinataire.objects.select_for_update(no_key=True).get(pk=suivi.destinataire_id)
    arretes = _stop(destinataire, Suivi.objects.filter(pk=suivi.pk))
    return bool(arretes)


@transaction.atomic
def stop_destinataire(destinataire: Destinataire) -> int:
    """Stop everything that a mailbox follows, and erase it. Returns how many follow-ups were running."""
    tenu = Destinataire.objects.select_for_update(no_key=True).get(pk=destinataire.pk)
    return _stop(tenu, tenu.suivis.all())


def _stop(destinataire: Destinataire, suivis: QuerySet[Suivi]) -> int:
    vivants = destinataire.suivis.exclude(etat=EtatSuivi.ARRETE)
    arretes = vivants.filter(pk__in=suivis.values("pk")).update(
        etat=EtatSuivi.ARRETE, arrete_le=timezone.now(), faits={}, nsp=[], chronologie={}
    )
    if not destinataire.suivis.exclude(etat=EtatSuivi.ARRETE).exists():
        erase_adresses([destinataire.pk])
    return arretes


def erase_adresses(destinataires: Sequence[int]) -> None:
    """Nobody is left to write to: what was planned for them is dropped."""
    Destinataire.objects.filter(pk__in=destinataires).update(adresse="", empreinte=None)
    attendus = MessageSuivi.objects.filter(
        destinataire__in=destinataires, statut__in=[StatutMessage.PREVU, StatutMessage.A_ENVOYER]
    )
    attendus.update(statut=StatutMessage.ANNULE)


@transaction.atomic
def purge_non_confirmes(*, le: datetime) -> int:
    """Erase the requests that nobody confirmed in time, with the addresses that nothing else uses."""
    vieux = Suivi.objects.filter(etat=EtatSuivi.EN_ATTENTE, cree_le__lt=le - DELAI_CONFIRMATION)
    lot = list(vieux.order_by("pk").values_list("pk", "destinataire_id")[:5000])
    adresses = [destinataire for _, destinataire in lot]
    list(Destinataire.objects.select_for_update(no_key=True).filter(pk__in=adresses).order_by("pk").values_list("pk"))
    supprimes, _ = Suivi.objects.filter(pk__in=[pk for pk, _ in lot], etat=EtatSuivi.EN_ATTENTE).delete()
    vivants = Suivi.objects.filter(destinataire=OuterRef("pk")).exclude(etat=EtatSuivi.ARRETE)
    seuls = Destinataire.objects.filter(pk__in=adresses).exclude(Exists(vivants))
    erase_adresses(list(seuls.values_list("pk", flat=True)))
    return supprimes
