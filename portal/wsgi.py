"""What gunicorn serves. The addresses are read here: with `--preload` every import is done once, before the fork."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.prod")

application = get_wsgi_application()
get_resolver()._populate()
import_string("portal.core.sante.list_migrations")()  # what « /pret/ » compares: a third of a second, once
# What is imported stays: looked at again and again, it took a sixth of the time of a page, with long pauses.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 50, 100)
