"""A kept connection is checked by looking at its socket, not by asking the server (docs/adr/0064).

A backend that ends (crash, restart, `pg_terminate_backend`) leaves its socket readable: the end of the stream, or the
message that says why. An idle one has nothing to say. So silence means alive, and anything else asks the server.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        if not self.errors_occurred and self.connection is not None and is_silent(self.connection.fileno()):
            return True
        return super().is_usable()


def is_silent(prise: int) -> bool:
    """Nothing to read and nobody gone: what an idle connection to a living server looks like."""
    veille = select.poll()
    veille.register(prise, select.POLLIN | select.POLLPRI | select.POLLRDHUP)
    return not veille.poll(0)
