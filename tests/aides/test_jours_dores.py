"""Golden days: what each scheme answers to eleven persons on six days around which the law changed.

The files of `tests/scenarios/jours_dores/` are written from the texts, to be read by a lawyer. `calendrier.yaml` says
when each scheme is open, and by which text; each other file is a person. An answer holds from its day to the next one.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import yaml

from aides.catalogue import catalogue
from aides.regles.evaluation import Resultat, evaluate, evaluate_all, find_questions
from aides.regles.situation import Situation
from aides.services import list_fermetures
from tests.aides.scenarios import DOSSIER, ISSUES, build_locaux, build_zone, clean
from tests.aides.test_scenarios import plain

JOURS_DORES = DOSSIER / "jours_dores"
CALENDRIER = yaml.safe_load((JOURS_DORES / "calendrier.yaml").read_text(encoding="utf-8"))
JOURS = CALENDRIER["jours"]
DISPOSITIFS = CALENDRIER["dispositifs"]
PROFILS = {
    fichier.stem: yaml.safe_load(fichier.read_text(encoding="utf-8"))
    for fichier in sorted(JOURS_DORES.glob("*.yaml"))
    if fichier.stem != "calendrier"
}
ETATS = {"ferme": "fermé", "a_venir": "pas encore ouvert"}
LIBELLES = {issue: libelle for libelle, issue in ISSUES.items()}


def read_le(par_jour: Mapping[Any, Any], jour: date) -> Any:
    """The value written for the last day not after this one."""
    return par_jour[max(debut for debut in par_jour if isinstance(debut, date) and debut <= jour)]


def expect(profil: Mapping[str, Any], jour: date) -> dict[str, str]:
    """What the texts say: the calendar first, then another profession, then the person's own file."""
    attendus = {}
    for code, dispositif in DISPOSITIFS.items():
        etat = read_le(dispositif["états"], jour)
        if profil["faits"]["profession"] in dispositif["pour"]:
            attendus[code] = read_le(profil["attendu"][code], jour)
        else:
            attendus[code] = "non éligible" if etat == "ouvert" else etat
    return attendus


def answer(profil: Mapping[str, Any], jour: date) -> dict[str, str]:
    """What the engine says of every scheme, in the words of the files."""
    faits = clean({**profil["faits"], **profil.get("faits_du_jour", {}).get(jour, {})})
    jours = {jour, *(valeur for valeur in faits.values() if isinstance(valeur, date))}
    zones = {lu: build_zone(profil["zone"]) for lu in jours}
    situation = Situation(faits, zones, locaux=build_locaux(profil["listes"], jours))
    reponses = {fermeture.dispositif.code: ETATS[fermeture.etat] for fermeture in list_fermetures(catalogue(), jour)}
    for dispositif, version in catalogue().versions_au(jour):
        reponses[dispositif.code] = describe(evaluate(dispositif, version, situation, au=jour))
    return reponses


def describe(resultat: Resultat) -> str:
    libelle = LIBELLES[resultat.issue]
    if resultat.montant is None:
        return libelle
    texte = plain(resultat.montant.texte)
    return f"{libelle}, {texte[0].lower()}{texte[1:]}"


@pytest.mark.parametrize("jour", JOURS, ids=str)
@pytest.mark.parametrize("nom", PROFILS)
def test_every_scheme_answers_as_the_texts_say(nom, jour):
    assert answer(PROFILS[nom], jour) == expect(PROFILS[nom], jour)


def test_the_six_days_and_the_whole_catalogue_are_there():
    assert [str(jour) for jour in JOURS] == [
        "2019-06-06",
        "2021-04-01",
        "2023-12-31",
        "2024-01-01",
        "2025-12-31",
        "2026-01-01",
    ]
    assert len(PROFILS) >= 10
    assert {code: tuple(dispositif["pour"]) for code, dispositif in DISPOSITIFS.items()} == {
        dispositif.code: tuple(dispositif.professions) for dispositif in catalogue().dispositifs
    }


@pytest.mark.parametrize("nom", PROFILS)
def test_a_person_has_an_answer_and_a_reason_for_each_scheme_of_the_profession(nom):
    profil = PROFILS[nom]
    siens = {code for code, texte in DISPOSITIFS.items() if profil["faits"]["profession"] in texte["pour"]}
    assert set(profil["attendu"]) == siens
    for code, reponses in profil["attendu"].items():
        etats = DISPOSITIFS[code]["états"]
        assert DISPOSITIFS[code]["droit"]
        assert reponses.get("motif") or "ouvert" not in etats.values(), code
        for jour in JOURS:
            etat, reponse = read_le(etats, jour), read_le(reponses, jour)
            assert (reponse == etat) if etat != "ouvert" else reponse not in ETATS.values(), (code, jour)


def test_the_golden_days_see_each_state():
    vus = {
        reponse.split(",")[0]
        for profil in PROFILS.values()
        for jour in JOURS
        for reponse in expect(profil, jour).values()
    }
    assert vus == {*ISSUES, *ETATS.values()}


@pytest.mark.parametrize("nom", PROFILS)
def test_the_questionnaire_stays_short_with_the_whole_catalogue(nom):
    """Each answers the first question asked, until nothing more can change a verdict."""
    jour, profil = JOURS[-1], PROFILS[nom]
    siens = clean({**profil["faits"], **profil.get("faits_du_jour", {}).get(jour, {})})
    connus = {"profession": siens["profession"]}
    for _ in range(13):
        zones = {lu: build_zone(profil["zone"]) for lu in (jour, *connus.values()) if isinstance(lu, date)}
        situation = Situation(dict(connus), zones, locaux=build_locaux(profil["listes"], zones))
        questions = find_questions(evaluate_all(catalogue(), situation, au=jour), situation, au=jour)
        if not questions:
            break
        connus[questions[0].code] = siens[questions[0].code]
    assert not questions, list(connus)
    assert 3 <= len(connus) <= 13
