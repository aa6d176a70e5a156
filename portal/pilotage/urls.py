from django.urls import URLPattern, URLResolver, re_path

from portal.pilotage.urls_chiffres import RECU
from portal.pilotage.views import recus

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^chiffres/{RECU}$", recus.prive, name="pilotage_recu"),
    re_path(rf"^chiffres/{RECU}lignes\.csv$", recus.prive_csv, name="pilotage_recu_csv"),
]
