"""The scenarios of `tests/scenarios/`: each scheme before, on and after each of its dates, and at each threshold."""

from datetime import date, timedelta

import pytest
import yaml

from aides.catalogue import catalogue
from aides.regles.calendrier import add_mois
from aides.regles.conditions import Anciennete, Comparaison, walk
from aides.regles.evaluation import Issue, evaluate
from aides.regles.situation import Situation
from tests.aides.scenarios import DOSSIER, ISSUES, build_zone, read_cas, read_modele
from zonage.enums import Profession

CAS = read_cas()
SIGNES = {"oui": Issue.ELIGIBLE, "non": Issue.NON_ELIGIBLE, "?": Issue.A_INSTRUIRE}
TABLE = yaml.safe_load((DOSSIER / "zones.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("cas", CAS, ids=[f"{cas.dispositif} : {cas.nom}" for cas in CAS])
def test_scenario(cas):
    resultat = cas.evaluate()
    if cas.attendu == "fermé":
        assert resultat is None
        return
    assert resultat is not None, "the scheme is closed that day"
    assert resultat.issue is ISSUES[cas.attendu], list(resultat.preuve.lignes())
    if cas.version is not None:
        assert resultat.version.code == cas.version
    if cas.montant is not None:
        assert resultat.montant is not None
        assert plain(resultat.montant.texte) == cas.montant
    if cas.manque is not None:
        assert list(resultat.manquants) == cas.manque


def test_there_are_enough_scenarios_for_every_scheme():
    assert len(CAS) >= 60
    assert {cas.dispositif for cas in CAS} == {dispositif.code for dispositif in catalogue().dispositifs}


def test_every_date_of_a_version_has_its_day_before_and_its_day():
    jours = {(cas.dispositif, cas.le) for cas in CAS}
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            bornes = {version.ouvert_du, version.ferme_le}
            bornes |= {jour for doute in version.incertitudes for jour in (doute.du, doute.jusqu_au)}
            for borne in bornes - {None}:
                for jour in (borne - timedelta(days=1), borne):
                    assert (dispositif.code, jour) in jours, f"{dispositif.code} has no case on {jour}"


def test_every_threshold_has_a_case_on_it_and_a_case_beyond():
    for dispositif in catalogue().dispositifs:
        decides = [(cas.situation.faits, cas.attendu) for cas in CAS if cas.dispositif == dispositif.code]
        for version in dispositif.versions:
            for noeud in walk(version.conditions):
                if not isinstance(noeud, Comparaison) or isinstance(noeud.seuil, date):
                    continue
                valeurs = {faits[noeud.fait] for faits, _ in decides if noeud.fait in faits}
                assert noeud.seuil in valeurs, (dispositif.code, noeud.libelle)
                assert any(valeur < noeud.seuil for valeur in valeurs), (dispositif.code, noeud.libelle)


def test_every_duration_has_a_case_on_the_day_it_ends():
    for dispositif in catalogue().dispositifs:
        siens = [cas for cas in CAS if cas.dispositif == dispositif.code]
        for version in dispositif.versions:
            for noeud in walk(version.conditions):
                if isinstance(noeud, Anciennete):
                    jours = [(cas.situation.faits.get(noeud.fait), cas.le) for cas in siens]
                    fins = [add_mois(jour, noeud.mois) == le for jour, le in jours if jour is not None]
                    assert any(fins), (dispositif.code, noeud.libelle)


@pytest.mark.parametrize("profession", Profession.values)
@pytest.mark.parametrize("rang", range(len(TABLE["zones"])), ids=TABLE["zones"])
@pytest.mark.parametrize("code", list(TABLE["table"]))
def test_zone_and_scheme_agree_with_the_table_of_the_law(code, rang, profession):
    le, faits = read_modele(code)
    dispositif = catalogue().dispositif(code)
    version = dispositif.version_au(le)
    situation = Situation({**faits, "profession": profession}, {le: build_zone(TABLE["zones"][rang])})
    attendu = SIGNES[TABLE["table"][code][rang]] if profession == "medecin" else Issue.NON_ELIGIBLE
    assert evaluate(dispositif, version, situation, au=le).issue is attendu


def plain(texte):
    return texte.replace("\u00a0", " ").replace("\u202f", " ")
