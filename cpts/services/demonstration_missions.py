"""What a CPTS does, for the demonstration: missions under way, meetings, members, and amounts that are all invented.

The founding texts give the day of the ACI of the CPTS du Chalonnais and nothing of its meetings or of its money.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cpts.enums import GenrePreuve, Instance, StatutMission, TypeMission
from cpts.models import Cpts, IndicateurMission, Membre, Mission, ParametreAci, Presence, Reunion
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.missions import add_preuve, list_a_ouvrir, open_missions
from cpts.services.missions_calculs import find_annee
from cpts.services.reunions import name_objet

CODE: Final = "71-chalonnais"
REFERENCE: Final = "Démonstration : montant inventé, aucun texte lu ne le donne"
FIXES: Final = {
    TypeMission.ACCES_SOINS: (80_000, 40_000),
    TypeMission.PARCOURS: (50_000, 25_000),
    TypeMission.PREVENTION: (20_000, 10_000),
    TypeMission.CRISE: (37_500, 12_500),
}
DEMARREES: Final = {
    TypeMission.ACCES_SOINS: 150,
    TypeMission.CRISE: 170,
    TypeMission.PARCOURS: 330,
    TypeMission.PREVENTION: 355,
}
DEPLOYEES: Final = {TypeMission.ACCES_SOINS: 500, TypeMission.PREVENTION: 700}
"""Days after the signature: two missions on time, two late, whatever the day after 27/09/2026."""
MEMBRES: Final = (
    ("FICTIVE Alix", "Médecin", Instance.BUREAU, "Présidente"),
    ("FICTIF Basile", "Infirmier", Instance.BUREAU, "Trésorier"),
    ("FICTIVE Céleste", "Sage-femme", Instance.CONSEIL, ""),
    ("FICTIF Damien", "Masseur-kinésithérapeute", Instance.CONSEIL, ""),
    ("FICTIVE Édith", "Pharmacienne", Instance.COPIL, "Référente prévention"),
    ("FICTIF Florent", "Chirurgien-dentiste", Instance.AUCUNE, ""),
    ("FICTIVE Garance", "Orthophoniste", Instance.AUCUNE, ""),
    ("FICTIF Hilaire", "Médecin", Instance.COPIL, "Référent parcours"),
)
REUNIONS: Final = (
    (TypeMission.ACCES_SOINS, 120, "Patients sans médecin traitant : organiser l'accueil", 6, True),
    (TypeMission.ACCES_SOINS, 60, "Soins non programmés : point sur les créneaux", 5, False),
    (TypeMission.PARCOURS, 90, "Parcours insuffisance cardiaque : protocole commun", 7, True),
    (TypeMission.PREVENTION, 45, "Préparer la vaccination d'automne", 4, True),
    (TypeMission.CRISE, 30, "Plan de crise : relire l'annuaire d'alerte", 6, False),
)
"""Mission, days ago, subject, people, whether all signed. Minutes are left to add: what is missing is seen."""


def load_missions(avance: Callable[[str], None]) -> str:
    """Open the missions of every signed ACI; fill those of the CPTS of the demonstration, once."""
    avance("missions")
    with transaction.atomic():
        ouvertes = sum(open_missions(cpts) for cpts in list_a_ouvrir())
        cpts = Cpts.objects.filter(code=CODE, aci_signe_le__isnull=False).order_by("code").first()
        if cpts is None:
            return f"Missions : {ouvertes} ouvertes ; la CPTS de démonstration n'est pas chargée."
        _write_parametres(cpts)
        if not Reunion.objects.filter(cpts=cpts).exists():
            _write_vie(cpts, timezone.localdate())
        refresh_argent(cpts)
    return f"Missions : {ouvertes} ouvertes ; réunions, membres et montants inventés de {cpts.nom}."


def _write_parametres(cpts: Cpts) -> None:
    for mission, (fixe, variable) in FIXES.items():
        for code, valeur in (("mission_fixe", fixe), ("mission_variable", variable)):
            ParametreAci.objects.get_or_create(
                region_code=cpts.region_code,
                code=code,
                taille=0,
                mission=mission,
                demonstration=True,
                defaults={
                    "valeur": Decimal(valeur),
                    "reference": REFERENCE,
                    "periode": DateRange(date(2019, 8, 25), None),
                },
            )


def _write_vie(cpts: Cpts, au: date) -> None:
    signe_le = cpts.aci_signe_le or au
    membres = [
        Membre.objects.create(
            cpts=cpts,
            nom=nom,
            profession=profession,
            instance=instance,
            fonction=fonction,
            periode=DateRange(signe_le, None),
        )
        for nom, profession, instance, fonction in MEMBRES
    ]
    missions = {mission.type: mission for mission in Mission.objects.filter(cpts=cpts).order_by("pk")[:20]}
    for type_mission, jours in DEMARREES.items():
        _move(missions[type_mission], StatutMission.DEMARREE, "demarree_le", signe_le + timedelta(days=jours), au)
    for type_mission, jours in DEPLOYEES.items():
        _move(missions[type_mission], StatutMission.DEPLOYEE, "deployee_le", signe_le + timedelta(days=jours), au)
    annee = find_annee(cpts, au)
    for mission in missions.values():
        IndicateurMission.objects.get_or_create(
            mission=mission,
            annee=annee,
            libelle="Réunions tenues",
            defaults={"calcul": "reunions_tenues", "unite": "réunions", "objectif": Decimal(4)},
        )
    for type_mission, avant, titre, nombre, signees in REUNIONS:
        _write_reunion(cpts, missions[type_mission], au - timedelta(days=avant), titre, membres[:nombre], signees)


def _move(mission: Mission, statut: StatutMission, champ: str, jour: date, au: date) -> None:
    """One state further, when its day has come."""
    if jour > au:
        return
    mission.statut, mission.version = statut, mission.version + 1
    setattr(mission, champ, jour)
    mission.save(update_fields=["statut", champ, "version"])


def _write_reunion(
    cpts: Cpts, mission: Mission, jour: date, titre: str, presents: list[Membre], signees: bool
) -> None:
    reunion = Reunion.objects.create(
        cpts=cpts, mission=mission, titre=titre, jour=jour, duree_minutes=90, lieu="Chalon-sur-Saône", brouillon=False
    )
    Presence.objects.bulk_create(
        Presence(reunion=reunion, membre=membre, signe=signees or rang > 0, indemnite=Decimal(75))
        for rang, membre in enumerate(presents)
    )
    add_preuve(mission, genre=GenrePreuve.REUNION, libelle=f"Réunion : {titre}", jour=jour, objet=name_objet(reunion))
