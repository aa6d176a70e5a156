"""Persons that many tests ask about, as the answers of a questionnaire."""

JEUNE_GENERALISTE = {
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "type_cabinet": "principal",
    "premiere_installation": "oui",
    "secteur": "secteur_1",
    "jours_semaine": "3.5",
    "exercice_coordonne": "groupe",
    "pdsa": "oui",
}
"""She settles for the first time, in a group, three and a half days a week, and takes part in on-call duty."""
