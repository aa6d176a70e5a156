"""What each role may do in the administration, model by model: the one table that `has_perm` reads.

"<app>.<model>": verbs among view, add, change, delete. The rows seen are another matter (`for_user`), and so is what
an act asks (`aides.dossiers.droits`).
"""

from typing import Final

from portal.accounts.enums import Role

VOIR: Final = frozenset({"view"})
ECRIRE: Final = frozenset({"view", "add", "change"})

DROITS: Final[dict[Role, dict[str, frozenset[str]]]] = {
    Role.INSTRUCTEUR: {
        "zonage.*": VOIR, "zonage.arrete": ECRIRE, "zonage.classement": ECRIRE, "cpts.*": VOIR,
        "cpts.rattachement": ECRIRE, "cpts.cpts": ECRIRE, "cpts.structure": ECRIRE, "cpts.propositionfiness": ECRIRE,
        "cpts.donneeterritoire": ECRIRE, "cpts.listecpts": ECRIRE,
        "aides.*": VOIR, "aides.demande": ECRIRE, "aides.contrat": ECRIRE,
        "aides.echeance": ECRIRE, "aides.redactionlocale": ECRIRE, "aides.parametreregional": ECRIRE,
        "aides.lignecampagne": ECRIRE, "core.importrun": VOIR, "core.execution": VOIR, "core.evenement": VOIR,
        "prevention.*": VOIR, "prevention.campagne": ECRIRE, "prevention.releve": ECRIRE,
        "pilotage.constat": frozenset({"view", "change"}), "pilotage.objectif": ECRIRE,
    },
    Role.VALIDEUR: {
        "zonage.*": VOIR, "zonage.arrete": ECRIRE, "cpts.*": VOIR, "cpts.rattachement": ECRIRE, "cpts.cpts": ECRIRE,
        "cpts.structure": ECRIRE, "cpts.propositionfiness": ECRIRE, "cpts.donneeterritoire": ECRIRE,
        "cpts.parametreaci": ECRIRE, "cpts.listecpts": ECRIRE, "aides.*": VOIR,
        "aides.demande": ECRIRE, "aides.contrat": ECRIRE, "aides.echeance": ECRIRE, "aides.redactionlocale": ECRIRE,
        "aides.parametreregional": ECRIRE, "aides.campagne": ECRIRE, "aides.lignecampagne": ECRIRE,
        "core.importrun": VOIR, "core.execution": VOIR, "core.evenement": VOIR,
        "prevention.*": VOIR, "prevention.campagne": ECRIRE, "prevention.releve": ECRIRE,
        "pilotage.constat": frozenset({"view", "change"}), "pilotage.objectif": ECRIRE,
    },
    Role.AGENT_CPAM: {
        "zonage.*": VOIR, "cpts.praticien": VOIR, "cpts.cpts": VOIR, "cpts.structure": VOIR, "aides.*": VOIR,
        "aides.demande": ECRIRE, "aides.contrat": ECRIRE,
        "aides.echeance": ECRIRE, "aides.lignecampagne": ECRIRE, "prevention.*": VOIR,
    },
    Role.LECTEUR: {"zonage.*": VOIR, "cpts.*": VOIR, "aides.*": VOIR, "prevention.*": VOIR, "core.importrun": VOIR,
        "pilotage.constat": VOIR, "pilotage.objectif": VOIR,
    },
    Role.ADMINISTRATEUR: {
        "zonage.*": ECRIRE, "cpts.*": VOIR, "cpts.cpts": ECRIRE, "cpts.structure": ECRIRE,
        "cpts.propositionfiness": ECRIRE, "cpts.donneeterritoire": ECRIRE, "cpts.parametreaci": ECRIRE,
        "cpts.listecpts": ECRIRE, "aides.*": VOIR, "aides.modelecourrier": ECRIRE,
        "aides.enveloppe": ECRIRE, "aides.campagne": ECRIRE, "accounts.*": ECRIRE, "core.*": VOIR,
        "core.envoi": frozenset({"view", "change"}), "core.execution": frozenset({"view", "change"}),
        "core.dureeconservation": ECRIRE, "core.effacement": ECRIRE, "core.gelconservation": ECRIRE,
        "prevention.*": VOIR, "prevention.campagne": ECRIRE, "prevention.releve": ECRIRE,
        "pilotage.constat": frozenset({"view", "change"}), "pilotage.objectif": ECRIRE,
    },
    Role.AUDITEUR: {
        "zonage.*": VOIR, "cpts.*": VOIR, "aides.*": VOIR, "prevention.*": VOIR, "core.*": VOIR, "accounts.*": VOIR,
        "pilotage.constat": VOIR, "pilotage.objectif": VOIR,
    },
}  # fmt: skip


def is_allowed(role: Role, app: str, verbe: str, modele: str) -> bool:
    droits = DROITS.get(role, {})
    return verbe in droits.get(f"{app}.{modele}", droits.get(f"{app}.*", frozenset()))
