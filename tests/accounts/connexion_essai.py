"""Who has given a second factor, for the tests: a device, and a session that it verified."""

import time
from typing import Any

from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.sessions import CLE_PREUVE


def give_device(user: Any) -> TOTPDevice:
    """The application of somebody, already enrolled."""
    device, _cree = TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "Application"})
    return device


def read_code(device: TOTPDevice, *, decalage: int = 0) -> str:
    """What the application shows now, or some steps of thirty seconds later."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + decalage * device.step
    return f"{totp.token():06d}"


def verify_otp(client: Client, user: Any) -> TOTPDevice:
    """Sign `user` in with both factors, and a proof fresh enough for « sudo »."""
    device = give_device(user)
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session[CLE_PREUVE] = timezone.now().timestamp()
    session.save()
    return device
