"""The reference table of niveaux: words, colours and what each opens, with its text."""

from zonage.models import Niveau

ARRETE_2017 = "CSP, art. L. 1434-4 ; arrêté du 13 novembre 2017, annexe II"
CHOIX_REGIONAL = "Mot propre à certaines régions : lisez l'arrêté de l'ARS"
CONVENTIONS = "CSP, art. L. 1434-4 ; convention de la profession et arrêté qui fixe sa méthode de zonage"

# Colours: one scale a family, from dark to light by even steps of luminance, so that greys and the three forms of
# colour blindness keep their order; the pages always write the name beside the colour.
NIVEAUX = [
    {
        "code": "zip",
        "libelle": "Zone d'intervention prioritaire",
        "abrege": "ZIP",
        "famille": "medecin",
        "rang": 1,
        "couleur": "#1d1147",
        "ouvre": (
            "Aides de l'assurance maladie à l'installation et au maintien, aides de l'État et des collectivités, "
            "exonération d'impôt sur la permanence des soins (CGI, art. 151 ter)."
        ),
        "reference": ARRETE_2017,
    },
    {
        "code": "zac",
        "libelle": "Zone d'action complémentaire",
        "abrege": "ZAC",
        "famille": "medecin",
        "rang": 2,
        "couleur": "#721f81",
        "ouvre": (
            "Aides de l'État et des collectivités (CGCT, art. L. 1511-8) ; depuis le 1er janvier 2026, l'aide "
            "conventionnelle à la première installation. Pas l'exonération de l'article 151 ter du CGI."
        ),
        "reference": f"{ARRETE_2017} ; convention médicale 2024-2029",
    },
    {
        "code": "vigilance",
        "libelle": "Zone de vigilance",
        "abrege": "Vigilance",
        "famille": "medecin",
        "rang": 3,
        "couleur": "#cd4071",
        "ouvre": "N'ouvre pas les aides réservées aux ZIP et aux ZAC.",
        "reference": CHOIX_REGIONAL,
    },
    {
        "code": "zar",
        "libelle": "Zone d'accompagnement régional",
        "abrege": "ZAR",
        "famille": "medecin",
        "rang": 4,
        "couleur": "#fd9668",
        "ouvre": (
            "N'ouvre pas les aides réservées aux ZIP et aux ZAC ; la région peut proposer un accompagnement propre."
        ),
        "reference": CHOIX_REGIONAL,
    },
    {
        "code": "hors_zonage",
        "libelle": "Hors zonage",
        "abrege": "Hors zonage",
        "famille": "medecin",
        "rang": 5,
        "couleur": "#fcfdbf",
        "ouvre": "N'ouvre pas les aides réservées aux ZIP et aux ZAC.",
        "reference": ARRETE_2017,
    },
    {
        "code": "tres_sous_dotee",
        "libelle": "Zone très sous-dotée",
        "abrege": "Très sous-dotée",
        "famille": "autres",
        "rang": 1,
        "couleur": "#00204d",
        "ouvre": (
            "Contrats incitatifs conventionnels de la profession, aides de l'ARS et des collectivités "
            "(CGCT, art. L. 1511-8)."
        ),
        "reference": CONVENTIONS,
    },
    {
        "code": "sous_dotee",
        "libelle": "Zone sous-dotée",
        "abrege": "Sous-dotée",
        "famille": "autres",
        "rang": 2,
        "couleur": "#414d6b",
        "ouvre": (
            "Aides de l'ARS et des collectivités (CGCT, art. L. 1511-8) ; les contrats conventionnels seulement "
            "quand la convention de la profession le dit."
        ),
        "reference": CONVENTIONS,
    },
    {
        "code": "intermediaire",
        "libelle": "Zone intermédiaire",
        "abrege": "Intermédiaire",
        "famille": "autres",
        "rang": 3,
        "couleur": "#7c7b78",
        "ouvre": "N'ouvre pas les aides réservées aux zones sous-dotées.",
        "reference": CONVENTIONS,
    },
    {
        "code": "tres_dotee",
        "libelle": "Zone très dotée",
        "abrege": "Très dotée",
        "famille": "autres",
        "rang": 4,
        "couleur": "#bcaf6f",
        "ouvre": "N'ouvre pas les aides réservées aux zones sous-dotées.",
        "reference": CONVENTIONS,
    },
    {
        "code": "sur_dotee",
        "libelle": "Zone sur-dotée",
        "abrege": "Sur-dotée",
        "famille": "autres",
        "rang": 5,
        "couleur": "#ffea46",
        "ouvre": (
            "N'ouvre pas d'aide. Pour les infirmiers, masseurs-kinésithérapeutes et sages-femmes, le conventionnement "
            "y est régulé : une arrivée pour un départ."
        ),
        "reference": CONVENTIONS,
    },
    {
        "code": "non_prioritaire",
        "libelle": "Zone non prioritaire",
        "abrege": "Non prioritaire",
        "famille": "autres",
        "rang": 6,
        "couleur": "#fffbe0",
        "ouvre": (
            "N'ouvre pas d'aide. Chirurgiens-dentistes : depuis le 1er janvier 2025, une installation pour un départ."
        ),
        "reference": "Convention nationale des chirurgiens-dentistes 2023-2028",
    },
]


def ensure_niveaux() -> int:
    """Create or correct the niveaux of this version. Returns how many rows were written: 0 when nothing differs."""
    connus = Niveau.objects.in_bulk()
    ecrits = 0
    for valeurs in NIVEAUX:
        niveau = connus.get(str(valeurs["code"]))
        if niveau is None or any(getattr(niveau, champ) != valeur for champ, valeur in valeurs.items()):
            Niveau.objects.update_or_create(code=valeurs["code"], defaults=valeurs)
            ecrits += 1
    return ecrits
