"""The nodes of the tree, the calendar, and the smallest changes against a brute-force search."""

from datetime import date
from decimal import Decimal
from itertools import combinations, product

import pytest

from aides.catalogue import catalogue
from aides.regles.calendrier import add_mois, is_reached
from aides.regles.changements import (
    Changement,
    Modification,
    _keep_nearest,
    is_eligible_after,
    search_changements,
)
from aides.regles.conditions import (
    AInstruire,
    Anciennete,
    Comparaison,
    DansZone,
    Non,
    Operateur,
    Parmi,
    Tous,
    UnDe,
)
from aides.regles.evaluation import Issue, evaluate
from aides.regles.faits import FAITS, TypeFait
from aides.regles.lecteur import open_contexte
from aides.regles.references import Reference
from aides.regles.situation import Contexte, Situation, ZoneLue
from aides.regles.utilite import find_useful
from tests.aides.scenarios import read_modele

REFERENCE = Reference("texte", "Un texte", date(2026, 11, 1))
LE = date(2024, 6, 3)
VRAI = Parmi("Gardes", REFERENCE, "pdsa", (True,))
FAUX = Parmi("Pas de gardes", REFERENCE, "pdsa", (False,))
FLOU = AInstruire("Point ouvert", REFERENCE, raison="personne ne l'a vérifié")
NOEUDS = {True: VRAI, False: FAUX, None: FLOU}


def read(condition, faits=None, zone=None, reference=LE):
    return condition.evaluate(Contexte({"pdsa": True} if faits is None else faits, LE, reference, zone))


@pytest.mark.parametrize(("gauche", "droite"), list(product(NOEUDS, repeat=2)))
def test_groups_follow_the_table_of_kleene(gauche, droite):
    branches = (NOEUDS[gauche], NOEUDS[droite])
    et = False if False in (gauche, droite) else None if None in (gauche, droite) else True
    ou = True if True in (gauche, droite) else None if None in (gauche, droite) else False
    assert read(Tous(branches)).verdict is et
    assert read(UnDe(branches)).verdict is ou


@pytest.mark.parametrize("verdict", list(NOEUDS))
def test_the_contrary_of_unknown_is_unknown(verdict):
    assert read(Non(NOEUDS[verdict])).verdict is (None if verdict is None else not verdict)


@pytest.mark.parametrize(
    ("operateur", "issues"),
    [
        (Operateur.AU_MOINS, [False, True, True]),
        (Operateur.PLUS_DE, [False, False, True]),
        (Operateur.AU_PLUS, [True, True, False]),
        (Operateur.MOINS_DE, [True, False, False]),
    ],
)
def test_a_threshold_belongs_to_one_side(operateur, issues):
    feuille = Comparaison("Jours", REFERENCE, "jours_semaine", operateur, Decimal("2.5"))
    valeurs = [Decimal(2), Decimal("2.5"), Decimal(3)]
    assert [read(feuille, {"jours_semaine": valeur}).verdict for valeur in valeurs] == issues


def test_an_absent_fact_is_unknown_and_named():
    preuve = read(VRAI, {})
    assert preuve.verdict is None
    assert preuve.manquants == ("pdsa",)


def test_an_unverified_value_never_decides():
    feuille = Parmi("Gardes", REFERENCE, "pdsa", (True,), verifie=False, raison="la source se contredit")
    preuve = read(feuille, {"pdsa": True})
    assert preuve.verdict is None
    assert preuve.manquants == ()
    assert "la source se contredit" in preuve.constat


def test_only_the_branches_that_still_matter_are_live():
    arbre = Tous(
        (UnDe((VRAI, Parmi("Âge", REFERENCE, "age", (60,)))), Parmi("Secteur", REFERENCE, "secteur", ("secteur_1",)))
    )
    assert [feuille.manquants for feuille in read(arbre).live()] == [("secteur",)]


def test_a_branch_that_could_only_help_is_not_asked_beside_a_point_nobody_can_settle():
    question = Parmi("Âge", REFERENCE, "age", (60,))
    ailleurs = Parmi("Secteur", REFERENCE, "secteur", ("secteur_1",))
    masquee = read(Tous((FLOU, UnDe((FLOU, question)))))
    assert list(find_useful(masquee, lambda feuille: bool(feuille.manquants))) == []
    utile = read(Tous((FLOU, UnDe((ailleurs, question)))))
    assert len(list(find_useful(utile, lambda feuille: bool(feuille.manquants)))) == 2


def test_the_flat_proof_has_each_node_once_with_its_depth():
    lignes = list(read(Tous((VRAI, UnDe((FAUX, FLOU))))).lignes())
    assert [(ligne.profondeur, ligne.groupe) for ligne in lignes] == [
        (0, True),
        (1, False),
        (1, True),
        (2, False),
        (2, False),
    ]


@pytest.mark.parametrize(
    ("depuis", "mois", "fin"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2023, 10, 31), 4, date(2024, 2, 29)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
    ],
)
def test_months_end_on_the_same_day_or_on_the_last_one(depuis, mois, fin):
    assert add_mois(depuis, mois) == fin


def test_a_duration_is_reached_on_its_anniversary():
    assert not is_reached(date(2024, 2, 29), 12, au=date(2025, 2, 27))
    assert is_reached(date(2024, 2, 29), 12, au=date(2025, 2, 28))


def test_a_day_after_the_reference_day_is_left_open():
    feuille = Anciennete("Récent", REFERENCE, "date_installation", Operateur.MOINS_DE, 12)
    assert read(feuille, {"date_installation": date(2024, 6, 4)}).verdict is None
    assert read(feuille, {"date_installation": date(2024, 6, 3)}).verdict is True


@pytest.mark.parametrize(("zone", "verdict"), [("zip", True), ("zac", False), (None, None)])
def test_a_zone_that_is_not_certain_never_decides(zone, verdict):
    assert read(DansZone("Zone", REFERENCE, ("zip",)), zone=ZoneLue(zone)).verdict is verdict


def test_an_amount_is_not_shown_to_who_is_not_eligible():
    le, faits = read_modele("caim")
    dispositif = catalogue().dispositif("caim")
    situation = Situation({**faits, "pdsa": False}, {le: ZoneLue("zip")})
    resultat = evaluate(dispositif, dispositif.version_au(le), situation, au=le)
    assert resultat.issue is Issue.NON_ELIGIBLE
    assert resultat.montant is None


CHANGEMENTS = [
    ("caim", {"pdsa": False}, "zip"),
    ("caim", {"pdsa": False, "exercice_coordonne": "isole"}, "zip"),
    ("caim", {"secteur": "secteur_2", "jours_semaine": Decimal(1)}, "zip"),
    ("caim", {"jours_semaine": Decimal("0.5")}, "zac"),
    ("caim", {"pdsa": False, "jours_semaine": Decimal(1), "secteur": "secteur_2"}, "zip"),
    ("cotram", {"age": 59}, "zip"),
    ("cotram", {"age": 58, "accueille_confrere": False}, "zip"),
    ("coscom", {"exercice_coordonne": "isole"}, "zac"),
    ("cstm", {"jours_an_zip": 3}, "zac"),
    ("ptmg", {"consultations_mois": 100, "pdsa": False}, "zac"),
    (
        "cde",
        {
            "statut": "remplacant",
            "date_debut_remplacement": date(2021, 10, 1),
            "jours_trimestre_zone": 20,
            "part_activite_zone": 50,
        },
        "zac",
    ),
    ("primo_installation", {"statut": "remplacant"}, "hors_zonage"),
    ("cabinet_secondaire", {"secteur": "secteur_2"}, "zac"),
]


@pytest.mark.parametrize(("code", "faits", "niveau"), CHANGEMENTS)
def test_the_smallest_changes_are_those_of_a_search_through_every_value(code, faits, niveau):
    le, modele = read_modele(code)
    dispositif = catalogue().dispositif(code)
    version, fin = dispositif.version_au(le), dispositif.find_fin(dispositif.version_au(le))
    situation = Situation({**modele, **faits}, {le: ZoneLue(niveau)})
    trouves = search_changements(version, situation, au=le, fin=fin)
    assert {sign(c) for c in trouves} == {sign(c) for c in search_by_force(version, situation, le)}


def search_by_force(version, situation, le):
    """Every value of every fact that a person can move, alone then by two; no sampling, no short cut."""
    deplacements = {"zone": [Modification("zone", niveau(situation), n, "") for n in ("zip", "zac", "vigilance")]}
    for code in version.faits:
        avant = situation.faits.get(code)
        valeurs = list_values(FAITS[code], avant)
        deplacements[code] = [Modification(code, avant, apres, "") for apres in valeurs]
    if situation.faits.get("age", 99) < 60 and "age" in version.faits:
        deplacements["age"] = [Modification("age", situation.faits["age"], 60, "")]
    seuls = [m for liste in deplacements.values() for m in liste if is_eligible_after(version, situation, (m,), au=le)]
    faits_seuls = set(seuls)
    paires = [
        (a, b)
        for gauche, droite in combinations(deplacements.values(), 2)
        for a, b in product(gauche, droite)
        if a not in faits_seuls and b not in faits_seuls and is_eligible_after(version, situation, (a, b), au=le)
    ]
    return _keep_nearest([Changement((m,)) for m in seuls] + [Changement(paire) for paire in paires])


def niveau(situation):
    return next(iter(situation.zones.values())).niveau


def list_values(fait, avant):
    if avant is None or not fait.passages:
        return []
    valeurs = []
    for depart, arrivee, _ in fait.passages:
        if depart is not None and depart != avant:
            continue
        if arrivee is not None:
            valeurs.append(arrivee)
            continue
        nombre = fait.minimum
        while nombre <= fait.maximum:
            valeurs.append(int(nombre) if fait.type is TypeFait.ENTIER else nombre)
            nombre += fait.pas
    return [valeur for valeur in valeurs if valeur != avant]


def sign(changement):
    return frozenset((m.fait, m.apres) for m in changement.modifications)


def test_a_doctor_of_59_is_told_to_wait_twelve_months_at_most():
    assert read_phrases("cotram", {"age": 59}, date(2022, 5, 2)) == ["Attendre d'avoir 60 ans, dans 12 mois au plus"]


def test_a_wait_that_may_outlast_the_scheme_says_so_and_one_that_must_is_not_offered():
    faits = {"age": 59, "aide_conventionnelle_deja": False}
    (phrase,) = read_phrases("cotram", faits, date(2025, 6, 2))
    assert phrase.endswith("si c'est avant le 1er janvier 2026, jour où ce dispositif ferme")
    assert read_phrases("cotram", {**faits, "age": 58}, date(2025, 6, 2)) == []


def test_changes_wait_until_every_fact_is_known():
    le, modele = read_modele("caim")
    dispositif = catalogue().dispositif("caim")
    faits = {code: valeur for code, valeur in modele.items() if code != "secteur"}
    situation = Situation({**faits, "pdsa": False}, {le: ZoneLue("zip")})
    preuve = dispositif.version_au(le).conditions.evaluate(open_contexte(dispositif.version_au(le), situation, le))
    assert preuve.verdict is False
    assert evaluate(dispositif, dispositif.version_au(le), situation, au=le).changements == ()


def read_phrases(code, faits, au):
    _, modele = read_modele(code)
    dispositif = catalogue().dispositif(code)
    situation = Situation({**modele, **faits}, {au: ZoneLue("zip")})
    return [c.phrase for c in evaluate(dispositif, dispositif.version_au(au), situation, au=au).changements]
