"""How many tries reach the hasher: 20 an hour from one address of the network, 10 an hour for one account.

django-axes asks this handler before any password is looked at (docs/adr/0106). The tries are counted in PostgreSQL, in
one short transaction that holds the rows of the keys: two tries at the same time never pass for one. A device that has
already opened this account is counted apart, so that nobody else can shut its owner out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework.request import Request

from portal.accounts.models import Tentative, User
from portal.core.api.limites import LimiteParAdresse, build_cle
from portal.core.erreurs import render_error
from portal.core.models import Evenement

FENETRE = timedelta(hours=1)
PAR_ADRESSE = 20
PAR_COMPTE = 10
COOKIE_APPAREIL = "appareil"
SEL_APPAREIL = "maillage.appareil"
DUREE_APPAREIL = 365 * 24 * 3600


class TropDeTentatives(Exception):
    """`attente`: seconds before another try."""

    def __init__(self, attente: int) -> None:
        super().__init__(attente)
        self.attente = attente


def hash_compte(adresse: str) -> str:
    """The same for an address with an account and for one without."""
    normalisee = adresse.strip().lower().encode()
    return hashlib.blake2b(normalisee, key=settings.SECRET_KEY.encode()[:64], digest_size=16).hexdigest()


def list_cles(request: HttpRequest, adresse: str, *, sujet: str = "mdp") -> dict[str, int]:
    """The counters of a try, with their limits. From a known device: that of the device alone."""
    if appareil := read_appareil(request, adresse):
        return {f"{sujet}:appareil:{appareil}": PAR_COMPTE}
    reseau = build_cle(LimiteParAdresse().get_ident(Request(request)))
    return {f"{sujet}:compte:{hash_compte(adresse)}": PAR_COMPTE, f"{sujet}:reseau:{reseau}": PAR_ADRESSE}


@transaction.atomic
def take(cles: Mapping[str, int]) -> list[str]:
    """Count one try under each key. Returns the keys that are now full. Raises TropDeTentatives: nothing counted."""
    maintenant = timezone.now()
    Tentative.objects.bulk_create([Tentative(cle=cle) for cle in sorted(cles)], ignore_conflicts=True)
    lignes = list(
        Tentative.objects.filter(cle__in=list(cles)).order_by("cle").select_for_update(no_key=True, of=("self",))
    )
    attente = 0
    for ligne in lignes:
        ligne.instants = [instant for instant in ligne.instants if instant > maintenant - FENETRE]
        if len(ligne.instants) >= cles[ligne.cle]:
            libre = ligne.instants[-cles[ligne.cle]] + FENETRE
            attente = max(attente, ceil((libre - maintenant).total_seconds()))
    if attente:
        raise TropDeTentatives(attente)
    for ligne in lignes:
        ligne.instants.append(maintenant)
        ligne.derniere_le = maintenant
    Tentative.objects.bulk_update(lignes, ["instants", "derniere_le"])
    return [ligne.cle for ligne in lignes if len(ligne.instants) >= cles[ligne.cle]]


@transaction.atomic
def give_back(cles: Sequence[str]) -> None:
    """A try that succeeded counts for nothing: a whole office may sign in from one address."""
    lignes = list(
        Tentative.objects.filter(cle__in=list(cles)).order_by("cle").select_for_update(no_key=True, of=("self",))
    )
    for ligne in lignes:
        ligne.instants = ligne.instants[:-1]
    Tentative.objects.bulk_update(lignes, ["instants"])


def _mark_appareil(user: User) -> str:
    """Bound to the password: changing it makes every device unknown again."""
    return salted_hmac(SEL_APPAREIL, f"{user.pk}:{user.password}", algorithm="sha256").hexdigest()[:32]


def remember_appareil(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Leave on the device that has just opened the account what will make it known."""
    if not user.email:
        return
    valeur = signing.dumps([hash_compte(user.email), _mark_appareil(user)], salt=SEL_APPAREIL)
    response.set_cookie(
        COOKIE_APPAREIL,
        valeur,
        max_age=DUREE_APPAREIL,
        path="/compte/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def read_appareil(request: HttpRequest, adresse: str) -> str:
    """A short mark of the device, when it has already opened the account of this address; "" otherwise."""
    cookie = request.COOKIES.get(COOKIE_APPAREIL, "")
    if not cookie or len(cookie) > 500:
        return ""
    try:
        compte, marque = signing.loads(cookie, salt=SEL_APPAREIL, max_age=DUREE_APPAREIL)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    if not constant_time_compare(str(compte), hash_compte(adresse)):
        return ""
    user = User.objects.filter(email=adresse.strip().lower()).first()
    if user is None or not constant_time_compare(str(marque), _mark_appareil(user)):
        return ""
    return hashlib.sha256(cookie.encode()).hexdigest()[:32]


def record_lockout(pleines: Sequence[str], adresse: str) -> None:
    """One row when a counter is full, none for the tries refused after it: neither address is in it."""
    for cle in pleines:
        genre = cle.split(":")[1]
        user = User.objects.filter(email=adresse.strip().lower()).first() if genre != "reseau" else None
        objet = f"accounts.user:{user.pk}" if user else "accounts.connexion"
        Evenement.objects.create(objet=objet, action="connexion_bloquee", auteur=None, details={"compteur": genre})


class TentativesHandler(AbstractAxesHandler, AxesBaseHandler):
    """The rules of django-axes on our counters. The state of a try lives on its request."""

    def is_allowed(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        adresse = read_username(credentials)
        cles = list_cles(request, adresse)
        try:
            request.tentative_pleines = take(cles)
        except TropDeTentatives as refus:
            request.tentative_attente = refus.attente
            return False
        request.tentative_cles = list(cles)
        return True

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        lignes = Tentative.objects.filter(cle__in=list_cles(request, read_username(credentials)))
        return max((len(ligne.instants) for ligne in lignes), default=0)

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
        if request is None:
            return
        if getattr(request, "tentative_attente", 0):
            request.axes_locked_out = True
        elif pleines := getattr(request, "tentative_pleines", []):
            record_lockout(pleines, read_username(credentials))

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        release(request)

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Nothing to count."""


def read_username(credentials: Mapping[str, Any] | None) -> str:
    valeurs = credentials or {}
    return str(valeurs.get("username") or valeurs.get("email") or "")


def release(request: Any) -> None:
    """The password was right: this try is given back."""
    if cles := getattr(request, "tentative_cles", None):
        give_back(cles)
        request.tentative_cles = None


def refuse_lockout(request: HttpRequest, reponse: Any = None, credentials: Any = None) -> HttpResponse:
    """The page that django-axes shows in place of any other (AXES_LOCKOUT_CALLABLE)."""
    return render_trop(request, int(getattr(request, "tentative_attente", 0)) or int(FENETRE.total_seconds()))


def render_trop(request: HttpRequest, attente: int) -> HttpResponse:
    minutes = max(1, ceil(attente / 60))
    message = f"Réessayez dans {minutes} minute{'s' if minutes > 1 else ''}."
    reponse = render_error(request, 429, message=message, template="accounts/trop_essais.html")
    reponse["Retry-After"] = str(attente)
    reponse["Cache-Control"] = "no-store, private"
    return reponse
