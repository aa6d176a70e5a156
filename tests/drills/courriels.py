"""The file outbox, with a line for each time that a message is handed over: the same file written again is seen."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage

from portal.core.courriels import FichiersBackend, name_file

REMISES = "remises"


class JournalBackend(FichiersBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for courriel in email_messages:
            super().send_messages([courriel])
            with (Path(settings.EMAIL_FILE_PATH) / REMISES).open("ab", buffering=0) as journal:
                journal.write(os.fsencode(f"{name_file(courriel.message())}\n"))
        return len(email_messages)
