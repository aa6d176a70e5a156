"""What the portal writes when a région wrote nothing. What no text was read for says « à instruire »."""

from collections.abc import Mapping

from aides.models import TypeCourrier

CODES: Mapping[str, str] = {
    TypeCourrier.ACCUSE: "ACC",
    TypeCourrier.CORRECTION: "COR",
    TypeCourrier.DECISION: "DEC",
    TypeCourrier.REFUS: "REF",
    TypeCourrier.CONTRAT: "CON",
    TypeCourrier.ATTESTATION: "ATT",
    TypeCourrier.RESILIATION: "RES",
}
"""What a number says of the type."""

OBJETS: Mapping[str, str] = {
    TypeCourrier.ACCUSE: "Accusé de dépôt de votre demande ({sigle})",
    TypeCourrier.CORRECTION: "Votre demande est à compléter ({sigle})",
    TypeCourrier.DECISION: "Votre demande est accordée ({sigle})",
    TypeCourrier.REFUS: "Votre demande est refusée ({sigle})",
    TypeCourrier.CONTRAT: "Votre contrat {contrat} ({sigle})",
    TypeCourrier.ATTESTATION: "Attestation de contrat ({sigle})",
    TypeCourrier.RESILIATION: "Fin du contrat {contrat} ({sigle})",
}

INTRODUCTIONS: Mapping[str, str] = {
    TypeCourrier.ACCUSE: (
        "Votre demande au titre du dispositif « {dispositif} », pour un exercice à {commune}, a été déposée le "
        "{jour_depot}. Elle porte le numéro {dossier}.\n\n"
        "L'administration vérifie maintenant qu'elle est complète. Vous n'avez rien à faire : s'il manque une pièce, "
        "elle vous sera demandée.\n\n"
        "Délai et effet du silence de l'administration : à instruire. Aucun texte n'a été vérifié à ce sujet pour ce "
        "dispositif."
    ),
    TypeCourrier.CORRECTION: (
        "Votre demande n° {dossier}, déposée le {jour_depot} au titre du dispositif « {dispositif} », ne peut pas "
        "encore être instruite. Ce qui est demandé est écrit ci-dessous.\n\n"
        "Le décompte du délai est suspendu jusqu'à votre réponse. Répondez et joignez vos pièces sur la page de votre "
        "dossier."
    ),
    TypeCourrier.DECISION: (
        "Votre demande n° {dossier}, déposée le {jour_depot} au titre du dispositif « {dispositif} » pour un exercice "
        "à {commune}, est accordée par décision du {jour_decision}.\n\n"
        "L'aide est versée selon le contrat, une fois celui-ci signé."
    ),
    TypeCourrier.REFUS: (
        "Votre demande n° {dossier}, déposée le {jour_depot} au titre du dispositif « {dispositif} » pour un exercice "
        "à {commune}, est refusée par décision du {jour_decision}. Le motif et les voies de recours sont écrits "
        "ci-dessous."
    ),
    TypeCourrier.CONTRAT: (
        "Le contrat {contrat}, signé le {jour_signature} au titre du dispositif « {dispositif} » pour un exercice à "
        "{commune}, prend effet le {jour_effet}. Ses versements et ses engagements sont écrits ci-dessous."
    ),
    TypeCourrier.ATTESTATION: (
        "{demandeur} est titulaire du contrat {contrat}, signé le {jour_signature} au titre du dispositif "
        "« {dispositif} » pour un exercice à {commune}. Le contrat court depuis le {jour_effet} ; le premier jour "
        "après son terme est : {terme}.\n\n"
        "La présente attestation est délivrée pour servir et valoir ce que de droit."
    ),
    TypeCourrier.RESILIATION: (
        "Le contrat {contrat}, signé le {jour_signature} au titre du dispositif « {dispositif} », a pris fin avant "
        "son terme. Ce que cette fin emporte est écrit ci-dessous."
    ),
}

RECOURS_ARS = (
    "Si vous contestez cette décision, vous pouvez, dans les deux mois qui suivent sa notification :\n\n"
    "- former un recours gracieux auprès de l'agence régionale de santé, ou un recours hiérarchique auprès du "
    "ministre chargé de la santé. Formé dans ce délai, il interrompt le délai du recours contentieux "
    "(code des relations entre le public et l'administration, article L. 411-2) ;\n\n"
    "- saisir le tribunal administratif compétent d'un recours contentieux (code de justice administrative, article "
    "R. 421-1)."
)
"""Read on 22 November 2026: CJA R. 421-1 (version of 2020-01-01), R. 421-5; CRPA L. 411-2 (version of 2016-01-01)."""

RECOURS_A_INSTRUIRE = (
    "Voies et délais de recours : à instruire. Le portail n'a vérifié aucun texte pour cet acte ; demandez-les au "
    "service qui a signé ce courrier."
)
RECOURS: Mapping[tuple[str, str], str] = {
    ("ars", TypeCourrier.REFUS): RECOURS_ARS,
    ("ars", TypeCourrier.DECISION): RECOURS_ARS,
}
AVEC_RECOURS = frozenset({TypeCourrier.DECISION, TypeCourrier.REFUS, TypeCourrier.RESILIATION})
"""A decision of the CPAM, and the end of a contract (CJA R. 421-1, third paragraph): to be settled by the région."""

EXPEDITEURS: Mapping[str, str] = {
    "ars": "Agence régionale de santé {region}",
    "cpam": "Caisse primaire d'assurance maladie ({departement})",
}
SIGNATAIRES: Mapping[str, str] = {
    "ars": "Pour l'agence régionale de santé",
    "cpam": "Pour la caisse primaire d'assurance maladie",
}
"""Used when the région wrote no letter of the type: the letter then says that its text is the portal's."""
SANS_MODELE = "Texte du portail : la région n'a pas encore écrit le sien."


def find_recours_defaut(guichet: str, type_courrier: str) -> str:
    """The remedies of the portal; « à instruire » where no text was read; "" for what is not a decision."""
    if type_courrier not in AVEC_RECOURS:
        return ""
    return RECOURS.get((guichet, type_courrier), RECOURS_A_INSTRUIRE)
