"""The portal without its cache of whole pages: what an uncached page costs."""

from portal.settings.dev import *  # noqa: F403
from portal.settings.dev import CACHES

CACHES["pages"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
