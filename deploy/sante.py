"""The health check of the image: the portal answers on its own port as the front server would ask it."""

import os
import sys
import urllib.error
import urllib.request

HOTE = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
DEMANDE = urllib.request.Request("http://127.0.0.1:8000/sante/", headers={"Host": HOTE, "X-Forwarded-Proto": "https"})

try:
    with urllib.request.urlopen(DEMANDE, timeout=4) as reponse:  # noqa: S310
        sys.exit(0 if reponse.status == 200 else 1)
except (urllib.error.URLError, OSError):
    sys.exit(1)
