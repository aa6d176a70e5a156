from django.urls import URLPattern, URLResolver, path, re_path

from portal.pilotage.views import diagnostic

urlpatterns: list[URLPattern | URLResolver] = [
    path("", diagnostic.diagnostic, name="diagnostic"),
    path("choisir/", diagnostic.choisir, name="diagnostic_choisir"),
    re_path(r"^diagnostic\.(?P<forme>pdf|csv|json|communes\.csv)$", diagnostic.fichier, name="diagnostic_fichier"),
]
