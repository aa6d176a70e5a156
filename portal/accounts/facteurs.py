"""The second factor: a code of six digits from an application (TOTP), or a recovery code kept on paper."""

import hashlib
import secrets
from base64 import b32encode

import segno
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.limites import PAR_COMPTE, give_back, read_appareil, record_lockout, take
from portal.accounts.models import CodeSecours, User
from portal.accounts.mots_de_passe import post_alerte
from portal.accounts.sessions import CLE_SESSION, end_sessions, mark_verified
from portal.core.models import Evenement

NOMBRE_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LONGUEUR_CODE = 16


def find_device(user: User) -> TOTPDevice | None:
    """The application that gives the codes of somebody."""
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).order_by("pk").first()


@transaction.atomic
def prepare_device(user: User) -> TOTPDevice:
    """The key shown at enrolment: the same until it is confirmed, so that a page read twice shows one key."""
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).order_by("pk").first()
    return device or TOTPDevice.objects.create(user=user, confirmed=False, name="Application")


def draw_qr(device: TOTPDevice) -> str:
    """The key as an image that an application reads, in the page itself: a data address, which the CSP allows."""
    qr = segno.make(device.config_url, error="m", micro=False)
    return str(qr.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def read_key(device: TOTPDevice) -> str:
    """The key as it is typed by hand, by groups of four."""
    cle = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(cle[debut : debut + 4] for debut in range(0, len(cle), 4))


def confirm_device(request: HttpRequest, user: User, code: str) -> bool:
    """Enrol: the application shows the right code. Raises TropDeTentatives."""
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).order_by("pk").first()
    if device is None or not _verify(request, user, device, code):
        return False
    with transaction.atomic():
        TOTPDevice.objects.filter(user_id=user.pk).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        mark_verified(request, device, "totp")
        end_sessions(user, sauf=request.session.get(CLE_SESSION), par=user)
        _record(user, "second_facteur_active", par=user)
        post_alerte(user, "facteur_active")
    return True


def verify_code(request: HttpRequest, user: User, code: str) -> str:
    """Give the second factor in this session: "totp", "secours" (a recovery code), or "" when the code is wrong.

    Raises TropDeTentatives. A code serves once, even to two requests at the same time.
    """
    device = find_device(user)
    if device is None:
        return ""
    propre = "".join(code.split()).replace("-", "").lower()
    if len(propre) == LONGUEUR_CODE:
        if not _spend(request, user, propre):
            return ""
        mark_verified(request, device, "secours")
        _record(user, "code_secours_utilise", par=user)
        return "secours"
    if not _verify(request, user, device, propre):
        return ""
    mark_verified(request, device, "totp")
    _record(user, "second_facteur_donne", par=user)
    return "totp"


def _limits(request: HttpRequest, user: User) -> dict[str, int]:
    appareil = read_appareil(request, user.email or "") if user.email else ""
    return {f"code:appareil:{appareil}" if appareil else f"code:compte:{user.pk}": PAR_COMPTE}


def _verify(request: HttpRequest, user: User, device: TOTPDevice, code: str) -> bool:
    propre = "".join(code.split())
    cles = _limits(request, user)
    pleines = take(cles)
    if not (propre.isascii() and propre.isdigit()) or not verify_token(user, device.persistent_id, propre):
        record_lockout(pleines, user.email or "")
        return False
    give_back(list(cles))
    device.refresh_from_db()
    return True


def _spend(request: HttpRequest, user: User, code: str) -> bool:
    cles = _limits(request, user)
    pleines = take(cles)
    libres = CodeSecours.objects.filter(user_id=user.pk, empreinte=hash_code(user, code), utilise_le__isnull=True)
    if not libres.update(utilise_le=timezone.now()):
        record_lockout(pleines, user.email or "")
        return False
    give_back(list(cles))
    return True


def hash_code(user: User, code: str) -> str:
    """Eighty random bits need no slow digest."""
    return hashlib.sha256(f"maillage.secours:{user.pk}:{code}".encode()).hexdigest()


@transaction.atomic
def draw_codes(user: User) -> list[str]:
    """New recovery codes, shown this once; the former ones are dead."""
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
    CodeSecours.objects.filter(user_id=user.pk).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LONGUEUR_CODE)) for _ in range(NOMBRE_CODES)]
    CodeSecours.objects.bulk_create([CodeSecours(user=user, empreinte=hash_code(user, code)) for code in codes])
    _record(user, "codes_secours_tires", par=user)
    return ["-".join(code[debut : debut + 4] for debut in range(0, LONGUEUR_CODE, 4)) for code in codes]


def count_codes(user: User) -> int:
    return CodeSecours.objects.filter(user_id=user.pk, utilise_le__isnull=True).count()


@transaction.atomic
def remove_factor(user: User, *, par: User | None, session: int | None = None) -> None:
    """Forget the application and the codes; every other session ends. An agent will be asked to enrol again."""
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    CodeSecours.objects.filter(user_id=user.pk).delete()
    end_sessions(user, sauf=session, par=par)
    _record(user, "second_facteur_retire", par=par)
    post_alerte(user, "facteur")


def _record(user: User, action: str, *, par: User | None) -> None:
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action=action, auteur=par)
