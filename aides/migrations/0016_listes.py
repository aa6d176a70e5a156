"""The orders in which agents read the files, each given by an index (docs/adr/0145)."""

from django.db import migrations, models
from django.db.models import Q

OUVERTES = Q(statut__in=["deposee", "incomplete", "recevable", "en_instruction", "avis"])


def add(nom: str, champs: list[str], condition: Q | None = None) -> migrations.AddIndex:
    return migrations.AddIndex(model_name="demande", index=models.Index(fields=champs, name=nom, condition=condition))


class Migration(migrations.Migration):
    dependencies = [("aides", "0015_effacement")]
    operations = [
        add("demande_ouvertes_departement", ["departement_code", "a_traiter_le", "id"], OUVERTES),
        add("demande_ouvertes_region", ["region_code", "a_traiter_le", "id"], OUVERTES),
        add("demande_ouvertes", ["a_traiter_le", "id"], OUVERTES),
        add("demande_region_etat", ["region_code", "statut", "-deposee_le", "id"]),
        add("demande_departement_etat", ["departement_code", "statut", "-deposee_le", "id"]),
        add("demande_region_dispositif", ["region_code", "dispositif", "-deposee_le", "id"]),
    ]
