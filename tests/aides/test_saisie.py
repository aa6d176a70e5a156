"""What is typed in a file, before it is written."""

import pytest

from aides.dossiers.formulaires import contains_nir


@pytest.mark.parametrize(
    ("texte", "trouve"),
    [
        ("mon numéro : 1 84 12 71 076 451 89", True),
        ("184127107645189", True),
        ("2840971076451", True),
        ("2 84 09 2A 076 451 22", True),
        ("RPPS 10101010101", False),
        ("SIRET 12345678901234", False),
        ("03 85 00 00 00 ou 06 12 34 56 78", False),
        ("le 12/03/2025, 43 750 €", False),
    ],
)
def test_a_number_of_the_social_security_is_seen(texte, trouve):
    assert contains_nir(texte) is trouve
