"""The structures of the matrix: one in each département, with a document, and a proposal of FINESS for each.

Nobody owns one: « sien » names nothing. Those of `structure_de_cpts` belong to the CPTS of the matrix, whose
coordinators hold their actions.
"""

from typing import Any

from cpts.models import Cpts, PieceStructure, PropositionFiness, Structure
from portal.core.documents import store_document
from tests.cpts.structures_essai import make_finess, make_structure
from tests.matrix.scene_cpts import AILLEURS, COORDINATEURS, A, B, make_action
from tests.people import make_commune


def build_structures(scene: Any) -> None:
    toutes = {d: make_structure("projet_valide", commune=make_commune(d)) for d in ("71", "69")}
    lus = {
        "structure": {d: str(structure.pk) for d, structure in toutes.items()},
        "structure_acte": {d: f"{structure.pk} ouvrir" for d, structure in toutes.items()},
        "structure_ligne": {d: f"{structure.pk} 999999999" for d, structure in toutes.items()},
        "structure_piece": {d: f"{structure.pk} {make_piece(structure)}" for d, structure in toutes.items()},
        "propositionfiness": {d: make_proposition(structure) for d, structure in toutes.items()},
    }
    for objet, cles in lus.items():
        scene.objets[objet] = {f"dans_{departement}": cle for departement, cle in cles.items()}
        scene.siens[objet] = {}
    build_actions(scene)


def build_actions(scene: Any) -> None:
    """A structure of each CPTS with an action: `cle`, and `cle pk`."""
    siennes = {cpts.code: make_structure("ouverte", cpts=cpts, commune=make_commune(cpts.departement_code))
               for cpts in Cpts.objects.filter(pk__in=(A, B, AILLEURS))}  # fmt: skip
    cles = {code: str(structure.pk) for code, structure in siennes.items()}
    lignes = {code: f"{structure.pk} {make_action(None, structure)}" for code, structure in siennes.items()}
    for objet, lues in (("structure_de_cpts", cles), ("structure_action", lignes)):
        scene.objets[objet] = {"dans_71": lues[B], "dans_69": lues[AILLEURS]}
        scene.siens[objet] = {acteur: lues[code] for acteur, code in COORDINATEURS.items()}
    scene.objets["structure_action"]["croisee"] = f"{cles[A]} {lignes[B].split(' ', 1)[1]}"


def make_piece(structure: Structure) -> str:
    document = store_document(
        b"%PDF-1.7 essai",
        nom="essai.pdf",
        type_mime="application/pdf",
        region_code=structure.region_code,
        departement_code=structure.departement_code,
        guichet="ars",
    )
    return str(PieceStructure.objects.create(structure=structure, document=document, nature="projet").pk)


def make_proposition(structure: Structure) -> str:
    """A creation that FINESS does not say enough about to be accepted."""
    proposition = PropositionFiness.objects.create(
        genre="creation",
        finess=make_finess(structure.pk % 1000, structure.departement_code),
        region_code=structure.region_code,
        departement_code=structure.departement_code,
        apres={"nom": "Essai", "type": ""},
    )
    return str(proposition.pk)
