"""The official files the portal knows, in the order they are loaded, with the period each one attests and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FichierConnu:
    """`arguments` complete the command; `raison` explains the dates to whoever reads the output."""

    chemin: str
    commande: str
    arguments: tuple[str, ...] = ()
    raison: str = ""


FICHIERS = (
    FichierConnu("insee/v_mvtcommune_2024.csv", "import_mouvements"),
    FichierConnu("insee/populations_legales_2021.csv", "import_populations", ("--millesime", "2021")),
    FichierConnu(
        "appartenance/communes_bv_bvcv_2024.csv",
        "import_composition",
        ("--millesime", "2024"),
        "code officiel géographique 2024",
    ),
    FichierConnu(
        "cartosante/zonage_medecins_2025.csv",
        "import_zonage",
        (
            "--du=2025-03-20",
            "--cloture=27=2025-11-01",
            "--source=CartoSanté (ARS, DGOS), zonages en vigueur au printemps 2025",
        ),
        "zonages en vigueur au printemps 2025, attestés à partir du 20 mars ; celui de Bourgogne-Franche-Comté a été "
        "remplacé en novembre 2025 par un arrêté qui n'est pas dans ces fichiers : ensuite, la réponse y est "
        "« inconnu », avec le dernier classement connu",
    ),
    FichierConnu(
        "cartosante/zonage_infirmiers_2026.csv",
        "import_zonage",
        ("--du=2026-01-01", "--source=CartoSanté (ARS, DGOS), zonages de début 2026"),
        "zonages de début 2026",
    ),
    FichierConnu("drees/apl_generalistes.xlsx", "import_apl", (), "APL 2022 et 2023"),
    FichierConnu("annuaire/PS_LibreAcces_Personne_activite_*.txt", "import_rpps"),
)
EXTENSIONS = (".csv", ".xlsx")
"""What is looked at to name the files of a folder that no importer knows."""
