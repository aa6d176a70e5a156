"""Facts that only doctors' and students' schemes of the second wave ask for.

A scheme that rests on a choice of the person (to employ somebody, to host a trainee) asks for that choice first, by
one question: whoever does not make it is asked nothing else of that scheme.
"""

from collections.abc import Mapping
from decimal import Decimal

MEDECINS: Mapping[str, Mapping[str, object]] = {
    "annee_etudes": {
        "type": "choix",
        "suppose": ("statut", ("etudiant",)),
        "libelle": "Année d'études",
        "question": "En quelle année d'études êtes-vous ?",
        "aide": "Docteur junior : dernière année de l'internat de médecine générale, depuis novembre 2026.",
        "choix": (
            ("premiere", "Première année"),
            ("cycle_1", "Deuxième ou troisième année"),
            ("cycle_2", "Quatrième année ou plus, internat compris"),
            ("docteur_junior", "Docteur junior en médecine générale"),
        ),
    },
    "qpv": {
        "type": "bool",
        "libelle": "Quartier prioritaire de la ville",
        "question": "Le cabinet est-il dans un quartier prioritaire de la politique de la ville (QPV) ?",
        "aide": "C'est l'adresse exacte qui compte. Le quartier ne fait pas toujours partie d'une zone prioritaire.",
    },
    "accueil_stagiaire": {
        "type": "choix",
        "suppose": ("statut", ("installe",)),
        "libelle": "Accueil d'un étudiant en stage",
        "question": "Accueillez-vous un étudiant en stage, ou allez-vous en accueillir un ?",
        "aide": "Comme maître de stage universitaire (MSU), avec l'agrément de la faculté.",
        "choix": (
            ("aucun", "Non"),
            ("externe", "Un externe (deuxième cycle)"),
            ("interne", "Un interne"),
            ("docteur_junior", "Un docteur junior en médecine générale"),
        ),
        "passages": (
            ("aucun", "externe", "accueillir un externe comme maître de stage"),
            ("aucun", "interne", "accueillir un interne comme maître de stage"),
            ("aucun", "docteur_junior", "accueillir un docteur junior comme maître de stage"),
        ),
    },
    "consultations_avancees": {
        "type": "bool",
        "suppose": ("statut", ("installe",)),
        "libelle": "Consultations avancées",
        "question": "Voulez-vous donner des consultations dans cette commune, en plus de votre cabinet ?",
        "aide": "Des consultations régulières, loin de votre cabinet, dans une zone d'intervention prioritaire.",
        "passages": ((False, True, "donner des consultations avancées dans cette commune"),),
    },
    "emploi_assistant": {
        "type": "bool",
        "libelle": "Emploi d'un assistant médical",
        "question": "Voulez-vous employer un assistant médical ?",
        "aide": "L'Assurance Maladie aide à payer son salaire, contre l'accueil de nouveaux patients.",
        "passages": ((False, True, "employer un assistant médical"),),
    },
    "assistant_etp": {
        "type": "choix",
        "suppose": ("emploi_assistant", (True,)),
        "libelle": "Temps de l'assistant médical",
        "question": "Pour quel temps de travail ?",
        "aide": "Un assistant peut être partagé entre plusieurs médecins : comptez votre part.",
        "choix": (("un", "Temps plein"), ("demi", "Mi-temps"), ("tiers", "Un tiers de temps")),
        "passages": (("tiers", "demi", "l'employer à mi-temps"), ("tiers", "un", "l'employer à temps plein")),
    },
    "patientele": {
        "type": "choix",
        "suppose": ("emploi_assistant", (True,)),
        "libelle": "Taille de la patientèle",
        "question": "Où se situe votre patientèle parmi celles des médecins de votre spécialité ?",
        "aide": "Votre caisse vous donne ce rang. 30e percentile : trois confrères sur dix suivent moins de patients.",
        "choix": (
            ("sous_p30", "Sous le 30e percentile"),
            ("p30", "Du 30e au 89e percentile"),
            ("p90", "Du 90e au 94e percentile"),
            ("p95", "Au 95e percentile ou au-dessus"),
            ("nouveau", "Je m'installe : je n'ai pas encore de patientèle"),
        ),
    },
    "famille_specialite": {
        "type": "choix",
        "suppose": ("specialite", ("autre",)),
        "libelle": "Famille de spécialités",
        "question": "Votre spécialité est-elle l'une de celles-ci ?",
        "aide": "L'aide à l'emploi d'un assistant médical ne va pas aux spécialités surtout techniques.",
        "choix": (
            ("aucune", "Non, une autre spécialité"),
            (
                "technique",
                "Radiologie, radiothérapie, stomatologie, anesthésie, anatomopathologie ou médecine nucléaire",
            ),
            ("chirurgie_clinique", "Chirurgie, ORL ou gynécologie, avec 80 % d'honoraires cliniques ou plus"),
            ("chirurgie_technique", "Chirurgie, ORL ou gynécologie, avec moins de 80 % d'honoraires cliniques"),
        ),
    },
    "fmt_socle": {
        "type": "entier",
        "libelle": "Forfait médecin traitant, partie socle",
        "question": "À combien estimez-vous la partie socle de votre forfait médecin traitant, par an ?",
        "aide": "Sans les majorations ni les indicateurs de prévention. Sert seulement à estimer le montant.",
        "unite": "€ par an",
        "minimum": Decimal(0),
        "maximum": Decimal(500000),
    },
}
