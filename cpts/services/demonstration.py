"""The practitioners of the demonstration: plainly fictitious, each attached to a demonstration account."""

from typing import Final

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cpts.enums import StatutRattachement
from cpts.models import LieuExercice, Praticien, Rattachement
from portal.accounts.models import User
from portal.core.models import Evenement
from zonage.calculs.noms import cle_tri
from zonage.enums import Profession
from zonage.models import Commune

FICHES: Final = {
    "00000000071": (Profession.MEDECIN, "FICTIF", "Camille", "71076"),
    "00000000072": (Profession.MASSEUR_KINESITHERAPEUTE, "FICTIF", "Dominique", "71137"),
}
"""RPPS (no real number begins by so many zeros): profession, name, commune of practice."""


def attach_praticien(user: User, *, rpps: str) -> None:
    """Make the record and its place once, and give it to this account."""
    profession, nom, prenom, code_insee = FICHES[rpps]
    jour = timezone.localdate()
    praticien, cree = Praticien.objects.get_or_create(
        pk=rpps,
        defaults={
            "profession": profession,
            "nom": nom,
            "prenom": prenom,
            "cle_nom": cle_tri(f"{nom} {prenom}"),
            "vu_le": jour,
        },
    )
    commune = Commune.objects.select_related("departement").filter(code_insee=code_insee).order_by("pk").first()
    if cree and commune is not None:
        LieuExercice.objects.create(
            praticien=praticien,
            commune=commune,
            code_publie=code_insee,
            cle="demonstration",
            mode_exercice="L",
            enseigne="Cabinet de démonstration",
            periode=DateRange(jour, None),
        )
    if Rattachement.objects.filter(proprietaire=user, statut=StatutRattachement.VALIDE).exists():
        return
    rattachement = Rattachement.objects.create(
        proprietaire=user,
        praticien=praticien,
        statut=StatutRattachement.VALIDE,
        region_code=commune.departement.region_id if commune else "",
        departement_code=commune.departement_id if commune else "",
        guichet="ars",
        decide_le=timezone.now(),
    )
    Evenement.objects.create(
        objet=f"cpts.rattachement:{rattachement.pk}", action="validation", details={"moyen": "demonstration"}
    )
