"""The edits of a draft: what each one adds or removes, and what it must ask before."""

from dataclasses import dataclass
from typing import Any

from cpts.forms_perimetre import Saisie
from cpts.lecture_perimetres import Heritages
from cpts.models import Perimetre
from cpts.services.perimetres import PerimetreRefuse, edit_brouillon
from cpts.services.perimetres_groupes import RAYON_MAX_KM, list_communes_groupe, list_communes_rayon
from cpts.services.perimetres_rapprochement import LIGNES_MAX, Ecrit, Rapprochement, match_ecrits, split_texte
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Issue:
    """What an edit did (`phrase`), or what somebody must choose first (`rapport`): nothing is written then.

    `heritages`: what the edit read of the reference data, for the page that follows it.
    """

    phrase: str = ""
    rapport: tuple[Rapprochement, ...] = ()
    heritages: Heritages | None = None


def apply_saisie(perimetre: Perimetre, saisie: Saisie, *, par: User) -> Issue:
    """Raises PerimetreRefuse, PerimetreModifie."""
    if saisie.acte == "coller":
        return paste(perimetre, saisie, par=par)
    if saisie.acte == "commune":
        return add_commune(perimetre, saisie, par=par)
    if saisie.acte == "groupe":
        codes = list_communes_groupe(saisie.groupe)
        if not codes:
            raise PerimetreRefuse("Choisissez un groupe de communes dans la liste.")
        return write(perimetre, saisie, par=par, ajoute=codes)
    if saisie.acte == "basculer":
        dedans = perimetre.lignes.filter(commune__in=[*saisie.codes]).exists()
        return write(perimetre, saisie, par=par, **{"retire" if dedans else "ajoute": saisie.codes})
    if not saisie.codes:
        raise PerimetreRefuse("Cochez au moins une commune.")
    if saisie.acte == "retirer":
        return write(perimetre, saisie, par=par, retire=saisie.codes)
    return write(perimetre, saisie, par=par, ajoute=saisie.codes)


def write(perimetre: Perimetre, saisie: Saisie, *, par: User, **changements: Any) -> Issue:
    heritages = Heritages()
    edition = edit_brouillon(perimetre, par=par, version=read_version(saisie), heritages=heritages, **changements)
    return Issue(describe(len(edition.ajoutees), len(edition.retirees)), heritages=heritages)


def read_version(saisie: Saisie) -> int:
    """−1 is the version of nothing: a form without one is refused as an old one."""
    return -1 if saisie.version is None else saisie.version


def describe(ajoutees: int, retirees: int) -> str:
    dites = [
        f"{nombre} commune{'s' if nombre > 1 else ''} {mot}{'s' if nombre > 1 else ''}"
        for nombre, mot in ((ajoutees, "ajoutée"), (retirees, "retirée"))
        if nombre
    ]
    return f"{', '.join(dites)}." if dites else "Rien n’a changé : ces communes y étaient déjà, ou n’y étaient pas."


def paste(perimetre: Perimetre, saisie: Saisie, *, par: User) -> Issue:
    """Written at once when every line is sure; else a report, where somebody chooses."""
    ecrits = split_texte(saisie.texte)
    if not ecrits:
        raise PerimetreRefuse("Collez des noms ou des codes de communes, un par ligne.")
    if len(ecrits) > LIGNES_MAX:
        raise PerimetreRefuse(f"{len(ecrits)} lignes collées : {LIGNES_MAX} au plus à la fois.")
    rapport = match_ecrits(ecrits, departements=find_departements(perimetre))
    codes = [code for lu in rapport if (code := lu.code)]
    if len(codes) == len(rapport):
        return write(perimetre, saisie, par=par, ajoute=codes)
    return Issue(rapport=tuple(rapport))


def add_commune(perimetre: Perimetre, saisie: Saisie, *, par: User) -> Issue:
    if saisie.rayon is None:
        raise PerimetreRefuse(f"Le rayon est un nombre de kilomètres, de 0 à {RAYON_MAX_KM}.")
    code = saisie.code
    if not code:
        if not saisie.lieu:
            raise PerimetreRefuse("Écrivez le nom ou le code d’une commune.")
        (lu,) = match_ecrits([Ecrit(1, saisie.lieu)], departements=find_departements(perimetre))
        if lu.code is None:
            return Issue(rapport=(lu,))
        code = lu.code
    if not saisie.rayon:
        return write(perimetre, saisie, par=par, ajoute=[code])
    try:
        codes = list_communes_rayon(code, saisie.rayon)
    except LookupError as absente:
        raise PerimetreRefuse(
            "Cette commune n’a pas de place connue sur la carte : ajoutez-la sans rayon."
        ) from absente
    return write(perimetre, saisie, par=par, ajoute=codes)


def find_departements(perimetre: Perimetre) -> frozenset[str]:
    """Those of the CPTS and of the communes drawn: a homonym there is offered first."""
    lus = perimetre.lignes.order_by().values_list("commune__departement_id", flat=True).distinct()
    return frozenset({perimetre.cpts.departement_code, *lus})
