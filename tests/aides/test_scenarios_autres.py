"""The zones of the other professions against their contracts, and what holds for all of them together."""

import pytest
import yaml

from aides.catalogue import catalogue
from aides.regles.calculs import APreciser, ParParametre
from aides.regles.evaluation import Issue, evaluate
from aides.regles.situation import Situation
from tests.aides.scenarios import DOSSIER, build_zone, read_modele
from zonage.enums import Profession

TABLE = yaml.safe_load((DOSSIER / "zones.yaml").read_text(encoding="utf-8"))
SIGNES = {"oui": Issue.ELIGIBLE, "non": Issue.NON_ELIGIBLE, "?": Issue.A_INSTRUIRE}
CONTRATS = list(TABLE["autres"])


@pytest.mark.parametrize("rang", range(len(TABLE["zones_autres"])), ids=TABLE["zones_autres"])
@pytest.mark.parametrize("code", CONTRATS)
def test_zone_and_contract_agree_with_the_table_of_the_law(code, rang):
    le, faits = read_modele(code)
    dispositif = catalogue().dispositif(code)
    version = dispositif.version_au(le)
    zones = {le: build_zone(TABLE["zones_autres"][rang])}
    for profession in Profession.values:
        issue = evaluate(dispositif, version, Situation({**faits, "profession": profession}, zones), au=le).issue
        attendu = SIGNES[TABLE["autres"][code][rang]] if profession in dispositif.professions else Issue.NON_ELIGIBLE
        assert issue is attendu, profession


def test_contracts_of_one_profession_never_go_together():
    """Each names every other one of its profession, so that the link holds from whichever side it is read."""
    for code in CONTRATS:
        dispositif = catalogue().dispositif(code)
        voisins = {autre for autre in CONTRATS if catalogue().dispositif(autre).professions == dispositif.professions}
        for version in dispositif.versions:
            exclus = {
                autre for lien in version.regles_cumul.liens if lien.accord is False for autre in lien.dispositifs
            }
            assert exclus == voisins - {code}


def test_every_scheme_that_a_link_names_exists():
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            for lien in version.regles_cumul.liens:
                assert all(catalogue().dispositif(autre) for autre in lien.dispositifs), dispositif.code


def test_a_tax_measure_promises_no_amount():
    for code in ("pdsa_151ter", "zrr", "frr", "collectivites"):
        for version in catalogue().dispositif(code).versions:
            assert all(isinstance(ligne.calcul, APreciser) for ligne in version.bareme.composantes)


def test_the_training_of_nurses_pays_what_the_region_set():
    (version,) = catalogue().dispositif("ipa").versions
    assert [type(ligne.calcul) for ligne in version.bareme.composantes] == [ParParametre]
