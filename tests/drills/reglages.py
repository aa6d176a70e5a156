"""The settings of the drills: those of trying, and a mail back end that also counts what it is given."""

from portal.settings.dev import *  # noqa: F403
from portal.settings.dev import MAILLAGE_PERIODIQUES

EMAIL_BACKEND = "tests.drills.courriels.JournalBackend"
# The actors retry what a stopped base refused; in the control nothing of this is read.
MAILLAGE_CONFIRMATIONS_PAR_JOUR = 50
# Half a minute of processor between two pieces: under a kill every few seconds it would only ever begin again.
MAILLAGE_PERIODIQUES = {
    nom: decrit for nom, decrit in MAILLAGE_PERIODIQUES.items() if decrit["tache"] != "aides.donnees_ouvertes"
}
