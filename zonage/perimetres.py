"""What the accounts ask of the territory, through a setting: they import no app above them."""

from zonage.models import Departement


def find_region(departement_code: str) -> str | None:
    """The code of the région of a département. None: no such département."""
    return Departement.objects.filter(code=departement_code).values_list("region_id", flat=True).first()
