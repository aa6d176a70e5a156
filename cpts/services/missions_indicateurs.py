"""The indicators of the dialogue de gestion: an objective a year, a value entered with its source, or computed."""

from typing import Any

from django.db.models import F

from cpts.erreurs import CHANGE, VersionPerimee
from cpts.models import IndicateurMission, Mission
from cpts.services.missions import check_ecriture
from cpts.services.missions_refus import act, refuse_nir, write_evenement

CHAMPS = ("libelle", "annee", "calcul", "unite", "depart", "objectif", "valeur", "source")


def add_indicateur(mission: Mission, champs: dict[str, Any], *, par: Any) -> IndicateurMission:
    check_ecriture(par, mission.cpts)
    valeurs = _clean(champs)
    with act():
        indicateur = IndicateurMission.objects.create(mission=mission, **valeurs)
        write_evenement(mission.cpts, "indicateur_ajoute", par, mission=mission.type, annee=valeurs["annee"])
    return indicateur


def save_indicateur(indicateur: IndicateurMission, champs: dict[str, Any], *, par: Any, version: int) -> None:
    check_ecriture(par, indicateur.mission.cpts)
    valeurs = _clean(champs)
    with act():
        if not IndicateurMission.objects.filter(pk=indicateur.pk, version=version).update(
            version=F("version") + 1, **valeurs
        ):
            raise VersionPerimee(CHANGE)
        mission = indicateur.mission
        write_evenement(mission.cpts, "indicateur_modifie", par, mission=mission.type, annee=valeurs["annee"])


def delete_indicateur(indicateur: IndicateurMission, *, par: Any) -> None:
    check_ecriture(par, indicateur.mission.cpts)
    with act():
        mission, annee = indicateur.mission, indicateur.annee
        indicateur.delete()
        write_evenement(mission.cpts, "indicateur_retire", par, mission=mission.type, annee=annee)


def _clean(champs: dict[str, Any]) -> dict[str, Any]:
    """A computed indicator keeps no value of its own."""
    valeurs: dict[str, Any] = {nom: champs.get(nom) for nom in CHAMPS}
    for nom in ("libelle", "calcul", "unite", "source"):
        valeurs[nom] = valeurs[nom] or ""
    if valeurs["calcul"]:
        valeurs["valeur"] = None
    refuse_nir(libelle=valeurs["libelle"], source=valeurs["source"])
    return valeurs
