"""Who may do what: every route, every actor, every verb, every relation, as droits.yaml declares them."""

import logging

import pytest

from tests.matrix.essais import REFUS, build_path, send
from tests.matrix.matrice import find_regles, list_cellules, list_joues, read_matrice
from tests.matrix.routes import Route, list_routes
from tests.matrix.scene import Scene, build_scene
from tests.matrix.seances import remember

LOTS = 4


def test_every_route_is_declared_once():
    fautes = {route.nom: len(regles) for route in list_routes() if len(regles := find_regles(route)) != 1}
    assert not fautes, "declare these routes once in tests/matrix/droits.yaml (see README.md)"


def test_every_cell_is_declared():
    nombre = sum(len(list_cellules(route, find_regles(route)[0])) for route in list_routes())
    assert nombre > 15_000


def test_every_declaration_names_a_route():
    routes = list_routes()
    for regle in read_matrice()["routes"]:
        assert any(regle in find_regles(route) for route in routes), regle["noms"]
    assert {regle["acces"] for regle in read_matrice()["routes"]} == set(read_matrice()["acces"])


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore::django.utils.deprecation.RemovedInDjango60Warning")  # forms of the admin
@pytest.mark.parametrize("lot", range(LOTS))
def test_the_cells_answer_as_declared(lot, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.SESSION_ENGINE = "tests.matrix.seances"
    logging.disable(logging.CRITICAL)
    try:
        scene = build_scene()
        with remember(scene.users):
            fautes = [faute for route in list_lot(lot) for faute in check_route(scene, route)]
    finally:
        logging.disable(logging.NOTSET)
    assert not fautes, f"{len(fautes)} cells:\n" + "\n".join(fautes[:60])


def list_lot(lot: int) -> list[Route]:
    """Lots that last alike: a page shown costs several refusals. The longest first, each to the lightest lot."""
    poids = {route: weigh(route) for route in list_routes()}
    charges, lots = [0] * LOTS, [[] for _ in range(LOTS)]
    for route in sorted(poids, key=lambda route: (-poids[route], route.nom, route.motif)):
        rang = charges.index(min(charges))
        lots[rang].append(route)
        charges[rang] += poids[route]
    return lots[lot]


def weigh(route: Route) -> int:
    cellules = list_cellules(route, find_regles(route)[0])
    jouees = [cellule for cellule in cellules if cellule.acteur in list_joues(route, cellule.verbe, cellule.relation)]
    return sum(1 + 3 * (cellule.attendu == "oui") for cellule in jouees)


def check_route(scene: Scene, route: Route) -> list[str]:
    regle = find_regles(route)[0]
    fautes, textes = [], {}
    for cellule in list_cellules(route, regle):
        if cellule.acteur not in list_joues(route, cellule.verbe, cellule.relation):
            continue
        chemin = build_path(route, scene, regle, cellule.relation, cellule.acteur)
        if chemin is None:
            continue
        mot, texte, ecrites = send(scene, cellule.acteur, cellule.verbe, chemin)
        nom = f"{route.nom} {cellule.verbe} {cellule.relation} {cellule.acteur}"
        if mot != cellule.attendu:
            fautes.append(f"{nom}: {cellule.attendu} declared, {mot} answered")
        if ecrites and not regle.get("ecrit"):
            fautes.append(f"{nom}: refused, but wrote {sorted(ecrites)}")
        if mot in REFUS:
            textes[cellule.verbe, cellule.relation, cellule.acteur] = texte.replace(chemin, "")
    fautes += [
        f"{route.nom} {verbe} {relation} {acteur}: forbidden is told from missing"
        for (verbe, relation, acteur), texte in textes.items()
        if relation not in ("sien", "inexistant") and textes.get((verbe, "inexistant", acteur), texte) != texte
    ]
    return fautes
