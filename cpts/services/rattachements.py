"""« This RPPS is mine »: asking with a proof, deciding, withdrawing; or vouched for by Pro Santé Connect.

The Annuaire santé is public: a RPPS is neither a secret nor a proof. Whoever asks is answered alike whether or not
somebody else already holds the record; the agent who decides sees it, and the database keeps one holder a record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import LieuExercice, Praticien, Rattachement
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.documents import is_servable, receive_document
from portal.core.models import Evenement
from portal.core.outbox import post
from zonage.models import Departement

DECIDEURS = (Role.INSTRUCTEUR, Role.VALIDEUR)
GUICHET = "ars"
LIEUX_MAX = 20
MOTIF_MAX = 300
DEJA = "Vous avez déjà une demande en cours ou un numéro rattaché : retirez la demande avant d'en faire une autre."
DEJA_DECIDE = "Cette demande n'est plus en attente : quelqu'un l'a décidée ou retirée entre-temps."


class RattachementImpossible(Exception):
    """The sentence is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Fiche:
    """What the Annuaire santé publishes of somebody, and where they mainly practise (None: no commune is known)."""

    praticien: Praticien
    lieu: LieuExercice | None


def read_praticien_of(user: User | Any) -> Praticien | None:
    """The practitioner that this account is, once validated. None: nobody, or not yet."""
    valide = _valides(user).select_related("praticien").first()
    return valide.praticien if valide else None


def read_rattachement(user: User) -> Rattachement | None:
    """The latest claim of the account, whatever became of it."""
    miens = Rattachement.objects.filter(proprietaire_id=user.pk).select_related("praticien")
    return miens.order_by("-cree_le", "-pk").first()


def find_fiche(rpps: str, *, au: date) -> Fiche | None:
    praticien = Praticien.objects.filter(pk=rpps).first()
    return None if praticien is None else Fiche(praticien, next(iter(list_lieux(praticien, au=au)), None))


def list_lieux(praticien: Praticien, *, au: date) -> list[LieuExercice]:
    """The places on that day whose commune is known; the main one first: liberal before the rest, then the oldest."""
    rang = Case(When(mode_exercice="L", then=Value(0)), default=Value(1), output_field=IntegerField())
    lieux = praticien.lieux.filter(periode__contains=au, commune__isnull=False).select_related("commune__departement")
    return list(lieux.annotate(rang=rang).order_by("rang", "periode", "pk")[:LIEUX_MAX])


def may_decide(user: Any, rattachement: Rattachement) -> bool:
    """An agent of the territory, and never on their own record."""
    if user.pk == rattachement.proprietaire_id:
        return False
    return read_portee(user).covers(rattachement.region_code, rattachement.departement_code, *DECIDEURS)


@transaction.atomic
def ask_rattachement(
    user: User, *, rpps: str, preuve: Any, departement: str = "", au: date | None = None
) -> Rattachement:
    """Ask, with a proof. `departement` is read when no place of practice is known. Raises RattachementImpossible."""
    fiche = find_fiche(rpps, au=au or timezone.localdate())
    if fiche is None:
        raise RattachementImpossible("Ce numéro n'est pas dans l'annuaire : vérifiez ses onze chiffres.")
    if Rattachement.objects.filter(
        proprietaire=user, statut__in=[StatutRattachement.DEMANDE, StatutRattachement.VALIDE]
    ).exists():
        raise RattachementImpossible(DEJA)
    region_code, departement_code = find_territoire(fiche, departement)
    document = receive_document(
        preuve, proprietaire=user, region_code=region_code, departement_code=departement_code, guichet=GUICHET,
        depose_par=user,
    )  # fmt: skip
    try:
        with transaction.atomic():
            rattachement = Rattachement.objects.create(
                proprietaire=user, praticien=fiche.praticien, document=document, region_code=region_code,
                departement_code=departement_code, guichet=GUICHET,
            )  # fmt: skip
    except IntegrityError:
        raise RattachementImpossible(DEJA) from None
    _record(rattachement, "demande", user)
    post("cpts.rattachement_demande", rattachement.pk)
    return rattachement


def find_territoire(fiche: Fiche, departement: str = "") -> tuple[str, str]:
    """(région, département) of the main place, else of the département chosen. Raises RattachementImpossible."""
    if fiche.lieu is not None and fiche.lieu.commune is not None:
        trouve: Departement | None = fiche.lieu.commune.departement
    else:
        trouve = Departement.objects.filter(pk=departement).first()
    if trouve is None:
        raise RattachementImpossible("Aucun lieu d'exercice n'est connu : choisissez votre département.")
    return trouve.region_id, trouve.code


@transaction.atomic
def withdraw_rattachement(user: User) -> Rattachement:
    """Take back one's own claim while nobody decided. Raises RattachementImpossible."""
    rattachement = (
        Rattachement.objects.select_for_update(no_key=True, of=("self",))
        .filter(proprietaire=user, statut=StatutRattachement.DEMANDE)
        .first()
    )
    if rattachement is None:
        raise RattachementImpossible(DEJA_DECIDE)
    rattachement.statut = StatutRattachement.RETIRE
    rattachement.save(update_fields=["statut"])
    _record(rattachement, "retrait", user)
    return rattachement


@transaction.atomic
def validate_rattachement(pk: int, *, par: User) -> Rattachement:
    """The record is theirs. Raises RattachementImpossible."""
    rattachement = _hold(pk, par, StatutRattachement.DEMANDE)
    if rattachement.document is not None and not is_servable(rattachement.document, agent=True):
        raise RattachementImpossible("La preuve n'est pas lisible : analyse en cours, ou fichier infecté.")
    try:
        with transaction.atomic():
            _decide(rattachement, StatutRattachement.VALIDE, par)
    except IntegrityError:
        raise RattachementImpossible(
            "Ce numéro RPPS est déjà rattaché à un autre compte : retirez d'abord ce rattachement, ou refusez."
        ) from None
    return rattachement


@transaction.atomic
def refuse_rattachement(pk: int, *, par: User, motif: str) -> Rattachement:
    """The proof does not hold; the reason is sent. Raises RattachementImpossible."""
    rattachement = _hold(pk, par, StatutRattachement.DEMANDE)
    _decide(rattachement, StatutRattachement.REFUSE, par, _clean_motif(motif))
    return rattachement


@transaction.atomic
def revoke_rattachement(pk: int, *, par: User, motif: str) -> Rattachement:
    """End a valid one that proved wrong; the reason is sent. Raises RattachementImpossible."""
    rattachement = _hold(pk, par, StatutRattachement.VALIDE)
    _decide(rattachement, StatutRattachement.RETIRE, par, _clean_motif(motif))
    return rattachement


@transaction.atomic
def attach_by_psc(user: User, *, rpps: str, professions: Iterable[str] = ()) -> Rattachement | None:
    """Pro Santé Connect vouches for the RPPS: valid at once. Called at each sign-in, it writes once.

    None: the RPPS is not in the Annuaire loaded (a later sign-in will do), or another account holds it, or this one
    holds another: an Evenement says which, and the person goes on unattached. Signing in is not at stake: no error.
    """
    valide = _valides(user).first()
    if valide is not None and valide.praticien_id == rpps:
        return valide
    fiche = find_fiche(rpps, au=timezone.localdate())
    if fiche is None:
        return None
    if valide is not None:
        _conflict(user, "compte_deja_rattache")
        return None
    lieu = fiche.lieu.commune if fiche.lieu else None
    try:
        with transaction.atomic():
            Rattachement.objects.filter(proprietaire=user, statut=StatutRattachement.DEMANDE).update(
                statut=StatutRattachement.RETIRE, motif="Remplacée par Pro Santé Connect."
            )
            rattachement = Rattachement.objects.create(
                proprietaire=user, praticien=fiche.praticien, statut=StatutRattachement.VALIDE,
                region_code=lieu.departement.region_id if lieu else "",
                departement_code=lieu.departement_id if lieu else "", guichet=GUICHET, decide_le=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        _conflict(user, "praticien_deja_rattache")
        return None
    _record(rattachement, "validation", user, moyen="psc")
    return rattachement


def _conflict(user: User, raison: str) -> None:
    """Told once a day: the same person signs in often."""
    objet = f"accounts.user:{user.pk}"
    aujourdhui = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if not Evenement.objects.filter(objet=objet, action="rattachement_refuse", survenu_le__gte=aujourdhui).exists():
        Evenement.objects.create(
            objet=objet, action="rattachement_refuse", auteur=user, details={"moyen": "psc", "raison": raison}
        )


def _valides(user: Any) -> Any:
    if not getattr(user, "is_authenticated", False):
        return Rattachement.objects.none()
    return Rattachement.objects.filter(proprietaire_id=user.pk, statut=StatutRattachement.VALIDE).order_by("pk")


def _hold(pk: int, par: User, attendu: StatutRattachement) -> Rattachement:
    """The row, locked, among those that the agent sees; then what the act asks."""
    visibles = Rattachement.objects.for_user(par).filter(pk=pk)
    rattachement = visibles.select_for_update(no_key=True, of=("self",)).select_related("document").first()
    if rattachement is None:
        raise RattachementImpossible("Cette demande n'existe pas, ou n'est pas de votre territoire.")
    if rattachement.proprietaire_id == par.pk:
        raise RattachementImpossible("C'est votre propre demande : une autre personne doit la décider.")
    if not may_decide(par, rattachement):
        raise RattachementImpossible("Seul un instructeur ou un valideur de ce territoire peut décider.")
    if rattachement.statut != attendu:
        raise RattachementImpossible(DEJA_DECIDE)
    return rattachement


def _decide(rattachement: Rattachement, statut: StatutRattachement, par: User, motif: str = "") -> None:
    rattachement.statut, rattachement.motif = statut, motif
    rattachement.decide_par, rattachement.decide_le = par, timezone.now()
    rattachement.save(update_fields=["statut", "motif", "decide_par", "decide_le"])
    _record(rattachement, statut.value, par)
    post("cpts.rattachement_decide", rattachement.pk, cle=f"rattachement:{rattachement.pk}")


def _clean_motif(motif: str) -> str:
    propre = " ".join(motif.split())
    if not propre:
        raise RattachementImpossible("Écrivez le motif : la personne le recevra.")
    if len(propre) > MOTIF_MAX:
        raise RattachementImpossible(f"Motif trop long : {len(propre)} caractères, pour {MOTIF_MAX} au plus.")
    return propre


def _record(rattachement: Rattachement, action: str, auteur: User, **details: str) -> None:
    Evenement.objects.create(
        objet=f"cpts.rattachement:{rattachement.pk}", action=action, auteur=auteur, details=details
    )
