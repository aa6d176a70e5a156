"""Figures as French writes them: decimal comma, thousands apart, the unit that goes with the number."""

from decimal import ROUND_HALF_UP, Decimal

from portal.pilotage.sources.definitions import Indicateur

ESPACE = "\u00a0"
SINGULIERS = {
    "habitants": "habitant",
    "communes": "commune",
    "structures": "structure",
    "euros": "euro",
    "dossiers": "dossier",
    "contrats": "contrat",
    "personnes": "personne",
    "jours": "jour",
    "missions": "mission",
    "réunions": "réunion",
    "membres": "membre",
    "postes": "poste",
    "actes": "acte",
    "offres": "offre",
    "projets": "projet",
    "actions": "action",
}
RIEN = "non renseigné"


def format_nombre(valeur: Decimal | int | None, decimales: int = 0) -> str:
    if valeur is None:
        return RIEN
    arrondie = Decimal(valeur).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)
    return f"{arrondie:,.{decimales}f}".replace(",", ESPACE).replace(".", ",")


def format_compte(valeur: Decimal | None) -> str:
    """A numerator or a denominator: whole when it is, else with two decimals."""
    if valeur is None:
        return ""
    return format_nombre(valeur, 0 if valeur == valeur.to_integral_value() else 2)


def format_valeur(valeur: Decimal | None, indicateur: Indicateur) -> str:
    """« 37,5 % », « 1 commune », « non renseigné »."""
    if valeur is None:
        return RIEN
    unite = SINGULIERS.get(indicateur.unite, indicateur.unite) if abs(valeur) < 2 else indicateur.unite
    return f"{format_nombre(valeur, indicateur.decimales)}{ESPACE}{unite}"


def say_ecart(valeur: Decimal | None, ancienne: Decimal | None, indicateur: Indicateur) -> tuple[str, bool | None]:
    """« + 3 », « − 1,5 point », and whether it is better; nothing when one of the two days has no figure."""
    if valeur is None or ancienne is None:
        return "", None
    ecart = valeur - ancienne
    if not ecart:
        return "stable", None
    unite = (" point" + ("s" if abs(ecart) >= 2 else "")) if indicateur.unite == "%" else ""
    mieux = None if indicateur.sens == "neutre" else (ecart > 0) == (indicateur.sens == "plus")
    return f"{'+' if ecart > 0 else '−'}{ESPACE}{format_nombre(abs(ecart), indicateur.decimales)}{unite}", mieux
