"""Row level security of what a CPTS keeps for itself: members, meetings, missions, proofs, money, documents."""

from django.db import migrations

from portal.core.rls import protege_de_cpts, protege_de_structure, protege_enfant

DE_CPTS = ("actecpts", "piececpts", "mission", "membre", "reunion", "exerciceaci")
DE_CPTS_COPIES = ("missionevent", "membreevent", "reunionevent", "exerciceacievent")
ENFANTS = (
    ("presence", "cpts_reunion", "reunion_id"),
    ("presenceevent", "cpts_reunion", "reunion_id"),
    ("indicateurmission", "cpts_mission", "mission_id"),
    ("indicateurmissionevent", "cpts_mission", "mission_id"),
    ("preuve", "cpts_mission", "mission_id"),
    ("ligneaci", "cpts_exerciceaci", "exercice_id"),
    ("ligneacievent", "cpts_exerciceaci", "exercice_id"),
)
DE_STRUCTURE = ("actestructure", "piecestructure", "equipier", "equipierevent")


class Migration(migrations.Migration):
    dependencies = [("cpts", "0004_coordination"), ("core", "0010_perimetre_documents")]
    operations = [
        *(protege_de_cpts(f"cpts_{table}") for table in (*DE_CPTS, *DE_CPTS_COPIES)),
        *(protege_enfant(f"cpts_{table}", parent, cle) for table, parent, cle in ENFANTS),
        *(protege_de_structure(f"cpts_{table}") for table in DE_STRUCTURE),
    ]
