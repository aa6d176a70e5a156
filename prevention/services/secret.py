"""Keep `Releve.secret` true: after each writing, over all the territories of the same target and period at once."""

from datetime import date

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange

from prevention.calculs.secret import hide_cellules
from prevention.calculs.taux import Effectif
from prevention.enums import Secret
from prevention.models import Cible, Releve
from prevention.territoires import build_sommes

LOT = 5000


def refresh_secret(cible: Cible, periode: DateRange, *, au: date) -> int:
    """Returns the figures whose showing changed. Perimeters of CPTS are those of `au`."""
    lignes = list(
        Releve.objects.courants()
        .filter(cible=cible, periode=periode)
        .order_by("pk")
        .only("pk", "territoire_type", "territoire_code", "numerateur", "denominateur", "exclusions", "secret")
    )
    effectifs = {(r.territoire_type, r.territoire_code): read_effectif(r) for r in lignes}
    sommes = build_sommes(effectifs, au=au)
    primaires, secondaires = hide_cellules(effectifs, sommes, settings.MAILLAGE_SEUIL_SECRET)
    changes: dict[str, list[int]] = {secret: [] for secret in Secret.values}
    for releve in lignes:
        cle = (releve.territoire_type, releve.territoire_code)
        voulu = Secret.PRIMAIRE if cle in primaires else Secret.SECONDAIRE if cle in secondaires else Secret.AUCUN
        if releve.secret != voulu:
            changes[voulu.value].append(releve.pk)
    for secret, cles in changes.items():
        for debut in range(0, len(cles), LOT):
            Releve.objects.filter(pk__in=cles[debut : debut + LOT]).update(secret=secret)
    return sum(map(len, changes.values()))


def read_effectif(releve: Releve) -> Effectif:
    return Effectif(releve.numerateur, releve.denominateur, releve.exclusions)


def refresh_tout(*, au: date) -> int:
    """After the threshold, or the perimeters, changed."""
    couples = Releve.objects.courants().order_by("cible_id", "periode").values_list("cible_id", "periode").distinct()
    cibles = {cible.pk: cible for cible in Cible.objects.order_by("pk")}
    return sum(refresh_secret(cibles[cible], periode, au=au) for cible, periode in couples)
