"""The settings of the drills: those of trying, and a mail back end that also counts what it is given."""

from portal.settings.dev import *  # noqa: F403

EMAIL_BACKEND = "tests.drills.courriels.JournalBackend"
# The actors retry what a stopped base refused; in the control nothing of this is read.
MAILLAGE_CONFIRMATIONS_PAR_JOUR = 50
