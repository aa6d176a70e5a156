"""Sessions: opened in one place, ended when idle, after twelve hours, or when their owner says so."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import login, logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.models import SessionOuverte, User
from portal.accounts.oidc_deconnexion import build_deconnexion_url, read_moyen
from portal.accounts.portee import read_portee
from portal.core.models import Evenement

OISIVE_AGENT = timedelta(minutes=30)
OISIVE = timedelta(minutes=60)
DUREE_MAX = timedelta(hours=12)
PAS = timedelta(seconds=30)
"""How precisely the last visit is known: one write per session at most in this time."""
BACKEND = "django.contrib.auth.backends.ModelBackend"
CLE_SESSION = "session_ouverte"
CLE_PREUVE = "preuve_le"
CLE_EXTERNE = "facteur_externe"
CLE_SANS_FACTEUR = "sans_facteur"
CLE_FIN = "fin_de_session"
MOYENS = {
    "motdepasse": "mot de passe",
    "totp": "mot de passe et code de l’application",
    "secours": "mot de passe et code de secours",
    "psc": "Pro Santé Connect",
    "proconnect": "ProConnect",
    "invitation": "invitation",
    "inscription": "inscription",
}
SYSTEMES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
NAVIGATEURS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)


def describe_appareil(agent: str) -> str:
    """« Firefox sur Windows »: what its owner recognises, and no more than that is kept."""
    navigateur = next((nom for marque, nom in NAVIGATEURS if marque in agent), "Navigateur inconnu")
    systeme = next((nom for marque, nom in SYSTEMES if marque in agent), "")
    return f"{navigateur} sur {systeme}" if systeme else navigateur


def open_session(
    request: HttpRequest, user: User, *, moyen: str, second_facteur: bool = False, backend: str = BACKEND
) -> SessionOuverte:
    """Sign somebody in: the only way. A new key, what the former session held is gone, one row in the journal.

    `moyen`: a key of MOYENS. A proof has just been given, so « sudo » begins here.
    `second_facteur`: the provider vouches for two factors (docs/adr/0110); the session then asks for no other.
    """
    with transaction.atomic():
        forget_session(request)
        request.session.flush()
        login(request, user, backend=backend)
        request.session[CLE_PREUVE] = timezone.now().timestamp()
        if second_facteur:
            request.session[CLE_EXTERNE] = moyen
        elif not TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists():
            request.session[CLE_SANS_FACTEUR] = True
        ouverte = _record(request, user, moyen)
        Evenement.objects.create(
            objet=f"accounts.user:{user.pk}", action="connexion", auteur=user, details={"moyen": moyen}
        )
    return ouverte


def _record(request: HttpRequest, user: User, moyen: str) -> SessionOuverte:
    if not request.session.session_key:
        request.session.create()
    ouverte, _creee = SessionOuverte.objects.update_or_create(
        cle=request.session.session_key,
        defaults={
            "user": user,
            "appareil": describe_appareil(request.META.get("HTTP_USER_AGENT", ""))[:120],
            "moyen": moyen,
        },
    )
    request.session[CLE_SESSION] = ouverte.pk
    return ouverte


def forget_session(request: HttpRequest) -> None:
    """The row of the session under way goes with it."""
    if pk := request.session.get(CLE_SESSION):
        SessionOuverte.objects.filter(pk=pk).delete()


@transaction.atomic
def close_session(request: HttpRequest) -> str:
    """Sign out. Returns the address where the provider of the identity can be left too, or ""."""
    user: Any = request.user
    sortie = build_deconnexion_url(request) or ""
    if user.is_authenticated:
        Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="deconnexion", auteur=user)
    forget_session(request)
    logout(request)
    return sortie


def check_session(request: HttpRequest) -> str:
    """Whether the session may go on: "" or why it may not. Writes the last visit."""
    user: Any = request.user
    maintenant = timezone.now()
    pk = request.session.get(CLE_SESSION)
    if pk is None:  # not by `open_session`: a provider, a former version of the portal, a test
        moyen = read_moyen(request)
        _record(request, user, moyen)
        if moyen:
            request.session[CLE_PREUVE] = maintenant.timestamp()
        return ""
    ouverte = SessionOuverte.objects.filter(pk=pk, user_id=user.pk).first()
    if ouverte is None:
        return "fermee"
    if maintenant - ouverte.ouverte_le > DUREE_MAX:
        return "duree"
    if maintenant - ouverte.vue_le > (OISIVE_AGENT if read_portee(user).est_agent else OISIVE):
        return "oisive"
    if maintenant - ouverte.vue_le > PAS or ouverte.cle != request.session.session_key:
        SessionOuverte.objects.filter(pk=pk).update(vue_le=maintenant, cle=request.session.session_key)
    return ""


@transaction.atomic
def end_sessions(user: User, *, sauf: int | None = None, seule: int | None = None, par: User | None = None) -> int:
    """End the sessions of somebody, from the next request on: all, all but one, or one. Returns how many.

    `par`: who ended them (None: the machine).
    """
    visees = SessionOuverte.objects.filter(user_id=user.pk)
    if sauf is not None:
        visees = visees.exclude(pk=sauf)
    if seule is not None:
        visees = visees.filter(pk=seule)
    cles = list(visees.values_list("cle", flat=True))
    visees.delete()
    Session.objects.filter(session_key__in=cles).delete()
    if cles:
        Evenement.objects.create(
            objet=f"accounts.user:{user.pk}",
            action="sessions_fermees",
            auteur=par,
            details={"sessions": len(cles)},
        )
    return len(cles)


def mark_verified(request: HttpRequest, device: TOTPDevice, moyen: str) -> None:
    """The second factor was given in this session."""
    request.session.cycle_key()
    request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    request.session.pop(CLE_SANS_FACTEUR, None)
    request.session[CLE_PREUVE] = timezone.now().timestamp()
    request.user.otp_device = device  # type: ignore[union-attr]
    SessionOuverte.objects.filter(pk=request.session.get(CLE_SESSION, 0)).update(
        moyen=moyen, cle=request.session.session_key
    )


def follow_session(request: HttpRequest) -> None:
    """The key of the session has just changed: its row follows."""
    SessionOuverte.objects.filter(pk=request.session.get(CLE_SESSION, 0)).update(cle=request.session.session_key)
