from django.urls import URLPattern, URLResolver, re_path

from portal.pilotage.views import recus

# The pages of the open figures come before; a receipt is known by the size of its territory.
RECU = (
    r"(?P<indicateur>[a-z0-9_.]{3,80})/(?P<type>france|region|departement|epci|cpts|tvs)/(?P<code>[A-Za-z0-9-]{1,20})/"
)

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^{RECU}$", recus.public, name="chiffre_recu"),
    re_path(rf"^{RECU}lignes\.csv$", recus.public_csv, name="chiffre_recu_csv"),
]
