"""A breakdown that a person can mend: one French sentence that says what happened and what to do next."""

import errno


class Panne(Exception):
    """The launcher stops here; the message is shown as it is, without a traceback."""


def explain_oserror(erreur: OSError, quoi: str) -> Panne:
    """The sentence for the errors of a file system; anything else keeps its own words."""
    chemin = f" ({erreur.filename})" if erreur.filename else ""
    if erreur.errno in (errno.ENOSPC, errno.EDQUOT):
        return Panne(f"Le disque est plein{chemin} : {quoi} n'a pas pu s'écrire. Libérez de la place, puis relancez.")
    if erreur.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Panne(
            f"Écriture impossible{chemin} : {quoi} demande un dossier où vous avez le droit d'écrire. "
            "Clonez le projet dans un dossier à vous, ou changez ses droits, puis relancez."
        )
    return Panne(f"{quoi} : {erreur.strerror or erreur}{chemin}.")
