"""The portal without its cache of whole pages: what an uncached page costs."""

from bench.pairs.reglages_portail import *  # noqa: F403
from bench.pairs.reglages_portail import CACHES

CACHES["pages"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
