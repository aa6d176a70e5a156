"""Facts of the other professions' contracts, of the tax measures and of the aids of local authorities."""

from collections.abc import Mapping
from decimal import Decimal

PARAMEDICAUX = ("infirmier", "masseur_kinesitherapeute", "sage_femme", "orthophoniste", "chirurgien_dentiste")

AUTRES: Mapping[str, Mapping[str, object]] = {
    "mode_installation": {
        "type": "choix",
        "suppose": ("statut", ("projet", "installe")),
        "libelle": "Mode d'installation",
        "question": "Comment vous installez-vous, ou vous êtes-vous installé, dans cette commune ?",
        "aide": "Un contrat ou une exonération peut distinguer la création, la reprise et l'arrivée dans un cabinet.",
        "choix": (
            ("creation", "Je crée un cabinet, sans reprendre de patientèle"),
            ("reprise", "Je reprends le cabinet d'un confrère qui part"),
            ("integration", "Je rejoins un cabinet existant (associé, collaborateur, assistant)"),
            ("suite", "Je déplace ou continue ma propre activité, avec mes patients"),
        ),
    },
    "contrat_incitatif": {
        "type": "bool",
        "suppose": ("profession", PARAMEDICAUX),
        "libelle": "Contrat incitatif en cours",
        "question": "Avez-vous déjà un contrat incitatif en cours avec l'Assurance Maladie ?",
        "aide": "Contrat d'aide à l'installation ou au maintien de votre profession : ils ne se cumulent pas.",
    },
    "formation_ipa": {
        "type": "bool",
        "suppose": ("profession", ("infirmier",)),
        "libelle": "Formation d'infirmier en pratique avancée",
        "question": "Suivez-vous, ou allez-vous suivre, la formation d'infirmier en pratique avancée (IPA) ?",
        "aide": "Deux années de master, après trois ans d'exercice. Chaque région décide de son soutien.",
        "passages": ((False, True, "suivre la formation d'infirmier en pratique avancée"),),
    },
    "effectif_cabinet": {
        "type": "entier",
        "suppose": ("mode_installation", ("creation", "reprise", "integration", "suite")),
        "libelle": "Salariés du cabinet",
        "question": "Combien de salariés votre cabinet emploie-t-il, ou emploiera-t-il ?",
        "aide": "L'exonération d'impôt en zone rurale vaut pour les cabinets de moins de onze salariés.",
        "unite": "salariés",
        "minimum": Decimal(0),
        "maximum": Decimal(1000),
    },
    "regime_imposition": {
        "type": "choix",
        "suppose": ("mode_installation", ("creation", "reprise", "integration", "suite")),
        "libelle": "Régime d'imposition",
        "question": "Comment vos bénéfices sont-ils, ou seront-ils, déclarés ?",
        "aide": "Déclaration contrôlée : formulaire 2035, frais réels. Micro-BNC : abattement forfaitaire.",
        "choix": (
            ("reel", "Déclaration contrôlée (2035), ou société"),
            ("micro", "Micro-BNC"),
        ),
        "passages": (("micro", "reel", "opter pour la déclaration contrôlée"),),
    },
    "aide_collectivite_deja": {
        "type": "bool",
        "libelle": "Aide d'une collectivité déjà obtenue",
        "question": "Une collectivité vous a-t-elle déjà accordé une aide à l'installation ou au maintien ?",
        "aide": "Commune, intercommunalité, département ou région : une même aide ne revient qu'après dix ans.",
    },
    "date_convention_collectivite": {
        "type": "date",
        "suppose": ("aide_collectivite_deja", (True,)),
        "libelle": "Signature de la dernière convention",
        "question": "Quand avez-vous signé la dernière convention avec une collectivité ?",
        "aide": "Les dix ans se comptent depuis la signature de la dernière convention, où que ce soit.",
    },
}
