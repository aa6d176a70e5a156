"""The public code of a receipt: 95 random bits and a check symbol, made to be read aloud and typed.

Crockford's alphabet has no I, L, O nor U: what is typed in their place is read as 1, 1 and 0. The check symbol is a
polynomial over GF(32): it sees any one wrong symbol and any two symbols exchanged.
"""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANGS = {symbole: rang for rang, symbole in enumerate(ALPHABET)}
CONFONDUS = str.maketrans("OIL", "011")
HASARD = 19
LONGUEUR = HASARD + 1
GROUPE = 4
SAISIE_MAX = 60
"""The longest text worth reading as a code: spaces and dashes included."""


class CodeInvalide(ValueError):
    """The message is French and says what to look at again."""


def new_code() -> str:
    """A code that nobody can guess."""
    hasard = "".join(secrets.choice(ALPHABET) for _ in range(HASARD))
    return hasard + compute_controle(hasard)


def compute_controle(hasard: str) -> str:
    """The symbol that makes the polynomial vanish: each place has its own power of a generator of GF(32)."""
    total = 0
    for symbole in hasard:
        total = _double(total ^ RANGS[symbole])
    return ALPHABET[total]


def _double(element: int) -> int:
    """Multiply by x in GF(32), modulo x⁵ + x² + 1: of order 31, more than a code has symbols."""
    return (element << 1) ^ (0b100101 if element & 0b10000 else 0)


def clean_code(texte: str, *, de: str = "reçu") -> str:
    """The twenty symbols of what was typed, whatever the case, the spaces and the dashes. Raises CodeInvalide.

    `de`: what the code is of, as its sentences say it.
    """
    if len(texte) > SAISIE_MAX:
        raise CodeInvalide(f"Ce texte est trop long : un code de {de} a vingt caractères.")
    compact = unicodedata.normalize("NFKC", texte).upper()
    compact = "".join(c for c in compact if not c.isspace() and unicodedata.category(c) != "Pd" and c not in "_.·")
    code = compact.translate(CONFONDUS)
    if not code:
        raise CodeInvalide(f"Écrivez le code du {de} : vingt caractères, par groupes de quatre.")
    intrus = sorted({c for c in code if c not in RANGS})
    if intrus:
        raise CodeInvalide(
            f"Le caractère « {intrus[0]} » n'apparaît dans aucun code : seuls les chiffres et les lettres, sauf U, y "
            "figurent. Relisez le code."
        )
    if len(code) != LONGUEUR:
        raise CodeInvalide(f"Un code de {de} a vingt caractères ; celui-ci en a {len(code)}. Relisez-le.")
    if compute_controle(code[:HASARD]) != code[HASARD:]:
        raise CodeInvalide(
            "Un caractère au moins est inexact, ou deux sont échangés. Relisez le code, groupe par groupe."
        )
    return code


def format_code(code: str) -> str:
    """« 7K3M-… »: five groups of four."""
    return "-".join(code[debut : debut + GROUPE] for debut in range(0, len(code), GROUPE))
