"""Which contracts go together: both ways, by text, on the days when they run; what nobody wrote stays open."""

from datetime import date
from itertools import combinations

import pytest

from aides.catalogue import national
from aides.regles.cumul import Engagement, Nature, find_fautes, is_joined, judge_set, read_cumul
from aides.regles.dispositifs import Catalogue, LienCumul, ReglesCumul
from aides.regles.montants import Periodicite
from tests.aides.contrats_tires import REFERENCE, draw_offre, goes_with, make_bareme, make_dispositif

BAREME = make_bareme(1000, Periodicite.PAR_AN)


def sign(code, du, au):
    dispositif = national().dispositif(code)
    return Engagement(dispositif, dispositif.version_au(du), du, au)


def test_no_two_texts_contradict_each_other_and_no_link_leads_nowhere():
    assert find_fautes(national()) == ()


@pytest.mark.parametrize(("accord", "fautes"), [(True, 1), (None, 1), (False, 0)])
def test_two_texts_that_contradict_each_other_are_named(accord, fautes):
    un = make_dispositif("un", ReglesCumul(liens=(LienCumul(("deux",), False, REFERENCE),)), BAREME)
    deux = make_dispositif("deux", ReglesCumul(liens=(LienCumul(("un",), accord, REFERENCE, "à voir"),)), BAREME)
    assert len(find_fautes(Catalogue((un, deux), ""))) == fautes


def test_a_link_to_an_unknown_scheme_is_named():
    un = make_dispositif("un", ReglesCumul(liens=(LienCumul(("absent",), True, REFERENCE),)), BAREME)
    assert len(find_fautes(Catalogue((un,), ""))) == 1


@pytest.mark.parametrize(
    ("un", "autre", "jour", "accord", "nature"),
    [
        ("caim", "cde", date(2022, 6, 1), True, Nature.ENSEMBLE),
        ("caim", "cotram", date(2022, 6, 1), False, Nature.EXCLUS),
        ("caim", "coscom", date(2022, 6, 1), False, Nature.EXCLUS),
        ("caim", "cstm", date(2022, 6, 1), None, Nature.A_INSTRUIRE),
        ("cotram", "coscom", date(2022, 6, 1), None, Nature.A_INSTRUIRE),
        ("ptmg", "ptma", date(2019, 6, 6), False, Nature.EXCLUS),
        ("cde", "ptmg", date(2021, 6, 1), False, Nature.EXCLUS),
        ("primo_installation", "fmt_majoration", date(2026, 1, 1), True, Nature.ENSEMBLE),
        ("primo_installation", "ptma_2026", date(2026, 1, 1), None, Nature.A_INSTRUIRE),
        ("primo_installation", "pdsa_151ter", date(2026, 1, 1), None, Nature.NON_ECRIT),
    ],
)
def test_the_national_texts_say_which_pairs_go_together(un, autre, jour, accord, nature):
    contrats = [sign(code, jour, date(jour.year + 3, jour.month, jour.day)) for code in (un, autre)]
    for premier, second in (contrats, reversed(contrats)):
        cumul = read_cumul(premier, second)
        assert (cumul.accord, cumul.nature) == (accord, nature)
        assert is_joined(premier, second) is accord
        assert (cumul.reference is None) == (nature is Nature.NON_ECRIT)


def test_a_contract_still_running_excludes_the_majoration_until_its_last_day():
    caim = sign("caim", date(2021, 3, 1), date(2026, 3, 1))
    assert read_cumul(caim, sign("fmt_majoration", date(2026, 1, 1), date(2031, 1, 1))).accord is False
    suite = read_cumul(caim, sign("fmt_majoration", date(2026, 3, 1), date(2031, 3, 1)))
    assert (suite.accord, suite.nature) == (True, Nature.SUCCESSIFS)


def test_once_in_a_career_and_ten_years_between_the_same_aids():
    premier = sign("caim", date(2017, 12, 1), date(2022, 12, 1))
    second = sign("caim", date(2025, 4, 1), date(2030, 4, 1))
    assert read_cumul(premier, second).nature is Nature.UNE_FOIS
    collectivites = [sign("collectivites", jour, date(2040, 1, 1)) for jour in (date(2016, 4, 2), date(2026, 4, 1))]
    assert read_cumul(*collectivites).nature is Nature.DELAI


@pytest.mark.parametrize(("second", "accord"), [(date(2035, 12, 31), False), (date(2036, 1, 1), True)])
def test_the_ten_years_of_a_category_run_from_the_decision_to_the_day(second, accord):
    regles = ReglesCumul(duree_mois=12, categorie="prime", delai_mois=120)
    un, deux = (make_dispositif(code, regles, BAREME) for code in ("un", "deux"))
    contrats = (
        Engagement(un, un.versions[0], date(2026, 1, 1), date(2027, 1, 1)),
        Engagement(deux, deux.versions[0], second, date(2037, 1, 1)),
    )
    assert read_cumul(*contrats).accord is accord


def test_a_set_is_refused_by_one_pair_and_left_open_by_another():
    jour, fin = date(2022, 6, 1), date(2025, 6, 1)
    caim, cde, cstm, cotram = (sign(code, jour, fin) for code in ("caim", "cde", "cstm", "cotram"))
    assert judge_set([caim, cde]) is True
    assert judge_set([caim, cde, cstm]) is None
    assert judge_set([caim, cstm, cotram]) is False
    assert judge_set([caim]) is True


def test_the_short_answer_the_sentence_and_a_second_reading_always_agree():
    natures = set()
    for graine in range(500):
        contrats = [candidat.engagement for candidat in draw_offre(graine).candidats]
        for un, autre in combinations(contrats, 2):
            cumul = read_cumul(un, autre)
            assert is_joined(un, autre) is is_joined(autre, un) is cumul.accord is goes_with(un, autre)
            assert (cumul.accord, cumul.nature) == (read_cumul(autre, un).accord, read_cumul(autre, un).nature)
            natures.add(cumul.nature)
    assert natures == set(Nature)
