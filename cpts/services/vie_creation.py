"""A CPTS enters the portal: its code, its organisation, its record kept right. Its steps: `cpts.services.vie`."""

import re
from typing import Any

import pghistory
from django.db import IntegrityError, transaction

from cpts.droits import INSTRUIRE, may_instruct
from cpts.erreurs import ActeInvalide, DroitRefuse, VersionPerimee, explain_base
from cpts.models import Cpts
from cpts.services.vie import record
from portal.accounts.enums import TypeOrganisation
from portal.accounts.models import Organisation
from portal.accounts.organisations import find_region
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from zonage.calculs.noms import cle_tri

CODE_MAX = 20
SANS_SENS = frozenset(
    {"cpts", "communaute", "professionnelle", "territoriale", "sante"}
    | {"de", "du", "des", "la", "le", "les", "d", "l"}
)
FICHE = ("nom", "siege", "finess", "site_web", "courriel", "telephone")
"""What an agent corrects at any time; the rest changes by an act, or never."""


def build_base(departement: str, nom: str) -> str:
    """« 71-chalonnais » for « CPTS du Chalonnais »."""
    mots = [mot for mot in re.split(r"[^a-z0-9]+", cle_tri(nom).lower()) if mot and mot not in SANS_SENS]
    code = f"{departement.lower()}-{'-'.join(mots) or 'cpts'}"
    while len(code) > CODE_MAX and code.count("-") > 1:  # whole words, as long as there are several
        code = code.rpartition("-")[0]
    return code[:CODE_MAX].rstrip("-")


def propose_code(departement: str, nom: str) -> str:
    """Free today; a number follows when it is taken."""
    base = build_base(departement, nom)
    pris = set(Cpts.objects.filter(code__startswith=base[: CODE_MAX - 3]).order_by("pk").values_list("pk", flat=True))
    code, rang = base, 1
    while code in pris:
        rang += 1
        code = f"{base[: CODE_MAX - 1 - len(str(rang))].rstrip('-')}-{rang}"
    return code


@transaction.atomic
def create_cpts(*, par: Any, departement: str, nom: str, code: str = "", **champs: Any) -> Cpts:
    """In emergence, with its organisation, in whose name it is coordinated. Raises DroitRefuse, ActeInvalide."""
    region = find_region(departement)
    if region is None:
        raise ActeInvalide("Ce département n'existe pas.", {"departement": "Choisissez un département."})
    if not read_portee(par).covers(region, departement, *INSTRUIRE):
        raise DroitRefuse("Ce département est hors du périmètre où vous instruisez.")
    code = code or propose_code(departement, nom)
    if Cpts.objects.filter(pk=code).exists():
        raise ActeInvalide("Ce code est déjà celui d'une CPTS.", {"code": f"Choisissez un autre code que « {code} »."})
    territoire = {"region_code": region, "departement_code": departement}
    organisation, nouvelle = Organisation.objects.get_or_create(
        type=TypeOrganisation.CPTS, code=code, defaults={"nom": nom, **territoire}
    )
    if (organisation.region_code, organisation.departement_code) != (region, departement):
        raise ActeInvalide(
            "Une organisation d'un autre territoire a déjà ce code.", {"code": "Choisissez-en un autre."}
        )
    try:
        with transaction.atomic(), pghistory.context(acte="creation"):
            cpts = Cpts.objects.create(code=code, nom=nom, organisation=organisation, **territoire, **champs)
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur
    if nouvelle:
        Evenement.objects.create(
            objet=f"accounts.organisation:{organisation.pk}", action="creation", auteur=par, details={"type": "cpts"}
        )
    record(cpts, "creation", par, version=0)
    return cpts


@transaction.atomic
def update_fiche(cpts: Cpts, *, par: Any, version: int, **champs: Any) -> Cpts:
    """Correct the record. Raises DroitRefuse, VersionPerimee (somebody changed it since)."""
    if not may_instruct(par, cpts):
        raise DroitRefuse("Vous ne pouvez pas modifier la fiche de cette CPTS.")
    valeurs = {nom: champs[nom] for nom in FICHE if nom in champs}
    with pghistory.context(acte="fiche"):
        ecrites = Cpts.objects.filter(pk=cpts.pk, version=version).update(version=version + 1, **valeurs)
    cpts.refresh_from_db()
    if not ecrites:
        raise VersionPerimee("Cette fiche a changé depuis que vous l'avez ouverte : relisez-la, puis recommencez.")
    if cpts.organisation_id and "nom" in valeurs:
        Organisation.objects.filter(pk=cpts.organisation_id).exclude(nom=cpts.nom).update(nom=cpts.nom)
    record(cpts, "fiche", par, version=version + 1, champs=sorted(valeurs))
    return cpts
